"""Everything that was measured of every arm, one table for each task."""

from collections.abc import Sequence
from statistics import fmean

from deconv.compare.report import piped
from deconv.compare.seeds import FEWEST
from deconv.study import figures
from deconv.study.decisions import OVERLAP, PSNR, p_text
from deconv.study.plan import CONTROL, TWINS
from deconv.study.sections.base import (
    UPSAMPLERS,
    Section,
    Study,
    by_seed,
    grouped,
    measured,
    picture,
    plural,
    seed_counts,
    values,
)
from deconv.study.sections.replication import gaps
from deconv.study.statistics import ALPHA, contrast

QUALITY = ("psnr", "psnr_foreground", "psnr_background")


def all_arms(study: Study) -> Section | None:
    """Show quality and cost of every arm, and the control."""
    if not study.tasks:
        return None
    seeds = seed_counts(len(rows) for task in study.tasks for rows in study.arms(task).values())
    parts = [
        f"Mean ± standard deviation over {seeds}, of all test images. These numbers "
        "describe: only the planned contrasts were tested. The background are the pixels that are "
        "exactly black in the original, with one MSE over all images, because many a background "
        "is perfect. The foreground are the others, image by image. Multiplications are MACs for "
        "one image, by formula. The speed is of training with one thread beside other trainings, "
        "and depends on what else the machine did; `python -m benchmarks.arms` measures it alone. "
        "The rows without seeds need no training: bicubic resizing, and the best linear map from "
        "the input, or through 32 numbers, for the same training images.",
    ]
    for task in study.tasks:
        parts += [f"### {task}", piped(table(study, task))]
    parts.append(picture("seeds", "Test PSNR of every seed of every arm"))
    parts += [*blind(study), *control(study)]
    drawn = {task: psnr_of_seeds(study, task) for task in study.tasks}
    return Section("All arms", parts, {"seeds": figures.dots(drawn)})


def table(study: Study, task: str) -> list[list[str]]:
    """Return the cells of a task's table."""
    cells = [["arm", "seeds", "diverged", "PSNR (dB)", "foreground (dB)", "background (dB)", "SSIM",
              "parameters", "multiplications", "images/s"]]  # fmt: skip
    for name, found in study.references[task].items():
        quality = [f"{found[each]:.2f}" for each in QUALITY]
        cells.append([name, "–", "–", *quality, f"{found['ssim']:.4f}", *["–"] * 3])
    arms, diverged = study.arms(task), study.diverged(task)
    for arm in (each for each in UPSAMPLERS if each in arms or diverged[each]):
        rows = arms.get(arm, [])
        quality = [measured(rows, name, 2) for name in QUALITY]
        sizes = [values(rows, name) for name in ("parameters", "macs")]
        size = [f"{fmean(own):,.0f}" if own else "–" for own in sizes]
        ssim, speed = measured(rows, "ssim", 4), measured(rows, "images_per_second", 0)
        seeds = [study.noted(len(rows), rows), f"{diverged[arm]}"]
        cells.append([f"`{arm}`", *seeds, *quality, ssim, *size, speed])
    return cells


def psnr_of_seeds(study: Study, task: str) -> dict[str, list[float]]:
    """Return the PSNR of every seed of each arm."""
    return {arm: values(rows, "psnr") for arm, rows in study.arms(task).items()}


def blind(study: Study) -> list[str]:
    """Name every run that is no better than what is drawn without looking."""
    runs = grouped((row.job.title.rpartition(", seed ")[0], row) for row in study.rows)
    said = []
    for title, rows in runs.items():
        if bad := study.learned_nothing(rows):
            seeds = ", ".join(f"{row.job.seed}" for row in bad)
            said.append(f"- {title}: {len(bad)} of {plural(len(rows), 'seed')} ({seeds})")
    if not said:
        return []
    return [
        "### Runs that learned nothing",
        "They draw the same picture whatever they are given, or nothing. The mean training image "
        f"in place of every test image has {PSNR.text(study.unseen['psnr'])}, and background "
        f"everywhere a mean intersection over union of {OVERLAP.text(study.unseen['miou'])}; these "
        f"runs are not {PSNR.nothing:g} dB, or {OVERLAP.nothing:g}, above that. They are in all "
        "means, and a mean with some of them describes no run:",
        "\n".join(said),
    ]


def control(study: Study) -> list[str]:
    """Compare the two arms that are one function, written twice."""
    said = []
    for task in study.tasks:
        one, other = (by_seed(study.arms(task).get(arm, [])) for arm in (CONTROL, TWINS[CONTROL]))
        if found := gaps(one, other):
            each = ", ".join(f"{gap:z.3f}" for gap in found)
            line = f"- `{task}`: largest {max(map(abs, found)):.3f} dB ({each})"
            said.append(f"{line}{floor(found)}")
    if not said:
        return []
    return [
        "### The control",
        f"`{CONTROL}` is the same function as `{TWINS[CONTROL]}` and starts from the same weights: "
        "zeros are inserted, and a convolution follows. So their numbers must be equal, but for "
        "rounding, which a training lets grow. Difference of the PSNR, seed by seed:",
        "\n".join(said),
        "Two single runs that differ by no more than the largest are not to be told apart. The "
        "interval is what so many pairs say of two arms that differ by rounding alone. Most of the "
        "planned contrasts are noisier, because their arms begin with other weights.",
    ]


def floor(differences: Sequence[float]) -> str:
    """Say what a planned contrast would say of the control and what it must equal."""
    if len(differences) < FEWEST:
        return ""
    found = contrast(differences, [0.0] * len(differences), PSNR.margin)
    low, high = found.interval
    verdict = "equivalent" if found.p_equivalence <= ALPHA else "not shown to be equivalent"
    return (
        f"; mean {found.mean:z.3f} dB, 95 % interval from {low:z.3f} to {high:z.3f} dB (Student's "
        f"t, {found.n} pairs); {verdict} within ±{PSNR.margin:g} dB ({p_text(found.p_equivalence)})"
    )
