"""Pictures as SVG: whole, safe to put on a page, and with exactly the numbers of the arithmetic."""

import re
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont
from test_arithmetic_colours import VISIONS, closest

from deconv.arithmetic import conv2d, conv_transpose2d, overlap_count, phase_gains
from deconv.arithmetic.drawing.documentation import inverse_page, sizes_page
from deconv.arithmetic.drawing.frames import DIRECT, LIMITS, PICTURES, frame, picture, scene_of
from deconv.arithmetic.drawing.layout import MARGIN
from deconv.arithmetic.drawing.page import NO_CELL, Page, Panel
from deconv.arithmetic.drawing.scene import Scene
from deconv.arithmetic.drawing.svg import svg
from deconv.arithmetic.drawing.theme import DARK, LIGHT, properties, variable
from deconv.errors import ConfigError

SVG = "{http://www.w3.org/2000/svg}"
BASELINE = (4, 3, 2, 1, 1, 1)
NUMBERS = st.sampled_from([-99, -7, -1, 0, 0, 1, 2, 5, 99, 0.25, -0.5, 1.75])


class Drawn(NamedTuple):
    """One panel: the number and the colour of each cell, by row and column of its map."""

    texts: dict[tuple[int, int], str]
    fills: dict[tuple[int, int], str]

    def numbers(self, shape: tuple[int, ...]) -> list[list[float]]:
        """The numbers of all cells inside the map; NaN where a cell is empty."""
        return [
            [float(self.texts.get((r, c), "nan").replace("−", "-")) for c in range(shape[1])]
            for r in range(shape[0])
        ]


