"""Runs side by side: `python -m deconv.compare [RUN_DIR …]`.

No number here is taken on trust. The weights of each run go through the
inference command of its framework, as a user would type it, and one arbiter
(`deconv.metrics`) measures what comes out. Those commands are processes of their
own, so this one needs neither framework.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from matplotlib.figure import Figure

from deconv import cli, figures, metrics, scratch
from deconv.artifacts import (
    METRICS,
    WEIGHTS,
    EpochRow,
    RunRecord,
    explained,
    read_history,
    read_record,
    shown,
    write_atomically,
)
from deconv.config import FRAMEWORKS, ROOT, DatasetName, DeviceName, RunConfig
from deconv.errors import ArtifactError
from deconv.fashion_mnist import TITLES, Splits, find_data_dir, load_splits
from deconv.metrics import Scores
from deconv.weights import check_fit, initial_weights, read_weights

# Two runs that differ in one of these do not show the difference of two frameworks.
SETTINGS = (
    "upsampler",
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
METHOD = (
    "Every run's weights reconstructed all test images again, and `deconv.metrics` measured the "
    "result. PSNR is `10·log10(2² / MSE)` of each image, then the mean over images; SSIM has an "
    "11×11 Gaussian window (sigma 1.5). Times and speeds are the runs' own records."
)
PICTURES = {
    "curves": "Learning curves",
    "reconstructions": "Reconstructions",
    "psnr": "PSNR of each test image",
}


@dataclass(frozen=True)
class CompareConfig:
    """Compare finished runs: measure each again from its weights and report them side by side."""

    runs: Annotated[
        tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[RUN_DIR …]")
    ] = ()
    """Folders of finished runs [default: those of the trainers in the artifact folder]."""
    data_dir: Path | None = None
    """Folder of the Fashion-MNIST archives [default: $FASHION_MNIST_DIR, else artifacts/data]."""
    artifact_dir: Path = ROOT / "artifacts"
    """Where the default runs are; the report goes into its folder `comparison`."""
    device: DeviceName = "auto"
    """Where to compute; auto takes the first of CUDA, MPS, CPU that is there."""


@dataclass(frozen=True)
class FinishedRun:
    """What a run left behind, under the label that it has among the runs on its dataset."""

    label: str
    folder: Path
    record: RunRecord
    history: list[EpochRow]


@dataclass(frozen=True)
class MeasuredRun(FinishedRun):
    """A run, and how well its weights do when they are measured here."""

    scores: Scores
    psnr: np.ndarray
    """Decibels of each test image, float64 `(N,)`."""
    examples: np.ndarray
    """Its reconstructions of the group's examples, same shape as those."""

    @property
    def claim_error(self) -> float:
        """Decibels by which the run's own record is above what was measured."""
        return self.record.test_psnr - self.scores.psnr


@dataclass(frozen=True)
class Group:
    """Runs on the same dataset: only within a group are runs ranked."""

    dataset: str
    sha256: str
    examples: np.ndarray
    """The first test image of each class, float32 `(10, 28, 28, 1)`."""
    runs: list[MeasuredRun]

    @property
    def ranking(self) -> list[MeasuredRun]:
        """The runs, highest mean PSNR first."""
        return sorted(self.runs, key=lambda run: -run.scores.psnr)


def compare(
    folders: Iterable[Path], data_dir: Path | None = None, device: DeviceName = "auto"
) -> list[Group]:
    """Measure runs again from their weights: one group per dataset, Fashion-MNIST first.

    Raises `ArtifactError` when a folder holds no run that can be measured here, and
    passes on what the loading of the data and the inference commands complain about.
    """
    runs = read_runs(folders)
    names: tuple[DatasetName, ...] = ("fashion-mnist", "synthetic")
    used = {run.record.dataset for run in runs}
    splits: dict[str, Splits] = {
        name: load_splits(RunConfig(dataset=name, data_dir=data_dir))
        for name in names
        if name in used
    }
    for run in runs:
        check_same_data(run, splits[run.record.dataset])
    # One framework at a time, because two may not fit on one GPU; the next starts while
    # the images of the last are measured.
    with ThreadPoolExecutor(max_workers=1) as pool:
        outputs = pool.map(
            lambda run: reconstruct(run, splits[run.record.dataset], data_dir, device), runs
        )
        measured = [
            measure(run, output, splits[run.record.dataset])
            for run, output in zip(runs, outputs, strict=True)
        ]
    return grouped(measured, splits.values())


def finished_runs(artifact_dir: Path) -> list[Path]:
    """Return the folders of the trainers in `artifact_dir` that hold a finished run.

    Raises `ArtifactError` when there is none.
    """
    folders = [artifact_dir / f"{framework}_deconv" for framework in FRAMEWORKS]
    with explained("look into", artifact_dir):
        found = [folder for folder in folders if (folder / METRICS).exists()]
    if not found:
        raise ArtifactError(
            f"there is no finished run in {shown(artifact_dir)}; make one with "
            "python -m pytorch.src.train or python -m tensorflow.src.train, "
            "or name the folders of other runs"
        )
    return found


