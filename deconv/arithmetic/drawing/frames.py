"""Every picture of a layer, for pages that a reader moves: the same that the animations show.

`picture` is all in one; a page that also needs the number of steps keeps the
`Scene` and calls `frame`. NumPy alone, so that both run in a browser.
"""

import numpy as np

from deconv.arithmetic.drawing.both import both_page
from deconv.arithmetic.drawing.checkerboard import gains_page, overlap_page
from deconv.arithmetic.drawing.direct import collect_page, direct_page
from deconv.arithmetic.drawing.page import Page
from deconv.arithmetic.drawing.scene import Scene, digits
from deconv.arithmetic.drawing.views import VIEWS, View
from deconv.arithmetic.sizes import in_short, whole
from deconv.errors import ConfigError

PICTURES: dict[str, View] = {
    **VIEWS,
    "direct": View(lambda scene: [len(row) for row in scene.y], direct_page),
    "collect": View(lambda scene: [len(row) for row in scene.y], collect_page),
    "both": View(lambda scene: [len(row) for row in scene.x], both_page),
    "overlap": View(lambda scene: [1], overlap_page),
    "gains": View(lambda scene: [1], gains_page),
}
"""The five views, the direct layer in two readings, both in one, and the maps of a checkerboard."""

DIRECT = ("direct", "collect")
"""Pictures of a layer that leads from the large map to the small one."""

LIMITS: dict[str, tuple[int, int]] = {
    "size": (1, 12),
    "kernel": (1, 7),
    "stride": (1, 5),
    "padding": (0, 8),
    "output_padding": (0, 4),
    "dilation": (1, 4),
}
"""Smallest and largest of each number: what stays readable, and quick to draw."""


def scene_of(
    view: str,
    size: int = 4,
    kernel: int = 3,
    stride: int = 2,
    padding: int = 1,
    output_padding: int = 0,
    dilation: int = 1,
    *,
    x: np.ndarray | None = None,
    w: np.ndarray | None = None,
    seed: int | None = None,
) -> Scene:
    """The layer that a picture is about, from `size × size` pixels: transposed unless `DIRECT`.

    `x (size, size)` and `w (kernel, kernel)` are its numbers, from −99 to 99. Those
    that are not given are whole numbers from 1 to 9, in order or by `seed`. A
    direct layer has no output padding; the argument is ignored. Raises
    `ConfigError` for a picture that there is not, for a number beyond `LIMITS`, and
    for a layer that cannot be or cannot be drawn.
    """
    if view not in tuple(PICTURES):
        raise ConfigError(f"view must be one of {', '.join(PICTURES)}, but is {in_short(view)}")
    numbers = {
        "size": size,
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "output_padding": output_padding,
        "dilation": dilation,
    }
    for name, value in numbers.items():
        smallest, largest = LIMITS[name]
        if whole(name, value, smallest) > largest:
            raise ConfigError(f"{name} must be at most {largest}, but is {value}")
    if seed is not None:
        whole("seed", seed, 0)
        x = digits(size, seed) if x is None else x
        w = digits(kernel, seed + 1) if w is None else w
    if view in DIRECT:
        return Scene.direct(size, kernel, stride, padding, dilation, x, w)
    return Scene.of(size, kernel, stride, padding, output_padding, dilation, x, w)


def frame(scene: Scene, view: str, step: int | None = None, finished: bool = False) -> Page:
    """Step `step` of a view, counted from 0, on an output that has come as far, or is `finished`.

    Without a step, one from the middle of a finished picture. Raises `ConfigError`
    for a step that there is not.
    """
    shown = PICTURES[view]
    count = shown.steps(scene)
    if step is None:
        return shown.page(scene, some_step(count), count)
    if whole("step", step, 0) >= count:
        raise ConfigError(f"step must be below {count}, the number of steps, but is {step}")
    return shown.page(scene, step, count if finished else step + 1)


def some_step(count: int) -> int:
    """One of `count` steps that is worth a look: not the first, which often meets the border."""
    return int(0.35 * count)


def picture(
    view: str,
    size: int = 4,
    kernel: int = 3,
    stride: int = 2,
    padding: int = 1,
    output_padding: int = 0,
    dilation: int = 1,
    step: int | None = None,
    *,
    finished: bool = False,
    x: np.ndarray | None = None,
    w: np.ndarray | None = None,
    seed: int | None = None,
) -> Page:
    """One step of one view of a layer: arguments and errors as in `scene_of` and `frame`."""
    layer = (size, kernel, stride, padding, output_padding, dilation)
    return frame(scene_of(view, *layer, x=x, w=w, seed=seed), view, step, finished)
