"""What the report says of each planned contrast, and when it calls neither arm better."""

import re
from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
from study_rows import TASK, as_study, main

from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.metrics import to_unit_range
from deconv.study.decisions import FAMILY, SEEDS
from deconv.study.jobs import Job
from deconv.study.results import DIVERGED, Row, failure
from deconv.study.sections import answers, arms, artefacts, codes, others, replication
from deconv.study.sections.base import Study


@pytest.fixture(scope="module")
def splits(few_garments):
    return load_splits(RunConfig(dataset="synthetic"))


@pytest.fixture(scope="module")
def mean_image(splits) -> float:
    """PSNR of the mean training image in place of each test image, one image at a time."""
    mean = to_unit_range(splits.train).astype(float).mean(0)
    errors = [np.square(image - mean).mean() for image in to_unit_range(splits.test)]
    return fmean(10 * np.log10(4 / error) for error in errors)


def diverge(rows: list[Row], *seeds: int) -> list[Row]:
    """Return the rows, with those of some seeds diverged."""
    lost = failure(rows[0].job, f"the loss {DIVERGED}").error
    return [Row(row.job, error=lost) if row.job.seed in seeds else row for row in rows]


def first(study: Study) -> tuple[str, str]:
    """Return the answer to the first planned contrast of a task, in a few words and in full."""
    made = study.decided[0]
    return answers.short(study, made), answers.answer(study, made)


@pytest.mark.parametrize(
    ("gap", "spread", "short", "said"),
    [
        (-1.0, 0.05, r"\*\*`transposed4`\*\*, by 1\.0\d dB \(0\.9\d to 1", "A gain in PSNR. super"),
        (1.0, 0.05, r"\*\*`transposed`\*\*, by \d", "The other way round, in PSNR. super"),
        (-0.1, 0.02, "`transposed4`, by too little to matter: 0.1", "A gain in PSNR too small to"),
        (0.0, 0.05, r"either: within ±0\.2 dB \(-0\.\d\d to 0\.\d\d\)", "No gain in PSNR. super"),
        (0.2, 1.0, r"not decided \(-0\.\d\d to ", "super-resolve, transposed − transposed4: not"),
    ],
)
def test_every_answer_there_is(splits, gap, spread, short, said):
    noise = np.random.default_rng(0).standard_normal((2, SEEDS)) * spread
    noise -= noise.mean(1, keepdims=True)
    rows = main("transposed", list(30 + gap + noise[0]))
    rows += main("transposed4", list(30 + noise[1]), macs=2)
    words, answer = first(as_study(rows, splits))
    assert re.match(short, words)
    assert answer.startswith(said)
    assert f"{SEEDS} paired seeds" in answer
    assert f"Holm's correction over {len(FAMILY)} contrasts" in answer
    assert "`transposed4` costs 2.00 times the multiplications and 1.00 times" in answer


def test_every_planned_contrast_is_a_question():
    assert tuple(answers.QUESTIONS) == FAMILY
    for question in answers.QUESTIONS.values():
        assert question.checkerboards == ("checkerboards" in question.advice)


def test_a_seed_that_diverged_has_been_run_and_one_that_failed_has_not():
    rows = main("transposed", [30.0 + n for n in range(SEEDS)])
    rows += main("transposed4", [31.0 + n**0.5 for n in range(SEEDS)])
    (made,) = as_study(diverge(rows, SEEDS - 1)).decided
    assert made.left_out == (SEEDS - 1,)
    for error in ("the disk is full", ""):  # or it has not begun
        end = [failure(rows[-1].job, error)] * bool(error)
        assert not as_study([*rows[:-1], *end]).decided


