"""A layer in a formula and in the code of both frameworks, to stand beside its picture."""

from typing import NamedTuple

from deconv.arithmetic.drawing.scene import Scene
from deconv.arithmetic.geometry import Axis
from deconv.arithmetic.sizes import pixels
from deconv.arithmetic.summary import keras_line, keras_same, pytorch_line


class Recipe(NamedTuple):
    """Four lines about a layer."""

    size: str
    """The formula of the output size, with its numbers."""
    pytorch: str
    """Python code that builds the layer, or a sentence that says why there is none; so `keras`."""
    keras: str
    same: str
    """Whether Keras' `padding="same"` would be this layer."""


def recipe(scene: Scene) -> Recipe:
    """The formula and the code of a scene's layer, transposed or direct."""
    axis = scene.axis
    if not scene.transposed:
        return Recipe(_direct_size(axis), _direct_pytorch(axis), *_direct_keras(axis))
    extra = scene.output_padding
    size = (
        "(input − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1 = "
        f"({axis.small} − 1)·{axis.stride} − 2·{axis.padding} + "
        f"{axis.dilation}·({axis.kernel} − 1) + {extra} + 1 = {axis.large}"
    )
    return Recipe(size, pytorch_line(axis, extra), keras_line(axis, extra), keras_same(axis))


def _direct_size(axis: Axis) -> str:
    return (
        "⌊(input + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1 = "
        f"⌊({axis.large} + 2·{axis.padding} − {axis.dilation}·({axis.kernel} − 1) − 1) / "
        f"{axis.stride}⌋ + 1 = {axis.small}"
    )


def _direct_pytorch(axis: Axis) -> str:
    dilation = f", dilation={axis.dilation}" if axis.dilation > 1 else ""
    return (
        f"torch.nn.Conv2d(1, 1, kernel_size={axis.kernel}, stride={axis.stride}, "
        f"padding={axis.padding}{dilation})"
    )


def _direct_keras(axis: Axis) -> tuple[str, str]:
    """The line of code, and whether "same" would be this layer.

    "same" makes the output `⌈large / stride⌉` pixels large. Of the zeros that this
    needs it puts half, rounded down, at the near end.
    """
    name = 'Keras padding="same"'
    if axis.stride > 1 and axis.dilation > 1:
        no_layer = "Keras: no such layer; it does not combine strides with dilation."
        return no_layer, f"{name} does not combine strides with dilation either."
    dilation = f", dilation_rate={axis.dilation}" if axis.dilation > 1 else ""
    line = (
        f'keras.layers.Conv2D(1, {axis.kernel}, strides={axis.stride}, padding="valid"{dilation})'
    )
    if axis.padding:
        line = f"keras.Sequential([keras.layers.ZeroPadding2D({axis.padding}), {line}])"
    size = -(-axis.large // axis.stride)
    near = max((size - 1) * axis.stride + axis.reach - axis.large, 0) // 2
    if size != axis.small:
        return line, f"{name} would differ: its output is {size}×{size}."
    if near == axis.padding:
        return line, f"{name} would be the same layer."
    where = "further down and right" if near < axis.padding else "further up and left"
    shift = pixels(abs(near - axis.padding))
    return line, f"{name} would differ: same size, but its windows begin {shift} {where}."
