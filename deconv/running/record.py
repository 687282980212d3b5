"""What a run leaves behind: its settings, its history and its record."""

import csv
import io
import json
import math
import reprlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

from deconv.config import FLOAT32_MAX, RunConfig
from deconv.errors import DAMAGE, ArtifactError
from deconv.files import read_whole, write_atomically

WEIGHTS = "weights.safetensors"
METRICS = "metrics.json"
HISTORY = "history.csv"
CONFIG = "config.json"
LARGEST_FILE = 2**22  # bytes; a history of 10,000 epochs takes 1.5 million

Row = TypeVar("Row", bound="DataclassInstance")


@dataclass(frozen=True)
class Backend:
    """What computes a run."""

    framework: str
    """"pytorch", "tensorflow" or "numpy"."""
    version: str
    device: str
    """"cpu", "cuda" or "mps"."""
    compiled: bool = False
    """Whether the training step is."""
    threads: int = 0
    """Processor threads that share an operation. Sums are split between them, so the last digits
    depend on it. 0 where something else than a processor computes."""


@dataclass(frozen=True)
class EpochRow:
    """One line of `history.csv`. Losses are what training lowers: by default mean squared errors
    of pixels in [-1, 1]. NaN, which has no column, is what a task is not measured by."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_psnr: float = field(default=math.nan, kw_only=True)
    validation_ssim: float = field(default=math.nan, kw_only=True)
    validation_miou: float = field(default=math.nan, kw_only=True)
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
    task: str = field(default="reconstruct", kw_only=True)
    upsampler: str
    architecture: str = field(default="baseline", kw_only=True)
    activation: str = field(default="relu", kw_only=True)
    latent: int = field(default=0, kw_only=True)
    """Numbers that the image is squeezed through by a dense layer; 0 without one."""
    loss: str = field(default="mse", kw_only=True)
    precision: str
    compiled: bool
    seed: int
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    best_epoch: int
    parameters: int
    test_mse: float = field(default=math.nan, kw_only=True)
    test_psnr: float = field(default=math.nan, kw_only=True)
    """Decibels, mean over images."""
    test_ssim: float = field(default=math.nan, kw_only=True)
    test_miou: float = field(default=math.nan, kw_only=True)
    """Mean intersection over union, where the task is to tell classes."""
    train_seconds: float
    """Training alone, compilation and first batch included, evaluation not."""
    images_per_second: float
    """Training images over `train_seconds`."""
    threads: int = 0
    """Processor threads that share an operation; 0 on a GPU, and in records of before."""


def write_config(folder: Path, config: RunConfig) -> None:
    """Write every setting of the run to `config.json`."""
    _write_json(
        folder / CONFIG,
        {k: str(v) if isinstance(v, Path) else v for k, v in asdict(config).items()},
    )


def write_record(folder: Path, record: RunRecord) -> None:
    """Write `metrics.json`. It comes last, so a folder that has one holds a finished run."""
    _write_json(folder / METRICS, measured(record))


def read_record(folder: Path) -> RunRecord:
    """Read `metrics.json`; raises `ArtifactError` when it is missing or not what a run writes."""
    path = folder / METRICS
    text = read_whole(path, LARGEST_FILE)
    try:
        return typed_row(RunRecord, json.loads(text))
    except DAMAGE as error:
        raise ArtifactError(f"{path} is not the record of a run: {error}") from error


def write_history(folder: Path, rows: Sequence[EpochRow]) -> None:
    """Write `history.csv`, a row an epoch."""
    text = io.StringIO()
    lines = [measured(row) for row in rows]
    table = csv.DictWriter(text, lines[0], lineterminator="\n")
    table.writeheader()
    table.writerows(lines)
    write_atomically(folder / HISTORY, text.getvalue().encode())


def read_history(folder: Path) -> list[EpochRow]:
    """Read `history.csv`; raises `ArtifactError` when it is missing or not what a run writes."""
    path = folder / HISTORY
    data = read_whole(path, LARGEST_FILE)
    try:
        return [typed_row(EpochRow, row) for row in csv.DictReader(io.StringIO(data.decode()))]
    except (csv.Error, *DAMAGE) as error:
        raise ArtifactError(f"{path} is not the history of a run: {error}") from error


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())


def measured(row: EpochRow | RunRecord) -> dict[str, Any]:
    """Return the names and values of a row, without what its task is not measured by."""
    return {name: value for name, value in asdict(row).items() if value == value}  # NaN is not


POSSIBLE: dict[type, Callable[[Any], bool]] = {
    bool: lambda value: True,
    int: lambda value: 0 <= value < 2**32,  # they are counts, and a seed, which NumPy bounds so
    float: lambda value: abs(value) <= FLOAT32_MAX,  # which NaN is not
    str: str.isprintable,  # no line breaks, nothing that a terminal obeys
}
"""Which values of a type can stand in a record or a history."""

MEASURES = ("_mse", "_psnr", "_ssim", "_miou")
"""How the names of those fields end whose values say how well a task was done."""


def typed_row(row_class: type[Row], content: object) -> Row:
    """Build a row from text or JSON: every value of the type its field names, and possible.

    Raises `TypeError` or `ValueError` when that cannot be done.
    """
    if not isinstance(content, dict):
        raise TypeError("it does not hold named values")
    types = get_type_hints(row_class)
    needed = {f.name for f in fields(row_class) if f.default is MISSING}
    measures = [name for name in types if name.endswith(MEASURES)]
    needed |= {name for name in measures if name.endswith("_miou") == _tells_classes(content)}
    if missing := needed - content.keys():
        raise ValueError(f"it lacks {', '.join(sorted(missing))}")
    there = {name: kind for name, kind in types.items() if name in content}
    values = {name: _typed(content[name], kind) for name, kind in there.items()}
    for name, kind in there.items():
        if type(values[name]) is not kind or not POSSIBLE[kind](values[name]):
            raise ValueError(f"{name} cannot be {reprlib.repr(content[name])}")
    return row_class(**values)


def _tells_classes(content: Mapping[str, object]) -> bool:
    """Whether a row is of a run that is measured by its classes, not by its pictures."""
    return any(str(name).endswith("_miou") for name in content)


def _typed(value: object, kind: type) -> object:
    from_text = isinstance(value, str) and kind in (int, float)  # CSV knows only text
    if from_text or (type(value) is int and kind is float):
        with suppress(ValueError, OverflowError):
            return kind(value)
    return value
