"""The page without a server, in a real browser: Python runs there, and shows the same numbers."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from deconv.arithmetic.drawing.frames import PICTURES, picture
from deconv.arithmetic.drawing.svg import svg
from deconv.config import ROOT
from deconv.playground.layer import START
from deconv.playground.publish import publish

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is missing: pip install -e '.[browser]'"
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
expect = playwright.expect
expect.set_options(timeout=30_000)  # ms; beside other tests Chromium may wait for a core
LAYER: dict[str, Any] = {**START}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed: apt-get install chromium"),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Any static host; this one keeps no log."""

    def log_message(self, *about: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("published") / "page"
    missing = publish(folder, ROOT / "artifacts" / "pyodide", folder.parent)
    if missing:
        pytest.skip(missing)
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def page(address) -> Iterator[Any]:
    wrong: list[str] = []

    def note(said: Any) -> None:
        if said.type == "error":
            wrong.append(said.text)

    def asked(request: Any) -> None:
        if urlsplit(request.url).netloc not in (urlsplit(address).netloc, ""):
            wrong.append(f"asked {request.url}")

    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.on("request", asked)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        page.wait_for_selector("html[data-ready]", state="attached", timeout=60_000)
        yield page
        browser.close()
    assert wrong == []


def test_every_view_is_computed_in_the_browser(page):
    for view in PICTURES:
        page.locator("#view").select_option(view)
        drawn = picture(view, **LAYER)
        expect(page.locator("#picture svg > desc")).to_have_text(
            f"{drawn.subtitle} {drawn.caption}"
        )
        width = int(page.locator("#picture svg").get_attribute("width"))
        texts = ElementTree.fromstring(svg(drawn, width)).iter("{http://www.w3.org/2000/svg}text")
        shown = page.locator("#picture svg text").all_text_contents()
        assert shown == [text.text or "" for text in texts]


def test_a_wrong_layer_and_a_cell_have_their_sentences(page):
    page.locator("#view").select_option("scatter")
    page.locator("#layer-output_padding").fill("2")
    expect(page.locator("#problem")).to_contain_text("output_padding must be below")
    page.locator("#layer-output_padding").fill("1")
    expect(page.locator("#problem")).to_be_hidden()
    page.locator('#picture g[data-map="output"] rect[data-row="1"][data-column="1"]').first.hover()
    expect(page.locator("#meeting")).to_have_text("y[1, 1] = 9·1 + 7·2 + 3·5 + 1·6 = 44.")


def test_the_autoencoder_runs_and_a_file_is_opened(page, tmp_path):
    from PIL import Image

    assert page.locator("#frameworks label").count() == 1
    assert page.get_by_text("The API for programs").count() == 0
    caption = page.locator("#results figure", has_text="written by hand").locator("figcaption")
    assert "dB" in caption.inner_text()
    before = caption.inner_text()
    path = tmp_path / "red.png"
    Image.new("RGB", (50, 40), (200, 0, 0)).save(path)
    page.locator("#file").set_input_files(path)
    expect(page.locator("#image-value")).to_have_text("your own")
    expect(caption).not_to_have_text(before)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    page.locator("#file").set_input_files(bad)
    expect(page.locator("#file-problem")).to_contain_text("not a picture")
