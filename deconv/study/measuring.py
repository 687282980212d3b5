"""What the study measures of one finished run: a row of `results.csv`.

Runs that choose a setting are judged by the validation images, and nothing here looks at
the test images for them.
"""

from functools import cache
from pathlib import Path

import numpy as np

from deconv import networks
from deconv.architecture import Design, Weights, layers
from deconv.compare.measuring import reconstruct
from deconv.compare.runs import FinishedRun
from deconv.config import DatasetName, RunConfig
from deconv.data.splits import Splits, load_splits
from deconv.data.tasks import class_maps, inputs
from deconv.metrics import mean_iou, to_unit_range
from deconv.running.record import WEIGHTS, read_history, read_record
from deconv.study.jobs import Job
from deconv.study.measures import IMAGE_COLUMNS, measure_images
from deconv.study.responses import (
    DECODER_COLUMNS,
    SHIFT_COLUMNS,
    measure_decoder,
    measure_shifts,
    transposed_kernel,
)
from deconv.weights import initial_weights, read_model

CHOOSING = ("tune", "stability")
"""Purposes of runs that choose or explore a setting: the test images are not for them."""
PROBES = 200
"""Test images with which a network is asked how it answers shifts."""

RUN_COLUMNS = (
    "parameters", "macs", "best_epoch", "train_seconds", "images_per_second",
    "validation_loss", "validation_psnr", "validation_ssim", "validation_miou",
)  # fmt: skip
MEASURES = (
    *RUN_COLUMNS,
    *IMAGE_COLUMNS,
    "miou",
    *DECODER_COLUMNS,
    *(f"initial_{name}" for name in DECODER_COLUMNS if "gain" in name),
    *SHIFT_COLUMNS,
)
"""Every column that a run can have."""


def measure_run(job: Job, folder: Path, data_dir: Path | None = None) -> dict[str, float]:
    """Measure a finished run, by name of column; what does not apply to it is left out."""
    run = FinishedRun(job.name, folder, read_record(folder), read_history(folder))
    design, weights = read_model(folder / WEIGHTS)
    best = min(run.history, key=lambda row: row.validation_loss)
    found = {
        "parameters": run.record.parameters,
        "macs": sum(layer.macs for layer in layers(design)),
        "best_epoch": run.record.best_epoch,
        "train_seconds": run.record.train_seconds,
        "images_per_second": run.record.images_per_second,
        "validation_loss": best.validation_loss,
        "validation_psnr": best.validation_psnr,
        "validation_ssim": best.validation_ssim,
        "validation_miou": best.validation_miou,
    }
    if job.purpose not in CHOOSING:
        splits = dataset(job.dataset, data_dir)
        outputs = reconstruct(run, splits, data_dir, "cpu")
        found |= measure_outputs(design, outputs, splits)
        if design.architecture == "baseline" and design.task != "segment":
            found |= measure_network(design, weights, job.seed, to_unit_range(splits.test[:PROBES]))
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


@cache
def dataset(name: DatasetName, data_dir: Path | None) -> Splits:
    """Return a dataset, which is loaded once in a process."""
    return load_splits(RunConfig(dataset=name, data_dir=data_dir))


def measure_outputs(design: Design, outputs: np.ndarray, splits: Splits) -> dict[str, float]:
    """Measure what a network made of all test images."""
    if design.task != "segment":
        return measure_images(outputs, to_unit_range(splits.test))
    classes = class_maps(splits.test, splits.test_labels)[..., 0]
    return {"miou": mean_iou(outputs.argmax(-1), classes)}


def measure_network(
    design: Design, weights: Weights, seed: int, images: np.ndarray
) -> dict[str, float]:
    """Measure how the network itself answers, after training and before: in NumPy."""

    def maps(weights: Weights, images: np.ndarray) -> np.ndarray:
        given = inputs(design.task, images).transpose(0, 3, 1, 2)
        return networks.spread(design, weights, networks.encode(design, weights, given))

    def measured(weights: Weights) -> dict[str, float]:
        kernels = [
            transposed_kernel(design.upsampler, w)
            for name, w in weights.items()
            if name.startswith("decoder.") and w.ndim == 4
        ]
        return measure_decoder(
            lambda latents: networks.draw(design, weights, latents),
            maps(weights, images),
            dict(zip(("inner", "outer"), kernels, strict=True)),
        )

    before = measured(initial_weights(seed, design))
    return {
        **measured(weights),
        **{f"initial_{name}": value for name, value in before.items() if "gain" in name},
        **measure_shifts(
            lambda images: networks.draw(design, weights, maps(weights, images))[:, 0], images
        ),
    }
