"""Where the energy of made-up errors is found, against what theory says of them."""

import numpy as np
import pytest
from patterns import COLS, INNER, OUTER, ROWS, drawn_garments, half_a_pixel_right, noise
from scipy.ndimage import gaussian_filter

from deconv.study.spectra import power_spectrum, radial_ratio, replicas


@pytest.fixture(scope="module")
def garments() -> np.ndarray:
    return drawn_garments()


def test_white_noise_has_the_power_that_the_window_lets_through():
    assert power_spectrum(noise(3000, 0.5)) == pytest.approx((0.5 * 10.5) ** 2, rel=0.1)


@pytest.mark.parametrize("errors", [*OUTER.values(), *INNER.values()])
def test_a_replica_stays_in_the_bins_around_its_frequency(errors):
    power = power_spectrum(errors[None])
    rows, cols = (np.flatnonzero(power.sum(axis) > 1e-9) % 7 for axis in (1, 0))
    assert set(rows) <= {6, 0, 1}
    assert set(cols) <= {6, 0, 1}


def test_white_noise_has_nothing_at_the_replicas():
    assert replicas(noise(3000)) == pytest.approx((1, 1), abs=0.03)


@pytest.mark.parametrize("amplitude", [0.1, 0.5])
@pytest.mark.parametrize("errors", OUTER.values(), ids=OUTER)
def test_a_checkerboard_of_the_outer_layer_has_the_predicted_energy(errors, amplitude):
    found = replicas(noise(3000) + amplitude * errors)
    assert found.outer == pytest.approx(1 + 28**2 / 27 * amplitude**2, rel=0.05)
    assert found.inner == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("amplitude", [0.2, 1.0])
@pytest.mark.parametrize("errors", INNER.values(), ids=INNER)
def test_a_checkerboard_of_the_inner_layer_has_the_predicted_energy(errors, amplitude):
    """Its energy A²/2 lies in two of the twelve cells."""
    found = replicas(noise(3000) + amplitude * errors)
    assert found.inner == pytest.approx(1 + 28**2 / 108 * amplitude**2 / 2, rel=0.05)
    assert found.outer == pytest.approx(1, abs=0.05)


def test_errors_at_the_border_are_no_replicas():
    errors = noise(3000)
    errors[:, [0, -1]] += 10
    errors[:, :, [0, -1]] -= 10
    assert replicas(errors) == pytest.approx((1, 1), abs=0.03)


def blurred(images: np.ndarray) -> np.ndarray:
    return gaussian_filter(images, (0, 1, 1))


@pytest.mark.parametrize("spoil", [half_a_pixel_right, blurred])
def test_half_a_pixel_and_a_blur_are_no_replicas(garments, spoil):
    errors = spoil(garments) - garments
    assert errors.std() > 0.1
    assert all(0.7 < ratio < 1.1 for ratio in replicas(errors))


def test_a_slight_checkerboard_shows_among_larger_errors(garments):
    errors = half_a_pixel_right(garments) - garments
    before = replicas(errors)
    assert replicas(errors + 0.3 * errors.std() * OUTER["both"]).outer > 2 * before.outer
    assert replicas(errors + errors.std() * INNER["both"]).inner > 2 * before.inner


def test_without_errors_there_is_no_ratio():
    assert np.isnan(replicas(np.zeros((2, 28, 28)))).all()


def test_the_spectrum_of_the_same_images_is_the_same(garments):
    assert radial_ratio(garments, garments) == pytest.approx(np.ones(10))
    assert radial_ratio(-1 + 0.5 * (garments + 1), garments) == pytest.approx(0.25 * np.ones(10))


def test_noise_of_the_same_power_doubles_every_ring():
    images = noise(2000, 0.1) - 1
    assert radial_ratio(images + noise(2000, 0.1, seed=1), images) == pytest.approx(2, rel=0.05)


def test_only_the_ring_of_a_wave_changes():
    """Bins (3, 4) have length 5, the third ring; their neighbours reach the rings beside it."""
    wave = 0.1 * np.cos(2 * np.pi * (3 * ROWS + 4 * COLS) / 28)
    images = noise(500, 0.01) - 1
    ratio = radial_ratio(images + wave, images)
    assert ratio.argmax() == 2
    assert ratio[2] > 10
    assert ratio[[0, 4, 5, 6, 7, 8, 9]] == pytest.approx(1, abs=0.05)


def test_a_box_filter_smooths_as_theory_says():
    """The mean of a pixel and its left neighbour passes cos²(πf) of the power."""
    images = noise(2000, 0.1)
    smooth = (images + np.roll(images, 1, 2)) / 2
    f = np.fft.fftfreq(28)
    ring = np.hypot(f[:, None], f) * 14 // 1
    passed = np.broadcast_to(np.cos(np.pi * f) ** 2, (28, 28))
    expected = [passed[ring == j].mean() for j in range(10)]
    assert radial_ratio(smooth - 1, images - 1) == pytest.approx(expected, abs=0.05)
