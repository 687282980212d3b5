"""Where the checkerboard comes from, before any training.

A transposed convolution whose stride does not divide its kernel covers some
output pixels with more stamps than others (Odena et al. 2016). The pattern
repeats with the stride, because pixels of the same phase use the same taps.
Equal weights then draw a checkerboard. But the counts alone decide nothing:
what becomes of a flat input is up to the weights.
"""

import numpy as np

from deconv.arithmetic.geometry import IntOrPair, check_kernel, numbers_of_axes, transposed_geometry
from deconv.arithmetic.matrix import triples


def overlap_count(
    size: IntOrPair,
    kernel: IntOrPair,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> np.ndarray:
    """How many stamps cover each output pixel: integers `(H, W)`.

    The axes count apart and multiply. Raises `ConfigError` (a `ValueError`) for a
    layer that cannot be. Away from the border, every pixel has the
    same count exactly if every phase has the same number of taps: without
    dilation, if the stride divides the kernel. Kernel 3 with stride 2 repeats
    1 2 on each axis, so 1, 2, 2 and 4 in the plane; kernel 4 has 4 everywhere.
    """
    geometry = transposed_geometry(size, kernel, stride, padding, output_padding, dilation)
    rows, cols = (np.bincount(triples(axis)[2], minlength=axis.large) for axis in geometry)
    return np.outer(rows, cols)


def phase_gains(
    w: np.ndarray, *, stride: IntOrPair = 1, padding: IntOrPair = 0, dilation: IntOrPair = 1
) -> np.ndarray:
    """DC gain of every phase: `(in, out, sh, sw)` for the kernel `w (in, out, kh, kw)`.

    Feed a flat input, 1 everywhere in one channel. Away from the border, output
    pixels with `h mod stride = r` then all have the value

        gain[r] = Σ w[k] over the taps with k·dilation − padding ≡ r (mod stride)

    Where these differ, a flat channel becomes a checkerboard with exactly these
    values. What the layer makes of several flat channels is the sum of their
    checkerboards, in which they can cancel.

    How many stamps overlap does not settle it. Equal gains (other than 0) are
    possible exactly if every phase has a tap: the kernel [½, 1, ½] ⊗ [½, 1, ½]
    with stride 2 has counts of 1, 2, 2 and 4, and the gain 1 in all phases. A
    phase without a tap stays 0.

    Whole numbers are added up in 64 bits, as `np.sum` does; other number formats
    stay. Raises `ConfigError` (a `ValueError`) for a layer that cannot be.
    """
    check_kernel(w, "(in, out, kh, kw)")
    axes = list(
        numbers_of_axes(kernel=w.shape[2:], stride=stride, padding=padding, dilation=dilation)
    )
    row, col = ((np.arange(kernel) * d - p) % s for kernel, s, p, d in axes)
    gains = np.zeros((*w.shape[:2], *(s for _, s, _, _ in axes)), w.sum(axis=(2, 3)).dtype)
    for a in range(w.shape[2]):
        for b in range(w.shape[3]):
            gains[:, :, row[a], col[b]] += w[:, :, a, b]
    return gains
