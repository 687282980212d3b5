"""The statistics of the study: worked numbers, simulated experiments, and what is refused."""

from math import inf, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from deconv.compare.seeds import paired
from deconv.study import statistics
from deconv.study.decisions import FAMILY, SEEDS
from deconv.study.statistics import (
    ALPHA,
    StatisticsError,
    contrast,
    holm,
    minimum_detectable,
    replication_interval,
    widest_equivalent,
)

ZERO = [0.0] * 6
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


# --- one contrast ---


def test_a_contrast_by_hand():
    """Differences 1, 2, 3, 4, 5, 9: mean 4, variance 8, so t = 4 / √(8/6) = 2·√3."""
    found = contrast([11, 14, 15, 18, 21, 23], [10, 12, 12, 14, 16, 14], margin=2)
    assert (found.n, found.mean, found.margin) == (6, 4, 2)
    assert found.spread == pytest.approx(sqrt(8))
    assert found.effect == pytest.approx(sqrt(2))
    assert found.interval == pytest.approx((4 - 2.968, 4 + 2.968), abs=1e-3)  # 2.5706·√(8/6)
    assert found.p == pytest.approx(2 * stats.t.sf(2 * sqrt(3), 5))
    assert found.p_equivalence == pytest.approx(stats.t.cdf(2 / sqrt(8 / 6), 5))  # 4 is not < 2


@pytest.mark.parametrize("shift", [-0.3, -0.1, 0.0, 0.15, 0.4])
def test_the_p_values_are_those_of_scipys_tests(shift):
    a, b = np.random.default_rng(8).normal(30, 0.3, (2, 12))
    differences = a + shift - b
    found = contrast(a + shift, b)
    assert found.p == pytest.approx(stats.ttest_rel(a + shift, b).pvalue)
    above = stats.ttest_1samp(differences, -0.2, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, 0.2, alternative="less").pvalue
    assert found.p_equivalence == pytest.approx(max(above, below))


def test_the_other_order_is_the_mirror_image():
    rng = np.random.default_rng(1)
    a, b = rng.normal(30, 1, (2, 12))
    one, other = contrast(a, b), contrast(b, a)
    assert other.mean == -one.mean
    assert other.interval == pytest.approx((-one.interval[1], -one.interval[0]))
    assert (other.p, other.p_equivalence) == pytest.approx((one.p, one.p_equivalence))


def test_equivalence_is_the_90_percent_interval_inside_the_margin():
    """Schuirmann (1987): so the p-value is 5 % where the interval touches the margin."""
    differences = np.array([0.02, -0.05, 0.11, 0.04, -0.01, 0.07])
    half = stats.t.ppf(0.95, 5) * differences.std(ddof=1) / sqrt(6)
    touching = abs(differences.mean()) + half
    assert contrast(differences, ZERO, margin=touching).p_equivalence == pytest.approx(0.05)
    assert contrast(differences, ZERO, margin=touching * 1.01).p_equivalence < 0.05


def test_the_bootstrap_is_the_same_every_time_and_leans_with_the_values():
    skewed = [0.0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.4, 2.5]
    found = contrast(skewed, [0.0] * 8)
    assert found.bootstrap == contrast(skewed, [0.0] * 8).bootstrap
    low, high = found.mean - found.bootstrap[0], found.bootstrap[1] - found.mean
    assert high > 1.5 * low  # the t interval is symmetric
    assert found.interval[1] - found.mean == pytest.approx(found.mean - found.interval[0])


def test_equal_runs_are_equivalent_and_not_different():
    found = contrast([50.1, 49.7, 50.3], [50.1, 49.7, 50.3])
    assert (found.mean, found.spread, found.effect) == (0, 0, 0)
    assert found.interval == found.bootstrap == (0, 0)
    assert (found.p, found.p_equivalence) == (1, 0)


