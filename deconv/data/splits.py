"""The dataset as both frameworks see it: training, validation and test images.

Why not take the loader of one of the frameworks? Both would have to agree on the
same 5,000 validation images and the same order of batches, so the data is read
once, here, without either of them.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deconv.config import DatasetName, RunConfig
from deconv.data.archives import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    find_data_dir,
    missing_archives,
    sha256_of,
)
from deconv.data.download import UnavailableError, download
from deconv.data.idx import read_images, read_labels
from deconv.errors import ConfigError

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
"""What a label means: its index here."""

TITLES = {
    "fashion-mnist": "Fashion-MNIST",
    "synthetic": "Drawn garments, NOT Fashion-MNIST",
}
"""Name of a dataset to how it is called where people read: on the screen and over figures."""

# The dataset and its split are fixed things: these seeds are not the run's seed.
SPLIT_SEED = 1708_07747  # the arXiv number of the paper
GARMENT_SEED = 28
GARMENTS = (10_000, 2_000, 1_000)
"""Drawn for the training file and the test file, and how many of the first validate."""


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


def load_splits(config: RunConfig) -> Splits:
    """Load the dataset that `config` asks for, as training, validation and test images.

    Fashion-MNIST gives 55,000, 5,000 and 10,000 images, the drawn garments 9,000,
    1,000 and 2,000. `config.limit` keeps the first images of the training set.

    Where "auto" falls back on the garments, a limit that only Fashion-MNIST could fill means
    all of them.

    Raises `DataError` if the dataset is damaged or cannot be had, and `ConfigError`
    if `limit` or `batch_size` is more than there are training images.
    """
    if config.dataset == "synthetic":
        return _drawn_garments(config)
    folder = find_data_dir(config.data_dir)
    try:
        return _fashion_mnist(config, folder)
    except UnavailableError as error:
        if config.dataset != "auto":
            raise
        reason = str(error).splitlines()[0]
        print(f"*** Using drawn garments, NOT Fashion-MNIST: {reason} ***", file=sys.stderr)
        drawn = GARMENTS[0] - GARMENTS[2]
        return _drawn_garments(replace(config, limit=config.limit and min(config.limit, drawn)))


def validation_indices(count: int, size: int) -> np.ndarray:
    """Return which `size` of `count` training images validate: sorted int64 `(size,)`.

    The same in every run and both frameworks. `RandomState` because NumPy has frozen
    its stream for good (NEP 19); that of `default_rng` may change with a release.
    """
    return np.sort(np.random.RandomState(SPLIT_SEED).permutation(count)[:size]).astype(np.int64)


class _Files(NamedTuple):
    """The content of the four archives, or of their stand-in."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def _fashion_mnist(config: RunConfig, folder: Path) -> Splits:
    if missing_archives(folder):
        download(folder)
    files = _Files(
        read_images(folder / TRAIN_IMAGES),
        read_labels(folder / TRAIN_LABELS),
        read_images(folder / TEST_IMAGES),
        read_labels(folder / TEST_LABELS),
    )
    return _split(config, "fashion-mnist", f"{TITLES['fashion-mnist']} from {folder}", files, 5_000)


def _drawn_garments(config: RunConfig) -> Splits:
    from deconv.data.synthetic import draw_garments  # here: most runs never draw

    train, test, validation = GARMENTS
    images, labels = draw_garments(train + test, GARMENT_SEED)
    files = _Files(images[:train], labels[:train], images[train:], labels[train:])
    source = f"{TITLES['synthetic']} (the built-in stand-in)"
    return _split(config, "synthetic", source, files, validation)


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
        sha256=sha256_of(files.train_images.tobytes() + files.test_images.tobytes()),
        train=files.train_images[training],
        validation=files.train_images[validation],
        test=files.test_images,
        train_labels=files.train_labels[training],
        validation_labels=files.train_labels[validation],
        test_labels=files.test_labels,
    )
