"""What does a checkpoint cost? `python -m benchmarks.checkpoints`.

Trains each trainer for a hundred steps, with a checkpoint after every one and
with none before the end. The difference is what the checkpoints take, writing
them to the disk and reading them back included.
"""

import contextlib
import io
import multiprocessing
import statistics
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from importlib import import_module
from math import inf
from pathlib import Path
from typing import Literal

from benchmarks.framework import TRAINERS
from benchmarks.machine import describe
from deconv import cli
from deconv.config import FRAMEWORKS, RunConfig, at_least

STEPS = 101
"""One of them is the last, which writes its checkpoint when the clock has stopped."""


@dataclass(frozen=True)
class CheckpointsConfig:
    """Measure how long a checkpoint takes, and its share of the training time."""

    repeats: int = 5
    """Pairs of runs for each trainer; medians are printed."""
    frameworks: tuple[Literal["pytorch", "tensorflow", "numpy"], ...] = (
        "pytorch",
        "tensorflow",
        "numpy",
    )
    """Which trainers."""

    def __post_init__(self) -> None:
        at_least("repeats", self.repeats, 1)


def seconds_each(name: str, repeats: int) -> list[float]:
    """Return the seconds that one checkpoint takes, from several pairs of runs."""
    trainer = import_module(TRAINERS[name])
    config_type = getattr(trainer, "Config", RunConfig)

    def train(checkpoint_seconds: float) -> float:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            config = RunConfig(
                epochs=1,
                dataset="synthetic",
                limit=STEPS * RunConfig.batch_size,
                device="cpu",
                artifact_dir=Path(folder),
                checkpoint_seconds=checkpoint_seconds,
            )
            return trainer.train(config_type(**asdict(config))).train_seconds

    train(inf)  # the first run of a process also compiles
    return [(train(0) - train(inf)) / (STEPS - 1) for _ in range(repeats)]


def measure(config: CheckpointsConfig) -> None:
    """Measure all trainers, each in a process of its own, and print."""
    spawn = multiprocessing.get_context("spawn")
    every = RunConfig.checkpoint_seconds
    print(describe())
    for name in config.frameworks:
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            each = pool.submit(seconds_each, name, config.repeats).result()
        cost = statistics.median(each)
        print(
            f"{FRAMEWORKS[name]:<12}{1000 * cost:>6.1f} ms a checkpoint: "
            f"{cost / every:.3%} of the time, with one every {every:g} s   "
            f"({', '.join(f'{1000 * value:.1f}' for value in each)})"
        )


def main() -> None:
    """Read the command line and measure."""
    config = cli.parse(CheckpointsConfig)
    cli.run(lambda: measure(config))


if __name__ == "__main__":
    main()
