"""The playground in a real browser: what a visitor does with a layer, by mouse, finger and keys."""

import functools
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import browsing
import numpy as np
import pytest
from browsing import (
    DESKTOP,
    MARKS,
    PHONE,
    cell,
    expect,
    expect_picture,
    sideways,
    width_of,
    words,
)

from deconv.arithmetic import conv_transpose2d
from deconv.arithmetic.drawing.frames import DIRECT, LIMITS, PICTURES
from deconv.playground.layer import START
from deconv.playground.presets import presets
from deconv.playground.respond import respond

pytest.importorskip("fastapi", reason="fastapi is not installed: pip install -e '.[playground]'")

LAYER: dict[str, Any] = {**START}
address, browser = browsing.address, browsing.browser
visit, windows = browsing.visit, browsing.windows
pytestmark = MARKS


def test_every_slider_draws_the_layer_that_it_says(visit):
    page = visit("?stride=3&output_padding=1")
    layer: dict[str, Any] = {**START, "stride": 3}
    for name in LIMITS:
        layer[name] += 1
        page.get_by_role("slider", name=name.replace("_", " "), exact=True).fill(str(layer[name]))
        expect_picture(page, "scatter", **layer)
        page.wait_for_url(re.compile(f"{name}={layer[name]}"))
    code = page.locator("#pytorch").inner_text()
    assert code.startswith("torch.nn.ConvTranspose2d(1, 1, kernel_size=4, stride=4, padding=2")


STEPS = ":is(#step, #back, #play, #forth, #speed, #finished):disabled"


def test_every_view_and_every_preset(visit):
    page = visit()
    for view in PICTURES:
        page.locator("#view").select_option(view)
        expect_picture(page, view, **LAYER)
        padded, steps = page.locator("#layer-output_padding"), page.locator(STEPS)
        expect(padded).to_be_enabled(enabled=view not in DIRECT)
        assert steps.count() == (6 if view in ("overlap", "gains") else 0)
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
        expect_picture(page, preset.request["view"], **request, **numbers)
    page.wait_for_url("**view=subpixel*")
    page = visit(f"?{urlsplit(page.url).query}")  # who gets the link reads what to see in it
    expect(page.locator("#preset")).to_have_value(name)
    expect(page.locator("#about")).to_have_text(preset.about)
    page.locator("#editor summary").click()
    page.get_by_label("kernel, row 0, column 0", exact=True).fill("7")  # now it is another layer
    expect(page.locator("#preset")).to_have_value("")
    expect(page.locator("#about")).to_have_text(re.compile("^Choose a layer to start from"))


def test_a_layer_that_cannot_be_says_so_over_the_last_picture(visit):
    page = visit()
    before = words(page)
    page.locator("#layer-output_padding").fill("2")
    expect(page.locator("#problem")).to_contain_text("output_padding must be below the larger of")
    assert words(page) == before
    copy = page.get_by_role("button", name="Copy")
    stale = page.locator("#why, .recipe, .beside")
    expect(stale).to_have_class([re.compile("stale")] * 3)
    expect(copy.first).to_be_disabled()
    page.locator("#layer-stride").fill("3")
    expect(page.locator("#problem")).to_be_hidden()
    expect(copy.first).to_be_enabled()
    expect(stale).not_to_have_class([re.compile("stale")] * 3)
    assert words(page) != before
    page = visit("?stride=2&dilation=2")  # PyTorch has such a layer, Keras has none
    expect(page.locator("#keras")).to_contain_text("no such layer")
    expect(page.get_by_role("button", name="Copy PyTorch")).to_be_enabled()
    expect(page.get_by_role("button", name="Copy Keras")).to_be_disabled()
    page = visit("?output_padding=2", PHONE)  # then there is no last picture to stand over
    problem, below = (page.locator(place).bounding_box() for place in ("#problem", "#picture-help"))
    assert problem["y"] + problem["height"] <= below["y"]
    visit("?view=direct&size=1&kernel=1&stride=5&padding=8", PHONE)  # the way back cannot be
    expect(page.locator("#overlap")).to_contain_text("cannot be drawn: padding 8 cuts off every")


