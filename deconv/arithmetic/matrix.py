"""A convolution is a matrix product; this file writes the matrix down.

Lay all values of an image out in one long vector and a convolution becomes
`y = M x`, because every output is a weighted sum of inputs. Row `i` of `M`
says which inputs output `i` reads; column `h` says which outputs input `h`
reaches. Swapping the two roles is transposing the matrix, hence the name
transposed convolution: `Mᵀ` has the shape of an inverse, but it is not one.
"""

from typing import Any

import numpy as np
from scipy import sparse

from deconv.arithmetic.axes import Axes, Axis, IntOrPair, conv_axes, pair
from deconv.errors import ConfigError


def conv_matrix(
    w: np.ndarray,
    size: IntOrPair,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> np.ndarray:
    """Dense matrix of a direct convolution: `(out·h·w, in·H·W)` for `w (out, in, kh, kw)`.

    `conv_matrix(w, size) @ x.ravel()` is `conv2d(x, w).ravel()` for one image
    `x (1, in, H, W)` with `size` = `(H, W)`. Source of the 4×16 example:
    Dumoulin and Visin 2018, section 4.1.
    """
    return sparse_conv_matrix(w, size, stride=stride, padding=padding, dilation=dilation).toarray()


def sparse_conv_matrix(
    w: np.ndarray,
    size: IntOrPair,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Any:
    """The same matrix as a `scipy.sparse.csr_array`, which stores only what is not zero.

    Of the baseline's second layer (32→64 channels, 14→7 pixels) that is 4 in 100.
    """
    if w.ndim != 4:
        raise ConfigError(f"the kernel must have 4 axes (out, in, kh, kw), but has shape {w.shape}")
    return matrix_of(w, conv_axes(size, w.shape[2:], stride, padding, dilation))


def conv_inverse(
    y: np.ndarray,
    w: np.ndarray,
    size: IntOrPair,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> np.ndarray:
    """The nearest thing to a true inverse: images `x (N, in, H, W)` whose `conv2d(x, w)` is `y`.

    Least squares through the dense matrix, so for small layers only. Where many
    `x` give the same `y` (a convolution with a stride forgets), this is the one
    with the smallest sum of squares; where none does, the one that comes
    closest. The transposed convolution does neither: it only sends every output
    back to the inputs that made it.
    """
    m = conv_matrix(w, size, stride=stride, padding=padding, dilation=dilation)
    x, *_ = np.linalg.lstsq(m, y.reshape(len(y), -1).T)
    return x.T.reshape(len(y), w.shape[1], *pair("size", size))


def matrix_of(w: np.ndarray, axes: Axes) -> Any:
    """Write `w[o, c, a, b]` wherever output `(o, i, j)` reads input `(c, h, v)` by tap `(a, b)`.

    The result is sparse, `(out·small·small, in·large·large)`.
    """
    rows, cols = axes
    i, a, h = triples(rows)
    j, b, v = triples(cols)
    out, channels = (np.arange(n)[:, None, None] for n in w.shape[:2])
    row = (out * rows.small + i[:, None]) * cols.small + j  # (out, T, T')
    col = (channels * rows.large + h[:, None]) * cols.large + v  # (in, T, T')
    row, col, entries = np.broadcast_arrays(row[:, None], col, w[:, :, a[:, None], b])
    return sparse.csr_array(
        (entries.ravel(), (row.ravel(), col.ravel())),
        shape=(len(w) * rows.small * cols.small, w.shape[1] * rows.large * cols.large),
    )


def triples(axis: Axis) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All `(i, k, h)` with `h = i·stride + k·dilation − padding` inside the large map."""
    i, k = (grid.ravel() for grid in np.indices((axis.small, axis.kernel)))
    h = i * axis.stride + k * axis.dilation - axis.padding
    inside = (h >= 0) & (h < axis.large)
    return i[inside], k[inside], h[inside]
