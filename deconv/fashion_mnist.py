"""Find, fetch, verify, read and split Fashion-MNIST.

Why not take the loader of one of the frameworks? Both would have to agree on the
same 5,000 validation images and the same order of batches, so the data is read
once, here, without either of them. And the public addresses of this dataset have
served other files under its names (plain MNIST among them), so no byte is parsed
before its SHA-256 is known to be right.

The IDX format is the one of MNIST: a zero byte twice, the number type, the number
of dimensions, each dimension as a big-endian 32-bit number, then the numbers.
"""

import hashlib
import math
import os
import struct
import sys
import threading
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deconv.config import ROOT, DatasetName, RunConfig
from deconv.errors import ConfigError, DataError

CLASS_NAMES: tuple[str, ...] = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"

# Official name -> SHA-256 of the official file (Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747).
ARCHIVES: dict[str, str] = {
    TRAIN_IMAGES: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    TRAIN_LABELS: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    TEST_IMAGES: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    TEST_LABELS: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}

# Base addresses, tried in this order: the authors' bucket, their repository, the copy Keras uses.
MIRRORS: tuple[str, ...] = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)

SIZE = 28  # pixels on each side of an image
LARGEST_FILE = 16 + 60_000 * SIZE * SIZE  # bytes of the largest unpacked archive
ANSWER_SECONDS = 8.0  # how long all mirrors together have to say that they are there
STALL_SECONDS = 10.0  # how long a transfer may stand still

# The dataset and its split are fixed things: these seeds are not the run's seed.
SPLIT_SEED = 1708_07747  # the arXiv number of the paper
GARMENT_SEED = 28


# How the datasets are called where people read: on the screen and over pictures.
TITLES = {
    "fashion-mnist": "Fashion-MNIST",
    "synthetic": "Drawn garments, NOT Fashion-MNIST",
}


@dataclass(frozen=True)
class Splits:
    """One dataset, split: uint8 images `(N, 28, 28)` and uint8 labels `(N,)`."""

    name: DatasetName
    """"fashion-mnist" or "synthetic", never "auto"."""
    source: str
    """Where the images come from, as one line for the screen."""
    sha256: str
    """SHA-256 of all pixels, training file then test file, before any split or limit."""
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    train_labels: np.ndarray
    validation_labels: np.ndarray
    test_labels: np.ndarray


