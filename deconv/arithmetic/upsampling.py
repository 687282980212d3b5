"""Every way of doubling a map that the networks know, in NumPy.

Each is one line over `conv2d` or `conv_transpose2d`; `equivalences` proves which of
them are the same operation.
"""

from typing import Any

import numpy as np

from deconv.architecture import Upsampler
from deconv.arithmetic.direct import conv2d
from deconv.arithmetic.transposed import conv_transpose2d


def upsample(x: np.ndarray, w: np.ndarray, arm: Upsampler = "transposed") -> np.ndarray:
    """Double height and width: `x (N, in, H, W)` becomes `(N, out, 2H, 2W)`, without a bias.

    `w` has the canonical layout of the layer: `(in, out, k, k)` where it is transposed,
    `(4·out, in, 3, 3)` before pixels are shuffled, else `(out, in, 3, 3)`. Raises
    `ConfigError` as the convolutions do.
    """
    match arm:
        case "nearest":
            return conv2d(x.repeat(2, axis=2).repeat(2, axis=3), w, padding=1)
        case "bilinear":
            return conv2d(bilinear(bilinear(x, 2), 3), w, padding=1)
        case "subpixel" | "subpixel-icnr":
            return pixel_shuffle(conv2d(x, w, padding=1))
        case "fractional":
            return conv2d(insert_zeros(x), w, padding=1)
        case "transposed-blur":
            y = conv_transpose2d(x, w, stride=2)
            rows = (y[:, :, 1:] + y[:, :, :-1]) / 2
            return (rows[..., 1:] + rows[..., :-1]) / 2
        case _:
            return conv_transpose2d(x, w, **doubling(w))


def doubling(w: np.ndarray) -> dict[str, Any]:
    """Return the options with which a transposed convolution by `w (in, out, k, k)` doubles."""
    size = w.shape[-1]
    return {"stride": 2, "padding": (size - 1) // 2, "output_padding": size % 2}


def bilinear(x: np.ndarray, axis: int) -> np.ndarray:
    """Double one axis by linear interpolation, with half-pixel centres (`align_corners=False`).

    Every pixel becomes two, a quarter of a pixel before and after its centre, so each takes
    three quarters of it and one quarter of its neighbour. Beyond the edge, the edge goes on.
    """
    last = x.shape[axis] - 1
    before = x.take(np.maximum(np.arange(last + 1) - 1, 0), axis)
    after = x.take(np.minimum(np.arange(last + 1) + 1, last), axis)
    both = np.stack([(before + 3 * x) / 4, (3 * x + after) / 4], axis + 1)
    return both.reshape(*x.shape[:axis], -1, *x.shape[axis + 1 :])


def pixel_shuffle(x: np.ndarray) -> np.ndarray:
    """Lay groups of four channels out 2×2: `(N, 4·C, H, W)` becomes `(N, C, 2H, 2W)`.

    Source: Shi et al. (2016), arXiv:1609.05158, equation 4; the order of the channels is
    PyTorch's.
    """
    n, c, h, w = x.shape
    blocks = x.reshape(n, c // 4, 2, 2, h, w).transpose(0, 1, 4, 2, 5, 3)
    return blocks.reshape(n, c // 4, 2 * h, 2 * w)


def insert_zeros(x: np.ndarray) -> np.ndarray:
    """Put a zero after every value, along both axes: `(N, C, 2H, 2W)`."""
    y = np.zeros((*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3]), x.dtype)
    y[:, :, ::2, ::2] = x
    return y
