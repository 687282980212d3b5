"""Where the panels of a page go, in pixels, and how large their cells and letters are."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from deconv.arithmetic.drawing.page import Panel

WIDTH = 800
MARGIN, GAP, TALLEST = 20, 28, 560
HEADER, CAPTION, PANEL_TITLE, BELOW = 80, 84, 36, 8

SMALLEST_TEXT = 8
SMALLEST_MARKED = 24
"""The smallest cell with room for a letter beside its number."""


class Place(NamedTuple):
    """Where a panel goes: its left and upper end, the side of its cells, and its whole width."""

    x: int
    y: int
    cell: float
    width: int


def layout(columns: Sequence[Sequence[Panel]], width: int = WIDTH) -> tuple[list[Place], int]:
    """The largest cells that fit in columns; else the panels one after another, as text is set.

    Returns the place of each panel and the lowest end of all; heights count from
    below the header.
    """
    room = width - 2 * MARGIN
    for cell in range(44, SMALLEST_MARKED - 1, -1):
        places, right, bottom = _in_columns(columns, cell, room)
        if right <= MARGIN + room and bottom <= TALLEST:
            return places, bottom
    panels = [panel for column in columns for panel in column]
    widest = max(panel.values.shape[1] for panel in panels if not panel.compact)
    for cell in range(44, SMALLEST_MARKED - 1, -1):
        places, bottom = _in_lines(panels, cell, room)
        if widest * cell <= room and bottom <= TALLEST:
            break
    return places, bottom


def _in_columns(
    columns: Sequence[Sequence[Panel]], cell: int, room: int
) -> tuple[list[Place], int, int]:
    places, x, lowest = [], MARGIN, 0
    for column in columns:
        y, wide = 0, 0
        for panel in column:
            place, height = _place(panel, x, y, cell, room)
            places.append(place)
            y, wide = y + height, max(wide, place.width)
        lowest = max(lowest, y)
        x += wide + GAP
    return places, x - GAP, lowest


def _in_lines(panels: Sequence[Panel], cell: int, room: int) -> tuple[list[Place], int]:
    places, x, y, line_height = [], MARGIN, 0, 0
    for panel in panels:
        place, height = _place(panel, x, y, cell, room)
        if x > MARGIN and x + place.width > MARGIN + room:
            y, line_height = y + line_height, 0
            place = place._replace(x=MARGIN, y=y)
        places.append(place)
        x = place.x + place.width + GAP
        line_height = max(line_height, height)
    return places, y + line_height


def _place(panel: Panel, x: int, y: int, cell: float, room: int) -> tuple[Place, int]:
    """The place of a panel, and its height. Its cells shrink where it would be too large."""
    rows, columns = panel.values.shape
    if panel.compact:
        cell = min(cell, (TALLEST - PANEL_TITLE - BELOW) / rows, 250 / columns)
    elif columns * cell > room:
        cell = room // columns
    width = max(round(columns * cell), 140)  # no less than its title needs
    return Place(x, y, cell, width), PANEL_TITLE + round(rows * cell) + BELOW


def text_size(texts: Sequence[Sequence[str]], cell: int) -> int:
    """How large the numbers of a panel are; below `SMALLEST_TEXT` they are left out."""
    longest = max(len(text) for row in texts for text in row)
    share = (cell - 2) / max(longest, 1)  # of the cell's width, for a letter
    tight = min(SMALLEST_TEXT, 1.5 * share)  # rather than nothing
    return int(min(0.48 * cell, max(1.35 * share, tight)))


def wrapped(text: str, width: float, measure: Callable[[str], float], lines: int) -> list[str]:
    """Break `text` between words so that each line fits; a full last line ends in …"""
    broken = [""]
    for word in text.split():
        longer = f"{broken[-1]} {word}".strip()
        if measure(longer) <= width:
            broken[-1] = longer
        elif len(broken) < lines:
            broken.append(word)
        else:
            broken[-1] += " …"
            break
    return broken