def test_numbers_that_are_typed_are_computed(visit):
    page = visit()
    page.locator("#editor summary").click()
    page.get_by_label("input, row 0, column 0", exact=True).fill("50")
    page.get_by_label("kernel, row 1, column 1", exact=True).fill("-2")
    x, w = (np.arange(n * n).reshape(n, n) % 9 + 1 for n in (4, 3))
    x[0, 0], w[1, 1] = 50, -2
    expect_picture(page, "scatter", **START, x=x, w=w)
    expect(page.locator("#picture")).to_contain_text("−100")
    layer: dict[str, Any] = {name: START[name] for name in ("stride", "padding", "output_padding")}
    y = conv_transpose2d(x[None, None], w[None, None], **layer)[0, 0]
    assert y[0, 0] == -100
    page.wait_for_url("**x=50,2,3,4;*w=1,2,3;4,-2,6;*")
    page = visit(f"?{urlsplit(page.url).query}")
    expect_picture(page, "scatter", **START, x=x, w=w)
    page.locator("#editor summary").click()
    page.get_by_label("input, row 0, column 0", exact=True).fill("1e9")
    expect(page.locator("#problem")).to_contain_text("every number of the input x")
    page.locator("#in-order").click()
    expect(page.locator("#problem")).to_be_hidden()
    expect(page.get_by_label("input, row 0, column 0", exact=True)).to_have_value("1")
    page.locator("#layer-stride").fill("1")  # where output padding 1 cannot be
    expect(page.locator("#problem")).to_contain_text("output_padding must be below")
    page.locator("#layer-size").fill("2")
    expect(page.locator("#edit-x input")).to_have_count(4)
    page.get_by_label("input, row 1, column 1", exact=True).fill("7")
    page.locator("#layer-size").fill("3")
    page.get_by_label("input, row 2, column 2", exact=True).fill("8")
    page.locator("#layer-stride").fill("2")
    x = np.array([[1, 2, 1], [5, 7, 1], [1, 1, 8]])
    expect_picture(page, "scatter", **{**START, "size": 3}, x=x)


def test_pointing_at_a_number_says_where_it_came_from(visit):
    page = visit()
    page.locator(cell("output", 1, 1)).hover()
    expect(page.locator("#meeting")).to_have_text("y[1, 1] = 9·1 + 7·2 + 3·5 + 1·6 = 44.")
    for panel, count in {"input": 4, "stamp": 1}.items():  # the stamp is that of one pixel
        assert page.locator(f'#picture g[data-map="{panel}"] .lit').count() == count
    page.locator("#picture").evaluate("one => one.focus({ preventScroll: true })")
    page.keyboard.press("ArrowDown")  # had it scrolled, the mouse would point at another cell
    expect(page.locator("#meeting")).to_contain_text("y[2, 1] = ")
    page.keyboard.press("Control+ArrowDown")  # is the browser's
    page.keyboard.press("ArrowRight")
    expect(page.locator("#meeting")).to_contain_text("y[2, 2] = ")
    page.keyboard.press("PageDown")
    expect(page.locator("#meeting")).to_contain_text("x[0, 0] = 1 reaches 4 output pixels")


LIT = """() => Object.fromEntries([...document.querySelectorAll("#picture g[data-map]")].map(
  (panel) => [panel.dataset.map, panel.querySelectorAll(".lit").length]))"""


def test_pointing_lights_every_panel_of_every_view(visit):
    layer: dict[str, Any] = {**START, "size": 3, "stride": 1, "output_padding": 0}
    page = visit("?size=3&stride=1&output_padding=0")
    for view in PICTURES:
        page.mouse.move(0, 0)
        page.locator("#view").select_option(view)
        expect_picture(page, view, **layer)
        page.locator(cell("output", 1, 1)).hover()
        found = respond({"ask": "meeting", "view": view, **layer, "row": 1, "column": 1})
        expect(page.locator("#meeting")).to_have_text(found["sentence"])
        lit = page.evaluate(LIT)
        assert lit == {name: len({**found, **found["panels"]}[name]) for name in lit}, view
        assert lit["output"] == 1
    page.locator("#view").select_option("matrix")
    expect_picture(page, "matrix", **layer)
    page.locator(cell("matrix", 3, 3)).hover()
    expect(page.locator("#meeting")).to_contain_text("x[1, 0] = 4 meets w[1, 1] = 5")


