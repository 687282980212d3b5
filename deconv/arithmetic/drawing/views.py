"""The five views of a layer as pages, one step at a time.

Each page shows one step of its view: `step` is the active one, `done` says how
many steps the output already contains. An animation lets both grow; a still
shows one step on a finished output.
"""

from collections.abc import Callable
from dataclasses import dataclass

from deconv.arithmetic.drawing.gathering import matrix_page, padded_page, subpixel_page
from deconv.arithmetic.drawing.page import Page
from deconv.arithmetic.drawing.scattering import gradient_page, scatter_page
from deconv.arithmetic.drawing.scene import Scene, subpixel_rows


@dataclass(frozen=True)
class View:
    """The steps that a view has in a scene, and the page of one of them."""

    rows: Callable[[Scene], list[int]]
    """How many steps each row has; a row of the input, the kernel or the output."""
    page: Callable[[Scene, int, int], Page]

    def steps(self, scene: Scene) -> int:
        """How many steps there are in all."""
        return sum(self.rows(scene))


VIEWS: dict[str, View] = {
    "scatter": View(lambda scene: [len(row) for row in scene.x], scatter_page),
    "matrix": View(lambda scene: [len(row) for row in scene.y], matrix_page),
    "padded": View(lambda scene: [len(row) for row in scene.y], padded_page),
    "gradient": View(lambda scene: [len(row) for row in scene.w], gradient_page),
    "subpixel": View(lambda scene: subpixel_rows(scene.axis), subpixel_page),
}
