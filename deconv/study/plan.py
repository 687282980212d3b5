"""Which trainings the study consists of: first those that tune, then those that answer.

Everything that a run does not vary is the same for all runs of a preset: passes, training
images, batch size. How the sizes were chosen is told in `docs/study`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

from deconv.architecture import Upsampler
from deconv.config import DatasetName
from deconv.study.decisions import FAMILY, REPLICATED, REPLICATED_TASK, SEEDS, SHOWN
from deconv.study.jobs import Job
from deconv.study.results import Row

Preset = Literal["quick", "full"]
Rates = Mapping[tuple[str, str], float]
"""(task, upsampler) to the learning rate that it trains with."""

TASKS: dict[str, dict[str, Any]] = {
    "super-resolve": {"task": "super-resolve"},
    "reconstruct --latent 32": {"latent": 32},
}
"""The two that decide, by their flags. The latent of the plain autoencoder holds four times as
many numbers as the image has pixels, and so hides what an upsampler does."""
PLANNED: tuple[Upsampler, ...] = (
    "transposed", "transposed4", "transposed6", "subpixel", "subpixel-icnr", "nearest",
    "transposed-bilinear",
)  # fmt: skip
"""Arms of the planned contrasts."""
TWINS: dict[str, str] = {"fractional": "transposed", "subpixel": "transposed6"}
"""Arms that begin as the same function as another. They are not tuned, but have its learning rate:
so what differs in the end is not due to a choice."""
CONTROL = "fractional"
"""The twin whose numbers must stay equal; `subpixel` has more biases."""
REWRITTEN = "transposed-blur"
"""It can be the same functions as `nearest`, and its first weights are as likely; but it writes
them in other numbers, four times as large. It has as many seeds as a planned arm."""
DECIDING = {"main": "psnr", "segment": "miou"}
"""Purposes of runs that answer a planned contrast, to the column of their primary measure."""
TUNING_SEED = 1000
"""Not among the seeds that decide."""
RATES = {
    "super-resolve": (0.003, 0.01, 0.03, 0.1),
    "reconstruct --latent 32": (0.001, 0.003, 0.01, 0.03),
}
"""What is tried in each task. 0.003, 0.01 and 0.03 were the first three; then every task got one
more at the end at which some arms were best on the validation images."""


@dataclass(frozen=True)
class Size:
    """How much a preset does."""

    epochs: int
    limit: int
    """Training images."""
    seeds: int
    """Of each arm of the planned contrasts."""
    others: int
    """Seeds of everything else."""
    tuned: bool
    """Whether each arm has a learning rate of its own, or all have the trainers' default."""
    replicated: int
    """Seeds that TensorFlow trains as well."""
    arms: tuple[Upsampler, ...]
    tasks: tuple[str, ...]
    latents: tuple[int | None, ...]
    """Latent sizes for rate and distortion; None is the autoencoder without a dense layer."""


SIZES: dict[Preset, Size] = {
    "quick": Size(
        epochs=1, limit=4_000, seeds=3, others=0, tuned=False, replicated=0,
        arms=("transposed", "transposed4", "nearest", "subpixel"), tasks=("super-resolve",),
        latents=(),
    ),
    "full": Size(
        epochs=2, limit=10_000, seeds=SEEDS, others=SHOWN, tuned=True, replicated=REPLICATED,
        arms=get_args(Upsampler), tasks=tuple(TASKS), latents=(8, 16, 32, 128, 784, None),
    ),
}  # fmt: skip


def tuning_jobs(preset: Preset, dataset: DatasetName) -> list[Job]:
    """Return the runs that choose a learning rate for every task and arm, by validation."""
    size = SIZES[preset]
    job = partial(_job, size, dataset, purpose="tune", seed=TUNING_SEED)
    return [
        job(upsampler=arm, learning_rate=rate, **TASKS[name])
        for name in size.tasks
        if size.tuned
        for arm in size.arms
        if arm not in TWINS
        for rate in RATES[name]
    ]


