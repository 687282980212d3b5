"""What the networks consist of, as numbers: their layers, shapes and costs.

Both frameworks and the NumPy network are held to this description.
"""

from dataclasses import dataclass, fields
from math import prod
from typing import Any, Literal

import numpy as np

from deconv.errors import ConfigError

Task = Literal["reconstruct", "denoise", "super-resolve", "segment"]
Upsampler = Literal[
    "transposed", "transposed2", "transposed4", "transposed6", "transposed-bilinear",
    "transposed-blur", "nearest", "bilinear", "subpixel", "subpixel-icnr", "fractional",
]  # fmt: skip
Architecture = Literal["baseline", "residual", "skip", "multiscale", "attention", "linear"]
Activation = Literal["relu", "leaky-relu"]
Weights = dict[str, np.ndarray]
"""Every parameter by its name (`encoder.conv1.weight`), float32, in the canonical layout."""

CLASSES = 11
"""What a pixel can belong to: 0 is the background, then the ten garments."""
SQUEEZED = 8
"""Numbers to which channel attention squeezes its 32 channels."""
LARGEST_LATENT = 64 * 7 * 7


@dataclass(frozen=True)
class Design:
    """Which network: everything that decides its parameters and what it computes with them."""

    task: Task = "reconstruct"
    """Draw the image again, draw it without its noise, draw it from 7×7 pixels, or tell the class
    of every pixel."""
    upsampler: Upsampler = "transposed"
    """How the decoder doubles its size: by a transposed convolution (kernel 3, or 2, 4, 6),
    a resize and a convolution, or a convolution and a shuffle."""
    architecture: Architecture = "baseline"
    """What is around the upsampling layers."""
    activation: Activation = "relu"
    """Between the layers; leaky-relu has the slope 0.01 below zero."""
    latent: int | None = None
    """Squeeze the image through so many numbers, with two dense layers."""

    def __post_init__(self) -> None:
        if self.latent is not None and not 1 <= self.latent <= LARGEST_LATENT:
            raise ConfigError(
                f"--latent must be from 1 to {LARGEST_LATENT} numbers, but is {self.latent}"
            )
        if self.architecture == "skip" and (self.task == "super-resolve" or self.latent):
            reason = (
                "there is nothing between them to skip"
                if self.task == "super-resolve"
                else "what is skipped would bypass --latent"
            )
            raise ConfigError(
                "--architecture skip hands the encoder's 14×14 features to the decoder: "
                f"{reason}; choose another architecture"
            )
        if self.architecture == "linear":
            if self.task == "segment":
                raise ConfigError("--architecture linear makes pictures only; leave out --task")
            if self.latent is None:
                raise ConfigError("--architecture linear needs --latent, the size of its code")
            if self.upsampler != "transposed" or self.activation != "relu":
                raise ConfigError(
                    "--architecture linear is two dense layers and nothing else; "
                    "leave out --upsampler and --activation"
                )

    @property
    def design(self) -> "Design":
        """The network alone, where this holds the settings of a whole run."""
        return Design(**{field.name: getattr(self, field.name) for field in fields(Design)})

    @property
    def side(self) -> int:
        """Height and width of the images that go in."""
        return 7 if self.task == "super-resolve" else 28

    @property
    def out_channels(self) -> int:
        """Values of each pixel that come out: its brightness, or a score for every class."""
        return CLASSES if self.task == "segment" else 1


