"""When do unequal gains go away, and do they? `python -m benchmarks.gains`.

A layer that doubles a map has four phases. To a flat input channel it answers with a gain
for each, and where these differ, with a checkerboard. The checkerboards of several channels
add up and can cancel, so unequal gains are a pattern that the layer can draw, not one that it
does. This trains every way up once, as the trainers do, and looks at both layers every so
many steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from matplotlib.figure import Figure
from tqdm.auto import tqdm

from benchmarks.framework import Framework
from benchmarks.machine import describe
from deconv import cli
from deconv.architecture import Design, Upsampler, Weights
from deconv.compare.report import piped
from deconv.config import FRAMEWORKS, ROOT, DatasetName, RunConfig, UserPath, at_least
from deconv.data.batches import batch_sizes
from deconv.data.splits import TITLES, Splits, load_splits
from deconv.drawing import plots
from deconv.files import make_folder, shown
from deconv.running.epoch import Epoch
from deconv.study.figures import LOOKS, panels
from deconv.study.measuring import kernels_of
from deconv.study.responses import measure_gains
from deconv.weights import initial_weights

LAYERS = ("inner", "outer")
"""Those that double 7 to 14 and 14 to 28 pixels."""
Spreads = list[tuple[int, float, float]]
"""Steps taken, and the spread of the gains of the two layers then."""


@dataclass(frozen=True)
class GainsConfig:
    """Train every way up once and follow the spread of its gains, from 0 to 1."""

    framework: Literal["pytorch", "tensorflow"] = "pytorch"
    """Which of the two trains."""
    task: Literal["super-resolve", "reconstruct", "denoise"] = "super-resolve"
    """What is learned."""
    latent: int | None = None
    """Squeeze the image through so many numbers."""
    learning_rate: float = RunConfig.learning_rate
    """Of all of them."""
    epochs: int = 2
    """Passes over the images."""
    limit: int = 12_000
    """Training images."""
    every: int = 25
    """Steps between two looks."""
    seed: int = 0
    """One seed: how a curve runs, not which of two is lower."""
    dataset: DatasetName = "fashion-mnist"
    """auto: Fashion-MNIST if found or downloadable, else the built-in drawn garments."""
    data_dir: UserPath | None = None
    """Folder of the Fashion-MNIST archives."""
    output: UserPath = ROOT / "artifacts" / "benchmarks"
    """Folder for gains.png."""

    def __post_init__(self) -> None:
        at_least("every", self.every, 1)
        at_least("epochs", self.epochs, 1)
        at_least("limit", self.limit, 1)


def spreads(weights: Weights, arm: Upsampler) -> tuple[float, float]:
    """Return the spread of the gains of the inner and of the outer layer."""
    found = measure_gains(kernels_of(Design(upsampler=arm), weights))
    return found["gain_spread_inner"], found["gain_spread_outer"]


def follow(package: Framework, arm: Upsampler, splits: Splits, config: GainsConfig) -> Spreads:
    """Train one network and return the spreads before, every so many steps, and at the end."""
    settings: dict[str, Any] = {
        "upsampler": arm, "task": config.task, "latent": config.latent, "seed": config.seed,
        "learning_rate": config.learning_rate, "epochs": config.epochs, "limit": config.limit,
        "dataset": splits.name, "device": "cpu",
    }  # fmt: skip
    run = package.config.Config(**settings)
    model = package.build(initial_weights(run.seed, run), **settings)
    optimizer = package.optimizer.build_optimizer(model, run)
    batches, _, _ = package.data.build_datasets(run, splits)
    steps = run.epochs * len(batch_sizes(len(splits.train), run.batch_size))
    found: Spreads = [(0, *spreads(package.utils.export_weights(model), arm))]
    taken = 0

    def look() -> None:
        nonlocal taken
        taken += 1
        if taken % config.every == 0 or taken == steps:
            found.append((taken, *spreads(package.utils.export_weights(model), arm)))

    for rates in run.learning_rates(steps).reshape(run.epochs, -1):
        package.engine.train_epoch(model, optimizer, Epoch(batches, rates, after_step=look))
    return found


def table(found: Mapping[str, Spreads]) -> str:
    """Return a row for each arm and layer: the spread before, at a few looks, and at the end."""
    steps = [step for step, *_ in next(iter(found.values()))]
    chosen = sorted({round(place) for place in np.linspace(0, len(steps) - 1, 7)})
    cells = [["arm", "layer", *(f"{steps[look]:,}" for look in chosen)]]
    for arm, own in found.items():
        for number, layer in enumerate(LAYERS, start=1):
            cells.append([f"`{arm}`", layer, *(f"{own[look][number]:.2f}" for look in chosen)])
    return piped(cells)


def draw(found: Mapping[str, Spreads], title: str) -> Figure:
    """Draw the spread of every arm over the steps, a chart for each layer."""
    figure, charts = panels(2, 460, title)
    for number, (axes, layer) in enumerate(zip(charts, LAYERS, strict=True), start=1):
        for arm, own in found.items():
            colour, line, marker = LOOKS[arm]
            axes.plot(
                [look[0] for look in own], [look[number] for look in own], line, c=colour, lw=1.3,
                marker=marker, ms=4, markevery=max(1, len(own) // 6), label=arm,
            )  # fmt: skip
        axes.set_ylim(-0.03, 1)
        plots.style(axes, "training step", "")
        axes.set_title(f"{layer} layer", fontsize=10)
    charts[0].set_ylabel("spread of the phases' gains", fontsize=10)
    handles, labels = charts[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", fontsize=9, frameon=False)
    return figure


def main() -> None:
    """Read the command line, train, print and draw."""
    config = cli.parse(GainsConfig)
    cli.run(lambda: measure(config))


def measure(config: GainsConfig) -> None:
    """Train every way up, one after the other; print the table and write the picture."""
    source = RunConfig(dataset=config.dataset, data_dir=config.data_dir, limit=config.limit)
    splits, package = load_splits(source), Framework(config.framework)
    arms: tuple[Upsampler, ...] = get_args(Upsampler)
    found = {arm: follow(package, arm, splits, config) for arm in tqdm(arms, disable=None)}
    latent = f", latent {config.latent}" if config.latent else ""
    about = f"{TITLES[splits.name]}, {config.task}{latent}, {FRAMEWORKS[config.framework]}"
    print(f"{describe()}\n{about}, seed {config.seed}: spread of the gains after so many steps\n")
    print(table(found))
    make_folder(config.output)
    plots.save(draw(found, about), config.output / "gains.png")
    print(f"\nFiles: {shown(config.output)}")


if __name__ == "__main__":
    main()
