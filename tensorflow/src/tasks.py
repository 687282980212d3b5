"""What other tasks and losses than the default are trained by, and how they are measured."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import nan

import keras
import numpy as np
import tensorflow as tf

from deconv.metrics import Scores, mean_iou

from .config import Config
from .engine import evaluate, loss_fn
from .utils import ssim

Batches = Iterable[tuple[tf.Tensor, tf.Tensor]]


def absolute_error(reconstructions: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """Mean absolute error over every pixel of the batch: a scalar."""
    return tf.reduce_mean(tf.abs(reconstructions - images))


def dissimilarity(reconstructions: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """1 - SSIM, the mean over the images of the batch: a scalar."""
    return 1 - ssim(reconstructions, images)


def cross_entropy(scores: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    """Mean over every pixel of -log(probability of its class), by softmax: a scalar.

    Scores `(B, 28, 28, 11)`, classes `(B, 28, 28, 1)`.
    """
    labels = tf.cast(classes[..., 0], tf.int32)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores))


def choose_loss(config: Config) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return what training lowers: a function of outputs and targets."""
    if config.task == "segment":
        return cross_entropy
    return {"mse": loss_fn, "l1": absolute_error, "ssim": dissimilarity}[config.loss]


def choose_evaluation(config: Config) -> Callable[[keras.Model, Batches], Scores]:
    """Return what measures a model on batches: `evaluate`, or what the task and loss need."""
    loss = choose_loss(config)
    if loss is loss_fn:
        return evaluate
    measure = evaluate_classes if config.task == "segment" else evaluate

    def evaluate_with_loss(model: keras.Model, batches: Batches) -> Scores:
        return replace(measure(model, batches), loss=mean_loss(model, batches, loss))

    return evaluate_with_loss


def evaluate_classes(model: keras.Model, batches: Batches) -> Scores:
    """Return the mean intersection over union of the likeliest class of every pixel."""
    likeliest = tf.function(lambda images: tf.argmax(model(images, training=False), axis=-1))
    found = [(likeliest(images), classes[..., 0]) for images, classes in batches]
    predicted, true = (tf.concat(maps, axis=0).numpy() for maps in zip(*found, strict=True))
    return Scores(nan, nan, nan, miou=mean_iou(predicted, true))


def mean_loss(model: keras.Model, batches: Batches, loss: Callable) -> float:
    """Return a loss, mean over images (not over batches)."""
    of = tf.function(lambda x, y: loss(model(x, training=False), y))
    losses = [(float(of(x, y)), len(x)) for x, y in batches]
    values, sizes = zip(*losses, strict=True)
    return float(np.average(values, weights=sizes))
