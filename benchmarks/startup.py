"""How long until something happens? `python -m benchmarks.startup`.

Times the commands that people wait for: an import, `--help`, and how long a
trainer takes from the command to its first step (which is when the first
checkpoint is there, for it is told to write one after every step), as it is and
when it compiles that step.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from benchmarks.machine import describe
from deconv import cli
from deconv.config import FRAMEWORKS, ROOT, DatasetName, at_least
from deconv.running.checkpoint import CHECKPOINT

LIBRARIES = {"pytorch": "torch", "tensorflow": "tensorflow"}


@dataclass(frozen=True)
class StartupConfig:
    """Time imports, help texts and the way to the first training step."""

    repeats: int = 5
    """Times that each is measured; medians are printed."""
    frameworks: tuple[Literal["pytorch", "tensorflow"], ...] = ("pytorch", "tensorflow")
    """Which ones."""
    dataset: DatasetName = "fashion-mnist"
    """What to train on."""

    def __post_init__(self) -> None:
        at_least("repeats", self.repeats, 1)


def seconds_of(*arguments: str) -> float:
    """Run Python with these arguments and return how long it took."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


def seconds_to_first_step(framework: str, dataset: DatasetName, *flags: str) -> float:
    """Start a training and stop it after its first step; return how long that took."""
    with tempfile.TemporaryDirectory() as where:
        checkpoint = Path(where, f"{framework}_deconv", CHECKPOINT)
        command = [
            sys.executable, "-m", f"{framework}.src.train", f"--dataset={dataset}",
            f"--artifact-dir={where}", "--checkpoint-seconds=0", *flags,
        ]  # fmt: skip
        own = os.environ | {"TORCHINDUCTOR_CACHE_DIR": where}  # nothing is compiled there yet
        start = time.perf_counter()
        with subprocess.Popen(command, cwd=ROOT, env=own, stdout=subprocess.DEVNULL) as process:
            while not checkpoint.exists() and process.poll() is None:
                time.sleep(0.005)
            passed = time.perf_counter() - start
            process.kill()
    return passed


def main() -> None:
    """Read the command line, measure and print."""
    config = cli.parse(StartupConfig)
    cli.run(lambda: measure(config))


def measure(config: StartupConfig) -> None:
    """Time everything and print it."""
    tasks = {"import deconv.config": partial(seconds_of, "-c", "import deconv.config")}
    for framework in config.frameworks:
        name, library = FRAMEWORKS[framework], LIBRARIES[framework]
        module = f"{framework}.src.train"
        tasks |= {
            f"import {library}": partial(seconds_of, "-c", f"import {library}"),
            f"{name}: --help": partial(seconds_of, "-m", module, "--help"),
            f"{name}: first step": partial(seconds_to_first_step, framework, config.dataset),
            f"{name}: first step, compiled": partial(
                seconds_to_first_step, framework, config.dataset, "--compile=on"
            ),
        }
    print(describe())
    for title, task in tasks.items():
        times = [task() for _ in range(config.repeats)]
        each = ", ".join(f"{value:.2f}" for value in times)
        print(f"{title:<32}{statistics.median(times):>7.2f} s   ({each})")


if __name__ == "__main__":
    main()
