"""The transposed convolution, five times.

Each function below is the same operation, and each is a way that somebody
explains it. They share the question which positions meet, on each axis

    h = i·stride + k·dilation − padding                                   (1)

and differ in how they walk through its solutions. With one channel and one
axis, all of them compute

    y[h] = Σ  w[k] · x[i]      over the pairs (i, k) that (1) sends to h.
"""

from math import gcd
from typing import Literal, NamedTuple

import numpy as np

from deconv.arithmetic.direct import Operation, by_group, correlate, to_pixels
from deconv.arithmetic.geometry import (
    Axis,
    Geometry,
    IntOrPair,
    check_channels,
    transposed_geometry,
)
from deconv.arithmetic.matrix import blocks
from deconv.errors import ConfigError

Method = Literal["scatter", "matrix", "padded", "gradient", "subpixel"]


def conv_transpose2d(
    x: np.ndarray,
    w: np.ndarray,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
    method: Method = "subpixel",
) -> np.ndarray:
    """Transposed convolution of `x (N, in, h, w)` with `w (in, out/groups, kh, kw)`, no bias.

    Returns `(N, out, H, W)`; see `output_size` for `H` and `W`. The five methods
    give the same numbers. Raises `ConfigError` (a `ValueError`) for a geometry
    that cannot be or a method that does not exist.
    """
    if method not in tuple(METHODS):  # a list cannot be looked up in a dict
        raise ConfigError(f"method must be one of {', '.join(METHODS)}, but is {method!r}")
    check_channels(x, w, groups, transposed=True)
    geometry = transposed_geometry(
        x.shape[2:], w.shape[2:], stride, padding, output_padding, dilation
    )
    return by_group(METHODS[method], x, w, geometry, groups)


