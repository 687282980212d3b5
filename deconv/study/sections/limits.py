"""What the study cannot say, on what it ran, and how to do it again."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from deconv.config import FRAMEWORKS
from deconv.data.splits import TITLES
from deconv.study.jobs import Job
from deconv.study.plan import RATES, SIZES
from deconv.study.sections.base import Section, Study, plural, values


def limits(study: Study) -> Section:
    """Say what does not follow."""
    size = SIZES[study.preset]
    rates = (
        f"The learning rate of an arm is the best one of {len(RATES['super-resolve'])} with one "
        "seed, and the intervals take it as given."
    )
    if not size.tuned:
        rates = f"All arms have the learning rate {Job.learning_rate:g}, which suits some better."
    points = [
        "All networks learn from a loss that compares pixels, and such a loss punishes a "
        "checkerboard. Where none does, as in a generator that learns from a critic or in the "
        "gradients of a network, the ways up may differ in another way. Advice for those cases is "
        "neither supported nor contradicted here.",
        "It has one dataset of grey images with 28×28 pixels, and one small network that doubles a "
        "map twice. Larger images, colours and deeper networks may give another order.",
        f"The trainings are short: {size.epochs} pass{'es' * (size.epochs > 1)} over "
        f"{size.limit:,} images. What an arm reaches after many more is not known; arms that begin "
        "well have an advantage.",
        f"{rates} All else (Adam, batches of 32, the schedule) was chosen for `transposed` with "
        "3×3 kernels.",
        "PSNR is not what people see, and SSIM is only nearer to it. Nobody was asked which "
        "pictures look better.",
        "The arms do not have equal costs, nor kernels of equal size. No arm was made wider or "
        "narrower to spend as much as another.",
        "The contrasts of one task are corrected for each other; the tasks are not. Whatever is "
        "not a planned contrast was not tested at all.",
        "The seeds vary the initial weights and the order of the images, and not the training "
        "images: the intervals do not hold for another training set.",
    ]
    return Section("What this study cannot say", ["\n".join(f"- {point}" for point in points)])


def conditions(study: Study) -> Section:
    """Say on what, with what and for how long it ran, what failed, and how to repeat it."""
    splits = study.splits
    lines = [
        f"Data: {TITLES[splits.name]}, {len(splits.train):,} images to train, "
        f"{len(splits.validation):,} to validate and {len(splits.test):,} to test; SHA-256 of the "
        f"pixels `{splits.sha256}`.",
        *machines(study),
        *times(study),
        *seeds(study),
        *repeated(study),
    ]
    parts = ["\n".join(f"- {line}" for line in lines)]
    if bad := [row for row in study.rows if row.error]:
        # As code, because a message may hold any sign, and those of Markdown too.
        what = [
            f"    {'diverged' if r.diverged else 'failed'}: {r.job.name}: {r.error}" for r in bad
        ]
        parts += [f"### Without a result: {len(bad)} of {plural(len(study.rows), 'run')}"]
        parts += ["\n".join(what)]
    return Section("Conditions", [*parts, "### Commands", commands(study)])


def machines(study: Study) -> list[str]:
    """Say what computed the runs."""
    found = Counter(row.machine for row in study.rows if row.machine)
    return [f"{plural(count, 'run')} with {name}." for name, count in sorted(found.items())]


def times(study: Study) -> list[str]:
    """Say how long the runs took, one after the other."""
    names = sorted({FRAMEWORKS[row.job.framework] for row in study.rows})
    said = []
    for name in names:
        rows = [row for row in study.rows if FRAMEWORKS[row.job.framework] == name]
        whole, training = sum(row.seconds for row in rows), sum(values(rows, "train_seconds"))
        minutes = plural(round(whole / 60), "minute")
        said.append(f"{name} {minutes}, {training / 60:.0f} of them training")
    return [f"All runs, as if one after the other: {'; '.join(said)}."] if said else []


def seeds(study: Study) -> list[str]:
    """Say which seeds ran for what."""
    found: dict[str, set[int]] = {}
    for row in study.rows:
        name = f"{row.job.purpose} ({FRAMEWORKS[row.job.framework]})"
        found.setdefault(name, set()).add(row.job.seed)
    said = [f"{name} {', '.join(map(str, sorted(own)))}" for name, own in sorted(found.items())]
    return [f"Seeds: {'; '.join(said)}."]


def repeated(study: Study) -> list[str]:
    """Say whether trainings that several sections asked for gave the same numbers each time."""
    found: dict[Job, list[float]] = {}
    for row in study.rows:
        if "psnr" in row.measures:
            job = replace(row.job, purpose="any")
            found.setdefault(job, []).append(row.measures["psnr"])
    again = [values for values in found.values() if len(values) > 1]
    if not again:
        return []
    same = sum(len(set(values)) == 1 for values in again)
    return [
        f"{plural(len(again), 'training')} ran for two sections or more, each time anew: {same} of "
        "them gave the same PSNR to the last digit."
    ]


def commands(study: Study) -> str:
    """Return what to type to do all of it again, or one run."""
    dataset = "" if study.splits.name == "fashion-mnist" else f" --dataset {study.splits.name}"
    lines = [f"python -m deconv.study --preset {study.preset}{dataset}"]
    if main := study.of("main"):
        _, *one = main[0].job.command(Path())
        lines.append(" ".join(["python", *one[:-1]]) + "   # one run of it")
    lines += ["python -m benchmarks.arms", "python -m benchmarks.gains"]
    return "\n".join(["```bash", *lines, "```"])
