"""Other networks around the upsampling, other losses, and another task."""

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np

from deconv.architecture import Architecture, Design, layers
from deconv.compare.report import piped
from deconv.study.measuring import BLIND
from deconv.study.plan import TASKS, task_of
from deconv.study.results import Row
from deconv.study.sections.base import (
    Section,
    Study,
    grouped,
    measured,
    plural,
    plus_minus,
    seed_counts,
    values,
)

QUALITY = {"PSNR (dB)": ("psnr", 2), "foreground (dB)": ("psnr_foreground", 2), "SSIM": ("ssim", 4)}


def other_networks(study: Study) -> Section | None:
    """Show architectures, losses, an activation and segmentation."""
    parts = [*architectures(study), *losses(study), *segmentation(study)]
    return Section("Other networks, losses and tasks", parts) if parts else None


def quality(study: Study, named: Mapping[str, list[Row]]) -> str:
    """Return the table of some runs by name: what they cost, and how good they are."""
    cells = [["", "seeds", "parameters", "multiplications", *QUALITY]]
    for name, rows in named.items():
        size = [f"{rows[0].measures[each]:,.0f}" for each in ("parameters", "macs")]
        found = [measured(rows, key, digits) for key, digits in QUALITY.values()]
        cells.append([f"`{name}`", study.noted(len(rows), rows), *size, *found])
    return piped(cells)


def architectures(study: Study) -> list[str]:
    """Compare what is around the upsampling."""
    parts: list[str] = []
    by_task = grouped((task_of(row.job), row) for row in study.of("architecture"))
    for task, rows in by_task.items():
        order = get_args(Architecture)
        named = grouped(((row.job.architecture, row) for row in rows), order)
        why = f"the best one for the baseline in `{task}`"
        if task not in TASKS:
            why = "the trainers' default, which was not tuned"
        parts += [
            f"### Architectures: {task}",
            f"Mean ± standard deviation over {seed_counts(map(len, named.values()))}, with "
            "`transposed`; nothing was tested, and all have the learning rate "
            f"{rows[0].job.learning_rate:g}, {why}.",
            quality(study, named),
        ]
        if "skip" in named:
            parts.append(skip_warning(named["skip"], named.get("baseline", [])))
    return parts


def skip_warning(skip: Sequence[Row], baseline: Sequence[Row]) -> str:
    """Say in numbers how much goes around the latent of a network with skips."""
    numbers = {layer.name: int(np.prod(layer.output)) for layer in layers(Design())}
    latent, around = numbers["encoder.conv2"], numbers["encoder.conv1"]
    warning = (
        f"**Skips bypass the latent.** The encoder hands {around:,} numbers of its first map "
        f"straight to the decoder, besides the {latent:,} of the latent. So the PSNR of `skip` "
        "says nothing about what the latent holds, and nothing about an upsampler that has to "
        "draw from it."
    )
    said = []
    for name, rows in (("skip", skip), ("baseline", baseline)):
        if found := values(rows, "psnr_without_latent"):
            said.append(f"{plus_minus(found, 2)} dB with `{name}` ({plural(len(found), 'seed')})")
    if not said:
        return warning
    return (
        f"{warning} With the whole latent set to 0, the first {BLIND:,} test images still come "
        f"out with {', and '.join(said)}."
    )


def losses(study: Study) -> list[str]:
    """Compare what training lowers, and what stands between the layers."""
    rows = study.of("loss")
    if not rows:
        return []
    named = grouped(
        ((f"--loss {row.job.loss} --activation {row.job.activation}", row) for row in rows),
        ["--loss mse --activation relu"],
    )
    return [
        "### Losses and activation",
        f"`{task_of(rows[0].job)}`, mean ± standard deviation over "
        f"{seed_counts(map(len, named.values()))}, all with the learning rate "
        f"{rows[0].job.learning_rate:g}, the best one for `--loss mse --activation relu`; nothing "
        "was tested. Who trains by one measure should not be surprised to lead by it.",
        quality(study, named),
    ]


def segmentation(study: Study) -> list[str]:
    """Compare the ways up where the class of every pixel is asked for."""
    arms = study.arms("segment")
    if not arms:
        return []
    cells = [["arm", "seeds", "mean intersection over union"]]
    for arm, rows in arms.items():
        cells.append([f"`{arm}`", study.noted(len(rows), rows), measured(rows, "miou", 4)])
    return [
        "### Segmentation",
        f"Mean ± standard deviation over {seed_counts(map(len, arms.values()))}, of the test "
        "images; each arm with its learning rate of `super-resolve`.",
        piped(cells),
    ]
