"""The IDX format: read in full, or refused by name."""

import gzip
import hashlib
import itertools
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from small_archives import SMALL_TEST, idx, numbered_images

from deconv.data.archives import ARCHIVES
from deconv.data.idx import LARGEST_FILE, parse_idx, read_images, read_labels
from deconv.errors import DataError

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


PACKED = gzip.compress(idx(np.zeros((2, 28, 28), np.uint8)))


@pytest.mark.parametrize(
    ("archive", "complaint"),
    [
        (gzip.compress(bytes(LARGEST_FILE + 1)), "unpacks to more"),
        (b"not gzip", "sound gzip file"),
        (PACKED[:-9], "one whole gzip file"),
        (PACKED[:-8] + bytes(8), "sound gzip file"),
        (PACKED + PACKED, "one whole gzip file"),
        (gzip.compress(idx(np.zeros((2, 28, 27), np.uint8))), "28 x 28"),
        (gzip.compress(idx(np.zeros(28, np.uint8))), "28 x 28"),
    ],
    ids=itertools.count(),  # a packed file begins with the time, and ids must not change
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
            archive.write(bytes(LARGEST_FILE))
    monkeypatch.setitem(ARCHIVES, path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="unpacks to more"):
            read_labels(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 4 * LARGEST_FILE


def test_images_are_no_labels(small, monkeypatch):
    images, labels = small / "t10k-images-idx3-ubyte.gz", small / "t10k-labels-idx1-ubyte.gz"
    monkeypatch.setitem(ARCHIVES, labels.name, ARCHIVES[images.name])
    labels.write_bytes(images.read_bytes())
    with pytest.raises(DataError, match="not a list of labels"):
        read_labels(labels)
