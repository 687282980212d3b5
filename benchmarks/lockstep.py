"""How far do two equal trainings drift apart? `python -m benchmarks.lockstep`.

Both frameworks start from the same weights and take the same steps on the same
batches; only the order in which each sums its floating-point numbers differs.
Prints the relative difference of their losses, over several seeds, and draws it.
The learning rate is constant here, where the trainers let it climb and fall.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.framework import NAMES, Framework
from deconv import cli
from deconv.config import ROOT, DatasetName, RunConfig, UserPath, at_least
from deconv.data.splits import TITLES, Splits, load_splits
from deconv.drawing import plots
from deconv.files import make_folder, shown

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "Adam, learning rate 0.01": {"learning_rate": 1e-2},
    "Adam, learning rate 0.003": {"learning_rate": 3e-3},
    "Adam, learning rate 0.001": {"learning_rate": 1e-3},
    "SGD, learning rate 0.1": {"sgd": True},
}


@dataclass(frozen=True)
class LockstepConfig:
    """Train both frameworks side by side and measure how their losses drift apart."""

    steps: int = 800
    """Steps of each training."""
    seeds: int = 5
    """Pairs of trainings of each kind, with seeds 0, 1, …: what one pair gives is chance."""
    dataset: DatasetName = "fashion-mnist"
    """auto: Fashion-MNIST if found or downloadable, else the built-in drawn garments."""
    data_dir: UserPath | None = None
    """Folder of the Fashion-MNIST archives."""
    output: UserPath = ROOT / "artifacts" / "benchmarks"
    """Folder for lockstep.png."""

    def __post_init__(self) -> None:
        at_least("steps", self.steps, 1)
        at_least("seeds", self.seeds, 1)


def drift(splits: Splits, steps: int, **how: Any) -> np.ndarray:
    """Return the largest relative difference of the losses up to every step: `(steps,)`."""
    one, other = (Framework(name).losses(splits, steps, **how) for name in NAMES)
    return np.maximum.accumulate(np.abs(one - other) / one)


def main() -> None:
    """Read the command line, train, print and draw."""
    config = cli.parse(LockstepConfig)
    cli.run(lambda: measure(config))


def measure(config: LockstepConfig) -> None:
    """Print and draw the relative difference of the losses, step by step."""
    splits = load_splits(RunConfig(dataset=config.dataset, data_dir=config.data_dir))
    marks = [step for step in (1, 10, 50, 100, 200, 400, 800) if step <= config.steps]
    print("largest relative difference of the losses up to step, over the seeds")
    print(f"| | {' | '.join(map(str, marks))} |\n{'|---' * (len(marks) + 1)}|")
    figure, (axes,) = plots.charts(1, f"Two equal trainings drift apart: {TITLES[splits.name]}")
    for (name, how), line in zip(OPTIMIZERS.items(), ("-", "-.", "--", ":"), strict=True):
        found = [drift(splits, config.steps, seed=seed, **how) for seed in range(config.seeds)]
        low, middle, high = np.min(found, axis=0), np.median(found, axis=0), np.max(found, axis=0)
        cells = (f"{low[step - 1]:.0e} to {high[step - 1]:.0e}" for step in marks)
        print(f"| {name} | {' | '.join(cells)} |")
        steps = np.arange(1, config.steps + 1)
        (drawn,) = axes.plot(steps, middle, line, label=name)
        axes.fill_between(steps, low, high, color=drawn.get_color(), alpha=0.15, linewidth=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(frameon=False)
    plots.style(axes, "training step", "largest relative difference so far")
    make_folder(config.output)
    plots.save(figure, config.output / "lockstep.png")
    print(f"\nFiles: {shown(config.output)}")


if __name__ == "__main__":
    main()
