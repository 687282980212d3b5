"""The planned contrasts: every verdict, what it rests on, and what is said beforehand."""

import re
from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest

from deconv.study import decisions
from deconv.study.decisions import FAMILY, SEEDS, SHOWN, decide, how_it_decides, table
from deconv.study.statistics import StatisticsError, minimum_detectable

TASK = "super-resolve"


def results(seeds: int = SEEDS, spread: float = 0.05, task: str = TASK, **arms: float) -> dict:
    """Runs of all planned arms: one value a seed that all share, and a spread of their own."""
    rng = np.random.default_rng(7)
    common = rng.normal(25, 1, seeds)
    names = dict.fromkeys(arm for pair in FAMILY for arm in pair)
    return {
        (task, arm): dict(
            enumerate(common + arms.get(arm.replace("-", "_"), 0) + rng.normal(0, spread, seeds))
        )
        for arm in names
    }


def verdicts(made: dict) -> list[str]:
    return [decision.verdict for decision in decide(made)]


def test_every_verdict_there_is():
    found = verdicts(
        results(transposed=-0.5, transposed_bilinear=-0.4, subpixel=0.1, subpixel_icnr=0.13)
    )
    assert found == [
        "different",
        "different, but by less than 0.2 dB",
        "equivalent within ±0.2 dB",
        "equivalent within ±0.2 dB",
        "different, but by less than 0.2 dB",
    ]
    assert set(verdicts(results(spread=1.0))) == {"not decided by these seeds"}


def test_the_sentence_has_measure_seeds_interval_and_correction():
    (made, *_) = decide(results(transposed4=0.5, nearest=0.5))
    assert made.found is not None
    assert made.p == pytest.approx(5 * made.found.p)  # the smallest of five
    (low, high), resampled = made.found.interval, made.found.bootstrap
    assert made.sentence.startswith(f"{TASK}, transposed − transposed4: different; ")
    for words in (
        f"difference of the mean PSNR of the test images: {made.found.mean:.2f} dB",
        f"its own 95 % interval from {low:.2f} dB to {high:.2f} dB (Student's t, 12 paired seeds)",
        f" or {resampled[0]:.2f} dB to {resampled[1]:.2f} dB (bootstrap); ",
        "p < 0.0001 for a difference",
        "p = 1.0000 for equivalence",
        "both after Holm's correction over 5 contrasts.",
    ):
        assert words in made.sentence


def test_what_is_not_decided_says_what_could_have_been_found():
    made = decide(results(seeds=5, spread=1.0))[0]
    assert made.found is not None
    least = minimum_detectable(made.found.spread, 5, 5)
    assert made.sentence.endswith(
        f"; so many pairs find a true difference of {least:.2f} dB in 80 % of cases or more, if "
        "the true spread is the observed one."
    )
    assert "(Student's t, 5 of 12 planned paired seeds)" in made.sentence


def test_only_common_seeds_count_and_the_others_are_named():
    made = results(transposed=-0.5)
    del made[TASK, "transposed4"][3]
    made[TASK, "transposed"][7] = nan
    made[TASK, "transposed4"][8] = nan
    decision = decide(made)[0]
    assert decision.left_out == (3, 7, 8)
    assert decision.seeds == (0, 1, 2, 4, 5, 6, 9, 10, 11)
    assert decision.found is not None
    assert decision.found.n == 9
    assert "9 of 12 planned paired seeds; without seeds 3, 7, 8, which not both have" in (
        decision.sentence
    )


def test_pairs_are_made_by_seed_whatever_the_order():
    made = results(transposed=-0.5)
    turned = {key: dict(reversed(own.items())) for key, own in made.items()}
    assert decide(turned) == decide(made)


def test_a_contrast_without_runs_still_counts_in_the_correction():
    made = results(transposed4=0.5)
    for arm in ("nearest", "subpixel-icnr"):
        del made[TASK, arm]
    found = decide(made)
    assert [decision.found is None for decision in found] == [False, False, True, True, False]
    assert found[2].verdict == "not decided by these seeds"
    assert "too few paired seeds to tell: 0; without seeds 0, 1, 2" in found[2].sentence
    assert found[0].found is not None
    assert found[0].p == pytest.approx(5 * found[0].found.p)


def test_each_task_has_its_own_measure_and_family():
    made = results(transposed=-0.5) | results(task="segment", transposed=-0.05, spread=0.001)
    made |= {("denoise", "transposed"): {0: 1.0}}  # nothing was planned about it
    found = decide(made)
    assert [decision.task for decision in found] == [TASK] * 5 + ["segment"] * 5
    assert found[5].sentence.count("dB") == 0
    assert "intersection over union of the test images: -0.05" in found[5].sentence
    assert found[5].verdict == "different"  # it is within 0.2, which is not the margin here
    assert found[6].verdict == "equivalent within ±0.01"


def test_results_of_no_planned_task_are_refused():
    with pytest.raises(StatisticsError, match=r"none of these results .* super-resolve"):
        decide({("denoise", "transposed"): {0: 1.0}})


def test_the_table_has_a_row_for_every_contrast():
    made = results(transposed=-0.5)
    del made[TASK, "nearest"]
    cells = table(decide(made))
    assert {len(row) for row in cells} == {10}
    assert [row[1] for row in cells[1:]] == [f"{one} − {other}" for one, other in FAMILY]
    assert cells[3][3:9] == ["–"] * 6
    low, high = (end.removesuffix(" dB") for end in cells[1][4].split(" to "))
    assert float(low) < float(cells[1][3].removesuffix(" dB")) < float(high)


def test_the_first_section_says_what_the_code_does():
    said = " ".join(how_it_decides().split())
    for one, other in FAMILY:
        assert f"`{one}` − `{other}`" in said
    for task in decisions.PRIMARY:
        assert f"`{task}`" in said
    least = minimum_detectable(1, SEEDS, len(FAMILY))
    assert f"a true difference of {least:.2f} times the spread" in said
    assert "0.2 dB changes the mean squared error by 4.7 % and" in said
    assert "at least 12 seeds" in said
    assert f"`segment` has only {SHOWN} seeds in the full preset" in said
    assert (
        "the mean training image, and 0.1 dB more; in `segment` background everywhere, and 0.001"
        in said
    )
    assert not re.search(r"\{|\}|nan", said)
    assert not isnan(least)
    assert Path(decisions.__file__).name in said
