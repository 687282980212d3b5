"""`python -m deconv.handmade.documentation`: draws the figures of docs/handmade.md."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from deconv import cli
from deconv.architecture import Weights
from deconv.config import ROOT, RunConfig, UserPath
from deconv.data.splits import Splits, load_splits
from deconv.drawing import plots
from deconv.files import make_folder, shown
from deconv.handmade import pictures
from deconv.handmade.__main__ import read_trained
from deconv.handmade.lines import count_levels, fit
from deconv.handmade.trials import kinds, level_errors
from deconv.handmade.weights import write_by_hand
from deconv.metrics import to_unit_range
from deconv.running.record import WEIGHTS
from deconv.scratch import reconstruct


@dataclass(frozen=True)
class DocumentationConfig:
    """Draw the figures of docs/handmade.md, with the weights of a trained run beside."""

    beside: UserPath = ROOT / "artifacts" / "pytorch_deconv" / WEIGHTS
    """The weights.safetensors of a trained run."""
    data_dir: UserPath | None = None
    """Folder of the Fashion-MNIST archives."""
    folder: UserPath = ROOT / "docs" / "figures"
    """Where they go; files with the same names are replaced."""


def main() -> None:
    """Read the command line and draw."""
    config = cli.parse(DocumentationConfig)
    cli.run(lambda: draw(config))


def draw(config: DocumentationConfig) -> None:
    """Write every figure into the folder."""
    splits = load_splits(RunConfig(data_dir=config.data_dir))
    trained = read_trained(config.beside)
    make_folder(config.folder)
    for name, make in FIGURES.items():
        plots.save(make(splits, trained), config.folder / name)
        print(shown(config.folder / name))


def kernel_figure(splits: Splits, trained: Weights) -> Figure:
    """Draw the kernels, of one line."""
    return pictures.kernels(write_by_hand(splits.train))


def map_figure(splits: Splits, trained: Weights) -> Figure:
    """Draw the way of the second test image, a pullover that is nearly white."""
    image = to_unit_range(splits.test[1:2])[0, ..., 0]
    return pictures.maps(write_by_hand(splits.train), image)


def line_figure(splits: Splits, trained: Weights) -> Figure:
    """Draw the line that was fitted."""
    return pictures.growing_line(fit(count_levels(splits.train)))


def error_figure(splits: Splits, trained: Weights) -> Figure:
    """Draw errors by grey level and by size."""
    images = to_unit_range(splits.test)
    by_hand = {"one line": write_by_hand(splits.train), "two lines": write_by_hand(splits.train, 2)}
    levels = {name: 127.5 * level_errors(weights) for name, weights in by_hand.items()}
    pixels = {
        name: 127.5 * (reconstruct(weights, images) - images).ravel()
        for name, weights in (by_hand | {"trained": trained}).items()
    }
    return pictures.errors(levels, pixels)


def noise_figure(splits: Splits, trained: Weights) -> Figure:
    """Draw two pictures of each kind, and what hand and training make of them."""
    some = np.concatenate([of_a_kind[:2] for of_a_kind in kinds(splits.test).values()])
    images = to_unit_range(some)
    outputs = {"written by hand": write_by_hand(splits.train), "trained": trained}
    return plots.reconstructions_compared(
        images, {name: reconstruct(weights, images) for name, weights in outputs.items()}
    )


FIGURES: dict[str, Callable[[Splits, Weights], Figure]] = {
    "handmade_kernels.png": kernel_figure,
    "handmade_maps.png": map_figure,
    "handmade_line.png": line_figure,
    "handmade_errors.png": error_figure,
    "handmade_noise.png": noise_figure,
}
"""The file name of each figure, and what draws it from the images and the trained weights."""


if __name__ == "__main__":
    main()