def maps(text: str) -> dict[str, Drawn]:
    """What is drawn in each panel that says which map it is; a number belongs where it lies."""
    found = {}
    for panel in ElementTree.fromstring(text).iter(f"{SVG}g"):
        if "data-map" not in panel.attrib:
            continue
        texts, fills, at = {}, {}, {}
        for group in panel.iter(f"{SVG}g"):
            for rect in group.findall(f"{SVG}rect[@data-row]"):
                cell = int(rect.attrib["data-row"]), int(rect.attrib["data-column"])
                side = int(rect.attrib["width"])
                at[int(rect.attrib["x"]) // side, int(rect.attrib["y"]) // side] = cell
                fills[cell] = group.attrib["fill"]
        for group in panel.findall(f"{SVG}g[@text-anchor='middle']"):
            for one in group.iter(f"{SVG}text"):
                x, y = (int(float(one.attrib[axis]) // side) for axis in "xy")
                texts[at[x, y]] = one.text or ""
        found[panel.attrib["data-map"]] = Drawn(texts, fills)
    return found


@st.composite
def scenes(draw) -> tuple[str, Scene]:
    """Any picture of any layer that can be drawn, with any numbers."""
    view = draw(st.sampled_from(list(PICTURES)))
    layer = {name: draw(st.integers(low, min(high, 6))) for name, (low, high) in LIMITS.items()}
    x, w = (
        np.array(draw(st.lists(NUMBERS, min_size=n * n, max_size=n * n))).reshape(n, n)
        for n in (layer["size"], layer["kernel"])
    )
    try:
        return view, scene_of(view, **layer, x=x, w=w)
    except ConfigError:
        return view, scene_of(view, seed=draw(st.integers(0, 99)))


def expected(view: str, scene: Scene) -> dict[str, np.ndarray]:
    """What the maps of a finished picture hold, computed by `deconv.arithmetic` alone."""
    axis, x, w = scene.axis, scene.x[None, None], scene.w[None, None]
    options: dict[str, Any] = {
        "stride": axis.stride,
        "padding": axis.padding,
        "dilation": axis.dilation,
    }
    back = {**options, "output_padding": scene.output_padding}
    if view in DIRECT:
        return {"input": scene.x, "kernel": scene.w, "output": conv2d(x, w, **options)[0, 0]}
    if view == "overlap":
        return {"output": overlap_count(axis.small, axis.kernel, **back)}
    if view == "gains":
        flat = conv_transpose2d(np.ones_like(x), w, **back)[0, 0]
        gains = phase_gains(w, **options)[0, 0]
        return {"kernel": scene.w, "gains": gains, "output": flat}
    maps = {"input": scene.x, "output": conv_transpose2d(x, w, **back)[0, 0]}
    if view == "both":
        again = conv2d(maps["output"][None, None], w, **options)[0, 0]
        maps |= {"kernel": scene.w, "again": again[: axis.small, : axis.small]}
    if view in ("gradient", "subpixel"):
        maps["kernel"] = scene.w
    if view == "padded":
        del maps["input"]
        maps["flipped"] = scene.w[::-1, ::-1]
    return maps


@given(scenes(), st.data())
def test_every_picture_has_the_numbers_of_the_arithmetic(drawn, data):
    view, scene = drawn
    step = data.draw(st.integers(0, PICTURES[view].steps(scene) - 1))
    page = frame(scene, view, step, finished=True)
    shown = maps(svg(page))
    assert set(expected(view, scene)) <= set(shown)
    for name, values in expected(view, scene).items():
        if shown[name].texts:  # cells that are too small have none
            got = shown[name].numbers(values.shape)
            assert got == pytest.approx(values, abs=0.0051), (view, name)
    ElementTree.fromstring(svg(page, width=280, themed=False))


@pytest.mark.parametrize("width", [350, 800])
@pytest.mark.parametrize("view", PICTURES)
def test_the_usual_pictures_have_all_numbers_and_are_small(view, width):
    scene = scene_of(view, *BASELINE)
    text = svg(frame(scene, view), width)
    shown = maps(text)
    for name, values in expected(view, scene).items():
        assert shown[name].numbers(values.shape) == values.tolist()
    assert len(text.encode()) < 24_000


def test_each_step_changes_the_picture_and_not_its_size():
    for view, shown in PICTURES.items():
        scene = scene_of(view, 3, 3, 2, 1, 1, 1)
        for width in (800, 350):
            texts = [svg(frame(scene, view, n), width) for n in range(shown.steps(scene))]
            assert len(set(texts)) == len(texts)
            assert len({re.findall(r'viewBox="[^"]+"', text)[0] for text in texts}) == 1


def test_a_picture_can_stand_beside_others_on_any_page():
    for view in PICTURES:
        text = svg(picture(view, *BASELINE))
        assert text == svg(picture(view, *BASELINE))
        assert not re.search(r'\b(id|style|class|href)="', text)
        root = ElementTree.fromstring(text)
        assert root.attrib["role"] == "img"
        assert [one.tag for one in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
        assert "→" in (root[0].text or "")


def test_the_description_says_the_sum():
    page = picture("padded", *BASELINE, step=22)
    description = ElementTree.fromstring(svg(page))[1].text
    assert description == f"{page.subtitle} {page.caption}"
    assert "y[2, 6] = 5·8 = 40." in page.caption


def test_strange_labels_and_numbers_are_written_and_not_obeyed():
    evil = "</text><script>alert('1 & \"2\"')</script>"
    values = np.array([[np.inf, -np.inf, np.nan, -3, 123456, -0.0]])
    panel = Panel(evil, values, np.zeros((1, 6), int), marks=np.full((1, 6), "<"), name='a"b')
    text = svg(Page(evil, evil, [[panel]], evil))
    assert "<script" not in text
    drawn = maps(text)['a"b']
    assert [drawn.texts.get((0, n), "") for n in range(6)] == ["∞", "−∞", "", "−3", "123456", "0"]
    ElementTree.fromstring(svg(Page("", "", [[panel]], "")))


def test_cells_say_their_place_in_their_own_map():
    scatter = maps(svg(picture("scatter", *BASELINE)))
    assert set(scatter) == {"input", "stamp", "output"}
    assert min(scatter["output"].fills) == (-1, -1)  # padding cuts a row and a column off
    assert max(scatter["output"].fills) == (7, 7)
    assert set(scatter["input"].fills) == {(r, c) for r in range(4) for c in range(4)}
    steps = [maps(svg(picture("subpixel", *BASELINE, step=step))) for step in range(64)]
    assert {len(shown["taps"].fills) for shown in steps} == {1, 2, 4}


def test_a_cell_has_its_colour():
    fills = np.array([[2, NO_CELL], [0, 17]])
    page = Page("", "", [[Panel("", np.full((2, 2), np.nan), fills, name="m")]], "")
    themed, fixed = maps(svg(page))["m"].fills, maps(svg(page, themed=False))["m"].fills
    assert fixed == {(0, 0): "#e69f00", (1, 0): "#ffffff", (1, 1): "#aaaa00"}
    assert themed[0, 0] == variable("orange") == "var(--deconv-orange,#e69f00)"
    assert "var(" not in svg(page, themed=False)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    coded = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_number_can_be_read_on_every_colour(theme):
    for name in set(theme) - {"ink", "faint", "line"}:
        assert contrast(theme["ink"], theme[name]) > 4.5, name
    for name in ("paper", "grey", "pale-orange"):  # cells with faint numbers
        assert contrast(theme["faint"], theme[name]) > 4.5, name


@pytest.mark.parametrize("vision", VISIONS)
def test_the_dark_colours_differ_for_everybody(vision):
    assert list(DARK) == list(LIGHT)
    tints = [DARK[f"tint-{number}"] for number in range(1, 10)]
    assert closest([*tints[:4], DARK["paper"], DARK["orange"]], vision) > 15
    assert closest(tints, vision) > 10
    assert "--deconv-orange:#a25c00;" in properties(DARK)


@pytest.mark.parametrize("width", [280, 350, 800])
def test_no_line_of_text_is_wider_than_the_picture(width):
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    pages = [picture(view, *layer) for view in PICTURES for layer in (BASELINE, (5, 4, 3, 1, 2, 1))]
    for page in [*pages, sizes_page(), inverse_page()]:
        for group in ElementTree.fromstring(svg(page, width)).findall(f"{SVG}g[@font-size]"):
            bold = "font-weight" in group.attrib
            font = ImageFont.truetype(
                folder / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"),
                int(group.attrib["font-size"]),
            )  # the widest of the fonts in SVG's list
            for line in group:
                assert font.getlength(line.text or "") <= width - MARGIN, line.text


def test_the_largest_pictures_stay_small_enough_to_send():
    largest: dict[str, Any] = {name: high for name, (_, high) in LIMITS.items()} | {"padding": 0}
    with pytest.raises(ConfigError, match="more than 80 cannot be drawn"):
        scene_of("matrix", **largest)
    for view in PICTURES:
        text = svg(picture(view, 12, 7, 5, 0, 4, 3 if view not in DIRECT else 1))
        ElementTree.fromstring(text)
        assert len(text) < 250_000


def test_a_map_without_room_for_numbers_has_its_colours():
    fills = np.full((60, 60), 2)
    fills[0], fills[1, 10:13], fills[2, 5] = NO_CELL, 4, 3
    active = np.zeros(fills.shape, bool)
    active[2, 5] = True
    panel = Panel("", np.ones(fills.shape), fills, active, name="large", first=(-1, 2))
    text = svg(Page("", "", [[panel]], ""), themed=False)
    (group,) = ElementTree.fromstring(text).findall(f"{SVG}g[@data-map]")
    sheet = group.find(f"{SVG}rect[@data-rows]")
    assert sheet is not None
    assert (sheet.attrib["data-rows"], sheet.attrib["fill"]) == ("60", "#e69f00")
    first = sheet.attrib["data-first-row"], sheet.attrib["data-first-column"]
    assert first == ("-1", "2")
    paths = {one.get("fill"): one.get("d") for one in group.iter(f"{SVG}path")}
    assert paths["#ffffff"] == "M0 0h720v12h-720z"
    assert paths["#bfe3f8"] == "M120 12h36v12h-36z"
    assert paths["#fbe2ae"] == "M60 24h12v12h-12z"
    assert paths["none"] == "M61 25h10v10h-10z"


@pytest.mark.parametrize(
    ("width", "message"),
    [
        (279, "at least 280, but is 279"),
        (801, "at most 800, but is 801"),
        (350.5, "a whole number"),
    ],
)
def test_other_widths_are_refused(width, message):
    with pytest.raises(ConfigError, match=message):
        svg(picture("scatter"), width)
