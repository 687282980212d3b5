"""The queue of the study: hands trainings out, and writes down what came of each at once.

Each training is a process of one thread, and there are as many of them as cores: side by
side they make more images per second than one training whose threads share the work
(`python -m benchmarks.side_by_side`). joblib hands them out, or a Dask cluster.

The queue itself remembers nothing. What is done stands in the results; what had begun
goes on from its own checkpoint. So it may be stopped or killed at any moment.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from statistics import fmean
from types import FrameType
from typing import Any, Self

from joblib import Parallel, delayed
from tqdm.auto import tqdm

from deconv.errors import Interrupted
from deconv.files import explained, shown
from deconv.running.folder import run_lock
from deconv.running.processor import cores
from deconv.running.signals import StopRequest
from deconv.study.cluster import cluster_at
from deconv.study.jobs import Job
from deconv.study.results import Row, read_results, write_results
from deconv.study.training import STOP, Measure, Outcome, Work


def run_all(
    jobs: Iterable[Job],
    folder: Path,
    results: Path,
    measure: Measure,
    measures: Sequence[str],
    *,
    flags: Sequence[str] = (),
    side_by_side: int | None = None,
    cluster: str | None = None,
) -> dict[Job, Row]:
    """Do all jobs that have no result yet, in this order; return the rows of all jobs.

    `folder` gets a folder for each job, `results` a row, with what `measure` returns: it is
    given the job and the folder of its run, and `measures` are the names of its values.
    `flags` are more of the trainers', which do not change a result: `--data-dir=…`. There
    are `side_by_side` trainings at a time, by default one for each core; with `cluster`,
    the address of a Dask scheduler, one for each thread of its workers.

    A job that fails has an error in its row, and is tried again by the next call. SIGINT
    (Ctrl-C) and SIGTERM let all trainings save and end, and raise `Interrupted`. Raises
    `ArtifactError` when another study has this folder or when `results` cannot be trusted,
    and `ClusterError`.
    """
    jobs = list(dict.fromkeys(jobs))
    folder = folder.resolve()  # trainers, and workers on other machines, may be elsewhere
    work = Work(folder, measure, tuple(flags))
    with ExitStack() as stack:
        lock, _ = stack.enter_context(run_lock(folder))
        rows = read_results(results, measures)
        todo = [job for job in jobs if job not in rows or rows[job].failed]
        with explained("make the folder of the study", folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / STOP).unlink(missing_ok=True)  # of the study before
        count = side_by_side or cores()
        hand_out: Callable[[Work, Sequence[Job]], Iterator[Outcome]]
        hand_out = partial(_hand_out, count=count)
        if cluster is not None and todo:
            workers = stack.enter_context(cluster_at(cluster, lock))
            count, hand_out = workers.count, workers.hand_out
        stop = stack.enter_context(_Stop(folder / STOP))
        screen = stack.enter_context(_Screen(todo, count))
        outcomes = hand_out(work, todo)
        try:
            for outcome in outcomes:
                if outcome.row:
                    rows[outcome.job] = outcome.row
                    write_results(results, rows.values(), measures)
                    screen.show(outcome)
        except BaseException:
            stop.request()
            for _ in outcomes:  # until all trainings have saved and ended
                pass
            raise
    found = {job: rows[job] for job in jobs if job in rows}
    if stop.signal:
        raise Interrupted(
            f"{len(found)} of {len(jobs)} runs are in {shown(results)}; "
            "to go on, give the same command again",
            stop.signal,
        )
    return found


def _hand_out(work: Work, todo: Sequence[Job], count: int) -> Iterator[Outcome]:
    """Give the outcomes of jobs as they come, of which `count` are under way at any time."""
    # Threads, because all that they do is to wait for the processes of trainers.
    parallel = Parallel(
        n_jobs=count, backend="threading", return_as="generator_unordered", batch_size=1
    )
    return parallel(delayed(work.do)(job) for job in todo)


class _Stop(StopRequest):
    """Passes the first SIGINT or SIGTERM on to all trainings, by a file."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def request(self) -> None:
        """Let all trainings save and end."""
        with suppress(OSError):
            self.file.touch()

    def _remember(self, number: int, frame: FrameType | None) -> None:
        super()._remember(number, frame)
        self.request()


class _Screen:
    """Says what runs, what has ended and how long the rest may take."""

    def __init__(self, todo: Sequence[Job], count: int) -> None:
        self.waiting, self.count = list(todo), count
        self.took: dict[Job, float] = {}
        form = "{n_fmt}/{total_fmt} runs |{bar:20}| {desc}"
        self.bar = tqdm(
            total=len(todo), bar_format=form, disable=None, leave=False, dynamic_ncols=True
        )

    def __enter__(self) -> Self:
        self._draw()
        return self

    def __exit__(self, *failure: Any) -> None:
        self.bar.close()

    def show(self, outcome: Outcome) -> None:
        """Say what came of a job, in a line that stays."""
        job, row, seconds = outcome
        self.waiting.remove(job)
        self.took[job] = seconds
        done = len(self.took)
        came = (row and row.trouble) or f"{seconds:.0f} s"
        said = "; ".join([f"{job.title}: {came}", *self._left()])
        self.bar.write(f"{done:>4}/{done + len(self.waiting)}  {said}")
        sys.stdout.flush()
        self.bar.update()
        self._draw()

    def _draw(self) -> None:
        """Draw the bar. Jobs begin in order, so the first ones that have not ended are running."""
        running = [job.title for job in self.waiting[: self.count]]
        self.bar.set_description_str("; ".join([*self._left(), *running]))

    def _left(self) -> list[str]:
        seconds = seconds_left(self.took, self.waiting, self.count)
        return [f"about {tqdm.format_interval(seconds)} left"] if seconds >= 1 else []


def seconds_left(took: Mapping[Job, float], waiting: Iterable[Job], count: int) -> float:
    """Estimate how long the jobs that have not ended will take, `count` at a time; at first 0.

    A job takes as long as those with the same cost, or where none has ended, as all did.
    """
    if not took:
        return 0.0
    known = defaultdict(list)
    for job, seconds in took.items():
        known[_cost(job)].append(seconds)
    usual = [fmean(took.values())]
    return sum(fmean(known.get(_cost(job), usual)) for job in waiting) / count


def _cost(job: Job) -> tuple:
    """Return what decides how long a job takes."""
    return job.framework, job.task, job.upsampler, job.architecture, job.epochs, job.limit


def complain(rows: Iterable[Row]) -> bool:
    """List the runs without a result on standard error; return whether one of them failed.

    Those whose training diverged are listed too, but they have not failed.
    """
    bad = [row for row in rows if row.error]
    for row in bad:
        print(f"{row.job.title}: {row.trouble}", file=sys.stderr)
    return any(row.failed for row in bad)
