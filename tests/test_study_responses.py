"""Networks whose patterns are known, and what is measured of them."""

from typing import Any, get_args

import numpy as np
import pytest
from patterns import INNER, OUTER, drawn_garments, half_a_pixel_right

from deconv.architecture import Design, Upsampler
from deconv.arithmetic import conv_transpose2d, phase_gains
from deconv.arithmetic.equivalences import nearest_as_transposed, subpixel_as_transposed
from deconv.arithmetic.upsampling import doubling
from deconv.autoencoder import forward
from deconv.study.measures import phase_spread
from deconv.study.responses import (
    DECODER_COLUMNS,
    SHIFT_COLUMNS,
    gain_spread,
    measure_decoder,
    measure_shifts,
    pattern,
    shift_error,
    transposed_kernel,
)
from deconv.weights import initial_weights


@pytest.fixture(scope="module")
def garments() -> np.ndarray:
    return drawn_garments()


def test_the_spread_of_known_gains():
    assert gain_spread(np.full((2, 3, 2, 2), 0.7)) == pytest.approx(0)
    assert gain_spread(np.zeros((2, 3, 2, 2))) == 0
    checkerboard = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert gain_spread(checkerboard) == pytest.approx(1)
    assert gain_spread(4 + 3 * checkerboard) == pytest.approx(3 / 5)


@pytest.mark.parametrize("size", [2, 3, 4, 5, 6])
def test_random_kernels_of_every_size_have_the_same_spread(size):
    w = np.random.default_rng(size).standard_normal((100, 100, size, size))
    gains = phase_gains(w, stride=2)
    assert gain_spread(gains) == pytest.approx(0.75**0.5, abs=0.01)
    assert gain_spread(gains.sum(0)) == pytest.approx(0.75**0.5, abs=0.05)


def test_channels_with_opposite_checkerboards_answer_a_flat_input_with_none():
    w = np.zeros((2, 1, 2, 2))
    w[0, 0], w[1, 0] = [[2, 0], [0, 2]], [[0, 2], [2, 0]]
    columns = measure_decoder(lambda _: np.zeros((28, 28)), np.ones((1, 2, 7, 7)), {"outer": w})
    assert columns["gain_spread_outer"] == pytest.approx(0.5**0.5)
    assert columns["flat_gain_spread_outer"] == pytest.approx(0)


UP4: dict[str, Any] = {"stride": 2, "padding": 1}
UP6: dict[str, Any] = {"stride": 2, "padding": 2}


def linear_decoder(inner: np.ndarray, outer: np.ndarray):
    return lambda z: conv_transpose2d(conv_transpose2d(z, inner, **UP4), outer, **UP4)


def test_the_pattern_of_a_decoder_by_hand_without_its_border():
    drawn = 0.4 + 0.1 * OUTER["rows"] + 0.2 * INNER["both"]
    drawn[:8] = drawn[-8:] = drawn[:, :8] = drawn[:, -8:] = np.nan
    phases = pattern(lambda z: drawn[None, ..., None] * z[0, 0, 0, 0], np.array([2.0, 5.0]))
    assert phases.mean() == pytest.approx(0.8)
    assert phase_spread(phases) == pytest.approx((0.2, 0.4 / np.sqrt(2)))


@pytest.mark.parametrize("seed", range(3))
def test_the_pattern_is_told_apart_by_layer(seed):
    """Resizing, then convolving adds no pattern; that of the other layer is as predicted."""
    rng = np.random.default_rng(seed)
    rough = rng.standard_normal((3, 3, 4, 4))
    smooth = nearest_as_transposed(rng.standard_normal((3, 3, 3, 3)))
    vector = rng.standard_normal(3)

    last = rough[:, :1]
    spread = phase_spread(pattern(linear_decoder(smooth, last), vector))
    flat = vector @ phase_gains(smooth, **UP4)[..., 0, 0]
    gains = np.tensordot(flat, phase_gains(last, **UP4), 1)
    assert spread == pytest.approx((gains.std(), 0), rel=1e-4, abs=1e-5)

    spread = phase_spread(pattern(linear_decoder(rough, smooth[:, :1]), vector))
    assert spread.period_2 == pytest.approx(0, abs=1e-5)
    assert spread.period_4 > 0.1