def read_runs(folders: Iterable[Path]) -> list[FinishedRun]:
    """Read records and histories; a folder that is named twice counts once.

    Raises `ArtifactError` when a folder does not hold a finished run of a
    framework and on a dataset that are known here.
    """
    records = {folder.resolve(): read_record(folder) for folder in folders}
    for folder, record in records.items():
        _check_known(folder, "framework", record.framework, FRAMEWORKS)
        _check_known(folder, "dataset", record.dataset, TITLES)
    total = Counter((record.framework, record.dataset) for record in records.values())
    seen: Counter[tuple[str, str]] = Counter()
    runs = []
    for folder, record in records.items():
        kind = record.framework, record.dataset
        seen[kind] += 1
        number = f" {seen[kind]}" if total[kind] > 1 else ""
        label = FRAMEWORKS[record.framework] + number
        history = read_history(folder)
        if not history:
            raise ArtifactError(f"{shown(folder)} has a history without epochs; train again")
        runs.append(FinishedRun(label, folder, record, history))
    return runs


def _check_known(folder: Path, what: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise ArtifactError(
            f"{shown(folder)} is a run of the {what} {name!r}, but only "
            f"{' and '.join(known)} can be compared here"
        )


def check_same_data(run: FinishedRun, splits: Splits) -> None:
    """Raise `ArtifactError` when the run saw another version of its dataset than is here."""
    if run.record.dataset_sha256 != splits.sha256:
        raise ArtifactError(
            f"{shown(run.folder)} was trained on another version of {splits.name} than is here "
            f"(SHA-256 {run.record.dataset_sha256[:12]}…, here {splits.sha256[:12]}…); "
            "train it again, or leave it out"
        )


def reconstruct(
    run: FinishedRun, splits: Splits, data_dir: Path | None, device: DeviceName
) -> np.ndarray:
    """Let the run's framework reconstruct all test images: float32 `(N, 28, 28, 1)`.

    Raises `ArtifactError` with the command's own words when it complains.
    """
    if run.record.framework == "numpy":  # needs no process of its own
        weights = read_weights(run.folder / WEIGHTS)
        check_fit(weights, initial_weights(0))
        return scratch.reconstruct(weights, metrics.to_unit_range(splits.test))
    module = f"{run.record.framework}.src.inference"
    with tempfile.TemporaryDirectory() as temporary:
        array = Path(temporary) / "reconstructions.npy"
        command: list[str | Path] = [sys.executable, "-m", module, "--array", array]
        command += ["--weights", run.folder / WEIGHTS, "--device", device]
        command += ["--dataset", run.record.dataset]
        if run.record.dataset != "synthetic":
            command += ["--data-dir", find_data_dir(data_dir).resolve()]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode == 0:
            return np.load(array, allow_pickle=False)
    complaint = re.search(r"^(?:error|ModuleNotFoundError): (.*)", done.stderr, re.M | re.S)
    if complaint:
        raise ArtifactError(f"{shown(run.folder)}: {complaint[1].strip()}")
    raise RuntimeError(f"{module} ended with status {done.returncode}:\n{done.stderr}")


def measure(run: FinishedRun, output: np.ndarray, splits: Splits) -> MeasuredRun:
    """Measure the reconstructions of all test images; raises `ImageError` as the metrics do."""
    images = metrics.to_unit_range(splits.test)
    psnr = metrics.psnr(output, images)
    scores = metrics.scores(output, images)
    examples = output[_first_of_each_class(splits)]
    return MeasuredRun(**vars(run), scores=scores, psnr=psnr, examples=examples)


def grouped(runs: Sequence[MeasuredRun], datasets: Iterable[Splits]) -> list[Group]:
    """Put runs on the same images together, in the order of the datasets."""
    groups = []
    for data in datasets:
        members = [run for run in runs if run.record.dataset_sha256 == data.sha256]
        examples = metrics.to_unit_range(data.test[_first_of_each_class(data)])
        groups.append(Group(data.name, data.sha256, examples, members))
    return groups


def _first_of_each_class(data: Splits) -> np.ndarray:
    return np.unique(data.test_labels, return_index=True)[1]


ROWS: dict[str, Callable[[MeasuredRun], str]] = {
    "framework": lambda run: f"{FRAMEWORKS[run.record.framework]} {run.record.framework_version}",
    "run": lambda run: shown(run.folder),
    "device": lambda run: run.record.device,
    "dataset": lambda run: TITLES[run.record.dataset],
    "parameters": lambda run: f"{run.record.parameters:,}",
    "epochs": lambda run: f"{run.record.epochs}",
    "best epoch": lambda run: f"{run.record.best_epoch}",
    "training time": lambda run: f"{run.record.train_seconds:.1f} s",
    "training speed": lambda run: f"{run.record.images_per_second:,.0f} images/s",
    "test MSE": lambda run: f"{run.scores.mse:.6f}",
    "test PSNR": lambda run: f"{run.scores.psnr:.2f} dB",
    "test SSIM": lambda run: f"{run.scores.ssim:.4f}",
}


def table(group: Group) -> list[list[str]]:
    """Return the cells of the comparison: a column per run, below a row of their labels."""
    head = ["", *(run.label for run in group.runs)]
    return [head, *([name, *(cell(run) for run in group.runs)] for name, cell in ROWS.items())]


def notes(group: Group) -> list[str]:
    """Say in sentences who is ahead, whose claim is off, and what makes the runs unlike."""
    best, *others = group.ranking
    lines = [
        f"{run.label} is {best.scores.psnr - run.scores.psnr:.2f} dB below {best.label}."
        for run in others
    ]
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


def differing_settings(group: Group) -> dict[str, list[str]]:
    """Return the settings that the runs do not share, with the value of each run."""
    values = {name: [str(getattr(run.record, name)) for run in group.runs] for name in SETTINGS}
    return {name: found for name, found in values.items() if len(set(found)) > 1}


def heading(group: Group) -> str:
    """Name the dataset and how many images were measured."""
    return f"{TITLES[group.dataset]}: {len(group.runs[0].psnr):,} test images"


def screen(groups: Sequence[Group]) -> str:
    """Return the comparison as text for the terminal."""
    parts = []
    for group in groups:
        cells = table(group)
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]
        warning = [f"*** {WARNING} ***"] if group.dataset == "synthetic" else []
        parts.append("\n".join([heading(group), *warning, "", *lines, "", *notes(group)]))
    if len(groups) > 1:
        parts.append(APART)
    return "\n\n\n".join(parts)


