"""How far do two equal trainings drift apart? `python -m benchmarks.lockstep`.

Both frameworks start from the same weights and take the same steps on the same
batches; only the order in which each sums its floating-point numbers differs.
Prints the relative difference of their losses and draws it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.framework import NAMES, Framework
from deconv import cli
from deconv.config import ROOT, DatasetName, RunConfig, at_least
from deconv.data.splits import TITLES, load_splits
from deconv.drawing import plots
from deconv.files import shown

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
    figure, (axes,) = plots.charts(1, f"Two equal trainings drift apart: {TITLES[splits.name]}")
    for name, style in zip(OPTIMIZERS, ("-", "-.", "--", ":"), strict=True):
        rate = OPTIMIZERS[name]
        how: dict[str, Any] = {"learning_rate": rate} if rate else {"sgd": True}
        one, other = (
            Framework(framework).losses(splits, config.steps, seed=config.seed, **how)
            for framework in NAMES
        )
        difference = np.maximum.accumulate(np.abs(one - other) / one)
        print(f"{name:<14}" + "".join(f"{difference[step - 1]:>10.0e}" for step in marks))
        axes.plot(np.arange(1, config.steps + 1), difference, style, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(frameon=False)
    plots.style(axes, "training step", "largest relative difference so far")
    plots.save(figure, config.output)
    print(f"Picture: {shown(config.output)}")


if __name__ == "__main__":
    main()
