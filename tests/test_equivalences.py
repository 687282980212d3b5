"""Layers with other names against the transposed convolutions that they are."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_arithmetic_dependencies import imported_by

from deconv.arithmetic import conv2d, conv_transpose2d, phase_gains
from deconv.arithmetic.equivalences import (
    as_transposed6,
    bilinear_as_transposed,
    blurred_as_transposed,
    distance_from_nearest,
    fractional_as_transposed,
    nearest_as_transposed,
    subpixel_as_transposed,
    transposed_as_nearest,
    transposed_as_subpixel,
)
from deconv.errors import ConfigError

many = settings(max_examples=50, derandomize=True, database=None)
layers = given(
    images=st.integers(1, 2),
    inputs=st.integers(1, 3),
    outputs=st.integers(1, 3),
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    seed=st.integers(0, 2**32 - 1),
)
UP6: dict[str, Any] = {"stride": 2, "padding": 2}
UP4: dict[str, Any] = {"stride": 2, "padding": 1}
UP3: dict[str, Any] = {"stride": 2, "padding": 1, "output_padding": 1}


def random_layer(images, inputs, outputs, size, seed, kernel=3, transposed=False):
    """Images and a kernel of standard normal numbers."""
    rng = np.random.default_rng(seed)
    channels = (inputs, outputs) if transposed else (outputs, inputs)
    x = rng.standard_normal((images, inputs, *size))
    return x, rng.standard_normal((*channels, kernel, kernel))


def assert_same(one, other):
    assert one.shape == other.shape
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def shuffle(z: np.ndarray) -> np.ndarray:
    """PyTorch's pixel shuffle, one output channel and one pixel of the 2×2 block at a time."""
    n, channels, height, width = z.shape
    y = np.zeros((n, channels // 4, 2 * height, 2 * width))
    for o in range(channels // 4):
        for r in range(2):
            for s in range(2):
                y[:, o, r::2, s::2] = z[:, 4 * o + 2 * r + s]
    return y


def nearest(x: np.ndarray) -> np.ndarray:
    return x.repeat(2, axis=2).repeat(2, axis=3)


def bilinear(x: np.ndarray) -> np.ndarray:
    """Half-pixel centres from their definition, one axis after the other."""
    for axis in (2, 3):
        size = x.shape[axis]
        where = ((np.arange(2 * size) + 0.5) / 2 - 0.5).clip(0, size - 1)  # beyond: the edge
        low = np.floor(where).astype(int)
        share = (where - low).reshape((-1, 1) if axis == 2 else (-1,))
        high = np.minimum(low + 1, size - 1)
        x = (1 - share) * x.take(low, axis) + share * x.take(high, axis)
    return x


def with_zeros(x: np.ndarray) -> np.ndarray:
    y = np.zeros((*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3]))
    y[:, :, ::2, ::2] = x
    return y


def box(x: np.ndarray) -> np.ndarray:
    return (x[..., :-1, :-1] + x[..., :-1, 1:] + x[..., 1:, :-1] + x[..., 1:, 1:]) / 4


@many
@layers
def test_convolution_and_pixel_shuffle_are_a_transposed_convolution_with_kernel_6(**layer):
    outputs = layer.pop("outputs")
    x, w = random_layer(outputs=4 * outputs, **layer)
    kernel = subpixel_as_transposed(w)
    assert_same(conv_transpose2d(x, kernel, **UP6), shuffle(conv2d(x, w, padding=1)))
    assert (transposed_as_subpixel(kernel) == w).all()


@many
@layers
def test_every_kernel_of_6_is_a_convolution_and_pixel_shuffle(**layer):
    x, w = random_layer(**layer, kernel=6, transposed=True)
    direct = transposed_as_subpixel(w)
    assert_same(shuffle(conv2d(x, direct, padding=1)), conv_transpose2d(x, w, **UP6))
    assert (subpixel_as_transposed(direct) == w).all()


@many
@layers
def test_nearest_and_convolution_are_a_transposed_convolution_with_kernel_4(**layer):
    x, w = random_layer(**layer)
    kernel = nearest_as_transposed(w)
    assert_same(conv_transpose2d(x, kernel, **UP4), conv2d(nearest(x), w, padding=1))
    assert_same(transposed_as_nearest(kernel), w)


@many
@layers
def test_zeros_and_convolution_are_the_transposed_convolution(**layer):
    x, w = random_layer(**layer)
    kernel = fractional_as_transposed(w)
    assert_same(conv_transpose2d(x, kernel, **UP3), conv2d(with_zeros(x), w, padding=1))
    assert (fractional_as_transposed(kernel) == w).all()


@pytest.mark.parametrize(("size", "padding"), [(2, 0), (2, 1), (4, 1), (5, 2), (6, 4)])
def test_zeros_and_convolution_with_other_kernels_and_paddings(size, padding):
    """`output_padding` 1 because the stretched map ends in a zero."""
    x, w = random_layer(2, 3, 2, (5, 4), seed=0, kernel=size)
    expected = conv2d(with_zeros(x), w, padding=padding)
    options = {"stride": 2, "padding": size - 1 - padding, "output_padding": 1}
    assert_same(conv_transpose2d(x, fractional_as_transposed(w), **options), expected)


@many
@layers
def test_a_box_after_the_transposed_convolution_makes_its_kernel_4(**layer):
    x, w = random_layer(**layer, transposed=True)
    kernel = blurred_as_transposed(w)
    result = conv_transpose2d(x, kernel, **UP4)
    assert_same(result, box(conv_transpose2d(x, w, stride=2)))
    framed = np.pad(conv_transpose2d(x, w, **UP3), ((0, 0), (0, 0), (1, 0), (1, 0)))
    assert_same(result[:, :, 1:, 1:], box(framed)[:, :, 1:, 1:])
    assert not np.allclose(result[:, :, 0], box(framed)[:, :, 0])


@many
@layers
def test_the_box_and_nearest_are_the_same_layers(**layer):
    _, w = random_layer(**layer, transposed=True)
    direct = fractional_as_transposed(w) / 4  # flipped, channels swapped
    assert_same(blurred_as_transposed(w), nearest_as_transposed(direct))


@many
@layers
def test_bilinear_and_convolution_are_a_transposed_convolution_away_from_the_rim(**layer):
    x, w = random_layer(**layer)
    result = conv_transpose2d(x, bilinear_as_transposed(w), **UP6)
    expected = conv2d(bilinear(x), w, padding=1)
    assert result.shape == expected.shape
    inner = np.s_[:, :, 2:-2, 2:-2]
    assert_same(result[inner], expected[inner])


def test_the_rim_of_bilinear_is_two_pixels_wide_on_each_side():
    x, w = np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3))
    difference = conv_transpose2d(x, bilinear_as_transposed(w), **UP6) - conv2d(
        bilinear(x), w, padding=1
    )
    rows = np.abs(difference[0, 0, :, 4])
    # u[−1] is ¼ instead of 0 and u[0] is ¾ instead of 1: with equal weights, that cancels in y[0].
    assert rows == pytest.approx(3 * np.array([0, 0.25, 0, 0, 0, 0, 0.25, 0]))
    w[0, 0, 0] = 0  # now y[0] does not read u[−1], and y[1] does not read u[0]
    difference = conv_transpose2d(x, bilinear_as_transposed(w), **UP6) - conv2d(
        bilinear(x), w, padding=1
    )
    assert np.abs(difference[0, 0, :4, 4]) == pytest.approx(3 * np.array([0.25, 0, 0, 0]))


