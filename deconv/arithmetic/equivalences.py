"""Layers with other names that are transposed convolutions, kernel for kernel.

"Use resize and convolution instead of a transposed convolution" sounds like a
choice between two operations. It is not: pixel shuffle, nearest-neighbour
resize and inserted zeros, each with a convolution, all compute transposed
convolutions with stride 2. What differs is which kernels such a layer can have
(its function class), and which numbers training moves to get there (its
parametrisation). Turn one into the other and the two questions come apart.

| layer, 3×3 weights                | is a transposed convolution with | and can be     |
|-----------------------------------|----------------------------------|----------------|
| zeros inserted, convolution       | kernel 3, padding 1              | each of them   |
| convolution, pixel shuffle        | kernel 6, padding 2              | each of them   |
| nearest-neighbour ×2, convolution | kernel 4, padding 1              | 9 of 16 dims   |
| transposed convolution, 2×2 box   | kernel 4, padding 1              | the same 9     |
| bilinear ×2, convolution          | kernel 6, padding 2, but the rim | 9 of 36 dims   |

("9 of 16 dims": for each pair of channels the kernels form a space of 9
dimensions in the 16 of all 4×4 kernels.) `as_transposed6` brings all of them
into one family, 6×6 kernels with padding 2.

Every proof goes the same way. Rows and columns are treated alike and apart, so
one axis and one channel will do. Find which input pixel `i` a weight carries to
which output pixel `h`; if that can be written

    h = 2i + k − padding                                                  (1)

the layer is a transposed convolution, and the weight belongs to tap `k`. Pixels
outside of the input count as 0. Each layer makes `2n` pixels of `n`. A bias stays
what it is, except that pixel shuffle has four for each channel, one for each
phase: with different ones it draws a pattern that no transposed convolution can.

Direct kernels are `(out, in, kh, kw)`, transposed ones `(in, out, kh, kw)`. The
functions raise `ConfigError` (a `ValueError`) for a kernel of another shape.
"""

import numpy as np

from deconv.arithmetic.geometry import check_kernel
from deconv.errors import ConfigError

NEAREST = (1.0, 1.0)
"""One input pixel after nearest-neighbour resizing by 2."""
BILINEAR = (0.25, 0.75, 0.75, 0.25)
"""One input pixel after bilinear resizing by 2, with half-pixel centres."""
BOX = (0.5, 0.5)
"""The mean of two neighbours."""

PADDINGS = {2: 0, 3: 1, 4: 1, 6: 2}
"""Padding with which a kernel of this size doubles a map (kernel 3: and `output_padding` 1)."""


def fractional_as_transposed(w: np.ndarray) -> np.ndarray:
    """Kernel `(in, out, K, K)` of "insert zeros, then convolve with `w (out, in, K, K)`".

    A zero follows every input pixel, `u[2i] = x[i]` and `u[2i + 1] = 0`, and the
    convolution has padding `q`: `y[h] = Σ_m w[m] · u[h + m − q]`. Only `h + m − q = 2i`
    gives a product, so

        h = 2i + (K − 1 − m) − (K − 1 − q)

    which is (1) with tap `k = K − 1 − m` and padding `K − 1 − q`: the kernel, flipped.
    For K = 3 and q = 1 the padding is 1 as well, and `output_padding` is 1. The
    same step leads back: the function is its own inverse.
    """
    _check(w, "(out, in, K, K)")
    return w[:, :, ::-1, ::-1].swapaxes(0, 1)


