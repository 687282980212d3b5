"""The direct convolution, drawn like the transposed one: the same maps, read the other way.

It is also the gradient through the transposed layer, so its picture has two readings.
Its input lies on the canvas on which the transposed layer stamps, so the two
pictures can be laid side by side. `step` and `done` are those of
`deconv.arithmetic.drawing.views`.
"""

from dataclasses import replace

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


def collect_page(scene: Scene, step: int, done: int) -> Page:
    """The same steps, read as the gradient on its way back through the transposed layer."""
    page = direct_page(scene, step, done)
    [[large], [kernel, small]] = page.columns
    large = replace(large, title=large.title.replace("input", "gradient of the large map,"))
    small = replace(small, title=small.title.replace("output", "gradient of the small map,"))
    i, j = divmod(step, scene.axis.small)
    return page._replace(
        subtitle="Gradient through a transposed layer: a direct convolution of what comes back.",
        columns=[[large], [kernel, small]],
        caption=f"Pixel ({i}, {j}) of the small map had stamped the outlined pixels. It gets their "
        f"gradients, each times the tap that it had used: {page.caption}",
    )
