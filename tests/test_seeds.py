"""Runs of several seeds: worked statistics, and the same numbers on the pages."""

import re
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from test_compare import RECORD, measured, one_group

from deconv.compare import report, seeds
from deconv.config import ROOT
from deconv.running import console
from deconv.running.record import EpochRow

EQUAL = (ROOT / "docs" / "equal.md").read_text()


def runs(frameworks=("pytorch", "tensorflow"), count=3, **changes):
    """Brighter by another amount for every seed and framework."""
    return [
        measured(
            f"{name} {seed}", 0.02 * (1 + seed) * (1 + 0.1 * number), framework=name, seed=seed,
            **changes,
        )
        for number, name in enumerate(frameworks)
        for seed in range(count)
    ]  # fmt: skip


def test_paired_statistics_by_hand():
    """Differences 1, 2, 3, 4, 5, 9: mean 4, sum of squares about it 40, so variance 8."""
    one, other = [11, 14, 15, 18, 21, 23], [10, 12, 12, 14, 16, 14]
    found = seeds.paired(one, other)
    assert found.mean == 4
    assert found.spread == pytest.approx(sqrt(8))
    assert found.unpaired == pytest.approx(sqrt(102 / 5 + 22 / 5))  # the two variances
    assert found.margin == pytest.approx(2.5706 * sqrt(8 / 6), rel=1e-4)
    # Var(x - y) = Var(x) + Var(y) - 2·r·sd(x)·sd(y)
    assert found.spread**2 == pytest.approx(
        found.unpaired**2 - 2 * found.correlation * np.std(one, ddof=1) * np.std(other, ddof=1)
    )


def test_the_power_is_that_of_simulated_experiments():
    """A true difference of the size called detectable is found in four of five of them."""
    once = seeds.paired([1, 2, 3, 4, 5, 9], [0] * 6)
    size = once.detectable / once.spread  # in standard deviations
    drawn = np.random.default_rng(0).normal(size, 1, (4000, 6)).tolist()
    results = [seeds.paired(differences, [0] * 6) for differences in drawn]
    found = np.mean([abs(result.mean) > result.margin for result in results])
    assert found == pytest.approx(0.8, abs=0.02)


def test_equal_runs_differ_by_nothing_and_have_no_correlation():
    found = seeds.paired([50, 50, 50], [50, 50, 50])
    assert (found.mean, found.spread, found.margin, found.detectable) == (0, 0, 0, 0)
    assert np.isnan(found.correlation)


def test_the_table_has_every_measure_of_every_framework_and_their_differences():
    group = one_group(*runs())
    ((title, cells, said),) = report.over_seeds(group)
    assert title == "Seed by seed"
    assert cells[0] == ["", "seed 0", "seed 1", "seed 2", "mean", "spread"]
    assert [row[0] for row in cells[1:4]] == [
        "test PSNR (dB), PyTorch",
        "test PSNR (dB), TensorFlow",
        "test PSNR (dB), PyTorch − TensorFlow",
    ]
    assert len(cells) == 1 + 3 * len(seeds.MEASURES)
    numbers = np.array([row[1:] for row in cells[1:4]], float)
    assert numbers[0, :3] == pytest.approx([40, 33.98, 30.46], abs=0.01)  # 20·log10(2 / error)
    assert numbers[2] == pytest.approx([0.83, 0.83, 0.83, 0.83, 0], abs=0.01)
    assert "is 0.83 dB, with a 95 % confidence interval from 0.83 to 0.83 dB" in said[0]
    for text in (report.screen([group]), report.markdown([group])):
        assert all(line in text for line in said)
        assert all(cell in text for row in cells for cell in row)


@pytest.mark.parametrize(
    "few",
    [
        runs(count=2),
        [*runs(), *runs(("numpy",), count=2)],  # the seeds that all have
        [*runs(), *runs(("pytorch",), count=1)],  # a seed twice: which one counts?
    ],
)
def test_nothing_is_said_about_too_few_seeds(few):
    assert report.over_seeds(one_group(*few)) == []


def test_runs_with_other_settings_are_never_mixed():
    group = one_group(*runs(), *runs(learning_rate=0.003))
    titles = [title for title, *_ in report.over_seeds(group)]
    assert titles == ["Seed by seed, learning rate 0.01", "Seed by seed, learning rate 0.003"]


def test_one_framework_alone_has_means_but_no_differences():
    ((_, cells, said),) = report.over_seeds(one_group(*runs(("pytorch",))))
    assert len(cells) == 1 + len(seeds.MEASURES)
    assert said == []


def test_the_validation_psnr_is_that_of_the_weights_that_were_kept():
    (run, *_) = runs()
    later = EpochRow(
        3, 0.01, 0.002, 0, 6.2, "synthetic", validation_psnr=99.0, validation_ssim=0.9
    )  # not the lowest loss
    assert replace(run, history=[*run.history, later]).validation_psnr == 36.0


def test_a_training_ends_by_saying_what_its_psnr_is_the_mean_of(capsys):
    console.result(RECORD, ROOT / "run")
    said = capsys.readouterr().out
    assert "MSE 0.000400  PSNR 40.00 dB" in said
    assert "the mean of each image's own" in said


@pytest.mark.parametrize(("page", "column"), [("README.md", 0), ("docs/equal.md", 1)])
def test_the_pages_say_what_their_tables_give(page, column):
    """Means and spreads in each table of seeds; what follows from both, in docs/equal.md."""
    text, rows = (ROOT / page).read_text(), {}
    for name in ("PyTorch", "TensorFlow", "difference"):
        (line,) = re.findall(rf"^\| {name} \|(?: −?\d\d?\.\d\d dB \|){{8}}$", text, re.M)
        rows[name] = numbers(line)
    one, other = rows["PyTorch"][:6], rows["TensorFlow"][:6]
    for name, values in (("PyTorch", one), ("TensorFlow", other)):
        assert rows[name][6:] == pytest.approx([np.mean(values), np.std(values, ddof=1)], abs=0.01)
    found = seeds.paired(one, other)
    assert rows["difference"][:6] == pytest.approx(np.subtract(one, other), abs=0.011)
    assert rows["difference"][6:] == pytest.approx([found.mean, found.spread], abs=0.011)
    said = {
        "mean difference": [found.mean],
        "its 95 % confidence interval": [found.mean - found.margin, found.mean + found.margin],
        "spread of the differences": [found.spread],
        "spread if the two runs of a seed had nothing in common": [found.unpaired],
        "correlation of the two frameworks": [found.correlation],
        "true difference that six seeds find in four cases of five": [found.detectable],
    }
    for name, expected in said.items():
        (cells,) = re.findall(rf"^\| {name} \|(.*)\|(.*)\|$", EQUAL, re.M)
        assert numbers(cells[column]) == pytest.approx(expected, abs=0.011), name


def numbers(text):
    """Return the numbers with two decimal places of a text."""
    return [float(n.replace("−", "-")) for n in re.findall(r"−?\d+\.\d\d", text)]
