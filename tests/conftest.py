"""One fixture, `framework`: the same test runs against PyTorch and against TensorFlow.

A framework differs from the other in what a tensor is and how gradients are
taken; `Framework` hides that and nothing else.
"""

from importlib import import_module

import numpy as np
import pytest

from deconv.weights import Weights

FRAMEWORKS = ("pytorch", "tensorflow")


class Framework:
    """One of the two packages, with NumPy in and NumPy out."""

    def __init__(self, name: str) -> None:
        self.name = name
        for module in ("config", "data", "model", "engine", "train", "inference", "utils"):
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
