"""Each section of the report says what its rows say: one rule, one test."""

import re
from dataclasses import replace

import numpy as np
import pytest
from study_rows import TASK, as_study, main

from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.metrics import psnr, to_unit_range
from deconv.study import linear
from deconv.study.decisions import FAMILY, SEEDS
from deconv.study.jobs import Job
from deconv.study.plan import TUNING_SEEDS
from deconv.study.results import Row, failure
from deconv.study.sections import answers, codes, limits, others, tuning
from deconv.study.sections.arms import black, control
from deconv.study.sections.base import counts, measured, plus_minus
from deconv.study.sections.replication import replication


@pytest.fixture(scope="module")
def splits(few_garments):
    return load_splits(RunConfig(dataset="synthetic"))


@pytest.mark.parametrize(
    ("gap", "spread", "short", "said"),
    [
        (-1.0, 0.05, r"\*\*`transposed4`\*\*, by 1\.0\d dB \(0\.9\d to 1\.0\d\)", "A gain. super"),
        (1.0, 0.05, r"\*\*`transposed`\*\*, by \d", "The other way round. super"),
        (-0.1, 0.02, "`transposed4`, by too little to matter: 0.1", "A gain too small to matter. "),
        (0.0, 0.05, r"either: within ±0\.2 dB \(-0\.\d\d to 0\.\d\d\)", "No gain. super"),
        (0.2, 1.0, r"not decided \(-0\.\d\d to ", "super-resolve, transposed − transposed4: not"),
    ],
)
def test_every_answer_there_is(splits, gap, spread, short, said):
    noise = np.random.default_rng(0).standard_normal((2, SEEDS)) * spread
    noise -= noise.mean(1, keepdims=True)
    rows = main("transposed", list(30 + gap + noise[0]))
    rows += main("transposed4", list(30 + noise[1]), macs=2)
    made = as_study(rows, splits)
    decision = made.decided[0]
    assert re.match(short, answers.short(decision))
    answer = answers.answer(made, decision)
    assert answer.startswith(said)
    assert f"{SEEDS} paired seeds" in answer
    assert f"Holm's correction over {len(FAMILY)} contrasts" in answer
    assert "`transposed4` costs 2.00 times the multiplications and 1.00 times" in answer


def test_every_planned_contrast_is_a_question():
    assert tuple(answers.QUESTIONS) == FAMILY


def test_a_seed_that_diverged_has_been_run():
    rows = main("transposed", [30.0 + n for n in range(SEEDS)])
    rows += main("transposed4", [31.0 + n**0.5 for n in range(SEEDS - 1)])
    assert not as_study(rows).decided
    last = replace(rows[-1].job, seed=SEEDS - 1)
    (made,) = as_study([*rows, failure(last, "the loss is no longer a finite number")]).decided
    assert made.left_out == (SEEDS - 1,)


def test_the_control_says_its_largest_difference():
    rows = main("transposed", [30.0, 31.0, 32.0]) + main("fractional", [30.001, 30.98])
    assert "largest 0.020 dB (0.001, -0.020)" in "\n".join(control(as_study(rows)))


def test_runs_that_learned_nothing_are_named(splits):
    test = to_unit_range(splits.test)
    nothing = float(psnr(np.full_like(test, -1), test).mean())
    rows = main("nearest", [nothing, 30.0, nothing + 0.001]) + main("transposed", [30.0] * 3)
    said = black(as_study(rows, splits))
    assert f"black pictures, which have {nothing:.2f} dB" in said[0]
    assert said[1] == "- `super-resolve`, `nearest`: 2 of 3 seeds (0, 2)"
    assert not black(as_study(rows[1:2], splits))
    few = main("transposed", [nothing] * 2 + [30.0] * (SEEDS - 2)) + main(
        "transposed4", [30.0] * SEEDS
    )
    made = as_study(few, splits)
    assert "2 runs of `transposed` have learned nothing" in answers.answer(made, made.decided[0])


def test_tensorflow_agrees_or_not():
    rng = np.random.default_rng(1)
    rows = main("transposed", list(30 + rng.normal(0, 0.1, SEEDS))) + main(
        "transposed4", [30] * SEEDS
    )
    rows += main("transposed", [30.0, 30.1, 29.9], "tensorflow")
    for other, verdict in (([30.0, 30.0, 30.0], "yes"), ([29.0, 29.0, 29.0], "no")):
        section = replication(as_study(rows + main("transposed4", other, "tensorflow")))
        assert section
        assert section.parts[0].startswith(f"{int(verdict == 'yes')} of 1 planned contrasts agree")
        assert section.parts[1].endswith(f"| {verdict} |")


def test_learning_rates_at_an_end_are_named():
    jobs = [
        Job("pytorch", "tune", task=TASK, upsampler=arm, learning_rate=rate, seed=seed)
        for arm in ("nearest", "subpixel")
        for rate in (0.003, 0.01, 0.03)
        for seed in TUNING_SEEDS
    ]
    rows = [
        Row(job, {"validation_psnr": 20 + job.learning_rate * (job.upsampler == "nearest")})
        if (job.upsampler, job.learning_rate) != ("subpixel", 0.003)
        else failure(job, "the loss is no longer a finite number")
        for job in jobs
    ]
    section = tuning.learning_rates(as_study(rows))
    assert section
    assert "| super-resolve | `nearest` | 20.00 | 20.01 | **20.03** |" in section.parts[1]
    assert "| super-resolve | `subpixel` | diverged | **20.00** | 20.00 |" in section.parts[1]
    assert section.parts[2].startswith("1 of 2 are at an end")
    assert section.parts[2].endswith(": `nearest` (super-resolve).")


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
    assert "21.00 ± 1.41 dB with `skip` (2 seeds), and 5.00 dB with `baseline` (1 seeds)" in warning


def test_what_computed_the_runs_is_counted():
    rows = [
        Row(Job("pytorch", "main", seed=seed), {"psnr": 1.0}, machine=name)
        for seed, name in enumerate(["A", "B", "A"])
    ]
    assert limits.machines(as_study(rows)) == ["2 runs with A.", "1 runs with B."]


def test_the_time_of_all_runs_is_added_up():
    rows = [
        Row(Job(framework, "main", seed=seed), {"train_seconds": 60.0}, seconds=180.0)
        for framework, seed in (("pytorch", 0), ("pytorch", 1), ("tensorflow", 0))
    ]
    (said,) = limits.times(as_study(rows))
    assert "PyTorch 6 minutes, 2 of them training; TensorFlow 3 minutes, 1 of" in said


def test_numbers_are_written_with_their_spread():
    assert plus_minus([], 2) == "–"
    assert plus_minus([1.0], 2) == "1.00"
    assert plus_minus([1.0, 2.0], 1) == "1.5 ± 0.7"
    assert (counts([3, 3]), counts([12, 3])) == ("3", "3 to 12")
    rows = [*main("nearest", [1.0, 2.0]), Row(Job("pytorch", "main"), {"ssim": 0.5})]
    assert measured(rows, "psnr", 1) == "1.5 ± 0.7 (2 of 3)"
    assert measured(rows, "ssim", 1) == "0.5 (1 of 3)"
    assert measured(rows, "mse", 1) == "–"
