"""A folder like a run's, for weights that no run has made: what reads runs reads it too."""

from pathlib import Path

import numpy as np

from deconv.architecture import Weights, layers
from deconv.data.splits import TITLES, Splits
from deconv.drawing import plots
from deconv.handmade.lines import count_levels
from deconv.handmade.trials import level_errors
from deconv.metrics import Scores, scores, to_unit_range
from deconv.running.folder import own_folder
from deconv.running.record import WEIGHTS, EpochRow, RunRecord, write_history, write_record
from deconv.scratch import count_threads, reconstruct
from deconv.weights import write_weights

FRAMEWORK = "handmade"


def write_run(artifact_dir: Path, splits: Splits, weights: Weights, test: Scores) -> Path:
    """Write weights, history, picture and record into `handmade_deconv`; return that folder.

    What is there already is moved aside. Raises `ArtifactError` when it cannot be written.
    """
    folder = artifact_dir / f"{FRAMEWORK}_deconv"
    row, record = before_training(splits, weights), record_of(splits, test)
    examples = to_unit_range(splits.test[:10])
    title = f"Written by hand: {TITLES[splits.name]}"
    picture = plots.reconstructions(examples, reconstruct(weights, examples), title)
    with own_folder(folder):
        write_weights(folder / WEIGHTS, weights, splits.name)
        write_history(folder, [row])
        plots.save(picture, folder / "reconstructions.png")
        write_record(folder, record)
    return folder


def before_training(splits: Splits, weights: Weights) -> EpochRow:
    """Return the only line of the history: epoch 0, for the weights as they were written."""
    images = to_unit_range(splits.validation)
    validation = scores(reconstruct(weights, images), images)
    loss = np.average(level_errors(weights) ** 2, weights=count_levels(splits.train))
    return EpochRow(
        epoch=0,
        train_loss=float(loss),
        validation_loss=validation.mse,
        validation_psnr=validation.psnr,
        validation_ssim=validation.ssim,
        learning_rate=0.0,
        seconds=0.0,
        dataset=splits.name,
    )


def record_of(splits: Splits, test: Scores) -> RunRecord:
    """Return a record that says: no epoch, no step, no time, and NumPy computed the scores."""
    return RunRecord(
        framework=FRAMEWORK,
        framework_version=f"(NumPy {np.__version__})",
        device="cpu",
        dataset=splits.name,
        dataset_sha256=splits.sha256,
        train_images=len(splits.train),
        upsampler="transposed",
        precision="float32",
        compiled=False,
        seed=0,
        epochs=0,
        batch_size=0,
        learning_rate=0.0,
        weight_decay=0.0,
        best_epoch=0,
        parameters=sum(layer.parameters for layer in layers()),
        test_mse=test.mse,
        test_psnr=test.psnr,
        test_ssim=test.ssim,
        train_seconds=0.0,
        images_per_second=0.0,
        threads=count_threads(),
    )
