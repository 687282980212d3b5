"""One training with all cores, or one on each core? `python -m benchmarks.side_by_side`.

Trains the same number of runs twice: one after the other, each with a thread for
every core, and side by side, each with one thread. Counts the images per second of
all of them together: in training alone, and of the whole commands, with imports,
validation, test and pictures, which is what a study waits for.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.machine import describe
from deconv import cli
from deconv.config import FRAMEWORKS, ROOT, DatasetName, at_least
from deconv.running.processor import cores
from deconv.running.record import read_record
from deconv.study.jobs import TRAINERS
from deconv.study.training import ONE_THREAD


@dataclass(frozen=True)
class SideBySideConfig:
    """Time as many trainings as there are cores, one after the other and side by side."""

    frameworks: tuple[Literal["pytorch", "tensorflow", "numpy"], ...] = ("pytorch", "tensorflow")
    """Which trainers."""
    epochs: int = 2
    """Of each training."""
    limit: int = 20_000
    """Images in an epoch."""
    repeats: int = 3
    """Times that each is measured; medians are printed."""
    dataset: DatasetName = "fashion-mnist"
    """What to train on."""

    def __post_init__(self) -> None:
        at_least("repeats", self.repeats, 1)
        at_least("limit", self.limit, 1)
        at_least("epochs", self.epochs, 1)


def speeds(name: str, config: SideBySideConfig, at_once: int) -> tuple[float, float]:
    """Train `cores()` runs, so many at once; return images per second in all.

    First of training alone, as the trainers record it, then of the whole commands.
    """
    runs = cores()
    with tempfile.TemporaryDirectory() as where:
        folders = [Path(where, str(number)) for number in range(runs)]
        start = time.perf_counter()
        for first in range(0, runs, at_once):
            processes = [_start(name, config, f, at_once) for f in folders[first : first + at_once]]
            statuses = [process.wait() for process in processes]
            if any(statuses):
                raise RuntimeError(f"a training of {name} failed")
        passed = time.perf_counter() - start
        records = [read_record(folder / f"{name}_deconv") for folder in folders]
    alone = statistics.mean(record.images_per_second for record in records) * at_once
    return alone, runs * config.epochs * config.limit / passed


def _start(name: str, config: SideBySideConfig, folder: Path, at_once: int) -> subprocess.Popen:
    command = [
        sys.executable, "-m", TRAINERS[name], f"--epochs={config.epochs}",
        f"--limit={config.limit}", f"--dataset={config.dataset}", "--device=cpu",
        f"--artifact-dir={folder}",
    ]  # fmt: skip
    threads = ONE_THREAD if at_once > 1 else {}
    kept = {key: value for key, value in os.environ.items() if key not in ONE_THREAD}
    return subprocess.Popen(command, cwd=ROOT, env=kept | threads, stdout=subprocess.DEVNULL)


def main() -> None:
    """Read the command line, measure and print."""
    config = cli.parse(SideBySideConfig)
    cli.run(lambda: measure(config))


def measure(config: SideBySideConfig) -> None:
    """Time both ways in turns, so that what else the machine does meets both; print it."""
    ways = {1: f"one with {cores()} threads", cores(): f"{cores()} with one thread each"}
    print(f"{describe()}\nimages per second of all trainings: in training, and of whole commands")
    for name in config.frameworks:
        found: dict[int, list[tuple[float, float]]] = {at_once: [] for at_once in ways}
        for _ in range(config.repeats):
            for at_once in ways:
                found[at_once].append(speeds(name, config, at_once))
        for at_once, pairs in found.items():
            print(f"{FRAMEWORKS[name]}, {ways[at_once]}")
            for title, values in zip(("training", "whole"), zip(*pairs, strict=True), strict=True):
                each = ", ".join(f"{value:,.0f}" for value in values)
                print(f"  {title:<10}{statistics.median(values):>8,.0f}   ({each})", flush=True)


if __name__ == "__main__":
    main()