@dataclass(frozen=True)
class Layer:
    """A layer that has weights, and the feature map it hands on."""

    name: str
    in_channels: int
    out_channels: int
    kernel: int
    """Height and width of the kernel; 0 for a dense layer."""
    positions: int
    """Places where the kernel is applied: outputs of a convolution, inputs of a transposed one."""
    output: tuple[int, ...]
    """What is handed on, `(channels, height, width)`, or `(numbers,)`."""
    transposed: bool = False

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """Shape of the weights in the canonical layout."""
        channels = (self.out_channels, self.in_channels)
        area = (self.kernel, self.kernel) if self.kernel else ()
        return (*(reversed(channels) if self.transposed else channels), *area)

    @property
    def parameters(self) -> int:
        """Numbers to learn: the weights and one bias per output channel."""
        return prod(self.weight_shape) + self.out_channels

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image; stamps that fall off the edge are counted."""
        return self.positions * prod(self.weight_shape)


BASELINE = Design()


def layers(design: Design = BASELINE) -> tuple[Layer, ...]:
    """Return the network's layers that have weights, in order; a `RunConfig` is a design too."""
    numbers, channels = design.latent, design.out_channels
    if design.architecture == "linear":
        assert numbers is not None  # what Design checks
        return (
            dense("encoder.dense", design.side**2, numbers),
            dense("decoder.dense", numbers, channels * 28**2, (channels, 28, 28)),
        )
    middle, last = (7, 7) if design.task == "super-resolve" else (14, 7)
    encoder = [
        Layer("encoder.conv1", 1, 32, 3, middle**2, (32, middle, middle)),
        Layer("encoder.conv2", 32, 64, 3, last**2, (64, last, last)),
    ]
    if numbers:
        encoder.append(dense("encoder.dense", 64 * 7 * 7, numbers))
        encoder.append(dense("decoder.dense", numbers, 64 * 7 * 7, (64, 7, 7)))
    extra = {
        "residual": [
            Layer("decoder.residual1", 32, 32, 3, 14**2, (32, 14, 14)),
            Layer("decoder.residual2", 32, 32, 3, 14**2, (32, 14, 14)),
        ],
        "attention": [
            dense("decoder.squeeze", 32, SQUEEZED),
            dense("decoder.excite", SQUEEZED, 32),
        ],
    }.get(design.architecture, [])
    coarse = [
        Layer("decoder.coarse1", 64, channels, 3, 7**2, (channels, 7, 7)),
        Layer("decoder.coarse2", 32, channels, 3, 14**2, (channels, 14, 14)),
    ] * (design.architecture == "multiscale")
    handed = 32 if design.architecture == "skip" else 0
    first = doubling(design.upsampler, 1, 64, 32, 7)
    second = doubling(design.upsampler, 2, 32 + handed, channels, 14)
    return (*encoder, first, *extra, second, *coarse)


def dense(name: str, numbers: int, out: int, output: tuple[int, ...] = ()) -> Layer:
    """Return a dense layer: every output is a sum over all inputs, with weights of its own."""
    return Layer(name, numbers, out, 0, 1, output or (out,))


def doubling(arm: Upsampler, number: int, in_channels: int, out: int, side: int) -> Layer:
    """Return the layer that takes a map of `side`×`side` to twice that size."""
    output = (out, 2 * side, 2 * side)
    if arm.startswith("transposed"):
        size = kernel_size(arm)
        name = f"decoder.deconv{number}"
        return Layer(name, in_channels, out, size, side**2, output, transposed=True)
    name = f"decoder.conv{number}"
    if arm.startswith("subpixel"):
        return Layer(name, in_channels, 4 * out, 3, side**2, output)
    return Layer(name, in_channels, out, 3, (2 * side) ** 2, output)


def kernel_size(arm: Upsampler) -> int:
    """Return height and width of the kernel that has an upsampler's weights."""
    return int(arm[-1]) if arm[-1].isdecimal() else 3


def parameter_shapes(design: Design = BASELINE) -> dict[str, tuple[int, ...]]:
    """Return every parameter's name and shape, in the order of the model."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in layers(design):
        shapes[f"{layer.name}.weight"] = layer.weight_shape
        shapes[f"{layer.name}.bias"] = (layer.out_channels,)
    return shapes


def design_of(settings: dict[str, Any]) -> Design:
    """Return the design among the settings of a run; raises `KeyError` where one is missing."""
    return Design(**{field.name: settings[field.name] for field in fields(Design)})
