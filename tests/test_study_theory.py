"""Formulas against other ways to the same number, and the table that shows both."""

from math import log, sqrt
from typing import get_args

import numpy as np
import pytest

from deconv import metrics
from deconv.architecture import Design, Upsampler, layers
from deconv.arithmetic import phase_gains
from deconv.autoencoder import forward
from deconv.data.synthetic import draw_garments
from deconv.errors import ImageError, WeightsError
from deconv.study import linear
from deconv.study.theory import measured, predictions
from deconv.study.theory.__main__ import TheoryConfig, main, rows
from deconv.weights import initial_weights, write_weights


def garments(count: int) -> np.ndarray:
    return metrics.to_unit_range(draw_garments(count, seed=11)[0])


def within_chance(row: measured.Row) -> bool:
    """A correct formula fails this once in 16,000 times; the seeds are fixed anyway."""
    assert row.error is not None
    return abs(row.difference) <= 4 * row.error


# --- layers ---


@pytest.mark.parametrize("kernel", range(1, 8))
@pytest.mark.parametrize("stride", range(1, 5))
def test_taps_are_those_that_a_flat_input_meets(kernel, stride):
    counted = phase_gains(np.ones((1, 1, kernel, kernel), int), stride=stride, padding=kernel // 2)
    taps = predictions.taps(kernel, stride)
    assert sorted(counted.ravel()) == sorted(np.outer(taps, taps).ravel())


@pytest.mark.parametrize("arm", measured.KERNELS.values())
def test_the_variance_of_weights_is_that_of_those_drawn(arm):
    design = Design(upsampler=arm)
    for layer in layers(design)[1:3]:
        drawn = initial_weights(0, design)[f"{layer.name}.weight"]
        # A uniform number's square has a standard deviation of 0.894 times its mean.
        allowed = 4 * 0.894 / sqrt(drawn.size)
        assert drawn.var() == pytest.approx(predictions.weight_variance(layer), rel=allowed)


def test_every_prediction_about_the_layers_is_exact():
    found = measured.layer_rows()
    assert [row.difference for row in found] == [0] * 16
    numbers = {row.name: row.measured for row in found}
    assert numbers["kernel 3: size that 7 pixels become"] == 14
    assert numbers["kernel 3: parameters of the autoencoder"] == 37_569
    assert numbers["kernel 3: MACs of the decoder, for one image"] == 903_168 + 56_448
    overlaps = [value for name, value in numbers.items() if "stamps" in name]
    assert overlaps == [1, 4, 1, 1]


# --- the untrained network ---


def test_every_way_up_begins_with_the_variance_that_was_predicted():
    found = measured.flat_rows(seeds=40)
    assert len(found) == 2 * len(get_args(Upsampler))
    assert [row for row in found if not within_chance(row)] == []
    inner = [row for row in found if "inner" in row.name]  # 32 outputs leave little to chance
    assert [row for row in inner if abs(row.difference) > 0.1 / 12] == []


def test_gains_at_the_start_are_as_wide_as_predicted():
    found = measured.gain_rows(seeds=30)
    assert [row.name for row in found if not within_chance(row)] == []
    widths = {row.name: row.predicted for row in found if "spread" in row.name}
    one, two, four = (widths[name] for name in widths if name.startswith("kernel 3"))
    assert (two / one, four / one) == pytest.approx((sqrt(2), 2))
    assert all(row.error < 0.02 * row.predicted for row in found if row.error)  # and sharply


def test_the_output_of_untrained_networks_is_as_large_as_predicted():
    found = measured.loss_rows(garments(10), seeds=60)
    assert [row.name for row in found if not within_chance(row)] == []
    for row in found[:4]:  # and that is sharp enough to see a wrong factor
        assert row.error is not None
        assert row.error < 0.1 * row.predicted


def test_the_prediction_knows_places():
    """One white pixel on grey: less of it gets through where it is at the border."""
    images = np.zeros((2, 1, 28, 28), np.float32)
    images[0, 0, 14, 14] = images[1, 0, 0, 0] = 1
    inside, corner = (predictions.untrained_output_square(image[None]) for image in images)
    assert corner < 0.5 * inside
    seeds = range(400)
    squares = [(forward(initial_weights(s), images).deconv2 ** 2).mean((1, 2, 3)) for s in seeds]
    errors = np.std(squares, axis=0) / sqrt(len(seeds))
    assert (np.abs(np.mean(squares, axis=0) - [inside, corner]) < 4 * errors).all()


# --- the best linear code ---


def test_the_eigenvalues_that_are_cut_off_are_the_error():
    images = garments(300)
    components = linear.pca(images)
    (row,) = measured.bound_rows(components, images, 16)
    assert row.measured == pytest.approx(row.predicted, rel=1e-9)
    assert 0.001 < row.predicted < 0.1
    *_, trained = measured.bound_rows(components, images, 16, trained=row.predicted * 1.02)
    assert trained.difference == pytest.approx(0.02 * row.predicted)


# --- scores ---


def test_the_gap_of_log_normal_errors_is_exact():
    """ln E[exp L] = μ + σ²/2."""
    errors = np.exp(np.random.default_rng(0).normal(-7, 0.8, 1_000_000))
    gap = 10 / log(10) * (log(errors.mean()) - np.log(errors).mean())
    assert predictions.jensen_gap(errors) == pytest.approx(10 / log(10) * 0.32, rel=0.01)
    assert gap == pytest.approx(predictions.jensen_gap(errors), rel=0.01)


@pytest.mark.parametrize("turn", [1, -1])
def test_the_third_moment_follows_errors_that_lean(turn):
    logs = turn * np.random.default_rng(1).gamma(4, 0.25, 1_000_000)
    gap = 10 / log(10) * (log(np.exp(logs).mean()) - logs.mean())
    second, third = (abs(predictions.jensen_gap(np.exp(logs), order) - gap) for order in (2, 3))
    assert third < 0.5 * second


def test_one_batch_of_everything_is_the_psnr_of_the_mean():
    errors = np.exp(np.random.default_rng(2).normal(-7, 0.8, 500))
    assert predictions.batch_shift(errors, 500) == pytest.approx(-predictions.jensen_gap(errors))


@pytest.mark.parametrize("batch", [20, 100])
def test_the_psnr_of_batches_is_where_it_was_predicted(batch):
    errors = np.exp(np.random.default_rng(3).normal(-7, 0.6, 1_000_000))
    means = errors.reshape(-1, batch).mean(1)
    found = 10 / log(10) * (np.log(errors).mean() - np.log(means).mean())
    assert predictions.batch_shift(errors, batch) == pytest.approx(found, rel=0.01)
    left = 10 / log(10) * (log(errors.mean()) - np.log(means).mean())  # the gap of the means
    assert predictions.batch_shift(errors, batch) + predictions.jensen_gap(errors) == (
        pytest.approx(left, rel=0.06)
    )


def test_a_wrong_range_moves_every_psnr_alike():
    assert predictions.range_shift(1) == pytest.approx(-6.0206, abs=1e-4)
    assert predictions.range_shift(255) == pytest.approx(42.1102, abs=1e-4)


def test_rounding_to_8_bits_costs_what_was_predicted():
    values = np.random.default_rng(4).uniform(-1, 1, (1_000, 28, 28, 1))
    (row,) = measured.rounding_rows(values)
    assert row.difference == pytest.approx(0, abs=0.01)
    assert measured.rounding_rows(np.ones((1, 28, 28, 1))) == []  # no pixel is grey


def test_scores_of_drawn_garments_are_as_predicted():
    images = garments(400)
    code = linear.reconstruct(linear.pca(images), images, 32).clip(-1, 1)[..., np.newaxis]
    found = {row.name: row for row in measured.score_rows(code, images, "--weights mine")}
    allowed = {"PSNR per": 0.15, "PSNR with": 1e-6, "PSNR of": 0.05}
    for start, most in allowed.items():
        chosen = [row for name, row in found.items() if name.startswith(start)]
        assert len(chosen) == 1 + (start != "PSNR of")
        assert max(abs(row.difference) for row in chosen) < most, start
    gap, refined = (row for name, row in found.items() if name.startswith("mean PSNR"))
    assert gap.measured > 0.5  # there is something to predict
    assert abs(gap.difference) < 0.2
    assert abs(refined.difference) < 0.5 * abs(gap.difference)
    assert gap.command == "python -m deconv.study.theory --part scores --weights mine"


def test_a_perfect_image_has_no_mean_psnr():
    images = garments(3)
    with pytest.raises(ImageError, match="reconstructed perfectly, so the mean PSNR is infinite"):
        measured.score_rows(images, images)


# --- the command ---


def test_the_table_has_a_cell_for_everything():
    by_chance = measured.Row("start", "a", "b", 0.5, 0.75, 2, error=0.125)
    large = measured.Row("layers", "c", "d", 959_616, 959_616)
    head, *cells = measured.table([by_chance, large], commands=True)
    assert head == ["what", "formula", "predicted", "measured", "difference", "command"]
    assert cells == [
        ["a", "b", "0.50", "0.75 ± 0.12", "0.25", "`python -m deconv.study.theory --part start`"],
        ["c", "d", "959,616", "959,616", "0", "`python -m deconv.study.theory --part layers`"],
    ]
    assert measured.table([large]) == [head[:-1], cells[1][:-1]]


def test_the_command_prints_what_was_asked_for(capsys, few_garments):
    config = TheoryConfig(dataset="synthetic", seeds=2, images=3)
    main(config)
    said = capsys.readouterr().out
    assert "MACs of the decoder" in said
    assert "MSE of 32 principal components" in said
    scores = rows(TheoryConfig(dataset="synthetic", part="scores"))
    assert {row.part for row in scores} == {"scores"}
    assert scores[0].command.endswith("--part scores --dataset synthetic")
    main(TheoryConfig(part="layers", markdown=True))
    assert "| `python -m deconv.study.theory --part layers` |" in capsys.readouterr().out


def test_the_weights_of_a_run_are_scored(tmp_path, few_garments):
    path = tmp_path / "weights.safetensors"
    write_weights(path, initial_weights(0))
    config = TheoryConfig(dataset="synthetic", part="scores", weights=path)
    found = rows(config)
    assert found[0].command.endswith(f"--weights {path} --dataset synthetic")
    assert abs(found[0].predicted - found[0].measured) < 0.1


def test_the_weights_of_another_network_are_refused(tmp_path, few_garments):
    path = tmp_path / "weights.safetensors"
    design = Design(upsampler="subpixel")
    write_weights(path, initial_weights(0, design), design=design)
    with pytest.raises(WeightsError, match="another network"):
        rows(TheoryConfig(dataset="synthetic", part="scores", weights=path))
