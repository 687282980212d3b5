"""One fixture, `framework`: the same test runs against PyTorch and against TensorFlow.

A framework differs from the other in what a tensor is and how gradients are
taken; `Framework` hides that and nothing else.
"""

import os

# Cores may be shared, by two notebooks at a time or with other programs. PyTorch's threads would
# wait for each other in busy loops and take most of the time from whoever works.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from importlib import import_module
from itertools import islice

import numpy as np
import pytest

from deconv.weights import Weights, initial_weights

FRAMEWORKS = ("pytorch", "tensorflow")


class Framework:
    """One of the two packages, with NumPy in and NumPy out."""

    def __init__(self, name: str) -> None:
        self.name = name
        for module in (
            "config", "data", "model", "engine", "distributed", "train", "inference", "utils",
        ):  # fmt: skip
            setattr(self, module, import_module(f"{name}.src.{module}"))

    def build(self, weights: Weights | None = None, **settings):
        """Build a model, with canonical weights if given."""
        model = self.model.build_model(self.config.Config(**settings))
        if weights is not None:
            self.utils.load_weights(model, weights)
        return model

    def forward(self, model, images: np.ndarray) -> np.ndarray:
        """Pass NHWC images through a model or a part of one."""
        return self.utils.to_numpy(model(self.utils.from_numpy(images)))

    def loss_and_gradients(self, model, images: np.ndarray) -> tuple[float, Weights]:
        """Return the loss of one batch and the gradient of every parameter, canonical layout."""
        batch = self.utils.from_numpy(images)
        if self.name == "pytorch":
            loss = self.engine.loss_fn(model(batch), batch)
            loss.backward()
            gradients = {name: p.grad.numpy() for name, p in model.named_parameters()}
            return float(loss.detach()), gradients
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = self.engine.loss_fn(model(batch), batch)
        gradients = tape.gradient(loss, model.trainable_variables)
        names = self.utils.export_weights(model)
        # Keras' kernels have the canonical layout's axes in another order.
        arrays = [g.numpy() for g in gradients]
        arrays = [a.transpose(3, 2, 0, 1) if a.ndim == 4 else a for a in arrays]
        return float(loss), dict(zip(names, arrays, strict=True))

    def optimizer(self, model, config, kind: str):
        """Plain SGD at 0.1, or the trainer's own Adam."""
        if kind == "adam":
            return self.engine.build_optimizer(model, config)
        if self.name == "pytorch":
            import torch

            return torch.optim.SGD(model.parameters(), lr=0.1)
        import keras

        return keras.optimizers.SGD(0.1)

    def losses(self, splits, kind: str, count: int, **settings) -> np.ndarray:
        """Loss of each of the first steps of a run, from the shared weights of seed 0."""
        config = self.config.Config(dataset=splits.name, device="cpu", **settings)
        model = self.build(initial_weights(0))
        optimizer = self.optimizer(model, config, kind)
        batches, _, _ = self.data.build_datasets(config, splits)
        return np.array(
            [
                float(self.engine.train_step(model, optimizer, images, targets))
                for images, targets in islice(batches, count)
            ]
        )


@pytest.fixture(params=FRAMEWORKS)
def framework(request) -> Framework:
    return Framework(request.param)


@pytest.fixture
def both() -> tuple[Framework, Framework]:
    return Framework("pytorch"), Framework("tensorflow")


@pytest.fixture
def images() -> np.ndarray:
    """Eight drawn garments: float32 `(8, 28, 28, 1)` in [-1, 1]."""
    from deconv.metrics import to_unit_range
    from deconv.synthetic import draw_garments

    return to_unit_range(draw_garments(8, seed=5)[0])
