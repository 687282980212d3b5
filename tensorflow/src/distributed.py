"""Several processes train one model together, each with its share of every batch.

The environment variable `TF_CONFIG` tells each where the others are and which
one it is. In each process, the GPUs share once more.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

from deconv.errors import ConfigError, TrainingError
from deconv.running.workers import LOST, Workers

from .config import Config
from .engine import compile_step

_LOST_ERRORS = (
    tf.errors.UnavailableError,
    tf.errors.InternalError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
)
"""What TensorFlow raises when a connection breaks, depending on the moment."""


def join_workers(device: str) -> Workers:
    """Meet the other processes that `TF_CONFIG` names; without it, be the only worker.

    Model and optimizer must be built inside the result's `scope`. Raises
    `ConfigError` when `TF_CONFIG` cannot be understood.
    """
    if "TF_CONFIG" not in os.environ:
        if device == "/GPU:0" and len(tf.config.list_physical_devices("GPU")) > 1:
            return Workers(scope=tf.distribute.MirroredStrategy().scope)
        return Workers(scope=lambda: tf.device(device))
    try:
        content = json.loads(os.environ["TF_CONFIG"])
        rank, count = _read_cluster(**content["cluster"], **content["task"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigError(
            f"TF_CONFIG is not understood ({error!r}); it must look like "
            '{"cluster": {"worker": ["host:port", "host:port"]}, '
            '"task": {"type": "worker", "index": 0}}'
        ) from error
    strategy = tf.distribute.MultiWorkerMirroredStrategy()

    @tf.function
    def votes(answer: tf.Tensor) -> tf.Tensor:
        each = strategy.run(lambda: tf.identity(answer))
        return strategy.reduce("SUM", each, axis=None)

    def agree(answer: bool) -> bool:
        with _connected():
            return bool(votes(tf.constant(float(answer))) > 0)

    return Workers(rank, count, agree, strategy.scope)


def _read_cluster(worker: list[str], type: str, index: int) -> tuple[int, int]:
    """Return this worker's number and how many there are. Other kinds of tasks are not for us."""
    if type != "worker":
        raise ValueError(f"task {type}")
    if not (isinstance(worker, list) and all(re.fullmatch(r"\S+:\d+", str(w)) for w in worker)):
        raise ValueError(f"workers {worker}")
    if not 0 <= int(index) < len(worker):
        raise ValueError(f"index {index}")
    return int(index), len(worker)


@contextmanager
def _connected() -> Iterator[None]:
    try:
        yield
    except _LOST_ERRORS as failure:
        raise TrainingError(LOST) from failure


def choose_step(config: Config, device: str, workers: Workers) -> tuple[Callable, bool]:
    """Return the step of `compile_step`, or with several replicas the one they take together.

    And whether it is compiled. Raises `ConfigError` when several workers should.
    """
    with workers.scope():
        alone = tf.distribute.get_strategy().num_replicas_in_sync == 1
    if alone:
        return compile_step(config, device)
    if config.compile == "on":
        raise ConfigError("--compile on: several workers train without compiling; leave it out")
    return distributed_step, False


def distributed_step(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    images: tf.Tensor,
    targets: tf.Tensor,
) -> tf.Tensor:
    """Move the weights once, the same way on every replica; return the loss of the whole batch.

    Every worker has the whole batch, and every replica takes its share of it. Shares may
    differ in size, so each replica differentiates its part of the mean over all pixels:
    the sum of its squared errors over the pixels of the whole batch. Keras' optimizers
    add the gradients of all replicas up.
    """
    strategy = tf.distribute.get_strategy()
    count, total = strategy.num_replicas_in_sync, len(images)
    blank = tf.zeros((1, *images.shape[1:]))  # stands in for an empty share, and counts 0

    def share(batch: tf.Tensor) -> tf.distribute.DistributedValues:
        def of(context: tf.distribute.experimental.ValueContext) -> tf.Tensor:
            rank = context.replica_id_in_sync_group
            return batch[rank::count] if rank < total else blank

        return strategy.experimental_distribute_values_from_function(of)

    def weight(context: tf.distribute.experimental.ValueContext) -> tf.Tensor:
        full = context.replica_id_in_sync_group < total
        return tf.constant(1 / int(tf.size(images)) if full else 0.0)

    weights = strategy.experimental_distribute_values_from_function(weight)
    with _connected():
        return _replicated_step(model, optimizer, share(images), share(targets), weights)


@tf.function
def _replicated_step(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    images: tf.distribute.DistributedValues,
    targets: tf.distribute.DistributedValues,
    weights: tf.distribute.DistributedValues,
) -> tf.Tensor:
    def on_replica(images: tf.Tensor, targets: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = weight * tf.reduce_sum(tf.square(model(images, training=True) - targets))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    strategy = tf.distribute.get_strategy()
    losses = strategy.run(on_replica, args=(images, targets, weights))
    return strategy.reduce("SUM", losses, axis=None)
