"""Four ways to train the same autoencoder, for `benchmarks.time_to_psnr`.

Two are what a tutorial would write, one in each framework; two are this
project's trainers with their defaults. Each reports after every step, so that
whoever times them can stop the clock and look.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module

import numpy as np

from benchmarks.framework import Framework
from deconv.data.splits import Splits
from deconv.running.epoch import Epoch
from deconv.weights import initial_weights

Reconstruct = Callable[[np.ndarray], np.ndarray]
"""Test images, float32 `(N, 28, 28, 1)` in [-1, 1], to their reconstructions."""
AfterStep = Callable[[int, Reconstruct], None]
"""Called with the number of images of the step and a way to look at the model."""
Recipe = Callable[[Splits, int, AfterStep], None]
"""Trains on the dataset, with a seed, and reports."""

NAMES = [
    "PyTorch, plain",
    "PyTorch, this project",
    "TensorFlow, plain",
    "TensorFlow, this project",
]


def load(name: str) -> Recipe:
    """Import the framework of a recipe and return the recipe, ready to start."""
    framework, kind = name.lower().split(", ")
    if kind == "plain":
        return import_module(f"benchmarks.plain_{framework}").train
    return partial(this_project, Framework(framework))


def this_project(framework: Framework, splits: Splits, seed: int, after_step: AfterStep) -> None:
    """This project's trainer with its defaults, without its files."""
    config = framework.config.Config(seed=seed, dataset=splits.name, device="cpu")
    framework.utils.seed_everything(seed)
    model = framework.build(initial_weights(seed))
    optimizer = framework.optimizer.build_optimizer(model, config)
    batches, _, _ = framework.data.build_datasets(config, splits)
    rates = config.learning_rates(config.epochs * len(batches)).reshape(config.epochs, -1)
    step, _ = framework.engine.compile_step(config, framework.config.detect_device("cpu"))

    def report() -> None:
        after_step(epoch.sizes[-1], partial(framework.inference.reconstruct, model))

    for number in range(config.epochs):
        epoch = Epoch(batches, rates[number], after_step=report)
        framework.engine.train_epoch(model, optimizer, epoch, step)
