"""The dataset: found, fetched, verified, parsed and split; or an error a student can act on."""

import gzip
import hashlib
import importlib.util
import json
import os
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deconv import fashion_mnist
from deconv.config import ROOT, RunConfig
from deconv.errors import ConfigError, DataError
from deconv.fashion_mnist import (
    ARCHIVES,
    MIRRORS,
    download,
    find_data_dir,
    load_splits,
    parse_idx,
    read_images,
    read_labels,
    validation_indices,
)

REMEDIES = ("by hand", "--data-dir", "FASHION_MNIST_DIR", "--dataset synthetic")
SMALL_TRAIN, SMALL_TEST = 6_000, 50  # 5,000 of the first validate, as with the real files


def idx(array):
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def numbered_images(count):
    """Images that say their own number in their first two pixels."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(count), 256)
    return images


def number_of(images):
    return images[:, 0, 0].astype(int) * 256 + images[:, 0, 1]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A folder of small archives that take the place of the official ones."""
    arrays = [
        numbered_images(SMALL_TRAIN),
        (np.arange(SMALL_TRAIN) % 10).astype(np.uint8),
        numbered_images(SMALL_TEST),
        (np.arange(SMALL_TEST) % 10).astype(np.uint8),
    ]
    folder = tmp_path / "served"
    folder.mkdir()
    for name, array in zip(ARCHIVES, arrays, strict=True):
        archive = gzip.compress(idx(array), compresslevel=1, mtime=0)
        (folder / name).write_bytes(archive)
        monkeypatch.setitem(ARCHIVES, name, hashlib.sha256(archive).hexdigest())
    return folder


class Mirrors:
    """A web server; the first part of an address says how it treats the file."""

    def __init__(self, folder):
        self.folder = folder
        self.asked = Counter()  # by treatment
        self.used = Counter()  # by treatment
        self.fetched = Counter()  # by name
        self.hold = threading.Event()  # transfers under /held/ wait for this
        self.first_fetch = threading.Event()
        self.second_visit = threading.Event()
        self.port = 0

    def url(self, treatment):
        return f"http://127.0.0.1:{self.port}/{treatment}/"

    def answer(self, request):
        _, treatment, name = request.path.split("/")
        if request.command == "HEAD":
            self.asked[treatment] += 1
            if self.asked[treatment] > 1:
                self.second_visit.set()
            if treatment == "slow":
                request.wfile.write(b"HTTP/1.0 200 OK\r\nSlow: ")
                for _ in range(8):
                    time.sleep(0.25)
                    request.wfile.write(b"-")
                return request.wfile.write(b"\r\n\r\n")
            return self.send(request, 200, b"")
        self.used[treatment] += 1
        self.fetched[name] += 1
        self.first_fetch.set()
        if treatment == "absent":
            return self.send(request, 404, b"no such file")
        data = (self.folder / name).read_bytes()
        if treatment == "wrong":
            return self.send(request, 200, data[::-1])
        if treatment == "held":
            self.hold.wait(30)
        return self.send(request, 200, data, stop_at=20 if treatment == "cut" else None)

    def send(self, request, status, body, stop_at=None):
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[:stop_at])


