"""The optimizer, its learning rate, and its state in and out."""

import keras
import numpy as np
import tensorflow as tf

from deconv.config import BETAS, EPSILON
from deconv.running.checkpoint import State

from .config import Config
from .model import keras_settings
from .utils import (
    canonical_variables,
    export_weights,
    from_canonical,
    load_weights,
    to_canonical,
)


class Adam(keras.optimizers.AdamW):
    """AdamW whose epsilon is where Algorithm 1 of the paper and PyTorch have it.

    They divide by `sqrt(v / (1 - beta2^t)) + epsilon`. Keras has the paper's other
    form, `sqrt(v) + epsilon` with the correction outside. There epsilon counts
    `1 / sqrt(1 - beta2^t)` times as much: 4.5 times in the first step, with our beta2.
    """

    def update_step(
        self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: tf.Tensor
    ) -> None:
        """Move one variable (Kingma and Ba 2015, Algorithm 1)."""
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        m.assign(self.beta_1 * m + (1 - self.beta_1) * gradient)
        v.assign(self.beta_2 * v + (1 - self.beta_2) * gradient**2)
        t = tf.cast(self.iterations + 1, variable.dtype)
        m_hat = m / (1 - self.beta_1**t)
        v_hat = v / (1 - self.beta_2**t)
        variable.assign_sub(learning_rate * m_hat / (tf.sqrt(v_hat) + self.epsilon))


def build_optimizer(model: keras.Model, config: Config) -> keras.optimizers.Optimizer:
    """Return AdamW; with `weight_decay=0` it is Adam (Kingma and Ba 2015, Algorithm 1)."""
    with keras_settings():
        optimizer = Adam(
            learning_rate=config.learning_rate,
            beta_1=BETAS[0],
            beta_2=BETAS[1],
            epsilon=EPSILON,
            weight_decay=config.weight_decay,
        )
        optimizer.build(model.trainable_variables)
    return optimizer


def set_learning_rate(optimizer: keras.optimizers.Optimizer, rate: float) -> None:
    """Take the next steps with this learning rate."""
    optimizer.learning_rate.assign(rate)


def export_state(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> State:
    """Copy weights and Adam's averages out, canonical layout."""
    averages = {"step": np.array(optimizer.iterations.numpy(), np.float32)}
    for index, name in enumerate(canonical_variables(model)):
        averages[f"m.{name}"] = to_canonical(optimizer._momentums[index].numpy())
        averages[f"v.{name}"] = to_canonical(optimizer._velocities[index].numpy())
    return State(export_weights(model), averages)


def load_state(model: keras.Model, optimizer: keras.optimizers.Optimizer, state: State) -> None:
    """Put a state that `export_state` of either framework gave into model and optimizer."""
    load_weights(model, state.weights)
    averages = state.optimizer
    optimizer.iterations.assign(int(averages["step"]))
    for index, name in enumerate(canonical_variables(model)):
        optimizer._momentums[index].assign(from_canonical(averages[f"m.{name}"]))
        optimizer._velocities[index].assign(from_canonical(averages[f"v.{name}"]))
