"""Worked numbers, and an SSIM written again from its definition."""

import subprocess
import sys

import numpy as np
import pytest

from deconv import metrics
from deconv.config import ROOT
from deconv.errors import ImageError

MEASURES = [metrics.mse, metrics.psnr, metrics.foreground_psnr, metrics.ssim]


def smooth_images(count: int = 3, seed: int = 0) -> np.ndarray:
    """Smooth shapes, like garments: structure for SSIM to see. Float64 `(N, 28, 28, 1)`."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:28, 0:28] / 28
    waves = [np.sin(a * x + b * y) for a, b in rng.uniform(-12, 12, (count, 2))]
    return 0.9 * np.stack(waves)[..., np.newaxis]


def degraded(images: np.ndarray, noise: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.clip(images + rng.normal(0, noise, images.shape), -1, 1)


def ssim_from_its_definition(x: np.ndarray, y: np.ndarray) -> float:
    """Wang et al. (2004), equation 13, one window after the other, in plain loops."""
    distance = np.arange(-5, 6)
    window = np.exp(-(distance[:, None] ** 2 + distance[None, :] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = 0.01**2, 0.03**2
    x, y = (x + 1) / 2, (y + 1) / 2  # 0 is black, as the paper has it
    values = []
    for row in range(28 - 10):
        for column in range(28 - 10):
            a = x[row : row + 11, column : column + 11]
            b = y[row : row + 11, column : column + 11]
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            variance_a = (window * (a - mean_a) ** 2).sum()
            variance_b = (window * (b - mean_b) ** 2).sum()
            covariance = (window * (a - mean_a) * (b - mean_b)).sum()
            values.append(
                ((2 * mean_a * mean_b + c1) * (2 * covariance + c2))
                / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))
            )
    return float(np.mean(values))


@pytest.mark.parametrize(("error", "decibels"), [(0.02, 40.0), (0.2, 20.0), (2.0, 0.0)])
def test_psnr_of_a_constant_error_is_what_one_computes_by_hand(error, decibels):
    black = np.full((2, 28, 28, 1), -1.0)
    assert metrics.psnr(black + error, black) == pytest.approx([decibels, decibels], abs=1e-9)


def test_mse_and_psnr_are_taken_per_image_before_the_mean():
    images = np.zeros((2, 28, 28, 1))
    outputs = images + np.array([0.02, 0.2]).reshape(2, 1, 1, 1)
    result = metrics.scores(outputs, images)
    assert metrics.mse(outputs, images) == pytest.approx([0.0004, 0.04])
    assert result.mse == pytest.approx(0.0202)
    assert result.psnr == pytest.approx(30.0)  # one PSNR of the mean MSE would be 22.97


def test_the_foreground_is_what_is_not_black_in_the_original():
    """One image by hand: 196 of 784 pixels are foreground, and only their error counts."""
    images = np.zeros((1, 28, 28), np.uint8)
    images[0, :7] = 1  # of 255: just above black
    originals = metrics.to_unit_range(images).astype(np.float64)
    outputs = originals + np.where(images[..., np.newaxis] > 0, 0.2, 0.02)
    assert metrics.foreground_psnr(outputs, originals) == pytest.approx([20.0])
    error = (196 * 0.2**2 + 588 * 0.02**2) / 784
    assert metrics.psnr(outputs, originals) == pytest.approx([10 * np.log10(4 / error)])


def test_each_image_has_its_own_foreground_and_a_black_one_has_none():
    images = np.full((3, 28, 28, 1), -1.0)
    images[1:, 5:9] = 0.5
    errors = np.array([0.02, 0.02, 0.2]).reshape(3, 1, 1, 1)
    values = metrics.foreground_psnr(images + errors, images)
    assert np.isnan(values[0])
    assert values[1:] == pytest.approx([40, 20])
    assert metrics.foreground_psnr(images[1:], images[1:]).tolist() == [np.inf, np.inf]


def test_a_perfect_image_has_zero_error_infinite_psnr_and_ssim_1():
    images = smooth_images()
    assert (metrics.mse(images, images) == 0).all()
    assert (metrics.psnr(images, images) == np.inf).all()
    assert metrics.ssim(images, images) == pytest.approx(np.ones(3), abs=1e-12)


@pytest.mark.parametrize("noise", [0.01, 0.1, 0.5])
def test_ssim_agrees_with_its_definition(noise):
    images = smooth_images()
    outputs = degraded(images, noise)
    expected = [
        ssim_from_its_definition(x[..., 0], y[..., 0]) for x, y in zip(outputs, images, strict=True)
    ]
    assert metrics.ssim(outputs, images) == pytest.approx(expected, abs=1e-10)
    assert max(expected) < 1


def test_ssim_knows_where_black_is():
    """A negative is as unlike as can be; with mid-grey at 0 it would be counted as like."""
    images = smooth_images()
    assert metrics.ssim(-images, images).max() < 0


def test_scores_are_the_means_over_images():
    images = smooth_images()
    outputs = degraded(images)
    result = metrics.scores(outputs, images)
    assert result.mse == pytest.approx(metrics.mse(outputs, images).mean())
    assert result.psnr == pytest.approx(metrics.psnr(outputs, images).mean())
    assert result.ssim == pytest.approx(metrics.ssim(outputs, images).mean())


@pytest.mark.parametrize("measure", MEASURES)
def test_every_metric_is_float64_even_for_float32_and_needs_no_channel_axis(measure):
    images = smooth_images().astype(np.float32)
    outputs = degraded(images).astype(np.float32)
    values = measure(outputs, images)
    assert values.dtype == np.float64
    assert values.shape == (3,)
    assert (values == measure(outputs[..., 0], images[..., 0])).all()
    assert (values == measure(outputs.astype(np.float64), images.astype(np.float64))).all()


@pytest.mark.parametrize(
    ("outputs", "numbers"),
    [
        (np.zeros((3, 28, 28)), ["(3, 28, 28)", "(2, 28, 28, 1)"]),
        (np.full((2, 28, 28, 1), 1.5), ["[-1, 1]", "[1.5, 1.5]"]),
        (np.full((2, 28, 28, 1), -1.01), ["[-1.01, -1.01]"]),
        (np.full((2, 28, 28, 1), np.nan), ["nan"]),
        (np.zeros((2, 28, 28, 1), np.uint8), ["uint8"]),
    ],
)
@pytest.mark.parametrize("measure", [*MEASURES, metrics.scores])
def test_what_cannot_be_measured_is_refused_with_numbers(measure, outputs, numbers):
    images = np.zeros((2, 28, 28, 1))
    with pytest.raises(ImageError) as refusal:
        measure(outputs, images)
    assert all(number in str(refusal.value) for number in numbers), refusal.value


@pytest.mark.parametrize("shape", [(0, 28, 28, 1), (2, 32, 32, 1), (28, 28), (2, 28, 28, 3)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ImageError, match=r"\(N, 28, 28, 1\)"):
        metrics.psnr(np.zeros(shape), np.zeros(shape))


def test_rounding_just_outside_the_range_is_allowed():
    images = np.full((1, 28, 28, 1), 1 + 1e-6)
    assert metrics.psnr(images, images)[0] == np.inf


def test_unit_range_maps_black_to_minus_1_and_white_to_1():
    images = np.zeros((1, 28, 28), np.uint8)
    images[0, 0, :3] = [0, 51, 255]
    result = metrics.to_unit_range(images)
    assert result.shape == (1, 28, 28, 1)
    assert result.dtype == np.float32
    assert result[0, 0, :3, 0] == pytest.approx([-1, -0.6, 1], abs=1e-7)
    assert result.min() == -1
    assert result.max() == 1


def test_every_grey_value_survives_the_way_to_the_unit_range_and_back():
    images = np.resize(np.arange(256, dtype=np.uint8), (1, 28, 28))
    back = np.rint((metrics.to_unit_range(images) + 1) * 127.5).astype(np.uint8)
    assert (back[..., 0] == images).all()


@pytest.mark.parametrize(
    "images",
    [np.zeros((1, 28, 28)), np.zeros((1, 28, 28, 1), np.uint8), np.zeros((28, 28), np.uint8)],
)
def test_only_uint8_images_are_brought_into_the_unit_range(images):
    with pytest.raises(ImageError, match="uint8 images of shape"):
        metrics.to_unit_range(images)


def test_psnr_needs_numpy_alone():
    """A web page has no scikit-image."""
    code = (
        "import sys; sys.modules.update(skimage=None, scipy=None)\n"
        "import numpy as np; from deconv.metrics import psnr\n"
        "print(psnr(np.full((1, 28, 28), 0.02), np.zeros((1, 28, 28))).round(6))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[40.]\n", done.stderr
