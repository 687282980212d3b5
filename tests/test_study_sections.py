"""Each section of the report says what its rows say: one rule, one test."""

import re

import numpy as np
import pytest
from study_rows import TASK, as_study, main

from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.metrics import to_unit_range
from deconv.study import figures, linear
from deconv.study.decisions import SEEDS
from deconv.study.jobs import Job
from deconv.study.plan import TUNING_SEED
from deconv.study.results import Row, failure
from deconv.study.sections import codes, limits, others, tuning
from deconv.study.sections.arms import control
from deconv.study.sections.base import measured, plural, plus_minus, seed_counts
from deconv.study.sections.replication import replication
from deconv.study.statistics import contrast


@pytest.fixture(scope="module")
def splits(few_garments):
    return load_splits(RunConfig(dataset="synthetic"))


def test_the_control_says_its_differences_and_what_the_tests_find():
    rows = main("transposed", [30.0, 31.0, 32.0]) + main("fractional", [30.001, 30.98])
    (line,) = control(as_study(rows))[2].splitlines()
    assert line.endswith("largest 0.020 dB (0.001, -0.020)")  # two pairs are too few for a test
    for spread, verdict in ((0.01, "; equivalent"), (1.0, "; not shown to be equivalent")):
        noise = np.random.default_rng(0).normal(0, spread, SEEDS)
        rows = main("transposed", [30.0] * SEEDS) + main("fractional", list(30 + noise))
        (line,) = control(as_study(rows))[2].splitlines()
        found = contrast(noise, np.zeros(SEEDS), 0.2)
        low, high = found.interval
        assert f"mean {found.mean:z.3f} dB, 95 % interval from {low:z.3f} to {high:z.3f} dB" in line
        assert f"{verdict} within ±0.2 dB (p " in line


def test_a_chart_ends_before_what_is_far_off():
    """One run that learned nothing must not squeeze all others into a line."""
    near = {arm: [25.0, 25.5, 24.5] for arm in ("transposed", "nearest")}
    (chart,) = figures.dots({TASK: near}).axes
    assert chart.get_xlabel() == "test PSNR (dB)"
    (chart,) = figures.dots({TASK: near | {"subpixel": [25.0, 9.0]}}).axes
    assert chart.get_xlim()[0] > 24
    assert chart.get_xlabel() == "test PSNR (dB); beyond: 1 of 8 seeds"

    rows = main("transposed", [30 + 0.1 * n for n in range(SEEDS)])
    for ahead, start, says in ((1.0, -0.9, []), (9.0, -2.0, ["mean -8.55 dB"])):
        other = main("transposed4", [30 + ahead + 0.1 * (n % 3) for n in range(SEEDS)])
        (chart,) = figures.contrasts(as_study(rows + other).decisions).axes
        assert chart.get_xlim()[0] == pytest.approx(start, abs=0.15)
        assert [text.get_text() for text in chart.texts] == says


@pytest.mark.parametrize(
    ("other", "compatible", "same"), [(29.9, "yes", "yes"), (30.05, "yes", "no"), (29, "no", "yes")]
)
def test_tensorflow_agrees_or_not(splits, other, compatible, same):
    noise = np.random.default_rng(1).normal(0, 0.2, SEEDS)
    rows = main("transposed", list(30.1 + noise - noise.mean()))
    rows += main("transposed4", [30] * SEEDS)
    rows += main("transposed", [30.0, 30.1, 29.9], "tensorflow")
    section = replication(as_study(rows + main("transposed4", [other] * 3, "tensorflow"), splits))
    assert section
    count = int(compatible == "yes")
    assert section.parts[0].startswith(f"{count} of 1 planned contrasts are compatible: ")
    assert section.parts[1].endswith(f"| {compatible} | {same} |")


