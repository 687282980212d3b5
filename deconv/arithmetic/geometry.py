"""The geometry of a layer, checked once, in the form that every view reads.

A direct and a transposed convolution with the same numbers are one geometry
read in two directions, so one class serves both, and the gradients too. It
says "small map" and "large map" instead of input and output, because which of
the two is the input is exactly what transposing swaps.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from deconv.arithmetic.sizes import conv_output_size, in_short, output_size, whole
from deconv.errors import ConfigError

IntOrPair = int | tuple[int, int]


@dataclass(frozen=True)
class Axis:
    """One axis: `i < small` and `h < large` meet at tap `k < kernel` when (1) holds.

    (1) is `h = i·stride + k·dilation − padding`, as in `deconv.arithmetic.sizes`.
    """

    small: int
    large: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """How many pixels the kernel spans, its holes included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def span(self) -> int:
        """How many pixels all `small` kernel positions span together, before padding cuts."""
        return (self.small - 1) * self.stride + self.reach


class Geometry(NamedTuple):
    """The two axes of a layer: `rows` counts down the image, `cols` across it."""

    rows: Axis
    cols: Axis


def conv_geometry(
    size: IntOrPair, kernel: IntOrPair, stride: IntOrPair, padding: IntOrPair, dilation: IntOrPair
) -> Geometry:
    """Geometry of a direct convolution of `size` pixels; raises `ConfigError` if it cannot be."""
    axes = numbers_of_axes(
        size=size, kernel=kernel, stride=stride, padding=padding, dilation=dilation
    )
    return Geometry(*(Axis(conv_output_size(*axis), *axis) for axis in axes))


def transposed_geometry(
    size: IntOrPair,
    kernel: IntOrPair,
    stride: IntOrPair,
    padding: IntOrPair,
    output_padding: IntOrPair,
    dilation: IntOrPair,
) -> Geometry:
    """Geometry of a transposed convolution of `size` pixels; raises `ConfigError` likewise."""
    axes = numbers_of_axes(
        size=size,
        kernel=kernel,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
    )
    return Geometry(
        *(Axis(n, output_size(n, k, s, p, extra, d), k, s, p, d) for n, k, s, p, extra, d in axes)
    )


def numbers_of_axes(**numbers: IntOrPair) -> Iterator[tuple[int, ...]]:
    """Give the numbers of the rows, then those of the columns, in the order of the names.

    Raises `ConfigError` where one is not whole: at least 0 for a padding, 1 for the others.
    """
    pairs = (pair(name, value, int("padding" not in name)) for name, value in numbers.items())
    return zip(*pairs, strict=True)


def pair(name: str, value: IntOrPair, smallest: int) -> tuple[int, int]:
    """`2` means `(2, 2)`; a pair stays; anything else raises `ConfigError`, as in `whole`."""
    if isinstance(value, tuple | list):
        if len(value) != 2:
            raise ConfigError(
                f"{name} must be a whole number or a pair of them, but is {in_short(value)}"
            )
        return whole(name, value[0], smallest), whole(name, value[1], smallest)
    one = whole(name, value, smallest)
    return one, one


def check_axes(name: str, value: np.ndarray, axes: str) -> None:
    """Raise `ConfigError` unless `value` is an array of numbers with the four `axes`."""
    if not isinstance(value, np.ndarray):
        raise ConfigError(
            f"the {name} must be a NumPy array, but is of type {type(value).__name__}"
        )
    if value.dtype.kind not in "biufcO":
        raise ConfigError(f"the {name} must hold numbers, but is of the type {value.dtype}")
    if value.ndim != 4:
        raise ConfigError(f"the {name} must have 4 axes {axes}, but has shape {value.shape}")


def check_kernel(w: np.ndarray, axes: str) -> None:
    """Raise `ConfigError` unless the kernel `w` has the four `axes`, and channels."""
    check_axes("kernel", w, axes)
    if 0 in w.shape[:2]:
        raise ConfigError(f"the kernel must have channels, but has shape {w.shape}")


def check_channels(x: np.ndarray, w: np.ndarray, groups: int, transposed: bool) -> None:
    """Raise `ConfigError` unless the kernel `w` fits the images `x` in `groups` groups.

    Direct: `x (N, in, H, W)`, `w (out, in/groups, kh, kw)`.
    Transposed: `x (N, in, H, W)`, `w (in, out/groups, kh, kw)`: the kernel of
    the direct convolution that it transposes, unchanged.
    """
    check_axes("array of images", x, "(N, in, H, W)")
    check_kernel(w, "(in, out/groups, kh, kw)" if transposed else "(out, in/groups, kh, kw)")
    if w.shape[0] % whole("groups", groups, 1):
        raise ConfigError(
            f"groups must divide the first axis of the kernel of shape {w.shape}, but is {groups}"
        )
    reads = w.shape[0] if transposed else w.shape[1] * groups
    if x.shape[1] != reads:
        raise ConfigError(
            f"images of shape {x.shape} have {x.shape[1]} channels, but a kernel of shape "
            f"{w.shape} in {groups} group(s) reads {reads}"
        )
