"""Broken lines: curves made of straight pieces, which are all that ReLU can draw.

Tanh comes last in the network, and tanh(artanh(x)) = x. So all that the layers before it
have to compute of a pixel is artanh. A sum `Σ bends[k]·ReLU(x − thresholds[k])` is straight
between its thresholds, and at each of them its slope changes by the bend: a broken line
with n pieces takes n ReLUs.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

PIECES = 8
"""What 32 channels leave for each of the four pixels of a 2×2 block."""
LEVELS = np.arange(256) / 127.5 - 1
"""The grey levels of a file, as pixels in [-1, 1]."""
START = np.array([0, 2.3, 16, 41, 77, 180, 215, 242, 255])
"""Grey levels where `fit` first puts its corners: from here it ends better than from 2,000
places drawn at random."""
BRIGHT_HALF = np.array([
    (0.2689, 0.2728), (0.4709, 0.5073), (0.6290, 0.7340), (0.7610, 0.9895),
    (0.8617, 1.2855), (0.9354, 1.6638), (0.9913, 2.4125), (1.0000, 6.0000),
])  # fmt: skip
"""Corners x, y of a broken line near artanh, found by trying many. No grey level is off by half
a level after tanh (`tests/test_handmade.py` looks at all 256), so rounding undoes every error."""


class Relus(NamedTuple):
    """The function `offset + Σ bends[k]·ReLU(x − thresholds[k])`."""

    thresholds: np.ndarray  # (n,)
    bends: np.ndarray  # (n,)
    offset: float


@dataclass(frozen=True)
class BrokenLine:
    """Straight pieces from corner to corner, the last of them going straight on."""

    x: np.ndarray
    """Where the corners are, rising: `(n + 1,)` for n pieces."""
    y: np.ndarray
    """The values there."""

    def as_relus(self) -> Relus:
        """Return the line, from its first corner on, as a sum of ReLUs."""
        slopes = np.diff(self.y) / np.diff(self.x)
        return Relus(self.x[:-1], np.diff(slopes, prepend=0), float(self.y[0]))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the values at `x`, all of which are at or past the first corner."""
        thresholds, bends, offset = self.as_relus()
        return offset + np.maximum(np.subtract.outer(x, thresholds), 0) @ bends


def count_levels(images: np.ndarray) -> np.ndarray:
    """Return how many pixels of uint8 images have each grey level: `(256,)`."""
    return np.bincount(images.ravel(), minlength=256)


def fit(counts: np.ndarray) -> BrokenLine:
    """Return a line of 8 pieces near artanh, for pixels that have each grey level so often.

    Places and values of the corners minimise the squared error after tanh, summed over
    the pixels (least squares, by Levenberg and Marquardt's method). There are many local
    minima; which one is found depends on `START` alone.
    """
    weights = np.sqrt(counts / counts.sum())

    def corners(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logarithms, y = np.split(numbers, [PIECES])  # of the pieces' widths, so that they stay > 0
        ends = np.exp(logarithms - logarithms.max()).cumsum()
        return np.append(-1, 2 * ends / ends[-1] - 1), y

    def errors(numbers: np.ndarray) -> np.ndarray:
        return weights * (np.tanh(np.interp(LEVELS, *corners(numbers))) - LEVELS)

    x = START / 127.5 - 1
    start = np.concatenate([np.log(np.diff(x)), np.arctanh(0.999 * x)])
    return BrokenLine(*corners(least_squares(errors, start, method="lm").x))


def exact_line() -> BrokenLine:
    """Return a line of 15 pieces, which gives back every grey level; it is odd, like artanh."""
    return BrokenLine(*np.concatenate([-BRIGHT_HALF[::-1], BRIGHT_HALF]).T)


def halves(line: BrokenLine) -> tuple[BrokenLine, BrokenLine]:
    """Split a line of 15 pieces into two of 8, to be applied one after the other.

    The first makes the bends of the dark half and goes straight on; it begins at 0, so
    that ReLU lets its values pass. The second is straight where the first was bent.
    """
    x, y = line.x, line.y
    dark = BrokenLine(x[: PIECES + 1], y[: PIECES + 1] - y[0])
    bright = BrokenLine(np.append(0, dark(x[PIECES:])), np.append(y[0], y[PIECES:]))
    return dark, bright
