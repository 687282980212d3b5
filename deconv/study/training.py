"""Doing one job: its training as a process of its own, then its measures.

Whatever ended a training before (Ctrl-C, a kill, a power cut), to do its job again is to
go on where it was: the trainers' own checkpoints see to that. So nobody has to remember
what was running.
"""

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from deconv.config import ROOT
from deconv.errors import ArtifactError, TrainingError, UserError
from deconv.files import explained, shown
from deconv.running.checkpoint import CHECKPOINT, PREVIOUS
from deconv.running.folder import run_lock
from deconv.running.processor import REMEDIES
from deconv.running.record import METRICS
from deconv.study.jobs import Job
from deconv.study.machine import describe
from deconv.study.results import DIVERGED, Row, failure

ONE_THREAD = dict(wish.split("=") for wish in REMEDIES.values()) | {"TF_NUM_INTEROP_THREADS": "1"}
"""Environment of a trainer that leaves the other cores to the trainings beside it."""
STOP = "stop"
"""File in the folder of all jobs: where it appears, all trainings save and end. A file, because
workers on other machines see it too."""
POLL_SECONDS = 0.2
"""Between two looks for that file."""

Measure = Callable[[Job, Path], Mapping[str, float]]
"""Measures a finished run: given the job and the run's folder, returns values by name."""


class Outcome(NamedTuple):
    """What came of a job; `row` is None where it was stopped before its end."""

    job: Job
    row: Row | None
    seconds: float


@dataclass(frozen=True)
class Work:
    """How jobs are done. Can be sent to another machine; then `folder` must be there too."""

    folder: Path
    """Holds a folder for each job."""
    measure: Measure
    flags: Sequence[str]
    """More flags of the trainers."""

    def do(self, job: Job) -> Outcome:
        """Train and measure. A mistake is a row as well, so that it does not end the other jobs."""
        start, row = time.perf_counter(), None
        try:
            if self._train(job):
                values = self.measure(job, job.run_folder(self.folder))
                row = Row(job, {name: float(value) for name, value in values.items()})
        except UserError as error:
            row = failure(job, str(error))
        except Exception as error:
            row = failure(job, f"{type(error).__name__}: {error}")
            with suppress(OSError):
                place = job.run_folder(self.folder).with_name("traceback.txt")
                place.write_text(traceback.format_exc())
        if row and row.error and self.stopping:  # then this is why it did not succeed
            row = None
        seconds = time.perf_counter() - start
        row = row and replace(row, machine=describe(job.framework), seconds=seconds)
        return Outcome(job, row, seconds)

    @property
    def stopping(self) -> bool:
        """Whether all jobs were asked to save and end."""
        return (self.folder / STOP).exists()

    def _train(self, job: Job) -> bool:
        """Train a job to its end, from where it was; return False where it need not begin.

        What the trainer says is kept beside the run's folder, in `output.txt` and
        `errors.txt`. Raises `TrainingError` with its own words when it complains.
        """
        run = job.run_folder(self.folder)
        self._wait_until_free(run)
        if self.stopping:
            return False
        if (run / METRICS).exists():  # written last, so all is done
            return True
        resume = any((run / name).exists() for name in (CHECKPOINT, PREVIOUS))
        errors = run.with_name("errors.txt")
        with (
            explained("start a training in", run.parent),
            run.with_name("output.txt").open("ab") as output,
            errors.open("wb") as complaints,
            # Ctrl-C goes to all processes of a group. A trainer has its own, so that it hears of
            # it once, from us: the second time it would end without saving.
            subprocess.Popen(
                [*job.command(self.folder), *self.flags, *["--resume"] * resume],
                cwd=ROOT, env=os.environ | ONE_THREAD, process_group=0,
                stdin=subprocess.DEVNULL, stdout=output, stderr=complaints,
            ) as process,
        ):  # fmt: skip
            asked = False
            while process.poll() is None:
                if not asked and self.stopping:
                    process.terminate()
                    asked = True
                with suppress(subprocess.TimeoutExpired):
                    process.wait(POLL_SECONDS)
        if process.returncode == 0:
            return True
        message = complaint(errors, process.returncode)
        if resume and DIVERGED not in message:
            message += f" (to train it from the start, remove {shown(run)})"
        raise TrainingError(message)

    def _wait_until_free(self, run: Path) -> None:
        """Wait until no training writes to a run's folder: one that outlived a killed study may.

        Raises `ArtifactError` where the folder cannot be made.
        """
        said = False
        while not self.stopping:
            try:
                with run_lock(run):
                    return
            except ArtifactError as error:
                if error.__cause__:  # of the system's: it is not that another has the lock
                    raise
                if not said:
                    print(f"waiting: {error}", file=sys.stderr, flush=True)
                    said = True
            time.sleep(POLL_SECONDS)


def complaint(errors: Path, status: int) -> str:
    """Return what a process that failed has said last, in one line."""
    if status < 0:
        reason = ", maybe because the memory is full" if status == -9 else ""
        return f"the training was killed by signal {-status}{reason}"
    lines = [line for line in errors.read_text(errors="replace").splitlines() if line.strip()]
    said = [line for line in lines if line.startswith("error: ")] or lines
    if not said:
        return f"the training ended with status {status} and said nothing"
    return said[-1].strip().removeprefix("error: ")
