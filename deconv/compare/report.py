"""What is said about measured runs: table and notes, as text, Markdown, JSON and figures."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from deconv.compare import seeds
from deconv.compare.measuring import Group, MeasuredRun
from deconv.config import FRAMEWORKS
from deconv.data.splits import TITLES
from deconv.drawing import plots
from deconv.files import explained, shown, write_atomically

# Two runs that differ in one of these do not show the difference of two frameworks.
SETTINGS = (
    "task",
    "upsampler",
    "architecture",
    "activation",
    "latent",
    "loss",
    "train_images",
    "epochs",
    "batch_size",
    "learning_rate",
    "weight_decay",
    "precision",
    "seed",
)
CLAIM_TOLERANCE = 0.01  # dB
WARNING = (
    "These are drawn garments, the built-in stand-in, NOT Fashion-MNIST. "
    "What is measured on them says nothing about Fashion-MNIST."
)
APART = "Numbers on different datasets are not ranked: they say nothing about each other."
MEANS = (
    "PSNR is `10·log10(2² / MSE)` of each image, then the mean over images; one PSNR of the mean "
    "MSE would be lower. The foreground are the pixels of the original that are not exactly black."
)
METHOD = (
    "Every run's weights reconstructed all test images again, and `deconv.metrics` measured the "
    f"result. {MEANS} SSIM has an 11×11 Gaussian window (sigma 1.5). Times, speeds and the PSNR of "
    "the validation images, by which settings are chosen, are the runs' own records."
)
FIGURES = {
    "curves": "Learning curves",
    "reconstructions": "Reconstructions",
    "psnr": "PSNR of each test image",
}
"""File name of a figure, without its ending, to what stands for it where it cannot be seen."""

ROWS: dict[str, Callable[[MeasuredRun], str]] = {
    "framework": lambda run: f"{FRAMEWORKS[run.record.framework]} {run.record.framework_version}",
    "run": lambda run: shown(run.folder),
    "device": lambda run: run.record.device,
    "dataset": lambda run: TITLES[run.record.dataset],
    "parameters": lambda run: f"{run.record.parameters:,}",
    "epochs": lambda run: f"{run.record.epochs}",
    "best epoch": lambda run: f"{run.record.best_epoch}",
    "training time": lambda run: f"{run.record.train_seconds:.1f} s",
    "training speed": lambda run: (
        f"{run.record.images_per_second:,.0f} images/s" if run.record.epochs else "–"
    ),
    "validation PSNR": lambda run: f"{run.validation_psnr:.2f} dB",
    "test MSE": lambda run: f"{run.scores.mse:.6f}",
    "test PSNR": lambda run: f"{run.scores.psnr:.2f} dB",
    "foreground PSNR": lambda run: f"{run.foreground_psnr:.2f} dB",
    "test SSIM": lambda run: f"{run.scores.ssim:.4f}",
}


def table(group: Group) -> list[list[str]]:
    """Return the cells of the comparison: a column per run, below a row of their labels."""
    head = ["", *(run.label for run in group.runs)]
    return [head, *([name, *(cell(run) for run in group.runs)] for name, cell in ROWS.items())]


def notes(group: Group) -> list[str]:
    """Say in sentences who is ahead, whose claim is off, and what makes the runs unlike."""
    best, *others = group.ranking
    lines = [_distance(run, best) for run in others]
    if not others:
        lines.append("It is the only run on this dataset, so there is nothing to compare it with.")
    off = [run for run in group.runs if not abs(run.claim_error) <= CLAIM_TOLERANCE]
    lines += [
        f"{run.label} claims {run.record.test_psnr:.2f} dB in its own record, "
        f"but its weights give {run.scores.psnr:.2f} dB."
        for run in off
    ]
    if not off:
        lines.append(f"The PSNR in each run's own record agrees within {CLAIM_TOLERANCE} dB.")
    for setting, values in differing_settings(group).items():
        name = setting.replace("_", " ")
        lines.append(f"The runs do not have the same {name}: {', '.join(values)}.")
    return lines


def _distance(run: MeasuredRun, best: MeasuredRun) -> str:
    decibels = best.scores.psnr - run.scores.psnr
    if decibels >= 0.005:  # else it would be printed as 0.00
        return f"{run.label} is {decibels:.2f} dB below {best.label}."
    return f"{best.label} and {run.label} have the same test PSNR, to 0.01 dB."


def differing_settings(group: Group) -> dict[str, list[str]]:
    """Return the settings that the runs do not share, with the value of each run."""
    values = {name: [str(getattr(run.record, name)) for run in group.runs] for name in SETTINGS}
    return {name: found for name, found in values.items() if len(set(found)) > 1}


def heading(group: Group) -> str:
    """Name the dataset and how many images were measured."""
    return f"{TITLES[group.dataset]}: {len(group.runs[0].psnr):,} test images"


def over_seeds(group: Group) -> list[tuple[str, list[list[str]], list[str]]]:
    """Return title, table and sentences of runs that differ by framework and seed alone."""
    others = [name for name in differing_settings(group) if name != "seed"]
    alike = defaultdict(list)
    for run in group.runs:
        values = [f"{name.replace('_', ' ')} {getattr(run.record, name)}" for name in others]
        alike[", ".join(["Seed by seed", *values])].append(run)
    parts = [(title, seeds.table(runs), seeds.sentences(runs)) for title, runs in alike.items()]
    return [part for part in parts if part[1]]


def aligned(cells: Sequence[Sequence[str]]) -> str:
    """Lay a table out in columns."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def piped(cells: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    head, *rows = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([head, "|---" * len(cells[0]) + "|", *rows])


