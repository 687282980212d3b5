"""A view of a layer as a still picture and as an animation."""

from itertools import accumulate

import numpy as np

from deconv.arithmetic.drawing.frames import PICTURES, frame
from deconv.arithmetic.drawing.raster import draw, gif, png
from deconv.arithmetic.drawing.scene import Scene

ALL_STEPS, MOST_PICTURES = 36, 40
STEP, END_OF_ROW, END = 900, 1600, 3500
"""How long a picture stays, in milliseconds: long enough to check one sum."""


def still(scene: Scene, view: str) -> bytes:
    """One step of a view on the finished output, as the bytes of a PNG file."""
    return png(draw(frame(scene, view)))


def animation(scene: Scene, view: str) -> bytes:
    """A view step by step, with a pause where a row ends, as the bytes of a GIF file.

    Of more than 36 steps it shows the first two rows, and then each row at its end.
    """
    rows = PICTURES[view].rows(scene)
    shown = shown_steps(rows)
    ends = set(accumulate(rows, initial=-1))
    times = [END_OF_ROW if step in ends else STEP for step in shown[:-1]]
    pictures = [draw(frame(scene, view, step)) for step in shown]
    return gif(pictures, [*times, END])


def shown_steps(rows: list[int]) -> list[int]:
    """The steps, counted from 0, that an animation shows of rows with so many steps; the last too.

    All of them, or two rows and the ends of the others; never more than 40.
    """
    ends = [end - 1 for end in accumulate(rows)]
    steps = list(range(sum(rows)))
    if len(steps) > ALL_STEPS:
        steps = [*steps[: sum(rows[:2])], *ends[2:]]
    if len(steps) > MOST_PICTURES:
        steps = [steps[int(n)] for n in np.linspace(0, len(steps) - 1, MOST_PICTURES)]
    return steps
