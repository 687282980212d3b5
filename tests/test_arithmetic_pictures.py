"""The explainer: what it prints is true, what it draws shows the right numbers."""

import io
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from deconv.arithmetic import conv_transpose2d
from deconv.arithmetic.__main__ import ArithmeticConfig
from deconv.arithmetic.drawing.animation import animation, shown_steps, still
from deconv.arithmetic.drawing.frames import picture, scene_of
from deconv.arithmetic.drawing.layout import WIDTH
from deconv.arithmetic.drawing.page import ORANGE, WHITE, Page, Panel
from deconv.arithmetic.drawing.raster import draw
from deconv.arithmetic.drawing.recipe import recipe
from deconv.arithmetic.drawing.scene import Scene
from deconv.arithmetic.drawing.views import VIEWS
from deconv.arithmetic.summary import (
    keras_line,
    keras_same,
    pytorch_line,
    summary,
    what_output_padding_adds,
)
from deconv.config import ROOT
from deconv.errors import ConfigError

# input, kernel, stride, padding, output_padding, dilation
LAYERS = [
    (4, 3, 2, 1, 1, 1),
    (2, 3, 1, 0, 0, 1),
    (3, 3, 2, 1, 0, 2),
    (3, 2, 3, 0, 2, 1),
    (4, 4, 2, 3, 0, 1),
    (3, 2, 1, 1, 1, 3),
    (2, 1, 4, 0, 3, 1),
]
DIRECT_LAYERS = [
    (5, 3, 2, 1, 0, 1),
    (6, 3, 2, 1, 0, 1),
    (6, 4, 2, 1, 0, 1),
    (7, 3, 1, 0, 0, 2),
    (8, 3, 3, 0, 0, 1),
    (5, 3, 2, 0, 0, 2),
]
every_layer = pytest.mark.parametrize("numbers", LAYERS, ids=str)


def pages(scene: Scene, view: str) -> list[Page]:
    steps = range(VIEWS[view].steps(scene))
    return [VIEWS[view].page(scene, step, step + 1) for step in steps]


def output_panel(page: Page) -> Panel:
    (panel,) = (p for column in page.columns for p in column if p.title.startswith("output"))
    return panel


@every_layer
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_ends_with_the_output(view, numbers):
    scene = Scene.of(*numbers)
    panel = output_panel(pages(scene, view)[-1])
    top, left, bottom, right = panel.kept or (0, 0, *scene.y.shape)
    assert panel.values[top:bottom, left:right].tolist() == scene.y.tolist()


@every_layer
@pytest.mark.parametrize("view", ["matrix", "padded", "subpixel"])
def test_every_sum_that_is_written_out_is_the_output_pixel(view, numbers):
    scene = Scene.of(*numbers)
    seen = np.zeros_like(scene.y)
    for page in pages(scene, view):
        match = re.match(r"y\[(\d+), (\d+)\] = ([^=,]+)(?: = (\d+)\.|, )", page.caption)
        assert match, page.caption
        row, column, terms, total = match.groups()
        products = [np.prod([int(n) for n in term.split("·")]) for term in terms.split(" + ")]
        pixel = int(row), int(column)
        assert sum(products) == int(total or 0) == scene.y[pixel]
        panel = output_panel(page)
        assert panel.active is not None
        ((active),) = np.argwhere(panel.active)
        assert tuple(active) == pixel
        assert panel.values[pixel] == scene.y[pixel]
        seen[pixel] += 1
    assert (seen[scene.y > 0] == 1).all()


def test_the_numbers_have_no_symmetry_to_hide_a_flip():
    scene = Scene.of(4, 3, 2, 1, 1, 1)
    w = scene.w
    assert not any((w == other).all() for other in (w[::-1], w[:, ::-1], w[::-1, ::-1], w.T))
    y = conv_transpose2d(scene.x[None, None], w[None, None], stride=2, padding=1, output_padding=1)
    assert scene.y.tolist() == y[0, 0].tolist()


@pytest.mark.parametrize("view", VIEWS)
def test_an_animation_has_a_picture_for_every_step(view):
    scene = Scene.of(3, 3, 2, 1, 1, 1)
    film = GifImageFile(io.BytesIO(animation(scene, view)))
    assert film.n_frames == VIEWS[view].steps(scene)
    assert film.size == draw(pages(scene, view)[0]).size
    assert film.info["loop"] == 0
    picture = Image.open(io.BytesIO(still(scene, view)))
    assert picture.size == film.size
    assert picture.width == WIDTH