def screen(groups: Sequence[Group]) -> str:
    """Return the comparison as text for the terminal."""
    parts = []
    for group in groups:
        warning = [f"*** {WARNING} ***"] if group.dataset == "synthetic" else []
        lines = [heading(group), *warning, "", aligned(table(group)), "", MEANS, "", *notes(group)]
        for title, cells, said in over_seeds(group):
            lines += ["", title, "", aligned(cells), "", *said]
        parts.append("\n".join(lines))
    if len(groups) > 1:
        parts.append(APART)
    return "\n\n\n".join(parts)


def markdown(groups: Sequence[Group]) -> str:
    """Return the comparison as Markdown, with links to the figures beside it."""
    parts = ["# Runs side by side", METHOD]
    if len(groups) > 1:
        parts.append(APART)
    for number, group in enumerate(groups, start=1):
        parts.append(f"## {heading(group)}")
        if group.dataset == "synthetic":
            parts.append(f"> **{WARNING}**")
        parts += [piped(table(group)), "\n".join(f"- {note}" for note in notes(group))]
        for title, cells, said in over_seeds(group):
            parts += [f"### {title}", piped(cells), "\n".join(f"- {line}" for line in said)]
        for name, title in FIGURES.items():
            parts.append(f"![{title}]({figure_file(name, number)})")
    return "\n\n".join(parts) + "\n"


def figure_file(name: str, number: int) -> str:
    """Name the file of a figure of the first, second, … group."""
    return f"{name}.png" if number == 1 else f"{name}-{number}.png"


def draw_figures(group: Group) -> dict[str, Figure]:
    """Draw what `FIGURES` names, for the runs of one group."""
    where, count = TITLES[group.dataset], len(group.runs[0].psnr)
    return {
        "curves": plots.curves_compared(
            {run.label: run.history for run in group.runs}, f"Learning curves: {where}"
        ),
        "reconstructions": plots.reconstructions_compared(
            group.examples,
            {run.label: run.examples for run in group.runs},
            f"The first test image of each class: {where}",
        ),
        "psnr": plots.psnr_distribution(
            {run.label: run.psnr for run in group.runs}, f"PSNR of {count:,} test images: {where}"
        ),
    }


def machine_readable(groups: Sequence[Group]) -> dict[str, Any]:
    """Return the content of `comparison.json`; a number that is not finite becomes null."""
    return {
        "groups": [
            {
                "dataset": group.dataset,
                "dataset_sha256": group.sha256,
                "is_stand_in": group.dataset == "synthetic",
                "test_images": len(group.runs[0].psnr),
                "ranking": [run.label for run in group.ranking],
                "differing_settings": differing_settings(group),
                "runs": [
                    {
                        "label": run.label,
                        "folder": str(run.folder),
                        "record": _finite(asdict(run.record)),
                        "measured": _finite(
                            asdict(run.scores) | {"foreground_psnr": run.foreground_psnr}
                        ),
                        "claim_agrees": abs(run.claim_error) <= CLAIM_TOLERANCE,
                    }
                    for run in group.runs
                ],
            }
            for group in groups
        ]
    }


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in values.items()}


def write_report(groups: Sequence[Group], folder: Path) -> None:
    """Write report, numbers and figures into `folder`, all made before the first is written.

    Raises `ArtifactError` when the folder cannot be written.
    """
    files = {
        figure_file(name, number): plots.png(figure)
        for number, group in enumerate(groups, start=1)
        for name, figure in draw_figures(group).items()
    }
    numbers = json.dumps(machine_readable(groups), indent=2, allow_nan=False)
    files["comparison.json"] = f"{numbers}\n".encode()
    files["report.md"] = markdown(groups).encode(errors="replace")  # a folder's name may be no text
    earlier = {figure_file(name, n + 1) for name in FIGURES for n in range(len(TITLES))}
    with explained("write into", folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in earlier - files.keys():
            (folder / name).unlink(missing_ok=True)
    for name, data in files.items():
        write_atomically(folder / name, data)
