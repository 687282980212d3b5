"""Canonical weights: one set of numbers that both frameworks start from, write and read.

The layout is PyTorch's: a convolution's kernel is `(out, in, height, width)`, a
transposed convolution's `(in, out, height, width)`. Names follow the model
(`encoder.conv1.weight`). The format is safetensors, because reading it cannot
run code and needs neither framework.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from deconv.architecture import KERNEL, Upsampler, Weights, layers, parameter_shapes
from deconv.errors import WeightsError
from deconv.files import read_whole, write_atomically

LARGEST = 2**20  # bytes of a file; the largest model here takes 375,000


def initial_weights(seed: int, upsampler: Upsampler = "transposed") -> Weights:
    """Draw the weights that both frameworks start from: float32, the same for the same seed.

    Kernels are uniform in ±sqrt(1 / fan_in), where fan_in is the number of input
    channels times the 9 numbers of a kernel; biases are 0.
    """
    rng = np.random.default_rng(seed)
    weights: Weights = {}
    for layer in layers(upsampler):
        fan_in = layer.in_channels * KERNEL**2
        bound = np.sqrt(1 / fan_in)
        kernel = rng.uniform(-bound, bound, layer.weight_shape)
        weights[f"{layer.name}.weight"] = kernel.astype(np.float32)
        weights[f"{layer.name}.bias"] = np.zeros(layer.out_channels, np.float32)
    return weights


def write_weights(path: Path, weights: Mapping[str, np.ndarray], dataset: str = "") -> None:
    """Write canonical weights to a safetensors file, whole or not at all.

    `dataset` names what they were trained on, in the file's metadata.
    """
    arrays = {name: np.ascontiguousarray(array, np.float32) for name, array in weights.items()}
    write_atomically(path, save(arrays, metadata={"dataset": dataset}))


def read_weights(path: Path) -> Weights:
    """Read canonical weights of any of the known models.

    Raises `WeightsError` when the file is missing, is not a whole safetensors
    file, or does not hold exactly one model's parameters in float32.
    """
    data = read_whole(path, LARGEST, WeightsError)
    try:
        weights = load(data)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{path} is not a whole safetensors file; "
            "give a weights.safetensors that a training run wrote"
        ) from error
    upsampler_of(weights, str(path))
    for name, array in weights.items():
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise WeightsError(f"{path}: {name} must hold finite float32 numbers")
    return weights


def check_fit(weights: Mapping[str, np.ndarray], own: Mapping[str, np.ndarray]) -> None:
    """Raise `WeightsError` unless `weights` belong to the kind of model that holds `own`."""
    given, needed = upsampler_of(weights), upsampler_of(own)
    if given != needed:
        raise WeightsError(
            f"these are weights of upsampler '{given}', but the model was built with '{needed}'; "
            f"build it with upsampler='{given}'"
        )


def upsampler_of(weights: Mapping[str, np.ndarray], where: str = "these weights") -> Upsampler:
    """Tell from names and shapes which model the weights belong to.

    Raises `WeightsError`, naming what differs from the nearest known model.
    """
    found = {name: array.shape for name, array in weights.items()}
    differences = {}
    for upsampler in get_args(Upsampler):
        expected = parameter_shapes(upsampler)
        differences[upsampler] = [
            f"{name} is {found.get(name, 'missing')}, expected {expected.get(name, 'no such name')}"
            for name in sorted(expected.keys() | found.keys())
            if found.get(name) != expected.get(name)
        ]
        if not differences[upsampler]:
            return upsampler
    nearest, wrong = min(differences.items(), key=lambda item: len(item[1]))
    raise WeightsError(
        f"{where}: not the weights of a model known here; "
        f"against upsampler '{nearest}', {wrong[0]} ({len(wrong)} differences)"
    )
