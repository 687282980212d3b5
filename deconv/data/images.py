"""Read a picture of one's own as an image of the network."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from deconv.errors import DAMAGE, ImageError
from deconv.metrics import to_unit_range


def read_picture(path: Path) -> np.ndarray:
    """Read a PNG, JPEG or NPY file: float32 `(N, 28, 28, 1)` in [-1, 1].

    A picture is turned grey and resized to 28×28; what was done is printed. An
    NPY file holds `(28, 28)`, `(N, 28, 28)` or `(N, 28, 28, 1)`, either uint8 or
    floats in [-1, 1]. Raises `ImageError` for anything else.
    """
    try:
        if path.suffix.lower() == ".npy":
            # Mapped, not read: a header may claim a size that no memory holds.
            return _from_array(np.lib.format.open_memmap(path, mode="r"), path)
        with Image.open(path, formats=("PNG", "JPEG")) as file:
            picture = ImageOps.exif_transpose(file)  # a camera notes which side was up
            if deep := picture.mode.startswith("I"):  # `convert` would cut 16 bits off, not scale
                picture = Image.fromarray((np.asarray(picture) // 257).astype(np.uint8))
            grey = picture.convert("L").resize((28, 28), Image.Resampling.LANCZOS)
            changed = [
                *["turned to 8 bits"] * deep,
                *["turned grey"] * (picture.mode != "L"),
                *[f"resized from {picture.width}×{picture.height}"] * (picture.size != grey.size),
            ]
    except ImageError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"{path}: there is no such file") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{path} is not a picture; give a PNG, JPEG or NPY file") from error
    except (Image.DecompressionBombError, *DAMAGE) as error:
        raise ImageError(f"cannot read {path}: {error}") from error
    if changed:
        print(f"{path}: {' and '.join(changed)}")
    return to_unit_range(np.asarray(grey)[None])


def _from_array(array: np.ndarray, path: Path) -> np.ndarray:
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