def test_nobody_wins_where_pairs_diverged(splits):
    rows = diverge(main("transposed", [30.0 + 0.01 * n for n in range(SEEDS)]), 2, 5, 7)
    rows += main("transposed4", [31.0] * SEEDS)
    study = as_study(rows, splits)
    short, answer = first(study)
    assert short.startswith("`transposed` − `transposed4`: -0.9")
    assert short.endswith(" (9 of 12 pairs: 3 diverged)")
    assert answer.startswith("Neither arm is called better (9 of 12 pairs: 3 diverged). The tests")
    assert "without seeds 2, 5, 7, which not both have" in answer
    assert "A gain" not in answer
    assert "**" not in short
    section = answers.contrasts(study)
    assert section
    assert "| different (9 of 12 pairs: 3 diverged) |" in section.parts[1]
    none = as_study(diverge(rows, *range(SEEDS)), splits)
    assert first(none)[0] == "– (0 of 12 pairs: 24 diverged)"


def test_nobody_wins_where_a_run_learned_nothing(splits, mean_image):
    good = [30.0 + 0.01 * n for n in range(SEEDS - 2)]
    rows = main("transposed", [mean_image] * 2 + good) + main("transposed4", [30.0] * SEEDS)
    short, answer = first(as_study(rows, splits))
    assert short.endswith(" (2 runs learned nothing)")
    assert answer.startswith("Neither arm is called better (2 runs learned nothing). The tests")
    assert "expect a normal distribution, which this is not" in answer
    both = diverge(rows, 5)
    assert first(as_study(both, splits))[0].endswith(
        " (11 of 12 pairs: 2 diverged; 2 runs learned nothing)"
    )


def test_an_answer_says_rates_cost_and_replicas(splits):
    def arm(name, rate, replica):
        rows = main(name, [30.0 + 0.01 * n for n in range(SEEDS)], macs=100.4)
        found = {"replica_2": replica, "replica_4": replica + 1}
        return [
            Row(replace(row.job, learning_rate=rate), {**row.measures, **found}) for row in rows
        ]

    rows = arm("transposed", 0.01, 3.0) + arm("transposed4", 0.1, 1.5)
    _, answer = first(as_study(rows, splits))
    assert "Learning rates: `transposed` 0.01; `transposed4` 0.1. " in answer  # nothing was tuned
    tune = Row(Job("pytorch", "tune", seed=1000), {"validation_psnr": 20.0})
    _, answer = first(as_study([*rows, tune], splits))
    assert "`transposed` 0.01; `transposed4` 0.1, at the end of what was tried. " in answer
    same = "Both do the same number of multiplications and have as many parameters (within 1 %). "
    assert f"{same}Replicas, " in answer
    assert "mean): `transposed` 3.00 and 4.00; `transposed4` 1.50 and 2.50. This was not" in answer
    other = arm("transposed6", 0.01, 3.0) + arm("subpixel", 0.01, 1.5)
    made = as_study(other, splits)
    (decided,) = made.decided
    assert "Replicas" not in answers.answer(made, decided)  # that advice is about something else


def test_an_answer_says_what_the_arms_have_that_tell_why(splits):
    rows = main("transposed", [30.0] * SEEDS) + main("transposed4", [30.5] * SEEDS)
    assert "Beside it" not in first(as_study(rows, splits))[1]
    _, answer = first(as_study(rows + main("transposed6", [31.0, 32.0]), splits))
    assert (
        "Beside it, PSNR: `transposed` 30.00 ± 0.00 (12 seeds), `transposed4` 30.50 ± 0.00 "
        "(12 seeds), `transposed6` 31.50 ± 0.71 (2 seeds). These were not tested."
    ) in answer


def test_the_measure_stands_above_the_table(splits):
    rows = main("transposed", [30.0 + n for n in range(SEEDS)])
    rows += main("transposed4", [31.0 + n**0.5 for n in range(SEEDS)])
    text = answers.what_to_use(as_study(rows, splits)).parts[0]
    assert text.endswith("Primary measure: `super-resolve`, mean PSNR of the test images.")


# --- runs that learned nothing ---------------------------------------------------------


