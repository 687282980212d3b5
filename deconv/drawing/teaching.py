"""The figures of the notebooks: small arrays drawn so that their numbers can be followed.

They keep the size, the colours and the rules of `deconv.drawing.plots`. Lengths are
whole pixels, so that every pixel of an image is drawn equally large.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import ScalarFormatter

from deconv.arithmetic import conv_transpose2d
from deconv.drawing.plots import (
    BLUE,
    DPI,
    GREEN,
    NOTE,
    ORANGE,
    VERMILION,
    WIDTH,
    charts,
    grey_scale,
    style,
)
from deconv.errors import ImageError

_PALE = LinearSegmentedColormap.from_list("pale", ["#ffffff", "#9cc9e8"])
_HATCHED: dict[str, Any] = {"fc": "#ffffff99", "ec": "#888888", "hatch": "////", "lw": 0}
_SIDES = (168, 140, 112, 84, 56, 28)
"""Pixels across one image of a grid: multiples of 7, 14 and 28, the sizes of our maps."""


def image_grid(
    images: Sequence[np.ndarray],
    columns: int,
    *,
    captions: Sequence[str] = (),
    headings: Sequence[str] = (),
    row_labels: Sequence[str] = (),
    limits: tuple[float, float] | None = (-1.0, 1.0),
    title: str = "",
    unit: str = "",
) -> Figure:
    """Draw grey images `(H, W)` row by row, all equally large, whatever their pixels.

    `captions` stand under the images, one each or none; `headings` over the
    columns; `row_labels` beside the rows. `limits` are the values drawn black and
    white, in `unit`; with None every image spans its own. A line under the `title`
    says so. Raises `ImageError` for no images.
    """
    if not len(images):
        raise ImageError("there are no images to draw; give at least one")
    left, gap = max((16 + 9 * len(label) for label in row_labels), default=10), 6
    caption = 22 if captions else 0
    lines = max((heading.count("\n") + 1 for heading in headings), default=0)
    head = 24 if title else 4
    top = head + 24 + 18 * lines
    side = next((s for s in _SIDES if left + columns * (s + gap) <= WIDTH), _SIDES[-1])
    step = side + gap + caption
    scale = grey_scale(limits, unit)
    width = max(left + columns * (side + gap) + 4, 14 + 8 * len(title), 14 + 6.5 * len(scale))
    height = top + -(-len(images) // columns) * step + 4
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)

    low, high = limits or (None, None)
    figure.text(10 / width, 1 - 5 / height, title, fontsize=10, va="top")
    figure.text(10 / width, 1 - head / height, scale, **NOTE)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        x, y = left + column * (side + gap), height - top - row * step - side
        axes = figure.add_axes((x / width, y / height, side / width, side / height))
        axes.imshow(image, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        _bare(axes)
        if row == 0 and column < len(headings):
            axes.set_title(headings[column], fontsize=8.5, pad=4)
        if column == 0 and row < len(row_labels):
            axes.set_ylabel(row_labels[row], fontsize=9, rotation=0, ha="right", va="center")
        if index < len(captions):
            axes.set_xlabel(captions[index], fontsize=8.5, labelpad=3)
    return figure


def stamps(image: np.ndarray, kernel: np.ndarray, stride: int = 1) -> Figure:
    """Draw a transposed convolution by hand: the stamp of every input pixel, and their sum.

    `image (h, w)` and `kernel (kh, kw)` are small arrays of numbers that are short
    to write; there is no padding. Pixel `(i, j)` puts `image[i, j]·kernel` at
    `(i·stride, j·stride)`.
    """
    canvases, titles = [], []
    for place in np.ndindex(*image.shape):
        single = np.zeros_like(image)
        single[place] = 1
        reached = _transpose(single, np.ones_like(kernel), stride) > 0
        stamp = _transpose(single * image[place], kernel, stride).astype(float)
        canvases.append(np.where(reached, stamp, np.nan))
        titles.append(f"{image[place]} × kernel")
    total = _transpose(image, kernel, stride)
    return number_grids(
        [image, kernel, *canvases, total],
        ["input", "kernel", *titles, "their sum"],
        title=f"Transposed convolution, stride {stride}, no padding",
    )


def padded_stamps(
    image: np.ndarray,
    kernel: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
) -> Figure:
    """Draw what padding cuts off the sum of all stamps, hatched, and what is left.

    `image (h, w)` and `kernel (kh, kw)` are small arrays of numbers that are short to
    write. Raises `ConfigError` for a layer that cannot be.
    """
    output = conv_transpose2d(
        image[None, None],
        kernel[None, None],
        stride=stride,
        padding=padding,
        output_padding=output_padding,
    )[0, 0]
    whole = _transpose(image, kernel, stride)
    more = max(0, output_padding - padding)  # rows and columns where no stamp was printed
    whole = np.pad(whole, ((0, more), (0, more)))
    cut = np.ones(whole.shape, bool)
    cut[padding : padding + output.shape[0], padding : padding + output.shape[1]] = False
    rows, columns = ("×".join(map(str, array.shape)) for array in (whole, output))
    return number_grids(
        [image, kernel, whole, output],
        ["input", "kernel", f"all stamps, {rows}", f"output, {columns}"],
        cut=[None, None, cut, None],
        title=f"Stride {stride}, padding {padding}, output padding {output_padding}; "
        + ("hatched: cut off by padding" if cut.any() else "nothing is cut off"),
    )


def _transpose(image: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    return conv_transpose2d(image[None, None], kernel[None, None], stride=stride)[0, 0]


def number_grids(
    arrays: Sequence[np.ndarray],
    titles: Sequence[str],
    *,
    cut: Sequence[np.ndarray | None] = (),
    title: str = "",
    largest: int = 44,
) -> Figure:
    """Draw arrays `(h, w)` next to each other with their numbers; the larger, the bluer.

    NaN leaves a cell empty. `cut` has for each array which cells are hatched, as
    booleans `(h, w)`, or None. A cell has at most `largest` pixels a side. The deepest
    blue is the array's own largest number.
    """
    widths = [array.shape[1] for array in arrays]
    cell = min(largest, (WIDTH - 20) // (sum(widths) + len(arrays) - 1))
    top = 58 if title else 34
    width, height = WIDTH, top + max(len(array) for array in arrays) * cell + 12
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    figure.text(10 / width, 1 - 5 / height, title, fontsize=10, va="top")
    x = 10
    for array, name, hatched in zip(arrays, titles, cut or [None] * len(arrays), strict=True):
        rows, columns = array.shape
        place = (x, height - top - rows * cell, columns * cell, rows * cell)
        axes = figure.add_axes(
            tuple(n / whole for n, whole in zip(place, (width, height) * 2, strict=True))
        )
        _numbers(axes, array, cell)
        for row, column in [] if hatched is None else np.argwhere(hatched):
            corner = (column - 0.5, row - 0.5)
            axes.add_patch(Rectangle(corner, 1, 1, **_HATCHED))
        axes.set_title(name, fontsize=9, pad=5)
        x += (columns + 1) * cell
    return figure


def _numbers(axes: Axes, array: np.ndarray, cell: int) -> None:
    """Draw the cells of an array, `cell` pixels wide, with their numbers as large as fits."""
    longest = max(len(f"{value:g}") for value in array.flat)
    size = min(9, cell / 3, 0.85 * cell / longest)
    axes.imshow(array, cmap=_PALE, vmin=0, vmax=max(1.0, float(np.nanmax(array))))
    for (row, column), value in np.ndenumerate(array):
        if np.isfinite(value):
            axes.text(column, row, f"{value:g}", ha="center", va="center", fontsize=size)
    rows, columns = array.shape
    axes.set_xticks(np.arange(columns + 1) - 0.5, [])
    axes.set_yticks(np.arange(rows + 1) - 0.5, [])
    axes.grid(color="#cccccc", linewidth=0.6)
    axes.tick_params(length=0)
    axes.spines[:].set(color="#cccccc", linewidth=1.2)


def psnr_by_size(
    sizes: Sequence[int],
    psnr: Mapping[str, Sequence[float]],
    ceiling: float,
    image_size: int,
    title: str = "",
) -> Figure:
    """Draw PSNR against how many numbers are kept for an image, a line per label.

    A line passes over sizes where it is NaN. `ceiling` is the PSNR with all numbers
    kept; `image_size` is the number of pixels, from which on nothing is compressed.
    """
    figure, (axes,) = charts(1, title)
    looks = zip((BLUE, ORANGE, GREEN), ("o-", "s--", "^:"), strict=True)
    for (label, values), (colour, line) in zip(psnr.items(), looks, strict=False):
        known = [(size, value) for size, value in zip(sizes, values, strict=True) if value == value]
        axes.plot(*zip(*known, strict=True), line, c=colour, ms=5, label=label)
    axes.axhline(ceiling, c=VERMILION, lw=1.2, label=f"the whole latent: {ceiling:.1f} dB")
    axes.axvline(image_size, c="#777777", lw=1.0, ls=":", label=f"{image_size} pixels in an image")
    axes.set_xscale("log", base=2)
    axes.set_xticks([*sizes, image_size], [str(size) for size in (*sizes, image_size)])
    axes.yaxis.set_major_formatter(ScalarFormatter())
    style(axes, "numbers kept for each image", "mean test PSNR (dB)")
    axes.legend(fontsize=9, frameon=False, loc="center left")
    return figure


def _bare(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
