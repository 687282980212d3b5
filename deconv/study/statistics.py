"""What several seeds say of two ways to upsample: different, equal enough, or not known.

The unit is the seed and not the image. Ten thousand test images make the mean of one
training sure; what the next training would give, only another training says. Runs of a
seed share their encoder's weights and their batches, so they are compared in pairs.

A test that finds no difference has not shown that there is none. So two arms are tested
twice: for a difference, and for being closer than a margin. Where neither is shown,
the answer is that these seeds do not decide.
"""

from dataclasses import dataclass
from math import copysign, inf, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import nctdtrinc, stdtr, stdtrit
from scipy.stats import bootstrap

from deconv.compare.seeds import FEWEST, paired
from deconv.errors import UserError

ALPHA = 0.05
"""Chance of a wrong claim that is accepted; intervals have the confidence 1 − ALPHA."""
RESAMPLES = 9_999
"""Of the bootstrap: with them, its ends move by about a hundredth of the spread by chance."""
Interval = tuple[float, float]


class StatisticsError(UserError, ValueError):
    """Numbers from which nothing can be concluded."""


@dataclass(frozen=True)
class Contrast:
    """How far two arms are apart, from one value of each for every seed."""

    n: int
    """Pairs."""
    mean: float
    """Mean of the differences, the first minus the second."""
    spread: float
    """Standard deviation of the differences."""
    interval: Interval
    """95 % confidence interval of the mean difference, from Student's t."""
    bootstrap: Interval
    """The same by resampling the pairs, for differences that are not normally distributed."""
    p: float
    """Chance of a mean at least this far from 0 if there is no true difference."""
    p_equivalence: float
    """Chance of a mean at least this far inside ±margin if the true difference is the margin."""
    margin: float
    """Largest difference that does not matter."""

    @property
    def effect(self) -> float:
        """The mean in standard deviations of the differences: Cohen's d_z (1988, section 2.3)."""
        if not self.spread:
            return copysign(inf, self.mean) if self.mean else 0.0
        return self.mean / self.spread


def contrast(a: ArrayLike, b: ArrayLike, margin: float = 0.2) -> Contrast:
    """Compare two arms, `a` minus `b`, by one value of each for the same seeds in one order.

    - Difference: the paired t test, and its interval (`deconv.compare.seeds.paired`).
    - Equivalence: two one-sided t tests, against −margin and +margin. The larger p-value
      counts, and that is the one of the nearer end (Schuirmann 1987, Journal of
      Pharmacokinetics and Biopharmaceutics 15, 657-680).
    - The other interval: bootstrap, bias-corrected and accelerated (Efron 1987, Journal of
      the American Statistical Association 82, 171-185). With twelve pairs of normally
      distributed values it holds the true difference in 92 % of cases, not in 95 %: it is
      there to be looked at beside the other, and decides nothing.

    Raises `StatisticsError` for fewer than three pairs, values that are not finite, or a
    margin that is not above 0.
    """
    x, y = _checked(a, b)
    if not 0 < margin < inf:
        raise StatisticsError(f"the margin of equivalence must be above 0, but is {margin}")
    differences = (x - y).round(12)  # 0.3 − 0.1 and 0.4 − 0.2 are to be equal
    mean = float(differences.mean())
    if np.ptp(differences) == 0:  # no spread, so no doubt, and no t
        mean, same = float(differences[0]), (float(differences[0]),) * 2
        p, outside = float(mean == 0), float(abs(mean) >= margin)
        return Contrast(len(x), mean, 0.0, same, same, p, outside, margin)
    found, freedom = paired(x.tolist(), y.tolist()), len(x) - 1
    error = found.spread / sqrt(len(x))
    resampled = bootstrap(
        (differences,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(0)
    ).confidence_interval
    return Contrast(
        n=len(x),
        mean=mean,
        spread=found.spread,
        interval=(mean - found.margin, mean + found.margin),
        bootstrap=(float(resampled.low), float(resampled.high)),
        p=float(2 * stdtr(freedom, -abs(mean) / error)),
        p_equivalence=float(stdtr(freedom, (abs(mean) - margin) / error)),
        margin=margin,
    )


def holm(p_values: ArrayLike) -> np.ndarray:
    """Adjust the p-values of a family of tests: float64, in the same order.

    Whoever calls those of at most α true is wrong about one or more of the family with
    a chance of at most α, however the tests depend on each other. The smallest of m
    p-values counts m times, the next m − 1 times, and so on, but never less than
    the one before (Holm 1979, Scandinavian Journal of Statistics 6, 65-70).

    Raises `StatisticsError` unless all are numbers from 0 to 1.
    """
    p = np.asarray(p_values, np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise StatisticsError(
            f"p-values must be a list of numbers from 0 to 1, but are {p.tolist()}"
        )
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(max=1)
    return adjusted


def minimum_detectable(spread: float, n: int, tests: int = 1, power: float = 0.8) -> float:
    """True difference that `n` pairs, whose differences have this spread, find with this power.

    To find it means p ≤ 0.05/tests: with several tests, Holm's correction asks this of the
    smallest p-value only, so its power is at least that. For one test, this is
    `deconv.compare.seeds.Paired.detectable`: the mean over its standard error has the
    noncentral t distribution, which is to exceed the quantile of Student's t.
    """
    quantile = stdtrit(n - 1, 1 - ALPHA / tests / 2)
    return float(nctdtrinc(n - 1, 1 - power, quantile) * spread / sqrt(n))


def widest_equivalent(margin: float, n: int, tests: int = 1) -> float:
    """Return the largest spread with which `n` pairs can show equivalence within ±margin.

    Both one-sided tests must have p ≤ 0.05/tests. That is easiest where the mean difference is
    0: then margin / (spread/√n) must reach the quantile of Student's t.
    """
    return float(margin * sqrt(n) / stdtrit(n - 1, 1 - ALPHA / tests))


def replication_interval(found: Contrast, n: int) -> Interval:
    """95 % prediction interval of the mean difference of `n` other pairs of the same kind.

    Both means are drawn from one distribution, so the variance of their difference is
    spread²·(1/n₁ + 1/n₂) (Spence and Stanley 2016, PLoS ONE 11(9), e0162874). Where the
    other pairs share their seeds with these, the two means are more alike, and the
    interval is wider than it need be.
    """
    half = stdtrit(found.n - 1, 1 - ALPHA / 2) * found.spread * sqrt(1 / found.n + 1 / n)
    return float(found.mean - half), float(found.mean + half)


def _checked(a: ArrayLike, b: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise StatisticsError(
            "a contrast needs one value of each arm for every seed, but these arrays have the "
            f"shapes {x.shape} and {y.shape}"
        )
    if len(x) < FEWEST:
        raise StatisticsError(
            f"a contrast needs at least {FEWEST} pairs, but there are {len(x)}; train more seeds"
        )
    if not (np.isfinite(x) & np.isfinite(y)).all():
        raise StatisticsError(
            "a contrast needs finite values; leave out the seeds whose training has failed, and "
            "say so"
        )
    return x, y
