"""What the model consists of, as numbers: its layers, their shapes and what they cost.

Both frameworks and the NumPy network are held to this description.
"""

from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np

Upsampler = Literal["transposed", "resize", "subpixel"]
Weights = dict[str, np.ndarray]
"""Every parameter by its name (`encoder.conv1.weight`), float32, in the canonical layout."""

KERNEL = 3


@dataclass(frozen=True)
class Layer:
    """One convolution of the model and the feature map it hands on."""

    name: str
    in_channels: int
    out_channels: int
    positions: int
    """Places where the kernel is applied: outputs of a convolution, inputs of a transposed one."""
    output: tuple[int, int, int]
    """Feature map after the layer, `(channels, height, width)`."""
    transposed: bool = False

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """Shape of the kernel in the canonical layout."""
        channels = (self.out_channels, self.in_channels)
        return (*(reversed(channels) if self.transposed else channels), KERNEL, KERNEL)

    @property
    def parameters(self) -> int:
        """Numbers to learn: the kernel and one bias per output channel."""
        return prod(self.weight_shape) + self.out_channels

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image; stamps that fall off the edge are counted."""
        return self.positions * prod(self.weight_shape)


def layers(upsampler: Upsampler = "transposed") -> tuple[Layer, ...]:
    """Return the model's layers in order: 28×28 down to 7×7 and back up."""
    encoder = (
        Layer("encoder.conv1", 1, 32, 14 * 14, (32, 14, 14)),
        Layer("encoder.conv2", 32, 64, 7 * 7, (64, 7, 7)),
    )
    decoder = {
        "transposed": (
            Layer("decoder.deconv1", 64, 32, 7 * 7, (32, 14, 14), transposed=True),
            Layer("decoder.deconv2", 32, 1, 14 * 14, (1, 28, 28), transposed=True),
        ),
        "resize": (
            Layer("decoder.conv1", 64, 32, 14 * 14, (32, 14, 14)),
            Layer("decoder.conv2", 32, 1, 28 * 28, (1, 28, 28)),
        ),
        "subpixel": (
            Layer("decoder.conv1", 64, 4 * 32, 7 * 7, (32, 14, 14)),
            Layer("decoder.conv2", 32, 4 * 1, 14 * 14, (1, 28, 28)),
        ),
    }[upsampler]
    return encoder + decoder


def parameter_shapes(upsampler: Upsampler = "transposed") -> dict[str, tuple[int, ...]]:
    """Return every parameter's name and shape, in the order of the model."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in layers(upsampler):
        shapes[f"{layer.name}.weight"] = layer.weight_shape
        shapes[f"{layer.name}.bias"] = (layer.out_channels,)
    return shapes
