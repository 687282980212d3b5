"""Overlaps, checkerboards and the number of products."""

import numpy as np
import pytest

from deconv.arithmetic import (
    METHODS,
    conv2d,
    conv_macs,
    conv_transpose2d,
    macs,
    overlap_count,
    phase_gains,
)

LAYERS = [
    {"size": 4, "kernel": 3},
    {"size": 7, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1},
    {"size": (3, 5), "kernel": (2, 4), "stride": (3, 2), "output_padding": (2, 0)},
    {"size": 4, "kernel": 3, "stride": 2, "padding": 2, "dilation": 2},
    {"size": 3, "kernel": (3, 2), "stride": (4, 3), "padding": (2, 1), "dilation": (2, 1)},
]


def options(layer: dict) -> dict:
    return {name: value for name, value in layer.items() if name not in ("size", "kernel")}


@pytest.mark.parametrize("layer", LAYERS)
def test_overlap_counts_the_stamps(layer):
    ones = (
        np.ones((1, 1, *np.broadcast_to(layer[name], 2)), dtype=int) for name in ("size", "kernel")
    )
    stamped = conv_transpose2d(*ones, **options(layer), method="scatter")[0, 0]
    counted = overlap_count(**layer)
    assert counted.dtype.kind == "i"
    assert counted.tolist() == stamped.tolist()


def test_overlap_of_the_baseline_layer():
    assert overlap_count(3, 3, stride=2, padding=1, output_padding=1).tolist() == [
        [1, 2, 1, 2, 1, 1],
        [2, 4, 2, 4, 2, 2],
        [1, 2, 1, 2, 1, 1],
        [2, 4, 2, 4, 2, 2],
        [1, 2, 1, 2, 1, 1],
        [1, 2, 1, 2, 1, 1],
    ]


@pytest.mark.parametrize("kernel", range(1, 7))
@pytest.mark.parametrize("stride", range(1, 5))
def test_overlap_is_even_inside_exactly_if_the_stride_divides_the_kernel(kernel, stride):
    inside = overlap_count(12, kernel, stride=stride)[6:, 6:][: 2 * stride, : 2 * stride]
    assert (np.ptp(inside) == 0) == (kernel % stride == 0)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"),
    [(3, 2, 1, 1), (4, 2, 1, 1), ((5, 3), (3, 2), (2, 0), 1), (3, 4, 1, 2), ((2, 3), 3, 1, (3, 1))],
)
def test_phase_gains_are_what_a_flat_input_becomes(kernel, stride, padding, dilation):
    rng = np.random.default_rng(0)
    w = rng.standard_normal((2, 3, *np.broadcast_to(kernel, 2)))
    where = {"stride": stride, "padding": padding, "dilation": dilation}
    gains = phase_gains(w, **where)
    sh, sw = np.broadcast_to(stride, 2)
    assert gains.shape == (2, 3, sh, sw)
    for channel in range(2):
        flat = np.zeros((1, 2, 16, 16))
        flat[:, channel] = 1
        y = conv_transpose2d(flat, w, **where)[0]
        inside = y[:, 6 * sh : 9 * sh, 6 * sw : 9 * sw]
        np.testing.assert_allclose(inside, np.tile(gains[channel], (1, 3, 3)), atol=1e-12)


def test_gains_of_a_flat_kernel_are_the_overlaps():
    gains = phase_gains(np.ones((1, 1, 3, 3)), stride=2, padding=1)
    assert gains[0, 0].tolist() == [[1, 2], [2, 4]]


def test_gains_need_a_whole_kernel():
    with pytest.raises(ValueError, match=r"4 axes .* shape \(3, 3\)"):
        phase_gains(np.ones((3, 3)))


class Counting:
    """A number that counts its products."""

    products = 0

    def __mul__(self, other):
        Counting.products += 1
        return self

    def __add__(self, other):
        return self

    __rmul__, __radd__ = __mul__, __add__


def counting(*shape) -> np.ndarray:
    return np.array([Counting() for _ in range(np.prod(shape))]).reshape(shape)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("method", METHODS)
def test_macs_are_the_products_that_the_code_computes(method, groups, layer):
    x = counting(1, 2, *np.broadcast_to(layer["size"], 2))
    w = counting(2, 4 // groups, *np.broadcast_to(layer["kernel"], 2))
    Counting.products = 0
    conv_transpose2d(x, w, **options(layer), groups=groups, method=method)
    expected = macs(**layer, in_channels=2, out_channels=4, groups=groups)
    assert Counting.products == expected[method]


@pytest.mark.parametrize("layer", LAYERS)
def test_macs_of_the_matrix_are_the_products_that_enter_the_output(layer):
    counted = macs(**layer, in_channels=2, out_channels=6, groups=2)
    assert counted["matrix"] == overlap_count(**layer).sum() * 2 * 6 / 2
    size = np.prod(np.broadcast_to(layer["size"], 2))
    assert counted["dense matrix"] == 2 * size * 6 * overlap_count(**layer).size


def test_macs_of_the_direct_convolution():
    Counting.products = 0
    conv2d(counting(1, 4, 5, 6), counting(6, 2, 3, 2), stride=(2, 1), padding=1, groups=2)
    shape = {"in_channels": 4, "out_channels": 6, "groups": 2}
    assert conv_macs((5, 6), (3, 2), stride=(2, 1), padding=1, **shape) == Counting.products


def test_macs_of_the_baseline():
    """Worked by hand: 14·14·32·9, 7·7·64·32·9, and the mirror image of both."""
    down = {"kernel": 3, "stride": 2, "padding": 1}
    assert conv_macs(28, **down, out_channels=32) == 56_448
    assert conv_macs(14, **down, in_channels=32, out_channels=64) == 903_168
    up = {**down, "output_padding": 1}
    deconv1 = macs(7, **up, in_channels=64, out_channels=32)
    deconv2 = macs(14, **up, in_channels=32)
    assert (deconv1["subpixel"], deconv2["subpixel"]) == (903_168, 56_448)
    assert (deconv1["padded"], deconv2["padded"]) == (4 * 903_168, 4 * 56_448)
