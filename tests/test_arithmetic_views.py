"""Random layers: the five views, the gradients and both frameworks compute the same numbers.

By default each test tries 100 random layers, always the same ones. The full
proof is `DECONV_EXAMPLES=2000 pytest tests/test_arithmetic_views.py`.
"""

import os
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deconv.arithmetic import (
    METHODS,
    conv2d,
    conv2d_backward,
    conv_input_sizes,
    conv_output_size,
    conv_transpose2d,
    conv_transpose2d_backward,
    output_size,
)

many = settings(
    max_examples=int(os.environ.get("DECONV_EXAMPLES", "100")),
    derandomize=True,
    database=None,
)


@dataclass(frozen=True)
class Layer:
    """A random transposed layer; its numbers follow from the seed."""

    images: int
    in_channels: int  # for each group
    out_channels: int  # for each group
    size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    output_padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int
    seed: int

    @property
    def options(self) -> dict:
        return {
            "stride": self.stride,
            "padding": self.padding,
            "output_padding": self.output_padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Input, kernel, and a made-up gradient with respect to the output."""
        rng = np.random.default_rng(self.seed)
        x_shape = (self.images, self.in_channels * self.groups, *self.size)
        w_shape = (self.in_channels * self.groups, self.out_channels, *self.kernel)
        large = [
            output_size(*one)
            for one in zip(
                self.size,
                self.kernel,
                self.stride,
                self.padding,
                self.output_padding,
                self.dilation,
                strict=True,
            )
        ]
        y_shape = (self.images, self.out_channels * self.groups, *large)
        x, w, y = (rng.standard_normal(shape) for shape in (x_shape, w_shape, y_shape))
        return x, w, y


@st.composite
def layers(draw, most_dilation: int = 3, most_groups: int = 3) -> Layer:
    def axis() -> tuple[int, ...]:
        size, kernel = draw(st.integers(1, 6)), draw(st.integers(1, 5))
        stride, dilation = draw(st.integers(1, 4)), draw(st.integers(1, most_dilation))
        extra = draw(st.integers(0, max(stride, dilation) - 1))
        full = (size - 1) * stride + dilation * (kernel - 1) + extra + 1
        return size, kernel, stride, draw(st.integers(0, (full - 1) // 2)), extra, dilation

    size, kernel, stride, padding, extra, dilation = zip(axis(), axis(), strict=True)
    return Layer(
        draw(st.integers(1, 2)),
        draw(st.integers(1, 3)),
        draw(st.integers(1, 3)),
        size,
        kernel,
        stride,
        padding,
        extra,
        dilation,
        draw(st.integers(1, most_groups)),
        draw(st.integers(0, 2**32 - 1)),
    )


def assert_same(ours: np.ndarray, theirs) -> None:
    """Equal shapes and, within 1e-10 of a number of order 1, equal numbers."""
    theirs = np.asarray(theirs)
    assert ours.dtype == theirs.dtype == np.float64
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.fixture(scope="module")
def torch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the layers are tiny: more threads would only wait for each other
    yield torch
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow", reason="TensorFlow is not installed")


@many
@given(layer=layers())
def test_transposed_views_and_gradients_equal_torch(torch, layer):
    x, w, grad = layer.arrays()
    tx, tw = (torch.tensor(one, requires_grad=True) for one in (x, w))
    tb = torch.zeros(grad.shape[1], dtype=torch.float64, requires_grad=True)
    ty = torch.nn.functional.conv_transpose2d(tx, tw, tb, **layer.options)
    for method in METHODS:
        assert_same(conv_transpose2d(x, w, **layer.options | {"method": method}), ty.detach())
    ty.backward(torch.tensor(grad))
    ours = conv_transpose2d_backward(x, w, grad, **layer.options)
    for gradient, theirs in zip(ours, (tx, tw, tb), strict=True):
        assert_same(gradient, theirs.grad)


@many
@given(layer=layers())
def test_direct_convolution_and_gradients_equal_torch(torch, layer):
    """The direct layer that runs from the large map of `layer` back to the small one."""
    _, w, x = layer.arrays()
    options = {key: layer.options[key] for key in ("stride", "padding", "dilation", "groups")}
    tx, tw = (torch.tensor(one, requires_grad=True) for one in (x, w))
    tb = torch.zeros(len(w), dtype=torch.float64, requires_grad=True)
    ty = torch.nn.functional.conv2d(tx, tw, tb, **options)
    assert_same(conv2d(x, w, **options), ty.detach())
    grad = np.random.default_rng(layer.seed).standard_normal(ty.shape)
    ty.backward(torch.tensor(grad))
    for gradient, theirs in zip(conv2d_backward(x, w, grad, **options), (tx, tw, tb), strict=True):
        assert_same(gradient, theirs.grad)


def nhwc(x: np.ndarray) -> np.ndarray:
    return x.transpose(0, 2, 3, 1)


# TensorFlow transposes neither dilated nor grouped convolutions on a CPU, and
# knows `output_padding` only as the output shape that it asks for.
@many
@given(layer=layers(most_dilation=1, most_groups=1))
def test_transposed_views_and_gradients_equal_tensorflow(tf, layer):
    x, w, grad = layer.arrays()
    (top, left), shape = layer.padding, nhwc(grad).shape
    with tf.GradientTape() as tape:
        tx, tw = tf.constant(nhwc(x)), tf.constant(w.transpose(2, 3, 1, 0))
        tape.watch([tx, tw])
        padding = [[0, 0], [top, top], [left, left], [0, 0]]
        ty = tf.nn.conv2d_transpose(tx, tw, shape, layer.stride, padding)
    for method in METHODS:
        assert_same(nhwc(conv_transpose2d(x, w, **layer.options | {"method": method})), ty)
    dx, dw = tape.gradient(ty, [tx, tw], output_gradients=tf.constant(nhwc(grad)))
    ours = conv_transpose2d_backward(x, w, grad, **layer.options)
    assert_same(nhwc(ours.x), dx)
    assert_same(ours.w.transpose(2, 3, 1, 0), dw)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_tensorflow_same_and_valid_in_our_numbers(tf, kernel, stride, method):
    """`SAME` cuts `kernel − stride` pixels, the odd one at the far end; `VALID` cuts none."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 2, 4, 4)), rng.standard_normal((2, 3, kernel, kernel))
    cut, missing = max(kernel - stride, 0), max(stride - kernel, 0)
    full = conv_transpose2d(x, w, stride=stride, method=method)
    near = conv_transpose2d(
        x, w, stride=stride, padding=cut // 2, output_padding=missing, method=method
    )[:, :, : 4 * stride, : 4 * stride]
    for padding, ours in (("VALID", full), ("SAME", near)):
        theirs = tf.nn.conv2d_transpose(
            nhwc(x), w.transpose(2, 3, 1, 0), nhwc(ours).shape, stride, padding
        )
        assert_same(nhwc(ours), theirs)


@many
@given(layer=layers())
def test_adjoint_identity(layer):
    """⟨conv(u), x⟩ = ⟨u, conv_transpose(x)⟩, with output_padding the size that stride forgot."""
    axes = list(zip(layer.kernel, layer.stride, layer.padding, layer.dilation, strict=True))
    _, w, u = layer.arrays()
    small = [conv_output_size(n, *axis) for n, axis in zip(u.shape[2:], axes, strict=True)]
    extra = [
        n - (conv_output_size(n, *axis) - 1) * axis[1] + 2 * axis[2] - axis[3] * (axis[0] - 1) - 1
        for n, axis in zip(u.shape[2:], axes, strict=True)
    ]
    for n, size, axis in zip(u.shape[2:], small, axes, strict=True):
        assert n in conv_input_sizes(size, *axis)
    adjoint = replace(layer, output_padding=tuple(extra))
    x = np.random.default_rng(layer.seed).standard_normal((len(u), len(w), *small))
    options = {key: layer.options[key] for key in ("stride", "padding", "dilation", "groups")}
    forth = np.vdot(conv2d(u, w, **options), x)
    for method in METHODS:
        back = np.vdot(u, conv_transpose2d(x, w, **adjoint.options | {"method": method}))
        assert forth == pytest.approx(back, rel=1e-10, abs=1e-10)


GEOMETRIES = [
    {"stride": 1, "padding": 0, "dilation": 1, "groups": 1},
    {"stride": 2, "padding": 1, "dilation": 1, "groups": 1},
    {"stride": (2, 3), "padding": (1, 0), "dilation": (2, 1), "groups": 2},
    {"stride": 2, "padding": 2, "dilation": 2, "groups": 2},
]


@pytest.mark.parametrize("options", GEOMETRIES)
@pytest.mark.parametrize(
    ("forward", "backward", "extra"),
    [
        (conv2d, conv2d_backward, {}),
        (conv_transpose2d, conv_transpose2d_backward, {}),
        (conv_transpose2d, conv_transpose2d_backward, {"output_padding": 1}),
    ],
)
def test_gradients_equal_finite_differences(forward, backward, extra, options):
    if "output_padding" in extra and options["stride"] == 1:
        options = {**options, "stride": 2}
    options = {**options, **extra}
    rng = np.random.default_rng(0)
    x, b = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((4, 1, 1))
    w = rng.standard_normal((4, 4 // options["groups"], 3, 2))

    def loss(x, w, b) -> float:
        return float(np.sin(forward(x, w, **options) + b).sum())

    grad = np.cos(forward(x, w, **options) + b)
    values, step = [x, w, b], 1e-5
    for place, gradient in enumerate(backward(x, w, grad, **options)):
        numeric = np.empty(values[place].size)
        for n in range(numeric.size):
            nudge = np.zeros(values[place].shape)
            nudge.flat[n] = step
            up, down = (
                [v + sign * nudge if at == place else v for at, v in enumerate(values)]
                for sign in (1, -1)
            )
            numeric[n] = (loss(*up) - loss(*down)) / (2 * step)
        np.testing.assert_allclose(gradient.ravel(), numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_memory_order_does_not_matter(method):
    """Results come back as views with the channels last in memory; they must go in as well."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((3, 2, 3, 3))
    channels_last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    options = {"stride": 2, "padding": 1, "method": method}
    plain, viewed = (conv_transpose2d(one, w, **options) for one in (x, channels_last))
    assert_same(viewed, plain)
    fortran = conv_transpose2d(np.asfortranarray(x), np.asfortranarray(w), **options)
    assert_same(fortran, plain)
