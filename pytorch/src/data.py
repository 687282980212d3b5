"""Batches of (inputs, targets): an autoencoder's target is its input, the same image.

All images lie in memory as one tensor, on the device that computes, and a batch
is one indexing operation. Handling 28×28 images one by one in Python takes
longer than training on them.
"""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from deconv.data.batches import EpochBatches
from deconv.data.splits import Splits, load_splits
from deconv.data.tasks import PARTS, Pairs, pairs

from .config import Config, detect_device
from .utils import from_numpy

EVALUATION_BATCH = 100


class PairedImages(Dataset):
    """Inputs and targets; indexed by a whole batch of indices at once."""

    def __init__(self, pairs: Pairs, device: torch.device) -> None:
        self.inputs = from_numpy(pairs.inputs, device)  # (N, 1, 28, 28)
        own = pairs.targets is pairs.inputs
        self.targets = self.inputs if own else from_numpy(pairs.targets, device)

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, indices: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        chosen = torch.from_numpy(indices).to(self.inputs.device)
        batch = self.inputs[chosen]
        return batch, batch if self.targets is self.inputs else self.targets[chosen]


def build_datasets(
    config: Config,
    splits: Splits | None = None,
    device: torch.device | None = None,
    first_epoch: int = 0,
) -> tuple[DataLoader, DataLoader, DataLoader]:
    """Return loaders of the training, validation and test images.

    Batches are pairs of float32 tensors `(B, 1, 28, 28)` in [-1, 1], or what
    `deconv.data.tasks` says of another task than to reconstruct. Every pass over the
    training loader is the next epoch, in its own order; `first_epoch` is where a resumed
    run goes on. `splits` and `device` save finding them again.
    """
    splits = splits or load_splits(config)
    device = device or detect_device(config.device)
    train, validation, test = (
        PairedImages(pairs(config.task, splits, part), device) for part in PARTS
    )
    order = EpochBatches(len(train), config.batch_size, config.seed, first_epoch)
    return (
        DataLoader(train, sampler=order, batch_size=None),
        _in_order(validation),
        _in_order(test),
    )


def _in_order(images: PairedImages) -> DataLoader:
    batches = np.array_split(np.arange(len(images)), -(-len(images) // EVALUATION_BATCH))
    return DataLoader(images, sampler=batches, batch_size=None)
