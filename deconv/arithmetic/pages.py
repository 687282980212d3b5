"""The five views as pictures, one step at a time.

Each page shows one step of its view: `step` is the active one, `done` says how
many steps the output already contains. An animation lets both grow; a still
shows one step on a finished output.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from deconv.arithmetic.axes import Axis
from deconv.arithmetic.panels import (
    BLUES,
    GREY,
    NO_CELL,
    ORANGE,
    PALE_ORANGE,
    SKY,
    TINTS,
    WHITE,
    Page,
    Panel,
)
from deconv.arithmetic.scene import (
    Scene,
    empty_canvas,
    phase_window,
    read_by,
    stamp,
    stretched,
    subpixel_order,
)
from deconv.arithmetic.transposed import phases


class View(NamedTuple):
    """How many steps a view has in a scene, and the page of one of them."""

    steps: Callable[[Scene], int]
    page: Callable[[Scene, int, int], Page]


def scatter_page(scene: Scene, step: int, done: int) -> Page:
    """In step `i·columns + j` the input pixel `(i, j)` stamps the kernel."""
    axis, x, w = scene.axis, scene.x, scene.w
    sums, stamps = empty_canvas(axis), empty_canvas(axis)
    for i, j in list(np.ndindex(x.shape))[:done]:
        sums[stamp(axis, i, j)] += x[i, j] * w
        stamps[stamp(axis, i, j)] += 1
    i, j = divmod(step, axis.small)
    active = empty_canvas(axis).astype(bool)
    active[stamp(axis, i, j)] = True
    shades = np.array(BLUES)[stamps.clip(max=len(BLUES) - 1).astype(int)]
    shades[active] = PALE_ORANGE
    finished = done == x.size
    first = [f"{n * axis.stride - axis.padding}".replace("-", "−") for n in (i, j)]
    return Page(
        scene.title,
        "Scatter: every input pixel stamps the kernel on the output, and overlaps add.",
        [
            [
                _small_map("input", x, [(i, j)]),
                Panel(f"stamp: {x[i, j]} × kernel", x[i, j] * w, np.full(w.shape, PALE_ORANGE)),
            ],
            [_large_map(axis, sums if finished else _shown(sums, stamps > 0), shades, active)],
        ],
        f"x[{i}, {j}] = {x[i, j]}: its stamp begins at output row {i}·{axis.stride} − "
        f"{axis.padding} = {first[0]}, column {j}·{axis.stride} − {axis.padding} = {first[1]}. "
        "The darker the blue, the more stamps.",
    )


def gradient_page(scene: Scene, step: int, done: int) -> Page:
    """In step `a·columns + b` the kernel tap `(a, b)` sends back what it once read."""
    axis, x, w = scene.axis, scene.x, scene.w
    sums, reached = empty_canvas(axis), empty_canvas(axis)
    for a, b in list(np.ndindex(w.shape))[:done]:
        sums[read_by(axis, a, b)] += x * w[a, b]
        reached[read_by(axis, a, b)] = 1
    a, b = divmod(step, axis.kernel)
    active = empty_canvas(axis).astype(bool)
    active[read_by(axis, a, b)] = True
    colours = np.where(active, PALE_ORANGE, np.where(reached, BLUES[1], WHITE))
    taps = np.full(w.shape, WHITE)
    taps[a, b] = ORANGE
    finished = done == w.size
    return Page(
        scene.title,
        "Gradient: a direct convolution's windows, each sent back to where it was read.",
        [
            [
                _small_map("gradient of the small map", x, []),
                Panel("kernel", w, taps, _mask(w.shape, [(a, b)])),
            ],
            [_large_map(axis, sums if finished else _shown(sums, reached > 0), colours, active)],
        ],
        f"Tap ({a}, {b}) of every window read the outlined pixels of the large map, one for each "
        f"pixel of the small map. Going back, each of them receives {w[a, b]} × that pixel.",
    )


def matrix_page(scene: Scene, step: int, done: int) -> Page:
    """In step `h·columns + v` row number `step` of Mᵀ makes the output pixel `(h, v)`."""
    axis, x = scene.axis, scene.x
    transposed = scene.matrix.T
    row = _mask((len(transposed), 1), [(step, 0)]) & np.ones(transposed.shape, dtype=bool)
    colours = np.where(transposed, SKY, WHITE)
    colours[row] = np.where(transposed[row], ORANGE, PALE_ORANGE)
    folded = transposed[step].reshape(x.shape)
    used = np.argwhere(folded)
    matrix = Panel(
        f"Mᵀ: {x.size} columns, {len(transposed)} rows",
        transposed,
        colours,
        row,
        transposed == 0,
        compact=True,
    )
    as_image = Panel(
        f"row {step} of Mᵀ, folded to {axis.small}×{axis.small}",
        folded,
        np.where(folded, ORANGE, PALE_ORANGE),
        _mask(x.shape, used),
        folded == 0,
    )
    pixel = divmod(step, axis.large)
    return Page(
        scene.title,
        "Matrix: y = Mᵀ x, where M is the matrix of the direct convolution from large to small.",
        [
            [matrix],
            [as_image, _small_map("input", x, used)],
            [_output(scene, pixel, _first(done, scene.y.shape))],
        ],
        _sum_of(pixel, [(folded[i, j], x[i, j]) for i, j in used]),
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
    return Page(
        scene.title,
        "Padded: stretch and frame the input with zeros, convolve with the flipped kernel.",
        [
            [
                Panel(
                    f"input, stretched and framed to {len(framed)}×{len(framed)}",
                    framed,
                    colours,
                    window,
                    ~is_input,
                )
            ],
            [
                Panel("flipped kernel", flipped, np.where(used, ORANGE, WHITE), used, ~used),
                _output(scene, (h, v), _first(done, scene.y.shape)),
            ],
        ],
        _sum_of((h, v), products) + f" {zeros} of {used.size} products are with an added zero.",
    )


def subpixel_page(scene: Scene, step: int, done: int) -> Page:
    """One output pixel a step, phase after phase: each with its own small kernel."""
    axis, w = scene.axis, scene.w
    order = subpixel_order(axis)
    rows, cols, h, v = order[step]
    made = _mask(scene.y.shape, [(row, col) for _, _, row, col in order[:done]])
    if done == len(order):
        made[:] = True  # pixels that no tap reaches stay 0
    framed, is_input, window = phase_window(scene, order[step])
    colours = np.where(window, PALE_ORANGE, np.where(is_input, WHITE, GREY))
    small_kernel = w[rows.taps, cols.taps]
    taps = np.zeros(w.shape, dtype=bool)
    taps[rows.taps, cols.taps] = True
    positions = np.arange(axis.kernel) * axis.dilation - axis.padding
    made_colours = np.where(made, _tints(axis, np.arange(axis.large)), WHITE)
    shape = "×".join(str(n) for n in small_kernel.shape)
    number = "1 convolution" if axis.stride == 1 else f"{axis.stride**2} small convolutions"
    return Page(
        scene.title,
        f"Subpixel: {number} of the input as it is, interleaved.",
        [
            [
                Panel(
                    "input" if is_input.all() else "input, framed with zeros",
                    framed,
                    colours,
                    window,
                    ~is_input,
                ),
                Panel("kernel, a colour for each phase", w, _tints(axis, positions), taps, ~taps),
            ],
            [
                _output(scene, (h, v), made, made_colours),
                _corner(
                    f"the phase's taps, flipped: {shape}",
                    small_kernel,
                    max(phase.axis.kernel for phase in phases(axis)),
                    int(_tints(axis, np.array([h, v]))[0, 1]),
                ),
            ],
        ],
        _sum_of((h, v), zip(small_kernel.ravel(), framed[window], strict=True)),
    )


VIEWS: dict[str, View] = {
    "scatter": View(lambda scene: scene.x.size, scatter_page),
    "matrix": View(lambda scene: scene.y.size, matrix_page),
    "padded": View(lambda scene: scene.y.size, padded_page),
    "gradient": View(lambda scene: scene.w.size, gradient_page),
    "subpixel": View(lambda scene: len(subpixel_order(scene.axis)), subpixel_page),
}


def _small_map(name: str, x: np.ndarray, active: Iterable[tuple[int, int]]) -> Panel:
    mask = _mask(x.shape, active)
    title = f"{name} {x.shape[0]}×{x.shape[1]}"
    return Panel(title, x, np.where(mask, ORANGE, WHITE), mask)


def _output(
    scene: Scene, active: tuple[int, int], made: np.ndarray, colours: np.ndarray | None = None
) -> Panel:
    mask = _mask(scene.y.shape, [active])
    colours = np.where(made, BLUES[1], WHITE) if colours is None else colours
    title = f"output {scene.axis.large}×{scene.axis.large}"
    return Panel(title, _shown(scene.y, made), np.where(mask, ORANGE, colours), mask)


def _large_map(axis: Axis, sums: np.ndarray, colours: np.ndarray, active: np.ndarray) -> Panel:
    """The canvas of all stamps, with a thick frame around the part that is the output."""
    top, end = axis.padding, axis.padding + axis.large
    inside = np.zeros(sums.shape, dtype=bool)
    inside[top:end, top:end] = True
    title = f"output {axis.large}×{axis.large}"
    if not inside.all():
        title += f", framed; the grey rest of {len(sums)}×{len(sums)} is cut off"
    colours = np.where(inside | active, colours, GREY)
    return Panel(title, sums, colours, active, ~inside, (top, top, end, end))


def _corner(title: str, values: np.ndarray, size: int, colour: int) -> Panel:
    """A small grid in the corner of `size × size` empty cells, so that pages stay aligned."""
    padded, colours = np.full((size, size), np.nan), np.full((size, size), NO_CELL)
    padded[: len(values), : values.shape[1]] = values
    colours[: len(values), : values.shape[1]] = colour
    return Panel(title, padded, colours)


def _tints(axis: Axis, positions: np.ndarray) -> np.ndarray:
    """The colours of the phases at all pairs of positions; beyond nine they repeat."""
    phase = positions % axis.stride
    return np.array(TINTS)[(phase[:, None] * axis.stride + phase) % len(TINTS)]


def _mask(shape: tuple[int, ...], cells: Iterable[tuple[int, int]]) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    for row, column in cells:
        mask[row, column] = True
    return mask


def _shown(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.where(where, values, np.nan)


def _first(done: int, shape: tuple[int, ...]) -> np.ndarray:
    """A mask of the first `done` cells, row by row."""
    return np.arange(np.prod(shape)).reshape(shape) < done


def _sum_of(pixel: tuple[int, int], products: Iterable[tuple[int, int]]) -> str:
    """Write out the sum that makes an output pixel."""
    h, v = pixel
    pairs = list(products)
    if not pairs:
        return f"y[{h}, {v}] = 0, as no stamp reaches this pixel."
    terms = " + ".join(f"{weight}·{value}" for weight, value in pairs[:12])
    more = " + …" * (len(pairs) > 12)
    return f"y[{h}, {v}] = {terms}{more} = {sum(weight * value for weight, value in pairs)}."