def test_who_is_no_better_than_the_mean_image_has_learned_nothing(splits, mean_image):
    study = as_study([], splits)
    rows = main("nearest", [mean_image - 1, mean_image + 0.09, mean_image + 0.11])
    assert study.learned_nothing(rows) == rows[:2]
    background = (splits.test == 0).mean() / 11  # of eleven classes, one is told
    segment = [
        Row(Job("pytorch", "segment", task="segment", seed=seed), {"miou": background + more})
        for seed, more in enumerate((0, 0.0009, 0.0011))
    ]
    assert study.learned_nothing(segment) == segment[:2]
    tune = Row(Job("pytorch", "tune"), {"validation_psnr": 1.0})
    assert not study.learned_nothing([tune])  # which has no score


def test_runs_that_learned_nothing_are_in_one_list(splits, mean_image):
    rows = main("nearest", [mean_image, 30.0, mean_image]) + main("transposed", [30.0] * 3)
    assert not arms.blind(as_study(rows[3:], splits))
    rows += main("nearest", [mean_image], "tensorflow")
    rows += [
        Row(Job("pytorch", "latent", latent=8), {"psnr": 5.0}),
        Row(Job("pytorch", "loss", loss="ssim", latent=32), {"psnr": 5.0}),
        Row(Job("pytorch", "architecture", architecture="residual"), {"psnr": 5.0}),
        Row(Job("pytorch", "segment", task="segment"), {"miou": 0.0}),
    ]
    title, words, named = arms.blind(as_study(rows, splits))
    assert title == "### Runs that learned nothing"
    assert f"every test image has {mean_image:.2f} dB" in words
    assert named.splitlines() == [
        "- main: PyTorch, super-resolve, nearest, rate 0.01: 2 of 3 seeds (0, 2)",
        "- main: TensorFlow, super-resolve, nearest, rate 0.01: 1 of 1 seed (0)",
        "- latent: PyTorch, reconstruct, latent 8, transposed, rate 0.01: 1 of 1 seed (0)",
        "- loss: PyTorch, reconstruct, latent 32, transposed, ssim, rate 0.01: 1 of 1 seed (0)",
        "- architecture: PyTorch, reconstruct, transposed, residual, rate 0.01: 1 of 1 seed (0)",
        "- segment: PyTorch, segment, transposed, rate 0.01: 1 of 1 seed (0)",
    ]


def test_a_table_says_which_runs_learned_nothing_or_diverged(splits, mean_image):
    rows = main("transposed", [30.0, mean_image]) + diverge(main("nearest", [30.0] * 3), 0, 1, 2)
    head, *references, one, other = arms.table(as_study(rows, splits), TASK)
    assert [row[0] for row in references] == ["bicubic resizing", "best linear map"]
    assert head[1:3] == ["seeds", "diverged"]
    assert one[:3] == ["`transposed`", "2 (1 run learned nothing)", "0"]
    assert other == ["`nearest`", "0", "3", *["–"] * 7]
    segment = Row(Job("pytorch", "segment", task="segment"), {"miou": 0.0})
    assert (
        "| 1 (1 run learned nothing) | 0.0000 |"
        in others.segmentation(as_study([segment], splits))[-1]
    )


def test_every_table_says_which_runs_learned_nothing(splits, mean_image):
    rows = main("nearest", [30.0, mean_image])
    study = as_study([*rows, *main("nearest", [mean_image], "tensorflow")], splits)
    said = "2 (1 run learned nothing)"
    assert artefacts.table(study, TASK, {})[1][1] == said
    assert codes.table(study, {8: rows}, {})[1][1] == said
    assert f"| `x` | {said} |" in others.quality(study, {"x": rows})
    assert replication.arm_gaps(study, TASK)[0][2] == "1 (2 runs learned nothing)"
    pairs = [
        row
        for framework in ("pytorch", "tensorflow")
        for arm, values in (("transposed", [mean_image] * 3), ("transposed4", [30.0, 31.0, 30.0]))
        for row in main(arm, values, framework)
    ]
    study = as_study(pairs, splits)
    (cells,) = replication.contrast(study, study.decisions[0])
    assert cells[1] == "transposed − transposed4 (6 runs learned nothing)"