OPTIONS: dict[int, dict[str, Any]] = {2: {"stride": 2}, 3: UP3, 4: UP4, 6: UP6}


@pytest.mark.parametrize("size", OPTIONS)
def test_every_kernel_that_doubles_a_map_is_a_kernel_of_6(size):
    x, w = random_layer(2, 3, 2, (4, 5), seed=1, kernel=size, transposed=True)
    assert_same(
        conv_transpose2d(x, as_transposed6(w), **UP6), conv_transpose2d(x, w, **OPTIONS[size])
    )


def test_the_kernel_of_nearest_by_hand():
    """`(w2, w1 + w2, w0 + w1, w0)` along the rows, times the same along the columns."""
    w = np.multiply.outer([1.0, 2.0, 4.0], [1.0, 0.0, 0.0])[None, None]
    kernel = nearest_as_transposed(w)[0, 0]
    assert kernel.T.tolist() == [[0] * 4, [0] * 4, [4, 6, 3, 1], [4, 6, 3, 1]]


@many
@layers
def test_nearest_means_that_the_alternating_sums_are_zero_and_so_all_gains_equal(**layer):
    _, w = random_layer(**layer)
    kernel = nearest_as_transposed(w)
    signs = np.array([1, -1, 1, -1])
    assert_same(kernel @ signs, np.zeros(kernel.shape[:3]))
    assert_same(signs @ kernel, np.zeros(kernel.shape[:3]))
    gains = phase_gains(kernel, **UP4)
    assert_same(gains, np.broadcast_to(gains[..., :1, :1], gains.shape))


