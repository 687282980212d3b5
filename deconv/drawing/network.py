"""The network as a picture: every feature map to scale, and every layer between two of them.

It is drawn from `deconv.architecture`, so it cannot show another network than the one
that is trained.
"""

from math import prod

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from deconv.architecture import BASELINE, Design, Layer, layers
from deconv.drawing.plots import DPI, WIDTH
from deconv.errors import ConfigError

_HEIGHT, _MIDDLE = 236, 126  # pixels of the figure, and where the maps' centres are
_FLOOR = 52  # where the words under the maps begin
_PIXEL, _CHANNEL = 3.5, 0.4  # pixels of the figure for a pixel of a map, and for a channel
_FACES = {"input": "#eeeeee", "encoder": "#cfe5f5", "decoder": "#fde3b0"}
_EDGE, _GRID = "#555555", "#bbbbbb"


def network(design: Design = BASELINE) -> Figure:
    """Draw every feature map with its shape, and over the arrows the layers that make them.

    A map's front shows its pixels, to scale, and its depth the channels. Raises
    `ConfigError` for an architecture that is no chain of layers.
    """
    if design.architecture not in ("baseline", "linear"):
        raise ConfigError(
            f"architecture {design.architecture} is no chain of layers, so it is not drawn; "
            "choose baseline or linear"
        )
    chain = layers(design)
    shapes = [(1, design.side, design.side), *(layer.output for layer in chain)]
    kinds = ["input", *(layer.name.split(".")[0] for layer in chain)]
    figure = Figure(figsize=(WIDTH / DPI, _HEIGHT / DPI), dpi=DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, _HEIGHT))
    axes.set_axis_off()
    title = f"The network: {sum(layer.parameters for layer in chain):,} parameters in all"
    axes.text(12, _HEIGHT - 16, title, fontsize=11, va="center")
    key = "blue: encoder, orange: decoder; each square is a pixel, depth is channels"
    axes.text(WIDTH - 12, _HEIGHT - 16, key, fontsize=8, ha="right", va="center", c=_EDGE)

    widths = [_size(shape)[0] for shape in shapes]
    gap = (WIDTH - 30 - sum(widths)) / len(chain)
    x = 12.0
    for number, (shape, kind, width) in enumerate(zip(shapes, kinds, widths, strict=True)):
        if number:
            _arrow(axes, x - gap, x, _words(chain, number - 1, design, shapes[number - 1]))
        _map(axes, x, shape, _FACES[kind])
        x += width + gap
    return figure


def _size(shape: tuple[int, ...]) -> tuple[float, float, float]:
    """Width, height and depth of a drawn map, in pixels of the figure; depth is in the width."""
    if len(shape) == 1:
        return 12, 80, 0
    depth = _CHANNEL * shape[0]
    return shape[2] * _PIXEL + depth, shape[1] * _PIXEL, depth


def _map(axes: Axes, x: float, shape: tuple[int, ...], colour: str) -> None:
    """Draw a map with its lower left corner at `x`: a front of pixels, a top and a side."""
    width, height, depth = _size(shape)
    y, right = _MIDDLE - height / 2, x + width - depth
    top = y + height
    rise = depth / 2
    for corners in (
        [(x, y), (right, y), (right, top), (x, top)],
        [(x, top), (right, top), (right + depth, top + rise), (x + depth, top + rise)],
        [(right, y), (right + depth, y + rise), (right + depth, top + rise), (right, top)],
    ):
        axes.add_patch(Polygon(corners, facecolor=colour, edgecolor=_EDGE, linewidth=0.8))
    if len(shape) == 3:
        for line in range(1, shape[1]):
            axes.plot([x, right], [y + line * _PIXEL] * 2, c=_GRID, lw=0.4)
            axes.plot([x + line * _PIXEL] * 2, [y, top], c=_GRID, lw=0.4)
    sizes = "×".join(map(str, (*shape[1:], shape[0]))) + "\n" if len(shape) == 3 else ""
    words = f"{sizes}{prod(shape):,} numbers"
    place = min(max(x + width / 2, 52), WIDTH - 52)  # not beyond the figure
    axes.text(place, _FLOOR, words, fontsize=8.5, ha="center", va="top", linespacing=1.3)


def _arrow(axes: Axes, start: float, end: float, words: tuple[str, str]) -> None:
    look = {"arrowstyle": "-|>", "color": _EDGE, "shrinkA": 5, "shrinkB": 5}
    axes.annotate("", (end, _MIDDLE), (start, _MIDDLE), arrowprops=look)
    middle = (start + end) / 2
    axes.text(middle, _MIDDLE + 6, words[0], fontsize=9, weight="bold", ha="center", va="bottom")
    axes.text(middle, _MIDDLE - 6, words[1], fontsize=8, ha="center", va="top", linespacing=1.3)


def _words(
    chain: tuple[Layer, ...], number: int, design: Design, before: tuple[int, ...]
) -> tuple[str, str]:
    """Name a layer, and say what it does and what follows it before the next one."""
    layer = chain[number]
    kernel = f"{layer.kernel}×{layer.kernel}"
    if not layer.kernel:
        does = "dense"
    elif layer.transposed:
        does = f"transposed\n{kernel}, stride 2"
    elif layer.name.startswith("encoder"):
        does = f"conv\n{kernel}, stride {before[1] // layer.output[1]}"
    elif design.upsampler.startswith("subpixel"):
        does = f"conv {kernel}\nshuffle 2×2"
    elif design.upsampler == "fractional":
        does = f"insert zeros\nconv {kernel}"
    else:
        does = f"resize ×2\nconv {kernel}"
    then = {"relu": "ReLU", "leaky-relu": "leaky ReLU"}[design.activation]
    if number == len(chain) - 1:
        then = "" if design.task == "segment" else "tanh"
    if design.architecture == "linear" or layer.name == "encoder.dense":
        then = ""
    return layer.name.split(".")[1], f"{does}\n{then}".rstrip()