def subpixel_as_transposed(w: np.ndarray) -> np.ndarray:
    """Kernel `(in, out, 6, 6)`, stride 2, padding 2, of "convolve, then shuffle pixels".

    The convolution `w (4·out, in, 3, 3)` has padding 1. Its channels are in PyTorch's
    order: channel `4·o + 2·r + s` becomes pixel `(r, s)` of each 2×2 block in channel
    `o`. (TensorFlow's `depth_to_space` wants `(2·r + s)·out + o`.) On one axis:

        y[2j + r] = Σ_m w_r[m] · x[j + m − 1]

    Here `i = j + m − 1` and `h = 2j + r`, so `h = 2i + (4 − 2m + r) − 2`. That is (1) with
    padding 2 and tap `k = 4 − 2m + r`. Each of 0 … 5 comes from exactly one pair `(m, r)`,
    so weights only change places, and but for their biases both layers can compute the same
    functions. Source: Shi et al. 2016 (arXiv 1609.07009).
    """
    _check(w, "(4·out, in, 3, 3)", 3)
    if len(w) % 4:
        raise ConfigError(
            f"the first axis of the kernel must be a multiple of 4, but its shape is {w.shape}"
        )
    by_pixel = w.reshape(-1, 2, 2, w.shape[1], 3, 3)[..., ::-1, ::-1]  # (out, r, s, in, 2−m, 2−n)
    return by_pixel.transpose(3, 0, 4, 1, 5, 2).reshape(w.shape[1], -1, 6, 6)


def transposed_as_subpixel(w: np.ndarray) -> np.ndarray:
    """Undo `subpixel_as_transposed`: from `w (in, out, 6, 6)` to `(4·out, in, 3, 3)`."""
    _check(w, "(in, out, 6, 6)", 6)
    by_pixel = w.reshape(*w.shape[:2], 3, 2, 3, 2).transpose(1, 3, 5, 0, 2, 4)
    return by_pixel[..., ::-1, ::-1].reshape(-1, w.shape[0], 3, 3)  # (out·r·s, in, m, n)


def nearest_as_transposed(w: np.ndarray) -> np.ndarray:
    """Kernel `(in, out, 4, 4)`, padding 1, of "nearest-neighbour ×2, then convolve".

    Resizing copies, `u[2i + r] = x[i]` for `r` in {0, 1}, and the convolution
    `w (out, in, 3, 3)` with padding 1 is `y[h] = Σ_m w[m] · u[h + m − 1]`. So
    `h = 2i + (2 − m + r) − 1`: that is (1) with padding 1, and weight `m` is added to the
    taps `2 − m` and `3 − m`:

        (w2,  w1 + w2,  w0 + w1,  w0)

    It holds at the borders too: what lies outside of `x` lies outside of `u`.

    The constraint: along each row and each column of the 4×4 kernel, the sum with
    alternating signs is 0 (above: `w2 − (w1 + w2) + (w0 + w1) − w0`). Every kernel
    with this property comes from one `w`. So all phases have the same gain, and a
    flat input cannot become a checkerboard, whatever the weights. But that alone
    would cost 3 of the 16 dimensions, and the constraint costs 7: it also forbids
    what a checkerboard has nothing to do with.
    """
    _check(w, "(out, in, 3, 3)", 3)
    return _spread(fractional_as_transposed(w), NEAREST)


def transposed_as_nearest(w: np.ndarray) -> np.ndarray:
    """The 3×3 kernel `(out, in, 3, 3)` whose `nearest_as_transposed` is closest to `w`.

    `w (in, out, 4, 4)` has padding 1, and "closest" is least squares. Exact if `w` meets
    the constraint; otherwise, passed through `nearest_as_transposed`, this is the
    orthogonal projection of `w` on the kernels that do.
    """
    _check(w, "(in, out, 4, 4)", 4)
    taps = np.eye(4, 3)[:, ::-1] + np.eye(4, 3, -1)[:, ::-1]  # weight m goes to 2−m and 3−m
    back = np.linalg.pinv(taps).astype(np.result_type(w, 1.0))
    return (back @ w @ back.T).swapaxes(0, 1)


def distance_from_nearest(w: np.ndarray) -> float:
    """How far `w (in, out, 4, 4)` is from any "nearest ×2, then convolve": from 0 to 1.

    The root of the share of `Σ w²` that the projection of `transposed_as_nearest` loses: 0
    if `w` is such a layer. Independent random weights lose 7 dimensions of 16, about 0.66.
    """
    rest = w - nearest_as_transposed(transposed_as_nearest(w))
    total = np.linalg.norm(w)
    return float(np.linalg.norm(rest) / total) if total else 0.0


