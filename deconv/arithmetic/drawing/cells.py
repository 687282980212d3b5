"""What the pages of several views have in common: masks over cells, and the small map."""

from collections.abc import Iterable

import numpy as np

from deconv.arithmetic.drawing.page import ORANGE, WHITE, Panel


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
