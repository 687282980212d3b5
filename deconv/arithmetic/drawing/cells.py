"""What several pages have in common: masks, the small map, the phases' signs, and written sums."""

import string
from collections.abc import Iterable

import numpy as np

from deconv.arithmetic.drawing.page import BLUES, ORANGE, TINTS, WHITE, Panel, number
from deconv.arithmetic.drawing.scene import Scene


def small_map(name: str, x: np.ndarray, active: Iterable[tuple[int, int]]) -> Panel:
    """The map that the layer starts from, with its active cells outlined."""
    mask = mask_of(x.shape, active)
    title = f"{name} {x.shape[0]}×{x.shape[1]}"
    return Panel(title, x, np.where(mask, ORANGE, WHITE), mask, name="input")


def made_map(
    title: str,
    values: np.ndarray,
    active: tuple[int, int],
    made: np.ndarray,
    colours: np.ndarray | None = None,
    name: str = "output",
) -> Panel:
    """A map whose cells are made one by one: those that are `made` so far, and the active one."""
    mask = mask_of(values.shape, [active])
    colours = np.where(made, BLUES[1], WHITE) if colours is None else colours
    return Panel(title, shown_where(values, made), np.where(mask, ORANGE, colours), mask, name=name)


def kernel_by_phases(scene: Scene) -> Panel:
    """The whole kernel, a colour and a letter for the phase that each tap belongs to."""
    axis = scene.axis
    reached = np.arange(axis.kernel) * axis.dilation - axis.padding
    return phase_panel("kernel, a letter for each phase", scene.w, axis.stride, reached, "kernel")


def phase_panel(
    title: str, values: np.ndarray, stride: int, positions: np.ndarray, name: str = ""
) -> Panel:
    """A square grid whose rows and columns have these positions, with its phases marked."""
    marks = letters(stride, positions)
    return Panel(title, values, tints(stride, positions), marks=marks, name=name)


def mask_of(shape: tuple[int, ...], cells: Iterable[tuple[int, int]]) -> np.ndarray:
    """True at each `(row, column)` of `cells`."""
    mask = np.zeros(shape, dtype=bool)
    for row, column in cells:
        mask[row, column] = True
    return mask


def first_cells(done: int, shape: tuple[int, ...]) -> np.ndarray:
    """A mask of the first `done` cells, row by row."""
    return np.arange(np.prod(shape)).reshape(shape) < done


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


def sum_of(pixel: tuple[int, int], products: Iterable[tuple[float, float]], most: int = 12) -> str:
    """Write out the sum that makes an output pixel, up to `most` of its products."""
    h, v = pixel
    pairs = list(products)
    if not pairs:
        return f"y[{h}, {v}] = 0, as no input pixel meets a tap here."
    terms = " + ".join(f"{_factor(weight)}·{_factor(value)}" for weight, value in pairs[:most])
    more = " + …" * (len(pairs) > most)
    total = number(sum(weight * value for weight, value in pairs))
    return f"y[{h}, {v}] = {terms}{more} = {total}."


def _factor(value: float) -> str:
    return number(value) if value >= 0 else f"({number(value)})"