def tuned_rates(rows: Iterable[Row]) -> dict[tuple[str, str], float]:
    """Return the learning rate with the best validation PSNR, for every task and arm.

    A rate with which the training diverged is the last choice. Without any tuning run, nothing.
    """
    found: dict[tuple[str, str], dict[float, float]] = defaultdict(dict)
    for row in rows:
        if row.job.purpose == "tune" and not row.failed:
            psnr = row.measures.get("validation_psnr", float("-inf"))
            found[task_of(row.job), row.job.upsampler][row.job.learning_rate] = psnr
    return {key: max(rates, key=lambda rate: (rates[rate], -rate)) for key, rates in found.items()}


def answering_jobs(preset: Preset, dataset: DatasetName, rates: Rates) -> list[Job]:
    """Return the runs that the report is about, with the rates that were chosen."""
    size = SIZES[preset]
    job = partial(_job, size, dataset)
    jobs: list[Job] = []
    for name in size.tasks:
        for arm in size.arms:
            count = size.seeds if arm in (*PLANNED, CONTROL, REWRITTEN) else size.others
            rate = rate_of(rates, name, arm)
            own = {"upsampler": arm, "learning_rate": rate, **TASKS[name]}
            jobs += [job(purpose="main", seed=seed, **own) for seed in range(count)]
            if arm in PLANNED and name == REPLICATED_TASK:
                jobs += [
                    job(framework="tensorflow", purpose="main", seed=seed, **own)
                    for seed in range(size.replicated)
                ]
    return jobs + _described_jobs(size, job, rates) if size.others else jobs


def _described_jobs(size: Size, job: Callable[..., Job], rates: Rates) -> list[Job]:
    """Return the runs that the report shows and decides nothing by."""
    jobs = [
        job(purpose="stability", task="super-resolve", upsampler=arm, seed=TUNING_SEED,
            learning_rate=factor * rate_of(rates, "super-resolve", arm))
        for arm in size.arms
        for factor in (3, 10)
    ]  # fmt: skip
    tuned = {task: rate_of(rates, task, "transposed") for task in TASKS}
    for seed in range(size.others):
        each = partial(job, seed=seed)
        jobs += [
            each(purpose="segment", task="segment", upsampler=arm,
                 learning_rate=rate_of(rates, "super-resolve", arm))
            for arm in PLANNED
        ]  # fmt: skip
        dense = partial(each, learning_rate=tuned["reconstruct --latent 32"])
        jobs += [
            dense(purpose="latent", latent=latent) if latent else each(purpose="latent")
            for latent in size.latents
        ]
        for name in ("baseline", "residual", "skip", "multiscale", "attention"):
            jobs.append(each(purpose="architecture", architecture=name))
            if name != "skip":
                jobs.append(each(purpose="architecture", architecture=name, task="super-resolve",
                                 learning_rate=tuned["super-resolve"]))  # fmt: skip
        jobs += [
            dense(purpose="loss", **TASKS["reconstruct --latent 32"], **own)
            for own in ({}, {"loss": "l1"}, {"loss": "ssim"}, {"activation": "leaky-relu"})
        ]
    jobs.append(job(purpose="linear", architecture="linear", latent=32, learning_rate=0.001,
                    epochs=10 * size.epochs, limit=None))  # fmt: skip
    return jobs


def task_of(job: Job) -> str:
    """Return the task of a job as it is typed: what the study's tables call it."""
    return job.task if job.latent is None else f"{job.task} --latent {job.latent}"


def rate_of(rates: Rates, task: str, arm: str) -> float:
    """Return the learning rate of an arm; a twin's is that of the arm that it begins as."""
    return rates.get((task, TWINS.get(arm, arm)), Job.learning_rate)


def primary(rows: Iterable[Row], framework: str = "pytorch") -> dict[tuple[str, str], dict]:
    """Return what decides: (task, arm) to the primary measure of each seed.

    NaN where a training diverged; one that merely failed has not been run.
    """
    found: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for row in rows:
        if row.job.purpose in DECIDING and row.job.framework == framework and not row.failed:
            value = row.measures.get(DECIDING[row.job.purpose], float("nan"))
            found[task_of(row.job), row.job.upsampler][row.job.seed] = value
    return dict(found)


def _job(size: Size, dataset: DatasetName, **settings: Any) -> Job:
    given = {"framework": "pytorch", "dataset": dataset, "epochs": size.epochs, "limit": size.limit}
    return Job(**given | settings)


assert {arm for pair in FAMILY for arm in pair} == set(PLANNED)
