"""Four ways to train the same autoencoder, for `benchmarks.time_to_psnr`.

Two are what a tutorial would write, one in each framework; two are this
project's trainers with their defaults. Each reports after every step, so that
whoever times them can stop the clock and look.
"""

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType

import numpy as np

from deconv.fashion_mnist import Splits
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

MODULES = ("config", "data", "model", "engine", "inference", "utils")
"""Of a framework's package, in the order in which `this_project` takes them."""


def load(name: str) -> Recipe:
    """Import the framework of a recipe and return the recipe, ready to start."""
    framework, kind = name.lower().split(", ")
    if kind == "plain":
        return import_module(f"benchmarks.plain_{framework}").train
    modules = [import_module(f"{framework}.src.{module}") for module in MODULES]
    return partial(this_project, modules)


def this_project(
    modules: Sequence[ModuleType], splits: Splits, seed: int, after_step: AfterStep
) -> None:
    """This project's trainer with its defaults, without its files."""
    config_, data, model_, engine, inference, utils = modules
    config = config_.Config(seed=seed, dataset=splits.name, device="cpu")
    utils.seed_everything(seed)
    model = model_.build_model(config)
    utils.load_weights(model, initial_weights(seed))
    optimizer = engine.build_optimizer(model, config)
    batches, _, _ = data.build_datasets(config, splits)
    rates = config.learning_rates(config.epochs * len(batches)).reshape(config.epochs, -1)
    step = engine.choose_step(config)

    def reconstruct(images: np.ndarray) -> np.ndarray:
        return inference.reconstruct(model, images)

    for epoch in range(config.epochs):
        engine.train_epoch(
            model, optimizer, batches, rates[epoch], step,
            lambda images, loss: after_step(images, reconstruct),
        )  # fmt: skip
