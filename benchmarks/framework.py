"""One of the two packages behind one face: what benchmarks and tests do in both frameworks alike.

They differ in what a tensor is and how gradients are taken; `Framework` hides that
and nothing else.
"""

from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from itertools import islice
from typing import Any

import numpy as np

from deconv.architecture import Weights
from deconv.data.splits import Splits
from deconv.weights import initial_weights

NAMES = ("pytorch", "tensorflow")
TRAINERS = {
    "pytorch": "pytorch.src.train",
    "tensorflow": "tensorflow.src.train",
    "numpy": "deconv.scratch",
}
"""The command that trains, of each framework and of the trainer without one."""
MODULES = (
    "config", "data", "model", "engine", "tasks", "optimizer", "distributed", "train", "inference",
    "utils",
)  # fmt: skip


class Framework:
    """A framework's package, with NumPy in and NumPy out."""

    def __init__(self, name: str) -> None:
        """Import it."""
        self.name = name
        for module in MODULES:
            setattr(self, module, import_module(f"{name}.src.{module}"))

    def __getattr__(self, name: str) -> Any:  # so that type checkers let the modules be
        raise AttributeError(name)

    def build(self, weights: Weights | None = None, **settings: Any) -> Any:
        """Build a model, with canonical weights if given."""
        model = self.model.build_model(self.config.Config(**settings))
        if weights is not None:
            self.utils.load_weights(model, weights)
        return model

    def forward(self, model: Any, images: np.ndarray) -> np.ndarray:
        """Pass NHWC images through a model or a part of one."""
        return self.utils.to_numpy(model(self.utils.from_numpy(images)))

    def loss_and_gradients(
        self, model: Any, images: np.ndarray, targets: np.ndarray | None = None, **settings: Any
    ) -> tuple[float, Weights]:
        """Return the loss of one batch and the gradient of every parameter, canonical layout."""
        batch = self.utils.from_numpy(images)
        wanted = batch if targets is None else self.utils.from_numpy(targets)
        loss_fn = self.tasks.choose_loss(self.config.Config(**settings))
        if self.name == "pytorch":
            loss = loss_fn(model(batch), wanted)
            loss.backward()
            gradients = {name: p.grad.numpy() for name, p in model.named_parameters()}
            return float(loss.detach()), gradients
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = loss_fn(model(batch), wanted)
        gradients = tape.gradient(loss, model.trainable_variables)
        names = self.utils.export_weights(model)
        # Keras' kernels have the canonical layout's axes in another order.
        arrays = [g.numpy() for g in gradients]
        arrays = [a.transpose(3, 2, 0, 1) if a.ndim == 4 else a.T for a in arrays]
        return float(loss), dict(zip(names, arrays, strict=True))

    def sgd(self, model: Any) -> Any:
        """Return plain gradient descent with learning rate 0.1."""
        if self.name == "pytorch":
            import torch

            return torch.optim.SGD(model.parameters(), lr=0.1)
        import keras

        return keras.optimizers.SGD(0.1)

    def steps(self, splits: Splits, *, sgd: bool = False, **settings: Any) -> Iterator[float]:
        """Train for ever from the shared weights of the seed, giving the loss of each step.

        At a constant learning rate: the trainer's own Adam, or plain gradient descent.
        """
        config = self.config.Config(dataset=splits.name, device="cpu", **settings)
        model = self.build(initial_weights(config.seed, config), **asdict(config.design))
        adam = self.optimizer.build_optimizer(model, config)
        optimizer = self.sgd(model) if sgd else adam
        batches, _, _ = self.data.build_datasets(config, splits)
        while True:  # every pass over the batches is the next epoch
            for images, targets in batches:
                yield float(self.engine.train_step(model, optimizer, images, targets))

    def losses(
        self, splits: Splits, count: int, *, sgd: bool = False, **settings: Any
    ) -> np.ndarray:
        """Return the losses of the first steps of `steps`: `(count,)`."""
        return np.array(list(islice(self.steps(splits, sgd=sgd, **settings), count)))
