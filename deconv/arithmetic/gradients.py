"""Both convolutions backwards, by hand.

Each layer is a sum of products, so each of its gradients is a sum of products
over the same triples `(i, k, h)` with `h = i·stride + k·dilation − padding`.
The triples never change; only the roles do. With `g` the gradient of the loss
with respect to the layer's output (bias `b`, one channel, one axis):

    layer           output                       input gradient         kernel gradient
    conv2d          y[i] = b + Σ w[k]·x[h]       Σ w[k]·g[i] for h      Σ x[h]·g[i] for k
    transposed      y[h] = b + Σ w[k]·x[i]       Σ w[k]·g[h] for i      Σ x[i]·g[h] for k

"for h" means: add up, for each `h`, the triples that contain it. Read off the
table: the input gradient of a convolution *is* a transposed convolution with
the same kernel, and the other way round. The two kernel gradients are one
formula, with the layer's input and `g` in exchanged places. The bias reaches
every output pixel of its channel, so its gradient is the sum of `g`.
"""

from typing import NamedTuple

import numpy as np

from deconv.arithmetic.direct import by_group, correlate, to_pixels, windows
from deconv.arithmetic.geometry import (
    Geometry,
    IntOrPair,
    check_axes,
    check_channels,
    conv_geometry,
    transposed_geometry,
)
from deconv.arithmetic.transposed import subpixel
from deconv.errors import ConfigError


class Gradients(NamedTuple):
    """Gradients of the loss with respect to a layer's input, kernel and bias, in their shapes."""

    x: np.ndarray
    w: np.ndarray
    b: np.ndarray


def conv2d_backward(
    x: np.ndarray,
    w: np.ndarray,
    grad: np.ndarray,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Gradients:
    """Gradients of `conv2d(x, w) + b`, given `grad (N, out, h, w)` with respect to its output.

    For the input gradient, note that `x[h]` enters `y[i]` with weight `w[k]`:

        ∂L/∂x[h] = Σ_i ∂L/∂y[i] · ∂y[i]/∂x[h] = Σ w[k]·grad[i] over the (i, k) that (1) sends to h

    which is the transposed convolution of `grad`. Its size is that of `x`, so
    pixels of `x` that the stride left unread get the gradient 0, which is what
    `output_padding` is for. Raises `ConfigError` (a `ValueError`) as `conv2d`.
    """
    check_channels(x, w, groups, transposed=False)
    geometry = conv_geometry(x.shape[2:], w.shape[2:], stride, padding, dilation)
    _check_shape(grad, (len(x), len(w), geometry.rows.small, geometry.cols.small))
    return Gradients(
        x=by_group(subpixel, grad, w, geometry, groups),
        w=kernel_gradient(small=grad, large=x, geometry=geometry, groups=groups),
        b=grad.sum(axis=(0, 2, 3)),
    )


def conv_transpose2d_backward(
    x: np.ndarray,
    w: np.ndarray,
    grad: np.ndarray,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Gradients:
    """Gradients of `conv_transpose2d(x, w) + b`, given `grad (N, out, H, W)` likewise.

    Now `x[i]` enters `y[h]` with weight `w[k]`:

        ∂L/∂x[i] = Σ_h ∂L/∂y[h] · ∂y[h]/∂x[i] = Σ_k w[k]·grad[h]  with h from (1)

    which is the direct convolution of `grad`, without a flip. Transposing twice
    leads back. Raises `ConfigError` (a `ValueError`) as `conv_transpose2d`.
    """
    check_channels(x, w, groups, transposed=True)
    geometry = transposed_geometry(
        x.shape[2:], w.shape[2:], stride, padding, output_padding, dilation
    )
    _check_shape(grad, (len(x), w.shape[1] * groups, geometry.rows.large, geometry.cols.large))
    return Gradients(
        x=by_group(correlate, grad, w, geometry, groups),
        w=kernel_gradient(small=x, large=grad, geometry=geometry, groups=groups),
        b=grad.sum(axis=(0, 2, 3)),
    )


def kernel_gradient(
    small: np.ndarray, large: np.ndarray, geometry: Geometry, groups: int
) -> np.ndarray:
    """Σ over images and triples of `small[i]·large[h]`, for each tap and pair of channels.

    `windows` lists, for every `i`, the `large[h]` of all taps, so the sum over
    `i` is one matrix product. Returns the kernel's shape, `(channels of small,
    channels of large / groups, kh, kw)`: the layout of both layers.
    """
    kh, kw = geometry.rows.kernel, geometry.cols.kernel
    shares = zip(np.split(small, groups, axis=1), np.split(large, groups, axis=1), strict=True)
    parts = [
        (to_pixels(one).T @ windows(other, geometry)).reshape(one.shape[1], kh, kw, other.shape[1])
        for one, other in shares
    ]
    return np.concatenate(parts).transpose(0, 3, 1, 2)


def _check_shape(grad: np.ndarray, expected: tuple[int, ...]) -> None:
    check_axes("gradient", grad, "(N, out, H, W)")
    if grad.shape != expected:
        raise ConfigError(
            f"the gradient must have the shape of the layer's output, {expected}, "
            f"but has {grad.shape}"
        )
