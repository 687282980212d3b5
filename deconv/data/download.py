"""Fetch the archives of Fashion-MNIST, whole or not at all.

pooch and filelock are imported where they are used: who has the archives, and that is
almost everybody almost always, needs neither.
"""

import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from deconv.data.archives import ARCHIVES, TRAIN_IMAGES, missing_archives, official_bytes, sha256_of
from deconv.errors import DataError

# Base addresses, tried in this order: the authors' bucket, their repository, the copy Keras uses.
MIRRORS: tuple[str, ...] = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)

ANSWER_SECONDS = 8.0  # how long all mirrors together have to say that they are there
STALL_SECONDS = 10.0  # how long a transfer may stand still


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
    except OSError as error:
        raise _unavailable(folder, f"the folder cannot be written ({error})") from error


def _download_locked(folder: Path, mirrors: Sequence[str]) -> None:
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    lock_file = folder / ".download.lock"
    with FileLock(lock_file):
        try:
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
    """Return the mirrors whose server says anything at all, in order.

    All are asked at once, under one deadline. Left to itself, a connection without a
    network can take minutes to fail: a name has many addresses, and each is waited for.
    """
    from pooch import HTTPDownloader

    answered = set()

    def ask(mirror: str) -> None:
        with suppress(OSError, ValueError):
            look = HTTPDownloader(timeout=ANSWER_SECONDS)
            look(mirror + TRAIN_IMAGES, None, None, check_only=True)
            answered.add(mirror)

    threads = [threading.Thread(target=ask, args=(mirror,), daemon=True) for mirror in mirrors]
    deadline = time.monotonic() + ANSWER_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [mirror for mirror in mirrors if mirror in answered]


def _fetch(name: str, folder: Path, mirrors: Sequence[str]) -> None:
    """Fetch one archive; only bytes with the right checksum get its name."""
    from pooch import HTTPDownloader

    # "identity": the archive as it is stored, not unpacked on the way.
    plain = {"Accept-Encoding": "identity"}
    fetch = HTTPDownloader(progressbar=True, chunk_size=2**16, timeout=STALL_SECONDS, headers=plain)
    part = folder / f".{name}.part"
    failures = []
    try:
        for mirror in mirrors:
            try:
                fetch(mirror + name, str(part), None)
            except (OSError, ValueError) as error:  # requests' errors are OSErrors
                failures.append(f"{mirror} failed ({error})")
                continue
            if sha256_of(part.read_bytes()) == ARCHIVES[name]:
                part.replace(folder / name)
                return
            failures.append(f"{mirror} serves another file under this name")
    finally:
        part.unlink(missing_ok=True)
    raise _unavailable(folder, f"{name}: {'; '.join(failures)}")


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
