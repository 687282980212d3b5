"""The weights that were written by hand do what the page says, in NumPy and in both frameworks."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deconv import metrics
from deconv.architecture import BASELINE, Design
from deconv.autoencoder import forward
from deconv.compare import compare
from deconv.compare.report import screen
from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.errors import ConfigError, WeightsError
from deconv.handmade import BrokenLine, by_hand, count_nonzero, exact_line, fit, halves
from deconv.handmade.__main__ import HandmadeConfig, read_trained, run
from deconv.handmade.lines import LEVELS, PIECES, START, count_levels
from deconv.handmade.trials import attempt, grey_levels, kinds, level_errors, shifted
from deconv.handmade.weights import write_by_hand
from deconv.metrics import to_unit_range
from deconv.running.record import read_history, read_record
from deconv.scratch import reconstruct
from deconv.weights import initial_weights, read_model, write_weights

pytestmark = pytest.mark.usefixtures("few_garments")

GREYS = np.random.default_rng(1).integers(0, 256, (6, 28, 28), np.uint8)
"""Grey levels of which dark ones are as frequent as bright ones."""
ROUNDING = 5e-4
"""A sixteenth of a grey level: with two lines, numbers near 800 cancel in float32."""


@pytest.fixture(scope="module")
def splits(few_garments):
    return load_splits(RunConfig(dataset="synthetic"))


@pytest.fixture(scope="module", params=[1, 2], ids=["one line", "two lines"])
def weights(request):
    return write_by_hand(GREYS, request.param)


def corners(count):
    """Broken lines that begin at (-1, 0) and rise, with so many pieces."""
    steps = st.lists(st.floats(0.1, 3), min_size=count, max_size=count)
    return st.tuples(steps, steps).map(
        lambda steps: BrokenLine(
            np.append(0, np.cumsum(steps[0])) - 1, np.append(0, np.cumsum(steps[1]))
        )
    )


# --- lines -----------------------------------------------------------------------------


@given(corners(8), st.floats(0, 1))
def test_relus_draw_the_line_from_corner_to_corner(line, where):
    x = line.x[0] + where * (line.x[-1] - line.x[0])
    thresholds, bends, offset = line.as_relus()
    assert len(bends) == 8
    summed = offset + sum(b * max(x - t, 0) for t, b in zip(thresholds, bends, strict=True))
    assert summed == pytest.approx(np.interp(x, line.x, line.y), abs=1e-9)
    assert line(np.array([x])) == pytest.approx(summed, abs=1e-9)


@given(corners(15))
def test_two_lines_of_eight_pieces_are_one_of_fifteen(line):
    dark, bright = halves(line)
    assert len(dark.x) - 1 == len(bright.x) - 1 == PIECES
    assert dark.y[0] == bright.x[0] == 0  # so that ReLU lets every value of the first pass
    x = np.linspace(line.x[0], line.x[-1], 100)
    np.testing.assert_allclose(bright(dark(x)), line(x), atol=1e-9)


def error_after_tanh(x, y, counts):
    return np.average((np.tanh(np.interp(LEVELS, x, y)) - LEVELS) ** 2, weights=counts)


def test_no_corner_of_the_fit_can_be_moved_to_advantage():
    counts = count_levels(GREYS)
    line = fit(counts)
    best = error_after_tanh(line.x, line.y, counts)
    on_artanh = START / 127.5 - 1
    assert best < 0.5 * error_after_tanh(on_artanh, np.arctanh(0.999 * on_artanh), counts)
    for corner in range(9):
        for step in (-1e-3, 1e-3):
            moved = line.y.copy()
            moved[corner] += step
            assert error_after_tanh(line.x, moved, counts) > best - 1e-12, corner
            if 0 < corner < 8:
                moved = line.x.copy()
                moved[corner] += step
                assert error_after_tanh(moved, line.y, counts) > best - 1e-12, corner


def test_frequent_grey_levels_are_drawn_better():
    counts = np.ones(256)
    even = fit(counts)
    counts[100:140] = 100
    middle = fit(counts)
    few = np.where(counts > 1, 1, 0)
    ratio = error_after_tanh(middle.x, middle.y, few) / error_after_tanh(even.x, even.y, few)
    assert ratio < 0.5


@pytest.mark.parametrize("level", [0, 7, 255])
def test_images_of_a_single_grey_level_are_no_trouble(level):
    line = fit(np.eye(256)[level])
    assert (np.diff(line.x) > 0).all()
    assert np.tanh(line(LEVELS[[level]])) == pytest.approx(LEVELS[level], abs=1e-6)


# --- weights ---------------------------------------------------------------------------


@pytest.mark.parametrize(("lines", "expected"), [(1, [8, 16, 156, 33]), (2, [64, 128, 156, 33])])
def test_few_numbers_are_not_zero(lines, expected):
    counted = count_nonzero(write_by_hand(GREYS, lines))
    assert [some for some, _ in counted.values()] == expected
    assert sum(every for _, every in counted.values()) == 37_569


def test_every_pixel_goes_its_own_way_at_the_border_too(weights):
    """Neither the border nor a neighbour has a say: one function of each pixel alone."""
    function = dict(zip(range(256), LEVELS + level_errors(weights), strict=True))
    outputs = reconstruct(weights, to_unit_range(GREYS))[..., 0]
    np.testing.assert_allclose(outputs, np.vectorize(function.get)(GREYS), atol=ROUNDING)


@given(corners(8), corners(8))
def test_the_network_is_tanh_of_two_lines(encoder, decoder):
    small = BrokenLine(encoder.x, encoder.y / 10), BrokenLine(decoder.x + 1, decoder.y / 10 - 1)
    image = np.linspace(-1, 1, 784, dtype=np.float32).reshape(1, 1, 28, 28)
    expected = np.tanh(small[1](small[0](image.ravel())))
    output = forward(by_hand(*small), image).deconv2
    np.testing.assert_allclose(output.ravel(), expected, atol=1e-4)


def test_both_frameworks_compute_the_same(framework, weights):
    model = framework.build(weights)
    images = to_unit_range(GREYS)
    np.testing.assert_allclose(
        framework.forward(model, images), reconstruct(weights, images), atol=ROUNDING
    )


def test_with_two_lines_rounding_gives_every_grey_level_back():
    errors = 127.5 * level_errors(write_by_hand(GREYS, lines=2))
    assert np.abs(errors).max() < 0.46
    line = exact_line()
    np.testing.assert_allclose(line(-LEVELS), -line(LEVELS), atol=1e-9)


def test_lines_that_the_network_has_no_room_for_are_refused():
    line = exact_line()
    with pytest.raises(ConfigError, match=r"at most 8 pieces.* 15 and 15"):
        by_hand(line, line)
    dark, bright = halves(line)
    with pytest.raises(ConfigError, match=r"begins at \(-1, 1\)"):
        by_hand(BrokenLine(dark.x, dark.y + 1), bright)


# --- trials ----------------------------------------------------------------------------


def test_what_the_weights_are_tried_on(splits):
    pictures = kinds(splits.test)
    assert (pictures["inverted"] + splits.test == 255).all()
    moved = pictures["shifted by one pixel"]
    assert (moved[:, 1:, 1:] == splits.test[:, :-1, :-1]).all()
    assert not moved[:, 0].any()
    assert not moved[:, :, 0].any()
    assert moved.shape == shifted(moved).shape == splits.test.shape
    assert len(np.unique(pictures["uniform noise"])) == 256


def test_a_trial_counts_pixels_that_are_right_after_rounding():
    images = np.full((2, 28, 28), 100, np.uint8)
    unchanged = by_hand(*halves(exact_line()))
    assert attempt(unchanged, images).exact == 1
    blind = {name: np.zeros_like(array) for name, array in unchanged.items()}
    assert attempt(blind, images).exact == 0  # all grey: 127.5
    assert grey_levels(to_unit_range(GREYS)).tolist() == GREYS.tolist()


# --- the command -----------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_is_left_that_can_be_compared(tmp_path, splits, capsys):
    artifacts = tmp_path / "artifacts"
    beside = tmp_path / "other.safetensors"
    write_weights(beside, initial_weights(0), "synthetic")
    config = HandmadeConfig(dataset="synthetic", artifact_dir=artifacts, beside=beside)
    run(config)
    printed = capsys.readouterr().out
    folder = artifacts / "handmade_deconv"
    assert "NOT Fashion-MNIST" in printed
    assert "all                    213    37,569" in printed
    for name in (str(beside), str(folder)):
        assert name in printed

    record, (row,) = read_record(folder), read_history(folder)
    assert (record.framework, record.epochs, record.train_seconds) == ("handmade", 0, 0)
    assert (row.epoch, row.seconds) == (0, 0)
    design, weights = read_model(folder / "weights.safetensors")
    assert design == BASELINE
    images = to_unit_range(splits.train[:500])
    own = metrics.scores(reconstruct(weights, images), images)
    assert row.train_loss == pytest.approx(own.mse, rel=0.1)  # that of all images, not of 500
    assert (folder / "reconstructions.png").stat().st_size > 10_000

    (group,) = compare([folder])
    (measured,) = group.runs
    assert measured.label == "written by hand"
    assert abs(measured.claim_error) < 1e-6
    assert f"written by hand (NumPy {np.__version__})" in screen([group])
    assert "training speed   –" in screen([group])

    run(replace(config, lines=2, beside=None))  # the earlier folder is kept
    assert (artifacts / "handmade_deconv-1" / "metrics.json").exists()
    assert json.loads((folder / "metrics.json").read_text())["test_psnr"] > 60


def test_weights_of_another_network_are_refused_before_anything_is_done(tmp_path):
    path = tmp_path / "other.safetensors"
    design = Design(upsampler="nearest")
    write_weights(path, initial_weights(0, design), "synthetic", design)
    with pytest.raises(WeightsError, match=r"other\.safetensors holds .* another network"):
        read_trained(path)
    with pytest.raises(WeightsError, match=r"other\.safetensors"):
        run(HandmadeConfig(artifact_dir=tmp_path / "out", beside=path))
    assert not (tmp_path / "out").exists()
