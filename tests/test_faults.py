"""Every call that writes a training's files or its words fails once, as on a full or a dying disk.

strace watches the training in NumPy and lets the system refuse one call. The training
must end with one sentence, and what it leaves must be whole: the same command with
`--resume` ends with the same bytes as a run that nobody disturbed.
"""

import ctypes
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks.processes import Training, prepare
from benchmarks.soak import contents
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
EARLIER = "the earlier run's"
PR_SET_PTRACER, ANY = 0x59616D61, -1


class Call(NamedTuple):
    """One call to the system, and how manieth of its name it is."""

    name: str
    number: int
    arguments: str


def draw_few():
    splits.GARMENTS = GARMENTS


def be_watched(folder: Path, options: Sequence[str]) -> None:
    """Begin a training that strace watches, and that says its words into a file: a disk is full."""
    draw_few()
    os.dup2(os.open(folder / "said.txt", os.O_WRONLY | os.O_CREAT), 1)
    log = folder / "log"
    # Some systems let a process watch only those that it has started, or that say who else may.
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANY)
    subprocess.Popen(
        ["strace", "-f", "-y", "-s0", f"-o{log}", *options, f"-p{os.getpid()}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while not (log.exists() and log.stat().st_size):
        os.getpgid(0)  # the first call that strace sees


def new_folder(where: Path) -> Path:
    """Make an artifact folder with an earlier run in it, which a new one moves aside."""
    earlier = where / "numpy_deconv"
    earlier.mkdir(parents=True)
    (earlier / "metrics.json").write_text(EARLIER)
    return where


def train_under_strace(folder: Path, calls: str, *more: str) -> tuple[int | None, str, str]:
    """Train; return the status, what was said on standard error, and what strace wrote."""
    watched = partial(be_watched, folder, ("-e", f"trace=getpgid,{calls}", *more))
    with Training("numpy", *FLAGS, f"--artifact-dir={folder}", before=watched) as training:
        _, error = training.communicate()
    deadline = time.monotonic() + 60
    while "+++ exited with" not in (log := (folder / "log").read_text()):
        assert time.monotonic() < deadline, log
        time.sleep(0.01)
    return training.returncode, error, log


def calls_of_a_run(folder: Path) -> list[Call]:
    """Train; return every call that had to do with the run's folder or with standard output."""
    status, error, log = train_under_strace(folder, "fsync,write,/^(rename|mkdir|unlink)")
    assert (status, error) == (0, "")
    lines = log.splitlines()
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
    calls = calls_of_a_run(new_folder(tmp_path / "whole"))
    assert 30 <= len(calls) <= 60, calls
    expected = contents(tmp_path / "whole" / "numpy_deconv")
    for index, call in enumerate(calls):
        error = ("ENOSPC", "EIO")[index % 2]
        fault = f"inject={call.name}:error={error}:when={call.number}"
        folder = new_folder(tmp_path / str(index))
        status, said, log = train_under_strace(folder, call.name, "-e", fault)
        what = f"{call} {error}: {status} {said}"
        assert log.count("(INJECTED)") == 1, what
        if status:
            assert status == 2, what
            assert re.fullmatch(r"error: .+\n", said), what
            status, said = go_on(folder)
        assert (status, said) == (0, ""), what
        assert contents(folder / "numpy_deconv") == expected, what
        assert (folder / "numpy_deconv-1" / "metrics.json").read_text() == EARLIER, what
        shutil.rmtree(folder)
