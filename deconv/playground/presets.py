"""Layers to start from: what each shows, and the request that draws it."""

from typing import Any, NamedTuple

import numpy as np


class Preset(NamedTuple):
    """A layer with a name and the one thing to see in it."""

    title: str
    about: str
    request: dict[str, Any]


def presets() -> dict[str, Preset]:
    """All of them by name, in the order in which they are offered."""
    corner = [[0, 1], [2, 3]]
    by_hand: dict[str, Any] = {"size": 2, "kernel": 2, "stride": 1, "padding": 0, "x": corner}
    by_hand |= {"output_padding": 0, "w": corner}
    bilinear = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 16
    middle = [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    return {
        "decoder": Preset(
            "The autoencoder's layer",
            "Kernel 3, stride 2, padding 1: output padding 1 makes exactly twice the size.",
            _layer("scatter", 4, 3, 2, 1, 1),
        ),
        "without-output-padding": Preset(
            "The same without output padding",
            "4 becomes 7. The direct convolution makes 4 of 7 and of 8, so both are ways back.",
            _layer("scatter", 4, 3, 2, 1, 0),
        ),
        "by-hand": Preset(
            "By hand: no padding",
            "Two by two pixels, two by two taps. The overlaps add up to 3×3 numbers.",
            {"view": "scatter", "dilation": 1, **by_hand},
        ),
        "by-hand-padding": Preset(
            "By hand: padding cuts",
            "The same stamps. Padding 1 cuts a frame off, and one number is left.",
            {"view": "scatter", "dilation": 1, **by_hand, "padding": 1},
        ),
        "by-hand-stride": Preset(
            "By hand: stride spreads",
            "The same stamps, two pixels apart: none overlap.",
            {"view": "scatter", "dilation": 1, **by_hand, "stride": 2},
        ),
        "classic-matrix": Preset(
            "First classic: the 4×16 matrix",
            "The direct convolution is a 4×16 matrix. Its transpose leads back from 4 to 16.",
            _layer("matrix", 2, 3, 1, 0, 0),
        ),
        "classic-framed": Preset(
            "Second classic: framed to 6×6",
            "2×2, framed with zeros to 6×6. The flipped kernel reads 4×4 numbers off it.",
            _layer("padded", 2, 3, 1, 0, 0),
        ),
        "classic-stretched": Preset(
            "Third classic: stretched to 7×7",
            "Stride 2 puts zeros between the pixels too. From 7×7 the kernel reads 5×5 numbers.",
            _layer("padded", 2, 3, 2, 0, 0),
        ),
        "checkerboard": Preset(
            "A checkerboard",
            "Everything is 1, and still the output is not flat: the stride does not divide 3.",
            _layer("scatter", 4, 3, 2, 1, 1, x=np.ones((4, 4)), w=np.ones((3, 3))),
        ),
        "no-checkerboard": Preset(
            "No checkerboard",
            "Kernel 4 with stride 2: away from the border every pixel gets four stamps.",
            _layer("scatter", 4, 4, 2, 1, 0, x=np.ones((4, 4)), w=np.ones((4, 4))),
        ),
        "nearest": Preset(
            "Nearest neighbour",
            "A kernel of ones, as large as the stride, repeats every pixel.",
            _layer("scatter", 4, 2, 2, 0, 0, w=np.ones((2, 2))),
        ),
        "bilinear": Preset(
            "Bilinear interpolation",
            "These 16 taps double the size as a bilinear resize does, but for the border.",
            _layer("scatter", 4, 4, 2, 1, 0, w=bilinear),
        ),
        "identity": Preset(
            "Nothing happens",
            "One tap of 1 in the middle, stride 1: the output is the input.",
            _layer("scatter", 4, 3, 1, 1, 0, w=np.array(middle)),
        ),
        "subpixel": Preset(
            "A kernel for each phase",
            "With stride 2 every second pixel meets the same taps: four small convolutions.",
            _layer("subpixel", 3, 4, 2, 1, 0),
        ),
    }


def _layer(
    view: str,
    size: int,
    kernel: int,
    stride: int,
    padding: int,
    output_padding: int,
    **numbers: np.ndarray,
) -> dict[str, Any]:
    return {
        "view": view,
        "size": size,
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "output_padding": output_padding,
        "dilation": 1,
        **{name: values.tolist() for name, values in numbers.items()},
    }
