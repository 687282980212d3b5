"""What a run leaves behind. A file is written whole or not at all.

Students stop programs at any moment and start the next run over the last one.
So a file takes its name only when all its bytes are on the disk, and a new run
first moves an earlier one aside instead of writing over it.
"""

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from filelock import FileLock, Timeout

from deconv.config import RunConfig
from deconv.errors import DAMAGE, ArtifactError

WEIGHTS = "weights.safetensors"
METRICS = "metrics.json"
HISTORY = "history.csv"
CONFIG = "config.json"
TEMPORARY = ".tmp"

Row = TypeVar("Row")


@dataclass(frozen=True)
class EpochRow:
    """One line of `history.csv`. Losses are mean squared errors of pixels in [-1, 1]."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_psnr: float
    validation_ssim: float
    learning_rate: float
    """After the last step of the epoch."""
    seconds: float
    """Training alone, without the validation that follows."""
    dataset: str
    """In every line, so that the file says what it is about wherever it is copied."""


@dataclass(frozen=True)
class RunRecord:
    """`metrics.json`: what was run, on what, and how well it did."""

    framework: str
    framework_version: str
    device: str
    dataset: str
    dataset_sha256: str
    train_images: int
    upsampler: str
    precision: str
    compiled: bool
    seed: int
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    best_epoch: int
    parameters: int
    test_mse: float
    test_psnr: float
    """Decibels, mean over images."""
    test_ssim: float
    train_seconds: float
    """Training alone, compilation and first batch included, evaluation not."""
    images_per_second: float
    """Training images over `train_seconds`."""


@contextmanager
def explained(action: str, path: Path) -> Iterator[None]:
    """Turn an operating-system error into an `ArtifactError` that names `action` and `path`."""
    try:
        yield
    except OSError as error:
        raise ArtifactError(f"cannot {action} {path}: {error.strerror or error}") from error


def write_atomically(path: Path, data: bytes, keep: Path | None = None) -> None:
    """Write `data` to `path` so that a reader finds the old bytes or the new, never a part.

    With `keep`, the old file takes that name, once the new bytes are on the disk
    and were read back. Raises `ArtifactError` when the folder cannot be written.
    """
    with explained("write", path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)  # mkstemp allows the owner alone
            if temporary.read_bytes() != data:
                raise OSError("the disk does not give back what was written")
            if keep and path.exists():
                path.replace(keep)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_names(path.parent)


def _sync_names(folder: Path) -> None:
    """Put the names in a folder on the disk: a power cut could undo a renaming."""
    if os.name == "posix":  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_temporaries(folder: Path) -> None:
    """Remove what `write_atomically` leaves when its process is killed."""
    with explained("tidy up", folder):
        for path in folder.glob(f".*{TEMPORARY}"):
            path.unlink()


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Keep a second training out of a run's folder, which need not be there yet.

    The operating system drops the lock when the process ends, however it ends.
    Raises `ArtifactError` when another training holds it.
    """
    path = folder.with_name(f".{folder.name}.lock")
    with explained("make the run folder", folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    with explained("lock", path):
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise ArtifactError(
                f"another training (process {path.read_text().strip()}) writes to {folder}; "
                "wait for its end, or give another --artifact-dir"
            ) from None
        path.write_text(str(os.getpid()))
    try:
        yield
    finally:
        lock.release()


def new_run_folder(folder: Path) -> None:
    """Make `folder` empty; a run that is already there is moved to `FOLDER-1`, `-2`, …

    Raises `ArtifactError` when the folder cannot be made or written.
    """
    with explained("make the run folder", folder):
        if folder.exists() and any(folder.iterdir()):
            kept = _free_name(folder)
            folder.rename(kept)
            print(f"The earlier run is kept in {shown(kept)}")
        folder.mkdir(parents=True, exist_ok=True)
    with explained("write into", folder), tempfile.TemporaryFile(dir=folder):
        pass


def _free_name(folder: Path) -> Path:
    number = 1
    while (kept := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    return kept


def shown(path: Path) -> str:
    """Return the path as a person would type it: relative where it lies below this folder."""
    path = path.resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def write_config(folder: Path, config: RunConfig) -> None:
    """Write every setting of the run to `config.json`."""
    _write_json(
        folder / CONFIG,
        {k: str(v) if isinstance(v, Path) else v for k, v in asdict(config).items()},
    )


def write_record(folder: Path, record: RunRecord) -> None:
    """Write `metrics.json`. It comes last, so a folder that has one holds a finished run."""
    _write_json(folder / METRICS, asdict(record))


def read_record(folder: Path) -> RunRecord:
    """Read `metrics.json`; raises `ArtifactError` when it is missing or not what a run writes."""
    path = folder / METRICS
    with explained("read", path):
        text = path.read_bytes()
    try:
        return typed_row(RunRecord, json.loads(text))
    except DAMAGE as error:
        raise ArtifactError(f"{path} is not the record of a run: {error}") from error


def write_history(folder: Path, rows: Sequence[EpochRow]) -> None:
    """Write `history.csv`, a row an epoch."""
    text = io.StringIO()
    table = csv.DictWriter(text, [field.name for field in fields(EpochRow)], lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(row) for row in rows)
    write_atomically(folder / HISTORY, text.getvalue().encode())


def read_history(folder: Path) -> list[EpochRow]:
    """Read `history.csv`; raises `ArtifactError` when it is missing or not what a run writes."""
    path = folder / HISTORY
    with explained("read", path):
        data = path.read_bytes()
    try:
        return [typed_row(EpochRow, row) for row in csv.DictReader(io.StringIO(data.decode()))]
    except (csv.Error, *DAMAGE) as error:
        raise ArtifactError(f"{path} is not the history of a run: {error}") from error


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())


def typed_row(row_class: type[Row], content: object) -> Row:
    """Build a row from text or JSON, with every value of the type its field names.

    Raises `TypeError` or `ValueError` when that cannot be done.
    """
    if not isinstance(content, dict):
        raise TypeError("it does not hold named values")
    types = get_type_hints(row_class)
    if missing := types.keys() - content.keys():
        raise ValueError(f"it lacks {', '.join(sorted(missing))}")
    return row_class(**{name: _typed(content[name], kind) for name, kind in types.items()})


def _typed(value: object, kind: type) -> object:
    if isinstance(value, str) and kind in (int, float):  # CSV knows only text
        return kind(value)
    if type(value) is int and kind is float:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not of type {kind.__name__}")
    return value
