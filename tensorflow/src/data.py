"""Batches of (inputs, targets): an autoencoder's target is its input, the same image.

All images lie in memory as one tensor, and a batch is one gather operation.
Handling 28×28 images one by one in Python takes longer than training on them.
"""

import itertools

import tensorflow as tf

from deconv.data.batches import epoch_order
from deconv.data.splits import Splits, load_splits
from deconv.data.tasks import PARTS, Pairs, pairs

from .config import Config
from .utils import from_numpy

EVALUATION_BATCH = 100


def paired_images(pairs: Pairs, indices: tf.data.Dataset) -> tf.data.Dataset:
    """Turn a dataset of index batches into batches of inputs and targets."""
    inputs = from_numpy(pairs.inputs)  # (N, 28, 28, 1)
    own = pairs.targets is pairs.inputs
    targets = inputs if own else from_numpy(pairs.targets)

    def gather(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        chosen = tf.gather(inputs, batch)
        return chosen, chosen if own else tf.gather(targets, batch)

    # Nothing here needs tuning, and the tuner's thread can hold up the end of a pass by seconds.
    options = tf.data.Options()
    options.autotune.enabled = False
    return indices.map(gather).prefetch(2).with_options(options)


def build_datasets(
    config: Config,
    splits: Splits | None = None,
    device: str | None = None,
    first_epoch: int = 0,
) -> tuple[tf.data.Dataset, tf.data.Dataset, tf.data.Dataset]:
    """Return pipelines of the training, validation and test images.

    Batches are pairs of float32 tensors `(B, 28, 28, 1)` in [-1, 1], or what
    `deconv.data.tasks` says of another task than to reconstruct. Every pass over the
    training pipeline is the next epoch, in its own order; `first_epoch` is where a
    resumed run goes on. `splits` saves finding them again. The images stay in main
    memory whatever the `device`: tf.data works there.
    """
    splits = splits or load_splits(config)
    count, epochs = len(splits.train), itertools.count(first_epoch)

    def batches(order: tf.Tensor) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensor_slices(order).batch(config.batch_size)

    orders = tf.data.Dataset.from_generator(  # one order a pass: whole batches would be slower
        lambda: [epoch_order(count, config.seed, next(epochs))],
        output_signature=tf.TensorSpec([count], tf.int64),
    )
    length = tf.data.experimental.assert_cardinality(-(-count // config.batch_size))
    train, validation, test = (pairs(config.task, splits, part) for part in PARTS)
    return (
        paired_images(train, orders.flat_map(batches).apply(length)),
        _in_order(validation),
        _in_order(test),
    )


def _in_order(images: Pairs) -> tf.data.Dataset:
    indices = tf.data.Dataset.range(len(images.inputs)).batch(EVALUATION_BATCH)
    return paired_images(images, indices)
