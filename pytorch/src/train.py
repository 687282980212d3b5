"""Train the autoencoder: `python -m pytorch.src.train`.

torch is imported after the arguments are read, so that `--help` and a wrong
flag answer at once.
"""

from dataclasses import replace
from itertools import islice

from deconv import cli
from deconv.artifacts import RunRecord

from .config import Config, detect_device


def train(config: Config) -> RunRecord:
    """Train, keep the weights with the lowest validation loss, and test them once.

    Returns the run's record, which is also written, with weights, history and
    pictures, to `<artifact_dir>/pytorch_deconv`. Raises `deconv.errors.UserError`
    before anything is written when a setting, the data or the device is wrong.
    """
    import torch

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
        framework="pytorch",
        version=torch.__version__,
        device=device.type,
        compiled=step not in (train_step, distributed_step),
        workers=workers,
    )

    with run, workers.scope():
        model = build_model(config).to(device)
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
            model = build_model(replace(config, precision="float32")).to(device)
        load_weights(model, run.best_weights)
        shown = to_unit_range(splits.test[:10])
        return run.finish(evaluate(model, test), shown, reconstruct(model, shown))


def main() -> None:
    """Read the command line and train."""
    config = cli.parse(Config)
    cli.run(lambda: train(config))


if __name__ == "__main__":
    main()
