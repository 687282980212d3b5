"""How far do two equal trainings drift apart? `python -m benchmarks.lockstep`.

Both frameworks start from the same weights and take the same steps on the same
batches; only the order in which each sums its floating-point numbers differs.
Prints the relative difference of their losses and draws it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from deconv import cli, figures
from deconv.artifacts import shown
from deconv.config import ROOT, DatasetName, RunConfig, at_least
from deconv.fashion_mnist import TITLES, Splits, load_splits
from deconv.weights import initial_weights

OPTIMIZERS = {"Adam, 0.01": 1e-2, "Adam, 0.003": 3e-3, "Adam, 0.001": 1e-3, "SGD, 0.1": None}


@dataclass(frozen=True)
class LockstepConfig:
    """Train both frameworks side by side and measure how their losses drift apart."""

    steps: int = 800
    """Steps of each training."""
    seed: int = 0
    """Seed of the weights and of the order of the images."""
    dataset: DatasetName = "fashion-mnist"
    """auto: Fashion-MNIST if found or downloadable, else the built-in drawn garments."""
    data_dir: Path | None = None
    """Folder of the Fashion-MNIST archives."""
    output: Path = ROOT / "docs" / "figures" / "lockstep.png"
    """Where to write the picture."""

    def __post_init__(self) -> None:
        at_least("steps", self.steps, 1)
        at_least("seed", self.seed, 0)


def losses(framework: str, splits: Splits, config: LockstepConfig, name: str) -> Iterator[float]:
    """Train one framework step by step on the CPU, giving the loss of each step."""
    package = {
        module: import_module(f"{framework}.src.{module}")
        for module in ("config", "data", "model", "engine", "utils")
    }
    rate = OPTIMIZERS[name]
    settings = package["config"].Config(
        dataset=splits.name, seed=config.seed, device="cpu", learning_rate=rate or 0.1
    )
    model = package["model"].build_model(settings)
    package["utils"].load_weights(model, initial_weights(config.seed))
    adam = package["engine"].build_optimizer(model, settings)
    optimizer = adam if rate else plain_sgd(framework, model)
    batches, _, _ = package["data"].build_datasets(settings, splits)
    while True:  # every pass over the batches is the next epoch
        for images, targets in batches:
            yield float(package["engine"].train_step(model, optimizer, images, targets))


def plain_sgd(framework: str, model: Any) -> Any:
    """Return SGD with learning rate 0.1, without momentum."""
    if framework == "pytorch":
        import torch

        return torch.optim.SGD(model.parameters(), lr=0.1)
    import keras

    return keras.optimizers.SGD(0.1)


def main() -> None:
    """Read the command line, train, print and draw."""
    config = cli.parse(LockstepConfig)
    cli.run(lambda: measure(config))


def measure(config: LockstepConfig) -> None:
    """Print and draw the relative difference of the losses, step by step."""
    splits = load_splits(RunConfig(dataset=config.dataset, data_dir=config.data_dir))
    marks = [step for step in (1, 10, 50, 100, 200, 400, 800) if step <= config.steps]
    print("largest relative difference of the losses up to step")
    print(f"{'':<14}" + "".join(f"{step:>10}" for step in marks))
    figure, (axes,) = figures.charts(1, f"Two equal trainings drift apart: {TITLES[splits.name]}")
    for name, style in zip(OPTIMIZERS, ("-", "-.", "--", ":"), strict=True):
        one, other = (
            np.array(list(islice(losses(framework, splits, config, name), config.steps)))
            for framework in ("pytorch", "tensorflow")
        )
        difference = np.maximum.accumulate(np.abs(one - other) / one)
        print(f"{name:<14}" + "".join(f"{difference[step - 1]:>10.0e}" for step in marks))
        axes.plot(np.arange(1, config.steps + 1), difference, style, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(frameon=False)
    figures.style(axes, "training step", "largest relative difference so far")
    figures.save(figure, config.output)
    print(f"Picture: {shown(config.output)}")


if __name__ == "__main__":
    main()
