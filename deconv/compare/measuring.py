"""How well the weights of finished runs do, by one measure for all.

The test images go through the weights again; `deconv.metrics` measures what comes out.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from deconv import metrics, scratch
from deconv.compare.runs import FinishedRun, read_runs
from deconv.config import ROOT, DatasetName, DeviceName, RunConfig
from deconv.data.archives import find_data_dir
from deconv.data.splits import Splits, load_splits
from deconv.errors import ArtifactError
from deconv.files import explained, shown
from deconv.metrics import Scores
from deconv.running.record import WEIGHTS
from deconv.weights import read_model

IN_NUMPY = ("numpy", "handmade")
"""Runs whose weights no framework made."""


@dataclass(frozen=True)
class MeasuredRun(FinishedRun):
    """A run, and how well its weights do when they are measured here."""

    scores: Scores
    psnr: np.ndarray
    """Decibels of each test image, float64 `(N,)`."""
    foreground_psnr: float
    """Mean over test images of the PSNR of the foreground alone, in decibels."""
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
    for run in runs:
        check_own_weights(run)
    names: tuple[DatasetName, ...] = ("fashion-mnist", "synthetic")
    used = {run.record.dataset for run in runs}
    splits: dict[str, Splits] = {
        name: load_splits(RunConfig(dataset=name, data_dir=data_dir))
        for name in names
        if name in used
    }
    for run in runs:
        check_same_data(run, splits[run.record.dataset])
    # One framework at a time, because two may not fit on one GPU; the next computes while the
    # images of the last are measured. Its process is started here, so that a signal ends both.
    with ThreadPoolExecutor(max_workers=1) as pool:
        measured = [
            pool.submit(measure, run, reconstruct(run, data, data_dir, device), data)
            for run, data in ((run, splits[run.record.dataset]) for run in runs)
        ]
    return grouped([run.result() for run in measured], splits.values())


def check_own_weights(run: FinishedRun) -> None:
    """Raise `ArtifactError` when the weights in a run's folder are of another model than it had."""
    design, _ = read_model(run.folder / WEIGHTS)
    for name, value in asdict(design).items():
        trained = getattr(run.record, name)
        if (value or 0) != trained:
            raise ArtifactError(
                f"{shown(run.folder)} was trained with {name} {trained!r}, but holds weights of "
                f"{value!r}, which are another run's; train it again, or leave it out"
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
    if run.record.framework in IN_NUMPY:  # needs no process of its own
        design, weights = read_model(run.folder / WEIGHTS)
        scratch.check(RunConfig(**asdict(design)))
        return scratch.reconstruct(weights, metrics.to_unit_range(splits.test))
    return _inference_command(run, data_dir, device)


def _inference_command(run: FinishedRun, data_dir: Path | None, device: DeviceName) -> np.ndarray:
    module = f"{run.record.framework}.src.inference"
    with explained("measure", run.folder), TemporaryDirectory() as temporary:
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
    if done.returncode in (-9, -15):
        raise ArtifactError(
            f"{shown(run.folder)}: {module} was killed, maybe because the memory is full; run again"
        )
    complaint = re.search(r"^(?:error|ModuleNotFoundError): (.*)", done.stderr, re.M | re.S)
    if complaint:
        raise ArtifactError(f"{shown(run.folder)}: {complaint[1].strip()}")
    raise RuntimeError(f"{module} ended with status {done.returncode}:\n{done.stderr}")


def measure(run: FinishedRun, output: np.ndarray, splits: Splits) -> MeasuredRun:
    """Measure the reconstructions of all test images, `output (N, 28, 28, 1)`.

    Raises `ImageError` as the metrics do.
    """
    images = metrics.to_unit_range(splits.test)
    psnr = metrics.psnr(output, images)
    scores = metrics.scores(output, images)
    foreground = float(metrics.foreground_psnr(output, images).mean())
    examples = output[_first_of_each_class(splits)]
    return MeasuredRun(
        **vars(run), scores=scores, psnr=psnr, foreground_psnr=foreground, examples=examples
    )


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
