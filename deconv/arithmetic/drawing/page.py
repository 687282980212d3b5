"""What a picture shows, without drawing it: grids of numbers with titles and colours.

The same description can be drawn as pixels or as anything else, so this file
needs nothing but NumPy. The colours are those that people with colour-blindness can
tell apart (Okabe and Ito 2008; the tints are Paul Tol's "light" scheme, made for
cells with text), and nothing is told by colour alone: what is active has a thick
outline, what counts has a number, and a phase has a letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

INK, FAINT, LINE = "#1a1a1a", "#8a8a8a", "#b8b8b8"

# Colours of cells are numbers that count into this tuple, because a matrix has millions of cells.
COLOURS = (
    *("#ffffff", "#e6e6e6", "#e69f00", "#fbe2ae", "#bfe3f8"),  # as named below
    *("#d9eefa", "#b0dcf5", "#86caef", "#56b4e9"),  # ever darker blues
    *("#77aadd", "#eedd88", "#ffaabb", "#99ddff"),  # tints: the first four differ most
    *("#44bb99", "#bbcc33", "#ee8866", "#dddddd", "#aaaa00"),
)
WHITE, GREY, ORANGE, PALE_ORANGE, SKY = range(5)
BLUES = (WHITE, 5, 6, 7, 8)
TINTS = tuple(range(9, 18))
NO_CELL = -1


@dataclass(frozen=True)
class Panel:
    """A titled grid of cells; every array has its shape `(rows, columns)`."""

    title: str
    values: np.ndarray
    """Numbers to print; NaN leaves a cell empty."""
    fills: np.ndarray
    """Colour of each cell; `NO_CELL` leaves it out."""
    active: np.ndarray | None = None
    """Cells with a thick outline."""
    faint: np.ndarray | None = None
    """Cells whose number is printed in grey."""
    kept: tuple[int, int, int, int] | None = None
    """Top, left, bottom and right cell border of a thick frame."""
    compact: bool = False
    """Shrink the cells as far as needed: for a matrix too large to print."""
    marks: np.ndarray | None = None
    """A letter in the corner of each cell."""
    name: str = ""
    """Which map the cells belong to, in one word for programs: `input`, `kernel`, `output`, …"""
    first: tuple[int, int] = (0, 0)
    """Row and column of the upper left cell in that map: below 0 where a frame surrounds it."""

    def texts(self) -> list[list[str]]:
        """What each cell says: all with as many decimals, of two, as one needs; NaN as nothing."""
        known = self.values[np.isfinite(self.values)]
        decimals = next((n for n in (0, 1) if np.allclose(known, known.round(n), 0, 1e-9)), 2)
        return [
            ["" if np.isnan(one) else _fixed(one, decimals) for one in row] for row in self.values
        ]


def number(value: float) -> str:
    """A number in a sentence: a whole one as such, any other with four digits that count."""
    if np.isinf(value):
        return "−∞" if value < 0 else "∞"
    text = f"{value:.0f}" if value == np.round(value) else f"{value:.4g}"
    return text.replace("-", "−")


def _fixed(value: float, decimals: int) -> str:
    if np.isinf(value):
        return number(value)
    return f"{round(float(value), decimals) + 0.0:.{decimals}f}"  # + 0.0, so that −0 becomes 0


class Page(NamedTuple):
    """One picture: a title, a line below it, panels, and a sentence about the active cells."""

    title: str
    subtitle: str
    columns: Sequence[Sequence[Panel]]
    """Panels above each other, in columns next to each other."""
    caption: str
