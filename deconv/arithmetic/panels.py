"""Grids of numbers, drawn as pictures.

Pillow and not matplotlib, because an animation has thousands of numbered cells
and they must sit on whole pixels to stay readable. The colours are those that
people with colour-blindness can tell apart (Okabe and Ito 2008), and nothing is
told by colour alone: what is active has a thick outline, what counts has a
number.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH = 800
MARGIN, GAP, TALLEST = 20, 28, 560
HEADER, CAPTION, PANEL_TITLE = 80, 84, 36
SMALLEST_TEXT = 8
INK, FAINT, LINE = "#1a1a1a", "#8a8a8a", "#b8b8b8"

# Colours of cells are numbers into this list, because a matrix has millions of cells.
_COLOURS = (
    *("#ffffff", "#e6e6e6", "#e69f00", "#fbe2ae", "#bfe3f8"),  # as named below
    *("#d9eefa", "#b0dcf5", "#86caef", "#56b4e9"),  # ever darker blues
    *("#f6efa3", "#ecc9dd", "#b5e2d3", "#f3cdb0", "#d0d0ee", "#dfe8b4", "#e8d5c4"),  # tints
)
WHITE, GREY, ORANGE, PALE_ORANGE, SKY = range(5)
BLUES = (WHITE, 5, 6, 7, 8)
TINTS = (SKY, 9, 10, 11, 12, 13, 14, 15, GREY)
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


class Page(NamedTuple):
    """One picture: a title, a line below it, panels, and a sentence about the active cells."""

    title: str
    subtitle: str
    columns: Sequence[Sequence[Panel]]
    """Panels above each other, in columns next to each other."""
    caption: str


def draw(page: Page) -> Image.Image:
    """Draw a page, 800 pixels wide. Pages with panels of the same shapes have the same size."""
    cell, places, bottom = _layout(page.columns)
    image = Image.new("RGB", (WIDTH, HEADER + bottom + CAPTION), _COLOURS[WHITE])
    pen = ImageDraw.Draw(image)
    pen.text((MARGIN, 14), page.title, INK, _font(20, bold=True))
    pen.text((MARGIN, 44), page.subtitle, INK, _font(15))
    panels = [panel for column in page.columns for panel in column]
    for panel, (x, y) in zip(panels, places, strict=True):
        title = _wrapped(panel.title, _block_width(panel, cell), 13, lines=2)
        grid_top = HEADER + y + PANEL_TITLE
        pen.text((x, grid_top - 6), title, INK, _font(13), anchor="ld", spacing=2)
        _draw_grid(image, panel, x, grid_top, _own_cell(panel, cell))
    caption = _wrapped(page.caption, WIDTH - 2 * MARGIN, 15, lines=3)
    pen.text((MARGIN, HEADER + bottom + 12), caption, INK, _font(15), spacing=5)
    return image


def png(image: Image.Image) -> bytes:
    """The bytes of a PNG file."""
    data = io.BytesIO()
    image.quantize(palette=_palette(), dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    return data.getvalue()


def gif(images: Sequence[Image.Image], milliseconds: int) -> bytes:
    """The bytes of an animation that repeats for ever and rests on its last picture."""
    first, *rest = [
        image.quantize(palette=_palette(), dither=Image.Dither.NONE) for image in images
    ]
    data = io.BytesIO()
    first.save(
        data,
        "GIF",
        save_all=True,
        append_images=rest,
        duration=[milliseconds] * len(rest) + [3000],
        loop=0,
        optimize=True,
    )
    return data.getvalue()


@cache
def _palette() -> Image.Image:
    """All colours a page can have: those of cells and lines, and the blurred edges of letters.

    One palette for all pictures, or the unchanged parts of an animation would flicker.
    """
    cells = np.array([_rgb(colour) for colour in _COLOURS])
    inks = np.array([_rgb(colour) for colour in (INK, FAINT)])
    shares = np.arange(6)[:, None, None, None] / 6
    blends = (1 - shares) * cells[:, None] + shares * inks  # (share, cell, ink, 3)
    colours = np.vstack([*(_rgb(one) for one in (LINE, INK, FAINT)), blends.reshape(-1, 3)])
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.unique(colours.round(), axis=0).astype(np.uint8).tobytes())
    return palette


Place = tuple[int, int]


def _layout(columns: Sequence[Sequence[Panel]]) -> tuple[int, list[Place], int]:
    """The largest cells that fit in columns; else the panels one after another, as text is set.

    Returns the cell size, where each panel begins, and where the last one ends.
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
        x += max(_block_width(panel, cell) for panel in column) + GAP
    return places, x - GAP, lowest


