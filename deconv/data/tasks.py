"""What a task makes of images: what goes into the network, and what should come out.

Written once, because what a network is asked must be the same in both frameworks.
"""

from typing import Literal, NamedTuple

import numpy as np

from deconv.architecture import Task
from deconv.data.splits import Splits
from deconv.metrics import to_unit_range

NOISE = 0.5
"""Standard deviation of the noise that `denoise` adds: a quarter of the way from black to white."""
NOISE_SEED = 5

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")


class Pairs(NamedTuple):
    """Inputs and what should come of them, `N` of each."""

    inputs: np.ndarray
    """float32 `(N, side, side, 1)` in [-1, 1]."""
    targets: np.ndarray
    """float32 `(N, 28, 28, 1)` in [-1, 1], or for `segment` uint8: the class of each pixel."""


def pairs(task: Task, splits: Splits, part: Part, count: int | None = None) -> Pairs:
    """Return inputs and targets of the first `count` images of a part of the dataset.

    For `reconstruct` both are the same array.
    """
    images = getattr(splits, part)[:count]
    targets = to_unit_range(images)
    if task == "segment":
        return Pairs(targets, class_maps(images, getattr(splits, f"{part}_labels")[:count]))
    return Pairs(inputs(task, targets, stream=PARTS.index(part)), targets)


def inputs(task: Task, images: np.ndarray, stream: int = 0) -> np.ndarray:
    """Return what the network of a task is given for images `(N, 28, 28, 1)` in [-1, 1].

    - reconstruct, segment: the images.
    - denoise: Gaussian noise is added to every pixel, and what leaves [-1, 1] is cut off.
      Each image keeps its noise in all epochs. Another `stream` is other noise.
    - super-resolve: 7×7 pixels, each the mean of 4×4.
    """
    if task == "denoise":
        rng = np.random.default_rng((NOISE_SEED, stream))
        noise = rng.standard_normal(images.shape, np.float32)
        return (images + np.float32(NOISE) * noise).clip(-1, 1)
    if task == "super-resolve":
        return images.reshape(-1, 7, 4, 7, 4, 1).mean((2, 4), dtype=np.float32)
    return images


def class_maps(images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the class of every pixel, 0 the background and 1…10 the garments: uint8.

    From images uint8 `(N, 28, 28)`, whose background is exactly 0, and labels `(N,)`;
    the maps are `(N, 28, 28, 1)`.
    """
    return ((images > 0) * (labels[:, None, None] + 1)).astype(np.uint8)[..., None]
