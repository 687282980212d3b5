"""Writing files so that nothing gets lost: a file is written whole or not at all.

Students stop programs at any moment. So a file takes its name only when all its
bytes are on the disk.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deconv.errors import ArtifactError

TEMPORARY = ".tmp"


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


def shown(path: Path) -> str:
    """Return the path as a person would type it: relative where it lies below this folder."""
    path = path.resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
