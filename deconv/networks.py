"""The forward pass of the networks in NumPy, for every way up.

For what needs no framework: measures of a decoder, and pages that compute in a
browser. `deconv.autoencoder` has the baseline with its gradients.
"""

import numpy as np

from deconv.architecture import Design, Weights
from deconv.arithmetic import conv2d
from deconv.arithmetic.upsampling import upsample
from deconv.errors import ConfigError

SLOPE = 0.01
"""Of leaky ReLU below zero."""


def check_known(design: Design) -> None:
    """Raise `ConfigError` for an architecture that is not written out here."""
    if design.architecture != "baseline":
        raise ConfigError(
            f"--architecture {design.architecture} is there in PyTorch and TensorFlow, not in NumPy"
        )


def encode(design: Design, weights: Weights, inputs: np.ndarray) -> np.ndarray:
    """Return the latents of inputs `(N, 1, side, side)`: `(N, 64, 7, 7)` or `(N, latent)`."""
    check_known(design)
    stride = 1 if design.task == "super-resolve" else 2
    x = inputs
    for name in ("encoder.conv1", "encoder.conv2"):
        x = conv2d(x, weights[f"{name}.weight"], stride=stride, padding=1)
        x = activate(design, x + bias(weights, name))
    return dense(weights, "encoder.dense", x.reshape(len(x), -1)) if design.latent else x


def decode(design: Design, weights: Weights, latents: np.ndarray) -> np.ndarray:
    """Return what is drawn from latents, as `encode` gives them: `(N, out channels, 28, 28)`."""
    return draw(design, weights, spread(design, weights, latents))


def spread(design: Design, weights: Weights, latents: np.ndarray) -> np.ndarray:
    """Return the maps `(N, 64, 7, 7)` that the upsampling begins with."""
    check_known(design)
    if not design.latent:
        return latents
    return activate(design, dense(weights, "decoder.dense", latents)).reshape(-1, 64, 7, 7)


def draw(design: Design, weights: Weights, maps: np.ndarray) -> np.ndarray:
    """Return what the two doublings make of maps `(N, 64, 7, 7)`: the end of `decode`."""
    x = activate(design, double(design, weights, maps, 1))  # (32, 14, 14)
    y = double(design, weights, x, 2)  # (out channels, 28, 28)
    return y if design.task == "segment" else np.tanh(y)


def double(design: Design, weights: Weights, x: np.ndarray, number: int) -> np.ndarray:
    """Apply the first or the second upsampling layer, bias included."""
    name = next(n[:-7] for n in weights if n.endswith(f"conv{number}.weight") and n[0] == "d")
    w, b = weights[f"{name}.weight"], bias(weights, name)
    if design.upsampler.startswith("subpixel"):  # four biases a channel, one for each phase
        phases = b.reshape(-1, 2, 2)
        side = x.shape[-1]
        return upsample(x, w, design.upsampler) + np.tile(phases, (1, side, side))
    return upsample(x, w, design.upsampler) + b


def activate(design: Design, x: np.ndarray) -> np.ndarray:
    """Apply what stands between two layers."""
    return np.maximum(x, SLOPE * x if design.activation == "leaky-relu" else 0)


def dense(weights: Weights, name: str, x: np.ndarray) -> np.ndarray:
    """Apply a dense layer to `(N, numbers)`."""
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def bias(weights: Weights, name: str) -> np.ndarray:
    """Return the biases of a convolution, one for each channel: `(C, 1, 1)`."""
    return weights[f"{name}.bias"][:, None, None]
