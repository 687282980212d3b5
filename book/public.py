"""The directive `public`: what a module offers, from its signatures and docstrings.

The source is read and not run, so that the book needs neither framework, and a folder called
`tensorflow` does no harm. Docstrings are read as Markdown: they are written as plain text with
`names` in backticks and formulas indented, and that is what Markdown looks like.
"""

import json
import re
from contextlib import suppress
from functools import cache
from os.path import relpath
from pathlib import Path
from typing import Any

import griffe
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

LONGEST_VALUE = 300
FENCE = "`" * 8
"""Longer than any fence in a docstring; what is around others has one backtick more."""


@cache
def package(root: Path, name: str) -> Any:
    """Read the source of a package, without importing it."""
    return griffe.load(name, search_paths=[root], allow_inspection=False)


def public_names(module: Any) -> list[str]:
    """Return `__all__`, or what the module defines and describes."""
    if module.exports:
        return [str(name) for name in module.exports]
    return [
        name
        for name, member in module.members.items()
        if not (name.startswith("_") or member.is_alias or member.is_module) and worth(member)
    ]


def worth(member: Any) -> bool:
    """Whether there is something to say: a docstring, or the words that a setting can have."""
    words = member.is_attribute and str(member.value).startswith("Literal[")
    return bool(member.docstring or words)


def docstring(thing: Any) -> str:
    """Return its docstring as Markdown: `::` before an indented block is another notation."""
    return re.sub(r"::$", ":", thing.docstring.value, flags=re.MULTILINE) if thing.docstring else ""


def described(thing: Any, name: str) -> str:
    """Return the Markdown that describes a function, a class or a value."""
    origin = f":canonical: {thing.canonical_path}\n\n"
    if thing.is_function:
        return block("function", thing.signature(name=name), origin + docstring(thing))
    if thing.is_class:
        members = [m for key, m in thing.members.items() if not key.startswith("_")]
        parts = [inside(member) for member in members if member.is_attribute or member.docstring]
        bases = ", ".join(f"`{base}`" for base in thing.bases)
        above = [f"Builds on {bases}."] if bases else []
        text = "\n\n".join([docstring(thing), *above, *parts])
        return block("class", name, origin + text, FENCE + "`")
    return value("data", thing, name)


def inside(member: Any) -> str:
    """Return the Markdown that describes what belongs to a class."""
    if member.is_function:
        return block("method", member.signature(), docstring(member))
    return value("attribute", member, member.name)


def value(kind: str, thing: Any, name: str) -> str:
    """Return the Markdown that describes a constant or a field, with its type and value."""
    options = {"type": thing.annotation, "value": thing.value}
    lines = [
        f":{key}: {json.dumps(str(text))}"  # in quotes, or those of the text would be dropped
        for key, text in options.items()
        if text is not None and len(str(text)) <= LONGEST_VALUE
    ]
    return block(kind, name, "\n".join([*lines, "", docstring(thing)]))


def block(kind: str, head: str, text: str, fence: str = FENCE) -> str:
    """Return one directive of Sphinx's Python domain."""
    separator = "" if text.startswith(":") else "\n"
    return f"{fence}{{py:{kind}}} {head}\n{separator}{text}\n{fence}"


class Public(SphinxDirective):
    """`public` with the name of a module: its docstring, and everything public in it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the module and put its description here, each with a link to its source."""
        root, name = Path(self.env.srcdir), self.arguments[0]
        top, _, rest = name.partition(".")
        module = package(root, top)[rest]
        found = self.parse_text_to_nodes(f"```{{py:currentmodule}} {name}\n```")
        found += self.parse_text_to_nodes(docstring(module))
        for public_name in public_names(module):
            thing = module[public_name]
            thing = thing.final_target if thing.is_alias else thing
            description = self.parse_text_to_nodes(described(thing, public_name))
            self.link_source(description, thing)
            self.link_types(description, thing.module)
            found += description
        return found

    def link_types(self, description: list[nodes.Node], module: Any) -> None:
        """Say which `Config` a signature means: the one that its module has imported."""
        for link in (link for d in description for link in d.findall(addnodes.pending_xref)):
            if link.get("refdomain") == "py":
                with suppress(griffe.NameResolutionError):
                    link["reftarget"] = module.resolve(link["reftarget"])

    def link_source(self, description: list[nodes.Node], thing: Any) -> None:
        """Put `[source]` behind the first line; `book.code_pages` leads it to the file's page."""
        path = relpath(thing.filepath, Path(self.env.srcdir, self.env.docname).parent)
        word = nodes.inline("", "[source]", classes=["viewcode-link"])
        link = addnodes.download_reference("", "", nodes.inline("", "", word), reftarget=path)
        link["line"] = thing.lineno
        first = next(node for d in description for node in d.findall(addnodes.desc_signature))
        first += link


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("public", Public)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