def test_a_decoder_without_patterns_has_none_whatever_its_weights_and_border():
    rng = np.random.default_rng(0)
    inner, outer = (nearest_as_transposed(rng.standard_normal((n, 4, 3, 3))) for n in (4, 1))
    latents = rng.uniform(0, 1, (5, 4, 7, 7))
    columns = measure_decoder(
        linear_decoder(inner, outer), latents, {"inner": inner, "outer": outer}
    )
    assert tuple(columns) == DECODER_COLUMNS
    assert list(columns.values()) == pytest.approx([0] * 8, abs=1e-5)


def test_kernels_of_6_do_not_reach_the_middle():
    """The zeros around the maps must not look like a pattern: with equal gains there is none."""
    rng = np.random.default_rng(0)
    copies = np.repeat(rng.standard_normal((4, 4, 3, 3)), 4, axis=0)  # ICNR: four times the same
    kernel = subpixel_as_transposed(copies)

    def decode(z):
        return conv_transpose2d(conv_transpose2d(z, kernel, **UP6), kernel, **UP6)[:, 0]

    assert max(phase_spread(pattern(decode, rng.standard_normal(4)))) < 1e-4


@pytest.mark.parametrize("upsampler", get_args(Upsampler))
def test_every_upsampler_is_the_transposed_convolution_that_it_is_measured_as(upsampler):
    torch = pytest.importorskip("torch")
    from pytorch.src.config import Config
    from pytorch.src.model import build_model
    from pytorch.src.utils import load_weights

    weights = initial_weights(0, Design(upsampler=upsampler))
    model = build_model(Config(upsampler=upsampler))
    load_weights(model, weights)
    z = np.random.default_rng(0).uniform(0, 20, (2, 64, 7, 7)).astype(np.float32)
    image = model.get_submodule("decoder")(torch.from_numpy(z)).detach().numpy()
    for number, activation in ((1, lambda x: np.maximum(x, 0)), (2, np.tanh)):
        name = f"decoder.{'deconv' if upsampler.startswith('transposed') else 'conv'}{number}"
        kernel = transposed_kernel(upsampler, weights[f"{name}.weight"])
        z = activation(conv_transpose2d(z, kernel, **doubling(kernel)))
    inside = np.s_[:, :, 6:-6, 6:-6] if upsampler == "bilinear" else np.s_[:]
    assert np.abs(image).max() > 0.1
    np.testing.assert_allclose(image[inside], z[inside], rtol=0, atol=1e-5)


def test_what_moves_along_has_no_shift_error(garments):
    for reconstruct in (lambda x: x, half_a_pixel_right, lambda x: x**2 - 1):
        assert shift_error(reconstruct, garments, right=1) == 0
        assert shift_error(reconstruct, garments, down=3, right=2) == 0


def test_a_checkerboard_that_stays_where_it_is_has_twice_its_amplitude(garments):
    def reconstruct(x):
        return x + 0.1 * OUTER["columns"]

    columns = measure_shifts(reconstruct, garments)
    assert tuple(columns) == SHIFT_COLUMNS
    assert columns["shift_right"] == pytest.approx(0.2)
    assert columns["shift_down"] == pytest.approx(0)


def test_errors_at_the_border_are_no_shift_errors(garments):
    def reconstruct(x):
        y = x.copy()
        y[:, :7], y[:, :, -8:] = 5, -5
        return y

    assert shift_error(reconstruct, garments, right=1) == 0
    assert shift_error(reconstruct, garments, down=1) == 0


def test_the_baseline_moves_along_by_4_pixels_and_not_by_1(garments):
    weights = initial_weights(0)

    def reconstruct(images):
        return forward(weights, images[:, None])[-1][:, 0]

    few = garments[:20]
    assert shift_error(reconstruct, few, right=4) < 1e-6
    assert shift_error(reconstruct, few, down=4) < 1e-6
    assert shift_error(reconstruct, few, right=1) > 1e-3
