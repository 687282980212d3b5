"""A view of a layer as a still picture and as an animation."""

import numpy as np

from deconv.arithmetic.drawing.raster import draw, gif, png
from deconv.arithmetic.drawing.scene import Scene
from deconv.arithmetic.drawing.views import VIEWS

ALL_STEPS, SOME_STEPS = 64, 40


def still(scene: Scene, view: str) -> bytes:
    """One step of a view on the finished output, as the bytes of a PNG file."""
    steps, page = VIEWS[view]
    count = steps(scene)
    return png(draw(page(scene, int(0.35 * count), count)))


def animation(scene: Scene, view: str) -> bytes:
    """Every step of a view, as the bytes of a GIF file; of more than 64 steps, 40 of them."""
    steps, page = VIEWS[view]
    count = steps(scene)
    pictures = count if count <= ALL_STEPS else SOME_STEPS
    shown = [int(step) for step in np.linspace(0, count - 1, pictures).round()]
    return gif(
        [draw(page(scene, step, step + 1)) for step in shown],
        milliseconds=900 if count < 20 else 400,
    )
