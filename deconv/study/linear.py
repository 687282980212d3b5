"""What a code of N numbers is worth without a network: principal components, and fewer pixels.

A bottleneck of N numbers sounds small or large only beside what else N numbers can
do. Two answers need no training:

- PCA is the best linear code: no other linear map to N numbers and back has a
  smaller squared error on the training images (Eckart and Young 1936; Baldi and
  Hornik 1989 for linear autoencoders). That error is known in advance, as the sum
  of the eigenvalues that are cut off.
- Bicubic resizing knows nothing of garments: keep a smaller picture.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from PIL import Image

from deconv import metrics
from deconv.architecture import Weights
from deconv.errors import ConfigError
from deconv.networks import dense
from deconv.study.measures import ssim

PIXELS = 28 * 28
AT_ONCE = 5_000
"""Images that go through the linear network at a time: all of them together take a gigabyte."""
NUMBERS = (8, 16, 32, 64, 128, 256, 512, PIXELS)
"""How many numbers the codes have."""


class Components(NamedTuple):
    """Principal components of images, as 784 pixels each, all float64."""

    mean: np.ndarray
    """The mean image, `(784,)`."""
    components: np.ndarray
    """`(784, 784)`: a component a row, orthonormal, that of the largest eigenvalue first."""
    eigenvalues: np.ndarray
    """`(784,)`: variance of the images along each component, falling."""


class Row(NamedTuple):
    """How good one code is."""

    method: str
    """"pca" or "bicubic"."""
    numbers: int
    """How many numbers the code has for an image."""
    mse: float
    """Mean over images, of reconstructions cut to [-1, 1], as is all that follows."""
    psnr: float
    """In decibels, mean over images; for a perfect code infinite, or what rounding leaves (300)."""
    ssim: float
    """Mean over images."""


def pca(images: np.ndarray) -> Components:
    """Find the principal components of `images (N, 28, 28)` or `(N, 28, 28, 1)` in [-1, 1].

    They are the eigenvectors of the covariance `Σ (x − mean)(x − mean)ᵀ / N`. An
    eigenvector has no sign of its own: here its largest entry is positive. Raises
    `ImageError` for other arrays.
    """
    pixels = metrics.checked("images", images).reshape(-1, PIXELS)
    mean = pixels.mean(0)
    pixels -= mean  # a copy of the images already
    eigenvalues, vectors = np.linalg.eigh(pixels.T @ pixels / len(pixels))  # rising; in columns
    components = vectors.T[::-1]
    largest = np.abs(components).argmax(1)
    signs = np.sign(components[np.arange(PIXELS), largest])
    return Components(mean, components * signs[:, None], eigenvalues[::-1].clip(0))


def reconstruct(components: Components, images: np.ndarray, numbers: int) -> np.ndarray:
    """Code images with the first `numbers` components and back: float64 `(N, 28, 28)`.

    `mean + Σ_n ⟨x − mean, c_n⟩ · c_n`, not cut to [-1, 1]. Raises `ImageError` for arrays that
    are not images and `ConfigError` for more components than there are.
    """
    _check(numbers)
    pixels = metrics.checked("images", images).reshape(-1, PIXELS) - components.mean
    chosen = components.components[:numbers]
    return (pixels @ chosen.T @ chosen + components.mean).reshape(-1, 28, 28)


def predicted_mse(components: Components, numbers: int) -> float:
    """Mean squared error of `reconstruct` on the images that `pca` has seen, from theory.

    `Σ_{n > numbers} λ_n / 784`: what the images vary along the components that are cut
    off. The least that a linear autoencoder with a latent of that size can reach.
    """
    _check(numbers)
    return float(components.eigenvalues[numbers:].sum() / PIXELS)


def trained_mse(weights: Weights, images: np.ndarray) -> float:
    """Mean squared error of a linear autoencoder, of outputs that are not cut to [-1, 1].

    `weights` are those of `--architecture linear`, `images` floats `(N, 28, 28, 1)`. On the images
    that it was trained with, this is at least their `predicted_mse`.
    """
    pixels = images.reshape(len(images), -1)
    total = 0.0
    for first in range(0, len(pixels), AT_ONCE):
        some = pixels[first : first + AT_ONCE].astype(np.float64)
        output = dense(weights, "decoder.dense", dense(weights, "encoder.dense", some))
        total += np.square(output - some).sum()
    return float(total / pixels.size)


def bicubic(images: np.ndarray, side: int) -> np.ndarray:
    """Resize images to `side`×`side` pixels and back: float64 `(N, 28, 28)`, not cut to [-1, 1].

    With Pillow's `BICUBIC` (Keys 1981 with a = −½): pixel centres at half-pixels, and on
    the way down the filter is as much wider as the picture becomes smaller, so that
    nothing is aliased. Raises `ImageError` for arrays that are not images and
    `ConfigError` for a side that is not 1 to 28.
    """
    if not 1 <= side <= 28:
        raise ConfigError(f"the side must be from 1 to 28 pixels, but is {side}")
    there_and_back = resizing(side, 28) @ resizing(28, side)  # the same for rows and columns
    return there_and_back @ metrics.checked("images", images) @ there_and_back.T


def baselines(train: np.ndarray, images: np.ndarray, numbers: Iterable[int] = NUMBERS) -> list[Row]:
    """Rate and distortion of PCA, fitted to `train`, and of bicubic resizing: measured on `images`.

    Two rows for each of `numbers`. A picture has a whole number of rows, so bicubic
    keeps the square that is nearest; its row says how many pixels that has. Raises as
    the functions above.
    """
    components = pca(train)
    rows = []
    for count in numbers:
        rows.append(_row("pca", count, reconstruct(components, images, count), images))
        side = max(1, round(count**0.5))
        rows.append(_row("bicubic", side**2, bicubic(images, side), images))
    return rows


def _row(method: str, numbers: int, reconstructions: np.ndarray, images: np.ndarray) -> Row:
    cut, images = reconstructions.clip(-1, 1), metrics.checked("images", images)
    values = (metrics.mse(cut, images), metrics.psnr(cut, images), ssim(cut, images))
    return Row(method, numbers, *(float(value.mean()) for value in values))


def resizing(size: int, to: int) -> np.ndarray:
    """Return the matrix `(to, size)` that resizes a column of pixels, float64.

    Pillow's bicubic resizing is linear, so its columns are what Pillow makes of each unit.
    """
    units = Image.fromarray(np.eye(size, dtype=np.float32))
    return np.asarray(units.resize((size, to), Image.Resampling.BICUBIC), np.float64)


def _check(numbers: int) -> None:
    if not 0 <= numbers <= PIXELS:
        raise ConfigError(f"an image has 0 to {PIXELS} components, but {numbers} were asked for")
