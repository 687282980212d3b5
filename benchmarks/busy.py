"""How much slower is training beside other programs? `python -m benchmarks.busy`.

Trains for one epoch, alone and beside programs that do nothing but compute, each a
`while True: pass`. The settings are environment variables with which the libraries
can be told how their threads wait for each other. They take turns, so that what else
the machine does meets all of them.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.framework import TRAINERS
from benchmarks.machine import describe
from deconv import cli
from deconv.config import FRAMEWORKS, ROOT, DatasetName, at_least
from deconv.errors import ConfigError
from deconv.running.record import read_record

WAITING = (
    "GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS",
    "OPENBLAS_THREAD_TIMEOUT", "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip
"""Variables that decide how many threads there are, and how they wait: of OpenMP (PyTorch), of
OpenBLAS (NumPy) and of TensorFlow. What the shell has set of them is left out."""


@dataclass(frozen=True)
class BusyConfig:
    """Time one epoch alone and beside other programs."""

    frameworks: tuple[Literal["pytorch", "tensorflow", "numpy"], ...] = (
        "pytorch",
        "tensorflow",
        "numpy",
    )
    """Which trainers."""
    beside: tuple[int, ...] = (0, 2, 3, 4)
    """Numbers of programs that compute at the same time."""
    settings: tuple[str, ...] = ("",)
    """What to set, as NAME=VALUE, several with commas between; nothing means the default."""
    limit: int = 8_000
    """Images in the epoch."""
    repeats: int = 3
    """Times that each is measured; medians are printed."""
    dataset: DatasetName = "fashion-mnist"
    """What to train on."""

    def __post_init__(self) -> None:
        at_least("repeats", self.repeats, 1)
        at_least("limit", self.limit, 1)
        for pair in ",".join(self.settings).split(","):
            if pair and "=" not in pair:
                raise ConfigError(f"--settings must be like NAME=VALUE, but has {pair}")


@contextmanager
def busy(programs: int) -> Iterator[None]:
    """Let some programs compute meanwhile."""
    command = [sys.executable, "-c", "while True: pass"]
    with ExitStack() as stack:
        for _ in range(programs):
            process = stack.enter_context(subprocess.Popen(command))
            stack.callback(process.kill)
        yield


def images_per_second(name: str, config: BusyConfig, setting: str) -> float:
    """Train for one epoch with environment variables set; return the trainer's own speed."""
    kept = {key: value for key, value in os.environ.items() if key not in WAITING}
    chosen = dict(pair.split("=", 1) for pair in setting.split(",") if pair)
    with tempfile.TemporaryDirectory() as where:
        command = [
            sys.executable, "-m", TRAINERS[name], "--epochs=1", f"--limit={config.limit}",
            f"--dataset={config.dataset}", "--device=cpu", f"--artifact-dir={where}",
        ]  # fmt: skip
        subprocess.run(command, cwd=ROOT, env=kept | chosen, check=True, capture_output=True)
        return read_record(Path(where, f"{name}_deconv")).images_per_second


def main() -> None:
    """Read the command line, measure and print."""
    config = cli.parse(BusyConfig)
    cli.run(lambda: measure(config))


def measure(config: BusyConfig) -> None:
    """Time every setting beside every number of programs and print it."""
    print(f"{describe()}\nimages per second of --epochs 1 --limit {config.limit}")
    for name in config.frameworks:
        for programs in config.beside:
            speeds: dict[str, list[float]] = {setting: [] for setting in config.settings}
            for _ in range(config.repeats):
                for setting in config.settings:
                    with busy(programs):
                        speeds[setting].append(images_per_second(name, config, setting))
            for setting, values in speeds.items():
                each = ", ".join(f"{value:,.0f}" for value in sorted(values))
                title = f"{FRAMEWORKS[name]}, beside {programs}, {setting or 'default'}"
                print(f"{title:<60}{statistics.median(values):>8,.0f}   ({each})", flush=True)


if __name__ == "__main__":
    main()
