"""What meets at one cell: for a page on which a reader points at a number.

A cell of a picture in SVG says its panel, row and column. From these come the cells
to point out in all panels of the picture, and a sentence.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from deconv.arithmetic.drawing.cells import sum_of
from deconv.arithmetic.drawing.page import number
from deconv.arithmetic.drawing.scene import Scene, subpixel_order
from deconv.arithmetic.matrix import triples
from deconv.arithmetic.sizes import in_short
from deconv.errors import ConfigError

MAPS = ("input", "kernel", "output")
STANDS_FOR = {"flipped": "kernel", "taps": "kernel", "stretched": "input", "again": "input"}
"""Panels whose cells are those of a map, in another order or with others between."""
PRODUCTS = ("stamp", "matrix", "row")
"""Panels of which each cell is the meeting of one tap and one pixel."""
PANELS = (*MAPS, *STANDS_FOR, *PRODUCTS, "repeats", "gains")
MOST_TERMS = 49
"""Of a sum that is written out: as many as the largest kernel of a page has taps."""

Cells = list[tuple[int, int]]


class Meeting(NamedTuple):
    """A sentence about a cell, and the cells `(row, column)` that meet it, each once."""

    sentence: str
    input: Cells
    kernel: Cells
    output: Cells
    panels: dict[str, Cells]
    """In the other panels of the picture."""


def meeting(scene: Scene, view: str, name: str, row: int, column: int, step: int = 0) -> Meeting:
    """What the cell at `(row, column)` of the panel `name` meets, in a step of a view.

    An output cell: the inputs and taps of its sum, pair by pair. An input cell: the
    outputs it reaches. A tap: all pairs that it joins. The maps `input`, `kernel` and
    `output` can be asked in every view. For cells that are cut off or added zeros, all
    lists are empty. Raises `ConfigError` for a panel that the view does not have.
    """
    found = places(scene, view, step)
    if name not in found:
        raise ConfigError(f"map must be one of {', '.join(found)}, but is {in_short(name)}")
    if view == "gains":  # which shows the output for an input of ones
        scene = replace(scene, x=np.ones_like(scene.x))
    here = (found[name] == (row, column)).all(axis=1) & (found[name] >= 0).all(axis=1)
    cells = {panel: _cells(where[here]) for panel, where in found.items()}
    maps = {panel: cells.pop(panel) for panel in MAPS}
    return Meeting(_sentence(scene, name, (row, column), maps), **maps, panels=cells)


def places(scene: Scene, view: str, step: int) -> dict[str, np.ndarray]:
    """Where each panel of a view has each meeting: rows and columns `(meetings, 2)`.

    A meeting is an input pixel, a tap and an output pixel that belong together. Where
    a panel does not show it, the row or the column is −1.
    """
    axis = scene.axis
    found = triples(axis)
    pairs = np.indices(2 * found[0].shape).reshape(2, -1).T  # of one on each axis
    small, taps, large = (one[pairs] for one in found)
    order = (small, taps, large) if scene.transposed else (large, taps, small)
    panels = dict(zip(MAPS, order, strict=True))
    if view == "scatter":
        stamping = small @ (axis.small, 1) == step
        panels["stamp"] = np.where(stamping[:, None], taps, -1)
    elif view == "matrix":
        rows, columns = large @ (axis.large, 1), small @ (axis.small, 1)
        panels["matrix"] = np.stack([rows, columns], axis=1)
        panels["row"] = np.where(rows[:, None] == step, small, -1)
    elif view == "padded":
        panels["stretched"] = small * axis.stride + axis.reach - 1 - axis.padding
        panels["flipped"] = axis.kernel - 1 - taps
    elif view == "subpixel":
        phases = subpixel_order(axis)[step][:2]
        panels["taps"] = np.full(taps.shape, -1)
        for place, phase in enumerate(phases):
            for n, tap in enumerate(range(axis.kernel)[phase.taps]):
                panels["taps"][taps[:, place] == tap, place] = n
    elif view == "both":
        panels["again"] = small
    elif view in ("overlap", "gains"):
        panels["repeats" if view == "overlap" else "gains"] = large % axis.stride
    return panels


def _cells(where: np.ndarray) -> Cells:
    shown = where[(where >= 0).all(axis=1)].tolist()
    return list(dict.fromkeys((row, column) for row, column in shown))


def _sentence(scene: Scene, name: str, cell: tuple[int, int], maps: dict[str, Cells]) -> str:
    if name in MAPS:
        return _about_a_map(scene, name, cell, maps)
    if not maps["kernel"]:
        cut = "Cut off: this number is no part of the output."
        return cut if name == "stamp" else "No input pixel meets a tap here."
    if name in STANDS_FOR:
        stands_for = STANDS_FOR[name]
        said = _about_a_map(scene, stands_for, maps[stands_for][0], maps)
        return said + " Down again, the same taps read them." * (name == "again")
    if name in PRODUCTS:
        (pixel,), (tap,), (output,) = maps.values()
        x, w = scene.x[pixel], scene.w[tap]
        return (
            f"{_named('x', pixel, x)} meets {_named('w', tap, w)} on the way to "
            f"y[{output[0]}, {output[1]}], which gets {number(x * w)} from it."
        )
    taps = [scene.w[tap] for tap in maps["kernel"]]
    count = "1 tap" if len(taps) == 1 else f"{len(taps)} taps"
    return f"Output pixels of this phase are made by {count}, in all {number(sum(taps))}."


def _about_a_map(scene: Scene, name: str, cell: tuple[int, int], maps: dict[str, Cells]) -> str:
    values = {"input": scene.x, "kernel": scene.w, "output": scene.y}[name]
    if not all(0 <= place < len(values) for place in cell):
        return "Cut off: no part of the output." if name == "output" else "A zero that was added."
    if name == "output":
        pairs = zip(maps["kernel"], maps["input"], strict=True)
        products = ((scene.w[tap], scene.x[pixel]) for tap, pixel in pairs)
        return sum_of(cell, products, MOST_TERMS)
    count = len(maps["output"])
    if name == "input":
        outputs = "1 output pixel" if count == 1 else f"{count} output pixels, by a tap each"
        return f"{_named('x', cell, values[cell])} reaches {outputs}."
    joined = "1 pair" if count == 1 else f"{count} pairs"
    return f"{_named('w', cell, values[cell])} joins {joined} of an input and an output pixel."


def _named(letter: str, cell: tuple[int, int], value: float) -> str:
    return f"{letter}[{cell[0]}, {cell[1]}] = {number(value)}"
