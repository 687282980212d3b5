"""What several pages have in common: masks over cells, the small map, and the phases' signs."""

import string
from collections.abc import Iterable

import numpy as np

from deconv.arithmetic.drawing.page import ORANGE, TINTS, WHITE, Panel


def small_map(name: str, x: np.ndarray, active: Iterable[tuple[int, int]]) -> Panel:
    """The map that the layer starts from, with its active cells outlined."""
    mask = mask_of(x.shape, active)
    title = f"{name} {x.shape[0]}×{x.shape[1]}"
    return Panel(title, x, np.where(mask, ORANGE, WHITE), mask)


def mask_of(shape: tuple[int, ...], cells: Iterable[tuple[int, int]]) -> np.ndarray:
    """True at each `(row, column)` of `cells`."""
    mask = np.zeros(shape, dtype=bool)
    for row, column in cells:
        mask[row, column] = True
    return mask


def shown_where(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The values `where` it is true, and NaN, which leaves a cell empty, elsewhere."""
    return np.where(where, values, np.nan)


def tints(stride: int, positions: np.ndarray) -> np.ndarray:
    """The colours of the phases at all pairs of positions; beyond nine they repeat."""
    return np.array(TINTS)[_phases(stride, positions) % len(TINTS)]


def letters(stride: int, positions: np.ndarray) -> np.ndarray:
    """The letters of the phases at all pairs of positions; empty where there are more than 26."""
    enough = stride**2 <= len(string.ascii_lowercase)
    names = list(string.ascii_lowercase) if enough else [""] * stride**2
    return np.array(names)[_phases(stride, positions)]


def _phases(stride: int, positions: np.ndarray) -> np.ndarray:
    phase = positions % stride
    return phase[:, None] * stride + phase