@pytest.mark.parametrize(("shift", "p_equivalence"), [(0.1, 0), (0.2, 1), (-0.5, 1)])
def test_the_same_difference_for_all_seeds_leaves_no_doubt(shift, p_equivalence):
    """5.1 + 0.1 − 5.1 and 49.7 + 0.1 − 49.7 differ by rounding: that is no spread."""
    b = [5.1, 49.7, 170.3]
    found = contrast([value + shift for value in b], b)
    assert found.spread == 0
    assert found.interval == found.bootstrap == (shift, shift)
    assert (found.p, found.p_equivalence) == (0, p_equivalence)
    assert found.effect == (inf if shift > 0 else -inf)


@pytest.mark.parametrize(
    ("a", "b", "margin", "words"),
    [
        ([1, 2], [1, 2], 0.2, "at least 3 pairs, but there are 2; train more seeds"),
        ([1, 2, 3], [1, 2], 0.2, r"the shapes \(3,\) and \(2,\)"),
        ([[1, 2, 3]], [[1, 2, 3]], 0.2, "one value of each arm for every seed"),
        ([1, 2, nan], [1, 2, 3], 0.2, "leave out the seeds whose training has failed"),
        ([1, 2, 3], [1, 2, inf], 0.2, "leave out the seeds whose training has failed"),
        ([1, 2, 3], [1, 2, 4], 0.0, "must be above 0, but is 0.0"),
        ([1, 2, 3], [1, 2, 4], nan, "must be above 0, but is nan"),
    ],
)
def test_what_says_nothing_is_refused(a, b, margin, words):
    with pytest.raises(StatisticsError, match=words):
        contrast(a, b, margin)


# --- simulated experiments: are the promises kept? ---


@pytest.fixture
def few_resamples(monkeypatch):
    """Enough to know the ends of an interval within a tenth of the spread, and ten times faster."""
    monkeypatch.setattr(statistics, "RESAMPLES", 999)


def test_intervals_hold_the_true_difference_as_often_as_they_say(few_resamples):
    """95 % of Student's; 92 % of the bootstrap's, as the docstring says."""
    rng = np.random.default_rng(2)
    found = [contrast(rng.normal(0.3, 0.5, SEEDS), [0.0] * SEEDS) for _ in range(400)]
    for name, promised in (("interval", 0.95), ("bootstrap", 0.92)):
        held = np.mean([low <= 0.3 <= high for low, high in (getattr(c, name) for c in found)])
        assert held == pytest.approx(promised, abs=0.035), name  # three standard errors


def test_equivalence_is_claimed_wrongly_in_5_percent_at_the_margin(few_resamples):
    rng = np.random.default_rng(3)
    found = [contrast(rng.normal(0.2, 0.1, 6), ZERO) for _ in range(400)]
    wrong = np.mean([c.p_equivalence <= ALPHA for c in found])
    assert wrong == pytest.approx(0.05, abs=0.033)


def simulated_families(true: list[float], count: int = 5_000) -> np.ndarray:
    """Adjusted p-values of families whose arms share runs, as here: `(count, 5)`."""
    rng = np.random.default_rng(4)
    arms = {arm: rng.normal(0, 1, (count, SEEDS)) for pair in FAMILY for arm in pair}
    p = [
        stats.ttest_rel(arms[one] + size, arms[other], axis=1).pvalue
        for (one, other), size in zip(FAMILY, true, strict=True)
    ]
    return np.array([holm(row) for row in np.transpose(p)])


@pytest.mark.parametrize("true", [[0, 0, 0, 0, 0], [3, 0, 0, 3, 0], [0, 3, 3, 3, 3]])
def test_holm_is_wrong_about_a_family_in_at_most_5_percent(true):
    """Also where some of the differences are real, and where arms appear twice."""
    adjusted = simulated_families(true)
    wrong = (adjusted[:, np.array(true) == 0] <= ALPHA).any(1).mean()
    chance = sqrt(0.05 * 0.95 / len(adjusted))
    assert 0.04 < wrong < 0.05 + 3 * chance  # and not far below, as with Bonferroni


