"""What an upsampler leaves in the pictures, and what its network does by itself."""

from deconv.compare.report import piped
from deconv.study import figures
from deconv.study.sections.base import (
    Section,
    Study,
    file_name,
    measured,
    picture,
    seed_counts,
    values,
)
from deconv.study.spectra import RINGS

IN_PICTURES = {
    "replicas, outer": ("replica_2", 2),
    "replicas, inner": ("replica_4", 2),
    "phases, outer": ("phase_spread_2", 4),
    "phases, inner": ("phase_spread_4", 4),
    "shift right": ("shift_right", 4),
    "shift down": ("shift_down", 4),
}
"""Heads of columns to measures and their decimal places; so the next."""
IN_NETWORK = {
    "gains, outer: before": ("initial_gain_spread_outer", 2),
    "gains, outer: during": ("during_gain_spread_outer", 2),
    "gains, outer: after": ("gain_spread_outer", 2),
    "gains, inner: before": ("initial_gain_spread_inner", 2),
    "gains, inner: during": ("during_gain_spread_inner", 2),
    "gains, inner: after": ("gain_spread_inner", 2),
    "constant latent, outer": ("constant_2", 4),
    "constant latent, inner": ("constant_4", 4),
    "flat latent, outer": ("flat_2", 4),
    "flat latent, inner": ("flat_4", 4),
}


def artefacts(study: Study) -> Section | None:
    """Show the patterns that each arm leaves, those of the two layers apart."""
    if not study.tasks:
        return None
    seeds = seed_counts(len(rows) for task in study.tasks for rows in study.arms(task).values())
    parts = [
        f"Mean ± standard deviation over {seeds}; no test and no claim rests on these "
        "numbers. The outer layer (14 to 28 pixels) leaves patterns of period 2, the inner one "
        "(7 to 14) patterns of period 4. In `super-resolve` a part of them belongs to the task: "
        "the input are means of 4×4 pixels, and whoever draws the picture errs otherwise at the "
        "edge of such a block than in its middle. The rows without seeds show how much: they need "
        "no upsampling layer.",
        "- **Replicas**: energy of the error at the frequencies of such a pattern, over that of "
        "the frequencies beside them. 1: nothing stands out; but pictures are not noise, and a "
        "blur has 0.7 to 1.1, so compare arms.\n"
        "- **Phases**: how unequal the errors of the phases are: the standard deviation of their "
        "RMSEs, over the mean.\n"
        "- **Shift**: how much the answer changes, besides moving along, when the image moves by "
        "one pixel (root mean square, in pixel values from −1 to 1). Zeros around the maps have a "
        "part in it, a larger one with larger kernels; in `super-resolve` the shift changes the "
        "input itself, and a latent of 32 numbers has no places. So no arm is ranked by it.\n"
        "- **Gains**: how unequally a layer's phases answer to the same input, from 0 (alike) to 1 "
        "(the checkerboard is all there is). Independent random weights have √¾ = 0.87, and a "
        "resize before the convolution has 0 whatever the weights. `during` is before "
        "the last epoch.\n"
        "- **Constant and flat latent**: the pattern in what is drawn of a latent that is the same "
        "at all 7×7 places, the mean latent or its mean number, as a standard deviation in pixel "
        "values.\n\n"
        "`deconv/study/measures.py`, `spectra.py` and `responses.py` define them.",
    ]
    drawn = {}
    for task in study.tasks:
        name = f"artefacts-{file_name(task)}"
        says = f"Replicas, phase spread and gains of every arm, {task}"
        parts += [f"### {task}", picture(name, says)]
        parts += [piped(table(study, task, columns)) for columns in (IN_PICTURES, IN_NETWORK)]
        drawn[name] = figures.artefacts(task, drawn_measures(study, task))
    parts += [
        "### Spectra",
        "Power of the reconstructions over that of the originals, by frequency, mean over the "
        "seeds: below 1 is too smooth, above 1 too rough.",
        picture("spectra", "Ratio of radial spectra of every arm"),
    ]
    drawn["spectra"] = figures.spectra({task: spectra(study, task) for task in study.tasks})
    return Section("Artefacts", parts, drawn)


def table(study: Study, task: str, columns: dict[str, tuple[str, int]]) -> list[list[str]]:
    """Return the cells of a task's table with these columns."""
    cells = [["arm", "seeds", *columns]]
    for name, without in study.references[task].items():
        if columns is IN_PICTURES:
            numbers = (
                f"{without[key]:.{digits}f}" if key in without else "–"
                for key, digits in columns.values()
            )
            cells.append([name, "–", *numbers])
    for arm, rows in study.arms(task).items():
        found = [measured(rows, name, digits) for name, digits in columns.values()]
        cells.append([f"`{arm}`", study.noted(len(rows), rows), *found])
    return cells


def drawn_measures(study: Study, task: str) -> dict[str, dict[str, list[float]]]:
    """Return what is drawn: of each arm, every seed of each measure."""
    names = [name for name, _ in (*IN_PICTURES.values(), *IN_NETWORK.values())]
    return {
        arm: {name: values(rows, name) for name in names} for arm, rows in study.arms(task).items()
    }


def spectra(study: Study, task: str) -> dict[str, list[list[float]]]:
    """Return the spectral ratios of each arm: a list for each ring, a number for each seed."""
    return {
        arm: [values(rows, f"spectrum_{ring}") for ring in range(RINGS)]
        for arm, rows in study.arms(task).items()
    }
