"""The folder of a run: one training at a time, and never over an earlier run."""

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, SoftFileLock, Timeout

from deconv.errors import ArtifactError
from deconv.files import explained, remove_temporaries, shown


@contextmanager
def own_folder(folder: Path, resume: bool = False) -> Iterator[Callable[[], None]]:
    """Lock a run's folder and make it ready: empty, or with `resume` tidied up.

    Gives a function to call before every write. It raises `ArtifactError` once the
    folder or its lock was removed or replaced: another training may be there now.
    """
    with ExitStack() as stack:
        held = dict([stack.enter_context(run_lock(folder))])
        stack.callback(held.clear)  # afterwards there is nothing to check
        prepare = remove_temporaries if resume else new_run_folder
        prepare(folder)
        with explained("look into", folder):
            stack.enter_context(os.scandir(folder))  # while this is open, its number is not reused
            held[folder] = folder.stat()

        def check() -> None:
            for path, before in held.items():
                with explained("look at", path):
                    same = path.exists() and os.path.samestat(path.stat(), before)
                if not same:
                    raise ArtifactError(
                        f"{path} was removed or replaced while training, so nothing more is "
                        "written; train again, with --resume if the folder is still there"
                    )

        yield check


@contextmanager
def run_lock(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Keep a second training out of a run's folder, which need not be there yet.

    Gives the lock's file and what it is now. The lock ends with its process, where the file
    system knows locks. Raises `ArtifactError` when another training holds it.
    """
    path = folder.with_name(f".{folder.name}.lock")
    with explained("make the run folder", folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        with explained("lock", path):
            _acquire(lock, path, folder)
            before = path.stat()
        yield path, before
    finally:
        lock.release()


def _acquire(lock: FileLock, path: Path, folder: Path) -> None:
    """Take the lock and leave this process's number in its file, for the others to name."""
    try:
        with warnings.catch_warnings(action="ignore"):  # that it became a SoftFileLock
            lock.acquire(blocking=False)
    except Timeout:
        number = path.read_text().partition("\n")[0] or "just started"
        remedy = "wait for its end, or give another --artifact-dir"
        if isinstance(lock, SoftFileLock):  # the file system knows no locks: it outlives a kill
            remedy += f", or remove {path} if there is no such process"
        raise ArtifactError(
            f"another training (process {number}) writes to {folder}; {remedy}"
        ) from None
    if not isinstance(lock, SoftFileLock):  # which has written more than that, and reads it again
        path.write_text(f"{os.getpid()}\n")


def new_run_folder(folder: Path) -> None:
    """Make `folder` empty; a run that is already there is moved to `FOLDER-1`, `-2`, …

    Raises `ArtifactError` when the folder cannot be made or written.
    """
    kept = None
    with explained("make the run folder", folder):
        if folder.exists() and any(folder.iterdir()):
            kept = _free_name(folder)
            folder.rename(kept)
        folder.mkdir(parents=True, exist_ok=True)
    with explained("write into", folder), tempfile.TemporaryFile(dir=folder):
        pass
    if kept:
        print(f"The earlier run is kept in {shown(kept)}")


def _free_name(folder: Path) -> Path:
    number = 1
    while (kept := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    return kept
