"""What meets at one cell: for a page on which a reader points at a number.

A cell of a picture in SVG says its map, row and column. From these come the cells
to point out in the other maps, and a sentence.
"""

from typing import NamedTuple

import numpy as np

from deconv.arithmetic.drawing.cells import sum_of
from deconv.arithmetic.drawing.page import number
from deconv.arithmetic.drawing.scene import Scene
from deconv.arithmetic.matrix import triples

Cells = list[tuple[int, int]]


class Meeting(NamedTuple):
    """Cells `(row, column)` of the three maps that meet each other, and a sentence about them."""

    sentence: str
    input: Cells
    kernel: Cells
    output: Cells


def meeting(scene: Scene, name: str, row: int, column: int) -> Meeting:
    """What the cell at `(row, column)` of the map `name` (`input`, `kernel`, `output`) meets.

    An output cell: the inputs and taps of its sum, pair by pair. An input cell: the
    outputs it reaches. A tap: all pairs that it joins. For cells of other maps, and
    those that are cut off or added zeros, all lists are empty.
    """
    small, taps, large = triples(scene.axis)
    order = (small, taps, large) if scene.transposed else (large, taps, small)
    axes = dict(zip(("input", "kernel", "output"), order, strict=True))
    if name not in axes:
        return Meeting("", [], [], [])
    down, across = (np.flatnonzero(axes[name] == place) for place in (row, column))
    cells = {
        key: [(int(found[a]), int(found[b])) for a in down for b in across]
        for key, found in axes.items()
    }
    return Meeting(
        _sentence(scene, name, (row, column), cells),
        **{key: sorted(set(found)) if key == name else found for key, found in cells.items()},
    )


def _sentence(scene: Scene, name: str, cell: tuple[int, int], cells: dict[str, Cells]) -> str:
    values = {"input": scene.x, "kernel": scene.w, "output": scene.y}[name]
    if not all(0 <= place < len(values) for place in cell):
        return "Cut off: no part of the output." if name == "output" else "A zero that was added."
    if name == "output":
        pairs = zip(cells["kernel"], cells["input"], strict=True)
        return sum_of(cell, ((scene.w[tap], scene.x[pixel]) for tap, pixel in pairs))
    count, value = len(cells["output"]), number(values[cell])
    if name == "input":
        outputs = "1 output pixel" if count == 1 else f"{count} output pixels, by a tap each"
        return f"x[{cell[0]}, {cell[1]}] = {value} reaches {outputs}."
    pairs_joined = "1 pair" if count == 1 else f"{count} pairs"
    return (
        f"w[{cell[0]}, {cell[1]}] = {value} joins {pairs_joined} of an input and an output pixel."
    )
