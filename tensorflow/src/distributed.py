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
from deconv.running.workers import LOST, Workers, check_host, listen, meet, not_met

from .config import Config
from .engine import compile_step, loss_fn
from .tasks import choose_loss

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
    `ConfigError` when `TF_CONFIG` cannot be right, and `TrainingError` when the
    others are not there in time.
    """
    rank, addresses = _read_cluster() if "TF_CONFIG" in os.environ else (0, [])
    if len(addresses) < 2:
        if device == "/GPU:0" and len(tf.config.list_physical_devices("GPU")) > 1:
            return Workers(scope=tf.distribute.MirroredStrategy().scope)
        return Workers(scope=lambda: tf.device(device))
    for host, _ in addresses:
        check_host("TF_CONFIG", host)
    try:
        listen(addresses[rank]).close()  # is it free?
        # The strategy alone would wait for ever for a worker that does not come.
        exchange = meet(rank, len(addresses), addresses[0])
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except (OSError, tf.errors.OpError) as error:
        raise not_met(rank, addresses[0], error) from error
    return Workers(rank, len(addresses), exchange, strategy.scope)


def _read_cluster() -> tuple[int, list[tuple[str, int]]]:
    """Return this worker's number and host and port of each, from `TF_CONFIG`."""
    try:
        content = json.loads(os.environ["TF_CONFIG"])
        return _parse_cluster(**content["cluster"], **content["task"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigError(
            f"TF_CONFIG is not understood ({error!r}); it must look like "
            '{"cluster": {"worker": ["host:port", "host:port"]}, '
            '"task": {"type": "worker", "index": 0}}'
        ) from error


def _parse_cluster(worker: list[str], type: str, index: int) -> tuple[int, list[tuple[str, int]]]:
    """Other kinds of tasks are not for us, nor are their names allowed here."""
    if type != "worker":
        raise ValueError(f"task {type}")
    if index not in range(len(worker)):
        raise ValueError(f"index {index}")
    matches = [re.fullmatch(r"\[?(\S+?)\]?:([0-9]{1,5})", address) for address in worker]
    addresses = [(match[1], int(match[2])) for match in matches if match]
    if len({a for a in addresses if 0 < a[1] < 65536}) < len(worker):
        raise ValueError(f"{worker}: not host:port of each, with ports from 1 to 65535")
    return int(index), addresses


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
        return compile_step(config, device, choose_loss(config))
    if choose_loss(config) is not loss_fn:
        raise ConfigError("several workers train on the mean squared error only; leave --loss out")
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
