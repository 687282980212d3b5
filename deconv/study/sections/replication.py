"""What TensorFlow gives for the same seeds: is a finding the framework's or the arm's?"""

from collections.abc import Mapping
from statistics import fmean

from deconv.compare.report import piped
from deconv.study.decisions import PRIMARY, Decision
from deconv.study.sections.base import Section, Study, by_seed, seed_counts
from deconv.study.statistics import replication_interval


def replication(study: Study) -> Section | None:
    """Hold the seeds that were trained in TensorFlow against those of PyTorch."""
    contrasts = [row for made in study.decisions for row in contrast(study, made)]
    arms = [row for task in study.tasks for row in arm_gaps(study, task)]
    if not arms:
        return None
    agree = sum(row[-2] == "yes" for row in contrasts)
    parts = []
    if contrasts:
        seeds = seed_counts(int(row[2]) for row in contrasts)
        head = ["task", "contrast", "seeds", "PyTorch", "95 % prediction interval", "TensorFlow"]
        parts = [
            f"{agree} of {len(contrasts)} planned contrasts are compatible: the mean difference of "
            f"the TensorFlow runs ({seeds}) lies in the 95 % prediction interval that the PyTorch "
            "pairs give for so many others. For so few, such an interval is wide, so the last "
            "column says whether the sign is the same as well. This is not corrected for the "
            f"number of contrasts, so {0.05 * len(contrasts):.1f} of them would be outside by "
            "chance. Both frameworks begin a seed with the same weights and batches, which makes "
            "the interval wider than it need be.",
            piped([[*head, "compatible", "same sign"], *contrasts]),
        ]
    parts += [
        "The same arm in both frameworks, seed by seed. Rounding parts two equal trainings, so "
        "this is how far apart runs are that have everything in common but their framework:",
        piped([["task", "arm", "seeds", "TensorFlow − PyTorch, mean", "largest"], *arms]),
    ]
    return Section("The same in TensorFlow", parts)


def contrast(study: Study, made: Decision) -> list[list[str]]:
    """Return the row of a contrast, if TensorFlow has trained both of its arms."""
    ours, arms = study.arms(made.task), study.arms(made.task, "tensorflow")
    found = gaps(by_seed(arms.get(made.one, [])), by_seed(arms.get(made.other, [])))
    if not made.found or not found:
        return []
    measure, mean = PRIMARY[made.task], fmean(found)
    low, high = replication_interval(made.found, len(found))
    between = f"{measure.text(low)} to {measure.text(high)}"
    rows = [*arms[made.one], *arms[made.other], *ours[made.one], *ours[made.other]]
    pair = study.noted(f"{made.one} − {made.other}", rows)
    cells = [made.task, pair, f"{len(found)}", measure.text(made.found.mean), between]
    compatible, same = low <= mean <= high, mean * made.found.mean > 0
    return [[*cells, measure.text(mean), *("yes" if said else "no" for said in (compatible, same))]]


def arm_gaps(study: Study, task: str) -> list[list[str]]:
    """Return a row for each arm that both frameworks have trained: how far apart they are."""
    ours, cells, measure = study.arms(task), [], PRIMARY[task]
    for arm, rows in study.arms(task, "tensorflow").items():
        own = ours.get(arm, [])
        if found := gaps(by_seed(rows), by_seed(own)):
            seeds = study.noted(len(found), [*rows, *own])
            mean, largest = measure.text(fmean(found)), measure.text(max(found, key=abs))
            cells.append([task, arm, seeds, mean, largest])
    return cells


def gaps(one: Mapping[int, float], other: Mapping[int, float]) -> list[float]:
    """Return the differences of the seeds that both have, seeds in order."""
    return [one[seed] - other[seed] for seed in sorted(one.keys() & other.keys())]