@pytest.mark.parametrize("tests", [1, 5])
def test_the_power_is_that_of_simulated_experiments(tests):
    size = minimum_detectable(1, SEEDS, tests)
    drawn = np.random.default_rng(5).normal(size, 1, (10_000, SEEDS))
    found = (stats.ttest_1samp(drawn, 0, axis=1).pvalue <= ALPHA / tests).mean()
    assert found == pytest.approx(0.8, abs=0.012)


def test_one_power_for_the_study_and_the_comparison():
    known = paired([1, 2, 3, 4, 5, 9], ZERO)
    assert minimum_detectable(known.spread, 6) == pytest.approx(known.detectable)


@pytest.mark.parametrize("tests", [1, 5])
def test_with_the_widest_spread_equivalence_is_just_shown(tests):
    widest = widest_equivalent(0.2, 12, tests)
    values = np.tile([1.0, -1.0], 6)
    found = contrast(values / values.std(ddof=1) * widest, np.zeros(12), 0.2)
    assert found.p_equivalence == pytest.approx(0.05 / tests)


def test_a_replication_interval_by_hand():
    """Variance 8 of six differences: 8/6 + 8/3 = 4 for the difference of two means."""
    low, high = replication_interval(contrast([1, 2, 3, 4, 5, 9], ZERO), 3)
    assert (low, high) == pytest.approx((4 - 2.5706 * 2, 4 + 2.5706 * 2), rel=1e-4)


def test_the_mean_of_other_pairs_is_where_it_was_predicted(few_resamples):
    rng = np.random.default_rng(6)
    inside = []
    for _ in range(300):
        low, high = replication_interval(contrast(rng.normal(1, 2, 6), ZERO), 3)
        inside.append(low <= rng.normal(1, 2, 3).mean() <= high)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.038)


# --- Holm ---


def test_holm_on_a_published_example():
    """Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57: of 15 endpoints, three remain."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
         0.5719, 0.6528, 0.7590, 1.0]  # fmt: skip
    adjusted = holm(p)
    assert adjusted[:5] == pytest.approx([0.0015, 0.0056, 0.0247, 0.1140, 0.2211])
    assert (adjusted <= 0.05).sum() == 3
    assert adjusted[-1] == 1


def test_holm_as_r_adjusts():
    """p.adjust(c(1, .5, .1, .001, .0001, .002), "holm"), from the tests of PValueAdjust.jl."""
    adjusted = holm([1, 0.5, 0.1, 0.001, 0.0001, 0.002])
    assert adjusted == pytest.approx([1, 1, 0.3, 0.005, 0.0006, 0.008])


@given(P_VALUES, st.floats(0.001, 0.999))
def test_holm_calls_true_what_the_stepwise_procedure_does(p, alpha):
    """Holm (1979): from the smallest on, as long as p ≤ α / (how many are left)."""
    called = np.zeros(len(p), bool)
    for step, index in enumerate(np.argsort(p, kind="stable")):
        if p[index] * (len(p) - step) > alpha:
            break
        called[index] = True
    assert ((holm(p) <= alpha) == called).all()


@given(P_VALUES, st.randoms(use_true_random=False))
def test_holm_keeps_order_and_range_and_does_not_care_about_places(p, random):
    adjusted = holm(p)
    assert (adjusted >= np.array(p)).all()
    assert (adjusted <= np.minimum(1, np.array(p) * len(p))).all()  # never beyond Bonferroni
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()
    places = list(range(len(p)))
    random.shuffle(places)
    assert holm([p[i] for i in places]) == pytest.approx(adjusted[places])


@pytest.mark.parametrize("wrong", [[0.5, nan], [1.2], [-0.1], 0.5])
def test_holm_refuses_what_is_no_p_value(wrong):
    with pytest.raises(StatisticsError, match="from 0 to 1"):
        holm(wrong)