def test_a_step_can_be_chosen_by_its_slider(visit):
    page = visit()
    for step in (0, 15, 7):
        page.get_by_role("slider", name="step", exact=True).fill(str(step))
        expect(page.locator("#step-value")).to_have_text(f"{step + 1} of 16")
        expect_picture(page, "scatter", **LAYER, step=step)
        page.wait_for_url(re.compile(rf"step={step}\b"))


def test_on_a_phone_every_picture_fits_and_answers_a_finger(visit):
    page = visit("", PHONE, has_touch=True)
    for view in reversed(PICTURES):
        page.locator("#view").select_option(view)
        expect_picture(page, view, **LAYER)
        assert sideways(page) == 0, view
        assert width_of(page) <= PHONE["width"]
    page.locator(cell("output", 1, 1)).tap()
    expect(page.locator("#meeting")).to_have_text("y[1, 1] = 9·1 + 7·2 + 3·5 + 1·6 = 44.")
    page.locator("#layer-size").fill("12")  # and now the cells are too small for numbers
    expect_picture(page, "scatter", **{**LAYER, "size": 12})
    sheet = page.locator('#picture g[data-map="output"] rect[data-rows]')
    box, rows = sheet.bounding_box(), int(sheet.get_attribute("data-rows"))
    sheet.tap(position={"x": 2.5 * box["width"] / rows, "y": 1.5 * box["height"] / rows})
    expect(page.locator("#meeting")).to_contain_text("y[0, 1] = ")  # as padding cuts one off
    assert page.locator("#picture .lit").count() == 1 + 2  # the stamp is that of another pixel


def test_steps_play_and_stop(visit):
    page = visit("?step=0&finished=0")
    page.locator("#speed").select_option("fast")
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#step-value")).to_have_text(re.compile(r"^([2-9]|1\d) of 16$"))
    page.get_by_role("button", name="Pause", pressed=False).click()
    page.wait_for_timeout(300)  # what was asked for is still drawn
    stopped = page.locator("#step-value").inner_text()
    page.wait_for_timeout(500)  # a step takes 300 ms
    assert page.locator("#step-value").inner_text() == stopped
    page.locator("#back").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#step-value")).not_to_have_text(stopped)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["1280", "390"])
def test_it_fits_and_can_be_read_by_everybody(visit, viewport, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe is not installed: pip install axe-playwright-python",
    )
    page = visit("", viewport, color_scheme=scheme)
    for place in ("the page", "the page about the API"):
        if place != "the page":
            page.goto(urljoin(page.url, "docs"))
        assert sideways(page) == 0
        found = axe.Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:80]) for one in found] == [], place


def test_by_keyboard_everything_is_reached_in_order(visit):
    page = visit()
    for name in ("Picture of the layer", "Your picture, 28 by 28 pixels"):  # get the arrow keys
        expect(page.get_by_role("application", name=name)).to_have_count(1)
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


PYTHON_THAT_BREAKS = """export const loadPyodide = async () => ({
  unpackArchive: () => null,
  FS: { writeFile: () => null },
  runPython: () => (text) => {
    if (text.includes("choices")) return "{}";
    throw new Error("Traceback (most recent call last):\\n  …\\nKeyError: it broke\\n");
  },
});"""
ASK = """async () => {
  const python = await import("./in_browser.js");
  await python.start(() => null);
  const never = new Promise((resolve) => setTimeout(() => resolve("no answer"), 5000));
  return Promise.race([never, python.ask("arithmetic", {}).catch((error) => error.message)]);
}"""


def test_what_breaks_is_said(visit):
    page = visit()
    for name, body in (
        ("pyodide.mjs", PYTHON_THAT_BREAKS), ("deconv.zip", ""), ("material.npz", "")
    ):  # fmt: skip
        kind = "text/javascript" if name.endswith("mjs") else "application/zip"
        served = functools.partial(fulfil, body=body, content_type=kind)
        page.route(f"**/{name}", served)
    assert page.evaluate(ASK) == "KeyError: it broke"
    for body in ("throw new Error('it broke')", "export const start = () => ({})"):
        served = functools.partial(fulfil, body=body, content_type="text/javascript")
        page.route("**/at_server.js", served)
        page.reload()
        expect(page.locator("#loading")).to_contain_text("The page cannot compute here: ")
        expect(page.locator("#loading")).to_be_visible()


def fulfil(route: Any, **answer: str) -> None:
    route.fulfill(**answer)
