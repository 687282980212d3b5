"""The views that gather: every step makes one output pixel, and writes out its sum.

`step` and `done` are those of `deconv.arithmetic.drawing.views`.
"""

from dataclasses import replace

import numpy as np

from deconv.arithmetic.drawing.cells import (
    first_cells,
    kernel_by_phases,
    letters,
    made_map,
    mask_of,
    small_map,
    sum_of,
    tints,
)
from deconv.arithmetic.drawing.page import (
    GREY,
    NO_CELL,
    ORANGE,
    PALE_ORANGE,
    SKY,
    WHITE,
    Page,
    Panel,
)
from deconv.arithmetic.drawing.scene import Scene, phase_window, stretched, subpixel_order
from deconv.arithmetic.geometry import Axis
from deconv.arithmetic.transposed import Phase, phases


def matrix_page(scene: Scene, step: int, done: int) -> Page:
    """In step `h·columns + v` row number `step` of Mᵀ makes the output pixel `(h, v)`."""
    axis, x = scene.axis, scene.x
    transposed, meets = scene.matrix.T, scene.meetings.T
    row = mask_of((len(transposed), 1), [(step, 0)]) & np.ones(transposed.shape, dtype=bool)
    colours = np.where(meets, SKY, WHITE)
    colours[row] = np.where(meets[row], ORANGE, PALE_ORANGE)
    folded, taps = transposed[step].reshape(x.shape), meets[step].reshape(x.shape)
    used = np.argwhere(taps)
    matrix = Panel(
        f"Mᵀ: {x.size} columns, {len(transposed)} rows",
        transposed,
        colours,
        row,
        ~meets,
        compact=True,
        name="matrix",
    )
    as_image = Panel(
        f"row {step} of Mᵀ, folded to {axis.small}×{axis.small}",
        folded,
        np.where(taps, ORANGE, PALE_ORANGE),
        taps,
        ~taps,
        name="row",
    )
    pixel = divmod(step, axis.large)
    return Page(
        scene.title,
        "Matrix: y = Mᵀ x, where M is the matrix of the direct convolution from large to small.",
        [
            [matrix],
            [as_image, small_map("input", x, used)],
            [_output(scene, pixel, first_cells(done, scene.y.shape))],
        ],
        sum_of(pixel, [(folded[i, j], x[i, j]) for i, j in used]),
    )


def padded_page(scene: Scene, step: int, done: int) -> Page:
    """In step `h·columns + v` the window over the stretched input makes output pixel `(h, v)`."""
    axis = scene.axis
    framed, is_input, is_between = stretched(scene)
    h, v = divmod(step, axis.large)
    window = np.zeros(framed.shape, dtype=bool)
    window[h : h + axis.reach : axis.dilation, v : v + axis.reach : axis.dilation] = True
    colours = np.where(is_input, SKY, np.where(is_between, GREY, WHITE))
    colours[window] = np.where(is_input[window], ORANGE, PALE_ORANGE)
    flipped = scene.w[::-1, ::-1]
    used = is_input[window].reshape(flipped.shape)
    products = zip(flipped[used], framed[window & is_input], strict=True)
    zeros = used.size - used.sum()
    do, done_to = _stretch_and_frame(axis, len(framed))
    return Page(
        scene.title,
        f"Padded: {do}, convolve with the flipped kernel.",
        [
            [
                Panel(
                    f"input, {done_to} to {len(framed)}×{len(framed)}",
                    framed,
                    colours,
                    window,
                    ~is_input,
                    name="stretched",
                )
            ],
            [
                Panel(
                    "flipped kernel",
                    flipped,
                    np.where(used, ORANGE, WHITE),
                    used,
                    ~used,
                    name="flipped",
                ),
                _output(scene, (h, v), first_cells(done, scene.y.shape)),
            ],
        ],
        sum_of((h, v), products) + f" {zeros} of {used.size} products are with an added zero.",
    )