def blurred_as_transposed(w: np.ndarray) -> np.ndarray:
    """Kernel `(in, out, 4, 4)`, padding 1, of "transposed 3×3, then the mean of 2×2 pixels".

    Where the box stands decides the size. Here the transposed convolution with
    `w (in, out, 3, 3)` has no padding, `t[2i + k]`, so `2n + 1` pixels, and the mean of two
    neighbours makes `2n` of them: `y[h] = (t[h] + t[h + 1]) / 2`. A product goes to `h = 2i + k`
    and to `h = 2i + k − 1`, that is, (1) with padding 1 and the taps `k + 1` and `k`.

    Or keep padding 1 and `output_padding` 1, put a row of zeros on top and a column of
    zeros at the left, then average: the same numbers except in the first row and
    column, where that padding has already cut off a part of what is averaged.

    Compare `nearest_as_transposed`: it spreads a flipped kernel over two taps as
    well. So this is the same function class, and `w/4`, flipped in space, is the
    kernel of the convolution after a nearest-neighbour resize.
    """
    _check(w, "(in, out, 3, 3)", 3)
    return _spread(w, BOX)


def bilinear_as_transposed(w: np.ndarray) -> np.ndarray:
    """Kernel `(in, out, 6, 6)`, padding 2, of "bilinear ×2, then convolve", away from the rim.

    The convolution `w (out, in, 3, 3)` has padding 1. With half-pixel centres
    (`align_corners=False`, and Keras' only way) output pixel `h` looks at
    `(h + ½)/2 − ½`, a quarter of a pixel beside an input pixel:

        u[2i] = ¼·x[i − 1] + ¾·x[i]          u[2i + 1] = ¾·x[i] + ¼·x[i + 1]

    So `x[i]` reaches `u[2i + b − 1]` with the weight `BILINEAR[b]`, and the convolution with
    padding 1 carries that to `h = 2i + (2 − m + b) − 2`: (1) with padding 2, weight `m` spread
    over the taps `2 − m … 5 − m`.

    The rim is another matter: two pixels on each side differ. Resizing repeats the
    edge, `x[−1] = x[0]`, where (1) has zeros, which changes `u[0]`, and so `y[0]` and `y[1]`;
    and the padding of the convolution sets `u[−1] = 0`, where (1) has `¼·x[0]`, which
    changes `y[0]`. No transposed convolution does either. From `y[2]` to `y[2n − 3]` both
    are equal.
    """
    _check(w, "(out, in, 3, 3)", 3)
    return _spread(fractional_as_transposed(w), BILINEAR)


def as_transposed6(w: np.ndarray) -> np.ndarray:
    """The same layer with a 6×6 kernel and padding 2: `(in, out, 6, 6)`.

    `w (in, out, K, K)` has K = 2, 3, 4 or 6 and the padding that doubles a map, `PADDINGS[K]`.
    In (1), tap `k` with that padding is tap `k + 2 − padding` with padding 2; the others
    are 0. The same step shows that each layer with kernel 2 or 3 is one with kernel 4.
    """
    _check(w, "(in, out, K, K)")
    size = w.shape[2]
    if size not in PADDINGS:
        raise ConfigError(f"the kernel must be 2, 3, 4 or 6 pixels wide, but has shape {w.shape}")
    before = 2 - PADDINGS[size]
    after = 6 - size - before
    return np.pad(w, ((0, 0), (0, 0), (before, after), (before, after)))


def _spread(w: np.ndarray, taps: tuple[float, ...]) -> np.ndarray:
    """Copy every kernel to where each tap is, times the tap, on both axes; overlaps add."""
    size = w.shape[2] + len(taps) - 1
    y = np.zeros((*w.shape[:2], size, size), np.result_type(w, 1.0))
    for a, row in enumerate(taps):
        for b, col in enumerate(taps):
            y[:, :, a : a + w.shape[2], b : b + w.shape[3]] += row * col * w
    return y


def _check(w: np.ndarray, axes: str, size: int | None = None) -> None:
    """Raise `ConfigError` unless `w` is a square kernel, of `size` pixels where that is given."""
    check_kernel(w, axes)
    if w.shape[2] != w.shape[3] or (size and w.shape[2] != size):
        raise ConfigError(f"the kernel must have axes {axes}, but has shape {w.shape}")
