"""Where the checkerboard comes from, before any training.

A transposed convolution whose stride does not divide its kernel covers some
output pixels with more stamps than others (Odena et al. 2016). The pattern
repeats with the stride, because pixels of the same phase use the same taps.
"""

import numpy as np

from deconv.arithmetic.geometry import IntOrPair, pair, transposed_geometry
from deconv.arithmetic.matrix import triples
from deconv.errors import ConfigError


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

    The axes count apart and multiply. Away from the border, every pixel has the
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

    A layer whose gains differ turns flat areas into a checkerboard with exactly
    these values. Equal overlaps make equal gains possible, never certain: the
    weights decide.
    """
    if w.ndim != 4:
        raise ConfigError(f"the kernel must have 4 axes (in, out, kh, kw), but has shape {w.shape}")
    sh, sw = pair("stride", stride)
    row, col = (
        (np.arange(kernel) * d - p) % s
        for kernel, s, p, d in zip(
            w.shape[2:],
            (sh, sw),
            pair("padding", padding),
            pair("dilation", dilation),
            strict=True,
        )
    )
    gains = np.zeros((*w.shape[:2], sh, sw), w.dtype)
    for a in range(w.shape[2]):
        for b in range(w.shape[3]):
            gains[:, :, row[a], col[b]] += w[:, :, a, b]
    return gains
