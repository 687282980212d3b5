"""`python -m deconv.study.theory`: what formulas predict, beside what is measured."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from deconv import cli, metrics, scratch
from deconv.compare.report import aligned, piped
from deconv.config import DatasetName, RunConfig, UserPath, at_least
from deconv.data.splits import load_splits
from deconv.study import linear
from deconv.study.theory.measured import Row, bound_rows, layer_rows, score_rows, start_rows, table
from deconv.weights import check_fit, initial_weights, read_weights

COMPONENTS = 32
FOUND_WITH = 10_000
"""Training images in which the principal components are found."""


@dataclass(frozen=True)
class TheoryConfig:
    """Print what formulas predict of the network and its scores, beside what is measured."""

    part: Literal["all", "layers", "start", "bound", "scores"] = "all"
    """layers: sizes, parameters, products. start: the untrained network. bound: the best linear
    code of 32 numbers. scores: what the way a PSNR is computed makes of it."""
    weights: UserPath | None = None
    """A weights.safetensors of the baseline, whose reconstructions are scored [default: the best
    linear code]."""
    seeds: int = 100
    """Untrained networks to measure."""
    images: int = 200
    """Test images that go through each of them; the scores take all."""
    dataset: DatasetName = "fashion-mnist"
    """auto: Fashion-MNIST if found or downloadable, else the built-in drawn garments."""
    data_dir: UserPath | None = None
    """Folder of the four Fashion-MNIST archives; without it $FASHION_MNIST_DIR, else
    artifacts/data."""
    markdown: bool = False
    """Print the table in Markdown, with the command of every row."""

    def __post_init__(self) -> None:
        at_least("seeds", self.seeds, 2)
        at_least("images", self.images, 1)


def rows(config: TheoryConfig) -> list[Row]:
    """Measure what the command line asks for; raises `UserError` for wrong weights or data."""
    if config.part == "layers":  # needs no images
        return layer_rows()
    data = load_splits(RunConfig(dataset=config.dataset, data_dir=config.data_dir))
    test = metrics.to_unit_range(data.test)

    @cache
    def code() -> tuple[linear.Components, np.ndarray]:
        """Principal components of the first training images, and those images."""
        images = metrics.to_unit_range(data.train[:FOUND_WITH])
        return linear.pca(images), images

    def reconstructions() -> np.ndarray:
        if config.weights:
            return reconstructed(config.weights, test)
        return linear.reconstruct(code()[0], test, COMPONENTS).clip(-1, 1)[..., np.newaxis]

    parts: dict[str, Callable[[], list[Row]]] = {
        "layers": layer_rows,
        "start": lambda: start_rows(test[: config.images], config.seeds),
        "bound": lambda: bound_rows(*code(), COMPONENTS),
        "scores": lambda: score_rows(reconstructions(), test, flags(config)),
    }
    return [row for part in parts if config.part in ("all", part) for row in parts[part]()]


def reconstructed(path: Path, images: np.ndarray) -> np.ndarray:
    """Pass images through the baseline with the weights of a file."""
    weights = read_weights(path)
    check_fit(weights, initial_weights(0))
    return scratch.reconstruct(weights, images)


def flags(config: TheoryConfig) -> str:
    """Return what the command needs beside the part, for the same reconstructions."""
    given = f"--weights {config.weights}" if config.weights else ""
    dataset = f"--dataset {config.dataset}" if config.dataset != TheoryConfig.dataset else ""
    return f"{given} {dataset}".strip()


def main(config: TheoryConfig) -> None:
    """Measure and print."""
    found = rows(config)
    print(piped(table(found, commands=True)) if config.markdown else aligned(table(found)))


if __name__ == "__main__":
    cli.run(lambda: main(cli.parse(TheoryConfig)))
