"""A layer small enough to draw, and which of its cells each view touches."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from deconv.arithmetic.geometry import Axis, Geometry
from deconv.arithmetic.matrix import dense_matrix
from deconv.arithmetic.sizes import output_size
from deconv.arithmetic.transposed import Phase, conv_transpose2d, phases
from deconv.errors import ConfigError

LARGEST_MAP = 80
"""Rows and columns of the largest map that can be drawn."""


@dataclass(frozen=True)
class Scene:
    """One square layer with one channel and small whole numbers."""

    axis: Axis
    x: np.ndarray
    w: np.ndarray
    y: np.ndarray
    title: str

    @classmethod
    def of(
        cls, size: int, kernel: int, stride: int, padding: int, output_padding: int, dilation: int
    ) -> "Scene":
        """Make up the numbers: 1 to 9 over and over, so that the kernel has no symmetry.

        Raises `ConfigError` for a layer that cannot be or that cannot be drawn.
        """
        large = output_size(size, kernel, stride, padding, output_padding, dilation)
        axis = Axis(size, large, kernel, stride, padding, dilation)
        _check_drawable(axis)
        x, w = (np.arange(n * n).reshape(n, n) % 9 + 1 for n in (size, kernel))
        options: dict[str, Any] = {
            "stride": stride,
            "padding": padding,
            "output_padding": output_padding,
            "dilation": dilation,
        }
        y = conv_transpose2d(x[None, None], w[None, None], **options)[0, 0]
        if not y.any():
            raise ConfigError(f"padding {padding} cuts off every stamp; use less padding")
        said = [f"kernel {kernel}", f"stride {stride}", f"padding {padding}"]
        said += [f"output padding {output_padding}"] * (output_padding > 0)
        said += [f"dilation {dilation}"] * (dilation > 1)
        title = f"{size}×{size} → {large}×{large}:  {', '.join(said)}"
        return cls(axis, x, w, y, title)

    @cached_property
    def matrix(self) -> np.ndarray:
        """Matrix of the direct convolution that this layer transposes."""
        return dense_matrix(self.w[None, None], Geometry(self.axis, self.axis))


def _check_drawable(axis: Axis) -> None:
    """Raise `ConfigError` where a map would be too large, before anybody computes it."""
    for size, said, smaller in (
        (axis.large, "the output would have {0} × {0} pixels", "input or stride"),
        (axis.reach, "the kernel would reach over {0} × {0} pixels", "kernel or dilation"),
        (axis.span, "the stamps would reach over {0} × {0} pixels", "input, kernel or stride"),
        (axis.stride, "the stride would be {0} pixels", "stride"),
        (axis.dilation, "the dilation would be {0} pixels", "dilation"),
    ):
        if size > LARGEST_MAP:
            raise ConfigError(
                f"{said.format(size)}, and more than {LARGEST_MAP} cannot be drawn: "
                f"use a smaller {smaller}"
            )


def empty_canvas(axis: Axis) -> np.ndarray:
    """A zero for every pixel that a stamp can reach, and for the output's own."""
    size = max(axis.span, axis.padding + axis.large)
    return np.zeros((size, size))


def stamp(axis: Axis, i: int, j: int) -> tuple[slice, slice]:
    """The cells of the canvas under the stamp of input pixel `(i, j)`."""
    top, left = i * axis.stride, j * axis.stride
    return (
        slice(top, top + axis.reach, axis.dilation),
        slice(left, left + axis.reach, axis.dilation),
    )


def read_by(axis: Axis, a: int, b: int) -> tuple[slice, slice]:
    """The cells of the canvas that tap `(a, b)` reads in all windows together."""
    top, left = a * axis.dilation, b * axis.dilation
    length = axis.stride * axis.small
    return slice(top, top + length, axis.stride), slice(left, left + length, axis.stride)


def stretched(scene: Scene) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The stretched and framed input; which cells are real input; which lie among them."""
    axis = scene.axis
    place = np.arange(axis.large + axis.reach - 1) - (axis.reach - 1 - axis.padding)
    among = (place >= 0) & (place <= (axis.small - 1) * axis.stride)
    real = among & (place % axis.stride == 0)
    i = np.where(real, place // axis.stride, 0)
    is_input, is_between = (np.logical_and.outer(one, one) for one in (real, among))
    return np.where(is_input, scene.x[np.ix_(i, i)], 0), is_input, is_between


Pixel = tuple[Phase, Phase, int, int]


def subpixel_order(axis: Axis) -> list[Pixel]:
    """Every output pixel that has taps, phase after phase: the two phases, row, column."""
    found, every = phases(axis), range(axis.large)
    return [
        (rows, cols, h, v)
        for rows in found
        for cols in found
        for h in every[rows.pixels]
        for v in every[cols.pixels]
    ]


def subpixel_rows(axis: Axis) -> list[int]:
    """How many pixels each row has in that order, where a row belongs to one phase."""
    counts = [phase.axis.small for phase in phases(axis)]
    return [across for down in counts for across in counts for _ in range(down)]


def phase_window(scene: Scene, pixel: Pixel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The input with the zeros that some phase reads; which cells are input; what `pixel` reads."""
    found = [phase.axis for phase in phases(scene.axis)]
    before = max(0, *(one.padding for one in found), 0)
    after = max(0, *(one.span - one.padding - one.large for one in found), 0)
    framed = np.pad(scene.x, (before, after))
    is_input = np.pad(np.ones(scene.x.shape, dtype=bool), (before, after))
    window = np.zeros(framed.shape, dtype=bool)
    row_phase, col_phase, h, v = pixel
    reads = []
    for phase, position in ((row_phase, h), (col_phase, v)):
        number = (position - phase.pixels.start) // phase.pixels.step
        first = before + number - phase.axis.padding
        reads.append(slice(first, first + phase.axis.reach, phase.axis.dilation))
    window[reads[0], reads[1]] = True
    return framed, is_input, window
