"""The folder of a run: one training at a time, and never over an earlier run."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from deconv.errors import ArtifactError
from deconv.files import explained, shown


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
