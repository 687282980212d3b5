"""How evenly a transposed layer covers its output: the stamps on each pixel, and the gains.

Both are known before any image is seen, so these pages have a single step.
"""

from typing import Any

import numpy as np

from deconv.arithmetic.checkerboard import overlap_count, phase_gains
from deconv.arithmetic.drawing.cells import kernel_by_phases, phase_panel
from deconv.arithmetic.drawing.page import BLUES, Page, Panel, number
from deconv.arithmetic.drawing.scene import Scene
from deconv.arithmetic.transposed import conv_transpose2d


def overlap_page(scene: Scene, step: int = 0, done: int = 1) -> Page:
    """How many stamps cover each output pixel, and what repeats in that."""
    axis, options = scene.axis, _options(scene)
    repeats = phase_gains(np.ones((1, 1, *scene.w.shape), dtype=int), **options)[0, 0]
    counts = overlap_count(axis.small, axis.kernel, output_padding=scene.output_padding, **options)
    title = f"stamps on the output, {axis.large}×{axis.large}"
    return Page(
        scene.title,
        "Overlap: how many stamps cover each output pixel. The bluer, the more.",
        [
            [overlap_panel(title, counts, name="output")],
            [overlap_panel("what repeats away from the border", repeats, name="repeats")],
        ],
        _what_repeats(repeats, counts),
    )


def gains_page(scene: Scene, step: int = 0, done: int = 1) -> Page:
    """What the layer makes of a flat input: the gain of each phase, and the output."""
    axis, options = scene.axis, _options(scene)
    gains = phase_gains(scene.w[None, None], **options)[0, 0]
    flat = np.ones((1, 1, *scene.x.shape), dtype=int)
    y = conv_transpose2d(flat, scene.w[None, None], output_padding=scene.output_padding, **options)[
        0, 0
    ]
    return Page(
        scene.title,
        "Gains: what the layer makes of an input of ones.",
        [
            [
                kernel_by_phases(scene),
                phase_panel(
                    "gain of each phase", gains, axis.stride, np.arange(axis.stride), "gains"
                ),
            ],
            [
                phase_panel(
                    "output for an input of ones", y, axis.stride, np.arange(axis.large), "output"
                )
            ],
        ],
        _what_gains_mean(gains),
    )


def overlap_panel(title: str, counts: np.ndarray, name: str = "") -> Panel:
    """Counts of stamps on ever stronger blues; more than four shades are shared out."""
    most = len(BLUES) - 1
    shades = -(-counts * most // max(counts.max(), most))
    return Panel(title, counts, np.array(BLUES)[shades], name=name)


def _options(scene: Scene) -> dict[str, Any]:
    axis = scene.axis
    return {"stride": axis.stride, "padding": axis.padding, "dilation": axis.dilation}


def _what_repeats(repeats: np.ndarray, counts: np.ndarray) -> str:
    if not repeats.all():
        return "Some pixels get no stamp. They stay 0, whatever the weights."
    where = "Away from the border"
    if counts.max() < repeats.max():
        where = "This map is nothing but border. In a larger one, away from it,"
    if repeats.min() == repeats.max():
        stamps = "1 stamp" if repeats[0, 0] == 1 else f"{repeats[0, 0]} stamps"
        return f"{where} every pixel gets {stamps}, so equal weights draw no pattern."
    return (
        f"{where} the counts repeat every {len(repeats)} pixels and differ, from "
        f"{repeats.min()} to {repeats.max()}: equal weights draw a checkerboard."
    )


def _what_gains_mean(gains: np.ndarray) -> str:
    said = "A phase's gain is the sum of its taps. Away from the border the output repeats them. "
    if np.allclose(gains, gains[0, 0]):
        return said + f"All are {number(gains[0, 0])}: what is flat stays flat."
    return said + "They differ, so a flat input becomes a checkerboard."
