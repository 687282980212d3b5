"""The playground in a real browser: what a visitor does with mouse, finger and keyboard."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest

from deconv.arithmetic import conv_transpose2d
from deconv.arithmetic.drawing.frames import LIMITS, PICTURES, picture
from deconv.arithmetic.drawing.svg import svg
from deconv.config import ROOT
from deconv.playground.layer import START
from deconv.playground.presets import presets

pytest.importorskip("fastapi", reason="fastapi is not installed: pip install -e '.[playground]'")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install -e '.[browser]'"
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
expect = playwright.expect
expect.set_options(timeout=30_000)  # ms; beside other tests Chromium may wait for a core
LAYER: dict[str, Any] = {**START}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A server without runs, so that its weights are known."""
    folder = str(tmp_path_factory.mktemp("artifacts"))
    command = [sys.executable, "-m", "deconv.playground", "--port", "0", "--artifact-dir", folder]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = next(line for line in process.stdout if line.startswith("Playground:"))
        yield line.split()[1]
        process.terminate()


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


def test_every_slider_draws_the_layer_that_it_says(visit):
    page = visit("?stride=3&output_padding=1")
    layer: dict[str, Any] = {**START, "stride": 3}
    for name in LIMITS:
        layer[name] += 1
        page.locator(f"#layer-{name}").fill(str(layer[name]))
        expected = picture("scatter", **layer).title
        expect(page.locator("#picture svg > title")).to_have_text(re.sub(" +", " ", expected))
        assert words(page) == words_of("scatter", width_of(page), **layer)
        page.wait_for_url(re.compile(f"{name}={layer[name]}"))
    code = page.locator("#pytorch").inner_text()
    assert code.startswith("torch.nn.ConvTranspose2d(1, 1, kernel_size=4, stride=4, padding=2")


def test_every_view_and_every_preset(visit):
    page = visit()
    for view in PICTURES:
        page.locator("#view").select_option(view)
        expected = picture(view, **LAYER)
        expect(page.locator("#picture svg > desc")).to_have_text(
            f"{expected.subtitle} {expected.caption}"
        )
    for name, preset in presets().items():
        page.locator("#preset").select_option(name)
        expect(page.locator("#about")).to_have_text(preset.about)
        request: dict[str, Any] = {
            k: v for k, v in preset.request.items() if k not in ("view", "x", "w")
        }
        expect(page.locator("#layer-size")).to_have_value(str(request["size"]))
        numbers: dict[str, Any] = {
            k: np.array(v) for k, v in preset.request.items() if k in ("x", "w")
        }
        expected = picture(preset.request["view"], **request, **numbers)
        expect(page.locator("#picture svg > desc")).to_contain_text(expected.caption)


def test_a_layer_that_cannot_be_says_so_over_the_last_picture(visit):
    page = visit()
    before = words(page)
    page.locator("#layer-output_padding").fill("2")
    expect(page.locator("#problem")).to_contain_text("output_padding must be below the larger of")
    assert words(page) == before
    page.locator("#layer-stride").fill("3")
    expect(page.locator("#problem")).to_be_hidden()
    assert words(page) != before


def test_numbers_that_are_typed_are_computed(visit):
    page = visit()
    page.locator("#editor summary").click()
    page.get_by_label("input, row 0, column 0", exact=True).fill("50")
    page.get_by_label("kernel, row 1, column 1", exact=True).fill("-2")
    x, w = (np.arange(n * n).reshape(n, n) % 9 + 1 for n in (4, 3))
    x[0, 0], w[1, 1] = 50, -2
    expect(page.locator("#picture")).to_contain_text("−100")
    layer: dict[str, Any] = {name: START[name] for name in ("stride", "padding", "output_padding")}
    y = conv_transpose2d(x[None, None], w[None, None], **layer)[0, 0]
    assert y[0, 0] == -100
    assert words(page) == words_of("scatter", width_of(page), **START, x=x, w=w)
    page.wait_for_url("**x=50,2,3,4;*w=1,2,3;4,-2,6;*")
    again = visit(urlsplit(page.url).query and f"?{urlsplit(page.url).query}")
    assert words(again) == words(page)
    page.get_by_label("input, row 0, column 0", exact=True).fill("1e9")
    expect(page.locator("#problem")).to_contain_text("every number of the input x")
    page.locator("#in-order").click()
    expect(page.locator("#problem")).to_be_hidden()


