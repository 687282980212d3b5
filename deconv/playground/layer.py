"""One layer for the page: its pictures, its numbers, its recipe, and what meets at a cell."""

from typing import Any

import numpy as np

from deconv.arithmetic.drawing.frames import LIMITS, PICTURES, frame, scene_of, some_step
from deconv.arithmetic.drawing.hovering import PANELS, meeting
from deconv.arithmetic.drawing.layout import WIDTH
from deconv.arithmetic.drawing.recipe import recipe
from deconv.arithmetic.drawing.scattering import ADDED
from deconv.arithmetic.drawing.scene import LARGEST_MAP, LARGEST_NUMBER, Scene
from deconv.arithmetic.drawing.svg import NARROWEST, svg
from deconv.arithmetic.summary import what_output_padding_adds, why_output_padding
from deconv.playground.reading import (
    between,
    named_values,
    number,
    one_of,
    some_of,
    square,
    yes_or_no,
)

START: dict[str, int] = {
    "size": 4,
    "kernel": 3,
    "stride": 2,
    "padding": 1,
    "output_padding": 1,
    "dilation": 1,
}
"""The layer that a request means where it does not say: the autoencoder's, on 4×4 pixels."""

LARGEST_SEED = 2**32 - 1
MOST_STEPS = LARGEST_MAP**2
BESIDE = ("overlap", "gains")
"""What can be drawn beside a picture; of a direct layer, those of its transpose."""

OF_THE_LAYER = ("view", *START, "seed", "x", "w")
IN_ARITHMETIC = (*OF_THE_LAYER, "step", "finished", "width", "picture", "beside")
IN_A_MEETING = (*OF_THE_LAYER, "step", "map", "row", "column")


def arithmetic(request: object) -> dict[str, Any]:
    """Pictures of a layer as SVG, with its numbers and the code that builds it.

    A step past the last one is the last: a layer that becomes smaller has fewer steps.
    Raises `ConfigError` for a layer that cannot be, as all functions here do.
    """
    asked = named_values(request, IN_ARITHMETIC)
    scene, view = scene_from(asked), asked.get("view", "scatter")
    steps = PICTURES[view].steps(scene)
    step = _step(asked, steps)
    finished = yes_or_no("finished", asked.get("finished", True))
    width = between("width", asked.get("width", WIDTH), NARROWEST, WIDTH)
    page = frame(scene, view, step, finished)
    answer: dict[str, Any] = {
        "title": page.title,
        "caption": page.caption,
        "step": step,
        "steps": steps,
        "numbers": {name: values.tolist() for name, values in _maps(scene).items()},
        "recipe": {**recipe(scene)._asdict(), "why": _why(scene, view)},
        "beside": {
            name: svg(frame(transposed(scene), name), width)
            for name in some_of("beside", asked.get("beside", []), BESIDE)
        },
    }
    if yes_or_no("picture", asked.get("picture", True)):
        answer["picture"] = svg(page, width)
    return answer


def meet(request: object) -> dict[str, Any]:
    """What meets at one cell of a picture: a sentence, and the cells of each panel."""
    asked = named_values(request, IN_A_MEETING)
    scene, view = scene_from(asked), asked.get("view", "scatter")
    name = one_of("map", asked.get("map", "output"), PANELS)
    row, column = (_place(key, asked.get(key, 0)) for key in ("row", "column"))
    step = _step(asked, PICTURES[view].steps(scene))
    return meeting(scene, view, name, row, column, step)._asdict()


def scene_from(asked: dict[str, Any]) -> Scene:
    """The layer that a request names."""
    view = one_of("view", asked.get("view", "scatter"), PICTURES)
    numbers = {name: asked.get(name, value) for name, value in START.items()}
    seed = asked.get("seed")
    if seed is not None:
        between("seed", seed, 0, LARGEST_SEED)
    given: dict[str, Any] = {
        key: None if asked.get(key) is None else _numbers(name, asked[key], size)
        for key, name, size in (("x", "the input x", "size"), ("w", "the kernel w", "kernel"))
    }
    return scene_of(view, **numbers, seed=seed, **given)


def transposed(scene: Scene) -> Scene:
    """The layer, or where it is a direct one, the layer that leads back."""
    axis = scene.axis
    if scene.transposed:
        return scene
    numbers = (axis.small, axis.kernel, axis.stride, axis.padding)
    return Scene.of(*numbers, scene.output_padding, axis.dilation, w=scene.w)


def _why(scene: Scene, view: str) -> str:
    """What output padding is for and what it adds, or that this layer has none."""
    axis, output_padding = scene.axis, scene.output_padding
    why = why_output_padding(axis, output_padding)
    if not scene.transposed:
        return " ".join(["This layer leads down, and output padding is for the way up.", *why])
    added = what_output_padding_adds(axis, output_padding)
    if added and view in ("scatter", "gradient"):
        added.append(f"They are marked with {ADDED}.")
    return " ".join([*why, *added])


def _maps(scene: Scene) -> dict[str, np.ndarray]:
    return {"input": scene.x, "kernel": scene.w, "output": scene.y}


def _numbers(name: str, value: Any, size: str) -> np.ndarray:
    rows = square(name, value, LIMITS[size][1])
    for row in rows:
        for one in row:
            number(f"every number of {name}", one, -LARGEST_NUMBER, LARGEST_NUMBER)
    return np.array(rows)


def _step(asked: dict[str, Any], steps: int) -> int:
    """The step that a request names, the last where it names a later one."""
    step = asked.get("step")
    if step is None:
        return some_step(steps)
    return min(between("step", step, 0, MOST_STEPS), steps - 1)


def _place(name: str, value: Any) -> int:
    return between(name, value, -LARGEST_MAP, LARGEST_MAP**2)
