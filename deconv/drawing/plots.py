"""Figures of results, and the style that every figure of the project has.

Figures are made from `matplotlib.figure.Figure`, never through pyplot: pyplot
keeps a global list of figures, which leaks memory and is not safe in threads.
Each framework has its own colour everywhere, from a palette that people with
colour-blindness can tell apart (Okabe and Ito 2008, "Color universal design").
"""

import io
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import LogFormatterSciNotation, LogLocator, MaxNLocator, NullLocator

from deconv import metrics
from deconv.errors import ImageError
from deconv.files import write_atomically
from deconv.running.record import EpochRow

DPI = 120
HEIGHT = 420  # pixels of a figure of charts
WIDTH = 1000
"""Pixels across a figure; its text stays readable when it is shown at 800."""

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#777777"

FRAMEWORK_COLOURS = {"pytorch": VERMILION, "tensorflow": BLUE, "numpy": GREEN}
NOTE: dict[str, Any] = {"fontsize": 8, "va": "top", "color": "#555555"}
"""Look of the line under a title that says what black and white stand for: `grey_scale`."""
_OTHER_COLOURS = (PURPLE, ORANGE, SKY, BLACK)
_LINES = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "D"))


def colours(labels: Iterable[str]) -> dict[str, str]:
    """Give each label the colour of the framework it names, or else one that is still free."""
    chosen: dict[str, str] = {}
    for label in labels:
        own = [c for name, c in FRAMEWORK_COLOURS.items() if name in label.lower()]
        free = [c for c in (*own, *_OTHER_COLOURS) if c not in chosen.values()]
        chosen[label] = free[0] if free else GREY
    return chosen


def charts(count: int, title: str = "") -> tuple[Figure, list[Axes]]:
    """Return a figure with `count` charts next to each other."""
    spaced = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, layout=spaced)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure, list(figure.subplots(1, count, squeeze=False)[0])