@pytest.fixture
def mirrors(small, monkeypatch):
    served = Mirrors(small)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served.answer(self)

        do_HEAD = do_GET

        def log_message(self, *args):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield served
        served.hold.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def no_network(monkeypatch):
    """Send every request to a proxy that is not there."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def real():
    folder = os.environ.get("FASHION_MNIST_DIR")
    if not folder:
        pytest.skip("FASHION_MNIST_DIR does not name a folder of the four official archives")
    return Path(folder)


# ---------------------------------------------------------------- parsing


GOOD = idx(numbered_images(2))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "not an IDX file"),
        (GOOD[:3], "not an IDX file"),
        (b"\x1f\x8b" + GOOD[2:], "not an IDX file"),
        (b"\0\0\x0d" + GOOD[3:], "0x0d"),
        (b"\0\0\x08\x02" + GOOD[4:], "2 dimensions"),
        (b"\0\0\x08\x00", "0 dimensions"),
        (b"\0\0\x08\xff" + bytes(4 * 255), "255 dimensions"),
        (GOOD[:15], "within its header"),
        (GOOD[:16], "but has 16"),
        (GOOD[:-1], "but has 1583"),
        (GOOD + b"\0", "but has 1585"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "announces"),
        (struct.pack(">4B3I", 0, 0, 8, 3, 0, 28, 28), "announces"),
        (struct.pack(">4B3I", 0, 0, 8, 3, 0, 2**32 - 1, 2**32 - 1), "announces"),
    ],
)
def test_malformed_idx_is_refused_by_name(data, complaint):
    with pytest.raises(DataError, match=complaint) as error:
        parse_idx(data, "some/file")
    assert "some/file" in str(error.value)


SHAPES = hnp.array_shapes(min_dims=1, max_dims=1) | hnp.array_shapes(min_dims=3, max_dims=3)


@given(hnp.arrays(np.uint8, SHAPES))
def test_idx_round_trip(array):
    parsed = parse_idx(idx(array), "file")
    np.testing.assert_array_equal(parsed, array, strict=True)
    assert parsed.flags.writeable


@given(hnp.arrays(np.uint8, SHAPES), st.data())
def test_every_cut_is_noticed(array, data):
    whole = idx(array)
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(DataError):
        parse_idx(whole[:end], "file")


def almost_idx(dimensions, sizes, body):
    return bytes([0, 0, 8, dimensions]) + b"".join(struct.pack(">I", n) for n in sizes) + body


SIZES = st.lists(st.integers(0, 3) | st.integers(0, 2**32 - 1), max_size=5)
ALMOST_IDX = st.builds(almost_idx, st.integers(0, 255), SIZES, st.binary(max_size=30))


@given(st.binary() | ALMOST_IDX)
def test_any_bytes_give_an_array_or_a_data_error(data):
    try:
        array = parse_idx(data, "file")
    except DataError:
        return
    assert array.dtype == np.uint8
    assert array.ndim in (1, 3)
    assert data.endswith(array.tobytes())


# ---------------------------------------------------------------- reading archives


def test_read_images_and_labels(small):
    images = read_images(small / "t10k-images-idx3-ubyte.gz")
    np.testing.assert_array_equal(images, numbered_images(SMALL_TEST), strict=True)
    labels = read_labels(small / "t10k-labels-idx1-ubyte.gz")
    np.testing.assert_array_equal(labels, np.arange(50, dtype=np.uint8) % 10, strict=True)


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
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_images(empty / "t10k-images-idx3-ubyte.gz")
    (empty / "t10k-labels-idx1-ubyte.gz").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        read_labels(empty / "t10k-labels-idx1-ubyte.gz")


PACKED = gzip.compress(idx(np.zeros((2, 28, 28), np.uint8)))


@pytest.mark.parametrize(
    ("archive", "complaint"),
    [
        (gzip.compress(bytes(fashion_mnist.LARGEST_FILE + 1)), "unpacks to more"),
        (b"not gzip", "sound gzip file"),
        (PACKED[:-9], "one whole gzip file"),
        (PACKED[:-8] + bytes(8), "sound gzip file"),
        (PACKED + PACKED, "one whole gzip file"),
        (gzip.compress(idx(np.zeros((2, 28, 27), np.uint8))), "28 x 28"),
        (gzip.compress(idx(np.zeros(28, np.uint8))), "28 x 28"),
    ],
)
def test_archive_is_unpacked_strictly(archive, complaint, empty, monkeypatch):
    path = empty / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(archive)
    monkeypatch.setitem(ARCHIVES, path.name, hashlib.sha256(archive).hexdigest())
    with pytest.raises(DataError, match=complaint):
        read_images(path)


def test_archive_that_would_fill_the_memory_is_not_unpacked(empty, monkeypatch):
    path = empty / "t10k-labels-idx1-ubyte.gz"
    with gzip.open(path, "wb", compresslevel=1) as archive:
        for _ in range(8):
            archive.write(bytes(fashion_mnist.LARGEST_FILE))
    monkeypatch.setitem(ARCHIVES, path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="unpacks to more"):
            read_labels(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 4 * fashion_mnist.LARGEST_FILE


def test_images_are_no_labels(small, monkeypatch):
    images, labels = small / "t10k-images-idx3-ubyte.gz", small / "t10k-labels-idx1-ubyte.gz"
    monkeypatch.setitem(ARCHIVES, labels.name, ARCHIVES[images.name])
    labels.write_bytes(images.read_bytes())
    with pytest.raises(DataError, match="not a list of labels"):
        read_labels(labels)


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


# ---------------------------------------------------------------- download


def same_files(folder, other):
    return {p.name: p.read_bytes() for p in folder.iterdir()} == {
        p.name: p.read_bytes() for p in other.iterdir()
    }


def test_download_tries_mirrors_until_the_bytes_are_right(mirrors, tmp_path):
    folder = tmp_path / "made" / "on the way"
    download(folder, [mirrors.url(kind) for kind in ("absent", "wrong", "cut", "good")])
    assert same_files(folder, mirrors.folder)
    assert set(mirrors.fetched.values()) == {4}, "each mirror was tried for each archive"


def test_download_fetches_only_what_is_missing(mirrors, empty):
    present, *missing = ARCHIVES
    (empty / present).write_bytes((mirrors.folder / present).read_bytes())
    download(empty, [mirrors.url("good")])
    assert same_files(empty, mirrors.folder)
    assert mirrors.fetched == dict.fromkeys(missing, 1)
    download(empty, [mirrors.url("good")])
    assert mirrors.fetched == dict.fromkeys(missing, 1)


@pytest.mark.parametrize("kind", ["absent", "wrong", "cut"])
def test_failed_download_leaves_nothing_and_names_three_remedies(kind, mirrors, empty):
    with pytest.raises(DataError) as error:
        download(empty, [mirrors.url(kind)])
    for expected in (*REMEDIES, *MIRRORS, *ARCHIVES, *ARCHIVES.values(), mirrors.url(kind)):
        assert expected in str(error.value)
    assert list(empty.iterdir()) == []


def test_no_network_leaves_nothing_and_names_three_remedies(no_network, empty):
    with pytest.raises(DataError, match="no mirror answers") as error:
        load_splits(RunConfig(data_dir=empty))
    for expected in (*REMEDIES, *MIRRORS, *ARCHIVES, *ARCHIVES.values(), str(empty)):
        assert expected in str(error.value)
    assert list(empty.iterdir()) == []


def test_mirror_that_cannot_answer_in_time_is_passed_over(mirrors, empty, monkeypatch):
    """It keeps sending, so that its connection alone would never time out."""
    monkeypatch.setattr(fashion_mnist, "ANSWER_SECONDS", 0.5)
    download(empty, [mirrors.url("slow"), mirrors.url("good")])
    assert same_files(empty, mirrors.folder)
    assert mirrors.used == {"good": 4}


def test_leftovers_of_a_killed_download_do_no_harm(mirrors, empty):
    for name in ARCHIVES:
        (empty / f".{name}.part").write_bytes(b"half")
    (empty / ".download.lock").touch()
    download(empty, [mirrors.url("good")])
    assert same_files(empty, mirrors.folder)


def read_only_folder(tmp_path):
    folder = tmp_path / "read only"
    folder.mkdir(mode=0o555)
    return (
        folder if not os.access(folder, os.W_OK) else Path("/sys")
    )  # root may write anywhere else


def test_read_only_folder_is_a_data_error(mirrors, tmp_path):
    folder = read_only_folder(tmp_path)
    if not folder.is_dir():
        pytest.skip("this user may write in every folder")
    with pytest.raises(DataError, match="cannot be written") as error:
        download(folder, [mirrors.url("good")])
    assert all(remedy in str(error.value) for remedy in REMEDIES)


def test_file_in_the_way_is_a_data_error(mirrors, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        download(tmp_path / "file" / "data", [mirrors.url("good")])


DOWNLOAD = """
import json, sys
from pathlib import Path
from deconv import fashion_mnist
fashion_mnist.ARCHIVES.update(json.loads(sys.argv[1]))
fashion_mnist.download(Path(sys.argv[2]), [sys.argv[3]])
"""


def test_two_processes_fetch_each_archive_once(mirrors, empty):
    command = [sys.executable, "-c", DOWNLOAD, json.dumps(ARCHIVES), empty, mirrors.url("held")]
    start = {"cwd": ROOT, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **start) as first:
        assert mirrors.first_fetch.wait(60), "the first process did not start to fetch"
        with subprocess.Popen(command, **start) as second:
            assert "Fetching" in second.stderr.readline()
            disturbed = mirrors.second_visit.wait(1.5)  # time to go wrong: nobody should come
            mirrors.hold.set()
            assert second.wait(60) == 0, second.stderr.read()
        assert first.wait(60) == 0, first.stderr.read()
    assert not disturbed
    assert mirrors.fetched == dict.fromkeys(ARCHIVES, 1)
    assert same_files(empty, mirrors.folder)


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
    assert set(splits.test_labels) == set(range(len(fashion_mnist.CLASS_NAMES)))
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
    heavy = ("pooch", "requests", "tqdm", "filelock", "torch", "tensorflow", "deconv.synthetic")
    code = f"import sys, deconv.fashion_mnist; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


# ---------------------------------------------------------------- the real archives


def test_real_split_sizes(real):
    splits = load_splits(RunConfig(data_dir=real))
    assert splits.train.shape == (55_000, 28, 28)
    assert splits.validation.shape == (5_000, 28, 28)
    assert splits.test.shape == (10_000, 28, 28)
    counts = np.bincount(splits.train_labels) + np.bincount(splits.validation_labels)
    assert counts.tolist() == [6_000] * 10
    with pytest.raises(ConfigError, match=r"--limit 55001 .* 55000 training images"):
        load_splits(RunConfig(data_dir=real, limit=55_001))


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
        assert dataset.classes == list(fashion_mnist.CLASS_NAMES)
    for our, their in zip(everything(real), theirs, strict=True):
        np.testing.assert_array_equal(our, their)


KERAS = """
import numpy as np, sys
from keras.datasets import fashion_mnist
(train, train_labels), (test, test_labels) = fashion_mnist.load_data()
np.savez(sys.argv[1], train, train_labels, test, test_labels)
"""


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
