"""The measures of images on made-up errors: what they must say is computed by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from patterns import COLS, INNER, OUTER, ROWS, drawn_garments, half_a_pixel_right, noise

from deconv import metrics
from deconv.errors import ImageError
from deconv.study.measures import (
    IMAGE_COLUMNS,
    background_psnr,
    measure_images,
    phase_rmse,
    phase_spread,
    ssim,
)


@pytest.fixture(scope="module")
def garments() -> np.ndarray:
    return drawn_garments()


def test_the_background_is_what_is_black_in_the_original():
    images = np.full((2, 28, 28), -1.0)
    images[:, :7] = 0.3
    errors = np.where(images > -1, 0.5, 0.02)
    assert background_psnr(images + errors, images) == pytest.approx(40)
    errors[1] = 0  # half of the squared errors are gone, not half of the decibels
    assert background_psnr(images + errors, images) == pytest.approx(40 + 10 * np.log10(2))


def test_a_perfect_background_is_infinite_and_none_at_all_is_nan():
    images = np.full((2, 28, 28), -1.0)
    assert background_psnr(images, images) == np.inf
    assert np.isnan(background_psnr(images, images + 1))


@pytest.mark.parametrize("level", [0.0, 0.003, 0.1, 1.0])
def test_ssim_of_many_images_is_that_of_the_arbiter(garments, level):
    images = garments[:40]
    outputs = (images + noise(40, level)).clip(-1, 1)
    assert ssim(outputs, images) == pytest.approx(metrics.ssim(outputs, images), abs=1e-10)
    assert ssim(outputs, -images) == pytest.approx(metrics.ssim(outputs, -images), abs=1e-10)


def test_the_rmse_of_each_phase_by_hand():
    errors = np.zeros((3, 28, 28))
    errors[:, ::2, 1::2] = 0.3
    errors[0, ::2, 1::2] = 0.6  # and the squares of three images: 0.36, 0.09, 0.09
    expected = np.zeros((2, 2))
    expected[0, 1] = np.sqrt(0.18)
    assert phase_rmse(errors, 2) == pytest.approx(expected)
    assert phase_rmse(errors, 4) == pytest.approx(np.tile(expected, (2, 2)))


def test_a_checkerboard_raises_the_phases_where_it_adds_to_the_error():
    rmse = phase_rmse(0.5 + 0.2 * OUTER["both"][None], 2)
    assert rmse == pytest.approx(np.array([[0.7, 0.3], [0.3, 0.7]]))
    assert phase_rmse(0.2 * OUTER["both"][None], 2) == pytest.approx(0.2 * np.ones((2, 2)))


@pytest.mark.parametrize("period", [2, 4])
def test_errors_at_the_border_are_in_no_phase(period):
    errors = np.ones((2, 28, 28))
    errors[:, 4:-4, 4:-4] = 0
    assert (phase_rmse(errors, period) == 0).all()


def test_half_a_pixel_is_not_a_phase():
    """Random waves, moved by half a pixel: large errors, alike in all phases."""
    rng = np.random.default_rng(0)
    a, b = rng.uniform(-1, 1, (2, 5000, 1, 1))
    images = np.sin(a * ROWS + b * COLS + rng.uniform(0, 7, (5000, 1, 1)))
    rmse = phase_rmse(half_a_pixel_right(images) - images, 4)
    assert rmse.mean() > 0.1
    assert max(phase_spread(rmse)) < 0.01 * rmse.mean()


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        (np.full((4, 4), 3.0), (0, 0)),
        (0.1 * OUTER["both"][:4, :4], (0.1, 0)),
        (7 + 0.1 * INNER["rows"][:4, :4], (0, 0.1 / np.sqrt(2))),
        (0.1 * INNER["both"][:4, :4] + 0.3 * OUTER["rows"][:4, :4], (0.3, 0.1 / np.sqrt(2))),
    ],
)
def test_the_spread_of_known_patterns(phases, expected):
    assert phase_spread(phases) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=50, derandomize=True, database=None)
@given(arrays(np.float64, (4, 4), elements=st.floats(-1, 1)))
def test_the_two_spreads_add_up_to_the_variance(phases):
    assert sum(np.square(phase_spread(phases))) == pytest.approx(phases.var(), abs=1e-12)


def test_measure_images_names_every_column(garments):
    outputs = half_a_pixel_right(garments)
    columns = measure_images(outputs[..., None].astype(np.float32), garments[..., None])
    assert tuple(columns) == IMAGE_COLUMNS
    scores = metrics.scores(outputs, garments)
    assert columns["psnr"] == pytest.approx(scores.psnr, abs=1e-4)
    assert columns["ssim"] == pytest.approx(scores.ssim, abs=1e-6)
    foreground = metrics.foreground_psnr(outputs, garments).mean()
    assert columns["psnr_foreground"] == pytest.approx(foreground, abs=1e-4)
    rmse = phase_rmse(outputs - garments, 4)
    assert columns["rmse_phase4_12"] == pytest.approx(rmse[1, 2], abs=1e-6)
    assert columns["phase_spread_2"] == pytest.approx(
        phase_spread(rmse).period_2 / rmse.mean(), abs=1e-5
    )


def test_a_checkerboard_shows_in_its_own_columns(garments):
    before = (garments + noise(300, 0.05)).clip(-1, 1)
    after = (before + 0.03 * OUTER["both"]).clip(-1, 1)
    one, other = measure_images(before, garments), measure_images(after, garments)
    assert other["replica_2"] > 2 * one["replica_2"]
    assert other["replica_4"] < 1.1 * one["replica_4"]
    assert other["psnr"] < one["psnr"]
    assert other["psnr_background"] < one["psnr_background"]
    assert other["spectrum_9"] > one["spectrum_9"]


def test_values_that_are_not_finite_are_left_out(garments):
    columns = measure_images(garments, garments)
    assert columns["mse"] == 0
    assert columns["ssim"] == pytest.approx(1)
    missing = {"psnr", "psnr_foreground", "psnr_background", "replica_2", "replica_4"}
    missing |= {"phase_spread_2", "phase_spread_4"}
    assert set(IMAGE_COLUMNS) - set(columns) == missing
    black = np.full_like(garments, -1)
    assert "psnr_foreground" not in measure_images(black + 0.1, black)


def test_an_image_without_foreground_is_left_out_of_the_foreground(garments):
    outputs, black = half_a_pixel_right(garments), np.full_like(garments[:1], -1)
    columns = measure_images(np.append(outputs, black + 0.1, 0), np.append(garments, black, 0))
    expected = metrics.foreground_psnr(outputs, garments).mean()
    assert columns["psnr_foreground"] == pytest.approx(expected)


def test_what_cannot_be_measured_is_refused(garments):
    with pytest.raises(ImageError, match=r"\[-1, 1\]"):
        measure_images(garments + 0.5, garments)
    with pytest.raises(ImageError, match="shape"):
        measure_images(garments[1:], garments)
