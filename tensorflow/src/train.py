"""Train the autoencoder: `python -m tensorflow.src.train`."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from deconv import cli
from deconv.artifacts import RunRecord, write_atomically

from .config import Config, detect_device

if TYPE_CHECKING:
    import keras


def train(config: Config) -> RunRecord:
    """Train, keep the weights with the lowest validation loss, and test them once.

    Returns the run's record, which is also written, with weights, history and
    pictures, to `<artifact_dir>/tensorflow_deconv`. Raises `deconv.errors.UserError`
    before anything is written when a setting, the data or the device is wrong.
    """
    import tensorflow as tf

    from deconv.fashion_mnist import load_splits
    from deconv.metrics import to_unit_range
    from deconv.runs import Run
    from deconv.weights import Weights, initial_weights

    from .data import build_datasets
    from .distributed import distributed_step, join_workers, share_step
    from .engine import (
        build_optimizer,
        evaluate,
        export_optimizer,
        load_optimizer,
        train_epoch,
        train_step,
    )
    from .inference import reconstruct
    from .model import build_model
    from .utils import export_weights, load_weights, seed_everything

    device = detect_device(config.device)
    workers = join_workers(device)
    splits = load_splits(config)
    seed_everything(config.seed)
    step = share_step(config, workers)
    run = Run(
        config,
        splits,
        framework="tensorflow",
        version=tf.__version__,
        device="cpu" if "CPU" in device else "gpu",
        compiled=step not in (train_step, distributed_step),
        workers=workers,
    )

    with run, workers.scope():
        model = build_model(config)
        load_weights(model, initial_weights(config.seed, config.upsampler))
        optimizer = build_optimizer(model, config)
        if run.checkpoint:
            load_weights(model, run.checkpoint.weights)
            load_optimizer(model, optimizer, run.checkpoint.optimizer)
        batches, validation, test = build_datasets(config, splits, len(run.history), workers)

        def state() -> tuple[Weights, Weights]:
            return export_weights(model), export_optimizer(model, optimizer)

        for done, rates in run.epochs(state):
            rest = islice(batches, done, None)
            train_epoch(model, optimizer, rest, rates, step, run.after_step)
            run.end_epoch(evaluate(model, validation))

        if config.precision != "float32":  # test what the file of weights gives to everybody
            model = build_model(replace(config, precision="float32"))
        load_weights(model, run.best_weights)
        if workers.leads:
            save_for_keras(model, run.folder)
        shown = to_unit_range(splits.test[:10])
        return run.finish(evaluate(model, test), shown, reconstruct(model, shown))


def save_for_keras(model: keras.Model, folder: Path) -> None:
    """Write `model.keras`, which Keras users can load without this project's code."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "model.keras"
        model.save(file)
        write_atomically(folder / file.name, file.read_bytes())


def main() -> None:
    """Read the command line and train."""
    config = cli.parse(Config)
    cli.run(lambda: train(config))


if __name__ == "__main__":
    main()
