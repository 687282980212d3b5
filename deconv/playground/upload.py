"""A picture that somebody sent, read by the same reader as a picture that a command names."""

import io

from PIL import Image

from deconv.data.images import shrink
from deconv.errors import DAMAGE, ImageError
from deconv.playground.reading import MOST_PIXELS, NO_PICTURE


def grey_levels(data: bytes) -> list[float]:
    """784 grey levels of a PNG or JPEG; raises `ImageError` if it is none, or too large."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            width, height = picture.size
    except (Image.DecompressionBombError, *DAMAGE) as error:
        raise ImageError(NO_PICTURE) from error
    if width * height > MOST_PIXELS:
        raise ImageError(
            f"a picture may have {MOST_PIXELS:,} pixels at most, but this is {width}×{height}"
        )
    levels, _ = shrink(io.BytesIO(data), "the picture")
    return levels.ravel().astype(float).tolist()
