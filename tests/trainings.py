"""Trainings in processes of their own, to be interrupted by tests."""

import contextlib
import subprocess
import time
from pathlib import Path

from benchmarks.processes import Training
from deconv.data import splits
from deconv.running.checkpoint import CHECKPOINT

# A checkpoint after every step, so that most of the time one is being written.
FLAGS = ("--dataset=synthetic", "--device=cpu", "--epochs=2", "--checkpoint-seconds=0")


def start(name: str, where: Path, *flags: str, **options) -> Training:
    settings = {"before": draw_few} | options
    return Training(name, *FLAGS, f"--artifact-dir={where}", *flags, **settings)


def draw_few():
    splits.GARMENTS = (1_700, 200, 100)  # 1,600 to train: drawing more would take longer


def run_folder(where: Path, name: str) -> Path:
    return where / f"{name}_deconv"


def wait_for_steps(process: Training | subprocess.Popen, folder: Path, steps: int = 5) -> None:
    """Wait until that many checkpoints were written."""
    seen: set[int] = set()
    while len(seen) <= steps:
        assert process.poll() is None, process.communicate()
        with contextlib.suppress(FileNotFoundError):
            seen.add((folder / CHECKPOINT).stat().st_mtime_ns)
        time.sleep(0.002)
