"""Read the archives of Fashion-MNIST: arrays in the IDX format of MNIST, packed with gzip.

An IDX file is a zero byte twice, the number type, the number of dimensions, each
dimension as a big-endian 32-bit number, then the numbers.
"""

import math
import struct
import zlib
from pathlib import Path

import numpy as np

from deconv.data.archives import official_bytes
from deconv.errors import DataError

SIZE = 28  # pixels on each side of an image
LARGEST_FILE = 16 + 60_000 * SIZE * SIZE  # bytes of the largest unpacked archive


def read_images(path: Path) -> np.ndarray:
    """Read an official image archive: uint8 `(N, 28, 28)`, 0 is background.

    Raises `DataError` if the file is not, byte for byte, the official one of its name.
    """
    images = parse_idx(_gunzip(official_bytes(path), path), str(path))
    if images.shape[1:] != (SIZE, SIZE):
        raise DataError(f"{path} holds an array {images.shape}, not images of 28 x 28 pixels")
    return images


def read_labels(path: Path) -> np.ndarray:
    """Read an official label archive: uint8 `(N,)`, each the number of a class.

    Raises `DataError` if the file is not, byte for byte, the official one of its name.
    """
    labels = parse_idx(_gunzip(official_bytes(path), path), str(path))
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
