"""Any picture of any layer: the numbers given, the steps, and the code."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from deconv.arithmetic import (
    conv2d,
    conv2d_backward,
    conv_transpose2d,
    conv_transpose2d_backward,
)
from deconv.arithmetic.drawing.animation import animation, still
from deconv.arithmetic.drawing.frames import PICTURES, frame, picture, scene_of
from deconv.arithmetic.drawing.raster import draw, png
from deconv.arithmetic.drawing.recipe import recipe
from deconv.errors import ConfigError

X = np.array([[0, -1, 2], [3, 0, -5], [0.5, 7, 0]])
W = np.array([[0, 2, -3], [0, 0, 0.25], [-1, 4, 0]])
SUMS = ["matrix", "padded", "subpixel", "direct"]


@pytest.mark.parametrize("view", PICTURES)
def test_animations_and_stills_show_these_pictures(view):
    layer = (2, 2, 2, 0, 0, 1)
    film = GifImageFile(io.BytesIO(animation(scene_of(view, *layer), view)))
    for step in range(film.n_frames):
        film.seek(step)
        page = Image.open(io.BytesIO(png(draw(picture(view, *layer, step)))))
        assert (np.asarray(film.convert("RGB")) == np.asarray(page.convert("RGB"))).all()
    assert still(scene_of(view, *layer), view) == png(draw(picture(view, *layer)))


@pytest.mark.parametrize("view", SUMS)
@pytest.mark.parametrize("layer", [(3, 3, 2, 1, 1, 1), (3, 3, 1, 0, 0, 1), (3, 3, 1, 2, 0, 2)])
def test_sums_with_zeros_and_negative_numbers_are_written_out(view, layer):
    x = X if view != "direct" else np.pad(X, 1)  # a kernel with dilation needs room
    scene = scene_of(view, len(x), *layer[1:], x=x, w=W)
    for step in range(PICTURES[view].steps(scene)):
        page = frame(scene, view, step)
        match = re.match(r"y\[(\d+), (\d+)\] = (.*?) = (\S+)\.(?: |$)", page.caption)
        assert match, page.caption
        value = scene.y[int(match[1]), int(match[2])]
        written = match[3].replace("−", "-").replace("·", "*")
        assert eval(written) == pytest.approx(value)
        assert float(match[4].replace("−", "-")) == pytest.approx(value)


def test_a_sum_of_zeros_is_not_called_a_pixel_without_stamps():
    page = picture("matrix", 2, 2, 2, 0, step=0, x=np.ones((2, 2)), w=np.zeros((2, 2)))
    assert page.caption == "y[0, 0] = 0·1 = 0."
    page = picture("matrix", 2, 1, 2, 0, 1, step=1)
    assert page.caption == "y[0, 1] = 0, as no input pixel meets a tap here."


def test_the_direct_convolution_computes_conv2d():
    scene = scene_of("direct", 5, 3, 2, 1, x=np.arange(25).reshape(5, 5))
    expected = conv2d(scene.x[None, None], scene.w[None, None], stride=2, padding=1)
    assert scene.y.tolist() == expected[0, 0].tolist()
    assert scene.title == "5×5 → 3×3:  kernel 3, stride 2, padding 1"
    page = picture("direct", 5, 3, 2, 1, step=8)
    assert page.caption.endswith("5 of 9 products are with an added zero.")
    kernel, output = page.columns[1]
    assert kernel.active is not None
    assert kernel.active.sum() == 4
    assert not np.isnan(output.values).any()


def test_the_gradient_of_each_layer_is_the_other_layer():
    g = np.arange(64).reshape(8, 8) % 10
    scene = scene_of("collect", 8, 3, 2, 1, x=g, w=W)
    x, back = np.ones((1, 1, 4, 4)), {"stride": 2, "padding": 1}
    collected = conv_transpose2d_backward(x, W[None, None], g[None, None], **back, output_padding=1)
    assert scene.y.tolist() == collected.x[0, 0].tolist()
    page = frame(scene, "collect", 5)
    assert "Pixel (1, 1) of the small map had stamped the outlined pixels." in page.caption
    assert page.caption.endswith(frame(scene, "direct", 5).caption)
    [[large], [_, small]] = page.columns
    assert large.title == "gradient of the large map, 8×8, framed with zeros"
    assert small.title == "gradient of the small map, 4×4"
    sent = scene_of("gradient", 4, 3, 2, 1, 1, x=g[:4, :4], w=W)
    spread = conv2d_backward(np.ones((1, 1, 8, 8)), W[None, None], g[None, None, :4, :4], **back)
    assert sent.y.tolist() == spread.x[0, 0].tolist()


def test_up_and_down_again_does_not_bring_the_values_back():
    scene = scene_of("both", 3, 3, 2, 1, 1)
    down = conv2d(scene.y[None, None], scene.w[None, None], stride=2, padding=1)[0, 0]
    for step, value in enumerate(down.ravel()):
        page = frame(scene, "both", step)
        assert f"add up to {value}. The size comes back" in page.caption
        again = page.columns[2][0].values
        assert again.ravel()[: step + 1].tolist() == down.ravel()[: step + 1].tolist()
        assert np.isnan(again).sum() == down.size - step - 1


def test_the_two_maps_of_a_checkerboard_say_what_they_mean():
    assert "from 1 to 4: equal weights draw a checkerboard" in picture("overlap", 4, 3).caption
    assert "every pixel gets 4 stamps" in picture("overlap", 4, 4).caption
    assert "every pixel gets 1 stamp," in picture("overlap", 4, 2, 2, 0).caption
    wide = picture("overlap", 4, 3, 1, 1, dilation=2)  # where no pixel gets all 9
    assert wide.caption.startswith("This map is nothing but border. In a larger one")
    assert "They stay 0" in picture("overlap", 4, 1, 2, 0).caption
    tent = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])
    assert "All are 1: what is flat stays flat" in picture("gains", 4, 3, w=tent).caption
    assert "becomes a checkerboard" in picture("gains", 4, 3).caption


def test_numbers_come_in_order_or_by_seed():
    assert scene_of("scatter").x.tolist()[0] == [1, 2, 3, 4]
    one, same, other = (scene_of("scatter", seed=seed) for seed in (3, 3, 4))
    assert one.x.tolist() == same.x.tolist() != other.x.tolist()
    assert one.w.tolist() == same.w.tolist() != other.w.tolist()
    assert 1 <= one.x.min() <= one.x.max() <= 9
    assert scene_of("scatter", seed=3, w=W).w.tolist() == W.tolist()


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"view": "stamps"}, "view must be one of scatter, matrix, .*, but is 'stamps'"),
        ({"view": ["scatter"]}, "view must be one of"),
        ({"size": 100_000}, "size must be at most 12, but is 100000"),
        ({"size": "4"}, "size must be a whole number of at least 1, but is '4'"),
        ({"kernel": 0}, "kernel must be a whole number of at least 1, but is 0"),
        ({"output_padding": 2}, "output_padding must be below the larger of stride 2"),
        ({"padding": 6}, "the output would have -3 pixels"),
        ({"step": 16}, "step must be below 16, the number of steps, but is 16"),
        ({"step": -1}, "step must be a whole number of at least 0"),
        ({"seed": -1}, "seed must be a whole number of at least 0"),
        ({"x": [[1, 2], [3, 4]]}, "the input must be 4 × 4 numbers from −99 to 99, but is .*1, 2"),
        ({"x": [[1], [2, 3]]}, "the input must be 4 × 4 numbers"),
        ({"w": np.full((3, 3), np.nan)}, "the kernel must be 3 × 3 numbers"),
        ({"w": [[1, 1, 1], [1, 100, 1], [1, 1, 1]]}, "the kernel must be 3 × 3 numbers"),
        ({"w": "abc"}, "the kernel must be 3 × 3 numbers from −99 to 99, but is 'abc'"),
        ({"view": "direct", "size": 2, "padding": 0}, "a kernel of 3 .* reaches over 3 pixels"),
    ],
)
def test_what_cannot_be_drawn(numbers, message):
    with pytest.raises(ConfigError, match=message):
        picture(**{"view": "scatter", **numbers})


def test_the_formula_of_a_transposed_layer_has_its_numbers():
    said = recipe(scene_of("gradient", output_padding=1))
    assert said.size.endswith(" = (4 − 1)·2 − 2·1 + 1·(3 − 1) + 1 + 1 = 8")
    assert "output_padding=1" in said.pytorch
    y = conv_transpose2d(np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)), stride=2, padding=1)
    assert recipe(scene_of("scatter")).size.endswith(f" = {y.shape[2]}")
