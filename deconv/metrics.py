"""The arbiter: one definition of PSNR and SSIM that both frameworks are held to.

Every framework measures quality a little differently by default: over a batch
instead of per image, with a border or without. A number in a table of this
project therefore comes from here, computed in float64 from the reconstructions
themselves, with SSIM from scikit-image.
"""

import math
from dataclasses import dataclass

import numpy as np

from deconv.errors import ImageError

MAX = 2.0
"""Distance from black (-1) to white (1)."""

_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Scores:
    """Mean over images of the MSE, the PSNR in decibels, and the SSIM.

    NaN where the task is not measured by it.
    """

    mse: float
    psnr: float
    ssim: float
    miou: float = math.nan
    """Mean intersection over union, of class maps."""
    loss: float = math.nan
    """What training lowers, where that is not the MSE."""

    @property
    def criterion(self) -> float:
        """What decides which weights are the best: the loss."""
        return self.mse if math.isnan(self.loss) else self.loss


def mse(reconstructions: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Mean squared error of each image: float64 `(N,)`.

    Both arrays are floats `(N, 28, 28, 1)` or `(N, 28, 28)` in [-1, 1]; anything
    else raises `ImageError`.
    """
    x, y = _pair(reconstructions, images)
    return np.square(x - y).mean((1, 2))


def psnr(reconstructions: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio of each image in decibels: float64 `(N,)`.

    `10·log10(MAX² / MSE)` with MAX = 2, because pixels span [-1, 1]. A perfect
    image has infinite PSNR. Same input as `mse`.
    """
    return _decibels(mse(reconstructions, images))


def foreground_psnr(reconstructions: np.ndarray, images: np.ndarray) -> np.ndarray:
    """PSNR of the garment alone, of each image in decibels: float64 `(N,)`.

    Its MSE is the mean over the foreground: the pixels where the original is above
    black, which is 0 in a file of 0…255 and -1 here. An original that is all black has
    no foreground, and NaN. Same input as `mse`.
    """
    x, y = _pair(reconstructions, images)
    foreground = y > -1 + _TOLERANCE
    with np.errstate(invalid="ignore"):  # 0 / 0
        return _decibels((np.square(x - y) * foreground).sum((1, 2)) / foreground.sum((1, 2)))


def ssim(reconstructions: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Structural similarity of each image, 1 for a perfect one: float64 `(N,)`.

    The pixels are first shifted and scaled to 0 (black) … 1 (white): SSIM compares
    brightness by the product of means, so it must be known where black is. At each
    pixel, with mean μ, variance σ² and covariance σxy under an 11×11 Gaussian window
    of standard deviation 1.5::

        (2·μx·μy + C1)·(2·σxy + C2) / ((μx² + μy² + C1)·(σx² + σy² + C2))
        C1 = 0.01²   C2 = 0.03²

    and then the mean over the 18×18 pixels where the window lies inside the
    image. Same input as `mse`. Source: Wang, Bovik, Sheikh and Simoncelli (2004),
    "Image quality assessment: from error visibility to structural similarity",
    IEEE Transactions on Image Processing 13(4), equations 13 to 17.
    """
    pairs = zip(*_pair(reconstructions, images), strict=True)
    return np.array([_ssim(x, y) for x, y in pairs])


def scores(reconstructions: np.ndarray, images: np.ndarray) -> Scores:
    """Return the mean over images of MSE, PSNR and SSIM. Same input as `mse`."""
    errors = mse(reconstructions, images)
    similarity = ssim(reconstructions, images).mean()
    return Scores(float(errors.mean()), float(_decibels(errors).mean()), float(similarity))


def mean_iou(predicted: np.ndarray, classes: np.ndarray) -> float:
    """Mean over classes of intersection over union, of two maps of classes (integers, one shape).

    For each class, the pixels that have it in both maps over the pixels that have it in
    either, counted over all images together; a class that occurs in neither has no part
    in the mean. Source: Everingham et al. (2015), "The Pascal visual object classes
    challenge: a retrospective", section 2.4.
    """
    if predicted.shape != classes.shape or not classes.size:
        raise ImageError(f"two maps of classes differ: {predicted.shape} and {classes.shape}")
    found = np.union1d(predicted, classes)
    pairs = [(predicted == number, classes == number) for number in found]
    return float(np.mean([(one & other).sum() / (one | other).sum() for one, other in pairs]))


def to_unit_range(images: np.ndarray) -> np.ndarray:
    """Turn uint8 images `(N, 28, 28)` into float32 `(N, 28, 28, 1)`: 0…255 becomes -1…1.

    Raises `ImageError` when the array is not of that type and shape.
    """
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        raise ImageError(
            f"expected uint8 images of shape (N, 28, 28), got {images.dtype} {images.shape}"
        )
    return images[..., np.newaxis].astype(np.float32) / np.float32(127.5) - np.float32(1)


def checked(name: str, images: np.ndarray, side: int = 28) -> np.ndarray:
    """Return images as float64 `(N, side, side)`; raises `ImageError` if they do not fit `mse`."""
    if images.shape[1:] not in ((side, side, 1), (side, side)) or not len(images):
        raise ImageError(
            f"{name} must have shape (N, {side}, {side}, 1) or (N, {side}, {side}) with N at "
            f"least 1, but have {images.shape}"
        )
    if not np.issubdtype(images.dtype, np.floating):
        raise ImageError(f"{name} must be floats in [-1, 1], but are {images.dtype}")
    low, high = float(images.min()), float(images.max())
    if not (low >= -1 - _TOLERANCE and high <= 1 + _TOLERANCE):  # also catches NaN
        raise ImageError(f"{name} must lie in [-1, 1], but span [{low:g}, {high:g}]")
    return images.reshape(-1, side, side).astype(np.float64)


def _decibels(errors: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return 10 * np.log10(MAX**2 / errors)


def _ssim(x: np.ndarray, y: np.ndarray) -> float:
    # Imported here: the other measures need NumPy alone, and so work in a web page.
    from skimage.metrics import structural_similarity

    return structural_similarity(
        (x + 1) / 2,
        (y + 1) / 2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
    )


def _pair(reconstructions: np.ndarray, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if reconstructions.shape != images.shape:
        raise ImageError(
            f"reconstructions have shape {reconstructions.shape}, but images {images.shape}"
        )
    return checked("reconstructions", reconstructions), checked("images", images)
