"""Where the tests of the data take archives from: small ones, or the official ones."""

import gzip
import hashlib
import os
import struct
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from deconv.data.archives import ARCHIVES

SMALL_TRAIN, SMALL_TEST = 6_000, 50  # 5,000 of the first validate, as with the real files
REMEDIES = ("by hand", "--data-dir", "FASHION_MNIST_DIR", "--dataset synthetic")


def idx(array):
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def numbered_images(count):
    """Images that say their own number in their first two pixels."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(count), 256)
    return images


@cache
def small_archives() -> dict[str, bytes]:
    """The four archives by their official names, with few images."""
    arrays = [
        numbered_images(SMALL_TRAIN),
        (np.arange(SMALL_TRAIN) % 10).astype(np.uint8),
        numbered_images(SMALL_TEST),
        (np.arange(SMALL_TEST) % 10).astype(np.uint8),
    ]
    return {
        name: gzip.compress(idx(array), compresslevel=1, mtime=0)
        for name, array in zip(ARCHIVES, arrays, strict=True)
    }


def write_small_archives(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fill a new folder with small archives, and take their checksums for the official ones."""
    folder.mkdir()
    for name, archive in small_archives().items():
        (folder / name).write_bytes(archive)
        monkeypatch.setitem(ARCHIVES, name, hashlib.sha256(archive).hexdigest())
    return folder


def cut_off_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send every request to a proxy that is not there."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def official_archives() -> Path:
    """Return the folder of the official archives; without one, the test is skipped."""
    folder = os.environ.get("FASHION_MNIST_DIR")
    if not folder:
        pytest.skip("FASHION_MNIST_DIR does not name a folder of the four official archives")
    return Path(folder)
