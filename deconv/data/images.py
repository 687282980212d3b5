"""Read a picture of one's own as an image of the network."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from deconv.errors import DAMAGE, ImageError
from deconv.files import read_whole
from deconv.metrics import to_unit_range

LARGEST = 2**28  # bytes of a file; all 70,000 images of Fashion-MNIST as float32 take 220 million


def read_picture(path: Path) -> np.ndarray:
    """Read a PNG, JPEG or NPY file: float32 `(N, 28, 28, 1)` in [-1, 1].

    A picture is turned grey and resized to 28×28; what was done is printed. An
    NPY file holds `(28, 28)`, `(N, 28, 28)` or `(N, 28, 28, 1)`, either uint8 or
    floats in [-1, 1]. Raises `ImageError` for anything else.
    """
    data = io.BytesIO(read_whole(path, LARGEST, ImageError))
    if path.suffix.lower() == ".npy":
        return _read_array(data, path)
    levels, changed = shrink(data, str(path))
    if changed:
        print(f"{path}: {' and '.join(changed)}")
    return to_unit_range(levels[None])


def shrink(data: io.BytesIO, name: str) -> tuple[np.ndarray, list[str]]:
    """Make grey levels, uint8 `(28, 28)`, of a PNG or JPEG; return also what was done to it.

    Raises `ImageError`, whose sentence calls it by its `name`.
    """
    try:
        with Image.open(data, formats=("PNG", "JPEG")) as file:
            picture = ImageOps.exif_transpose(file)  # a camera notes which side was up
            if deep := picture.mode.startswith("I"):  # `convert` would cut 16 bits off, not scale
                picture = Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
            grey = picture.convert("L").resize((28, 28), Image.Resampling.LANCZOS)
    except UnidentifiedImageError as error:
        raise ImageError(f"{name} is not a picture; give a PNG, JPEG or NPY file") from error
    except (Image.DecompressionBombError, *DAMAGE) as error:
        raise ImageError(f"cannot read {name}: {error}") from error
    return np.asarray(grey), [
        *["turned to 8 bits"] * deep,
        *["turned grey"] * (picture.mode != "L"),
        *[f"resized from {picture.width}×{picture.height}"] * (picture.size != grey.size),
    ]


def _read_array(data: io.BytesIO, path: Path) -> np.ndarray:
    try:
        array = np.lib.format.read_array(data)
    except DAMAGE as error:  # NumPy's own words advise to trust the file
        raise ImageError(f"cannot read {path}: it is not a whole NPY file of numbers") from error
    if array.ndim == 2:
        array = array[None]
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim != 3 or array.shape[1:] != (28, 28) or len(array) == 0:
        raise ImageError(f"{path}: its shape must be (N, 28, 28), but is {array.shape}")
    if array.dtype == np.uint8:
        return to_unit_range(array)
    if array.dtype.kind != "f" or not (np.abs(array) <= 1).all():
        raise ImageError(f"{path}: its values must be uint8, or floats from -1 to 1")
    return np.array(array, np.float32)[..., None]
