"""The function behind the page: what it computes is the project's, and nothing breaks it."""

import json
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deconv.architecture import Design
from deconv.arithmetic import conv2d, conv_transpose2d, overlap_count
from deconv.arithmetic.drawing.frames import DIRECT, LIMITS, PICTURES, picture
from deconv.arithmetic.drawing.svg import svg
from deconv.arithmetic.sizes import pixels
from deconv.arithmetic.upsampling import bilinear
from deconv.config import ROOT
from deconv.data.synthetic import draw_garments
from deconv.playground.garment import Material, Model
from deconv.playground.layer import START
from deconv.playground.respond import ASKS, respond
from deconv.weights import initial_weights

LAYER: dict[str, Any] = {**START}
NUMBERS = ("stride", "padding", "output_padding", "dilation")


def model(seed: int = 0, **settings) -> Model:
    design = Design(**settings)
    return Model(f"drawn with seed {seed}", "untrained", design, initial_weights(seed, design))


def drawn_models() -> Material:
    """Two untrained networks and five drawn garments."""
    models = {"one": model(), "other": model(1, upsampler="nearest", latent=32)}
    return Material(models, draw_garments(5, seed=3)[0], "drawn")


# One layer


@given(
    st.sampled_from(tuple(PICTURES)),
    st.fixed_dictionaries({name: st.integers(0, high) for name, (_, high) in LIMITS.items()}),
)
@example("scatter", START)
@example("direct", START)
@example("scatter", {**START, "stride": 1, "dilation": 3, "output_padding": 2})
def test_every_layer_is_computed_as_the_package_does_or_its_fault_is_named(view, layer):
    answer = respond({"ask": "arithmetic", "view": view, "beside": ["overlap", "gains"], **layer})
    if "error" in answer:
        assert answer["error"].count("\n") == 0
        assert len(answer["error"]) > 20
        return
    x, w, y = (np.array(answer["numbers"][name]) for name in ("input", "kernel", "output"))
    options = {name: layer[name] for name in NUMBERS}
    if view in DIRECT:
        options.pop("output_padding")
        expected = conv2d(x[None, None], w[None, None], **options)
    else:
        expected = conv_transpose2d(x[None, None], w[None, None], **options)
        options.pop("output_padding")
        back = len(conv2d(y[None, None], w[None, None], **options)[0, 0])
        assert f"makes {pixels(back)} of " in answer["recipe"]["why"]
        assert (f", not {len(x)}." in answer["recipe"]["why"]) == (back != len(x))
    np.testing.assert_array_equal(y, expected[0, 0])
    assert answer["picture"].startswith("<svg")
    assert set(answer["beside"]) == {"overlap", "gains"}
    json.dumps(answer, allow_nan=False)


def test_the_picture_is_the_one_of_the_documentation():
    answer = respond({"ask": "arithmetic", **START, "step": 3, "width": 500})
    assert answer["picture"] == svg(picture("scatter", **LAYER, step=3, finished=True), 500)
    growing = respond({"ask": "arithmetic", **START, "step": 3, "width": 500, "finished": False})
    assert growing["picture"] == svg(picture("scatter", **LAYER, step=3), 500)


def test_the_overlaps_beside_a_direct_layer_are_those_of_the_way_back():
    direct = {**START, "view": "direct", "size": 8}
    answer = respond({"ask": "arithmetic", **direct, "beside": ["overlap"]})
    largest = overlap_count(4, 3, stride=2, padding=1, output_padding=1).max()
    assert answer["beside"]["overlap"].count(f">{largest}</text>") == 9 + 1  # and what repeats
    assert "stamps on the output, 8×8" in answer["beside"]["overlap"]


def test_a_step_past_the_end_is_the_last_one():
    answer = respond({"ask": "arithmetic", **START, "step": 6_000})
    assert (answer["step"], answer["steps"]) == (15, 16)


