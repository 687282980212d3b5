"""Pages drawn as SVG: text that a browser scales, and cells that a page can listen to.

The layout is that of the pictures in pixels, so a reader finds the same picture in
the documentation, in a notebook and in a browser. Nothing here needs more than
NumPy, and a page may forbid inline styles (Content-Security-Policy): colours are
attributes, and there are no ids that two pictures could share. What a program
needs to know of a cell is in `data-` attributes: the group of a panel has
`data-map`, each cell `data-row` and `data-column` in that map; a sheet of small
cells has their numbers and the place of its first one.
"""

from collections.abc import Iterable, Iterator
from html import escape

import numpy as np

from deconv.arithmetic.drawing.layout import (
    MARGIN,
    PANEL_TITLE,
    SMALLEST_MARKED,
    SMALLEST_TEXT,
    WIDTH,
    Place,
    layout,
    text_size,
    wrapped,
)
from deconv.arithmetic.drawing.page import NO_CELL, WHITE, Page, Panel
from deconv.arithmetic.drawing.theme import LIGHT, NAMES, variable
from deconv.arithmetic.sizes import whole
from deconv.errors import ConfigError

NARROWEST = 280
SMALLEST_CELL = 16
"""Smaller cells are drawn together, a path for each colour, on a sheet that says how many."""

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',Arial,sans-serif"
LETTER, BOLD_LETTER = 0.57, 0.65
"""Width of an average letter, in letter heights, of the widest of these fonts."""


def svg(page: Page, width: int = WIDTH, themed: bool = True) -> str:
    """Draw a page as SVG text, `width` pixels wide (280 to 800); the same page, the same text.

    Pages with panels of the same shapes have the same size. The colours are CSS
    properties that the page around the picture can set (see `theme`), or with
    `themed=False` fixed, for programs that know no such properties. Raises
    `ConfigError` for another width.
    """
    if whole("width", width, NARROWEST) > WIDTH:
        raise ConfigError(f"width must be at most {WIDTH}, but is {width}")
    return "".join(_Drawing(page, width, themed).parts())


