"""Finished runs: found, read, and told apart by a label."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deconv.config import FRAMEWORKS
from deconv.data.splits import TITLES
from deconv.errors import ArtifactError
from deconv.files import explained, shown
from deconv.running.record import METRICS, EpochRow, RunRecord, read_history, read_record

PICTURE_TASKS = ("reconstruct", "denoise", "super-resolve")
"""Tasks whose results are pictures, which PSNR and SSIM measure."""


@dataclass(frozen=True)
class FinishedRun:
    """What a run left behind, under the label that it has among the runs on its dataset."""

    label: str
    folder: Path
    record: RunRecord
    history: list[EpochRow]

    @property
    def validation_psnr(self) -> float:
        """Decibels on the validation images after the epoch whose weights were kept."""
        return min(self.history, key=lambda row: row.validation_loss).validation_psnr


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

    Runs of one framework on one dataset are numbered. Raises `ArtifactError` when
    a folder does not hold a finished run of a framework and on a dataset that are
    known here.
    """
    records = {folder.resolve(): read_record(folder) for folder in folders}
    for folder, record in records.items():
        _check_known(folder, "framework", record.framework, FRAMEWORKS)
        _check_known(folder, "dataset", record.dataset, TITLES)
        _check_known(folder, "task", record.task, PICTURE_TASKS)
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