def test_every_preset_draws_what_it_says():
    offered = respond({"ask": "choices"})["presets"]
    outputs = {}
    for name, preset in offered.items():
        answer = respond({"ask": "arithmetic", **preset["request"]})
        assert "error" not in answer, name
        outputs[name] = answer["numbers"]
    assert outputs["by-hand"]["output"] == [[0, 0, 1], [0, 4, 6], [4, 12, 9]]
    assert outputs["by-hand-padding"]["output"] == [[4]]
    assert outputs["by-hand-stride"]["output"] == [
        [0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]
    ]  # fmt: skip
    # The three of tests/test_arithmetic.py, with the same numbers.
    x, w = np.array([[1, 2], [3, 4]]), np.arange(1, 10).reshape(3, 3)
    for name, stride, said in (
        ("classic-matrix", 1, "Mᵀ: 4 columns, 16 rows"),
        ("classic-framed", 1, "input, framed to 6×6"),
        ("classic-stretched", 2, "input, stretched and framed to 7×7"),
    ):
        expected = conv_transpose2d(x[None, None], w[None, None], stride=stride)[0, 0]
        assert outputs[name]["output"] == expected.tolist()
        drawn = respond({"ask": "arithmetic", **offered[name]["request"]})["picture"]
        assert said in re.sub("</text><text[^>]*>", " ", drawn)
    assert outputs["identity"]["output"] == outputs["identity"]["input"]
    nearest = outputs["nearest"]
    assert nearest["output"] == np.kron(nearest["input"], np.ones((2, 2))).tolist()
    assert np.ptp(outputs["checkerboard"]["output"]) > 0
    assert np.ptp(np.array(outputs["no-checkerboard"]["output"])[1:-1, 1:-1]) == 0
    x = np.array(outputs["bilinear"]["input"], float)
    inside = np.array(outputs["bilinear"]["output"])[1:-1, 1:-1]
    np.testing.assert_allclose(inside, bilinear(bilinear(x, 0), 1)[1:-1, 1:-1])


def test_the_reason_for_output_padding_is_said():
    why = respond({"ask": "arithmetic", **START})["recipe"]["why"]
    assert why == (
        "On the way down, a convolution makes 4 pixels of 7 or of 8. On the way up, output padding "
        "says which it shall be: 0 for 7, 1 for 8. It adds a row at the bottom and a column at the "
        "right: what padding 1 would cut off. They are marked with +."
    )
    stride_1 = respond({"ask": "arithmetic", **START, "stride": 1, "output_padding": 0})
    assert "nothing to choose" in stride_1["recipe"]["why"]
    direct = respond({"ask": "arithmetic", **START, "view": "direct", "size": 8})["recipe"]["why"]
    assert direct.startswith("This layer leads down, and output padding is for the way up. On ")
    assert direct.endswith("0 for 7, 1 for 8.")
    beyond = {**START, "stride": 1, "dilation": 3, "output_padding": 2}
    assert respond({"ask": "arithmetic", **beyond})["recipe"]["why"].startswith(
        "On the way down, a convolution makes 6 pixels of 10, not 4. "
        "So this output padding has no direct layer to undo, and Keras refuses it. It adds 2 rows"
    )


