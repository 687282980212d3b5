"""Pointing at a cell: what meets there is what the arithmetic joins, in all panels of all views."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from deconv.arithmetic.drawing.frames import LIMITS, PICTURES, frame, scene_of
from deconv.arithmetic.drawing.hovering import MAPS, PANELS, Cells, meeting
from deconv.arithmetic.drawing.page import Panel
from deconv.arithmetic.drawing.scene import Scene
from deconv.errors import ConfigError

BASELINE: dict[str, Any] = dict(zip(LIMITS, (4, 3, 2, 1, 1, 1), strict=True))


@st.composite
def layers(draw) -> dict[str, Any]:
    return {name: draw(st.integers(low, min(high, 5))) for name, (low, high) in LIMITS.items()}


def scene_or_none(view: str, layer: dict[str, Any]) -> Scene | None:
    try:
        return scene_of(view, **layer)
    except ConfigError:
        return None


def panels_of(scene: Scene, view: str, step: int) -> dict[str, Panel]:
    page = frame(scene, view, step, finished=True)
    return {panel.name: panel for column in page.columns for panel in column}


def lit(scene: Scene, view: str, name: str, row: int, column: int, step: int) -> dict[str, Cells]:
    found = meeting(scene, view, name, row, column, step)
    return {name: getattr(found, name) for name in MAPS} | found.panels


def value(panel: Panel, cell: tuple[int, int]) -> float:
    return panel.values[cell[0] - panel.first[0], cell[1] - panel.first[1]]


@given(layers(), st.sampled_from(["scatter", "direct"]))
def test_a_cell_meets_what_makes_it(layer, view):
    scene = scene_or_none(view, layer)
    assume(scene is not None)
    assert scene is not None
    y = np.zeros_like(scene.y)
    joined = set()
    for h, v in np.ndindex(y.shape):
        found = meeting(scene, view, "output", h, v)
        for pixel, tap in zip(found.input, found.kernel, strict=True):
            y[h, v] += scene.x[pixel] * scene.w[tap]
            joined.add((pixel, tap, (h, v)))
        assert found.output == ([(h, v)] if found.input else [])
        assert f"y[{h}, {v}] = " in found.sentence
    assert y.tolist() == scene.y.tolist()
    for name, place, values in (("input", 0, scene.x), ("kernel", 1, scene.w)):
        for cell in np.ndindex(values.shape):
            found = meeting(scene, view, name, *cell)
            mine = {meet for meet in joined if meet[place] == cell}
            assert set(found.output) == {meet[2] for meet in mine}
            assert len(found.output) == len(mine)


def test_what_is_not_part_of_a_map_meets_nothing():
    scene = scene_of("scatter")
    assert meeting(scene, "scatter", "input", 1, 1).sentence.endswith(
        "reaches 9 output pixels, by a tap each."
    )
    assert meeting(scene, "scatter", "kernel", 1, 1).sentence == (
        "w[1, 1] = 5 joins 16 pairs of an input and an output pixel."
    )
    for name, row, sentence in (
        ("output", -1, "Cut off: no part of the output."),
        ("input", 4, "A zero that was added."),
        ("input", -1, "A zero that was added."),
    ):
        nothing: Any = (sentence, [], [], [], {"stamp": []})
        assert meeting(scene, "scatter", name, row, 0) == nothing
    with pytest.raises(ConfigError, match="map must be one of input, kernel, output, stamp, but"):
        meeting(scene, "scatter", "stretched", 0, 0)


def test_the_stamp_shows_what_its_pixel_gives():
    scene = scene_of("scatter", **BASELINE)
    for step, (h, v) in itertools.product(range(scene.x.size), np.ndindex(scene.y.shape)):
        found = meeting(scene, "scatter", "output", h, v, step)
        joined = dict(zip(found.input, found.kernel, strict=True))
        tap = joined.get(divmod(step, scene.axis.small))
        assert found.panels["stamp"] == ([tap] if tap else [])
    assert meeting(scene, "scatter", "stamp", 2, 2, 0).sentence == (
        "x[0, 0] = 1 meets w[2, 2] = 9 on the way to y[1, 1], which gets 9 from it."
    )
    said = meeting(scene, "scatter", "stamp", 0, 0, 0).sentence
    assert said == "Cut off: this number is no part of the output."


def test_every_panel_of_every_view_takes_part():
    seen: set[str] = set()
    for view in PICTURES:
        scene = scene_of(view, **BASELINE)
        for step in range(PICTURES[view].steps(scene)):
            there = panels_of(scene, view, step)
            assert there.keys() <= lit(scene, view, "output", 0, 0, step).keys()
            seen |= there.keys()
            for name, panel in there.items():  # somewhere in each of them something meets
                cells = (np.argwhere(np.ones(panel.values.shape)) + panel.first).tolist()
                assert any(meeting(scene, view, name, r, c, step).output for r, c in cells)
    assert seen == set(PANELS)


@settings(max_examples=50)
@given(st.sampled_from(list(PICTURES)), layers(), st.data())
def test_cells_light_each_other(view, layer, data):
    scene = scene_or_none(view, layer)
    assume(scene is not None)
    assert scene is not None
    step = data.draw(st.integers(0, PICTURES[view].steps(scene) - 1))
    panels = panels_of(scene, view, step)
    name = data.draw(st.sampled_from(sorted(panels)))
    row, column = data.draw(st.sampled_from(list(np.ndindex(panels[name].values.shape))))
    cell = (row + panels[name].first[0], column + panels[name].first[1])
    for other, cells in lit(scene, view, name, *cell, step).items():
        for one in cells:
            assert cell in lit(scene, view, other, *one, step)[name]
            if other in panels:
                shape = panels[other].values.shape
                places = np.subtract(one, panels[other].first)
                assert ((places >= 0) & (places < shape)).all()


@settings(max_examples=50)
@given(layers(), st.data())
@example(BASELINE, None)
@example({**BASELINE, "dilation": 2, "padding": 3}, None)
def test_the_sum_of_a_pixel_can_be_read_off_the_panels_that_light(layer, data):
    scene = scene_or_none("padded", layer)
    assume(scene is not None)
    assert scene is not None
    steps = PICTURES["padded"].steps(scene)
    for step in range(steps) if data is None else [data.draw(st.integers(0, steps - 1))]:
        row, column = divmod(step, scene.axis.large)
        padded, matrix = (panels_of(scene, view, step) for view in ("padded", "matrix"))
        cells = lit(scene, "padded", "output", row, column, step)
        products = [
            value(padded["stretched"], one) * value(padded["flipped"], tap)
            for one, tap in zip(cells["stretched"], cells["flipped"], strict=True)
        ]
        assert sum(products) == scene.y[row, column]
        assert padded["flipped"].active is not None
        used = np.argwhere(padded["flipped"].active).tolist()
        assert sorted(map(list, cells["flipped"])) == used
        cells = lit(scene, "matrix", "output", row, column, step)
        for name in ("matrix", "row"):
            entries = [value(matrix[name], one) for one in cells[name]]
            pixels = [scene.x[one] for one in cells["input"]]
            assert np.dot(entries, pixels) == scene.y[row, column]


def test_a_cell_of_the_matrix_is_one_product():
    scene = scene_of("matrix", **BASELINE)
    assert meeting(scene, "matrix", "matrix", 1, 1).sentence == (
        "x[0, 1] = 2 meets w[1, 0] = 4 on the way to y[0, 1], which gets 8 from it."
    )
    assert meeting(scene, "matrix", "matrix", 0, 15).sentence.startswith("No input pixel meets")
    largest = scene_of("direct", 12, 7, 1, 0)
    assert meeting(largest, "direct", "output", 2, 2).sentence.count("·") == 7 * 7


def test_a_phase_has_its_gain_and_the_sums_of_an_input_of_ones():
    scene = scene_of("gains", **BASELINE)
    assert meeting(scene, "gains", "gains", 1, 1).sentence == (
        "Output pixels of this phase are made by 4 taps, in all 20."
    )
    said = meeting(scene, "gains", "output", 1, 1).sentence
    assert said == "y[1, 1] = 9·1 + 7·1 + 3·1 + 1·1 = 20."
