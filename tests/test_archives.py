"""The official archives: found, verified, and read as the frameworks read them."""

import gzip
import hashlib
import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
from small_archives import idx, official_archives

from deconv.config import ROOT, RunConfig
from deconv.data.archives import ARCHIVES, find_data_dir
from deconv.data.idx import read_images, read_labels
from deconv.data.splits import CLASS_NAMES, load_splits
from deconv.errors import DataError


@pytest.fixture(scope="module")
def real():
    return official_archives()


# ---------------------------------------------------------------- verifying


@pytest.mark.parametrize("name", ARCHIVES)
def test_another_dataset_under_the_official_name_is_refused(name, empty):
    """Plain MNIST has the same names, shapes and format; only its checksum differs."""
    read, shape = (read_images, (3, 28, 28)) if "images" in name else (read_labels, (3,))
    archive = gzip.compress(idx(np.zeros(shape, np.uint8)))
    (empty / name).write_bytes(archive)
    with pytest.raises(DataError, match="not the official file") as error:
        read(empty / name)
    assert hashlib.sha256(archive).hexdigest() in str(error.value)
    assert ARCHIVES[name] in str(error.value)
    assert "delete it" in str(error.value)


def test_truncated_archive_is_refused(small):
    path = small / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="not the official file"):
        read_images(path)


def test_path_that_is_no_readable_archive_is_refused(empty):
    with pytest.raises(DataError, match="none of the official names"):
        read_images(empty / "images.gz")
    with pytest.raises(DataError, match=r"cannot read .*: No such file"):
        read_images(empty / "t10k-images-idx3-ubyte.gz")
    (empty / "t10k-labels-idx1-ubyte.gz").mkdir()
    with pytest.raises(DataError, match=r"cannot read .*: it is not a regular file"):
        read_labels(empty / "t10k-labels-idx1-ubyte.gz")


# ---------------------------------------------------------------- finding the folder


def test_data_dir_then_environment_then_artifacts(tmp_path, monkeypatch):
    flag, variable = tmp_path / "flag", tmp_path / "variable"
    flag.mkdir()
    variable.mkdir()
    monkeypatch.setenv("FASHION_MNIST_DIR", str(variable))
    assert find_data_dir(flag) == flag
    assert find_data_dir(None) == variable
    monkeypatch.setenv("FASHION_MNIST_DIR", "")
    assert find_data_dir(None) == ROOT / "artifacts" / "data"
    monkeypatch.delenv("FASHION_MNIST_DIR")
    assert find_data_dir(None) == ROOT / "artifacts" / "data"


@pytest.mark.parametrize("dataset", ["fashion-mnist", "auto"])
def test_named_folder_must_exist(dataset, tmp_path, monkeypatch):
    missing = tmp_path / "missing"
    with pytest.raises(DataError, match=f"--data-dir names {missing}"):
        load_splits(RunConfig(dataset=dataset, data_dir=missing))
    monkeypatch.setenv("FASHION_MNIST_DIR", str(missing))
    with pytest.raises(DataError, match=f"FASHION_MNIST_DIR names {missing}"):
        load_splits(RunConfig(dataset=dataset))
    assert not missing.exists()


# ---------------------------------------------------------------- the real archives


def everything(folder):
    """The four arrays, in the order of ARCHIVES."""
    return [(read_images if "images" in name else read_labels)(folder / name) for name in ARCHIVES]


def test_equal_to_torchvision(real, tmp_path):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    from pytorch.src._torchvision import import_torchvision

    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name in ARCHIVES:
        (raw / name).symlink_to((real / name).resolve())
    torchvision = import_torchvision()
    theirs = []
    for train in (True, False):
        # download: it finds the archives, compares its own MD5 and unpacks them
        dataset = torchvision.datasets.FashionMNIST(tmp_path, train=train, download=True)
        theirs += [dataset.data.numpy(), dataset.targets.numpy()]
        assert dataset.classes == list(CLASS_NAMES)
    for our, their in zip(everything(real), theirs, strict=True):
        np.testing.assert_array_equal(our, their)


KERAS = """
import numpy as np, sys
from keras.datasets import fashion_mnist
(train, train_labels), (test, test_labels) = fashion_mnist.load_data()
np.savez(sys.argv[1], train, train_labels, test, test_labels)
"""


@pytest.mark.slow
def test_equal_to_keras(real, tmp_path):
    if importlib.util.find_spec("keras") is None:
        pytest.skip("Keras is not installed")
    cache = tmp_path / "datasets" / "fashion-mnist"
    cache.mkdir(parents=True)
    for name in ARCHIVES:
        (cache / name).symlink_to((real / name).resolve())
    # A process of its own: Keras reads KERAS_HOME once, when it is imported.
    command = [sys.executable, "-c", KERAS, tmp_path / "keras.npz"]
    environment = {**os.environ, "KERAS_HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "keras.npz") as theirs:
        for our, name in zip(everything(real), theirs.files, strict=True):
            np.testing.assert_array_equal(our, theirs[name], strict=True)
