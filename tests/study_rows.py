"""Results that no training gave: what a study of any size could have measured."""

import zlib
from collections.abc import Iterable
from typing import get_args

import numpy as np

from deconv.architecture import Upsampler, design_of, layers
from deconv.config import DatasetName
from deconv.study.jobs import Job
from deconv.study.measuring import MEASURES
from deconv.study.plan import Preset, answering_jobs, task_of, tuned_rates, tuning_jobs
from deconv.study.results import DIVERGED, Row, failure
from deconv.study.sections.base import Study

TASK = "super-resolve"
BETTER = dict(zip(get_args(Upsampler), np.linspace(0, 1, 11).tolist(), strict=True))
"""Decibels that an arm is ahead of `transposed`."""
BETTER |= {"fractional": 0.0, "transposed-bilinear": 0.03, "subpixel-icnr": BETTER["subpixel"]}


def invent(jobs: Iterable[Job]) -> list[Row]:
    """Return a row for each job; the highest rates of `transposed6` diverge."""
    return [_row(job) for job in jobs]


def _row(job: Job) -> Row:
    if job.upsampler == "transposed6" and job.learning_rate >= 0.1:
        return failure(job, f"the loss {DIVERGED}")
    design = design_of(job.settings)
    own = np.random.default_rng(zlib.crc32(job.name.encode()))
    shared = np.random.default_rng((job.seed, len(task_of(job))))
    psnr = 20 + shared.normal(0, 0.3) + own.normal(0, 0.05) + BETTER[job.upsampler]
    psnr += np.log2(job.latent or 64) / 2 - abs(np.log10(job.learning_rate) + 2)
    found = {name: _size(name, job) * (1 + 0.05 * own.standard_normal()) for name in MEASURES}
    found |= dict.fromkeys(("psnr", "validation_psnr"), psnr)
    found |= {"psnr_foreground": psnr - 3, "psnr_background": psnr + 4, "train_seconds": 10.0}
    found |= {"images_per_second": 2_000.0, "best_epoch": 1.0}
    found["parameters"] = float(sum(layer.parameters for layer in layers(design)))
    found["macs"] = float(sum(layer.macs for layer in layers(design)))
    if job.task == "segment":
        return Row(
            job, {name: found[name] for name in ("miou", "validation_miou", "macs", "parameters")}
        )
    found = {name: value for name, value in found.items() if "miou" not in name}
    if job.purpose in ("tune", "stability"):
        found = {name: value for name, value in found.items() if "validation" in name}
    return Row(job, found, machine=f"{job.framework} 1.0 on an abacus", seconds=20.0)


def _size(name: str, job: Job) -> float:
    """Return about how large a measure is."""
    arm = 1 + BETTER[job.upsampler]
    if name.startswith("spectrum_"):
        return 1 - 0.07 * int(name[-1]) / arm
    sizes = {"initial_gain": 0.87, "gain": 0.8 / arm, "replica_2": 3 / arm, "phase": 0.04 / arm}
    return next((size for start, size in sizes.items() if name.startswith(start)), 0.5)


def study(preset: Preset, dataset: DatasetName = "synthetic") -> list[Row]:
    """Return the rows of a whole study, tuned as a real one is."""
    tuned = invent(tuning_jobs(preset, dataset))
    return tuned + invent(answering_jobs(preset, dataset, tuned_rates(tuned)))


def as_study(rows, splits=None) -> Study:
    return Study(tuple(rows), splits, "full")


def main(arm: str, values: list[float], framework: str = "pytorch", macs: float = 1) -> list[Row]:
    jobs = [
        Job(framework, "main", task=TASK, upsampler=arm, seed=seed) for seed in range(len(values))
    ]
    return [
        Row(job, {"psnr": value, "macs": macs, "parameters": 1.0})
        for job, value in zip(jobs, values, strict=True)
    ]