class _Drawing:
    """One page on its way to SVG."""

    def __init__(self, page: Page, width: int, themed: bool) -> None:
        self.page, self.width = page, width
        self.colour = variable if themed else LIGHT.__getitem__
        self.fills = [self.colour(name) for name in NAMES]
        self.places, self.bottom = layout(page.columns, width)

    def parts(self) -> Iterator[str]:
        """The text, in pieces."""
        room = self.width - 2 * MARGIN
        size = 19 if self.width > 500 else 16
        title = _lines(self.page.title, room, size, BOLD_LETTER)
        subtitle = _lines(self.page.subtitle, room, 15)
        caption = _lines(self.page.caption, room, 15)
        below_title = 14 + (size + 6) * len(title)
        top = below_title + 20 * len(subtitle) + 8
        end = top + self.bottom + 10
        height = end + 20 * _caption_lines(room) + 10
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height}" '
            f'width="{self.width}" height="{height}" role="img" font-family="{FONT}" '
            f'fill="{self.colour("ink")}">'
            f"<title>{escape(' '.join(self.page.title.split()))}</title>"
            f"<desc>{escape(f'{self.page.subtitle} {self.page.caption}')}</desc>"
            f'<rect width="{self.width}" height="{height}" fill="{self.fills[WHITE]}"/>'
        )
        yield from _text(
            title, MARGIN, 13 + size, size + 6, f'font-size="{size}" font-weight="bold"'
        )
        yield from _text(subtitle, MARGIN, below_title + 15, 20, 'font-size="15"')
        panels = [panel for column in self.page.columns for panel in column]
        for panel, place in zip(panels, self.places, strict=True):
            yield from self._panel(panel, place, top)
        yield from _text(caption, MARGIN, end + 15, 20, 'font-size="15"')
        yield "</svg>"

    def _panel(self, panel: Panel, place: Place, top: int) -> Iterator[str]:
        cell = int(place.cell) if place.cell > 7 else place.cell
        name = f' data-map="{escape(panel.name)}"' * bool(panel.name)
        title = wrapped(panel.title, place.width, lambda text: LETTER * 13 * len(text), 2)
        yield f'<g transform="translate({place.x} {top + place.y + PANEL_TITLE})"{name}>'
        yield "<title/>"  # or the picture's title would pop up over every cell
        yield from _text(title, 0, -8 - 16 * (len(title) - 1), 16, 'font-size="13"')
        if cell < SMALLEST_CELL:
            yield from self._small_cells(panel, cell)
        else:
            yield from self._cells(panel, int(cell))
            yield from self._numbers(panel, int(cell))
        yield from self._outlines(panel, cell)
        yield "</g>"

    def _cells(self, panel: Panel, cell: int) -> Iterator[str]:
        """A rectangle for each cell, grouped by colour."""
        down, across = panel.first
        yield f'<g stroke="{self.colour("line")}" shape-rendering="crispEdges">'
        for fill in np.unique(panel.fills[panel.fills != NO_CELL]):
            yield f'<g fill="{self.fills[fill]}">'
            for row, column in np.argwhere(panel.fills == fill).tolist():
                yield (
                    f'<rect data-row="{row + down}" data-column="{column + across}" '
                    f'x="{column * cell}" y="{row * cell}" width="{cell}" height="{cell}"/>'
                )
            yield "</g>"
        yield "</g>"

    def _numbers(self, panel: Panel, cell: int) -> Iterator[str]:
        """The numbers, ink and faint ones, and the letters of phases."""
        texts = panel.texts()
        size = text_size(texts, cell)
        faint = np.zeros(panel.fills.shape, bool) if panel.faint is None else panel.faint
        shown = panel.fills != NO_CELL
        yield '<g pointer-events="none" text-anchor="middle">'
        for where, fill in ((~faint, ""), (faint, f' fill="{self.colour("faint")}"')):
            cells = [(r, c) for r, c in np.argwhere(where & shown).tolist() if texts[r][c]]
            if size >= SMALLEST_TEXT and cells:
                yield f'<g font-size="{size}"{fill}>'
                for row, column in cells:
                    x, y = column * cell + cell / 2, row * cell + cell / 2 + 0.36 * size
                    said = texts[row][column].replace("-", "−")
                    yield f'<text x="{x:g}" y="{y:.4g}">{said}</text>'
                yield "</g>"
        yield "</g>"
        if panel.marks is not None and cell >= SMALLEST_MARKED:
            yield f'<g pointer-events="none" font-size="{int(0.26 * cell)}">'
            for (row, column), mark in np.ndenumerate(panel.marks):
                if mark and shown[row, column]:
                    x, y = column * cell + 4, row * cell + 2 + int(0.26 * cell)
                    yield f'<text x="{x}" y="{y}">{escape(str(mark))}</text>'
            yield "</g>"

    def _small_cells(self, panel: Panel, cell: float) -> Iterator[str]:
        """Cells without numbers: a path of runs for each colour, on a sheet of the commonest."""
        (rows, columns), (down, across) = panel.fills.shape, panel.first
        width, height, line = columns * cell, rows * cell, self.colour("line")
        fills = np.where(panel.fills == NO_CELL, WHITE, panel.fills)
        found, counts = np.unique(fills, return_counts=True)
        sheet = int(found[counts.argmax()])
        yield (
            f'<rect data-rows="{rows}" data-columns="{columns}" data-first-row="{down}" '
            f'data-first-column="{across}" width="{width:g}" height="{height:g}" '
            f'fill="{self.fills[sheet]}" stroke="{line}"/>'
            '<g pointer-events="none" shape-rendering="crispEdges">'
        )
        for fill in found.tolist():
            if fill != sheet:
                dots, side = _at_least_a_pixel(fills == fill, cell)
                path = "".join(
                    _box(start * side, row * side, length * side, side)
                    for row, start, length in _runs(dots)
                )
                yield f'<path fill="{self.fills[fill]}" d="{path}"/>'
        if cell > 7:
            path = "".join(f"M0 {row * cell:g}h{width:g}" for row in range(1, rows))
            path += "".join(f"M{column * cell:g} 0v{height:g}" for column in range(1, columns))
            yield f'<path stroke="{line}" d="{path}"/>'
        yield "</g>"

    def _outlines(self, panel: Panel, cell: float) -> Iterator[str]:
        """Thick lines around the active cells and around the part that is kept."""
        active = np.argwhere(panel.active).tolist() if panel.active is not None else []
        path = ""
        if active and cell < 4:  # an arrow at the active row
            path = f"M-3 {(active[0][0] + 0.5) * cell:g}l-9 -6v12z"
            yield f'<path pointer-events="none" d="{path}"/>'
        elif active:
            thick = 1 if cell < 9 else 2 if cell < 24 else 3
            for row, column in active:
                x, y = column * cell + thick / 2, row * cell + thick / 2
                path += _box(x, y, cell - thick, cell - thick)
            yield self._outline(path, thick)
        if panel.kept:
            top, left, bottom, right = (border * cell for border in panel.kept)
            yield self._outline(_box(left, top, right - left, bottom - top), 3)

    def _outline(self, path: str, thick: int) -> str:
        return (
            f'<path pointer-events="none" fill="none" stroke="{self.colour("ink")}" '
            f'stroke-width="{thick}" d="{path}"/>'
        )


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:.5g} {y:.5g}h{width:.5g}v{height:.5g}h{-width:.5g}z"


def _at_least_a_pixel(mask: np.ndarray, cell: float) -> tuple[np.ndarray, float]:
    """Join cells that are smaller than a pixel, so that single ones stay visible."""
    block = max(1, int(1 / cell))
    for axis in (0, 1):
        mask = np.logical_or.reduceat(mask, np.arange(0, mask.shape[axis], block), axis)
    return mask, cell * block


def _runs(mask: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Row, first column and length of each stretch of true cells."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8))
    starts, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    for (row, start), (_, end) in zip(starts.tolist(), ends.tolist(), strict=True):
        yield row, start, end - start


def _lines(text: str, room: int, size: int, letter: float = LETTER) -> list[str]:
    return wrapped(text, room, lambda line: letter * size * len(line), _caption_lines(room))


def _caption_lines(room: int) -> int:
    """How many lines of that width hold as much text as three of the widest."""
    return -(-3 * (WIDTH - 2 * MARGIN) // room)


def _text(lines: Iterable[str], x: int, y: int, step: int, font: str) -> Iterator[str]:
    yield f"<g {font}>"
    for number, line in enumerate(lines):
        yield f'<text x="{x}" y="{y + number * step}">{escape(line)}</text>'
    yield "</g>"
