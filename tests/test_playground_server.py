"""The playground's server: what it answers, what it refuses, and that nothing breaks it."""

import io
import json
import re
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="fastapi is not installed: pip install -e '.[playground]'")

import httpx
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from test_playground import model

from deconv.data.synthetic import draw_garments
from deconv.playground.garment import Material
from deconv.playground.guard import HEADERS
from deconv.playground.layer import START
from deconv.playground.reading import LARGEST_BODY, NO_PICTURE
from deconv.playground.respond import respond
from deconv.playground.server import create_app
from deconv.playground.site import STATIC

HERE = "http://127.0.0.1"
JSON = {"Content-Type": "application/json"}
NOISE = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)


@pytest.fixture(scope="module")
def material() -> Material:
    return Material({"one": model()}, draw_garments(3, seed=3)[0], "drawn")


@pytest.fixture(scope="module")
def client(material) -> Iterator[TestClient]:
    with TestClient(create_app(material), base_url=HERE) as client:
        yield client


def png(image: np.ndarray, kind: str = "PNG") -> bytes:
    data = io.BytesIO()
    Image.fromarray(image).save(data, kind)
    return data.getvalue()


# What it answers


@pytest.mark.parametrize(
    ("ask", "values"),
    [
        ("arithmetic", {**START, "view": "gradient", "step": 2, "beside": ["gains"]}),
        ("arithmetic", {"size": 2, "x": [[0, 1], [2, 3.5]], "seed": None}),
        ("meeting", {**START, "map": "kernel", "row": 2, "column": 0}),
        ("reconstruct", {"image": 1, "noise": 0.2, "maps": "one", "off": [0, 63]}),
    ],
)
def test_an_answer_is_that_of_the_function(client, material, ask, values):
    answer = client.post(f"/api/{ask}", json=values)
    assert answer.status_code == 200
    expected = httpx.Response(200, json=respond({"ask": ask, **values}, material)).json()
    assert answer.json() == expected


def test_the_page_gets_its_choices(client):
    found = client.get("/api/choices").json()
    assert found["frameworks"] == {"numpy": f"NumPy {np.__version__}"}
    assert found["models"]["one"]["title"] == "drawn with seed 0"
    headers = {"Content-Type": "image/png"}
    long = client.post("/api/reconstruct", content=bytes(LARGEST_BODY + 1), headers=headers)
    assert found["files"]["bytes"] == LARGEST_BODY
    assert found["files"]["too_large"] == long.json()["error"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_read_as_commands_read_it(client, material, kind, capsys):
    twice_as_large = material.images[0].repeat(2, axis=0).repeat(2, axis=1)
    sent = png(material.images[0], kind)
    content, headers = png(twice_as_large, kind), {"Content-Type": f"image/{kind.lower()}"}
    assert client.post("/api/reconstruct?model=one", content=content, headers=headers).is_success
    assert capsys.readouterr().out == ""  # a server's screen is not the visitor's
    answer = client.post("/api/reconstruct?model=one", content=sent, headers=headers).json()
    away = np.abs(np.subtract(answer["pixels"], material.images[0].ravel()))
    assert away.max() <= (0 if kind == "PNG" else 60)
    assert [one["model"] for one in answer["results"]] == ["one"]


def test_the_api_is_explained_without_another_host(client):
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in page
    assert "integer 1…12" in page
    assert "list of 784: number 0…255" in page
    assert not re.search(r"(src|href)=['\"](https?:)?//", page)
    assert "<script" not in page


def test_the_examples_of_the_api_run_as_they_stand(client):
    from deconv.playground.api_page import EXAMPLES

    for path, (body, _) in EXAMPLES.items():
        answer = client.post(path, json=body)
        assert answer.status_code == 200 or "not installed here" in answer.json()["error"]


# What the page is


def test_every_file_of_the_page_is_served_and_loads_nothing_from_elsewhere(client):
    paths = [path for path in STATIC.iterdir() if path.is_file()]
    assert len(paths) > 10
    for path in paths:
        answer = client.get(f"/{path.name}")
        assert answer.status_code == 200
        assert answer.content == path.read_bytes()
        text = answer.text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|[\"'`]//", text), path.name
    assert client.get("/").text == client.get("/index.html").text
    for name in set(re.findall(r"(?:src|href)=\"([\w.]+)\"", client.get("/").text)):
        assert client.get(f"/{name}").status_code == 200, name
    assert client.get("/main.js").headers["content-type"].startswith("text/javascript")


def test_a_strict_policy_goes_with_everything(client):
    for path in ("/", "/style.css", "/docs", "/api/choices", "/no-such-page", "/openapi.json"):
        headers = client.get(path).headers
        assert HEADERS.items() <= dict(headers).items(), path
    policy = HEADERS["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = client.get("/").text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


def test_dark_pages_get_the_colours_of_the_pictures(client):
    css = client.get("/theme.css").text
    assert "--deconv-paper:#ffffff" in css
    assert "prefers-color-scheme:dark" in css


# What it refuses


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "evil.example:8000", "127.0.0.1@evil"]
)
def test_another_name_for_this_computer_is_refused(client, host):
    for method, path in (("GET", "/"), ("POST", "/api/arithmetic")):
        answer = client.request(method, path, headers={"Host": host, **JSON}, content="{}")
        assert answer.status_code == 421
        assert "its own name only; its --name adds another" in answer.json()["error"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:8000", "[::1]", "[::1]:80"])
def test_the_names_of_this_computer_are_taken(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_what_a_form_of_another_page_can_send_is_refused(client, kind):
    answer = client.post("/api/arithmetic", content="{}", headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]


def test_a_long_request_is_refused_with_and_without_a_length(client):
    long = b"[" + b" " * LARGEST_BODY + b"]"
    pieces = (long[start : start + 10_000] for start in range(0, len(long), 10_000))
    for content in (long, pieces):
        answer = client.post("/api/arithmetic", content=content, headers=JSON)
        assert answer.status_code == 413
        assert "bytes at most" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("arithmetic", "{", 422, "JSON"),
        ("arithmetic", "[]", 422, "valid dictionary"),
        ("arithmetic", '{"size": 100000}', 422, "size must be at most 12, but is 100000"),
        ("arithmetic", '{"size": "4"}', 422, "size must be a whole number"),
        ("arithmetic", '{"size": NaN}', 422, "size must be a whole number"),
        ("arithmetic", '{"sise": 4}', 422, "no value named 'sise'"),
        ("arithmetic", '{"padding": 8}', 400, "use less padding"),
        ("arithmetic", '{"x": [[1, 2]]}', 400, "as many numbers in each row"),
        ("arithmetic", '{"kernel": 1, "w": [[NaN]]}', 422, "every number of the kernel w must be"),
        ("meeting", '{"map": "moon"}', 422, "map must be one of input, kernel, output"),
        ("reconstruct", "{", 422, "JSON"),
        ("reconstruct", '{"pixels": [1, 2]}', 422, "pixels: List should have at least 784"),
        ("reconstruct", '{"image": 99}', 400, "image must be at most 2, but is 99"),
        ("reconstruct", '{"framework": "jax"}', 422, "framework: Input should be"),
        ("reconstruct", '{"framework": "pytorch"}', 503, "PyTorch is not installed here"),
    ],
)
def test_what_is_wrong_is_a_status_and_one_sentence(client, path, body, status, sentence):
    answer = client.post(f"/api/{path}", content=body, headers=JSON)
    assert answer.status_code == status
    assert sentence in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("path", ["arithmetic", "meeting", "reconstruct"])