def subpixel_page(scene: Scene, step: int, done: int) -> Page:
    """One output pixel a step, phase after phase: each with its own small kernel."""
    axis = scene.axis
    order = subpixel_order(axis)
    rows, cols, h, v = order[step]
    made = mask_of(scene.y.shape, [(row, col) for _, _, row, col in order[:done]])
    if done == len(order):
        made[:] = True  # pixels that no tap reaches stay 0
    framed, is_input, window = phase_window(scene, order[step])
    colours = np.where(window, PALE_ORANGE, np.where(is_input, WHITE, GREY))
    title = "input" if is_input.all() else "input, framed with zeros"
    edge = -int(is_input.any(axis=1).argmax())
    the_input = Panel(title, framed, colours, window, ~is_input, name="input", first=(edge, edge))
    small_kernel = scene.w[rows.taps, cols.taps]
    return Page(
        scene.title,
        f"Subpixel: {_convolutions(axis)}.",
        [
            [the_input, _kernel(scene, rows, cols)],
            [_phases_of_output(scene, (h, v), made), _taps(axis, small_kernel, (h, v))],
        ],
        sum_of((h, v), zip(small_kernel.ravel(), framed[window], strict=True)),
    )


def _stretch_and_frame(axis: Axis, framed: int) -> tuple[str, str]:
    """What the padded view does to the input, and what was done to it."""
    size = (axis.small - 1) * axis.stride + 1
    do, done = ("frame", "framed") if framed >= size else ("cut", "cut")
    if size > axis.small:
        do, done = f"stretch and {do}", f"stretched and {done}"
    return f"{do} the input" + " with zeros" * (do != "cut"), done


def _convolutions(axis: Axis) -> str:
    """How many convolutions make the output, and what lies between their pixels."""
    found = phases(axis)
    small = "small " * (axis.stride > 1)
    number = f"{len(found) ** 2} {small}convolution" + "s" * (len(found) > 1)
    with_zeros = sum(phase.axis.small for phase in found) < axis.large
    between = ", interleaved" * (with_zeros or len(found) > 1) + " with zeros" * with_zeros
    return f"{number} of the input as it is{between}"


def _kernel(scene: Scene, rows: Phase, cols: Phase) -> Panel:
    """The whole kernel, with the taps of one phase outlined."""
    taps = np.zeros(scene.w.shape, dtype=bool)
    taps[rows.taps, cols.taps] = True
    return replace(kernel_by_phases(scene), active=taps)


def _phases_of_output(scene: Scene, active: tuple[int, int], made: np.ndarray) -> Panel:
    """The pixels that are `made`, with the colours and letters of their phases."""
    everywhere, stride = np.arange(scene.axis.large), scene.axis.stride
    panel = _output(scene, active, made, np.where(made, tints(stride, everywhere), WHITE))
    return replace(panel, marks=np.where(made, letters(stride, everywhere), ""))


def _taps(axis: Axis, small_kernel: np.ndarray, pixel: tuple[int, int]) -> Panel:
    """The taps of one phase, in the corner of as many cells as the largest phase needs."""
    height, width = small_kernel.shape
    size = max(phase.axis.kernel for phase in phases(axis))
    values, colours = np.full((size, size), np.nan), np.full((size, size), NO_CELL)
    values[:height, :width] = small_kernel
    colours[:height, :width] = tints(axis.stride, np.array(pixel))[0, 1]
    letter = letters(axis.stride, np.array(pixel))[0, 1]
    name = f"taps of phase {letter}" if letter else "the phase's taps"
    return Panel(f"{name}, flipped: {height}×{width}", values, colours, name="taps")


def _output(
    scene: Scene, active: tuple[int, int], made: np.ndarray, colours: np.ndarray | None = None
) -> Panel:
    title = f"output {scene.axis.large}×{scene.axis.large}"
    return made_map(title, scene.y, active, made, colours)
