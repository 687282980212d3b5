"""Where the panels of a page go, in pixels, and how large their cells are."""

from collections.abc import Sequence

from deconv.arithmetic.drawing.page import Panel

WIDTH = 800
MARGIN, GAP, TALLEST = 20, 28, 560
HEADER, CAPTION, PANEL_TITLE = 80, 84, 36

Place = tuple[int, int]


def layout(columns: Sequence[Sequence[Panel]]) -> tuple[int, list[Place], int]:
    """The largest cells that fit in columns; else the panels one after another, as text is set.

    Returns the side of a cell, the left and upper end of each panel, and the
    lowest end of all; heights count from below the header.
    """
    for cell in range(44, 20, -1):
        places, right, bottom = _in_columns(columns, cell)
        if right <= WIDTH - MARGIN and bottom <= TALLEST:
            return cell, places, bottom
    panels = [panel for column in columns for panel in column]
    widest = max(panel.values.shape[1] for panel in panels if not panel.compact)
    cell = min(24, (WIDTH - 2 * MARGIN) // widest)
    return cell, *_in_lines(panels, cell)


def _in_columns(columns: Sequence[Sequence[Panel]], cell: int) -> tuple[list[Place], int, int]:
    places, x, lowest = [], MARGIN, 0
    for column in columns:
        y = 0
        for panel in column:
            places.append((x, y))
            y += _block_height(panel, cell)
        lowest = max(lowest, y)
        x += max(block_width(panel, cell) for panel in column) + GAP
    return places, x - GAP, lowest


def _in_lines(panels: Sequence[Panel], cell: int) -> tuple[list[Place], int]:
    places, x, y, line_height = [], MARGIN, 0, 0
    for panel in panels:
        width = block_width(panel, cell)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y, line_height = MARGIN, y + line_height, 0
        places.append((x, y))
        x += width + GAP
        line_height = max(line_height, _block_height(panel, cell))
    return places, y + line_height


def own_cell(panel: Panel, cell: int) -> float:
    """The side of a cell in this panel, where the page's other cells have `cell`."""
    if not panel.compact:
        return cell
    rows, columns = panel.values.shape
    return min(cell, (TALLEST - PANEL_TITLE) / rows, 250 / columns)


def block_width(panel: Panel, cell: int) -> int:
    """How wide a panel is: its cells, but no less than its title needs."""
    return max(round(panel.values.shape[1] * own_cell(panel, cell)), 140)


def _block_height(panel: Panel, cell: int) -> int:
    return PANEL_TITLE + round(panel.values.shape[0] * own_cell(panel, cell)) + 8
