"""What is measured of the images of a run, one number a column.

PSNR and SSIM say how far reconstructions are from their originals, but not how
the distance looks: the same MSE can be a haze or a checkerboard. So the errors
are also sorted by place, because an upsampler treats its pixels unequally in a
pattern that repeats with the stride. Pixel `(h, v)` has the phase
`(h mod 2, v mod 2)` in the outer layer, and `(h mod 4, v mod 4)` in both together.

`deconv.metrics` remains the arbiter of PSNR and SSIM. All images are
`(N, 28, 28)` or `(N, 28, 28, 1)`, floats in [-1, 1]; anything else raises `ImageError`.
"""

from typing import NamedTuple

import numpy as np

from deconv import metrics
from deconv.study.spectra import RINGS, radial_ratio, replicas

BORDER = 4
"""Pixels at each side that the phases leave out: one pixel of the 7×7 map.

Zeros around the maps make errors at the border, and row 0 is always phase 0. A
multiple of 4, so that the phases keep their names."""
BLACK = -1 + 1e-5
"""Not above this in the original is background, as in `deconv.metrics`."""


IMAGE_COLUMNS: tuple[str, ...] = (
    "mse",
    "psnr",
    "psnr_foreground",
    "psnr_background",
    "ssim",
    *(f"rmse_phase{period}_{a}{b}" for period in (2, 4) for a, b in np.ndindex(period, period)),
    "phase_spread_2",
    "phase_spread_4",
    "replica_2",
    "replica_4",
    *(f"spectrum_{ring}" for ring in range(RINGS)),
)
"""What `measure_images` measures, in its order."""


class Spread(NamedTuple):
    """How unequal phases are: standard deviations in the unit of what was measured."""

    period_2: float
    """Between the 2×2 phases of the outer layer."""
    period_4: float
    """What the 4×4 phases of both layers add to it."""


def measure_images(reconstructions: np.ndarray, images: np.ndarray) -> dict[str, float]:
    """Measure everything that two sets of images tell, by name of column.

    - `mse`, `psnr`, `psnr_foreground`, `ssim`: means over images, as in `deconv.metrics`
      (an image that is all black has no foreground and is left out of the third)
    - `psnr_background`: see `background_psnr`
    - `rmse_phase2_01` …, `rmse_phase4_23` …: see `phase_rmse`, row then column
    - `phase_spread_2`, `phase_spread_4`: `phase_spread` of those RMSEs over their mean
    - `replica_2`, `replica_4`: see `spectra.replicas`, outer and inner layer
    - `spectrum_0` … `spectrum_9`: see `spectra.radial_ratio`

    Keys are those of `IMAGE_COLUMNS`, in their order, but one without a finite value is
    left out: the PSNR of a perfect background, or the foreground of images without any.
    """
    x = metrics.checked("reconstructions", reconstructions)
    y = metrics.checked("images", images)
    foreground = metrics.foreground_psnr(x, y)
    foreground = foreground[~np.isnan(foreground)]
    errors = x - y
    phases_2, phases_4 = phase_rmse(errors, 2), phase_rmse(errors, 4)
    with np.errstate(invalid="ignore"):  # 0 / 0 without any error
        spreads = np.array(phase_spread(phases_4)) / phases_4.mean()
    values = [
        metrics.mse(x, y).mean(),
        metrics.psnr(x, y).mean(),
        foreground.mean() if foreground.size else np.nan,
        background_psnr(x, y),
        ssim(x, y).mean(),
        *phases_2.ravel(),
        *phases_4.ravel(),
        *spreads,
        *replicas(errors),
        *radial_ratio(x, y),
    ]
    columns = zip(IMAGE_COLUMNS, values, strict=True)
    return {name: float(value) for name, value in columns if np.isfinite(value)}


def background_psnr(reconstructions: np.ndarray, images: np.ndarray) -> float:
    """PSNR of the pixels that are black in the original, in decibels.

    `10·log10(2² / MSE)` with one MSE over the background of all images, not one PSNR for
    each: many a background is perfect, and one infinite PSNR makes the mean infinite.
    NaN where no pixel is background.
    """
    x = metrics.checked("reconstructions", reconstructions)
    y = metrics.checked("images", images)
    errors = (x - y)[y <= BLACK]
    if not errors.size:
        return float("nan")
    mse = np.square(errors).mean()
    return float(10 * np.log10(metrics.MAX**2 / mse)) if mse else float("inf")


def ssim(reconstructions: np.ndarray, images: np.ndarray) -> np.ndarray:
    """The SSIM of `deconv.metrics`, of all images at once: float64 `(N,)`.

    The weighted mean over an 11×11 window is one matrix product for the rows and one for
    the columns, which is ten times faster than one image after the other.
    """
    x = (metrics.checked("reconstructions", reconstructions) + 1) / 2
    y = (metrics.checked("images", images) + 1) / 2
    distance = np.arange(28) - np.arange(5, 23)[:, None]  # from each of the 18 inner pixels
    window = np.exp(-(distance**2) / (2 * 1.5**2)) * (np.abs(distance) <= 5)
    window /= window.sum(1, keepdims=True)  # (18, 28)

    def mean(z: np.ndarray) -> np.ndarray:
        return window @ z @ window.T  # (N, 18, 18)

    mean_x, mean_y = mean(x), mean(y)
    both = mean_x * mean_y
    squares = mean_x**2 + mean_y**2
    covariance = mean(x * y) - both
    variances = mean(x**2 + y**2) - squares
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * both + c1) * (2 * covariance + c2) / ((squares + c1) * (variances + c2))
    return similarity.mean((1, 2))


def phase_rmse(errors: np.ndarray, period: int) -> np.ndarray:
    """Root mean squared error of each phase: `(period, period)`, period 2 or 4.

    Over all images of `errors (N, 28, 28)` and the 20×20 pixels away from the border:
    `[a, b]` is that of the pixels in rows `h mod period = a` and columns `v mod period = b`.

    Equal numbers mean that no phase is harder than another. They cannot see a pattern
    of signs: an error `(−1)^h` has 1 in each phase; `spectra.replicas` sees it.
    """
    inside = np.square(errors[:, BORDER:-BORDER, BORDER:-BORDER])
    n, blocks = len(inside), inside.shape[1] // period
    return np.sqrt(inside.reshape(n, blocks, period, blocks, period).mean((0, 1, 3)))


def phase_spread(phases: np.ndarray) -> Spread:
    """Split the differences between the phases `(4, 4)` into those of period 2 and the rest.

    The mean over phases that are equal mod 2 is a pattern of period 2, and what is left
    of the 16 numbers has only frequencies with a ¼. The squares of the two add up to
    the variance of the 16 numbers.
    """
    outer = phases.reshape(2, 2, 2, 2).mean((0, 2))  # the phases mod 2
    rest = phases - np.tile(outer, (2, 2))
    return Spread(float(outer.std()), float(np.sqrt(np.square(rest).mean())))