def report(groups: Sequence[Group]) -> str:
    """Return the comparison as Markdown, with links to the pictures beside it."""
    parts = ["# Runs side by side", METHOD]
    if len(groups) > 1:
        parts.append(APART)
    for number, group in enumerate(groups, start=1):
        head, *rows = [f"| {' | '.join(row)} |" for row in table(group)]
        parts.append(f"## {heading(group)}")
        if group.dataset == "synthetic":
            parts.append(f"> **{WARNING}**")
        parts.append("\n".join([head, "|---" * (len(group.runs) + 1) + "|", *rows]))
        parts.append("\n".join(f"- {note}" for note in notes(group)))
        for name, title in PICTURES.items():
            parts.append(f"![{title}]({picture_file(name, number)})")
    return "\n\n".join(parts) + "\n"


def picture_file(name: str, number: int) -> str:
    """Name the file of a picture of the first, second, … group."""
    return f"{name}.png" if number == 1 else f"{name}-{number}.png"


def pictures(group: Group) -> dict[str, Figure]:
    """Draw what `PICTURES` names, for the runs of one group."""
    where, count = TITLES[group.dataset], len(group.runs[0].psnr)
    return {
        "curves": figures.curves_compared(
            {run.label: run.history for run in group.runs}, f"Learning curves: {where}"
        ),
        "reconstructions": figures.reconstructions_compared(
            group.examples,
            {run.label: run.examples for run in group.runs},
            f"The first test image of each class: {where}",
        ),
        "psnr": figures.psnr_distribution(
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
                        "measured": _finite(asdict(run.scores)),
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


def write(groups: Sequence[Group], folder: Path) -> None:
    """Write report, numbers and pictures into `folder`, all made before the first is written.

    Raises `ArtifactError` when the folder cannot be written.
    """
    files = {
        picture_file(name, number): figures.png(figure)
        for number, group in enumerate(groups, start=1)
        for name, figure in pictures(group).items()
    }
    numbers = json.dumps(machine_readable(groups), indent=2, allow_nan=False)
    files["comparison.json"] = f"{numbers}\n".encode()
    files["report.md"] = report(groups).encode()
    earlier = {picture_file(name, n + 1) for name in PICTURES for n in range(len(TITLES))}
    with explained("write into", folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name in earlier - files.keys():
            (folder / name).unlink(missing_ok=True)
    for name, data in files.items():
        write_atomically(folder / name, data)


def run(config: CompareConfig) -> None:
    """Compare what `config` names, print the table and write the report."""
    folders = config.runs or finished_runs(config.artifact_dir)
    print("Reconstructing all test images from the weights of", *map(shown, folders), flush=True)
    groups = compare(folders, config.data_dir, config.device)
    folder = config.artifact_dir / "comparison"
    write(groups, folder)
    print(f"\n{screen(groups)}\n\nReport: {shown(folder / 'report.md')}")
    print(f"Picture: {shown(folder / 'reconstructions.png')}")


def main() -> None:
    """Read the command line and compare."""
    config = cli.parse(CompareConfig)
    cli.run(lambda: run(config))


if __name__ == "__main__":
    main()