def test_a_long_animation_is_thinned_out():
    film = GifImageFile(io.BytesIO(animation(Scene.of(9, 2, 1, 0, 0, 1), "padded")))
    assert film.n_frames == 2 * 10 + 8  # two rows, and the ends of the others
    assert len(shown_steps([80] * 80)) == 40


def test_a_cell_is_drawn_with_its_colour_its_number_and_its_outline():
    def pixels(value: float, colour: int, active: bool) -> dict:
        one = Panel("cell", np.array([[value]]), np.array([[colour]]), np.array([[active]]))
        image = draw(Page("title", "subtitle", [[one]], "caption"))
        counts = image.getcolors(image.width * image.height)
        assert counts is not None
        return {found: count for count, found in counts}

    plain, ink, orange = pixels(np.nan, ORANGE, False), (26, 26, 26), (230, 159, 0)
    assert plain[orange] > 1500
    numbered, outlined = pixels(7, ORANGE, False), pixels(np.nan, ORANGE, True)
    assert plain[ink] < numbered[ink] < outlined[ink]
    assert orange not in pixels(7, WHITE, True)


@every_layer
def test_the_pytorch_line_builds_this_layer(numbers):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    scene = Scene.of(*numbers)
    layer = eval(pytorch_line(scene.axis, numbers[4]), {"torch": torch})
    with torch.no_grad():
        layer.weight[:] = torch.tensor(scene.w)
        layer.bias[:] = 0
        y = layer(torch.tensor(scene.x[None, None], dtype=torch.float32))
    assert y[0, 0].tolist() == scene.y.tolist()


@every_layer
def test_the_keras_lines_are_true(numbers):
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    scene = Scene.of(*numbers)
    axis, line, same = scene.axis, keras_line(scene.axis, numbers[4]), keras_same(scene.axis)
    x = scene.x[None, ..., None].astype(np.float32)

    def run(layer) -> np.ndarray:
        layer.build(x.shape)
        layer.set_weights([scene.w[..., None, None], np.zeros(1)])
        # Compiled, because only then can TensorFlow use dilation on every processor.
        return np.asarray(tf.function(layer, jit_compile=True)(x))[0, ..., 0]

    def build_same() -> np.ndarray:
        return run(
            keras.layers.Conv2DTranspose(
                1, axis.kernel, axis.stride, padding="same", dilation_rate=axis.dilation
            )
        )

    if axis.stride > 1 and axis.dilation > 1:
        assert "no such layer" in line
        assert "does not combine" in same
        with pytest.raises(ValueError, match="strides"):
            build_same()
        return
    if "no such layer" in line:
        with pytest.raises(ValueError, match="output_padding"):
            keras.layers.Conv2DTranspose(1, 3, axis.stride, output_padding=numbers[4])
    else:
        assert run(eval(line, {"keras": keras})).tolist() == scene.y.tolist()
    theirs = build_same()
    assert same == expected_sentence(theirs, scene.y)


def expected_sentence(theirs: np.ndarray, ours: np.ndarray) -> str:
    """What `keras_same` has to say, found by comparing the two outputs."""
    name = 'Keras padding="same" would'
    if theirs.shape != ours.shape:
        return f"{name} differ: its output is {len(theirs)}×{len(theirs)}."
    if (theirs == ours).all():
        return f"{name} be the same layer."
    for shift in range(1, len(ours)):
        pixels = "1 pixel" if shift == 1 else f"{shift} pixels"
        for far, near, where in ((theirs, ours, "down and right"), (ours, theirs, "up and left")):
            if (far[shift:, shift:] == near[:-shift, :-shift]).all():
                return f"{name} differ: same size, but the picture sits {pixels} further {where}."
    return "neither"


@pytest.mark.parametrize("numbers", DIRECT_LAYERS, ids=str)
def test_the_lines_of_a_direct_layer_are_true(numbers):
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    scene = scene_of("direct", *numbers)
    said, axis = recipe(scene), scene.axis
    assert said.size.endswith(f" = {len(scene.y)}")
    layer = eval(said.pytorch, {"torch": torch})
    y = torch.nn.functional.conv2d(
        torch.tensor(scene.x[None, None], dtype=torch.float64),
        torch.tensor(scene.w[None, None], dtype=torch.float64),
        None,
        *(layer.stride, layer.padding, layer.dilation),
    )
    assert y[0, 0].tolist() == scene.y.tolist()
    if axis.stride > 1 and axis.dilation > 1:
        assert "does not combine strides with dilation" in said.keras
        return

    def run(layer) -> np.ndarray:
        x = scene.x[None, ..., None].astype(np.float32)
        layer.build(x.shape)
        layer.set_weights([scene.w[..., None, None], np.zeros(1)])
        return np.asarray(layer(x))[0, ..., 0]

    assert run(eval(said.keras, {"keras": keras})).tolist() == scene.y.tolist()
    same = keras.layers.Conv2D(1, axis.kernel, axis.stride, "same", dilation_rate=axis.dilation)
    theirs = run(same)
    assert ("would be the same layer" in said.same) == np.array_equal(theirs, scene.y)
    assert ("its output is" in said.same) == (theirs.shape != scene.y.shape)


