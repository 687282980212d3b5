"""The study: `python -m deconv.study`. Trains every arm, measures it, and writes the report.

What is done stands in `results.csv`; given again, the command goes on from there.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from threadpoolctl import threadpool_limits

from deconv import cli
from deconv.config import ROOT, DatasetName, RunConfig, UserPath, at_least
from deconv.data.archives import find_data_dir
from deconv.data.splits import load_splits
from deconv.errors import ConfigError
from deconv.files import shown
from deconv.study.jobs import Job
from deconv.study.measuring import MEASURES, measure_run
from deconv.study.plan import Preset, answering_jobs, tuned_rates, tuning_jobs
from deconv.study.queue import complain, run_all
from deconv.study.results import Row
from deconv.study.training import ONE_THREAD

RESULTS = "results.csv"
FLAGS = ("--checkpoint-seconds=3600",)
"""Of the trainers: an epoch takes seconds, so a checkpoint after each is enough. The last but one
then holds the weights before the last epoch, which are measured."""


@dataclass(frozen=True)
class StudyConfig:
    """Train and measure every way up, many times, and write what follows into a report."""

    preset: Preset = "quick"
    """quick: four arms, one task, three seeds, to see how it works. full: what docs/study shows."""
    dataset: DatasetName = "fashion-mnist"
    """fashion-mnist or synthetic, the built-in drawn garments."""
    data_dir: UserPath | None = None
    """Folder of the four Fashion-MNIST archives; without it $FASHION_MNIST_DIR, else
    artifacts/data."""
    folder: UserPath = ROOT / "artifacts" / "study"
    """Where results.csv, the report, its figures and the runs go."""
    side_by_side: int | None = None
    """Trainings at a time, each with one thread [default: one for each core]."""
    cluster: str | None = None
    """Address of a Dask scheduler (tcp://…) whose workers train instead."""

    def __post_init__(self) -> None:
        if self.dataset == "auto":
            raise ConfigError("a study needs a --dataset, fashion-mnist or synthetic, not auto")
        if self.side_by_side is not None:
            at_least("side-by-side", self.side_by_side, 1)


def study(config: StudyConfig) -> bool:
    """Do the study; return whether all runs have a result."""
    splits = load_splits(RunConfig(dataset=config.dataset, data_dir=config.data_dir))
    print(f"Data:      {splits.source}\nFolder:    {shown(config.folder)}", flush=True)
    os.environ.update(ONE_THREAD)  # of what measures, too
    with threadpool_limits(1):
        tuning = tuning_jobs(config.preset, config.dataset)
        rows = run(config, tuning, "to choose learning rates")
        answering = answering_jobs(config.preset, config.dataset, tuned_rates(rows.values()))
        rows |= run(config, answering, "to answer")
    from deconv.study.report import write_report  # here: matplotlib takes long to import

    write_report(rows.values(), splits, config.preset, config.folder)
    print(f"Report:    {shown(config.folder / 'report.md')}", flush=True)
    return not complain(rows.values())


def run(config: StudyConfig, jobs: Sequence[Job], purpose: str) -> dict[Job, Row]:
    """Do those of the jobs that have no result yet; return the rows of all."""
    if jobs:
        print(f"Runs:      {len(jobs)} {purpose}", flush=True)
    folder = None
    if config.dataset == "fashion-mnist":
        folder = find_data_dir(config.data_dir).resolve()
    return run_all(
        jobs,
        config.folder / "runs",
        config.folder / RESULTS,
        partial(measure_run, data_dir=folder),
        MEASURES,
        flags=[*FLAGS, *([f"--data-dir={folder}"] if folder else [])],
        side_by_side=config.side_by_side,
        cluster=config.cluster,
    )


def main() -> None:
    """Read the command line and do the study; end with status 1 where a run failed."""
    config = cli.parse(StudyConfig)
    done: list[bool] = []
    cli.run(lambda: done.append(study(config)))
    raise SystemExit(0 if all(done) else 1)


if __name__ == "__main__":
    main()