def style(axes: Axes, x_label: str, y_label: str) -> None:
    """Give a chart its axis labels and the look that all charts have."""
    axes.set_xlabel(x_label, fontsize=10)
    axes.set_ylabel(y_label, fontsize=10)
    axes.tick_params(labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def grey_scale(limits: tuple[float, float] | None = (-1.0, 1.0), unit: str = "") -> str:
    """Say in a line what black and white stand for; None: each picture spans its own range."""
    if limits is None:
        return "scale: each picture from its own lowest value (black) to its highest (white)"
    low, high = (f"{value:g}".replace("-", "−") for value in limits)
    return f"scale: black {low}, white {high} {unit}".rstrip()


def png(figure: Figure) -> bytes:
    """Render a figure; the same figure gives the same bytes, with no date or version in them."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DPI, metadata={"Software": None})
    return data.getvalue()


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all; raises `ArtifactError` if that fails."""
    write_atomically(path, png(figure))


def reconstructions(images: np.ndarray, outputs: np.ndarray, title: str = "") -> Figure:
    """Draw originals over their reconstructions, with the PSNR under each column.

    Both arrays are floats `(N, 28, 28, 1)` in [-1, 1]; anything else raises
    `ImageError`. After ten images the figure goes on in a further pair of rows.
    """
    return reconstructions_compared(images, {"reconstruction": outputs}, title)


def reconstructions_compared(
    images: np.ndarray, outputs: Mapping[str, np.ndarray], title: str = ""
) -> Figure:
    """Draw originals over one row of reconstructions for each label, with the PSNR under each.

    Arrays are floats `(N, 28, 28, 1)` in [-1, 1]; anything else raises `ImageError`.
    """
    decibels = {label: metrics.psnr(output, images) for label, output in outputs.items()}

    # All lengths are whole pixels, so that every pixel of an image is drawn equally large.
    bands = -(-len(images) // 10)
    columns = -(-len(images) // bands)
    margin, caption, note = 125, 26, 40 if title else 12
    head = note + 24
    zoom = min(8, (WIDTH - margin) // (columns * 29))
    side, step = zoom * 28, zoom * 29
    band_height = step + len(outputs) * (side + caption) + 8
    width, height = max(640, margin + columns * step), head + bands * band_height
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    figure.text(margin / width, 1 - 12 / height, title, fontsize=11, va="top")
    figure.text(margin / width, 1 - note / height, grey_scale(), **NOTE)

    for index in range(len(images)):
        band, column = divmod(index, columns)
        left, top = margin + column * step, head + band * band_height
        cells = [_image(figure, images[index], left, top, side)]
        top += step
        for label, output in outputs.items():
            cells.append(_image(figure, output[index], left, top, side))
            cells[-1].set_xlabel(_in_decibels(decibels[label][index]), fontsize=9, labelpad=3)
            top += side + caption
        if column == 0:
            for axes, label in zip(cells, ["original", *outputs], strict=True):
                name = textwrap.fill(label, 16, break_on_hyphens=False)
                axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8.5)
    return figure


def _image(figure: Figure, image: np.ndarray, left: int, top: int, side: int) -> Axes:
    """Draw one image with its upper left corner at these pixels, counted from the top left."""
    width, height = figure.get_size_inches() * DPI
    axes = figure.add_axes((left / width, 1 - (top + side) / height, side / width, side / height))
    axes.imshow(image.reshape(28, 28), cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes


def _in_decibels(psnr: float) -> str:
    return f"{psnr:.1f} dB" if np.isfinite(psnr) else "∞ dB"


def curves(history: Sequence[EpochRow], title: str = "") -> Figure:
    """Draw losses and validation PSNR over the epochs, with the best epoch ringed.

    The best epoch has the lowest validation loss. The colour is that of the
    framework that the title names.
    """
    figure, (loss, psnr) = charts(2, title)
    epochs = [row.epoch for row in history]
    loss.plot(epochs, [row.train_loss for row in history], "s--", c=GREY, ms=4, label="training")
    _validation(loss, psnr, history, colours([title])[title], ("-", "o"), "validation")
    _finish_curves(loss, psnr, "loss (mean squared error)")
    return figure


def curves_compared(histories: Mapping[str, Sequence[EpochRow]], title: str = "") -> Figure:
    """Draw validation loss and PSNR of several runs over the epochs, each best epoch ringed."""
    figure, (loss, psnr) = charts(2, title)
    colour = colours(histories)
    for number, (label, history) in enumerate(histories.items()):
        _validation(loss, psnr, history, colour[label], _LINES[number % len(_LINES)], label)
    _finish_curves(loss, psnr, "validation loss (mean squared error)")
    return figure


def _validation(
    loss: Axes,
    psnr: Axes,
    history: Sequence[EpochRow],
    colour: str,
    line: tuple[str, str],
    label: str,
) -> None:
    """Draw validation loss and PSNR of one run, with a ring around its best epoch."""
    epochs = [row.epoch for row in history]
    look: dict[str, Any] = {"c": colour, "ls": line[0], "marker": line[1], "ms": 4}
    loss.plot(epochs, [row.validation_loss for row in history], label=label, **look)
    psnr.plot(epochs, [row.validation_psnr for row in history], **look)
    best = min(history, key=lambda row: row.validation_loss)
    ring: dict[str, Any] = {
        "ls": "",
        "marker": "o",
        "ms": 12,
        "mfc": "none",
        "mec": colour,
        "mew": 1.5,
    }
    loss.plot(best.epoch, best.validation_loss, **ring)
    name = f"best epoch {best.epoch}: {_in_decibels(best.validation_psnr)}"
    psnr.plot(best.epoch, best.validation_psnr, label=name, **ring)


def _finish_curves(loss: Axes, psnr: Axes, loss_label: str) -> None:
    style(loss, "epoch", loss_label)
    style(psnr, "epoch", "validation PSNR (dB)")
    loss.set_yscale("log")
    bottom, top = loss.get_ylim()
    loss.yaxis.set_major_locator(
        LogLocator(subs=(1, 1.5, 2, 3, 5, 8) if top < 30 * bottom else (1, 3))
    )
    every_tick = LogFormatterSciNotation(labelOnlyBase=False, minor_thresholds=(np.inf, np.inf))
    loss.yaxis.set_major_formatter(every_tick)
    loss.yaxis.set_minor_locator(NullLocator())
    for axes in (loss, psnr):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.margins(x=0.06)
    loss.legend(fontsize=9, frameon=False, loc="upper right")
    psnr.legend(fontsize=9, frameon=False, loc="lower right")


def psnr_distribution(psnr: Mapping[str, np.ndarray], title: str = "") -> Figure:
    """Draw how many images have which PSNR, one outline per label, with each mean marked.

    `psnr` holds decibels per image, `(N,)`. Perfect images have no finite PSNR and
    are left out. Raises `ImageError` when that leaves none.
    """
    finite = {label: values[np.isfinite(values)] for label, values in psnr.items()}
    for label, values in finite.items():
        if not len(values):
            raise ImageError(f"{label}: there is no image with a finite PSNR to draw")
    together = np.concatenate(list(finite.values()))
    width = 0.5
    edges = np.arange(np.floor(together.min()), np.floor(together.max()) + 1 + width, width)
    figure, (axes,) = charts(1, title)
    colour = colours(finite)
    for number, (label, values) in enumerate(finite.items()):
        line = _LINES[number % len(_LINES)][0]
        mean = values.mean()
        counts, _ = np.histogram(values, edges)
        name = f"{label}: mean {mean:.2f} dB"
        axes.stairs(counts, edges, color=colour[label], linestyle=line, linewidth=1.6, label=name)
        axes.axvline(mean, color=colour[label], linestyle=line, linewidth=1.2)
    style(axes, "PSNR of one image (dB)", f"images in each {width} dB")
    axes.legend(fontsize=9, frameon=False)
    return figure
