"""Between TensorFlow and the rest of the project: arrays, weights, seeds, metrics.

At the border every picture is NumPy, float32, `(N, 28, 28, 1)` in [-1, 1];
TensorFlow has the same order inside.
"""

from collections.abc import Mapping
from itertools import accumulate
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from keras.layers import InputLayer

from deconv.architecture import Weights
from deconv.weights import check_fit


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and TensorFlow, and make TensorFlow use repeatable algorithms."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def from_numpy(images: np.ndarray, device: str = "/CPU:0") -> tf.Tensor:
    """Turn `(N, H, W, C)` into a tensor of the same shape on `device`."""
    with tf.device(device):
        return tf.constant(images)


def to_numpy(images: tf.Tensor) -> np.ndarray:
    """Turn a tensor `(N, H, W, C)` into a float32 array of the same shape."""
    return tf.cast(images, tf.float32).numpy()


def load_weights(model: keras.Model, weights: Mapping[str, np.ndarray]) -> None:
    """Copy canonical weights into the model.

    Raises `WeightsError` when they are not the weights of this model.
    """
    check_fit(weights, export_weights(model))
    for name, variable in canonical_variables(model).items():
        variable.assign(from_canonical(weights[name]))


def export_weights(model: keras.Model) -> Weights:
    """Copy the model's parameters out, in the canonical layout (which is PyTorch's)."""
    return {
        name: to_canonical(variable.numpy())
        for name, variable in canonical_variables(model).items()
    }


def activations(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return what every layer hands on: name to float32 `(N, H, W, C)`, in order."""
    x: Any = from_numpy(images)
    found: dict[str, np.ndarray] = {}
    for part in (model.encoder, model.decoder):
        names = [layer.name for layer in part.layers if not isinstance(layer, InputLayer)]
        if isinstance(part, keras.Sequential):
            outputs = list(accumulate(part.layers, lambda x, layer: layer(x), initial=x))[1:]
        else:
            outputs = keras.Model(part.inputs, [part.get_layer(name).output for name in names])(x)
        found |= {
            f"{part.name}.{name}": to_numpy(y) for name, y in zip(names, outputs, strict=True)
        }
        x = part(x)
    return found


def psnr(
    reconstructions: tf.Tensor,
    images: tf.Tensor,
    reduction: Literal["mean", "none"] = "mean",
) -> tf.Tensor:
    """Peak signal-to-noise ratio in dB: per image, then the mean unless `reduction="none"`.

    `10·log10(2² / MSE)`, because pixels span [-1, 1].
    """
    values = tf.image.psnr(reconstructions, images, max_val=2.0)
    return tf.reduce_mean(values) if reduction == "mean" else values


def ssim(
    reconstructions: tf.Tensor,
    images: tf.Tensor,
    reduction: Literal["mean", "none"] = "mean",
) -> tf.Tensor:
    """Structural similarity: per image, then the mean unless `reduction="none"`.

    Its definition wants pixels from 0 up, so [-1, 1] becomes [0, 1]. Gaussian window
    11×11, sigma 1.5, only where the window lies inside the image.
    """
    values = tf.image.ssim(
        (reconstructions + 1) / 2, (images + 1) / 2, max_val=1.0, filter_size=11, filter_sigma=1.5
    )
    return tf.reduce_mean(values) if reduction == "mean" else values


def canonical_variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the model's variables under their canonical names."""
    return {
        f"{part.name}.{layer.name}.{variable.name.replace('kernel', 'weight')}": variable
        for part in (model.encoder, model.decoder)
        for layer in part.layers
        for variable in layer.weights
    }


def to_canonical(array: np.ndarray) -> np.ndarray:
    """Copy an array of a Keras layer into the canonical layout; biases stay as they are.

    A Keras kernel is (height, width, in, out), a transposed one (height, width,
    out, in), that of a dense layer (in, out). PyTorch has (out, in, height, width),
    (in, out, height, width) and (out, in): in all three, the last two axes move to the
    front, the other way round. Nothing is flipped.
    """
    return (array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T).copy()


def from_canonical(array: np.ndarray) -> np.ndarray:
    """Undo `to_canonical`."""
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array.T
