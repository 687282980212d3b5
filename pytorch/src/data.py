"""Batches of (images, images): an autoencoder's target is its input.

All images lie in memory as one tensor, on the device that computes, and a batch
is one indexing operation. Handling 28×28 images one by one in Python takes
longer than training on them.
"""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from deconv.data.batches import EpochBatches
from deconv.data.splits import Splits, load_splits
from deconv.metrics import to_unit_range

from .config import Config, detect_device
from .utils import from_numpy

EVALUATION_BATCH = 100


class PairedImages(Dataset):
    """Images as their own target; indexed by a whole batch of indices at once."""

    def __init__(self, images: np.ndarray, device: torch.device) -> None:
        self.images = from_numpy(to_unit_range(images), device)  # (N, 1, 28, 28)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, indices: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        batch = self.images[torch.from_numpy(indices).to(self.images.device)]
        return batch, batch


def build_datasets(
    config: Config,
    splits: Splits | None = None,
    device: torch.device | None = None,
    first_epoch: int = 0,
) -> tuple[DataLoader, DataLoader, DataLoader]:
    """Return loaders of the training, validation and test images.

    Batches are pairs of float32 tensors `(B, 1, 28, 28)` in [-1, 1]. Every pass
    over the training loader is the next epoch, in its own order; `first_epoch` is
    where a resumed run goes on. `splits` and `device` save finding them again.
    """
    splits = splits or load_splits(config)
    device = device or detect_device(config.device)
    order = EpochBatches(len(splits.train), config.batch_size, config.seed, first_epoch)
    train = DataLoader(PairedImages(splits.train, device), sampler=order, batch_size=None)
    return train, _in_order(splits.validation, device), _in_order(splits.test, device)


def _in_order(images: np.ndarray, device: torch.device) -> DataLoader:
    batches = np.array_split(np.arange(len(images)), -(-len(images) // EVALUATION_BATCH))
    return DataLoader(PairedImages(images, device), sampler=batches, batch_size=None)
