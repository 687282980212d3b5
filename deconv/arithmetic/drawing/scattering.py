"""The views that scatter: every step adds to many output pixels.

`step` and `done` are those of `deconv.arithmetic.drawing.views`.
"""

import numpy as np

from deconv.arithmetic.drawing.cells import mask_of, shown_where, small_map
from deconv.arithmetic.drawing.page import (
    BLUES,
    GREY,
    ORANGE,
    PALE_ORANGE,
    WHITE,
    Page,
    Panel,
    number,
)
from deconv.arithmetic.drawing.scene import Scene, empty_canvas, on_canvas, read_by, stamp, uncut

ADDED = "+"
"""In the corner of the cells that output padding adds."""


def scatter_page(scene: Scene, step: int, done: int) -> Page:
    """In step `i·columns + j` the input pixel `(i, j)` stamps the kernel."""
    axis, x, w = scene.axis, scene.x, scene.w
    sums, stamps = empty_canvas(axis), empty_canvas(axis)
    for i, j in list(np.ndindex(x.shape))[:done]:
        sums[stamp(axis, i, j)] += x[i, j] * w
        stamps[stamp(axis, i, j)] += 1
    i, j = divmod(step, axis.small)
    active = on_canvas(axis, stamp(axis, i, j))
    shades = np.array(BLUES)[stamps.clip(max=len(BLUES) - 1).astype(int)]
    shades[active] = PALE_ORANGE
    values = sums if done == x.size else shown_where(sums, stamps > 0)
    value, first = number(x[i, j]), [number(n * axis.stride - axis.padding) for n in (i, j)]
    return Page(
        scene.title,
        "Scatter: every input pixel stamps the kernel on the output, and overlaps add.",
        [
            [
                small_map("input", x, [(i, j)]),
                Panel(
                    f"stamp: {value} × kernel",
                    x[i, j] * w,
                    np.full(w.shape, PALE_ORANGE),
                    name="stamp",
                ),
            ],
            [_large_map(scene, values, shades, active)],
        ],
        f"x[{i}, {j}] = {value}: its stamp begins at output row {i}·{axis.stride} − "
        f"{axis.padding} = {first[0]}, column {j}·{axis.stride} − {axis.padding} = {first[1]}. "
        f"The bluer the pixel, the more stamps.{_legend(scene)}",
    )


def gradient_page(scene: Scene, step: int, done: int) -> Page:
    """In step `a·columns + b` the kernel tap `(a, b)` sends back what it once read."""
    axis, x, w = scene.axis, scene.x, scene.w
    sums, reached = empty_canvas(axis), empty_canvas(axis)
    for a, b in list(np.ndindex(w.shape))[:done]:
        sums[read_by(axis, a, b)] += x * w[a, b]
        reached[read_by(axis, a, b)] = 1
    a, b = divmod(step, axis.kernel)
    active = on_canvas(axis, read_by(axis, a, b))
    colours = np.where(active, PALE_ORANGE, np.where(reached, BLUES[1], WHITE))
    taps = np.full(w.shape, WHITE)
    taps[a, b] = ORANGE
    values, tap = sums if done == w.size else shown_where(sums, reached > 0), number(w[a, b])
    return Page(
        scene.title,
        "Gradient: a direct convolution's windows, each sent back to where it was read.",
        [
            [
                small_map("gradient of the small map", x, []),
                Panel("kernel", w, taps, mask_of(w.shape, [(a, b)]), name="kernel"),
            ],
            [_large_map(scene, values, colours, active)],
        ],
        f"Tap ({a}, {b}) of every window read the outlined pixels of the large map, one for each "
        f"pixel of the small map. Going back, each of them receives {tap} × that pixel."
        f"{_legend(scene)}",
    )


def _legend(scene: Scene) -> str:
    return f" {ADDED}: added by output padding." if scene.output_padding else ""


def _large_map(scene: Scene, sums: np.ndarray, colours: np.ndarray, active: np.ndarray) -> Panel:
    """The canvas of all stamps, with a thick frame around the part that is the output."""
    axis = scene.axis
    top, end = axis.padding, axis.padding + axis.large
    inside = on_canvas(axis, uncut(axis))
    without = slice(top, end - scene.output_padding)
    added = inside & ~on_canvas(axis, (without, without))
    title = f"output {axis.large}×{axis.large}"
    if not inside.all():
        title += f", framed; the grey rest of {len(sums)}×{len(sums)} is cut off"
    colours = np.where(inside | active, colours, GREY)
    return Panel(
        title,
        sums,
        colours,
        active,
        ~inside,
        (top, top, end, end),
        marks=np.where(added, ADDED, ""),
        name="output",
        first=(-axis.padding, -axis.padding),
    )
