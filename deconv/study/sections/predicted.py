"""What formulas had said beforehand, beside what is measured without any run of the study."""

from dataclasses import replace

from deconv.compare.report import piped
from deconv.metrics import to_unit_range
from deconv.study import linear
from deconv.study.sections.base import Section, Study
from deconv.study.theory import measured
from deconv.study.theory.__main__ import COMPONENTS, FOUND_WITH

SEEDS, IMAGES = 100, 20
"""Untrained networks, and test images that go through each: over in seconds, and the chance is in
the networks."""
PARTS = {
    "layers": "Sizes and costs",
    "start": "The untrained network",
    "bound": "The best linear code",
    "scores": "What a score is made of",
}


def theory(study: Study) -> Section:
    """Hold predictions against measurements that need no run of the study."""
    train = to_unit_range(study.splits.train[:FOUND_WITH])
    test = to_unit_range(study.splits.test)
    components = linear.pca(train)
    outputs = linear.reconstruct(components, test, COMPONENTS).clip(-1, 1)[..., None]
    own = "" if study.splits.name == "fashion-mnist" else f"--dataset {study.splits.name}"
    start = f"--seeds {SEEDS} --images {IMAGES} {own}".strip()
    rows = [
        *measured.layer_rows(),
        *(replace(row, flags=start) for row in measured.start_rows(test[:IMAGES], SEEDS)),
        *(replace(row, flags=own) for row in measured.bound_rows(components, train, COMPONENTS)),
        *measured.score_rows(outputs, test, own),
    ]
    parts = [
        "What formulas say without an experiment, beside what was measured. ± is the standard "
        f"error of a mean over {SEEDS} seeds; where none stands, there is no chance in it. "
        f"The scores are those of {COMPONENTS} principal components, which everybody can compute "
        "without a training. `deconv/study/theory/predictions.py` derives the formulas."
    ]
    for part, title in PARTS.items():
        own_rows = [row for row in rows if row.part == part]
        parts += [f"### {title}", piped(measured.table(own_rows)), f"`{own_rows[0].command}`"]
    return Section("Theory against measurement", parts)
