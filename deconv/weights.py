"""Canonical weights: one set of numbers that both frameworks start from, write and read.

The layout is PyTorch's: a convolution's kernel is `(out, in, height, width)`, a
transposed convolution's `(in, out, height, width)`, a dense layer's `(out, in)`.
Names follow the model (`encoder.conv1.weight`). The format is safetensors, because
reading it cannot run code and needs neither framework.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from deconv.architecture import (
    BASELINE,
    Design,
    Layer,
    Upsampler,
    Weights,
    design_of,
    layers,
    parameter_shapes,
)
from deconv.arithmetic.equivalences import fractional_as_transposed, transposed_as_subpixel
from deconv.errors import ConfigError, WeightsError
from deconv.files import read_whole, write_atomically

ABOUT = "about"
LARGEST = 2**27  # bytes of a file; the largest model here takes 79 million


def initial_weights(seed: int, design: Design = BASELINE) -> Weights:
    """Draw the weights that both frameworks start from: float32, the same for the same seed.

    Weights are uniform in ±sqrt(1 / fan_in), biases are 0. In the baseline and in layers
    that all designs have, fan_in is the number of weights that make one output channel: the
    input channels times the 9 numbers of a kernel. In the other ways of upsampling it is
    what `upsampling_kernel` says.

    The encoder's convolutions are drawn first and the upsampling layers next, and all else by
    a generator of its own. So designs of a seed begin alike in what they have in common:
    every way up, for example, with the same `--latent` layers.
    """
    first, rest = np.random.default_rng(seed), np.random.default_rng((seed, 1))
    weights: Weights = {}

    def draw(layer: Layer) -> np.ndarray:
        rng = first if layer.name[:-1].endswith("conv") else rest
        if layer.name.startswith(("decoder.deconv", "decoder.conv")):
            return upsampling_kernel(rng, layer, design.upsampler)
        fan_in = layer.in_channels * max(1, layer.kernel) ** 2
        return uniform(rng, fan_in, layer.weight_shape)

    for layer in layers(design):
        weights[f"{layer.name}.weight"] = draw(layer).astype(np.float32)
        weights[f"{layer.name}.bias"] = np.zeros(layer.out_channels, np.float32)
    return weights


def uniform(rng: np.random.Generator, fan_in: float, shape: tuple[int, ...]) -> np.ndarray:
    """Draw numbers between ±sqrt(1 / fan_in); their variance is 1 / (3·fan_in)."""
    bound = np.sqrt(1 / fan_in)
    return rng.uniform(-bound, bound, shape)


def upsampling_kernel(rng: np.random.Generator, layer: Layer, arm: Upsampler) -> np.ndarray:
    """Draw the kernel of a layer that doubles the size, so that every way up starts alike.

    For a flat input, the variance of the output, averaged over its four phases, is the same
    for all. Let the C channels of the input have the value x, and v be the variance of a
    weight, 1 / (3·fan_in). Independent weights that meet in an output add v·x² each:

    - transposed, kernel k: k² weights of each channel lie on four phases: C·v·k²/4.
      So fan_in = C·k². `fractional` and `subpixel` are the layers with kernel 3 and 6 written
      otherwise (`deconv.arithmetic.equivalences`). They begin with the same numbers in other
      places, and so as the same functions.
    - resize: all 9 weights of each channel: 9·C·v. So fan_in = 4·9·C.
    - ICNR (Aitken et al. 2017, arXiv:1707.02937): the same kernel in all four phases of
      subpixel, which begins as a nearest-neighbour resize, and has its fan_in.
    - transposed-bilinear: one weight for each pair of channels, times the kernel that
      interpolates ([½ 1 ½] along both axes), whose gain is 1: C·v. So fan_in = 4·C.
    - transposed-blur: the box gives every pixel a quarter of each of the four phases, and so
      a quarter of all 9 weights: 9·C·v/16. So fan_in = 9·C/4.
    """
    c, out = layer.in_channels, layer.out_channels
    match arm:
        case "fractional":
            # Flip and swap: the function is its own inverse.
            return fractional_as_transposed(uniform(rng, 9 * c, (c, out, 3, 3)))
        case "subpixel":
            return transposed_as_subpixel(uniform(rng, 36 * c, (c, out // 4, 6, 6)))
        case "nearest" | "bilinear":
            return uniform(rng, 4 * 9 * c, layer.weight_shape)
        case "subpixel-icnr":
            return uniform(rng, 4 * 9 * c, (out // 4, c, 3, 3)).repeat(4, axis=0)
        case "transposed-bilinear":
            between = np.array([0.5, 1, 0.5])
            return uniform(rng, 4 * c, (c, out, 1, 1)) * np.outer(between, between)
        case "transposed-blur":
            return uniform(rng, 9 * c / 4, layer.weight_shape)
        case _:
            return uniform(rng, c * layer.kernel**2, layer.weight_shape)


def write_weights(
    path: Path, weights: Mapping[str, np.ndarray], dataset: str = "", design: Design = BASELINE
) -> None:
    """Write canonical weights to a safetensors file, whole or not at all.

    The file's metadata says what network they are of, and what they were trained on.
    """
    arrays = {name: np.ascontiguousarray(array, np.float32) for name, array in weights.items()}
    about = json.dumps({"dataset": dataset, **asdict(design.design)})
    # One entry: safetensors writes several in an order that is another each time.
    write_atomically(path, save(arrays, metadata={ABOUT: about}))


def read_weights(path: Path) -> Weights:
    """Read canonical weights of any known network; raises `WeightsError` as `read_model`."""
    return read_model(path)[1]


def read_model(path: Path) -> tuple[Design, Weights]:
    """Read which network a file holds, and its canonical weights.

    A file that does not say which is told by its names and shapes. Raises
    `WeightsError` when the file is missing, is not a whole safetensors file, or does
    not hold exactly one network's parameters in float32.
    """
    data = read_whole(path, LARGEST, WeightsError)
    try:
        weights = load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        said = header.get("__metadata__", {}).get(ABOUT)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{path} is not a whole safetensors file; "
            "give a weights.safetensors that a training run wrote"
        ) from error
    design = guess_design(weights, str(path)) if said is None else _stated(said, weights, path)
    for name, array in weights.items():
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise WeightsError(f"{path}: {name} must hold finite float32 numbers")
    # safetensors keeps no order; from here on it is that of the layers.
    return design, {name: weights[name] for name in parameter_shapes(design)}


def _stated(said: str, weights: Weights, path: Path) -> Design:
    """Return the design that a file states, if it knows it and the weights are of it."""
    try:
        design = design_of(json.loads(said))
        known = all(
            getattr(design, name) in get_args(kind)
            for name, kind in Design.__annotations__.items()
            if get_args(kind) and name != "latent"
        )
    except (ConfigError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path} does not say which network it holds: {error}") from error
    if not known:
        raise WeightsError(f"{path} holds a network that is not known here: {said[:200]!r}")
    if wrong := differences(weights, design):
        raise WeightsError(f"{path}: not the weights of the network that it names: {wrong[0]}")
    return design


def check_fit(weights: Mapping[str, np.ndarray], own: Mapping[str, np.ndarray]) -> None:
    """Raise `WeightsError` unless `weights` have the names and shapes of a model's `own`."""
    given, needed = _shapes(weights), _shapes(own)
    for name in sorted(given.keys() | needed.keys()):
        if given.get(name) != needed.get(name):
            raise WeightsError(
                "these are the weights of another network than the model's: they have "
                f"{_part(name, given)}, the model has {_part(name, needed)}; "
                "build it with the same --upsampler, --architecture, --task and --latent"
            )


