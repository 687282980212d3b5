"""What the study measures of one finished run: a row of `results.csv`.

Runs that choose a setting are judged by the validation images, and nothing here looks at
the test images for them.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
from safetensors import safe_open

from deconv import networks
from deconv.architecture import Design, Weights, layers
from deconv.arithmetic import conv2d
from deconv.compare.measuring import reconstruct
from deconv.compare.runs import FinishedRun
from deconv.config import DatasetName, RunConfig
from deconv.data.splits import Splits, load_splits
from deconv.data.tasks import class_maps, inputs
from deconv.metrics import mean_iou, psnr, to_unit_range
from deconv.running.checkpoint import PREVIOUS
from deconv.running.record import WEIGHTS, read_history, read_record
from deconv.study import linear
from deconv.study.jobs import Job
from deconv.study.measures import IMAGE_COLUMNS, measure_images
from deconv.study.responses import (
    DECODER_COLUMNS,
    SHIFT_COLUMNS,
    measure_decoder,
    measure_gains,
    measure_shifts,
    transposed_kernel,
)
from deconv.weights import initial_weights, read_model

CHOOSING = ("tune", "stability")
"""Purposes of runs that choose or explore a setting: the test images are not for them."""
PROBES = 200
"""Test images with which a network is asked how it answers shifts."""
BLIND = 1_000
"""Test images that are drawn without a latent."""
GAINS = tuple(name for name in DECODER_COLUMNS if "gain" in name)

RUN_COLUMNS = (
    "parameters", "macs", "best_epoch", "train_seconds", "images_per_second",
    "validation_loss", "validation_psnr", "validation_ssim", "validation_miou",
)  # fmt: skip
MEASURES = (
    *RUN_COLUMNS,
    *IMAGE_COLUMNS,
    "miou",
    *DECODER_COLUMNS,
    *(f"initial_{name}" for name in GAINS),
    *(f"during_{name}" for name in GAINS),
    *SHIFT_COLUMNS,
    "psnr_without_latent",
    "train_mse",
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
        found |= measure_outputs(design, reconstruct(run, splits, data_dir, "cpu"), splits)
        found |= measure_network(job, design, weights, splits)
        if design.architecture == "baseline":
            found |= measure_gains_before(job, design, folder)
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


def measure_network(job: Job, design: Design, weights: Weights, splits: Splits) -> dict[str, float]:
    """Measure how a network itself answers, in NumPy."""
    found = {}
    if design.architecture == "linear":
        images = to_unit_range(splits.train[: job.limit])
        found["train_mse"] = linear.trained_mse(weights, images)
    kind = (job.purpose, design.task, design.architecture)
    if kind in {("architecture", "reconstruct", name) for name in ("baseline", "skip")}:
        images = to_unit_range(splits.test[:BLIND])
        drawn = drawn_blind(design, weights, images)
        found["psnr_without_latent"] = float(psnr(drawn, images[..., 0]).mean())
    if design.architecture == "baseline" and design.task != "segment":
        found |= measure_answers(design, weights, to_unit_range(splits.test[:PROBES]))
    return found


def measure_answers(design: Design, weights: Weights, images: np.ndarray) -> dict[str, float]:
    """Measure the answers of the baseline's decoder and to images that move."""

    def maps(images: np.ndarray) -> np.ndarray:
        given = inputs(design.task, images).transpose(0, 3, 1, 2)
        return networks.spread(design, weights, networks.encode(design, weights, given))

    return {
        **measure_decoder(
            lambda latents: networks.draw(design, weights, latents),
            maps(images),
            kernels_of(design, weights),
        ),
        **measure_shifts(lambda given: networks.draw(design, weights, maps(given))[:, 0], images),
    }


def measure_gains_before(job: Job, design: Design, folder: Path) -> dict[str, float]:
    """Measure the gains of the first weights, and of those before the last epoch."""
    found = measure_gains(kernels_of(design, initial_weights(job.seed, design)))
    columns = {f"initial_{name}": value for name, value in found.items()}
    if weights := weights_before_last_epoch(folder, job.epochs):
        found = measure_gains(kernels_of(design, weights))
        columns |= {f"during_{name}": value for name, value in found.items()}
    return columns


def kernels_of(design: Design, weights: Weights) -> dict[str, np.ndarray]:
    """Return the two upsampling layers of the baseline as transposed convolutions."""
    kernels = [
        transposed_kernel(design.upsampler, weights[f"{layer.name}.weight"])
        for layer in layers(design)
        if layer.name.startswith("decoder.") and len(layer.weight_shape) == 4
    ]
    return dict(zip(("inner", "outer"), kernels, strict=True))


def weights_before_last_epoch(folder: Path, epochs: int) -> Weights:
    """Read them from the last checkpoint but one, which a finished run keeps.

    Nothing where that is not there, or was written in the middle of an epoch.
    """
    if not (folder / PREVIOUS).exists():
        return {}
    with safe_open(folder / PREVIOUS, framework="numpy") as file:
        about = json.loads(file.metadata()["about"])
        if len(about["history"]) != epochs - 1 or file.get_slice("losses").get_shape() != [0]:
            return {}
        names = file.keys()
        return {
            name.removeprefix("weights."): file.get_tensor(name)
            for name in names
            if name.startswith("weights.")
        }


def drawn_blind(design: Design, weights: Weights, images: np.ndarray) -> np.ndarray:
    """Return what a network makes of images `(N, 28, 28, 1)` with a latent of zeros.

    The baseline then knows nothing of its image; `skip` still has the features that go around.
    Float32 `(N, 28, 28)`.
    """
    nothing = np.zeros((len(images), 64, 7, 7), np.float32)
    if design.architecture != "skip":
        return networks.draw(design, weights, nothing)[:, 0]
    first = "encoder.conv1"
    x = conv2d(images.transpose(0, 3, 1, 2), weights[f"{first}.weight"], stride=2, padding=1)
    features = networks.activate(design, x + networks.bias(weights, first))  # (32, 14, 14)
    x = networks.activate(design, networks.double(design, weights, nothing, 1))  # (32, 14, 14)
    y = networks.double(design, weights, np.concatenate([x, features], axis=1), 2)
    return np.tanh(y[:, 0])
