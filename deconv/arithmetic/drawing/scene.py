"""A layer small enough to draw, and which of its cells each view touches."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from deconv.arithmetic.direct import conv2d
from deconv.arithmetic.geometry import Axis, Geometry
from deconv.arithmetic.matrix import dense_matrix, triples
from deconv.arithmetic.sizes import conv_output_size, in_short, output_size
from deconv.arithmetic.transposed import Phase, conv_transpose2d, phases
from deconv.errors import ConfigError

LARGEST_MAP = 80
"""Rows and columns of the largest map that can be drawn."""


LARGEST_NUMBER = 99
"""Of an input or a kernel that somebody gives: sums of larger ones do not fit into cells."""


@dataclass(frozen=True)
class Scene:
    """One square layer with one channel and short numbers: `x` goes in, `y` comes out.

    A transposed layer leads from the small map of its `axis` to the large one, a
    direct layer from the large one to the small one.
    """

    axis: Axis
    x: np.ndarray
    w: np.ndarray
    y: np.ndarray
    title: str
    transposed: bool = True

    @classmethod
    def of(
        cls,
        size: int,
        kernel: int,
        stride: int,
        padding: int,
        output_padding: int,
        dilation: int,
        x: np.ndarray | None = None,
        w: np.ndarray | None = None,
    ) -> "Scene":
        """A transposed layer. Numbers that are not given are made up, see `digits`.

        Raises `ConfigError` for a layer that cannot be or that cannot be drawn.
        """
        large = output_size(size, kernel, stride, padding, output_padding, dilation)
        axis = Axis(size, large, kernel, stride, padding, dilation)
        _check_drawable(axis, "output")
        if not triples(axis)[0].size:
            raise ConfigError(f"padding {padding} cuts off every stamp; use less padding")
        x, w = _given("input", x, size), _given("kernel", w, kernel)
        options: dict[str, Any] = {
            "stride": stride,
            "padding": padding,
            "output_padding": output_padding,
            "dilation": dilation,
        }
        y = conv_transpose2d(x[None, None], w[None, None], **options)[0, 0]
        return cls(axis, x, w, y, _title(axis, size, large, output_padding))

    @classmethod
    def direct(
        cls,
        size: int,
        kernel: int,
        stride: int,
        padding: int,
        dilation: int,
        x: np.ndarray | None = None,
        w: np.ndarray | None = None,
    ) -> "Scene":
        """A direct layer; numbers and errors as in `of`."""
        small = conv_output_size(size, kernel, stride, padding, dilation)
        axis = Axis(small, size, kernel, stride, padding, dilation)
        _check_drawable(axis, "input")
        x, w = _given("input", x, size), _given("kernel", w, kernel)
        options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation}
        y = conv2d(x[None, None], w[None, None], **options)[0, 0]
        return cls(axis, x, w, y, _title(axis, size, small, 0), transposed=False)

    @property
    def output_padding(self) -> int:
        """Pixels at the far end of the large map that its paddings and the stamps leave over."""
        return self.axis.large + 2 * self.axis.padding - self.axis.span

    @cached_property
    def matrix(self) -> np.ndarray:
        """Matrix of the direct convolution, which the transposed layer transposes."""
        return dense_matrix(self.w[None, None], Geometry(self.axis, self.axis))

    @cached_property
    def meetings(self) -> np.ndarray:
        """Where an entry of that matrix is a kernel tap, even if its number is 0."""
        return dense_matrix(np.ones((1, 1, *self.w.shape), bool), Geometry(self.axis, self.axis))


def digits(size: int, seed: int | None = None) -> np.ndarray:
    """Whole numbers from 1 to 9, `(size, size)`: in order, or with a seed at random.

    In order they have no symmetry, so that a flip is visible.
    """
    if seed is None:
        return np.arange(size * size).reshape(size, size) % 9 + 1
    return np.random.default_rng(seed).integers(1, 10, (size, size))


def _given(name: str, values: np.ndarray | None, size: int) -> np.ndarray:
    """The numbers that were given, whole ones as integers, or digits where none were."""
    if values is None:
        return digits(size)
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError, OverflowError):
        numbers = np.array(np.nan)
    if numbers.shape != (size, size) or not (np.abs(numbers) <= LARGEST_NUMBER).all():
        raise ConfigError(
            f"the {name} must be {size} × {size} numbers from −{LARGEST_NUMBER} to "
            f"{LARGEST_NUMBER}, but is {in_short(values)}"
        )
    return numbers.astype(int) if (numbers == numbers.round()).all() else numbers


def _title(axis: Axis, before: int, after: int, output_padding: int) -> str:
    said = [f"kernel {axis.kernel}", f"stride {axis.stride}", f"padding {axis.padding}"]
    said += [f"output padding {output_padding}"] * (output_padding > 0)
    said += [f"dilation {axis.dilation}"] * (axis.dilation > 1)
    return f"{before}×{before} → {after}×{after}:  {', '.join(said)}"


def _check_drawable(axis: Axis, large: str) -> None:
    """Raise `ConfigError` where a map would be too large, before anybody computes it."""
    for size, said, smaller in (
        (axis.large, f"the {large} would have {{0}} × {{0}} pixels", "input or stride"),
        (axis.reach, "the kernel would reach over {0} × {0} pixels", "kernel or dilation"),
        (
            axis.span,
            "all kernel positions would reach over {0} × {0} pixels",
            "input, kernel or stride",
        ),
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


def on_canvas(axis: Axis, cells: tuple[slice, slice]) -> np.ndarray:
    """A mask of the canvas that is true at these cells."""
    mask = empty_canvas(axis).astype(bool)
    mask[cells] = True
    return mask


def uncut(axis: Axis) -> tuple[slice, slice]:
    """The cells of the canvas that padding leaves: the large map."""
    kept = slice(axis.padding, axis.padding + axis.large)
    return kept, kept


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
