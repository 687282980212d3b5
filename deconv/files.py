"""Writing files so that nothing gets lost: a file is written whole or not at all.

Students stop programs at any moment. So a file takes its name only when all its
bytes are on the disk.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deconv.errors import ArtifactError, UserError

TEMPORARY = ".deconv-tmp"
"""Ends the name of a file that is not yet whole. Nobody else's files end so."""

_NO_SYNC = (errno.EACCES, errno.EBADF, errno.EINVAL, errno.ENOTSUP)
"""How systems say that they do not sync folders: EACCES where one may not be opened (Windows: none
may), EBADF on BSD, EINVAL and ENOTSUP on network shares and FUSE. A broken disk says EIO."""


@contextmanager
def explained(action: str, path: Path, kind: type[UserError] = ArtifactError) -> Iterator[None]:
    """Turn an operating-system error into one of `kind` that names `action` and `path`."""
    try:
        yield
    except OSError as error:
        raise kind(f"cannot {action} {path}: {error.strerror or error}") from error


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, where they are not there yet."""
    with explained("make the folder", folder):
        folder.mkdir(parents=True, exist_ok=True)


def read_whole(path: Path, largest: int, kind: type[UserError] = ArtifactError) -> bytes:
    """Read a file of at most `largest` bytes, which may be a stranger's.

    Raises an error of `kind` for anything else: a device has no end, a pipe may never
    have one, and a file full of holes takes no space but would fill the memory.
    """
    with explained("read", path, kind):
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise OSError("it is not a regular file")
        if about.st_size > largest:
            raise OSError(f"it has {about.st_size:,} bytes, more than the {largest:,} expected")
        return path.read_bytes()


def check_target(path: Path, overwrite: bool, inputs: Iterable[Path] = ()) -> None:
    """Raise `ArtifactError` unless a command may write its result to `path`.

    A file that is there is replaced only with `overwrite`, and not even then when it
    is one of the command's `inputs`, or a folder, a device, a pipe or a link.
    """
    try:
        kind = path.lstat().st_mode
    except OSError:
        return  # nothing is there; if it cannot be written either, writing will say so
    if not stat.S_ISREG(kind):
        raise ArtifactError(f"{path} is not a plain file and is left alone; give another name")
    for name in inputs:
        with suppress(OSError):  # an input that is missing is missed where it is read
            if path.samefile(name):
                raise ArtifactError(f"{path} is read by this command; give another name")
    if not overwrite:
        raise ArtifactError(f"{path} is there already; give another name, or add --overwrite")


def write_atomically(path: Path, data: bytes, keep: Path | None = None) -> None:
    """Write `data` to `path` so that a reader finds the old bytes or the new, never a part.

    With `keep`, the old file takes that name, once the new bytes are on the disk
    and were read back. Raises `ArtifactError` when the folder cannot be written.
    """
    temporary = path.parent / f".{secrets.token_hex(8)}{TEMPORARY}"
    with explained("write", path):
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
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
    """Put the names in a folder on the disk, if it can: a power cut could undo a renaming."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def remove_temporaries(folder: Path) -> None:
    """Remove what `write_atomically` leaves when its process is killed."""
    with explained("tidy up", folder):
        for path in folder.glob(f".*{TEMPORARY}"):
            path.unlink()


def shown(path: Path) -> str:
    """Return the path as a person would type it: relative where it lies below this folder."""
    try:
        here, path = Path.cwd(), path.resolve()
    except FileNotFoundError:  # this folder has been deleted
        return str(path)
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
