"""A picture that somebody sent, read by the same reader as a picture that a command names."""

import io

from PIL import Image

from deconv.data.images import shrink
from deconv.errors import DAMAGE, ImageError

MOST_PIXELS = 2**24
"""A small file can hold a huge picture of one colour."""


def grey_levels(data: bytes) -> list[float]:
    """784 grey levels of a PNG or JPEG; raises `ImageError` if it is none, or too large."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            width, height = picture.size
    except (Image.DecompressionBombError, *DAMAGE) as error:
        raise ImageError("this is not a PNG or JPEG picture") from error
    if width * height > MOST_PIXELS:
        raise ImageError(f"a picture may have {MOST_PIXELS:,} pixels, but this is {width}×{height}")
    levels, _ = shrink(io.BytesIO(data), "the picture")
    return levels.ravel().astype(float).tolist()
