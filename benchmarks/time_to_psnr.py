"""How long until the pictures are good? `python -m benchmarks.time_to_psnr`.

Times four recipes (see `benchmarks.recipes`) on the same machine and the same
images until the PSNR of the test images first reaches a target. The PSNR is
looked at after every 5,120 training images, and the clock stands still
meanwhile. The start of training is counted: building the model, compiling, the
first batch. Importing the framework and reading the dataset are not.
"""

import contextlib
import json
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from unittest.mock import patch

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from tqdm.auto import tqdm

from benchmarks.machine import describe
from benchmarks.recipes import NAMES, Reconstruct, load
from deconv import cli, metrics
from deconv.config import ROOT, DatasetName, RunConfig, UserPath, at_least
from deconv.data.splits import TITLES, load_splits
from deconv.drawing import plots
from deconv.files import make_folder, shown, write_atomically

EVERY = 5_120
"""Training images between two looks: a whole number of batches of 32 and of 128."""


@dataclass(frozen=True)
class TimeConfig:
    """Time a plain recipe and this project's trainers until the test PSNR reaches a target."""

    target: float = 34.4
    """Test PSNR to reach, in decibels."""
    repeats: int = 3
    """Times that every recipe is run, with seeds 0, 1, …; medians are printed."""
    limit: int = 15
    """Give up after this many passes over the training images."""
    quick: bool = False
    """Smoke test: drawn garments, one repeat, a low target."""
    dataset: DatasetName = "fashion-mnist"
    """auto: Fashion-MNIST if found or downloadable, else the built-in drawn garments."""
    data_dir: UserPath | None = None
    """Folder of the Fashion-MNIST archives."""
    output: UserPath = ROOT / "artifacts" / "benchmarks"
    """Folder for time_to_psnr.json and time_to_psnr.png."""

    def __post_init__(self) -> None:
        at_least("repeats", self.repeats, 1)


AS_USUAL = {"GLIBC_TUNABLES": "", "GOMP_SPINCOUNT": "300000"}
"""Keeps `deconv.startup` from speeding the plain recipes up: a tutorial runs without it."""


class Finished(Exception):
    """Raised out of a recipe when it has reached the target, or its limit."""


def measure(recipe: str, seed: int, config: TimeConfig) -> list[tuple[int, float, float]]:
    """Train until the target is reached; return (images, seconds, PSNR) of every look."""
    splits = load_splits(RunConfig(dataset=config.dataset, data_dir=config.data_dir))
    test = metrics.to_unit_range(splits.test)
    train = load(recipe)
    looks: list[tuple[int, float, float]] = []
    seen, paused = 0, 0.0

    def after_step(images: int, reconstruct: Reconstruct) -> None:
        nonlocal seen, paused
        before, seen = seen, seen + images
        if before // EVERY == seen // EVERY:
            return
        now = time.perf_counter()
        psnr = float(metrics.psnr(reconstruct(test), test).mean())
        looks.append((seen, now - start - paused, psnr))
        if psnr >= config.target or seen >= config.limit * len(splits.train):
            raise Finished
        paused += time.perf_counter() - now

    start = time.perf_counter()
    with contextlib.suppress(Finished):
        train(splits, seed, after_step)
    return looks


def main() -> None:
    """Read the command line, measure, print, and write the numbers and the picture."""
    config = cli.parse(TimeConfig)
    cli.run(lambda: compare(config))


def compare(config: TimeConfig) -> None:
    """Run all recipes in turn, each in a process of its own; print and write the result."""
    if config.quick:
        changes = {"target": 18.0, "repeats": 1, "limit": 2, "dataset": "synthetic"}
        config = TimeConfig(**asdict(config) | changes)
    splits = load_splits(RunConfig(dataset=config.dataset, data_dir=config.data_dir))
    runs: dict[str, list] = {recipe: [] for recipe in NAMES}
    spawn = multiprocessing.get_context("spawn")
    for seed in tqdm(range(config.repeats), desc="repeats", disable=None):
        for recipe in NAMES:  # in turn, so that a slow minute of the machine hits all
            settings = AS_USUAL if "plain" in recipe else {}
            with patch.dict(os.environ, settings), ProcessPoolExecutor(1, mp_context=spawn) as pool:
                runs[recipe].append(pool.submit(measure, recipe, seed, config).result())

    print(
        f"Seconds until the test images have {config.target} dB "
        f"({TITLES[splits.name]}; {describe()})"
    )
    print(f"{'':<26}{'median':>8}{'images/s':>10}   each")
    medians = {}
    for recipe, repeats in runs.items():
        seconds = [looks[-1][1] if looks[-1][2] >= config.target else np.inf for looks in repeats]
        rate = np.median([looks[-1][0] / looks[-1][1] for looks in repeats])
        medians[recipe] = float(np.median(seconds))
        each = ", ".join(f"{s:.1f}" for s in seconds)
        print(f"{recipe:<26}{medians[recipe]:>8.1f}{rate:>10,.0f}   {each}")
    for framework in ("PyTorch", "TensorFlow"):
        ratio = medians[f"{framework}, plain"] / medians[f"{framework}, this project"]
        print(f"{framework}: {ratio:.1f} times sooner than the plain recipe")

    make_folder(config.output)
    result = {
        "machine": describe(), "dataset": splits.name, "target": config.target,
        "median_seconds": medians, "looks": runs,
    }  # fmt: skip
    write_atomically(config.output / "time_to_psnr.json", json.dumps(result, indent=1).encode())
    title = f"PSNR of the test images while training: {TITLES[splits.name]}"
    plots.save(draw(runs, config.target, title), config.output / "time_to_psnr.png")
    print(f"Files: {shown(config.output)}")


def draw(runs: dict[str, list], target: float, title: str) -> Figure:
    """Draw the PSNR against the seconds, for the median repeat of every recipe."""
    figure, (axes,) = plots.charts(1, title)
    for recipe, repeats in runs.items():
        middle = sorted(repeats, key=lambda looks: looks[-1][1])[len(repeats) // 2]
        _, passed, psnr = zip(*middle, strict=True)
        colour = plots.FRAMEWORK_COLOURS[recipe.split(",")[0].lower()]
        line = "-" if "project" in recipe else "--"
        axes.plot(passed, psnr, line, color=colour, marker="o", markersize=3, label=recipe)
    axes.axhline(target, color=plots.GREY, linewidth=0.8)
    left = axes.get_yaxis_transform()
    axes.text(0.01, target, f"{target:g} dB", va="bottom", color=plots.GREY, transform=left)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.legend(frameon=False)
    plots.style(axes, "seconds of training", "test PSNR (dB)")
    return figure


if __name__ == "__main__":
    main()