def _in_lines(panels: Sequence[Panel], cell: int) -> tuple[list[Place], int]:
    places, x, y, line_height = [], MARGIN, 0, 0
    for panel in panels:
        width = _block_width(panel, cell)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y, line_height = MARGIN, y + line_height, 0
        places.append((x, y))
        x += width + GAP
        line_height = max(line_height, _block_height(panel, cell))
    return places, y + line_height


def _own_cell(panel: Panel, cell: int) -> float:
    if not panel.compact:
        return cell
    rows, columns = panel.values.shape
    return min(cell, (TALLEST - PANEL_TITLE) / rows, 250 / columns)


def _block_width(panel: Panel, cell: int) -> int:
    return max(round(panel.values.shape[1] * _own_cell(panel, cell)), 140)


def _block_height(panel: Panel, cell: int) -> int:
    return PANEL_TITLE + round(panel.values.shape[0] * _own_cell(panel, cell)) + 8


def _draw_grid(image: Image.Image, panel: Panel, x: int, y: int, cell: float) -> None:
    if cell < 4:
        _draw_dots(image, panel, x, y, cell)
        return
    pen, cell = ImageDraw.Draw(image), int(cell)
    texts = _texts(panel.values)
    longest = max(len(text) for row in texts for text in row)
    size = int(min(0.48 * cell, 1.35 * (cell - 2) / max(longest, 1)))
    font = _font(max(size, 1))
    for (row, column), colour in np.ndenumerate(panel.fills):
        if colour == NO_CELL:
            continue
        left, top = x + column * cell, y + row * cell
        pen.rectangle(
            (left, top, left + cell, top + cell), _COLOURS[colour], LINE if cell > 7 else None
        )
        if size >= SMALLEST_TEXT:
            faint = panel.faint is not None and panel.faint[row, column]
            centre = (left + cell / 2 + 0.5, top + cell / 2 + 0.5)
            text = texts[row][column]
            pen.text(centre, text, FAINT if faint else INK, font, anchor="mm")
    thick = 1 if cell < 9 else 2 if cell < 24 else 3
    for row, column in np.argwhere(panel.active) if panel.active is not None else ():
        left, top = x + column * cell, y + row * cell
        pen.rectangle((left, top, left + cell, top + cell), None, INK, thick)
    if panel.kept:
        top, left, bottom, right = (border * cell for border in panel.kept)
        pen.rectangle((x + left - 1, y + top - 1, x + right + 1, y + bottom + 1), None, INK, 2)


def _draw_dots(image: Image.Image, panel: Panel, x: int, y: int, cell: float) -> None:
    """A grid with cells of fewer than 4 pixels: colours alone, and an arrow at the active row."""
    palette = np.array([_rgb(colour) for colour in _COLOURS], dtype=np.uint8)
    pixels = Image.fromarray(palette[panel.fills])
    size = [max(1, round(n * cell)) for n in pixels.size]
    if cell < 1:  # let single dots survive the shrinking
        pixels = pixels.filter(ImageFilter.MinFilter(3)).resize(size, Image.Resampling.BOX)
    else:
        pixels = pixels.resize(size, Image.Resampling.NEAREST)
    image.paste(pixels, (x, y))
    pen = ImageDraw.Draw(image)
    pen.rectangle((x - 1, y - 1, x + size[0], y + size[1]), None, LINE)
    if panel.active is not None and panel.active.any():
        row = y + round((np.argwhere(panel.active.any(axis=1))[0, 0] + 0.5) * cell)
        pen.line((x, row, x + size[0], row), _COLOURS[ORANGE], 2)
        pen.polygon([(x - 12, row - 6), (x - 12, row + 6), (x - 3, row)], INK)


def _rgb(colour: str) -> list[int]:
    return list(bytes.fromhex(colour[1:]))


def _texts(values: np.ndarray) -> list[list[str]]:
    """Print whole numbers as such, others with one decimal; leave NaN out."""
    known = values[~np.isnan(values)]
    decimals = 0 if (known == known.round()).all() else 1
    return [["" if np.isnan(one) else f"{one:.{decimals}f}" for one in row] for row in values]


def _wrapped(text: str, width: int, size: int, lines: int) -> str:
    """Break `text` between words so that each line fits; a full last line ends in …"""
    broken, font = [""], _font(size)
    for word in text.split():
        longer = f"{broken[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            broken[-1] = longer
        elif len(broken) < lines:
            broken.append(word)
        else:
            broken[-1] += " …"
            break
    return "\n".join(broken)


@cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib and so is the same on every machine."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)
