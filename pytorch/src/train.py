"""Train the autoencoder: `python -m pytorch.src.train`."""

import sys

if not __package__:  # started as a file
    print("error: run it in the project root: python -m pytorch.src.train", file=sys.stderr)
    sys.exit(2)

from dataclasses import replace

import torch

from deconv import cli
from deconv.data.splits import load_splits
from deconv.running.record import Backend, RunRecord
from deconv.running.run import Run
from deconv.weights import initial_weights

from .config import Config, count_threads, detect_device
from .data import build_datasets
from .distributed import choose_step, join_workers
from .engine import train_epoch
from .inference import reconstruct
from .model import build_model
from .optimizer import build_optimizer, export_state, load_state
from .tasks import choose_evaluation
from .utils import load_weights, seed_everything


def train(config: Config) -> RunRecord:
    """Train, keep the weights with the lowest validation loss, and test them once.

    Returns the run's record, which is also written, with weights, history and
    pictures, to `<artifact_dir>/pytorch_deconv`. Raises `deconv.errors.UserError`
    before anything is written when a setting, the data or the device is wrong.
    """
    device = detect_device(config.device)
    workers = join_workers(device)
    with workers.one_speaks():
        splits = load_splits(config)
    seed_everything(config.seed)
    step, compiled = choose_step(config, device, workers)
    evaluate = choose_evaluation(config)
    threads = count_threads(device)
    backend = Backend("pytorch", torch.__version__, device.type, compiled, threads)

    with Run(config, splits, backend, workers) as run:
        model = build_model(config).to(device)
        load_weights(model, initial_weights(config.seed, config))
        optimizer = build_optimizer(model, config)
        if run.resumed_from:
            load_state(model, optimizer, run.resumed_from)
        run.keep_safe(lambda: export_state(model, optimizer))

        batches, validation, test = build_datasets(config, splits, device, run.epochs_done)
        for epoch in run.epochs(batches):
            train_epoch(model, optimizer, epoch, step)
            run.end_epoch(evaluate(model, validation))

        if config.precision != "float32":  # test what the file of weights gives to everybody
            model = build_model(replace(config, precision="float32")).to(device)
        load_weights(model, run.best_weights)
        return run.finish(evaluate(model, test), reconstruct(model, run.examples.inputs))


def main() -> None:
    """Read the command line and train."""
    config = cli.parse(Config)
    cli.run(lambda: train(config))


if __name__ == "__main__":
    main()
