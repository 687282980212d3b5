"""`results.csv`: one row for every run of the study, because the seed is the unit.

The file is written anew after every run, whole or not at all, so whatever stops a study
loses no run that had ended. It is read by people and spreadsheets as well, which may
change it: every row carries a checksum, and one that does not fit is refused, never
overwritten.
"""

import csv
import io
import math
import textwrap
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from deconv.config import FLOAT32_MAX
from deconv.errors import DAMAGE, ArtifactError, ConfigError
from deconv.files import read_whole, shown, write_atomically
from deconv.study.jobs import JOB_FIELDS, Job

LARGEST_FILE = 2**26  # bytes; a row takes about 500
LONGEST_ERROR = 500  # characters
DIVERGED = "is no longer a finite number"
"""What a trainer says of a loss or an average that has grown beyond all bounds."""


@dataclass(frozen=True)
class Row:
    """What came of one job."""

    job: Job
    measures: Mapping[str, float] = field(default_factory=dict)
    """Finite values by name; empty where there is an error."""
    error: str = ""
    """What went wrong, in one line."""
    machine: str = field(default="", compare=False)
    """What computed it, in one line: the same run on another machine is the same result."""
    seconds: float = field(default=0.0, compare=False)
    """That it took with all that belongs to it: imports, training, measures."""

    def __post_init__(self) -> None:
        if bool(self.measures) == bool(self.error):
            raise ValueError("a run has either measures or an error")
        for name, value in self.measures.items():
            if not abs(value) <= FLOAT32_MAX:  # nor is NaN
                raise ValueError(f"{name} cannot be {value}")

    @property
    def diverged(self) -> bool:
        """Whether training went beyond all bounds: a result, which trying again would not change.

        A run is the same for the same seed, so it would diverge again.
        """
        return DIVERGED in self.error

    @property
    def failed(self) -> bool:
        """Whether there is no result, so that the job should be tried again."""
        return bool(self.error) and not self.diverged

    @property
    def trouble(self) -> str:
        """The error and of which kind it is; empty where there is none."""
        return self.error and f"{'diverged' if self.diverged else 'failed'}: {self.error}"


def failure(job: Job, message: str) -> Row:
    """Return the row of a job that failed, with its message in one line of bounded length."""
    printable = "".join(c if c.isprintable() else " " for c in message)
    message = textwrap.shorten(printable, LONGEST_ERROR, placeholder=" …")
    return Row(job, error=message or "it said nothing")


def write_results(path: Path, rows: Iterable[Row], measures: Sequence[str]) -> None:
    """Write all rows in the order of their jobs' names, with a column for each measure.

    Raises `ArtifactError` when that cannot be done, and `ValueError` for a measure that
    has no column.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_columns(measures))
    for row in sorted(rows, key=_order):
        if unknown := row.measures.keys() - set(measures):
            raise ValueError(f"there is no column for {', '.join(sorted(unknown))}")
        settings = [getattr(row.job, name) for name in JOB_FIELDS]
        values = [row.measures.get(name) for name in measures]
        cells = [
            "" if cell is None else str(cell)
            for cell in (*settings, *values, row.error, row.machine, row.seconds)
        ]
        table.writerow([*cells, _checksum(cells)])
    write_atomically(path, text.getvalue().encode())


def read_results(path: Path, measures: Sequence[str]) -> dict[Job, Row]:
    """Read all rows, by their jobs; none where there is no file.

    Raises `ArtifactError`, which says where and what to do, when the file is another
    version's, was changed by hand, or has been cut off.
    """
    if not path.exists():
        return {}
    data = read_whole(path, LARGEST_FILE)
    rows: dict[Job, Row] = {}
    lines: dict[Job, int] = {}
    try:
        table = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
        _check_header(path, next(table, []), _columns(measures))
        for cells in table:
            row = _row(cells, measures)
            if row.job in rows:
                raise ValueError(f"it is the same run as line {lines[row.job]}")
            rows[row.job], lines[row.job] = row, table.line_num
    except UnicodeDecodeError as error:
        raise ArtifactError(f"{shown(path)} is not text; put it back as it was") from error
    except (csv.Error, ConfigError, *DAMAGE) as error:
        where = f"{shown(path)}, line {table.line_num}"
        cut = not data.endswith(b"\n") and table.line_num > data.count(b"\n")
        what = "it is cut off" if cut else str(error)
        raise ArtifactError(f"{where} is not what the study wrote: {what}; {REMEDY}") from error
    return rows


REMEDY = "put the file back as it was, or remove that line and its run is measured again"


def _columns(measures: Sequence[str]) -> list[str]:
    return [*JOB_FIELDS, *measures, "error", "machine", "seconds", "checksum"]


def _order(row: Row) -> tuple[str, int]:
    return row.job.name.rpartition("=")[0], row.job.seed  # seed 10 comes after seed 9


def _check_header(path: Path, found: Sequence[str], expected: Sequence[str]) -> None:
    if found == expected:
        return
    lacks, has = (
        ", ".join(name for name in one if name not in other) or "nothing"
        for one, other in ((expected, found), (found, expected))
    )
    raise ArtifactError(
        f"{shown(path)} has not the columns of this version (it lacks {lacks[:200]}; it has "
        f"{has[:200]} too many); rename it to keep it, and start again"
    )


def _row(cells: Sequence[str], measures: Sequence[str]) -> Row:
    """Build a row from its cells; raises `ValueError` or `ConfigError` when they cannot be one."""
    columns = _columns(measures)
    if len(cells) != len(columns):
        raise ValueError(f"it has {len(cells)} values for {len(columns)} columns")
    texts = dict(zip(columns, cells, strict=True))
    types = get_type_hints(Job)
    job = Job(**{name: _typed(name, texts[name], types[name]) for name in JOB_FIELDS})
    values = {name: _typed(name, texts[name], float) for name in measures if texts[name]}
    seconds = _typed("seconds", texts["seconds"], float)
    row = Row(job, values, texts["error"], texts["machine"], seconds)
    if texts["checksum"] != _checksum(cells[:-1]):
        raise ValueError("its checksum is wrong, so a value was changed")
    return row


def _typed(name: str, text: str, kind: Any) -> Any:
    if kind == int | None:
        if not text:
            return None
        kind = int
    if kind not in (int, float):
        return text
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= FLOAT32_MAX:  # nor is NaN
        raise ValueError(f"{name} cannot be {text[:40]!r}")
    return value


def _checksum(cells: Sequence[str]) -> str:
    """Return eight hexadecimal digits that another row is not likely to have."""
    return f"{zlib.crc32(chr(31).join(cells).encode()):08x}"