def guess_design(weights: Mapping[str, np.ndarray], where: str) -> Design:
    """Tell from names and shapes which network weights belong to, the simplest if several.

    Raises `WeightsError`, naming what differs from the nearest known one.
    """
    designs = [Design(upsampler=arm) for arm in get_args(Upsampler)]
    found = {design: differences(weights, design) for design in designs}
    nearest = min(designs, key=lambda design: len(found[design]))
    if found[nearest]:
        raise WeightsError(
            f"{where}: not the weights of a model known here; against upsampler "
            f"{nearest.upsampler!r}, {found[nearest][0]} ({len(found[nearest])} differences)"
        )
    return nearest


def differences(weights: Mapping[str, np.ndarray], design: Design) -> list[str]:
    """Say of each name whose shape is not what the design wants, what it is and should be."""
    found, expected = _shapes(weights), parameter_shapes(design)
    return [
        f"{name} is {found.get(name, 'missing')}, expected {expected.get(name, 'no such name')}"
        for name in sorted(expected.keys() | found.keys())
        if found.get(name) != expected.get(name)
    ]


def _shapes(weights: Mapping[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in weights.items()}


def _part(name: str, shapes: dict[str, tuple[int, ...]]) -> str:
    return f"{name} {shapes[name]}" if name in shapes else f"no {name}"