@pytest.mark.parametrize("name", ["a\nb", "k" * 10_000, "\ud800", ""])
def test_a_name_that_somebody_made_up_is_said_in_short(client, path, name):
    answer = client.post(f"/api/{path}", content=json.dumps({name: 1}), headers=JSON)
    assert answer.status_code == 422
    assert len(answer.json()["error"]) < 600
    assert answer.json()["error"].isprintable()


def test_a_body_cannot_ask_for_something_else_than_its_address(client):
    for ask in ("choices", "reconstruct", "meeting", ["arithmetic"]):
        answer = client.post("/api/arithmetic", json={"ask": ask, "size": 5})
        assert (answer.status_code, answer.json()["error"]) == (
            422,
            "ask: Extra inputs are not permitted",
        )


def test_addresses_and_methods_that_there_are_not(client):
    assert client.get("/../pyproject.toml").status_code == 404
    assert client.get("/%2e%2e/server.py").status_code == 404
    assert client.get("/api/nothing").json() == {"error": "Not Found: /api/nothing"}
    assert client.get("/no%07thing").json() == {"error": r"Not Found: /no\x07thing"}
    assert client.get("/api/arithmetic").status_code in (404, 405)
    assert client.delete("/api/arithmetic").status_code == 405


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", NO_PICTURE),
        (b"hello", NO_PICTURE),
        (png(NOISE)[:900], "cannot read the picture"),
        (png(np.zeros((5000, 5000), np.uint8)), "may have 16,777,216 pixels"),
        (png(np.zeros((8, 8), np.uint8), "GIF"), NO_PICTURE),
    ],
)
def test_a_bad_picture_is_refused_in_one_sentence(client, data, sentence):
    answer = client.post("/api/reconstruct", content=data, headers={"Content-Type": "image/png"})
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]
    assert "/tmp" not in answer.json()["error"]


@given(
    st.sampled_from(["arithmetic", "meeting", "reconstruct"]),
    st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from([*START, "x", "pixels", "off", "view"])
                    | st.text(st.characters(exclude_categories=()), max_size=5),
                    inner,
                )
            ),
            max_leaves=6,
        ),
    ),
    st.sampled_from(["application/json", "image/png", "text/plain"]),
)
@settings(max_examples=200)
def test_whatever_is_sent_is_answered_or_refused(client, path, body, kind):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post(f"/api/{path}", content=content, headers={"Content-Type": kind})
    assert answer.status_code in (200, 400, 415, 422)
    if answer.status_code != 200:
        assert answer.json()["error"].isprintable()
        assert answer.json()["error"]
