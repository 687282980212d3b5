"""Batches of (images, images): an autoencoder's target is its input.

All images lie in memory as one tensor, and a batch is one gather operation.
Handling 28×28 images one by one in Python takes longer than training on them.
"""

import numpy as np
import tensorflow as tf

from deconv.batches import EpochBatches
from deconv.fashion_mnist import Splits, load_splits
from deconv.metrics import to_unit_range
from deconv.workers import ALONE, Workers

from .config import Config
from .utils import from_numpy

EVALUATION_BATCH = 100


def paired_images(images: np.ndarray, indices: tf.data.Dataset) -> tf.data.Dataset:
    """Turn a dataset of index batches into batches of images as their own target."""
    images = from_numpy(to_unit_range(images))  # (N, 28, 28, 1)

    def gather(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        chosen = tf.gather(images, batch)
        return chosen, chosen

    return indices.map(gather).prefetch(2)


def build_datasets(
    config: Config,
    splits: Splits | None = None,
    first_epoch: int = 0,
    workers: Workers = ALONE,
) -> tuple[tf.data.Dataset, tf.data.Dataset, tf.data.Dataset]:
    """Return pipelines of the training, validation and test images.

    Batches are pairs of float32 tensors `(B, 28, 28, 1)` in [-1, 1]. Every pass
    over the training pipeline is the next epoch, in its own order. `splits` saves
    reading the dataset again; `first_epoch` is where a resumed run goes on.
    With `workers`, this one's share of every batch.
    """
    splits = splits or load_splits(config)
    order = EpochBatches(
        len(splits.train), config.batch_size, config.seed, first_epoch, workers.rank, workers.count
    )
    indices = tf.data.Dataset.from_generator(
        order.__iter__, output_signature=tf.TensorSpec([None], tf.int64)
    ).apply(tf.data.experimental.assert_cardinality(len(order)))
    train = paired_images(splits.train, indices)
    return train, _in_order(splits.validation), _in_order(splits.test)


def _in_order(images: np.ndarray) -> tf.data.Dataset:
    return paired_images(images, tf.data.Dataset.range(len(images)).batch(EVALUATION_BATCH))
