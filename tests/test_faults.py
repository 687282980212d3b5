"""Every call that writes a training's files or its words fails once, as on a full or a dying disk.

strace runs the training in NumPy and lets the system refuse one call. The training
must end with one sentence, and what it leaves must be whole: the same command with
`--resume` ends with the same bytes as a run that nobody disturbed.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks.processes import Training, prepare
from benchmarks.soak import contents
from deconv.config import ROOT
from deconv.data import splits
from deconv.running.checkpoint import CHECKPOINT, PREVIOUS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("strace") is None,
        reason="strace is not installed; on Debian and Ubuntu: apt-get install strace",
    ),
]
prepare(["numpy"])

GARMENTS = (64, 20, 20)
"""Drawn in each of some eighty trainings: as few as will do."""
FLAGS = ("--dataset=synthetic", "--epochs=1", "--checkpoint-seconds=0")
TRAINING = f"""
from deconv.data import splits
splits.GARMENTS = {GARMENTS}
from deconv.scratch import main
main()
"""
EARLIER = "the earlier run's"


class Call(NamedTuple):
    """One call to the system, and how manieth of its name it is."""

    name: str
    number: int
    arguments: str


def draw_few():
    splits.GARMENTS = GARMENTS


def new_folder(where: Path) -> Path:
    """Make an artifact folder with an earlier run in it, which a new one moves aside."""
    earlier = where / "numpy_deconv"
    earlier.mkdir(parents=True)
    (earlier / "metrics.json").write_text(EARLIER)
    return where


def train_under_strace(folder: Path, log: Path, calls: str, *more: str) -> tuple[int | None, str]:
    """Train; return the status and what was said on standard error."""
    strace = ("strace", "-f", "--seccomp-bpf", "-y", "-s0", "-o", str(log), "-e", f"trace={calls}")
    with (folder / "said.txt").open("w") as said:  # a file, because a disk is what is full here
        done = subprocess.run(
            [*strace, *more, sys.executable, "-c", TRAINING, *FLAGS, f"--artifact-dir={folder}"],
            cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": ""},
            stdout=said, stderr=subprocess.PIPE, text=True, timeout=100,
        )  # fmt: skip
    return done.returncode, done.stderr


def calls_of_a_run(folder: Path, log: Path) -> list[Call]:
    """Train; return every call that had to do with the run's folder or with standard output."""
    done = train_under_strace(folder, log, "fsync,write,/^(rename|mkdir|unlink)")
    assert done == (0, "")
    lines = log.read_text().splitlines()
    found, main_thread = [], lines[0].split()[0]
    seen: Counter[str] = Counter()
    for line in lines:
        if match := re.match(rf"{main_thread} +(\w+)\((.*)", line):
            seen[match[1]] += 1
            if str(folder) in match[2]:
                found.append(Call(match[1], seen[match[1]], match[2]))
    return found


def go_on(folder: Path) -> tuple[int | None, str]:
    """Train again, from the checkpoint if there is one, undisturbed."""
    run = folder / "numpy_deconv"
    resume = ["--resume"] * any((run / name).exists() for name in (CHECKPOINT, PREVIOUS))
    flags = (*FLAGS, f"--artifact-dir={folder}", *resume)
    with Training("numpy", *flags, before=draw_few) as training:
        _, error = training.communicate()
    return training.returncode, error


def test_each_call_fails_once_and_nothing_is_lost(tmp_path):
    log = tmp_path / "log"
    calls = calls_of_a_run(new_folder(tmp_path / "whole"), log)
    assert 30 <= len(calls) <= 60, calls
    expected = contents(tmp_path / "whole" / "numpy_deconv")
    for index, call in enumerate(calls):
        error = ("ENOSPC", "EIO")[index % 2]
        fault = f"inject={call.name}:error={error}:when={call.number}"
        folder = new_folder(tmp_path / str(index))
        status, said = train_under_strace(folder, log, call.name, "-e", fault)
        what = f"{call} {error}: {status} {said}"
        assert log.read_text().count("(INJECTED)") == 1, what
        if status:
            assert status == 2, what
            assert re.fullmatch(r"error: .+\n", said), what
            status, said = go_on(folder)
        assert (status, said) == (0, ""), what
        assert contents(folder / "numpy_deconv") == expected, what
        assert (folder / "numpy_deconv-1" / "metrics.json").read_text() == EARLIER, what
        shutil.rmtree(folder)
