"""What is measured of a network itself, by asking it: gains, flat latents, shifts.

An artefact in a reconstruction has several possible causes. A decoder that is fed
the same numbers everywhere has only one left: what it draws then, away from the
border, is the pattern of its own upsampling (Odena, Dumoulin and Olah 2016). And an
image that moves by one pixel meets other phases of every stride; a network without
such patterns would move its answer along.
"""

from collections.abc import Callable, Mapping

import numpy as np

from deconv.architecture import Upsampler
from deconv.arithmetic import phase_gains
from deconv.arithmetic.equivalences import (
    bilinear_as_transposed,
    blurred_as_transposed,
    fractional_as_transposed,
    nearest_as_transposed,
    subpixel_as_transposed,
)
from deconv.study.measures import phase_spread

FAR = 8
"""Pixels at each side that are left out here.

In the widest decoder (kernel 6, twice) the zeros around the maps reach the 6 outermost
pixels. With the encoder of `reconstruct` before it, those of the baseline reach no further;
with that of `super-resolve`, whose convolutions keep the size, they reach further, and with
the larger kernels everywhere. A multiple of 4 keeps the phases their names."""

DECODER_COLUMNS = (
    "gain_spread_inner",
    "flat_gain_spread_inner",
    "gain_spread_outer",
    "flat_gain_spread_outer",
    "constant_2",
    "constant_4",
    "flat_2",
    "flat_4",
)
"""What `measure_decoder` measures of a decoder with an inner and an outer layer."""
SHIFT_COLUMNS = ("shift_right", "shift_down")
"""What `measure_shifts` measures."""

Images = np.ndarray
Decode = Callable[[np.ndarray], Images]
"""From latents float32 `(N, C, 7, 7)` to images `(N, 28, 28)` or `(N, 28, 28, 1)`."""
Reconstruct = Callable[[Images], Images]
"""From images `(N, 28, 28)` or `(N, 28, 28, 1)` to as many."""


def measure_decoder(
    decode: Decode, latents: np.ndarray, kernels: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """Measure a decoder without looking at images, by name of column.

    `latents (N, C, 7, 7)` are some that the encoder made; `kernels` are the upsampling
    layers by name, such as "inner" and "outer", as `transposed_kernel` gives them.

    - `gain_spread_inner` …: see `gain_spread`, of every pair of channels
    - `flat_gain_spread_inner` …: of what becomes of 1 in all channels
    - `constant_2`, `constant_4`: see `pattern`; the mean vector of `latents` everywhere
    - `flat_2`, `flat_4`: likewise, but the mean number of `latents` in every channel
    """
    columns = measure_gains(kernels)
    constant = latents.mean((0, 2, 3))
    flat = np.full_like(constant, constant.mean())
    for name, vector in (("constant", constant), ("flat", flat)):
        spread = phase_spread(pattern(decode, vector))
        columns[f"{name}_2"], columns[f"{name}_4"] = spread
    return columns


def measure_gains(kernels: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Measure the part of `measure_decoder` that needs no more than the kernels."""
    columns: dict[str, float] = {}
    for name, kernel in kernels.items():
        gains = phase_gains(np.asarray(kernel, np.float64), stride=2)
        columns[f"gain_spread_{name}"] = gain_spread(gains)
        columns[f"flat_gain_spread_{name}"] = gain_spread(gains.sum(0))
    return columns


def transposed_kernel(upsampler: Upsampler, w: np.ndarray) -> np.ndarray:
    """The kernel `(in, out, K, K)` of the transposed convolution that a layer is.

    `w` has the layout of the layer that doubles the size in the network with `upsampler`.
    See `deconv.arithmetic.equivalences`; `bilinear` differs at its rim.
    """
    match upsampler:
        case "nearest":
            return nearest_as_transposed(w)
        case "bilinear":
            return bilinear_as_transposed(w)
        case "fractional":
            return fractional_as_transposed(w)
        case "subpixel" | "subpixel-icnr":
            return subpixel_as_transposed(w)
        case "transposed-blur":
            return blurred_as_transposed(w)
        case _:
            return w


def measure_shifts(reconstruct: Reconstruct, images: Images) -> dict[str, float]:
    """Measure `shift_error` for one pixel right and for one down: `shift_right`, `shift_down`."""
    return {
        "shift_right": shift_error(reconstruct, images, right=1),
        "shift_down": shift_error(reconstruct, images, down=1),
    }


def gain_spread(gains: np.ndarray) -> float:
    """How unequal the gains of the phases are, from 0 to 1, for `gains (…, 2, 2)`.

    The root of `Σ variance over phases / Σ mean square over phases`, with the sums over
    channels. 0: every phase has the same gain, no checkerboard from a flat input. 1: the
    gains of the phases cancel, the checkerboard is all there is. The gains `c + A` and
    `c − A` in turn give `A / √(A² + c²)`.

    Kernels of all sizes compare: independent random weights with mean 0 have `√¾ = 0.87`
    whatever the size, if every phase has a tap. 0 where all gains are 0.
    """
    variance = gains.var((-2, -1)).sum()
    energy = np.square(gains).mean((-2, -1)).sum()
    return float(np.sqrt(variance / energy)) if energy else 0.0


def pattern(decode: Decode, vector: np.ndarray) -> np.ndarray:
    """Phase means `(4, 4)` of what a decoder draws of the same `vector (C,)` at all 7×7 pixels.

    In pixel values, black at -1. `[a, b]` is the mean over the pixels in rows `h mod 4 = a`
    and columns `v mod 4 = b`, of the 12×12 in the middle. `measures.phase_spread` tells
    the pattern of the outer layer from that of the inner one.
    """
    latent = np.broadcast_to(vector[None, :, None, None], (1, len(vector), 7, 7))
    image = np.asarray(decode(latent.astype(np.float32)), np.float64).reshape(28, 28)
    return image[FAR:-FAR, FAR:-FAR].reshape(3, 4, 3, 4).mean((0, 2))


def shift_error(
    reconstruct: Reconstruct, images: Images, *, down: int = 0, right: int = 0
) -> float:
    """How much a reconstruction changes, besides moving along, when its image moves.

    Root mean square, over all images and the 12×12 pixels in the middle, of
    `reconstruct(shift(images)) − shift(reconstruct(images))`, in pixel values. Black fills
    what the shift leaves empty. `down` and `right` are whole pixels, at least 0.

    0 if a shift makes no difference. A network whose strides multiply to 4 has 0 for a
    shift by 4. An added checkerboard `A·(−1)^v` has 2·A for one pixel to the right.
    """
    before = shifted(reconstruct(images), down, right)
    after = reconstruct(shifted(images, down, right))
    middle = np.s_[:, FAR:-FAR, FAR:-FAR]
    return float(np.sqrt(np.square(after[middle].astype(np.float64) - before[middle]).mean()))


def shifted(images: Images, down: int, right: int) -> Images:
    """Move images down and to the right by whole pixels, at least 0; black comes in."""
    moved = np.full_like(images, -1)
    height, width = images.shape[1:3]
    moved[:, down:, right:] = images[:, : height - down, : width - right]
    return moved
