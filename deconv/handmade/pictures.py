"""The figures of docs/handmade.md: kernels, maps, lines and errors.

Where pixels are drawn, all lengths are whole pixels, so that each is equally large.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from deconv.architecture import Weights
from deconv.autoencoder import forward
from deconv.drawing.plots import BLUE, DPI, GREEN, GREY, VERMILION, WIDTH, charts, style
from deconv.handmade.lines import LEVELS, PIECES, BrokenLine

CORNERS = ("top left", "top right", "bottom left", "bottom right")
"""The pixels of a 2×2 block, in reading order."""
_MARKED = ListedColormap(["#ffffff", "#9cc9e8"])
_LOOKS = ((VERMILION, "-"), (BLUE, "--"), (GREEN, ":"))


class _Page:
    """A figure on which things are placed by pixels, counted from the top left."""

    def __init__(self, height: int) -> None:
        self.height = height
        self.figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI)

    def text(self, left: int, top: int, words: str, size: float = 9) -> None:
        self.figure.text(left / WIDTH, 1 - top / self.height, words, va="top", fontsize=size)

    def axes(self, left: int, top: int, width: int, height: int) -> Axes:
        bottom = self.height - top - height
        axes = self.figure.add_axes(
            (left / WIDTH, bottom / self.height, width / WIDTH, height / self.height)
        )
        axes.set(xticks=[], yticks=[])
        return axes

    def map(self, values: np.ndarray, left: int, top: int, zoom: int, black: float = 0) -> None:
        """Draw a map `(H, W)` in grey; white is 2 above black."""
        axes = self.axes(left, top, zoom * values.shape[1], zoom * values.shape[0])
        axes.imshow(values, cmap="gray", vmin=black, vmax=black + 2, interpolation="nearest")
        axes.spines[:].set_visible(False)

    def kernel(self, values: np.ndarray, left: int, top: int, cell: int) -> None:
        """Draw a kernel `(3, 3)`, with the numbers that are not zero."""
        axes = self.axes(left, top, 3 * cell, 3 * cell)
        axes.imshow(values != 0, cmap=_MARKED, vmin=0, vmax=1)
        for row, column in np.argwhere(values):
            words = f"{values[row, column]:.3g}".replace("-", "−")
            axes.text(column, row, words, ha="center", va="center", fontsize=7)
        axes.set_xticks([0.5, 1.5], [])
        axes.set_yticks([0.5, 1.5], [])
        axes.grid(color="#cccccc", linewidth=0.6)
        axes.tick_params(length=0)
        axes.spines[:].set(color="#999999", linewidth=0.8)


def kernels(weights: Weights) -> Figure:
    """Draw one after the other the kernels through which pixels go, of weights with one line."""
    conv1, conv2, deconv1, deconv2 = (
        weights[f"{layer}.weight"]
        for layer in ("encoder.conv1", "encoder.conv2", "decoder.deconv1", "decoder.deconv2")
    )
    thresholds = -weights["decoder.deconv1.bias"][:PIECES]
    page = _Page(height=560)
    page.text(10, 10, "conv1: 4 kernels that read the image, and the bias 1 for each")
    for channel, corner in enumerate(CORNERS):
        page.kernel(conv1[channel, 0], 10 + 122 * channel, 36, 30)
        page.text(10 + 122 * channel, 130, f"{channel + 1}: {corner}", 8)
    page.text(10, 168, "conv2: 16 kernels, each reads one of those 4 channels; no bias")
    page.text(10, 284, "deconv1: 16 kernels for each piece of the line (8 equal copies)")
    for latent in range(16):
        left = 10 + 61 * latent
        read = latent % 4
        page.kernel(conv2[latent, read], left, 194, 18)
        page.text(left, 252, f"from {read + 1}", 8)
        page.kernel(deconv1[latent, PIECES * read], left, 310, 18)
        page.text(left, 368, f"to {read + 1}", 8)
    page.text(10, 402, "deconv2: 8 kernels for each corner of a 2×2 block; here those of the first")
    for k in range(PIECES):
        page.kernel(deconv2[k, 0], 10 + 122 * k, 428, 34)
        page.text(10 + 122 * k, 534, f"threshold {thresholds[k]:.3g}", 8)
    return page.figure


def maps(weights: Weights, image: np.ndarray) -> Figure:
    """Draw what each layer makes of one image `(28, 28)`, with the weights of one line."""
    a = forward(weights, image[None, None])
    page, zoom, gap = _Page(height=640), 6, 4
    page.text(10, 10, "the image: 28×28")
    page.map(image, 10, 36, zoom, black=-1)
    page.text(248, 10, "conv1: 4 maps of 14×14")
    page.text(506, 10, "conv2: 16 maps of 7×7")
    for block in range(4):
        down, right = divmod(block, 2)
        page.map(a.conv1[0, block], 248 + 88 * right, 36 + 88 * down, zoom)
        for inner in range(4):
            # Where the pixels come from: the corner of the 4×4 block that both phases name.
            row, column = 2 * down + inner // 2, 2 * right + inner % 2
            left, top = 506 + (42 + gap) * column, 36 + (42 + gap) * row
            page.map(a.conv2[0, 4 * block + inner], left, top, zoom)
    page.text(
        10, 232, "deconv1: 32 maps of 14×14, a row for each corner, a column for each threshold"
    )
    for channel in range(4 * PIECES):
        row, column = divmod(channel, PIECES)
        page.map(a.deconv1[0, channel], 10 + 88 * column, 258 + 88 * row, zoom)
    page.text(760, 232, "deconv2 and tanh: 28×28")
    page.map(a.deconv2[0, 0], 760, 258, zoom, black=-1)
    return page.figure


def growing_line(line: BrokenLine) -> Figure:
    """Draw how a line grows piece by piece: all of it, and its dark end."""
    figure, (whole, dark) = charts(2, "Each piece bends the line at its threshold")
    thresholds, bends, offset = line.as_relus()
    x = np.linspace(-1, 1, 40_001)
    pieces = np.maximum(np.subtract.outer(x, thresholds), 0) * bends
    grey = (x + 1) * 127.5
    for axes, last, low, high in ((whole, 255, -4.6, 4.6), (dark, 24, -4.6, -0.8)):
        with np.errstate(divide="ignore"):
            axes.plot(grey, np.arctanh(x), c=GREY, lw=5, alpha=0.4, label="artanh")
        for count in range(1, len(bends)):
            begins = grey >= (line.x[count] + 1) * 127.5
            going_on = offset + pieces[:, :count].sum(1)
            axes.plot(grey[begins], going_on[begins], ":", c=BLUE, lw=1)
        axes.plot(grey, offset + pieces.sum(1), c=VERMILION, lw=1.5, label="the broken line")
        axes.plot((line.x + 1) * 127.5, line.y, "o", c=VERMILION, ms=4)
        axes.set(xlim=(-last / 50, last * 1.02), ylim=(low, high))
        style(axes, "grey level of the pixel", "what goes into tanh")
    whole.plot([], [], ":", c=BLUE, lw=1, label="without the next piece")
    dark.legend(*whole.get_legend_handles_labels(), fontsize=9, frameon=False, loc="lower right")
    return figure


def errors(levels: Mapping[str, np.ndarray], pixels: Mapping[str, np.ndarray]) -> Figure:
    """Draw the error of each grey level, and how frequent errors are; both in grey levels.

    `levels` are errors `(256,)` of weights by name, `pixels` errors of many pixels `(N,)`.
    """
    figure, (by_level, by_size) = charts(2)
    for (name, values), (colour, line) in zip(levels.items(), _LOOKS, strict=False):
        grey = np.rint((LEVELS + 1) * 127.5)
        by_level.plot(grey, values, line, c=colour, lw=1.3, label=name)
    for edge in (-0.5, 0.5):
        by_level.axhline(edge, c=GREY, lw=0.8)
    style(by_level, "grey level of the pixel", "error (grey levels)")
    by_level.legend(fontsize=9, frameon=False, loc="lower left")
    edges = np.linspace(-4, 4, 81)
    for (name, values), (colour, line) in zip(pixels.items(), _LOOKS, strict=False):
        shares = np.histogram(values, edges)[0] / len(values)
        by_size.stairs(100 * shares, edges, color=colour, ls=line, lw=1.3, label=name)
    style(by_size, "error of a pixel (grey levels)", "% of the pixels in each 0.1")
    by_size.set_yscale("log")
    by_size.legend(fontsize=9, frameon=False, loc="upper left")
    return figure
