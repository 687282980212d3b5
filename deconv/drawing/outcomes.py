"""Pictures of what a network makes of its task."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from deconv.architecture import CLASSES, Task
from deconv.data.splits import CLASS_NAMES
from deconv.data.tasks import Pairs
from deconv.drawing import plots

CLASS_COLOURS = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2",
    "#D55E00", "#CC79A7", "#999999", "#FFFFFF", "#7F3C8D",
)  # fmt: skip
"""Of the background and the ten garments: Okabe and Ito's palette, and three more."""


def outcome(task: Task, examples: Pairs, outputs: np.ndarray, title: str = "") -> Figure:
    """Draw inputs, what should have come of them, and what did: `outputs` `(N, 28, 28, …)`."""
    if task == "reconstruct":
        return plots.reconstructions(examples.targets, outputs, title)
    title = f"{title}, {task}"
    if task == "segment":
        return class_maps(examples, outputs.argmax(-1), title)
    scale = 28 // examples.inputs.shape[1]
    given = examples.inputs.repeat(scale, axis=1).repeat(scale, axis=2)
    rows = {"input": given, "output": outputs}
    return plots.reconstructions_compared(examples.targets, rows, title)


def class_maps(examples: Pairs, predicted: np.ndarray, title: str = "") -> Figure:
    """Draw images, the true class of every pixel, and the predicted one `(N, 28, 28)`."""
    maps = {"true class": examples.targets} if examples.targets.size else {}
    maps |= {"predicted": predicted}
    figure = Figure(
        figsize=(plots.WIDTH / plots.DPI, 1.1 + 0.85 * (1 + len(maps))),
        dpi=plots.DPI,
        layout="constrained",
    )
    figure.suptitle(title, fontsize=11)
    rows = figure.subplots(1 + len(maps), len(predicted), squeeze=False)
    _row(rows[0], "image", examples.inputs, "gray", (-1, 1))
    rows[0, 0].set_title(plots.grey_scale(), loc="left", fontsize=8, color="#555555")
    for axes, (name, images) in zip(rows[1:], maps.items(), strict=True):
        _row(axes, name, images, ListedColormap(CLASS_COLOURS), (0, CLASSES - 1))
    names = ("background", *CLASS_NAMES)
    patches = [
        Patch(facecolor=colour, edgecolor="#777777", label=label)
        for colour, label in zip(CLASS_COLOURS, names, strict=True)
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=6, fontsize=8, frameon=False)
    return figure


def _row(
    axes: np.ndarray,
    name: str,
    images: np.ndarray,
    colours: str | ListedColormap,
    span: tuple[int, int],
) -> None:
    for cell, image in zip(axes, images, strict=True):
        pixels = image.reshape(28, 28)
        cell.imshow(pixels, cmap=colours, vmin=span[0], vmax=span[1], interpolation="nearest")
        cell.set(xticks=[], yticks=[])
    axes[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8.5)