class _Files(NamedTuple):
    """The content of the four archives, or of their stand-in."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


class _UnavailableError(DataError):
    """Fashion-MNIST is neither here nor to be had; `auto` uses the stand-in then."""


def load_splits(config: RunConfig) -> Splits:
    """Load the dataset that `config` asks for, as training, validation and test images.

    Fashion-MNIST gives 55,000, 5,000 and 10,000 images, the drawn garments 9,000,
    1,000 and 2,000. `config.limit` keeps the first images of the training set.

    Raises `DataError` if the dataset is damaged or cannot be had, and `ConfigError`
    if `limit` or `batch_size` is more than there are training images.
    """
    if config.dataset == "synthetic":
        return _drawn_garments(config)
    folder = find_data_dir(config.data_dir)
    try:
        return _fashion_mnist(config, folder)
    except _UnavailableError as error:
        if config.dataset != "auto":
            raise
        reason = str(error).splitlines()[0]
        print(f"*** Using drawn garments, NOT Fashion-MNIST: {reason} ***", file=sys.stderr)
        return _drawn_garments(config)


def _fashion_mnist(config: RunConfig, folder: Path) -> Splits:
    if _missing(folder):
        download(folder, MIRRORS)
    files = _Files(
        read_images(folder / TRAIN_IMAGES),
        read_labels(folder / TRAIN_LABELS),
        read_images(folder / TEST_IMAGES),
        read_labels(folder / TEST_LABELS),
    )
    return _split(config, "fashion-mnist", f"{TITLES['fashion-mnist']} from {folder}", files, 5_000)


def _drawn_garments(config: RunConfig) -> Splits:
    from deconv.synthetic import draw_garments

    images, labels = draw_garments(12_000, GARMENT_SEED)
    files = _Files(images[:10_000], labels[:10_000], images[10_000:], labels[10_000:])
    source = f"{TITLES['synthetic']} (the built-in stand-in)"
    return _split(config, "synthetic", source, files, 1_000)


def _split(
    config: RunConfig, name: DatasetName, source: str, files: _Files, held_out: int
) -> Splits:
    """Hold `held_out` training images back for validation and apply `config.limit`."""
    validation = validation_indices(len(files.train_images), held_out)
    training = np.delete(np.arange(len(files.train_images)), validation)
    if config.limit is not None and config.limit > len(training):
        raise ConfigError(
            f"--limit {config.limit} is more than the {len(training)} training images of {name}; "
            f"give at most {len(training)}, or no --limit for all of them"
        )
    training = training[: config.limit]
    if config.batch_size > len(training):
        raise ConfigError(
            f"--batch-size {config.batch_size} is more than the {len(training)} training images; "
            f"give at most {len(training)}" + (", or a larger --limit" if config.limit else "")
        )
    return Splits(
        name=name,
        source=source,
        sha256=_sha256(files.train_images.tobytes() + files.test_images.tobytes()),
        train=files.train_images[training],
        validation=files.train_images[validation],
        test=files.test_images,
        train_labels=files.train_labels[training],
        validation_labels=files.train_labels[validation],
        test_labels=files.test_labels,
    )


def validation_indices(count: int, size: int) -> np.ndarray:
    """Return which `size` of `count` training images validate: sorted int64 `(size,)`.

    The same in every run and both frameworks. `RandomState` because NumPy has frozen
    its stream for good (NEP 19); that of `default_rng` may change with a release.
    """
    return np.sort(np.random.RandomState(SPLIT_SEED).permutation(count)[:size]).astype(np.int64)


def find_data_dir(data_dir: Path | None) -> Path:
    """Return the folder of the archives: `data_dir`, else $FASHION_MNIST_DIR, else artifacts/data.

    A folder that somebody named must exist: `DataError` if it does not.
    """
    from_environment = os.environ.get("FASHION_MNIST_DIR")
    if data_dir is not None:
        named, said_by = data_dir, "--data-dir"
    elif from_environment:
        named, said_by = Path(from_environment), "FASHION_MNIST_DIR"
    else:
        return ROOT / "artifacts" / "data"
    # Not Path's methods: they raise for a user that is not there and a path that is too long.
    folder = Path(os.path.expanduser(named))  # noqa: PTH111
    if not os.path.isdir(folder):  # noqa: PTH112
        raise DataError(
            f"{said_by} names {folder}, but there is no such folder; "
            f"correct it, or leave it out to have Fashion-MNIST fetched into artifacts/data"
        )
    return folder


def read_images(path: Path) -> np.ndarray:
    """Read an official image archive: uint8 `(N, 28, 28)`, 0 is background.

    Raises `DataError` if the file is not, byte for byte, the official one of its name.
    """
    images = parse_idx(_gunzip(_official_bytes(path), path), str(path))
    if images.shape[1:] != (SIZE, SIZE):
        raise DataError(f"{path} holds an array {images.shape}, not images of 28 x 28 pixels")
    return images


def read_labels(path: Path) -> np.ndarray:
    """Read an official label archive: uint8 `(N,)`, each an index of `CLASS_NAMES`.

    Raises `DataError` if the file is not, byte for byte, the official one of its name.
    """
    labels = parse_idx(_gunzip(_official_bytes(path), path), str(path))
    if labels.ndim != 1:
        raise DataError(f"{path} holds an array {labels.shape}, not a list of labels")
    return labels


def parse_idx(data: bytes, where: str) -> np.ndarray:
    """Parse an unpacked IDX file of bytes: a uint8 array of one or three dimensions.

    `where` names the file in the `DataError` that anything but a complete and
    well-formed file raises: other number types, empty dimensions, missing or extra bytes.
    """
    if len(data) < 4 or data[:2] != b"\0\0":
        raise DataError(f"{where} is not an IDX file: it does not begin with two zero bytes")
    number_type, dimensions = data[2], data[3]
    if number_type != 0x08:
        raise DataError(f"{where} holds numbers of type 0x{number_type:02x}, not bytes (0x08)")
    if dimensions not in (1, 3):
        raise DataError(f"{where} has {dimensions} dimensions, not 1 (labels) or 3 (images)")
    header = 4 + 4 * dimensions
    if len(data) < header:
        raise DataError(f"{where} ends within its header, after {len(data)} of {header} bytes")
    shape = struct.unpack(f">{dimensions}I", data[4:header])
    expected = header + math.prod(shape)
    if 0 in shape or len(data) != expected:
        raise DataError(
            f"{where} announces an array {shape}, so {expected} bytes, but has {len(data)}"
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape).copy()


def _official_bytes(path: Path) -> bytes:
    """Read an archive and verify that it is the official one."""
    if path.name not in ARCHIVES:
        raise DataError(f"{path} has none of the official names: {', '.join(ARCHIVES)}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    if _sha256(data) != ARCHIVES[path.name]:
        raise DataError(
            f"{path} is not the official file (cut short, or plain MNIST under the same name?): "
            f"SHA-256 is {_sha256(data)}, expected {ARCHIVES[path.name]}; "
            f"delete it and run again to fetch the official one"
        )
    return data


def _gunzip(data: bytes, path: Path) -> bytes:
    """Unpack a gzip file, but never to more than the largest archive holds."""
    stream = zlib.decompressobj(wbits=31)  # 31: with a gzip header and checksum
    try:
        unpacked = stream.decompress(data, LARGEST_FILE + 1)
    except zlib.error as error:
        raise DataError(f"{path} is not a sound gzip file: {error}") from error
    if len(unpacked) > LARGEST_FILE:
        raise DataError(f"{path} unpacks to more than {LARGEST_FILE} bytes")
    if not stream.eof or stream.unused_data:
        raise DataError(f"{path} is not one whole gzip file")
    return unpacked


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


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
            _official_bytes(folder / name)
    if not _missing(folder):
        return
    print(f"Fetching Fashion-MNIST (31 MB, once) into {folder}", file=sys.stderr)
    try:
        _download_locked(folder, mirrors)
    except OSError as error:
        raise _unavailable(folder, f"the folder cannot be written ({error})") from error


def _download_locked(folder: Path, mirrors: Sequence[str]) -> None:
    from filelock import FileLock  # imported here: reading the data needs none of this

    folder.mkdir(parents=True, exist_ok=True)
    lock_file = folder / ".download.lock"
    with FileLock(lock_file):
        try:
            missing = _missing(folder)  # another process may have fetched them meanwhile
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
            if _sha256(part.read_bytes()) == ARCHIVES[name]:
                part.replace(folder / name)
                return
            failures.append(f"{mirror} serves another file under this name")
    finally:
        part.unlink(missing_ok=True)
    raise _unavailable(folder, f"{name}: {'; '.join(failures)}")


def _missing(folder: Path) -> list[str]:
    return [name for name in ARCHIVES if not (folder / name).is_file()]


def _unavailable(folder: Path, reason: str) -> _UnavailableError:
    archives = "\n".join(f"       {sha256}  {name}" for name, sha256 in ARCHIVES.items())
    addresses = "\n".join(f"       {mirror}" for mirror in MIRRORS)
    return _UnavailableError(
        f"Fashion-MNIST is not in {folder} and could not be fetched: {reason}\n"
        f"  Do one of these:\n"
        f"  1. Fetch the four archives by hand into that folder, from one of\n{addresses}\n"
        f"     and compare their SHA-256:\n{archives}\n"
        f"  2. Name a folder that has them: --data-dir FOLDER, or the environment variable\n"
        f"     FASHION_MNIST_DIR.\n"
        f"  3. Use the built-in drawn garments: --dataset synthetic."
    )