def test_a_cell_says_what_meets_there():
    answer = respond({"ask": "meeting", **START, "map": "output", "row": 1, "column": 1})
    assert answer["sentence"] == "y[1, 1] = 9·1 + 7·2 + 3·5 + 1·6 = 44."
    assert answer["input"] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert answer["kernel"] == [(2, 2), (2, 0), (0, 2), (0, 0)]
    assert answer["panels"] == {"stamp": [(0, 0)]}  # of x[1, 1], at which the step stands
    row = {"ask": "meeting", **START, "view": "matrix", "map": "row", "row": 0, "column": 0}
    assert respond({**row, "step": 9})["output"] == [(1, 1)]
    assert respond({**row, "step": 4_999})["output"] == []  # the last pixel hears others


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (7, "a request must be an object"),
        ({}, "ask must be one of arithmetic, meeting"),
        ({"ask": "dinner"}, "but is 'dinner'"),
        ({"ask": "choices", "size": 3}, "a request has no value named 'size'"),
        ({"ask": "arithmetic", "sise": 3}, "no value named 'sise'; it may have view, size"),
        ({"ask": "arithmetic", "size": 100_000}, "size must be at most 12, but is 100000"),
        ({"ask": "arithmetic", "size": 4.5}, "size must be a whole number"),
        ({"ask": "arithmetic", "size": True}, "size must be a whole number"),
        ({"ask": "arithmetic", "view": ["scatter"]}, "view must be one of"),
        ({"ask": "arithmetic", "output_padding": 2}, "output_padding must be below"),
        ({"ask": "arithmetic", "padding": 8}, "the output would have"),
        ({"ask": "arithmetic", "x": [[1, 2], [3]]}, "as many numbers in each row"),
        ({"ask": "arithmetic", "x": [[1, 2], [3, 4]]}, "the input must be 4 × 4 numbers"),
        ({"ask": "arithmetic", "w": [["1"]]}, "must hold numbers, but holds '1'"),
        ({"ask": "arithmetic", "kernel": 1, "w": [[float("nan")]]}, "from -99 to 99"),
        ({"ask": "arithmetic", "kernel": 1, "w": [[10**400]]}, "from -99 to 99"),
        ({"ask": "arithmetic", "x": [[1] * 13] * 13}, "must have at most 12 values"),
        ({"ask": "arithmetic", "width": 100_000}, "width must be at most 800"),
        ({"ask": "arithmetic", "beside": ["moon"]}, "beside must be one of overlap, gains"),
        ({"ask": "arithmetic", "finished": 1}, "finished must be true or false"),
        ({"ask": "arithmetic", "seed": -1}, "seed must be a whole number"),
        ({"ask": "meeting", "row": 10_000}, "row must be at most 6400"),
        ({"ask": "meeting", "map": "row"}, "map must be one of input, kernel, output, stamp, but"),
        ({"ask": "meeting", "map": ["row"]}, "map must be one of input"),
        ({"ask": "reconstruct"}, "there are no images to choose from"),
        ({"ask": "reconstruct", "pixels": [0] * 783}, "must have 784 grey levels, but has 783"),
        ({"ask": "reconstruct", "pixels": [256] * 784}, "every pixel must be a number from 0"),
        ({"ask": "reconstruct", "pixels": [0] * 784, "image": 1}, "not both"),
        ({"ask": "reconstruct", "pixels": [0] * 784, "off": [-1]}, "every channel that is off"),
        (
            {"ask": "reconstruct", "pixels": [0] * 784, "models": ["best"]},
            "models must have at most 0",
        ),
        ({"ask": "reconstruct", "pixels": [0] * 784, "down": 15}, "down must be at most 14"),
        ({"ask": "reconstruct", "pixels": [0] * 784, "blur": 1e9}, "blur must be a number"),
    ],
)
def test_what_is_wrong_with_a_request_is_one_sentence(request_, sentence):
    answer = respond(request_)
    assert list(answer) == ["error"]
    assert sentence in answer["error"]
    assert "\n" not in answer["error"]


MATERIAL = drawn_models()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
names = st.sampled_from([*START, "view", "x", "w", "seed", "step", "finished", "width", "picture",
    "beside", "map", "row", "column", "pixels", "image", "noise", "down", "blur", "models", "off",
    "maps"])  # fmt: skip


@given(st.sampled_from(ASKS), st.dictionaries(names, json_values | st.integers(0, 6), max_size=3))
@settings(max_examples=300)
def test_nothing_that_json_can_say_breaks_it(ask, values):
    answer = respond({"ask": ask, **values}, MATERIAL)
    json.dumps(answer, allow_nan=False)
    assert "\n" not in answer.get("error", "")


def test_it_needs_nothing_but_numpy():
    code = (
        "import sys, numpy; before = set(sys.modules)\n"
        "from deconv.playground.respond import respond\n"
        "assert 'error' not in respond({'ask': 'arithmetic'})\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before}"
        " - set(sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert set(done.stdout.split()) <= {"numpy", "deconv"}, done.stderr
