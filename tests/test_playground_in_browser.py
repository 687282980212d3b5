"""The page without a server, in a real browser: Python runs there, and shows the same numbers."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import browsing
import numpy as np
import pytest
from browsing import (
    DESKTOP,
    MARKS,
    PHONE,
    cell,
    complaint,
    draw_a_line,
    draw_a_spot,
    expect,
    expect_picture,
    foreign,
    sideways,
)
from PIL import Image

from benchmarks.page import without_server
from deconv.arithmetic.drawing.frames import LIMITS, PICTURES
from deconv.errors import UserError
from deconv.playground.layer import START
from deconv.playground.reading import LARGEST_BODY, NO_PICTURE

LAYER: dict[str, Any] = {**START}
browser = browsing.browser
pytestmark = MARKS


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            found = stack.enter_context(without_server(tmp_path_factory.mktemp("published")))
        except UserError as missing:
            pytest.skip(str(missing))
        yield found


@pytest.fixture(scope="module")
def page(browser, address) -> Iterator[Any]:
    wrong: list[str] = []

    context = browser.new_context(viewport=DESKTOP)
    context.on("request", lambda request: wrong.extend(foreign(request.url, address)))
    page = context.new_page()
    page.on("console", lambda said: wrong.extend(complaint(said)))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached", timeout=60_000)
    yield page
    context.close()
    assert wrong == []


def test_every_view_is_computed_in_the_browser(page):
    for view in PICTURES:
        page.locator("#view").select_option(view)
        expect_picture(page, view, **LAYER)


def test_a_wrong_layer_and_a_cell_have_their_sentences(page):
    page.locator("#view").select_option("scatter")
    page.locator("#layer-output_padding").fill("2")
    expect(page.locator("#problem")).to_contain_text("output_padding must be below")
    page.locator("#layer-output_padding").fill("1")
    expect(page.locator("#problem")).to_be_hidden()
    page.locator(cell("output", 1, 1)).hover()
    expect(page.locator("#meeting")).to_have_text("y[1, 1] = 9·1 + 7·2 + 3·5 + 1·6 = 44.")


def test_the_autoencoder_runs_and_a_file_is_opened(page, tmp_path):
    assert page.locator("#frameworks label").count() == 1
    assert page.get_by_text("The API for programs").count() == 0
    caption = page.locator("#results figure", has_text="written by hand").locator("figcaption")
    assert "dB" in caption.inner_text()
    before = caption.text_content()
    path = tmp_path / "red.png"
    Image.new("RGB", (50, 40), (200, 0, 0)).save(path)
    page.locator("#file").set_input_files(path)
    expect(page.locator("#image-value")).to_have_text("your own")
    expect(caption).not_to_have_text(before)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    page.locator("#file").set_input_files(bad)
    expect(page.locator("#file-problem")).to_have_text(NO_PICTURE)
    Image.new("L", (28, 28), 200).save(bad, "GIF")
    page.locator("#file").set_input_files(bad)
    expect(page.locator("#file-problem")).to_have_text(NO_PICTURE)
    for kind in ("PNG", "JPEG"):
        Image.new("1" if kind == "PNG" else "L", (5000, 4000)).save(bad, kind)
        page.locator("#file").set_input_files(bad)
        expect(page.locator("#file-problem")).to_contain_text("16,777,216 pixels at most, but")
        expect(page.locator("#file-problem")).to_contain_text("5000×4000")
    Image.new("L", (28, 28), 200).save(bad, "JPEG")
    page.locator("#file").set_input_files(bad)
    expect(page.locator("#file-problem")).to_be_hidden()
    bad.write_bytes(bytes(LARGEST_BODY + 1))
    page.locator("#file").set_input_files(bad)
    expect(page.locator("#file-problem")).to_contain_text("1,048,576 bytes at most")


def test_every_slider_and_a_number_that_is_typed_are_computed(page):
    page.locator("#preset").select_option("decoder")
    expect_picture(page, "scatter", **LAYER)
    layer = {**LAYER, "stride": 3}
    page.locator("#layer-stride").fill("3")  # now every number can grow by one
    for name in LIMITS:
        layer[name] += 1
        page.locator(f"#layer-{name}").fill(str(layer[name]))
        expect_picture(page, "scatter", **layer)
    page.locator("#editor summary").click()
    w = np.arange(16).reshape(4, 4) % 9 + 1
    w[1, 2] = -5
    page.get_by_label("kernel, row 1, column 2", exact=True).fill("-5")
    expect_picture(page, "scatter", **layer, w=w)
    expect(page.locator("#picture")).to_contain_text("−45")  # 9 times −5


def test_by_keyboard_and_at_a_phone_s_width(page):
    page.locator("#preset").select_option("decoder")
    page.set_viewport_size(PHONE)
    expect(page.locator("#picture svg")).to_have_attribute("width", str(PHONE["width"] - 32))
    page.mouse.move(0, 0)
    for view in reversed(PICTURES):
        page.locator("#view").select_option(view)
        expect_picture(page, view, **LAYER)
        assert sideways(page) == 0, view
    page.locator("#picture").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#meeting")).to_contain_text("y[0, 0] = ")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#meeting")).to_contain_text("y[0, 1] = ")
    page.keyboard.press("PageDown")
    expect(page.locator("#meeting")).to_contain_text("x[0, 0] = 1 reaches 4 output pixels")
    page.locator("#layer-size").focus()
    page.keyboard.press("ArrowRight")
    expect_picture(page, "scatter", **{**LAYER, "size": 5})
    page.set_viewport_size(DESKTOP)


def test_drawing_changes_what_comes_back(page):
    caption = page.locator("#results figure", has_text="written by hand").locator("figcaption")
    page.locator("#image").fill("1")
    page.wait_for_url("**image=1*")  # which is written after the answer
    expect(page.locator("#file-problem")).to_be_hidden()
    before = caption.text_content()
    draw_a_line(page)
    expect(caption).not_to_have_text(before)
    draw_a_spot(page)
