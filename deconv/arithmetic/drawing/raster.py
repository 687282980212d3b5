"""Pages drawn as pixels: pictures (PNG) and animations (GIF).

Pillow and not matplotlib, because an animation has thousands of numbered cells
and they must sit on whole pixels to stay readable.
"""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from deconv.arithmetic.drawing.layout import (
    CAPTION,
    HEADER,
    MARGIN,
    PANEL_TITLE,
    SMALLEST_MARKED,
    SMALLEST_TEXT,
    WIDTH,
    layout,
    text_size,
    wrapped,
)
from deconv.arithmetic.drawing.page import (
    COLOURS,
    FAINT,
    INK,
    LINE,
    NO_CELL,
    ORANGE,
    WHITE,
    Page,
    Panel,
)


def draw(page: Page) -> Image.Image:
    """Draw a page, 800 pixels wide. Pages with panels of the same shapes have the same size."""
    places, bottom = layout(page.columns)
    image = Image.new("RGB", (WIDTH, HEADER + bottom + CAPTION), COLOURS[WHITE])
    pen = ImageDraw.Draw(image)
    pen.text((MARGIN, 14), page.title, INK, _font(20, bold=True))
    pen.text((MARGIN, 44), page.subtitle, INK, _font(15))
    panels = [panel for column in page.columns for panel in column]
    for panel, place in zip(panels, places, strict=True):
        title = _wrapped(panel.title, place.width, 13, lines=2)
        grid_top = HEADER + place.y + PANEL_TITLE
        pen.text((place.x, grid_top - 6), title, INK, _font(13), anchor="ld", spacing=2)
        _draw_grid(image, panel, place.x, grid_top, place.cell)
    caption = _wrapped(page.caption, WIDTH - 2 * MARGIN, 15, lines=3)
    pen.text((MARGIN, HEADER + bottom + 12), caption, INK, _font(15), spacing=5)
    return image


def png(image: Image.Image) -> bytes:
    """The bytes of a PNG file."""
    data = io.BytesIO()
    image.quantize(palette=_palette(), dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    return data.getvalue()


def gif(images: Sequence[Image.Image], milliseconds: Sequence[int]) -> bytes:
    """The bytes of an animation that repeats for ever and shows each picture for its time."""
    first, *rest = [
        image.quantize(palette=_palette(), dither=Image.Dither.NONE) for image in images
    ]
    data = io.BytesIO()
    first.save(
        data,
        "GIF",
        save_all=True,
        append_images=rest,
        duration=list(milliseconds),
        loop=0,
        optimize=True,
    )
    return data.getvalue()


@cache
def _palette() -> Image.Image:
    """All colours a page can have: those of cells and lines, and the blurred edges of letters.

    One palette for all pictures, or the unchanged parts of an animation would flicker.
    """
    cells = np.array([_rgb(colour) for colour in COLOURS])
    inks = np.array([_rgb(colour) for colour in (INK, FAINT)])
    shares = np.arange(6)[:, None, None, None] / 6
    blends = (1 - shares) * cells[:, None] + shares * inks  # (share, cell, ink, 3)
    colours = np.vstack([*(_rgb(one) for one in (LINE, INK, FAINT)), blends.reshape(-1, 3)])
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.unique(colours.round(), axis=0).astype(np.uint8).tobytes())
    return palette


def _draw_grid(image: Image.Image, panel: Panel, x: int, y: int, cell: float) -> None:
    if cell < 4:
        _draw_dots(image, panel, x, y, cell)
        return
    pen, cell = ImageDraw.Draw(image), int(cell)
    texts = panel.texts()
    size = text_size(texts, cell)
    font = _font(max(size, 1))
    for (row, column), colour in np.ndenumerate(panel.fills):
        if colour == NO_CELL:
            continue
        left, top = x + column * cell, y + row * cell
        pen.rectangle(
            (left, top, left + cell, top + cell), COLOURS[colour], LINE if cell > 7 else None
        )
        if size >= SMALLEST_TEXT:
            faint = panel.faint is not None and panel.faint[row, column]
            centre = (left + cell / 2 + 0.5, top + cell / 2 + 0.5)
            text = texts[row][column]
            pen.text(centre, text, FAINT if faint else INK, font, anchor="mm")
        if panel.marks is not None and cell >= SMALLEST_MARKED:
            mark = str(panel.marks[row, column])
            pen.text((left + 4, top + 1), mark, INK, _font(int(0.26 * cell)))
    thick = 1 if cell < 9 else 2 if cell < 24 else 3
    for row, column in np.argwhere(panel.active) if panel.active is not None else ():
        left, top = x + column * cell, y + row * cell
        pen.rectangle((left, top, left + cell, top + cell), None, INK, thick)
    if panel.kept:
        top, left, bottom, right = (border * cell for border in panel.kept)
        pen.rectangle((x + left - 1, y + top - 1, x + right + 1, y + bottom + 1), None, INK, 2)


def _draw_dots(image: Image.Image, panel: Panel, x: int, y: int, cell: float) -> None:
    """A grid with cells of fewer than 4 pixels: colours alone, and an arrow at the active row."""
    palette = np.array([_rgb(colour) for colour in COLOURS], dtype=np.uint8)
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
        pen.line((x, row, x + size[0], row), COLOURS[ORANGE], 2)
        pen.polygon([(x - 12, row - 6), (x - 12, row + 6), (x - 3, row)], INK)


def _rgb(colour: str) -> list[int]:
    return list(bytes.fromhex(colour[1:]))


def _wrapped(text: str, width: int, size: int, lines: int) -> str:
    return "\n".join(wrapped(text, width, _font(size).getlength, lines))


@cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib and so is the same on every machine."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)
