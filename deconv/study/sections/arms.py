"""Everything that was measured of every arm, one table for each task."""

from statistics import fmean

from deconv.compare.report import piped
from deconv.study import figures
from deconv.study.plan import CONTROL
from deconv.study.sections.base import (
    Section,
    Study,
    by_seed,
    counts,
    measured,
    picture,
    values,
)
from deconv.study.sections.replication import gaps


def all_arms(study: Study) -> Section | None:
    """Show quality and cost of every arm, and the control."""
    if not study.tasks:
        return None
    seeds = counts(len(rows) for task in study.tasks for rows in study.arms(task).values())
    parts = [
        f"Mean ± standard deviation over {seeds} seeds, of all test images. These numbers "
        "describe: only the planned contrasts were tested. The background are the pixels that are "
        "exactly black in the original, with one MSE over all images, because many a background "
        "is perfect. The foreground are the others, image by image. Multiplications are MACs for "
        "one image, by formula. The speed is of training with one thread beside other trainings, "
        "and depends on what else the machine did; `python -m benchmarks.arms` measures it alone.",
    ]
    for task in study.tasks:
        parts += [f"### {task}", piped(table(study, task))]
    parts.append(picture("seeds", "Test PSNR of every seed of every arm"))
    parts += [*black(study), *control(study)]
    drawn = {task: psnr_of_seeds(study, task) for task in study.tasks}
    return Section("All arms", parts, {"seeds": figures.dots(drawn)})


def table(study: Study, task: str) -> list[list[str]]:
    """Return the cells of a task's table."""
    cells = [["arm", "seeds", "PSNR (dB)", "foreground (dB)", "background (dB)", "SSIM",
              "parameters", "multiplications", "images/s"]]  # fmt: skip
    for arm, rows in study.arms(task).items():
        names = ("psnr", "psnr_foreground", "psnr_background")
        quality = [measured(rows, name, 2) for name in names]
        size = [f"{fmean(values(rows, name)):,.0f}" for name in ("parameters", "macs")]
        ssim, speed = measured(rows, "ssim", 4), measured(rows, "images_per_second", 0)
        cells.append([f"`{arm}`", f"{len(rows)}", *quality, ssim, *size, speed])
    return cells


def psnr_of_seeds(study: Study, task: str) -> dict[str, list[float]]:
    """Return the PSNR of every seed of each arm."""
    return {arm: values(rows, "psnr") for arm, rows in study.arms(task).items()}


def black(study: Study) -> list[str]:
    """Name the runs that have learned no more than that most pixels are black."""
    said = [
        f"- `{task}`, `{arm}`: {len(seeds)} of {len(rows)} seeds ({', '.join(map(str, seeds))})"
        for task in study.tasks
        for arm, rows in study.arms(task).items()
        if (seeds := study.learned_nothing(task, arm))
    ]
    if not said:
        return []
    return [
        f"These runs have learned nothing: they draw black pictures, which have {study.black:.2f} "
        "dB. They are in all means, and a mean with some of them describes no run:",
        "\n".join(said),
    ]


def control(study: Study) -> list[str]:
    """Compare the two arms that are one function, written twice."""
    said = []
    for task in study.tasks:
        arms = study.arms(task)
        if {CONTROL, "transposed"} <= arms.keys():
            one, other = by_seed(arms[CONTROL]), by_seed(arms["transposed"])
            if found := gaps(one, other):
                each = ", ".join(f"{gap:z.3f}" for gap in found)
                said.append(f"- `{task}`: largest {max(map(abs, found)):.3f} dB ({each})")
    if not said:
        return []
    return [
        "### The control",
        f"`{CONTROL}` is the same function as `transposed` and starts from the same weights: "
        "zeros are inserted, and a convolution follows. So their numbers must be equal, but for "
        "rounding, which a training lets grow. Difference of the PSNR, seed by seed:",
        "\n".join(said),
        "Two single runs that differ by no more than this are not to be told apart.",
    ]
