"""The report of a study, as Markdown and as one HTML file, made from its rows and nothing else.

The same rows give the same bytes: it holds no dates, and what is drawn by chance has a
seed. What the runs did not measure of themselves is computed here, from the images.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from deconv.compare.report import WARNING
from deconv.data.splits import TITLES, Splits
from deconv.drawing.plots import png
from deconv.files import explained, write_atomically
from deconv.study.decisions import PRIMARY, how_it_decides
from deconv.study.page import page
from deconv.study.plan import SIZES, Preset
from deconv.study.results import Row
from deconv.study.sections.answers import contrasts, too_few, what_to_use
from deconv.study.sections.arms import all_arms
from deconv.study.sections.artefacts import artefacts
from deconv.study.sections.base import Section, Study, figure_path, file_name, plural
from deconv.study.sections.codes import rate_and_distortion
from deconv.study.sections.limits import conditions, limits
from deconv.study.sections.others import other_networks
from deconv.study.sections.predicted import theory
from deconv.study.sections.replication import replication
from deconv.study.sections.tuning import learning_rates

TITLE = "Which way up? Upsampling layers compared"
SECTIONS: tuple[Callable[[Study], Section | None], ...] = (
    what_to_use,
    contrasts,
    all_arms,
    artefacts,
    learning_rates,
    replication,
    rate_and_distortion,
    other_networks,
    theory,
    limits,
    conditions,
)
"""In the order of the report. One that lacks its runs is left out."""
FIGURES = (
    *("contrasts", "seeds", "spectra", "rate-distortion"),
    *(f"artefacts-{file_name(task)}" for task in PRIMARY),
)
"""Names of all figures that a report can have."""


def write_report(rows: Iterable[Row], splits: Splits, preset: Preset, folder: Path) -> None:
    """Write `report.md`, `report.html` and `figures/` into the folder of a study.

    `splits` are the images of the study, all of them. Everything is made before the first
    file is written. Raises `ArtifactError` when the folder cannot be written.
    """
    study = Study(tuple(sorted(rows, key=_order)), splits, preset)
    sections = [section for write in SECTIONS if (section := write(study))]
    drawn = {
        figure_path(name): png(figure)
        for section in sections
        for name, figure in section.figures.items()
    }
    text = markdown(study, sections)
    html = page(TITLE, text, drawn)
    with explained("write into", folder):
        (folder / "figures").mkdir(parents=True, exist_ok=True)
        for path in {figure_path(name) for name in FIGURES} - drawn.keys():
            (folder / path).unlink(missing_ok=True)  # of a report before
    for path, data in drawn.items():
        write_atomically(folder / path, data)
    write_atomically(folder / "report.md", text.encode())
    write_atomically(folder / "report.html", html.encode())


def markdown(study: Study, sections: Iterable[Section]) -> str:
    """Return the report as Markdown."""
    parts = [f"# {TITLE}", *opening(study), how_it_decides().rstrip()]
    for section in sections:
        parts += [f"## {section.title}", *section.parts]
    return "\n\n".join(parts) + "\n"


def opening(study: Study) -> list[str]:
    """Say what this is, and what it is not."""
    size, good = SIZES[study.preset], sum(not row.error for row in study.rows)
    parts = []
    if study.splits.name == "synthetic":
        parts.append(f"> **{WARNING}**")
    if not study.decided:
        parts.append(f"> **This study decides nothing:** {too_few(study)}")
    parts.append(
        f"{plural(len(study.rows), 'training')} of an autoencoder, {good} of them with a result, "
        f"each for {plural(size.epochs, 'epoch')} on {size.limit:,} images where nothing else "
        f"is said. Data: {TITLES[study.splits.name]}. What was measured of each run stands in "
        "`results.csv`. This page was written by `python -m deconv.study --preset "
        f"{study.preset}`."
    )
    return parts


def _order(row: Row) -> tuple[str, int]:
    return row.job.name.rpartition("=")[0], row.job.seed  # seed 10 comes after seed 9
