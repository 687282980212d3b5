"""The page that explains the API, made of the same description that programs read.

FastAPI's own page loads its scripts from another host, and this one needs no script.
"""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

EXAMPLES: dict[str, tuple[dict[str, Any], str]] = {
    "/api/arithmetic": ({"view": "scatter", "size": 4, "kernel": 3, "stride": 2}, ""),
    "/api/meeting": ({"map": "output", "row": 1, "column": 1}, ""),
    "/api/reconstruct": ({"image": 0, "framework": "pytorch"}, "shirt.png"),
}
"""For each address what its example sends, and a picture that it can be sent instead."""


def api_page(openapi: Mapping[str, Any]) -> str:
    """HTML for people, from the description that FastAPI makes."""
    schemas = openapi["components"]["schemas"]
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(openapi['info']['title'])}: API</title>"
        "<link rel='icon' href='icon.svg'><link rel='stylesheet' href='theme.css'>"
        "<link rel='stylesheet' href='style.css'></head>"
        "<body><main class='prose'><p><a href='./'>Back to the playground</a></p>"
        "<h1>The playground's API</h1>"
        "<p>JSON in, JSON out. What is wrong with a request is said in one sentence: "
        '<code>{"error": "…"}</code>, with a status of 4xx or 503. Programs find this '
        "description at <a href='openapi.json'>openapi.json</a>.</p>"
    ]
    for path, methods in openapi["paths"].items():
        for method, about in methods.items():
            parts += _operation(path, method, about, schemas)
    return "".join([*parts, "</main></body></html>"])


def _operation(
    path: str, method: str, about: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[str]:
    yield f"<h2><code>{method.upper()} {path}</code></h2>"
    yield f"<p><strong>{escape(about['summary'])}.</strong> {escape(about['description'])}</p>"
    if path in EXAMPLES:
        body, picture = EXAMPLES[path]
        sent = f"-H 'Content-Type: application/json' -d '{json.dumps(body)}'"
        yield f"<pre>curl -s http://127.0.0.1:8000{path} {escape(sent)}</pre>"
        if picture:
            sent = f"-H 'Content-Type: image/png' --data-binary @{picture}"
            address = escape(f"'http://127.0.0.1:8000{path}?framework=tensorflow'")
            yield f"<pre>curl -s {address} {escape(sent)}</pre>"
    content = about.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        yield from _table("What can be sent", path, content["schema"], schemas)
    answer = about["responses"]["200"].get("content", {}).get("application/json", {})
    if answer.get("schema"):
        yield from _table("What comes back", path, answer["schema"], schemas)
    others = [(code, one) for code, one in about["responses"].items() if code != "200"]
    if others:
        yield "<h3>What can go wrong</h3><ul>"
        for code, one in others:
            yield f"<li><code>{code}</code> {escape(one['description'])}</li>"
        yield "</ul>"


def _table(
    title: str, path: str, schema: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[str]:
    found = _resolved(schema, schemas)
    if "properties" not in found:
        return
    label = f"aria-label='{path}: {title}'"
    yield f"<h3>{title}</h3><div class='wide' tabindex='0' role='region' {label}>"
    yield "<table><thead><tr><th>name</th><th>type</th><th>meaning</th></tr></thead><tbody>"
    for name, field in found["properties"].items():
        default = field.get("default")
        said = f" Without it: {json.dumps(default)}." if default not in (None, "") else ""
        yield (
            f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(field, schemas))}</td>"
            f"<td>{escape(field.get('description', '') + said)}</td></tr>"
        )
    yield "</tbody></table></div>"


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """The type of a value in a few words."""
    found = _resolved(schema, schemas)
    if "anyOf" in found:
        kinds = [_kind(one, schemas) for one in found["anyOf"] if one.get("type") != "null"]
        return " or ".join(kinds)
    if "enum" in found:
        return ", ".join(map(str, found["enum"]))
    if "properties" in found:
        return f"object with {', '.join(found['properties'])}"
    kind = found.get("type", "value")
    if kind == "array":
        items = found.get("items") or (found.get("prefixItems") or [{}])[0]
        count = f" of {found['minItems']}" if found.get("minItems", 0) > 1 else ""
        return f"list{count}: {_kind(items, schemas)}"
    if "maximum" in found:
        return f"{kind} {_plain(found['minimum'])}…{_plain(found['maximum'])}"
    return str(kind)


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return schemas[name] if name else schema
