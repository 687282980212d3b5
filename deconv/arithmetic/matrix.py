"""A convolution is a matrix product; this file writes the matrix down.

Lay all values of an image out in one long vector and a convolution becomes
`y = M x`, because every output is a weighted sum of inputs. Row `i` of `M`
says which inputs output `i` reads; column `h` says which outputs input `h`
reaches. Swapping the two roles is transposing the matrix, hence the name
transposed convolution: `Mᵀ` has the shape of an inverse, but it is not one.

Most of `M` is zero. Where it is not, two positions meet at a tap, and the
weights between all their channels are one block: the kernel at that tap.
"""

from typing import Any

import numpy as np

from deconv.arithmetic.geometry import (
    Axis,
    Geometry,
    IntOrPair,
    check_axes,
    check_kernel,
    conv_geometry,
)
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
    `x (1, in, H, W)` with `size` = `(H, W)`. Raises `ConfigError` (a
    `ValueError`) as `conv2d`. Source of the 4×16 example: Dumoulin and Visin
    2018, section 4.1.
    """
    return dense_matrix(w, _geometry(w, size, stride, padding, dilation))


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
    This is the only function of the package that needs SciPy, which stores
    every common number format but float16. Raises `ConfigError` as `conv_matrix`,
    and for a format that SciPy does not store.
    """
    from scipy import sparse  # here, so that everything else runs where there is no SciPy

    geometry = _geometry(w, size, stride, padding, dilation)
    rows, cols = geometry
    entries, small, large = blocks(w, geometry)
    out, channels = np.indices(w.shape[:2])  # (out, in) each
    row = out * rows.small * cols.small + small[:, None, None]  # (T, out, in)
    column = channels * rows.large * cols.large + large[:, None, None]
    try:
        return sparse.csr_array(
            (entries.ravel(), (row.ravel(), column.ravel())), shape=_shape(w, geometry)
        )
    except ValueError as error:
        raise ConfigError(f"SciPy stores no {w.dtype}: use float32 or float64") from error


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
    back to the inputs that made it. Raises `ConfigError` (a `ValueError`) as
    `conv2d`, where `y` does not have the shape `(N, out, h, w)` of its output, and
    for numbers that NumPy finds no least squares with, such as float16.
    """
    check_axes("array y", y, "(N, out, h, w)")
    geometry = _geometry(w, size, stride, padding, dilation)
    expected = (len(w), geometry.rows.small, geometry.cols.small)
    if y.shape[1:] != expected:
        raise ConfigError(
            f"y must have the shape of the convolution's output, {expected} for each image, "
            f"but has {y.shape}"
        )
    m = dense_matrix(w, geometry)
    try:
        x, *_ = np.linalg.lstsq(m, y.reshape(len(y), len(m)).T)
    except (np.linalg.LinAlgError, TypeError) as error:
        raise ConfigError(
            f"no least squares in {w.dtype} and {y.dtype} ({error}): use finite float32 or float64"
        ) from error
    return x.T.reshape(len(y), w.shape[1], geometry.rows.large, geometry.cols.large)


def dense_matrix(w: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Every entry of the matrix, zeros included: `(out·small·small, in·large·large)`."""
    rows, cols = geometry
    entries, small, large = blocks(w, geometry)
    m = np.zeros((len(w), rows.small * cols.small, w.shape[1], rows.large * cols.large), w.dtype)
    m[:, small, :, large] = entries
    return m.reshape(_shape(w, geometry))


def blocks(w: np.ndarray, geometry: Geometry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The parts of the matrix that are not zero: the kernel, wherever two positions meet.

    Returns three arrays, with T the number of meetings. Each block `(out, in)`
    of the first, `(T, out, in)`, is `w[:, :, a, b]` for the tap `(a, b)` at which
    two positions meet; the second says which position of the small map this is,
    the third which of the large map, both counted row by row from 0.
    """
    rows, cols = geometry
    i, a, h = (found[:, None] for found in triples(rows))
    j, b, v = triples(cols)
    small, large = i * cols.small + j, h * cols.large + v
    entries = w[:, :, a, b].reshape(*w.shape[:2], small.size).transpose(2, 0, 1)
    return entries, small.ravel(), large.ravel()


def triples(axis: Axis) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All `(i, k, h)` with `h = i·stride + k·dilation − padding` inside the large map."""
    i, k = (grid.ravel() for grid in np.indices((axis.small, axis.kernel)))
    h = i * axis.stride + k * axis.dilation - axis.padding
    inside = (h >= 0) & (h < axis.large)
    return i[inside], k[inside], h[inside]


def _geometry(
    w: np.ndarray, size: IntOrPair, stride: IntOrPair, padding: IntOrPair, dilation: IntOrPair
) -> Geometry:
    check_kernel(w, "(out, in, kh, kw)")
    return conv_geometry(size, w.shape[2:], stride, padding, dilation)


def _shape(w: np.ndarray, geometry: Geometry) -> tuple[int, int]:
    """How many rows and columns the matrix has."""
    rows, cols = geometry
    return len(w) * rows.small * cols.small, w.shape[1] * rows.large * cols.large