def scatter(x: np.ndarray, w: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Every input pixel stamps the kernel, times its value, on the output; overlaps add.

    (1) read from `i` to `h`. Pixel `i` puts its stamp at `i·stride` of a canvas
    that begins `padding` pixels before the output. All that padding does here
    is to cut the canvas; `output_padding` adds rows that few stamps reach.
    """
    rows, cols = geometry
    height, width = (max(axis.span, axis.padding + axis.large) for axis in geometry)
    canvas = np.zeros((len(x), w.shape[1], height, width), np.result_type(x, w))
    for i in range(rows.small):
        for j in range(cols.small):
            stamp = np.tensordot(x[:, :, i, j], w, 1)  # Σ over channels: (N, out, kh, kw)
            down = slice(i * rows.stride, i * rows.stride + rows.reach, rows.dilation)
            across = slice(j * cols.stride, j * cols.stride + cols.reach, cols.dilation)
            canvas[:, :, down, across] += stamp
    top, left = rows.padding, cols.padding
    return canvas[:, :, top : top + rows.large, left : left + cols.large]


def matrix(x: np.ndarray, w: np.ndarray, geometry: Geometry) -> np.ndarray:
    """The matrix of the direct convolution, transposed: `y = Mᵀ x`.

    `w (in, out, kh, kw)` is already the kernel of a direct convolution from
    `out` channels on the large map to `in` channels on the small map. `M` is
    that convolution, (1) written down as a table; its transpose runs back.

    `M` is sparse: where two positions meet at a tap it has a block `(in, out)`,
    and zeros elsewhere. So only the blocks are multiplied, each with the one
    input pixel that it reads, and the products with the same output pixel add.
    """
    rows, cols = geometry
    entries, small, large = blocks(w, geometry)  # (T, in, out), (T,), (T,)
    n, channels, height, width = x.shape
    by_pixel = x.reshape(n, channels, height * width).transpose(2, 0, 1)  # (h·w, N, in)
    pixels = np.ascontiguousarray(by_pixel)  # the products read it many times
    y = np.zeros((rows.large * cols.large, n, w.shape[1]), np.result_type(x, w))
    np.add.at(y, large, pixels[small] @ entries)  # `y[large] +=` would add once where many meet
    return y.reshape(rows.large, cols.large, n, w.shape[1]).transpose(2, 3, 0, 1)


def padded(x: np.ndarray, w: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Stretch the input with zeros, frame it with zeros, convolve with the flipped kernel.

    (1) read from `h` to `i`. On the stretched input, pixel `i` sits at
    `t = i·stride`, so `t = h + padding − k·dilation`: the direct convolution
    with stride 1, except that `k` runs backwards. Numbering the taps from the
    other end, `k = kernel − 1 − k'`, turns it forwards and gives the frame:

        t = h + k'·dilation − (dilation·(kernel − 1) − padding)

    So more padding means a *narrower* frame. The other names of this view are
    fractionally strided convolution (a step of 1 is 1/stride of an input
    pixel) and zero insertion. It multiplies mostly zeros: with stride 2, three
    products out of four, and more at the border.
    """
    rows, cols = geometry
    height, width = ((axis.small - 1) * axis.stride + 1 for axis in geometry)
    stretched = np.zeros((len(x), x.shape[1], height, width), x.dtype)
    stretched[:, :, :: rows.stride, :: cols.stride] = x
    flipped = w[:, :, ::-1, ::-1].swapaxes(0, 1)  # (out, in, kh, kw)
    unit_steps = Geometry(
        *(
            Axis(
                small=axis.large,
                large=size,
                kernel=axis.kernel,
                padding=axis.reach - 1 - axis.padding,
                dilation=axis.dilation,
            )
            for axis, size in zip(geometry, (height, width), strict=True)
        )
    )
    return correlate(stretched, flipped, unit_steps)


def gradient(x: np.ndarray, w: np.ndarray, geometry: Geometry) -> np.ndarray:
    """The gradient of a direct convolution with respect to its input.

    Suppose `z = conv2d(u, w)` sits in a network, and `x` is the gradient of
    the loss with respect to `z`. The chain rule goes through the three steps of
    `conv2d` backwards:

        conv2d      frame u with zeros;  copy every window;    multiply by the kernel
        backwards   cut the frame;       add the windows up;   multiply by its transpose

    Copying a value to many places turns into adding what comes back from them.
    This is how a framework differentiates a convolution, and how many of them
    compute the transposed one ("GEMM + col2im").
    """
    rows, cols = geometry
    n, _, height, width = x.shape
    _, out, kh, kw = w.shape
    kernel = w.transpose(0, 2, 3, 1).reshape(len(w), -1)  # (in, kh·kw·out)
    patches = (to_pixels(x) @ kernel).reshape(n, height, width, kh, kw, out)
    framed_height, framed_width = (max(axis.span, axis.padding + axis.large) for axis in geometry)
    framed = np.zeros((n, framed_height, framed_width, out), patches.dtype)
    for a in range(kh):
        for b in range(kw):
            first_row, first_col = a * rows.dilation, b * cols.dilation
            framed[
                :,
                first_row : first_row + rows.stride * height : rows.stride,
                first_col : first_col + cols.stride * width : cols.stride,
            ] += patches[:, :, :, a, b]
    top, left = rows.padding, cols.padding
    y = framed[:, top : top + rows.large, left : left + cols.large]
    return y.transpose(0, 3, 1, 2)


def subpixel(x: np.ndarray, w: np.ndarray, geometry: Geometry) -> np.ndarray:
    """One small direct convolution for each of the stride² phases that has taps, interleaved.

    (1) again from `h` to `i`, but without the zeros. `i` is whole only if
    `h + padding − k·dilation` is a multiple of the stride, so output pixels
    with the same remainder of `(h + padding) / stride`, a *phase*, use the same
    few taps, and pixels of different phases share none. Every phase is a direct
    convolution of the input with its own small kernel; together they are the
    output, shuffled (Shi et al. 2016, arXiv 1609.05158, sections 2.1 and 2.2).

    It multiplies no zeros between pixels, only those around the input, and writes
    every output once. `scatter` and `gradient` add no zeros, but also multiply
    what padding then cuts off; `matrix` does neither (see `cost.macs`). Which view
    is faster depends more on what they copy: `subpixel` copies inputs, once for
    each tap, and `gradient` copies products, so `gradient` gains where the output
    has few channels (measured in `docs/arithmetic.md`).
    """
    rows, cols = geometry
    y = np.zeros((len(x), rows.large, cols.large, w.shape[1]), np.result_type(x, w))
    for row_phase in phases(rows):
        for col_phase in phases(cols):
            small_kernel = w[:, :, row_phase.taps, col_phase.taps].swapaxes(0, 1)
            y[:, row_phase.pixels, col_phase.pixels] = correlate(
                x, small_kernel, Geometry(row_phase.axis, col_phase.axis)
            ).transpose(0, 2, 3, 1)
    return y.transpose(0, 3, 1, 2)


class Phase(NamedTuple):
    """Output pixels of one axis that use the same taps, and the convolution that makes them."""

    pixels: slice
    taps: slice  # already flipped: from the last to the first
    axis: Axis


def phases(axis: Axis) -> list[Phase]:
    """Split the output of one axis by the remainder of `(h + padding) / stride`.

    Remainder `r` uses the taps with `k·dilation = r + m·stride` for a whole
    `m`, and there (1) says `i = (h + padding − r) / stride − m`. Such taps are
    `stride / g` apart and their `m` is `dilation / g` apart, with `g` the
    greatest common divisor of the two; where `g` does not divide `r` there are
    none, and those pixels stay 0. Without dilation the phase's kernel is simply
    every stride-th tap, `w[r::stride]`.
    """
    found = []
    for r in range(axis.stride):
        taps = [k for k in range(axis.kernel) if (k * axis.dilation - r) % axis.stride == 0]
        first = (r - axis.padding) % axis.stride  # the first output pixel with this remainder
        pixels = slice(first, axis.large, axis.stride)
        count = len(range(axis.large)[pixels])
        if not taps or not count:
            continue
        g = gcd(axis.stride, axis.dilation)
        last_m = (taps[-1] * axis.dilation - r) // axis.stride
        first_i = (first + axis.padding - r) // axis.stride - last_m
        found.append(
            Phase(
                pixels,
                slice(taps[-1], taps[0] - 1 if taps[0] else None, -axis.stride // g),
                Axis(count, axis.small, len(taps), 1, -first_i, axis.dilation // g),
            )
        )
    return found


METHODS: dict[str, Operation] = {
    "scatter": scatter,
    "matrix": matrix,
    "padded": padded,
    "gradient": gradient,
    "subpixel": subpixel,
}
