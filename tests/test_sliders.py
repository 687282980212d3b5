"""Sliders in notebooks: every widget changes the picture, and a wrong layer says why."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import ipywidgets
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from deconv import sliders
from deconv.arithmetic.drawing.frames import LIMITS, PICTURES, picture, scene_of
from deconv.arithmetic.drawing.svg import svg
from deconv.config import ROOT
from deconv.errors import ConfigError
from deconv.sliders import Explorer, explore

BASELINE: dict[str, Any] = {
    "size": 4,
    "kernel": 3,
    "stride": 2,
    "padding": 1,
    "output_padding": 1,
    "dilation": 1,
}


@pytest.fixture
def explorer() -> Explorer:
    return Explorer("scatter", dict(BASELINE))


def shown(explorer: Explorer) -> str:
    """The title and the caption of the picture."""
    title, description = ElementTree.fromstring(explorer.picture.value)[:2]
    return f"{title.text} {description.text}"


@pytest.mark.parametrize("name", LIMITS)
def test_every_slider_of_the_layer_changes_the_picture(explorer, name):
    explorer.numbers["stride"].value = 3  # now every number can grow by one
    before, changed = explorer.picture.value, {**BASELINE, "stride": 3}
    changed[name] += 1
    explorer.numbers[name].value += 1
    assert explorer.message.value == ""
    assert explorer.picture.value != before
    expected = picture("scatter", **changed, step=explorer.step.value, finished=True)
    assert explorer.picture.value == svg(expected)


def test_every_view_can_be_chosen(explorer):
    assert set(sliders.NAMES) == set(PICTURES)
    for view, drawn in PICTURES.items():
        explorer.view.value = view
        last = drawn.steps(scene_of(view, **BASELINE)) - 1
        assert explorer.message.value == ""
        assert explorer.step.max == explorer.play.max == last
        expected = picture(view, **BASELINE, step=explorer.step.value, finished=True)
        assert explorer.picture.value == svg(expected)


def test_play_and_step_show_the_same_step_and_fill_the_output(explorer):
    assert "x[1, 1] = 6" in shown(explorer)
    explorer.play.value = 7
    assert explorer.step.value == 7
    assert "x[1, 3] = 8" in shown(explorer)
    explorer.step.value = 2
    assert explorer.play.value == 2
    whole = explorer.picture.value
    explorer.finished.value = False
    assert "x[0, 2] = 3" in shown(explorer)
    assert explorer.picture.value.count("<text") < whole.count("<text")


def test_fewer_steps_take_the_slider_with_them(explorer):
    explorer.step.value = 15
    explorer.numbers["size"].value = 2
    assert (explorer.step.value, explorer.step.max, explorer.play.value) == (3, 3, 3)
    assert "x[1, 1] = 4" in shown(explorer)


def test_where_there_is_one_step_none_can_be_chosen(explorer):
    moving = (explorer.step, explorer.play, explorer.finished)
    assert not any(one.disabled for one in moving)
    explorer.view.value = "overlap"
    assert all(one.disabled for one in moving)
    explorer.view.value = "matrix"
    assert not any(one.disabled for one in moving)


def test_a_layer_that_cannot_be_says_so_under_the_last_good_picture(explorer):
    before, recipe = explorer.picture.value, explorer.recipe.value
    explorer.numbers["output_padding"].value = 2
    assert "output_padding must be below the larger of stride 2" in explorer.message.value
    assert (explorer.picture.value, explorer.recipe.value) == (before, recipe)
    explorer.numbers["stride"].value = 3
    assert explorer.message.value == ""
    assert "output padding 2" in shown(explorer)
    explorer.numbers["padding"].value = 8
    assert "the output would have -" in explorer.message.value


def test_the_formula_and_both_lines_of_code_stand_below(explorer):
    said = ElementTree.fromstring(explorer.recipe.value).text or ""
    assert "(4 − 1)·2 − 2·1 + 1·(3 − 1) + 1 + 1 = 8" in said
    assert "torch.nn.ConvTranspose2d(1, 1, kernel_size=3, stride=2" in said
    assert "keras.layers.Conv2DTranspose(1, 3, strides=2" in said
    explorer.view.value = "direct"
    assert "torch.nn.Conv2d(1, 1, kernel_size=3" in explorer.recipe.value


def test_given_numbers_stay_and_their_sizes_with_them():
    x, w = np.array([[0, 1], [2, 3]]), np.array([[5, 0], [0, 7]])
    explorer = Explorer("padded", {**BASELINE, "size": 2, "kernel": 2}, 0, x=x, w=w)
    assert [name for name, one in explorer.numbers.items() if one.disabled] == ["size", "kernel"]
    explorer.numbers["padding"].value = 0
    assert explorer.picture.value == svg(
        picture(
            "padded",
            **{**BASELINE, "size": 2, "kernel": 2, "padding": 0},
            step=0,
            finished=True,
            x=x,
            w=w,
        )
    )


def test_only_widgets_that_every_front_end_has(explorer):
    def inside(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
        return [
            widget,
            *(one for child in getattr(widget, "children", ()) for one in inside(child)),
        ]

    modules = {one._model_module for one in inside(explorer.widget())}
    assert modules == {"@jupyter-widgets/controls"}


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"view": "stamps"}, "view must be one of scatter, "),
        ({"output_padding": 3}, "output_padding must be below"),
        ({"step": 99}, "step must be below 16"),
        ({"x": [[1, 2]]}, "the input must be 1 × 1 numbers"),
        ({"w": 7}, "the kernel must be 3 × 3 numbers"),
    ],
)
def test_a_wrong_start_is_one_sentence(numbers, message):
    with pytest.raises(ConfigError, match=message):
        explore(**numbers)


def test_a_saved_notebook_has_a_picture_and_no_words_of_broken_widgets(tmp_path: Path):
    code = "from deconv.sliders import explore\nexplore('direct', size=5, x=None)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT)}},
        store_widget_state=False,
    )
    client.execute()
    (still, style, alive) = (output["data"] for output in notebook.cells[0].outputs)
    root = ElementTree.fromstring(still["image/svg+xml"])
    assert root[0].text == "5×5 → 3×3: kernel 3, stride 2, padding 1"
    assert "var(" not in still["image/svg+xml"]
    assert still["image/png"].startswith("iVBOR")
    assert re.search(r"y\[\d, \d\] = ", still["text/plain"])
    assert "--deconv-ink" in style["text/html"]
    assert alive["text/plain"] == "Run this cell to get sliders."
    assert "application/vnd.jupyter.widget-view+json" in alive