def test_summary_of_the_baseline_layer():
    printed = summary(Scene.of(4, 3, 2, 1, 1, 1).axis, 1)
    assert "(4 − 1)·2 − 2·1 + 1·(3 − 1) + 1 + 1 = 8" in printed
    assert "makes 4 pixels of 7 or of 8" in printed
    assert "0 for 7, 1 for 8" in printed
    assert "It adds a row at the bottom and a column at the right" in printed
    assert "  2 4 2 4 2 4 2 2\n" in printed
    assert "the counts along an axis repeat 1 2: equal weights draw a checkerboard" in printed
    assert re.search(r"subpixel +144 ", printed)
    assert re.search(r"padded +576 +4\.8 × ", printed)
    even = summary(Scene.of(4, 4, 2, 1, 0, 1).axis, 0)
    assert "away from the border, the counts along an axis are all 2" in even
    assert "checkerboard" not in even


@pytest.mark.parametrize("output_padding", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2, 3])
@pytest.mark.parametrize(("stride", "dilation"), [(4, 1), (1, 4)])  # stamps without gaps
def test_what_output_padding_adds_is_what_is_said(padding, output_padding, stride, dilation):
    scene = Scene.of(5, 4, stride, padding, output_padding, dilation)
    added = [bool(row.any()) for row in scene.y[len(scene.y) - output_padding :]]
    count = "a row" if output_padding == 1 else f"{output_padding} rows"
    (said,) = what_output_padding_adds(scene.axis, output_padding)
    assert said.startswith(f"It adds {count} at the bottom")
    assert any(added) == ("would cut off" in said)
    assert all(added) != ("zeros" in said)
    assert sorted(added, reverse=True) == added  # zeros come last
    assert what_output_padding_adds(Scene.of(5, 4, stride, padding, 0, dilation).axis, 0) == []


@pytest.mark.parametrize("view", ["scatter", "gradient"])
def test_the_cells_that_output_padding_adds_are_marked(view):
    wide = picture(view, 3, 3, 3, 1, 2)
    marks = np.asarray(wide.columns[1][0].marks)
    expected = np.full((10, 10), "")
    expected[1:10, 1:10] = "+"  # padding 1 is cut off at the near end
    expected[1:8, 1:8] = ""
    np.testing.assert_array_equal(marks, expected)
    assert wide.caption.endswith("+: added by output padding.")
    assert "added" not in picture(view, 3, 3, 3, 1, 0).caption


def command(*flags: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "deconv.arithmetic", *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_and_draws(tmp_path):
    target = tmp_path / "new" / "folder" / "stamp.gif"
    done = command("--input", "2", "--output-padding", "1", "--output", str(target))
    assert (done.returncode, done.stderr) == (0, "")
    assert "2×2 → 4×4" in done.stdout
    assert GifImageFile(target).n_frames == 4
    assert Image.open(target.with_suffix(".png")).format == "PNG"


def test_a_screen_without_arrows_shows_question_marks(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = command("--input", "2", "--output", str(tmp_path / "stamp.gif"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "2?2 ? 3?3" in done.stdout


def test_the_command_fails_in_one_line():
    done = command("--stride", "1", "--output-padding", "1")
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"error: output_padding must be .* but is 1: of the .*\n", done.stderr)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"input": 17}, "--input must be at most 16, but is 17"),
        ({"input": 16, "stride": 9}, "output would have 136 × 136 pixels"),
        ({"stride": 100_000}, "output would have 300001 × 300001 pixels"),
        ({"kernel": 1200, "padding": 600}, "kernel would reach over 1200 × 1200 pixels"),
        ({"output": ROOT / "a.png"}, "--output must end in .gif"),
        ({"input": 2, "kernel": 1, "stride": 4}, "padding 1 cuts off every stamp"),
    ],
)
def test_what_cannot_be_drawn(flags, message):
    with pytest.raises(ConfigError, match=message):
        ArithmeticConfig(**flags).scene()
