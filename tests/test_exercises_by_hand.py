"""What students write by hand, held against the project's own hand-made network."""

import numpy as np
import pytest

from deconv import metrics
from deconv.exercises.course import catalogue
from deconv.exercises.topics.handmade_network import (
    CORNERS,
    LEVELS,
    after_tanh,
    decoder,
    file_away,
    network,
)
from deconv.handmade import BrokenLine, by_hand
from deconv.handmade import lines as own
from deconv.handmade.lines import START
from deconv.scratch import reconstruct

STRAIGHT = BrokenLine(np.array([-1.0, 1.0]), np.array([0.0, 2.0]))
"""x + 1, as the encoder's ReLU lets it pass."""


def a_line(corners):
    x = np.asarray(corners) / 127.5 - 1
    return BrokenLine(x + 1, np.arctanh(0.999 * x))


def test_the_solutions_are_the_layers_of_the_hand_made_network():
    weights = by_hand(STRAIGHT, a_line(START))
    assert np.array_equal(weights["encoder.conv1.weight"][:4], file_away(1))
    assert np.array_equal(weights["encoder.conv2.weight"][:16, :4], file_away(4))
    written = decoder(*a_line(START).as_relus())
    for name, array in written.items():
        own_part = weights[name][:16] if name == "decoder.deconv1.weight" else weights[name]
        np.testing.assert_array_equal(own_part, array.astype(np.float32))


def test_the_small_network_draws_what_the_large_one_draws():
    levels = np.arange(28 * 28).reshape(1, 28, 28, 1) % 256 / 127.5 - 1
    small = reconstruct(network(np.array(CORNERS)), levels)
    large = reconstruct(by_hand(STRAIGHT, a_line(CORNERS)), levels)
    np.testing.assert_allclose(small, large, atol=1e-5)


def test_decibels_of_corners_are_those_of_a_picture_with_all_grey_levels():
    np.testing.assert_array_equal(LEVELS, own.LEVELS)
    picture = np.concatenate([LEVELS] * 49).reshape(-1, 28, 28)  # 49·256 pixels are 16 pictures
    drawn = np.tanh(a_line(CORNERS)(picture.ravel() + 1)).reshape(picture.shape)
    whole = metrics.MAX**2 / metrics.mse(drawn, picture).mean()
    assert after_tanh(np.array(CORNERS)) == pytest.approx(10 * np.log10(whole), abs=1e-6)


@pytest.mark.parametrize("corners", [CORNERS, [0, 10, 30, 70, 128, 185, 225, 245, 255], START])
def test_any_good_corners_pass(corners):
    assert catalogue()["place-the-corners"].question("").judge(corners) == ("right", "")


@pytest.mark.parametrize(
    ("corners", "said"),
    [
        ([0, 60, 70, 80, 128, 150, 160, 170, 255], "With these corners it has"),
        ([0, 30, 20, 70, 128, 185, 225, 245, 255], "each above the one before"),
        ([1, 10, 30, 70, 128, 185, 225, 245, 255], "the first 0"),
        ([0, 128, 255], "Nine grey levels"),
    ],
)
def test_other_corners_are_told_what_they_give(corners, said):
    verdict = catalogue()["place-the-corners"].question("").judge(corners)
    assert verdict.state == "wrong"
    assert said in verdict.message
