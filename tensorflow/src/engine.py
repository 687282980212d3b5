"""The training loop, in sight: forward, loss, gradients, step."""

from collections.abc import Callable, Iterable
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from deconv.metrics import Scores
from deconv.running.epoch import Epoch

from .config import Config
from .optimizer import set_learning_rate
from .utils import psnr, ssim


def loss_fn(reconstructions: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """Mean squared error over every pixel of the batch: a scalar."""
    return tf.reduce_mean(tf.square(reconstructions - images))


@tf.function
def train_step(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    images: tf.Tensor,
    targets: tf.Tensor,
    loss_fn: Callable = loss_fn,
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
    # A linear network has no tanh.
    reconstructions = tf.clip_by_value(model(images, training=False), -1.0, 1.0)
    return (
        tf.reduce_mean(tf.square(reconstructions - targets), axis=(1, 2, 3)),
        psnr(reconstructions, targets, reduction="none"),
        ssim(reconstructions, targets, reduction="none"),
    )


def train_epoch(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    epoch: Epoch,
    step: Callable = train_step,
) -> float:
    """Take every step of the epoch; return the mean loss per image.

    `Epoch(batches, rate)` makes an epoch of any batches. `step` is `train_step`, or
    that compiled, or one that several workers take together.
    """
    for images, targets, rate in epoch:
        set_learning_rate(optimizer, rate)
        loss = step(model, optimizer, images, targets)
        epoch.record(loss)
    return epoch.mean_loss()


def evaluate(model: keras.Model, batches: Iterable[tuple[tf.Tensor, tf.Tensor]]) -> Scores:
    """Return MSE, PSNR and SSIM, each the mean over images (not over batches)."""
    values = [tf.stack(eval_step(model, images, targets)) for images, targets in batches]
    means = tf.concat(values, axis=1).numpy().astype(np.float64).mean(1)  # (3, N) to (3,)
    return Scores(*means.tolist())


def compile_step(config: Config, device: str, loss_fn: Callable = loss_fn) -> tuple[Callable, bool]:
    """Return `train_step` with this loss, compiled with XLA if asked, and whether it is.

    "auto" compiles for CUDA alone: on a CPU, XLA's convolutions were slower than the
    library's own, and Apple's devices it does not know.
    """
    cuda = device == "/GPU:0" and tf.test.is_built_with_cuda()
    if config.compile != "on" and not (config.compile == "auto" and cuda):
        return partial(train_step, loss_fn=loss_fn), False
    compiled = tf.function(train_step.python_function, jit_compile=True)
    return partial(compiled, loss_fn=loss_fn), True
