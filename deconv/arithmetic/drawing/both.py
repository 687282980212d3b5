"""Up by the transposed convolution and down by the direct one, as one picture.

The same cells meet by the same taps in both directions, and a picture that is read
twice shows it better than two. `step` and `done` are those of
`deconv.arithmetic.drawing.views`.
"""

import numpy as np

from deconv.arithmetic.drawing.cells import first_cells, made_map, small_map
from deconv.arithmetic.drawing.page import (
    GREY,
    ORANGE,
    PALE_ORANGE,
    SKY,
    WHITE,
    Page,
    Panel,
    number,
)
from deconv.arithmetic.drawing.scene import Scene, on_canvas, stamp, uncut


def both_page(scene: Scene, step: int, done: int) -> Page:
    """In step `i·columns + j` the pixel `(i, j)` of the small map meets its window of the large."""
    axis, x, w = scene.axis, scene.x, scene.w
    i, j = divmod(step, axis.small)
    inside, window = on_canvas(axis, uncut(axis)), on_canvas(axis, stamp(axis, i, j))
    values = np.full(inside.shape, np.nan)
    values[uncut(axis)] = scene.y
    taps = inside[stamp(axis, i, j)]
    again = (scene.matrix @ scene.y.ravel()).reshape(x.shape)
    edge = ", framed" * (axis.padding > 0)
    kernel = Panel("kernel", w, np.where(taps, ORANGE, WHITE), taps, ~taps, name="kernel")
    large = Panel(
        f"up: output {axis.large}×{axis.large}{edge}",
        values,
        np.where(inside, np.where(window, ORANGE, SKY), np.where(window, PALE_ORANGE, GREY)),
        window,
        name="output",
        first=(-axis.padding, -axis.padding),
    )
    title = f"down again: {axis.small}×{axis.small}"
    small = made_map(title, again, (i, j), first_cells(done, x.shape), name="again")
    return Page(
        scene.title,
        "Both: up by stamping, down by reading. Each is the gradient of the other.",
        [[small_map("input", x, [(i, j)]), kernel], [large], [small]],
        f"Up: x[{i}, {j}] = {number(x[i, j])} stamps the kernel on the outlined pixels. Down: the "
        f"same pixels, times the same taps, add up to {number(again[i, j])}. The size comes back, "
        "the values do not.",
    )
