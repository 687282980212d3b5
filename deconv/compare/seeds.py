"""What several seeds say of two frameworks: means, spreads, and how sure a difference is.

Runs of one seed start from the same weights and see the same images in the same order.
So they are compared in pairs: what a lucky seed gives to both cancels in the difference.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np
from scipy.special import nctdtrinc, stdtrit

from deconv.compare.measuring import MeasuredRun
from deconv.config import FRAMEWORKS

FEWEST = 3
"""Seeds from which on anything is said: two points always lie on a line."""

MEASURES: dict[str, Callable[[MeasuredRun], float]] = {
    "test PSNR (dB)": lambda run: run.scores.psnr,
    "foreground PSNR (dB)": lambda run: run.foreground_psnr,
    "validation PSNR (dB)": lambda run: run.validation_psnr,
    "training time (s)": lambda run: run.record.train_seconds,
}
"""What is listed seed by seed."""


@dataclass(frozen=True)
class Paired:
    """How far two frameworks are apart, from one value of each for every seed."""

    mean: float
    """Mean of the differences."""
    spread: float
    """Standard deviation of the differences."""
    unpaired: float
    """What the spread would be if the runs of a pair had nothing in common."""
    correlation: float
    """Pearson's r; NaN where one framework has the same value for all seeds."""
    margin: float
    """The 95 % confidence interval of the mean difference is the mean ± this."""
    detectable: float
    """A true difference of this size would be found, 0 outside the interval, with 80 % power."""


def paired(one: Sequence[float], other: Sequence[float]) -> Paired:
    """Compare the values of two frameworks for the same seeds, at least three.

    The standard error of n differences is spread/√n. The margin is that times the 0.975
    quantile of Student's t with n − 1 degrees of freedom. Where there is a true difference,
    the mean over its standard error has the noncentral t distribution instead; `detectable`
    is the difference for which that is above the quantile in 80 % of cases.
    """
    x, y = np.array([one, other], np.float64)
    spread, freedom = (x - y).std(ddof=1), len(x) - 1
    error, quantile = spread / sqrt(len(x)), stdtrit(freedom, 0.975)
    with np.errstate(invalid="ignore"):  # 0 / 0
        correlation = np.corrcoef(x, y)[0, 1]
    return Paired(
        mean=float((x - y).mean()),
        spread=float(spread),
        unpaired=sqrt(x.var(ddof=1) + y.var(ddof=1)),
        correlation=float(correlation),
        margin=float(quantile * error),
        detectable=float(nctdtrinc(freedom, 0.2, quantile) * error),
    )


def by_seed(runs: Sequence[MeasuredRun]) -> dict[str, list[MeasuredRun]]:
    """Return each framework's runs of the seeds that all of them have, seeds in order.

    Nothing where these are fewer than three, or where two runs have framework and seed
    in common. The runs must have all other settings in common.
    """
    found: dict[str, dict[int, MeasuredRun]] = defaultdict(dict)
    for run in runs:
        found[FRAMEWORKS[run.record.framework]][run.record.seed] = run
    seeds = sorted(set.intersection(*map(set, found.values())))
    if len(seeds) < FEWEST or sum(map(len, found.values())) < len(runs):
        return {}
    return {name: [own[seed] for seed in seeds] for name, own in found.items()}


def table(runs: Sequence[MeasuredRun]) -> list[list[str]]:
    """Return the cells of the comparison seed by seed, the first row being their heads."""
    chosen = by_seed(runs)
    if not chosen:
        return []
    seeds = [run.record.seed for run in next(iter(chosen.values()))]
    rows = [["", *(f"seed {seed}" for seed in seeds), "mean", "spread"]]
    for measure, value in MEASURES.items():
        values = {name: np.array([value(run) for run in own]) for name, own in chosen.items()}
        values |= {f"{a} − {b}": values[a] - values[b] for a, b in combinations(chosen, 2)}
        for name, row in values.items():
            numbers = [*row, row.mean(), row.std(ddof=1)]
            rows.append([f"{measure}, {name}", *(f"{number:z.2f}" for number in numbers)])
    return rows


def sentences(runs: Sequence[MeasuredRun]) -> list[str]:
    """Say of every two frameworks how sure the difference of their test PSNR is."""
    psnr = {name: [run.scores.psnr for run in own] for name, own in by_seed(runs).items()}
    lines = []
    for (one, x), (other, y) in combinations(psnr.items(), 2):
        found = paired(x, y)
        low, high = found.mean - found.margin, found.mean + found.margin
        lines += [
            f"The mean difference of test PSNR, {one} − {other}, is {found.mean:z.2f} dB, "
            f"with a 95 % confidence interval from {low:z.2f} to {high:z.2f} dB (paired by seed).",
            f"The differences spread by {found.spread:.2f} dB (standard deviation); if the runs "
            f"of a seed had nothing in common, it would be {found.unpaired:.2f} dB. "
            f"Their correlation is {found.correlation:.2f}.",
            f"{len(x)} seeds find a true difference of {found.detectable:.2f} dB in 80 % of "
            "cases, and a smaller one less often.",
        ]
    return lines