def test_9_of_the_16_dimensions_are_nearest():
    """Both ways: what the conversion reaches, and what the alternating sums leave free."""
    units = np.eye(9).reshape(9, 1, 3, 3)
    assert np.linalg.matrix_rank(nearest_as_transposed(units).reshape(9, 16)) == 9
    signs = np.array([1.0, -1, 1, -1])
    constraints = np.concatenate([np.kron(np.eye(4), signs), np.kron(signs, np.eye(4))])
    assert 16 - np.linalg.matrix_rank(constraints) == 9


@many
@layers
def test_the_closest_nearest_layer_is_an_orthogonal_projection(**layer):
    _, w = random_layer(**layer, kernel=4, transposed=True)
    projected = nearest_as_transposed(transposed_as_nearest(w))
    assert_same(nearest_as_transposed(transposed_as_nearest(projected)), projected)
    assert (projected * (w - projected)).sum() == pytest.approx(0, abs=1e-9)
    expected = np.linalg.norm(w - projected) / np.linalg.norm(w)
    assert distance_from_nearest(w) == pytest.approx(expected)
    assert distance_from_nearest(projected) == pytest.approx(0, abs=1e-12)
    assert distance_from_nearest(w - projected) == pytest.approx(1)


def test_random_kernels_lose_7_dimensions_of_16():
    w = np.random.default_rng(0).standard_normal((100, 100, 4, 4))
    assert distance_from_nearest(w) == pytest.approx((7 / 16) ** 0.5, abs=0.005)
    assert distance_from_nearest(0 * w) == 0


ALL = [
    (subpixel_as_transposed, (8, 3, 3, 3)),
    (transposed_as_subpixel, (3, 2, 6, 6)),
    (nearest_as_transposed, (2, 3, 3, 3)),
    (transposed_as_nearest, (3, 2, 4, 4)),
    (fractional_as_transposed, (2, 3, 3, 3)),
    (bilinear_as_transposed, (2, 3, 3, 3)),
    (blurred_as_transposed, (3, 2, 3, 3)),
    (as_transposed6, (3, 2, 4, 4)),
]


@pytest.mark.parametrize(("convert", "shape"), ALL)
def test_float32_stays_float32_and_other_shapes_are_refused(convert, shape):
    assert convert(np.ones(shape, np.float32)).dtype == np.float32
    for wrong in [(*shape[:2], 5, 4), (*shape[:2], 7, 6), shape[1:]]:
        with pytest.raises(ConfigError, match="kernel must"):
            convert(np.ones(wrong))


@pytest.mark.parametrize(
    ("convert", "shape"),
    [
        (subpixel_as_transposed, (6, 3, 3, 3)),
        (nearest_as_transposed, (2, 3, 5, 5)),
        (as_transposed6, (2, 3, 5, 5)),
        (distance_from_nearest, (2, 3, 3, 3)),
    ],
)
def test_a_kernel_of_another_size_is_refused_with_its_shape(convert, shape):
    with pytest.raises(ConfigError) as refusal:
        convert(np.ones(shape))
    assert str(shape) in str(refusal.value)


def test_it_needs_numpy_alone():
    assert imported_by("import deconv.arithmetic.equivalences") == {"deconv"}