def test_learning_rates_at_an_end_are_named():
    jobs = [
        Job("pytorch", "tune", task=TASK, upsampler=arm, learning_rate=rate, seed=TUNING_SEED)
        for arm in ("nearest", "bilinear")
        for rate in (0.01, 0.03, 0.1)
    ]
    rows = [
        Row(job, {"validation_psnr": 20 + job.learning_rate * (job.upsampler == "nearest")})
        if (job.upsampler, job.learning_rate) != ("bilinear", 0.01)
        else failure(job, "the loss is no longer a finite number")
        for job in jobs
    ]
    section = tuning.learning_rates(as_study(rows))
    assert section
    assert "| `nearest` | – | – | 20.01 | 20.03 | **20.10** |" in section.parts[1]
    assert "| `bilinear` | – | – | diverged | **20.00** | 20.00 |" in section.parts[1]
    assert section.parts[2].startswith("1 of 2 are at an end")
    assert section.parts[2].endswith(": `nearest` (super-resolve, 0.1).")


def test_a_linear_autoencoder_is_held_against_the_best_one(splits):
    job = Job("pytorch", "linear", architecture="linear", latent=8, dataset="synthetic")
    least = linear.predicted_mse(linear.pca(to_unit_range(splits.train)), 8)
    for error, said in ((1.019, r"is 1\.90 % above .*: within 2 %"), (1.03, ": not within 2 %")):
        made = as_study([Row(job, {"train_mse": error * least})], splits)
        assert re.search(said, codes.linear_autoencoder(made)[1])


def test_the_warning_about_skips_has_numbers():
    blind = {"skip": [20.0, 22.0], "baseline": [5.0]}
    skip, baseline = (
        [
            Row(
                Job("pytorch", "architecture", architecture=name, seed=seed),
                {"psnr_without_latent": value},
            )
            for seed, value in enumerate(values)
        ]
        for name, values in blind.items()
    )
    warning = others.skip_warning(skip, baseline)
    assert "6,272 numbers" in warning
    assert "21.00 ± 1.41 dB with `skip` (2 seeds), and 5.00 dB with `baseline` (1 seed)" in warning


def test_what_computed_the_runs_is_counted():
    rows = [
        Row(Job("pytorch", "main", seed=seed), {"psnr": 1.0}, machine=name)
        for seed, name in enumerate(["A", "B", "A"])
    ]
    assert limits.machines(as_study(rows)) == ["2 runs with A.", "1 run with B."]


def test_the_time_of_all_runs_is_added_up():
    rows = [
        Row(Job(framework, "main", seed=seed), {"train_seconds": 60.0}, seconds=180.0)
        for framework, seed in (("pytorch", 0), ("pytorch", 1), ("tensorflow", 0))
    ]
    (said,) = limits.times(as_study(rows))
    assert "PyTorch 6 minutes, 2 of them training; TensorFlow 3 minutes, 1 of" in said


def test_trainings_that_ran_twice_are_held_against_each_other():
    jobs = [Job("pytorch", purpose, seed=seed) for seed in (0, 1) for purpose in ("loss", "latent")]
    rows = [
        Row(job, {"psnr": psnr}) for job, psnr in zip(jobs, (20.0, 20.0, 21.0, 22.0), strict=True)
    ]
    assert not limits.repeated(as_study(rows[::2]))
    (said,) = limits.repeated(as_study(rows))
    assert said.startswith("2 trainings ran for two sections or more, each time anew: 1 of them")


def test_numbers_are_written_with_their_spread():
    assert plus_minus([], 2) == "–"
    assert plus_minus([1.0], 2) == "1.00"
    assert plus_minus([1.0, 2.0], 1) == "1.5 ± 0.7"
    assert (plural(1, "run"), plural(0, "run")) == ("1 run", "0 runs")
    assert (seed_counts([1, 1]), seed_counts([12, 3])) == ("1 seed", "3 to 12 seeds")
    rows = [*main("nearest", [1.0, 2.0]), Row(Job("pytorch", "main"), {"ssim": 0.5})]
    assert measured(rows, "psnr", 1) == "1.5 ± 0.7 (2 of 3)"
    assert measured(rows, "ssim", 1) == "0.5 (1 of 3)"
    assert measured(rows, "mse", 1) == "–"
