"""What the study asks, written down before its runs, and what their seeds answer.

Who looks at many differences finds a large one. So a few pairs of arms, one measure of
each task and the size of a difference that matters are chosen here, beforehand, and
only about these does the study say "different" or "equivalent". Everything
else that it shows is there to be looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from textwrap import fill

from deconv.compare.seeds import FEWEST
from deconv.study.statistics import (
    ALPHA,
    Contrast,
    StatisticsError,
    contrast,
    holm,
    minimum_detectable,
    widest_equivalent,
)

SEEDS = 12
"""Paired seeds of each planned contrast, at least."""
SHOWN = 3
"""Seeds of what a full study shows and does not decide."""
REPLICATED = 3
"""Seeds of each planned contrast that are trained in TensorFlow as well."""
REPLICATED_TASK = "super-resolve"
"""The task in which they are: a training in TensorFlow takes twice the time."""

FAMILY: tuple[tuple[str, str], ...] = (
    ("transposed", "transposed4"),
    ("transposed6", "subpixel"),
    ("transposed4", "nearest"),
    ("subpixel", "subpixel-icnr"),
    ("transposed", "transposed-bilinear"),
)
"""The planned contrasts: pairs of upsamplers, the first minus the second."""
Results = Mapping[tuple[str, str], Mapping[int, float]]
"""(task, upsampler) to the primary measure of every seed; NaN where a training diverged."""


@dataclass(frozen=True)
class Measure:
    """What a task is decided by; more is better."""

    name: str
    short: str
    unit: str
    margin: float
    """Differences within ± this are too small to matter."""
    nothing: float
    """A run that is not so far above what is drawn without looking has learned nothing."""
    digits: int

    def text(self, value: float) -> str:
        """Write a value with its unit."""
        return f"{value:z.{self.digits}f} {self.unit}".strip()


PSNR = Measure("mean PSNR of the test images", "PSNR", "dB", margin=0.2, nothing=0.1, digits=2)
"""0.1 dB, because the best fixed picture for Fashion-MNIST is 0.05 dB above the mean image."""
OVERLAP = Measure("mean intersection over union of the test images", "IoU", "", 0.01, 0.001, 4)
PRIMARY = {"super-resolve": PSNR, "reconstruct --latent 32": PSNR, "segment": OVERLAP}
"""Task, as it is typed after `--task`, to its primary measure."""


@dataclass(frozen=True)
class Decision:
    """One planned contrast of one task."""

    task: str
    one: str
    other: str
    found: Contrast | None
    """None where too few seeds have both."""
    p: float
    """For a difference, adjusted for the family."""
    p_equivalence: float
    """For equivalence, adjusted likewise."""
    tests: int
    """Contrasts in the family."""
    seeds: tuple[int, ...]
    """Those that both arms have."""
    left_out: tuple[int, ...]
    """Those of which one arm has no finite value."""

    @property
    def verdict(self) -> str:
        """What these seeds show: never more than the two adjusted p-values say."""
        measure = PRIMARY[self.task]
        within = f"{measure.margin:g} {measure.unit}".strip()
        different, equivalent = self.p <= ALPHA, self.p_equivalence <= ALPHA
        if different:
            return f"different, but by less than {within}" if equivalent else "different"
        return f"equivalent within ±{within}" if equivalent else "not decided by these seeds"

    @property
    def sentence(self) -> str:
        """The verdict with everything that it rests on."""
        measure, found = PRIMARY[self.task], self.found
        head = f"{self.task}, {self.one} − {self.other}: {self.verdict}"
        lost = f"; without {_seeds(self.left_out)}, which not both have" if self.left_out else ""
        if not found:
            return f"{head}; too few paired seeds to tell: {len(self.seeds)}{lost}."
        low, high = map(measure.text, found.interval)
        resampled = " to ".join(map(measure.text, found.bootstrap))
        planned = f" of {SEEDS} planned" if found.n < SEEDS else ""
        text = (
            f"{head}; difference of the {measure.name}: {measure.text(found.mean)}, its own 95 % "
            f"interval from {low} to {high} (Student's t, {found.n}{planned} paired seeds{lost}) "
            f"or {resampled} (bootstrap); {p_text(self.p)} for a difference and "
            f"{p_text(self.p_equivalence)} for equivalence, both after Holm's correction over "
            f"{self.tests} contrasts"
        )
        if self.verdict.startswith("not"):
            least = minimum_detectable(found.spread, found.n, self.tests)
            text += (
                f"; so many pairs find a true difference of {measure.text(least)} in 80 % of cases "
                "or more, if the true spread is the observed one"
            )
        return f"{text}."


def decide(results: Results, family: Sequence[tuple[str, str]] = FAMILY) -> list[Decision]:
    """Decide the planned contrasts of every primary task of which there are results.

    Only seeds count that both arms of a contrast have, with finite values; each decision
    names the others. The p-values are adjusted for the whole family of a task, also where a
    contrast lacks its runs: it then counts as one that shows nothing. Other tasks and
    arms in `results` are not decided on. Raises `StatisticsError` where no task is primary.
    """
    tasks = [task for task in PRIMARY if any(task == found for found, _ in results)]
    if not tasks:
        raise StatisticsError(
            f"none of these results is of a task that is decided on: {', '.join(PRIMARY)}"
        )
    return [decision for task in tasks for decision in _of_task(task, results, family)]


def _of_task(task: str, results: Results, family: Sequence[tuple[str, str]]) -> list[Decision]:
    rows = []
    for one, other in family:
        x, y = (dict(results.get((task, arm), {})) for arm in (one, other))
        both = sorted(s for s in x.keys() & y.keys() if isfinite(x[s]) and isfinite(y[s]))
        found = None
        if len(both) >= FEWEST:
            margin = PRIMARY[task].margin
            found = contrast([x[seed] for seed in both], [y[seed] for seed in both], margin)
        left_out = sorted((x.keys() | y.keys()) - set(both))
        rows.append((one, other, found, tuple(both), tuple(left_out)))
    different = holm([found.p if found else 1.0 for _, _, found, *_ in rows])
    equivalent = holm([found.p_equivalence if found else 1.0 for _, _, found, *_ in rows])
    return [
        Decision(task, one, other, found, float(p), float(q), len(family), seeds, left_out)
        for (one, other, found, seeds, left_out), p, q in zip(
            rows, different, equivalent, strict=True
        )
    ]


def table(decisions: Sequence[Decision]) -> list[list[str]]:
    """Return the cells of the planned contrasts, the first row being their heads."""
    head = ["task", "contrast", "seeds", "mean difference", "95 % interval (t)"]
    head += ["95 % interval (bootstrap)", "in spreads (d_z)", "p, difference", "p, equivalence"]
    cells = [[*head, "verdict"]]
    for made in decisions:
        found, measure = made.found, PRIMARY[made.task]
        numbers = ["–"] * 6
        if found:
            intervals = (
                " to ".join(map(measure.text, ends)) for ends in (found.interval, found.bootstrap)
            )
            numbers = [measure.text(found.mean), *intervals, f"{found.effect:z.2f}"]
            both = made.p, made.p_equivalence
            numbers += [p_text(p).removeprefix("p ").removeprefix("= ") for p in both]
        pair = f"{made.one} − {made.other}"
        cells.append([made.task, pair, f"{len(made.seeds)}", *numbers, made.verdict])
    return cells


def p_text(p: float) -> str:
    """Write a p-value; one that would be all zeros as a bound."""
    return f"p = {p:.4f}" if p >= 1e-4 else "p < 0.0001"


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def how_it_decides() -> str:
    """Return the report's first section, in Markdown."""
    least = minimum_detectable(1, SEEDS, len(FAMILY))
    widest, last = (widest_equivalent(PSNR.margin, SEEDS, tests) for tests in (len(FAMILY), 1))
    pairs = "; ".join(f"`{one}` − `{other}`" for one, other in FAMILY)
    mse, root = 10 ** (PSNR.margin / 10) - 1, 10 ** (PSNR.margin / 20) - 1
    paragraphs = f"""
This was fixed before the runs, in `deconv/study/decisions.py`; that file's history shows when.

**Questions.** There are {len(FAMILY)} planned contrasts, the same for each of the three tasks:
{pairs}. Only they are tested. All other numbers and figures describe, and no claim rests on them.

**Measure.** `super-resolve` and `reconstruct --latent 32` are decided by the {PSNR.name}: each
image has its own, and then the mean is taken. The measure of `segment` is the {OVERLAP.name}.

**Unit.** The seed, not the image. A contrast is decided by at least {SEEDS} seeds; with fewer it is
shown and decides nothing. `segment` has only {SHOWN} seeds in the full preset, so it is shown and
not decided. Both runs of a seed start from the same weights wherever both have the same layer, and
see the same batches, so they are compared in pairs.

**Runs that went wrong.** A training that diverges is a result too: the verdict names it, and its
pair has no part in the mean. A run has learned nothing where it is no better than what is drawn
without looking: the mean training image, and {PSNR.nothing:g} dB more; in `segment` background
everywhere, and {OVERLAP.nothing:g} more. It stays in the mean. A contrast with either is shown
with its numbers, and neither arm is called better.

**Nothing is chosen by the test images.** The learning rate of each arm is the best one on the
validation images, found with a seed that is not among the {SEEDS}; an arm that begins as the same
function as another has the rate of that one. The weights of a run are those of its best epoch on
the validation images. Every training, those that tune too, also scores the test images at its end,
but the study reads no such score before its choices are made.

**Two tests of each contrast.** The paired t test asks for a difference. Two one-sided t tests ask
whether the difference is within ±{PSNR.margin:g} dB, or ±{OVERLAP.margin:g} of intersection over
union. These margins say what matters, and were not derived from the spread of the seeds.
{PSNR.margin:g} dB changes the mean squared error by {100 * mse:.1f} % and its root by
{100 * root:.1f} %: where an error was 10 grey levels, it is {10 * (1 + root):.1f}. Papers have
called less an improvement (Shi et al. 2016, arXiv:1609.05158, report 0.15 dB on images). A
difference can be sure and yet too small to matter, and then the verdict says both.

**Correction.** Holm's, over the {len(FAMILY)} contrasts of a task: once over the tests for a
difference, once over those for equivalence. So for each task and each kind of claim, the chance
of one or more wrong claims is at most 5 %. The tasks are not corrected for each other. The
intervals are those of each contrast alone.

**Verdicts.** "Different" and "equivalent" need an adjusted p-value of at most {ALPHA}. Anything
else is "not decided by these seeds", which is not the same as "no difference": {SEEDS} seeds find
a true difference of {least:.2f} times the spread of the differences in 80 % of cases or more. And
equivalence within ±{PSNR.margin:g} dB cannot be shown, even with a mean of 0, where the spread
is above {widest:.2f} dB for the first contrast in Holm's order, and {last:.2f} dB for the last. A
bootstrap interval stands beside that of the t test, for differences that are not normally
distributed; it decides nothing.

**Replication.** {REPLICATED} seeds of each contrast of `{REPLICATED_TASK}` are trained again in
TensorFlow. They agree where their mean difference is within the 95 % prediction interval that the
PyTorch pairs give.
"""
    filled = (fill(text, 100, break_on_hyphens=False) for text in paragraphs.strip().split("\n\n"))
    return "\n\n".join(["## How this study decides", *filled]) + "\n"
