"""The order in which a run sees its images: drawn with NumPy, so the same in both frameworks."""

from collections.abc import Iterator

import numpy as np


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Return the permutation of `count` images for one epoch: int64 `(count,)`."""
    return np.random.default_rng((seed, epoch)).permutation(count)


def batch_sizes(count: int, batch_size: int) -> np.ndarray:
    """Return the number of images in each batch of an epoch: int64 `(batches,)`."""
    return np.minimum(batch_size, count - np.arange(0, count, batch_size))


class EpochBatches:
    """Index arrays of one epoch's batches; every pass over it is the next epoch.

    Images are shuffled before they are cut into batches, so batches change from
    epoch to epoch. The last batch may be smaller. The order depends on nothing
    but the seed and the number of the epoch.
    """

    def __init__(self, count: int, batch_size: int, seed: int, epoch: int = 0) -> None:
        self.count, self.batch_size, self.seed, self.epoch = count, batch_size, seed, epoch

    def __len__(self) -> int:
        return -(-self.count // self.batch_size)

    def __iter__(self) -> Iterator[np.ndarray]:
        order = epoch_order(self.count, self.seed, self.epoch)
        self.epoch += 1
        for start in range(0, self.count, self.batch_size):
            yield order[start : start + self.batch_size]
