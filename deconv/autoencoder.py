"""The autoencoder in NumPy: forward and backward, written out.

It needs NumPy and `deconv.arithmetic` alone. `deconv.scratch` trains it.

Images are `(N, 1, 28, 28)`; in comments, N is left out.
"""

from typing import Any, NamedTuple

import numpy as np

from deconv.architecture import Weights
from deconv.arithmetic import (
    conv2d,
    conv2d_backward,
    conv_transpose2d,
    conv_transpose2d_backward,
)
from deconv.arithmetic.upsampling import doubling

DOWN: dict[str, Any] = {"stride": 2, "padding": 1}


class Activations(NamedTuple):
    """What every layer hands on; the gradient needs all of it."""

    images: np.ndarray  # (1, 28, 28)
    conv1: np.ndarray  # (32, 14, 14)
    conv2: np.ndarray  # (64, 7, 7)
    deconv1: np.ndarray  # (32, 14, 14)
    deconv2: np.ndarray  # (1, 28, 28), the reconstructions


def forward(weights: Weights, images: np.ndarray) -> Activations:
    """Pass images `(N, 1, 28, 28)` through the network."""

    def kernel_and_bias(layer: str) -> tuple[np.ndarray, np.ndarray]:
        return weights[f"{layer}.weight"], weights[f"{layer}.bias"][:, None, None]

    w, b = kernel_and_bias("encoder.conv1")
    conv1 = np.maximum(conv2d(images, w, **DOWN) + b, 0)
    w, b = kernel_and_bias("encoder.conv2")
    conv2 = np.maximum(conv2d(conv1, w, **DOWN) + b, 0)
    w, b = kernel_and_bias("decoder.deconv1")
    deconv1 = np.maximum(conv_transpose2d(conv2, w, **doubling(w)) + b, 0)
    w, b = kernel_and_bias("decoder.deconv2")
    deconv2 = np.tanh(conv_transpose2d(deconv1, w, **doubling(w)) + b)
    return Activations(images, conv1, conv2, deconv1, deconv2)


def loss_fn(reconstructions: np.ndarray, images: np.ndarray) -> float:
    """Mean squared error over every pixel of the batch."""
    return float(np.mean((reconstructions - images) ** 2))


def backward(weights: Weights, a: Activations, targets: np.ndarray) -> Weights:
    """Return the gradient of the loss with respect to every parameter.

    The chain rule, from the loss to the first layer. `grad` is the gradient with
    respect to a layer's output; ReLU lets it pass where it let the value pass,
    and tanh multiplies it with its own slope, 1 - tanh².
    """
    gradients: Weights = {}

    grad = 2 * (a.deconv2 - targets) / targets.size * (1 - a.deconv2**2)
    w = weights["decoder.deconv2.weight"]
    back = conv_transpose2d_backward(a.deconv1, w, grad, **doubling(w))
    gradients["decoder.deconv2.weight"], gradients["decoder.deconv2.bias"] = back.w, back.b

    grad = back.x * (a.deconv1 > 0)
    w = weights["decoder.deconv1.weight"]
    back = conv_transpose2d_backward(a.conv2, w, grad, **doubling(w))
    gradients["decoder.deconv1.weight"], gradients["decoder.deconv1.bias"] = back.w, back.b

    grad = back.x * (a.conv2 > 0)
    back = conv2d_backward(a.conv1, weights["encoder.conv2.weight"], grad, **DOWN)
    gradients["encoder.conv2.weight"], gradients["encoder.conv2.bias"] = back.w, back.b

    grad = back.x * (a.conv1 > 0)
    back = conv2d_backward(a.images, weights["encoder.conv1.weight"], grad, **DOWN)
    gradients["encoder.conv1.weight"], gradients["encoder.conv1.bias"] = back.w, back.b
    return gradients
