"""Fetch the archives of Fashion-MNIST, whole or not at all.

pooch and filelock are imported where they are used: who has the archives, and that is
almost everybody almost always, needs neither.
"""

import io
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from deconv.data.archives import (
    ARCHIVES,
    LARGEST,
    TRAIN_IMAGES,
    missing_archives,
    official_bytes,
    sha256_of,
)
from deconv.errors import ArtifactError, DataError
from deconv.files import remove_temporaries, write_atomically

# Base addresses, tried in this order: the authors' repository, the copy Keras uses, and the
# authors' bucket, which has no https.
MIRRORS: tuple[str, ...] = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)

ANSWER_SECONDS = 8.0  # how long all mirrors together have to say that they are there
STALL_SECONDS = 10.0  # how long a transfer may stand still
FETCH_SECONDS = 600.0  # how long a mirror has for an archive; the largest needs 44 kB/s then


class UnavailableError(DataError):
    """Fashion-MNIST is neither here nor to be had; `auto` uses the stand-in then."""


def download(folder: Path, mirrors: Sequence[str] = MIRRORS) -> None:
    """Fetch the archives that `folder` lacks, from the first mirror that has the official bytes.

    An archive gets its name once its checksum is right, so it is whole or absent.
    Several processes may do this at once: one fetches, the others wait for it.

    Raises `DataError` if an archive that is there is damaged, if no mirror delivers,
    or if the folder cannot be written. Without a network that takes `ANSWER_SECONDS`
    at most.
    """
    for name in ARCHIVES:
        if (folder / name).is_file():
            official_bytes(folder / name)
    if not missing_archives(folder):
        return
    print(f"Fetching Fashion-MNIST (31 MB, once) into {folder}", file=sys.stderr)
    try:
        _download_locked(folder, mirrors)
    except (OSError, ArtifactError) as error:
        raise _unavailable(folder, f"the folder cannot be written ({error})") from error


def _download_locked(folder: Path, mirrors: Sequence[str]) -> None:
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    lock_file = folder / ".download.lock"
    with FileLock(lock_file):
        try:
            remove_temporaries(folder)  # what a kill has left
            missing = missing_archives(folder)  # another process may have fetched them meanwhile
            answering = _answering(mirrors) if missing else []
            if missing and not answering:
                raise _unavailable(folder, "no mirror answers; is there a network?")
            for name in missing:
                _fetch(name, folder, answering)
        finally:
            # The last act under the lock, and filelock looks again if its file is gone,
            # so this is safe. Windows refuses it, and removes the file by itself.
            with suppress(OSError):
                lock_file.unlink()


def _answering(mirrors: Sequence[str]) -> list[str]:
    """Return the mirrors whose server says anything at all, in order."""
    from pooch import HTTPDownloader

    look = partial(HTTPDownloader(timeout=ANSWER_SECONDS), check_only=True)
    asked = [partial(look, mirror + TRAIN_IMAGES, None, None) for mirror in mirrors]
    failures = _failures(asked, ANSWER_SECONDS)
    return [mirror for mirror, failure in zip(mirrors, failures, strict=True) if not failure]


def _fetch(name: str, folder: Path, mirrors: Sequence[str]) -> None:
    """Fetch one archive; only bytes with the right checksum get its name."""
    from pooch import HTTPDownloader

    # "identity": the archive as it is stored, not unpacked on the way.
    plain = {"Accept-Encoding": "identity"}
    fetch = HTTPDownloader(progressbar=True, chunk_size=2**16, timeout=STALL_SECONDS, headers=plain)
    failures = []
    for mirror in mirrors:
        with _Body() as body:  # one that comes too late finds it closed
            (failure,) = _failures([partial(fetch, mirror + name, body, None)], FETCH_SECONDS)
            data = b"" if failure else body.getvalue()
        if sha256_of(data) == ARCHIVES[name]:
            write_atomically(folder / name, data)
            return
        failures.append(f"{mirror} {failure or 'serves another file under this name'}")
    raise _unavailable(folder, f"{name}: {'; '.join(failures)}")


class _Body(io.BytesIO):
    """What a mirror sends, up to the size of an archive."""

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        if self.tell() + len(chunk) > LARGEST:
            raise OSError(f"it sends more than {LARGEST:,} bytes")
        return super().write(chunk)


def _failures(jobs: Sequence[Callable[[], object]], seconds: float) -> list[str]:
    """Do all jobs at once; return for each why it failed, or "" where it did not.

    A job that is not done in time has failed, and is left to itself: without a network a
    connection can take minutes to fail (a name has many addresses, and each is waited for),
    and who sends a byte a second would take months.
    """
    failures = [f"took more than {seconds:g} seconds"] * len(jobs)

    def do(number: int) -> None:
        try:
            jobs[number]()
            failures[number] = ""
        except (OSError, ValueError) as error:  # requests' errors are OSErrors
            failures[number] = f"failed ({error})"

    threads = [threading.Thread(target=do, args=[n], daemon=True) for n in range(len(jobs))]
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(failures)  # what comes later does not count


def _unavailable(folder: Path, reason: str) -> UnavailableError:
    archives = "\n".join(f"       {sha256}  {name}" for name, sha256 in ARCHIVES.items())
    addresses = "\n".join(f"       {mirror}" for mirror in MIRRORS)
    return UnavailableError(
        f"Fashion-MNIST is not in {folder} and could not be fetched: {reason}\n"
        f"  Do one of these:\n"
        f"  1. Fetch the four archives by hand into that folder, from one of\n{addresses}\n"
        f"     and compare their SHA-256:\n{archives}\n"
        f"  2. Name a folder that has them: --data-dir FOLDER, or the environment variable\n"
        f"     FASHION_MNIST_DIR.\n"
        f"  3. Use the built-in drawn garments: --dataset synthetic."
    )
