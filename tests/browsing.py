"""What the tests in a real browser share: Chromium, a server, and pages that may not go wrong."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from benchmarks.page import CHROMIUM, with_server
from deconv.arithmetic.drawing.frames import picture
from deconv.arithmetic.drawing.svg import svg

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install -e '.[browser]'"
)

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
expect = playwright.expect
expect.set_options(timeout=30_000)  # ms; beside other tests Chromium may wait for a core
MARKS = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A server without runs, so that its weights are known."""
    with with_server(tmp_path_factory.mktemp("artifacts")) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, address) -> Iterator[Any]:
    """Opens the page; in the end no error was on its console, and no other host was asked."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def note(said: Any) -> None:
        if said.type == "error":
            wrong.append(said.text)

    def foreign(url: str) -> list[str]:
        here = urlsplit(url).netloc in (urlsplit(address).netloc, "")  # a data: URL has none
        return [] if here else [f"asked {url}"]

    def open_page(query: str = "", viewport: dict[str, int] = DESKTOP, **settings: Any) -> Any:
        context = browser.new_context(viewport=viewport, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda request: wrong.extend(foreign(request.url)),
        )
        page.goto(f"{address}/{query}")
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A refused request is an answer here; the browser notes it on the console all the same.
    assert [line for line in wrong if "status of 4" not in line] == []


def words(page: Any) -> list[str]:
    return page.locator("#picture svg text").all_text_contents()


def words_of(view: str, width: int, **numbers: Any) -> list[str]:
    drawn = svg(picture(view, **numbers, finished=numbers.get("step") is not None), width)
    texts = ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")
    return [text.text or "" for text in texts]


def width_of(page: Any) -> int:
    return int(page.locator("#picture svg").get_attribute("width"))


def expect_picture(page: Any, view: str, **numbers: Any) -> None:
    """Wait until the page shows this picture, and compare its sentences."""
    drawn = picture(view, **numbers, finished=numbers.get("step") is not None)
    expect(page.locator("#picture svg > desc")).to_have_text(f"{drawn.subtitle} {drawn.caption}")


def cell(name: str, row: int, column: int) -> str:
    """Where a page has a cell of the picture, for `page.locator`."""
    place = f'rect[data-row="{row}"][data-column="{column}"]:not(.lit)'
    return f'#picture g[data-map="{name}"] {place}'


def sideways(page: Any) -> int:
    """How far the page can be scrolled to the side, in pixels."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")
