"""The dataset: the one that was asked for, split the same way every time."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_archives import (
    SMALL_TEST,
    SMALL_TRAIN,
    numbered_images,
    official_archives,
)

from deconv.config import ROOT, RunConfig
from deconv.data.splits import CLASS_NAMES, load_splits, validation_indices
from deconv.errors import ConfigError, DataError


def number_of(images):
    return images[:, 0, 0].astype(int) * 256 + images[:, 0, 1]


# ---------------------------------------------------------------- which dataset


@pytest.mark.parametrize("dataset", ["fashion-mnist", "auto"])
def test_archives_that_are_there_are_used(dataset, small, no_network, capsys):
    splits = load_splits(RunConfig(dataset=dataset, data_dir=small))
    assert splits.name == "fashion-mnist"
    assert splits.source == f"Fashion-MNIST from {small}"
    assert capsys.readouterr().err == ""


def test_auto_falls_back_aloud(no_network, empty, capsys):
    splits = load_splits(RunConfig(dataset="auto", data_dir=empty))
    assert splits.name == "synthetic"
    assert "NOT Fashion-MNIST" in splits.source
    notice = capsys.readouterr().err.splitlines()[-1]
    assert "drawn garments, NOT Fashion-MNIST" in notice
    assert "no mirror answers" in notice
    assert str(empty) in notice


def test_a_limit_that_only_fashion_mnist_could_fill_means_all_garments(no_network, empty):
    splits = load_splits(RunConfig(dataset="auto", data_dir=empty, limit=15_000))
    assert len(splits.train) == 9_000
    assert len(load_splits(RunConfig(dataset="auto", data_dir=empty, limit=32)).train) == 32
    with pytest.raises(ConfigError, match=r"--limit 15000 .* 9000 training images of synthetic"):
        load_splits(RunConfig(dataset="synthetic", limit=15_000))


@pytest.mark.parametrize("others", ["present", "missing"])
def test_auto_never_replaces_a_damaged_archive(others, small, no_network, empty):
    folder = small if others == "present" else empty
    damaged = folder / "t10k-labels-idx1-ubyte.gz"
    damaged.write_bytes(b"damaged")
    with pytest.raises(DataError, match="not the official file") as error:
        load_splits(RunConfig(dataset="auto", data_dir=folder))
    assert str(damaged) in str(error.value)
    assert damaged.read_bytes() == b"damaged"


def test_drawn_garments_are_a_fixed_dataset(no_network, capsys):
    splits = load_splits(RunConfig(dataset="synthetic", data_dir=Path("not looked at")))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [
        9_000,
        1_000,
        2_000,
    ]
    assert splits.train.dtype == splits.train_labels.dtype == np.uint8
    assert splits.train.shape == (9_000, 28, 28)
    assert set(splits.test_labels) == set(range(len(CLASS_NAMES)))
    assert load_splits(RunConfig(dataset="synthetic", seed=7)).sha256 == splits.sha256
    assert capsys.readouterr().err == ""


# ---------------------------------------------------------------- split, limit, order


def test_split_takes_each_image_once_and_keeps_the_order(small):
    splits = load_splits(RunConfig(data_dir=small))
    train, validation = number_of(splits.train), number_of(splits.validation)
    assert len(train) == 1_000
    assert len(validation) == 5_000
    assert sorted([*train, *validation]) == list(range(SMALL_TRAIN))
    assert (np.diff(train) > 0).all()
    np.testing.assert_array_equal(validation, validation_indices(SMALL_TRAIN, 5_000))
    np.testing.assert_array_equal(splits.train_labels, train % 10)
    np.testing.assert_array_equal(splits.validation_labels, validation % 10)
    np.testing.assert_array_equal(number_of(splits.test), np.arange(SMALL_TEST))
    np.testing.assert_array_equal(splits.test_labels, np.arange(SMALL_TEST) % 10)


def test_limit_keeps_the_first_images_and_the_rest_of_the_dataset(small):
    whole = load_splits(RunConfig(data_dir=small))
    limited = load_splits(RunConfig(data_dir=small, limit=100, seed=3))
    np.testing.assert_array_equal(limited.train, whole.train[:100], strict=True)
    np.testing.assert_array_equal(limited.train_labels, whole.train_labels[:100], strict=True)
    np.testing.assert_array_equal(limited.validation, whole.validation, strict=True)
    np.testing.assert_array_equal(limited.test, whole.test, strict=True)
    assert limited.sha256 == whole.sha256


def test_sha256_is_that_of_the_pixels(small):
    pixels = numbered_images(SMALL_TRAIN).tobytes() + numbered_images(SMALL_TEST).tobytes()
    assert load_splits(RunConfig(data_dir=small)).sha256 == hashlib.sha256(pixels).hexdigest()


def test_limit_and_batch_size_must_fit_the_data(small):
    with pytest.raises(ConfigError, match=r"--limit 1001 .* 1000 training images"):
        load_splits(RunConfig(data_dir=small, limit=1_001))
    with pytest.raises(ConfigError, match=r"--batch-size 1001 .* 1000 training images"):
        load_splits(RunConfig(data_dir=small, batch_size=1_001))
    with pytest.raises(ConfigError, match=r"--batch-size 32 .* 31 training images"):
        load_splits(RunConfig(data_dir=small, limit=31))
    assert len(load_splits(RunConfig(data_dir=small, limit=32)).train) == 32
    assert len(load_splits(RunConfig(data_dir=small, limit=1_000)).train) == 1_000


@pytest.mark.parametrize(
    ("count", "size", "sha256"),
    [(60_000, 5_000, "be518ceaf36e3aa9"), (10_000, 1_000, "9e86cee40d7ed807")],
)
def test_validation_indices_never_change(count, size, sha256):
    """Scores of different versions of this project stay comparable."""
    indices = validation_indices(count, size)
    assert len(np.unique(indices)) == size
    assert 0 <= indices.min() <= indices.max() < count
    assert hashlib.sha256(indices.astype("<i8").tobytes()).hexdigest()[:16] == sha256


def test_import_stays_light():
    heavy = (
        "pooch",
        "requests",
        "tqdm",
        "filelock",
        "torch",
        "tensorflow",
        "deconv.data.synthetic",
    )
    code = f"import sys, deconv.data.splits; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_real_split_sizes():
    real = official_archives()
    splits = load_splits(RunConfig(data_dir=real))
    assert splits.train.shape == (55_000, 28, 28)
    assert splits.validation.shape == (5_000, 28, 28)
    assert splits.test.shape == (10_000, 28, 28)
    counts = np.bincount(splits.train_labels) + np.bincount(splits.validation_labels)
    assert counts.tolist() == [6_000] * 10
    with pytest.raises(ConfigError, match=r"--limit 55001 .* 55000 training images"):
        load_splits(RunConfig(data_dir=real, limit=55_001))
