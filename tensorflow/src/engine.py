"""The training loop, in sight: forward, loss, gradients, step."""

import math
from collections.abc import Callable, Iterable, Mapping

import keras
import numpy as np
import tensorflow as tf

from deconv.config import BETAS, EPSILON
from deconv.metrics import Scores
from deconv.weights import Weights

from .config import Config, detect_device
from .utils import canonical_variables, from_canonical, psnr, ssim, to_canonical


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
    optimizer = Adam(
        learning_rate=config.learning_rate,
        beta_1=BETAS[0],
        beta_2=BETAS[1],
        epsilon=EPSILON,
        weight_decay=config.weight_decay,
    )
    optimizer.build(model.trainable_variables)
    return optimizer


def export_optimizer(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> Weights:
    """Copy Adam's state out, canonical layout: averages `m.NAME` and `v.NAME`, and `step`."""
    state = {"step": np.array(optimizer.iterations.numpy(), np.float32)}
    for index, name in enumerate(canonical_variables(model)):
        state[f"m.{name}"] = to_canonical(optimizer._momentums[index].numpy())
        state[f"v.{name}"] = to_canonical(optimizer._velocities[index].numpy())
    return state


def load_optimizer(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, state: Mapping[str, np.ndarray]
) -> None:
    """Put a state that `export_optimizer` of either framework gave into the optimizer."""
    optimizer.iterations.assign(int(state["step"]))
    for index, name in enumerate(canonical_variables(model)):
        optimizer._momentums[index].assign(from_canonical(state[f"m.{name}"]))
        optimizer._velocities[index].assign(from_canonical(state[f"v.{name}"]))


def choose_step(config: Config) -> Callable:
    """Return `train_step`, compiled with XLA if `config.compile` asks for it.

    "auto" compiles for CUDA alone: on a CPU, XLA's convolutions were slower than the
    library's own, and Apple's devices it does not know.
    """
    cuda = detect_device(config.device) == "/GPU:0" and tf.test.is_built_with_cuda()
    on = config.compile == "on" or (config.compile == "auto" and cuda)
    return tf.function(train_step.python_function, jit_compile=True) if on else train_step


def loss_fn(reconstructions: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """Mean squared error over every pixel of the batch: a scalar."""
    return tf.reduce_mean(tf.square(reconstructions - images))


@tf.function
def train_step(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    images: tf.Tensor,
    targets: tf.Tensor,
) -> tf.Tensor:
    """Move the weights once against the gradient of the loss; return the loss before the move."""
    with tf.GradientTape() as tape:
        loss = loss_fn(model(images, training=True), targets)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)
    return loss


@tf.function
def eval_step(
    model: keras.Model, images: tf.Tensor, targets: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return MSE, PSNR and SSIM of each image of the batch: three tensors `(B,)`."""
    reconstructions = model(images, training=False)
    error = tf.reduce_mean(tf.square(reconstructions - targets), axis=(1, 2, 3))
    return (
        error,
        psnr(reconstructions, targets, reduction="none"),
        ssim(reconstructions, targets, reduction="none"),
    )


def train_epoch(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    batches: Iterable[tuple[tf.Tensor, tf.Tensor]],
    rates: np.ndarray,
    step: Callable = train_step,
    after_step: Callable[[int, tf.Tensor], None] | None = None,
) -> float:
    """Take one step per batch, each with its own learning rate; return the mean loss per image.

    `rates` holds one learning rate a batch. `step` is `train_step`, or that
    compiled. `after_step` is called with the number of images and the loss. The
    losses stay on the device: reading one after every step would make the program
    wait for the device.
    """
    losses, sizes = [], []
    for (images, targets), rate in zip(batches, rates, strict=True):
        optimizer.learning_rate.assign(rate)
        losses.append(step(model, optimizer, images, targets))
        sizes.append(len(images))
        if after_step is not None:
            after_step(len(images), losses[-1])
    if not any(sizes):  # more workers than images in a batch
        return math.nan
    return float(np.average(tf.stack(losses).numpy(), weights=sizes))


def evaluate(model: keras.Model, batches: Iterable[tuple[tf.Tensor, tf.Tensor]]) -> Scores:
    """Return MSE, PSNR and SSIM, each the mean over images (not over batches)."""
    values = [tf.stack(eval_step(model, images, targets)) for images, targets in batches]
    means = tf.concat(values, axis=1).numpy().astype(np.float64).mean(1)  # (3, N) to (3,)
    return Scores(*means.tolist())
