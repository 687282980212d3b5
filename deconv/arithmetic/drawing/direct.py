"""The direct convolution, drawn like the transposed one: the same maps, read the other way.

Its input lies on the canvas on which the transposed layer stamps, so the two
pictures can be laid side by side. `step` and `done` are those of
`deconv.arithmetic.drawing.views`.
"""

import numpy as np

from deconv.arithmetic.drawing.cells import first_cells, made_map, sum_of
from deconv.arithmetic.drawing.page import (
    GREY,
    ORANGE,
    PALE_ORANGE,
    SKY,
    WHITE,
    Page,
    Panel,
)
from deconv.arithmetic.drawing.scene import Scene, empty_canvas, on_canvas, stamp, uncut


def direct_page(scene: Scene, step: int, done: int) -> Page:
    """In step `i·columns + j` the window over the framed input makes output pixel `(i, j)`."""
    axis, w, y = scene.axis, scene.w, scene.y
    i, j = divmod(step, axis.small)
    framed = empty_canvas(axis)
    framed[uncut(axis)] = scene.x
    is_input, window = on_canvas(axis, uncut(axis)), on_canvas(axis, stamp(axis, i, j))
    colours = np.where(is_input, SKY, GREY)
    colours[window] = np.where(is_input[window], ORANGE, PALE_ORANGE)
    used = is_input[stamp(axis, i, j)]
    zeros = used.size - used.sum()
    frame = ", framed with zeros" * (axis.padding > 0)
    the_input = Panel(
        f"input {axis.large}×{axis.large}{frame}",
        framed,
        colours,
        window,
        ~is_input,
        name="input",
        first=(-axis.padding, -axis.padding),
    )
    kernel = Panel("kernel", w, np.where(used, ORANGE, WHITE), used, ~used, name="kernel")
    title = f"output {axis.small}×{axis.small}"
    output = made_map(title, y, (i, j), first_cells(done, y.shape))
    with_zeros = f" {zeros} of {used.size} products are with an added zero." * bool(zeros)
    return Page(
        scene.title,
        "Direct convolution: a window of the input, times the kernel, is one output pixel.",
        [[the_input], [kernel, output]],
        sum_of((i, j), zip(w[used], framed[window & is_input], strict=True)) + with_zeros,
    )
