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

TEXTS = [f"{{http://www.w3.org/2000/svg}}{name}" for name in ("title", "desc", "text")]
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


@pytest.fixture(scope="module")
def windows() -> dict[str, Any]:
    """The windows that a module's tests share, by their settings: each takes a while to open."""
    return {}


@pytest.fixture
def visit(browser, address, windows) -> Iterator[Any]:
    """Opens the page anew; in the end its console has no error, and no other host was asked."""
    wrong: list[str] = []
    heard: dict[str, Any] = {
        "console": lambda said: wrong.extend(complaint(said)),
        "pageerror": lambda error: wrong.append(str(error)),
        "request": lambda request: wrong.extend(foreign(request.url, address)),
    }
    visited: list[Any] = []

    def open_page(
        query: str = "",
        viewport: dict[str, int] = DESKTOP,
        routes: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Any:
        key = str((viewport, settings))
        if key not in windows:
            windows[key] = browser.new_context(viewport=viewport, **settings).new_page()
        page = windows[key]
        if page not in visited:
            visited.append(page)
            for event, listener in heard.items():
                page.on(event, listener)
        for pattern, handler in (routes or {}).items():
            page.route(pattern, handler)
        page.goto(f"{address}/{query}")
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    yield open_page
    for page in visited:
        page.unroute_all()
        page.goto("about:blank")
        for event, listener in heard.items():
            page.remove_listener(event, listener)
    assert wrong == [], wrong


def complaint(said: Any) -> list[str]:
    """What an error on the console says; that Python refused a request is no error of the page."""
    refused = "status of 4" in said.text and "/api/" in said.location["url"]
    wrong = said.type == "error" and not refused
    return [f"{said.location['url']}: {said.text}"] if wrong else []


def foreign(url: str, address: str) -> list[str]:
    """What is wrong with asking for this address: another host. A `data:` address has none."""
    return [] if urlsplit(url).netloc in (urlsplit(address).netloc, "") else [f"asked {url}"]


def words(page: Any) -> list[str]:
    return page.locator("#picture svg text").all_text_contents()


def width_of(page: Any) -> int:
    return int(page.locator("#picture svg").get_attribute("width"))


def expect_picture(page: Any, view: str, **numbers: Any) -> None:
    """Wait until the page shows this picture: its title, its description, every number."""
    drawn = svg(picture(view, **numbers, finished="step" in numbers), width_of(page))
    texts = [one.text or "" for one in ElementTree.fromstring(drawn).iter() if one.tag in TEXTS]
    expect(page.locator("#picture svg :is(title, desc, text)")).to_have_text(texts)


def cell(name: str, row: int, column: int) -> str:
    """Where a page has a cell of the picture, for `page.locator`."""
    place = f'rect[data-row="{row}"][data-column="{column}"]:not(.lit)'
    return f'#picture g[data-map="{name}"] {place}'


def sideways(page: Any) -> int:
    """How far the page can be scrolled to the side, in pixels."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def drag(page: Any, button: Any = "left") -> None:
    """Move the mouse across the garment, with one of its buttons down."""
    page.locator("#drawing").scroll_into_view_if_needed()
    box = page.locator("#drawing").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down(button=button)
    page.mouse.move(box["x"] + 200, box["y"] + 220)
    page.mouse.up(button=button)


def draw_a_line(page: Any) -> None:
    """Draw across the garment with the mouse."""
    drag(page)
    expect(page.locator("#image-value")).to_have_text("your own")


def draw_a_spot(page: Any) -> None:
    """Draw on the garment with the keyboard."""
    page.locator("#drawing").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(page.locator("#spot")).to_contain_text("grey level 255")
