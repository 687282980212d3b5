"""The direct convolution, and the matrix that it is.

The transposed convolution is named after this matrix, so the direct
convolution comes first. Both are written for speed as well as for reading:
copy every window of the input into a row, then let one matrix product do all
the multiplying (in the literature "im2col + GEMM", Chellapilla et al. 2006).

Arrays are `(N, C, H, W)` outside. Inside, the channels lie next to each other
in memory ("channels last"), because then a window is copied in long runs; the
results are returned as views with the axes in the usual order.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from deconv.arithmetic.geometry import Axis, Geometry, IntOrPair, check_channels, conv_geometry


def conv2d(
    x: np.ndarray,
    w: np.ndarray,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> np.ndarray:
    """Direct convolution of `x (N, in, H, W)` with `w (out, in/groups, kh, kw)`, no bias.

    Returns `(N, out, h, w)`; see `conv_output_size` for `h` and `w`.
    On one axis and one channel, with `h = i·stride + k·dilation − padding`:

        y[i] = Σ_k  w[k] · x[h]            (x outside of the image counts as 0)

    As in every deep learning library the kernel is not flipped; mathematics
    calls this a correlation. Raises `ConfigError` (a `ValueError`) for a
    geometry that cannot be.
    """
    check_channels(x, w, groups, transposed=False)
    geometry = conv_geometry(x.shape[2:], w.shape[2:], stride, padding, dilation)
    return by_group(correlate, x, w, geometry, groups)


Operation = Callable[[np.ndarray, np.ndarray, Geometry], np.ndarray]
"""What one group computes from its images, its kernel and the geometry."""


def by_group(
    operation: Operation, x: np.ndarray, w: np.ndarray, geometry: Geometry, groups: int
) -> np.ndarray:
    """Compute a grouped layer: `groups` layers side by side, each on its share of channels.

    So nothing else in this package has to know about groups.
    """
    shares = zip(np.split(x, groups, axis=1), np.split(w, groups, axis=0), strict=True)
    parts = [operation(x_share, w_share, geometry) for x_share, w_share in shares]
    return parts[0] if groups == 1 else np.concatenate(parts, axis=1)


def correlate(x: np.ndarray, w: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Large map to small map: one product of all windows with the kernel."""
    kernel = w.transpose(2, 3, 1, 0).reshape(-1, len(w))  # (kh·kw·in, out)
    y = windows(x, geometry) @ kernel  # (N·h·w, out)
    return from_pixels(y, len(x), geometry.rows.small, geometry.cols.small)


def windows(x: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Copy what the kernel sees at every small position: `(N·small·small, kh·kw·channels)`."""
    rows, cols = geometry
    view = sliding_window_view(frame(x, geometry), (rows.reach, cols.reach), axis=(2, 3))
    view = view[:, :, :: rows.stride, :: cols.stride, :: rows.dilation, :: cols.dilation]
    n, channels, height, width, kh, kw = view.shape
    return view.transpose(0, 2, 3, 4, 5, 1).reshape(n * height * width, kh * kw * channels)


def frame(x: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Pad with zeros, or cut, to exactly the pixels that the windows read."""
    (n, channels, *_), (rows, cols) = x.shape, geometry
    height, width = rows.span, cols.span
    if (height, width) == x.shape[2:] and rows.padding == cols.padding == 0:
        return x
    framed = np.zeros((n, height, width, channels), x.dtype).transpose(0, 3, 1, 2)
    down, seen_rows = _overlap(rows, height)
    across, seen_cols = _overlap(cols, width)
    framed[:, :, down, across] = x[:, :, seen_rows, seen_cols]
    return framed


def _overlap(axis: Axis, framed: int) -> tuple[slice, slice]:
    """Where image and frame overlap, counted in the frame and in the image."""
    first, last = max(0, axis.padding), min(framed, axis.padding + axis.large)
    last = max(first, last)
    return slice(first, last), slice(first - axis.padding, last - axis.padding)


def to_pixels(x: np.ndarray) -> np.ndarray:
    """`(N, C, H, W)` to one row of channels for every pixel: `(N·H·W, C)`."""
    n, channels, height, width = x.shape
    return x.transpose(0, 2, 3, 1).reshape(n * height * width, channels)


def from_pixels(pixels: np.ndarray, n: int, height: int, width: int) -> np.ndarray:
    """Undo `to_pixels`, without copying."""
    return pixels.reshape(n, height, width, pixels.shape[1]).transpose(0, 3, 1, 2)