def test_pointing_at_a_number_says_where_it_came_from(visit):
    page = visit()
    cell = '#picture g[data-map="output"] rect[data-row="1"][data-column="1"]'
    page.locator(cell).first.hover()
    expect(page.locator("#meeting")).to_have_text("y[1, 1] = 9·1 + 7·2 + 3·5 + 1·6 = 44.")
    assert page.locator('#picture g[data-map="input"] .lit').count() == 4
    page.locator("#picture").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#meeting")).to_contain_text("y[2, 1] = ")
    page.keyboard.press("PageDown")
    expect(page.locator("#meeting")).to_contain_text("x[0, 0] = 1 reaches 4 output pixels")


def test_steps_play_and_stop(visit):
    page = visit("?step=0&finished=0")
    page.locator("#speed").select_option("fast")
    page.locator("#play").click()
    expect(page.locator("#step-value")).to_have_text(re.compile(r"^([4-9]|1\d) of 16$"))
    page.locator("#play").click()
    page.wait_for_timeout(300)  # what was asked for is still drawn
    stopped = page.locator("#step-value").inner_text()
    page.wait_for_timeout(700)
    assert page.locator("#step-value").inner_text() == stopped
    page.locator("#back").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#step-value")).not_to_have_text(stopped)


def test_drawing_changes_what_comes_back(visit):
    page = visit("", PHONE, has_touch=True)
    before = page.locator("#results figcaption").all_inner_texts()
    assert len(before) >= 2
    box = page.locator("#drawing").bounding_box()
    page.locator("#drawing").scroll_into_view_if_needed()
    box = page.locator("#drawing").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 220)
    page.mouse.up()
    expect(page.locator("#image-value")).to_have_text("your own")
    expect(page.locator("#results figcaption").nth(1)).not_to_have_text(before[1])
    page.locator("#drawing").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(page.locator("#spot")).to_contain_text("grey level 255")


def test_latent_channels_can_be_switched_off_and_on(visit):
    page = visit("?model=handmade")
    score = page.locator("#results figure", has_text="written by hand").locator("figcaption")
    before = score.inner_text()
    channel = page.get_by_label("latent channel 0", exact=True)
    channel.focus()
    page.keyboard.press("Space")
    expect(channel).to_have_attribute("aria-pressed", "false")
    expect(score).not_to_have_text(before)
    page.wait_for_url("**off=0*")
    page.locator("#all-on").click()
    expect(score).to_have_text(re.compile(re.escape(before.split()[-1])))


def test_a_file_is_opened_and_a_bad_one_says_why(visit, tmp_path: Path):
    from PIL import Image

    page = visit()
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    page.locator("#file").set_input_files(bad)
    expect(page.locator("#file-problem")).to_have_text("this is not a PNG or JPEG picture")
    good = tmp_path / "good.png"
    Image.new("RGB", (50, 40), (200, 0, 0)).save(good)
    page.locator("#file").set_input_files(good)
    expect(page.locator("#file-problem")).to_be_hidden()
    expect(page.locator("#image-value")).to_have_text("your own")


def test_a_late_answer_leaves_what_was_said_of_a_file(visit, tmp_path: Path):
    page = visit()
    held: list[Any] = []
    page.route("**/api/reconstruct", lambda route: held.append(route))
    page.locator("#garment-noise").fill("0.2")
    while not held:
        page.wait_for_timeout(50)
    (late,) = held
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    page.locator("#file").set_input_files(bad)
    expect(page.locator("#file-problem")).to_have_text("this is not a PNG or JPEG picture")
    expect(page.locator("#file")).to_have_value("")  # the same file, mended, can be chosen again
    late.continue_()
    page.wait_for_url("**noise=0.2*")
    expect(page.locator("#file-problem")).to_have_text("this is not a PNG or JPEG picture")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["1280", "390"])
def test_it_fits_and_can_be_read_by_everybody(visit, viewport, scheme):
    page = visit("", viewport, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe is not installed: pip install axe-playwright-python",
    )
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:80]) for one in found] == []


def test_by_keyboard_everything_is_reached_in_order(visit):
    page = visit()
    reached = []
    for _ in range(200):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.id")
        if here == "all-on":
            break
        reached.append(here)
    expected = ["preset", "view", *(f"layer-{name}" for name in LIMITS), "step", "back", "play",
        "forth", "speed", "finished", "picture", "drawing", "brush", "clear", "file", "image",
        "garment-noise", "model"]  # fmt: skip
    assert [one for one in reached if one in expected] == expected
