"""What every section starts from: the rows by what they are for, and how numbers are written."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from statistics import fmean, stdev
from typing import NamedTuple, get_args

import numpy as np
from matplotlib.figure import Figure

from deconv.architecture import Upsampler
from deconv.data.splits import Splits
from deconv.data.tasks import class_maps
from deconv.metrics import mean_iou, psnr, to_unit_range
from deconv.study.decisions import OVERLAP, PRIMARY, PSNR, SEEDS, Decision, decide
from deconv.study.plan import DECIDING, SIZES, Preset, primary, task_of
from deconv.study.references import references
from deconv.study.results import Row

UPSAMPLERS: tuple[str, ...] = get_args(Upsampler)
"""In the order in which every table and figure has them."""


class Section(NamedTuple):
    """A part of the report."""

    title: str
    parts: Sequence[str]
    """Paragraphs, tables and lists in Markdown."""
    figures: Mapping[str, Figure] = {}
    """By name, as `picture` has it."""


@dataclass(frozen=True)
class Study:
    """What a report is about: every run, and the images that it was measured with."""

    rows: tuple[Row, ...]
    """Those of one run but for its seed follow each other, seeds in order."""
    splits: Splits
    preset: Preset

    def of(self, purpose: str, framework: str = "pytorch") -> list[Row]:
        """Return the runs for a purpose that have a result."""
        return [
            row
            for row in self.rows
            if row.measures and (row.job.purpose, row.job.framework) == (purpose, framework)
        ]

    def arms(self, task: str, framework: str = "pytorch") -> dict[str, list[Row]]:
        """Return the runs of a task that are there to be compared, for each upsampler."""
        found = [row for purpose in DECIDING for row in self.of(purpose, framework)]
        return grouped((row.job.upsampler, row) for row in found if task_of(row.job) == task)

    def diverged(self, task: str) -> Counter[str]:
        """Return how many of those runs diverged, in PyTorch, for each upsampler."""
        return Counter(
            row.job.upsampler
            for row in self.rows
            if row.diverged and row.job.purpose in DECIDING
            if row.job.framework == "pytorch" and task_of(row.job) == task
        )

    @cached_property
    def tasks(self) -> list[str]:
        """The tasks in which the ways up were compared, the first one first."""
        there = {task_of(row.job) for row in self.of("main")}
        return [task for task in PRIMARY if task in there]

    @cached_property
    def unseen(self) -> dict[str, float]:
        """What is drawn without looking has of each measure, for the test images.

        The same picture for every image, the mean of the training images; and the class
        of every pixel, which is background.
        """
        test = to_unit_range(self.splits.test)
        mean = (self.splits.train.mean(0) / 127.5 - 1)[..., None]
        classes = class_maps(self.splits.test, self.splits.test_labels)
        return {
            "psnr": float(psnr(np.broadcast_to(mean, test.shape), test).mean()),
            "miou": mean_iou(np.zeros_like(classes), classes),
        }

    @cached_property
    def references(self) -> dict[str, dict[str, dict[str, float]]]:
        """What maps without a network have of each measure, by task and name."""
        limit = SIZES[self.preset].limit
        return {task: references(task, self.splits, limit) for task in self.tasks}

    def learned_nothing(self, rows: Iterable[Row]) -> list[Row]:
        """Return those of the runs that are no better than what is drawn without looking."""
        least = {"psnr": self.unseen["psnr"] + PSNR.nothing}
        least["miou"] = self.unseen["miou"] + OVERLAP.nothing
        return [
            row
            for row in rows
            if any(row.measures.get(name, inf) < value for name, value in least.items())
        ]

    def nothing(self, rows: Iterable[Row]) -> str:
        """Say how many of the runs have learned nothing; empty if none."""
        count = len(self.learned_nothing(rows))
        return f"{plural(count, 'run')} learned nothing" if count else ""

    def noted(self, text: object, rows: Iterable[Row]) -> str:
        """Write what rests on some runs, and behind it how many of them have learned nothing."""
        return f"{text} ({said})" if (said := self.nothing(rows)) else f"{text}"

    @cached_property
    def decisions(self) -> list[Decision]:
        """The planned contrasts of every task that has runs for them."""
        found = primary(self.rows)
        return decide(found) if any(task in PRIMARY for task, _ in found) else []

    @cached_property
    def decided(self) -> list[Decision]:
        """Those with as many seeds of both arms as were planned; one that diverged has been run."""
        run = primary(self.rows)
        return [
            made
            for made in self.decisions
            if all(len(run.get((made.task, arm), {})) >= SEEDS for arm in (made.one, made.other))
        ]


def grouped(
    pairs: Iterable[tuple[str, Row]], order: Iterable[str] = UPSAMPLERS
) -> dict[str, list[Row]]:
    """Return the rows of each name: the names in this order, then others as they come."""
    found: dict[str, list[Row]] = {}
    for name, row in pairs:
        found.setdefault(name, []).append(row)
    first = [name for name in order if name in found]
    return {name: found[name] for name in dict.fromkeys([*first, *found])}


def values(rows: Iterable[Row], measure: str) -> list[float]:
    """Return a measure of all runs that have it."""
    return [row.measures[measure] for row in rows if measure in row.measures]


def by_seed(rows: Iterable[Row], measure: str = "psnr") -> dict[int, float]:
    """Return a measure of each seed that has it."""
    return {row.job.seed: row.measures[measure] for row in rows if measure in row.measures}


def plus_minus(numbers: Sequence[float], digits: int) -> str:
    """Write mean ± standard deviation; of one number only itself."""
    if not numbers:
        return "–"
    spread = f" ± {stdev(numbers):.{digits}f}" if len(numbers) > 1 else ""
    return f"{fmean(numbers):z.{digits}f}{spread}"


def measured(rows: Sequence[Row], measure: str, digits: int) -> str:
    """Write mean ± standard deviation of a measure; where not all runs have it, of how many."""
    found = values(rows, measure)
    some = f" ({len(found)} of {len(rows)})" if 0 < len(found) < len(rows) else ""
    return plus_minus(found, digits) + some


def plural(count: int, what: str) -> str:
    """Write a number of things: 1 run, 2 runs."""
    return f"{count} {what}{'s' * (count != 1)}"


def seed_counts(numbers: Iterable[int]) -> str:
    """Write how many seeds there are of each: 12 seeds, or 3 to 12 seeds."""
    few, many = min(each := list(numbers)), max(each)
    return plural(many, "seed") if few == many else f"{few} to {plural(many, 'seed')}"


def picture(name: str, says: str) -> str:
    """Return the Markdown of a figure; `says` stands for it where it cannot be seen."""
    return f"![{says}]({figure_path(name)})"


def figure_path(name: str) -> str:
    """Return where a figure is, seen from the report."""
    return f"figures/{name}.png"


def file_name(task: str) -> str:
    """Return a task as a part of a file's name."""
    return task.replace(" --", "-").replace(" ", "-")
