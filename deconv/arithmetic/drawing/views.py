"""The five views of a layer as pages, one step at a time.

Each page shows one step of its view: `step` is the active one, `done` says how
many steps the output already contains. An animation lets both grow; a still
shows one step on a finished output.
"""

from collections.abc import Callable
from typing import NamedTuple

from deconv.arithmetic.drawing.gathering import matrix_page, padded_page, subpixel_page
from deconv.arithmetic.drawing.page import Page
from deconv.arithmetic.drawing.scattering import gradient_page, scatter_page
from deconv.arithmetic.drawing.scene import Scene, subpixel_order


class View(NamedTuple):
    """How many steps a view has in a scene, and the page of one of them."""

    steps: Callable[[Scene], int]
    page: Callable[[Scene, int, int], Page]


VIEWS: dict[str, View] = {
    "scatter": View(lambda scene: scene.x.size, scatter_page),
    "matrix": View(lambda scene: scene.y.size, matrix_page),
    "padded": View(lambda scene: scene.y.size, padded_page),
    "gradient": View(lambda scene: scene.w.size, gradient_page),
    "subpixel": View(lambda scene: len(subpixel_order(scene.axis)), subpixel_page),
}
