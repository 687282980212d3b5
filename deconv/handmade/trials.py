"""What weights are tried on: garments, and pictures that no garment ever was."""

from dataclasses import dataclass

import numpy as np

from deconv.architecture import Weights
from deconv.metrics import Scores, scores, to_unit_range
from deconv.scratch import reconstruct

COUNT = 1_000
"""How many images there are, at most, of each kind that is made here."""


@dataclass(frozen=True)
class Trial:
    """How well weights draw one kind of pictures."""

    images: int
    scores: Scores
    exact: float
    """Share of the pixels that are right when rounded to the 256 grey levels of a file."""


def kinds(test: np.ndarray) -> dict[str, np.ndarray]:
    """Return the kinds of pictures by name, made of test images: uint8 `(N, 28, 28)` each."""
    some = test[:COUNT]
    noise = np.random.default_rng(0).integers(0, 256, some.shape, np.uint8)
    return {
        "test images": test,
        "shifted by one pixel": shifted(some),
        "inverted": 255 - some,
        "uniform noise": noise,
    }


def shifted(images: np.ndarray) -> np.ndarray:
    """Move images one pixel down and to the right; what comes in is black."""
    return np.pad(images, ((0, 0), (1, 0), (1, 0)))[:, :-1, :-1]


def attempt(weights: Weights, images: np.ndarray) -> Trial:
    """Reconstruct uint8 images `(N, 28, 28)` in NumPy and measure what comes out."""
    originals = to_unit_range(images)
    outputs = reconstruct(weights, originals)
    return Trial(
        images=len(images),
        scores=scores(outputs, originals),
        exact=float(np.mean(grey_levels(outputs) == images)),
    )


def grey_levels(outputs: np.ndarray) -> np.ndarray:
    """Round pixels in [-1, 1], `(N, 28, 28, 1)`, to the levels of a file: uint8 `(N, 28, 28)`."""
    return np.rint((outputs[..., 0] + 1) * 127.5).astype(np.uint8)


def level_errors(weights: Weights) -> np.ndarray:
    """Return what is added to a pixel of each grey level: float64 `(256,)`.

    One image holds all levels. So this is of weights that treat every pixel alike.
    """
    image = np.arange(28 * 28).reshape(1, 28, 28) % 256
    originals = to_unit_range(image.astype(np.uint8))
    errors = reconstruct(weights, originals).astype(float) - originals
    return errors.ravel()[:256]
