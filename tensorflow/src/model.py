"""The autoencoder: two convolutions halve the image twice, two layers double it back.

Shapes in comments are (B, H, W, C): batch, height, width, channels.

Padding is written out, because Keras' `padding="same"` is another function than
PyTorch's `padding=1`: with kernel 3 and stride 2 it pads 0 pixels before and 1
after, which shifts everything by one pixel.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from deconv.architecture import BASELINE

from .config import Config
from .variants import variant


def encoder() -> keras.Sequential:
    """28×28 image to 7×7×64 latent."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="images"),  # (B, 28, 28, 1)
            layers.ZeroPadding2D(1, name="pad1"),  # (B, 30, 30, 1)
            layers.Conv2D(32, 3, strides=2, name="conv1"),  # (B, 14, 14, 32)
            layers.ReLU(name="relu1"),
            layers.ZeroPadding2D(1, name="pad2"),  # (B, 16, 16, 32)
            layers.Conv2D(64, 3, strides=2, name="conv2"),  # (B, 7, 7, 64)
            layers.ReLU(name="relu2"),
        ],
        name="encoder",
    )


def transposed_decoder() -> keras.Sequential:
    """Up by transposed convolution: every input value stamps the kernel on the output."""
    return keras.Sequential(
        [
            keras.Input((7, 7, 64), name="latent"),  # (B, 7, 7, 64)
            transposed_layer(7, 64, 32, name="deconv1"),  # (B, 14, 14, 32)
            layers.ReLU(name="relu1"),
            transposed_layer(14, 32, 1, name="deconv2"),  # (B, 28, 28, 1)
            layers.Activation("tanh", dtype="float32", name="tanh"),
        ],
        name="decoder",
    )


def transposed_layer(side: int, in_channels: int, out_channels: int, name: str) -> keras.Model:
    """Return a layer that makes 2·side pixels of side: kernel 3, stride 2.

    Unpadded, output = (input - 1)·2 + 3 = 2·input + 1. PyTorch's `padding=1` cuts a
    pixel off every side and its `output_padding=1` gives the last ones back, so what
    goes is the first row and the first column. `layers.Cropping2D` computes the same,
    but the gradient of its slice takes a fifth of the training step on a CPU.
    """
    x = keras.Input((side, side, in_channels), name="map")
    stamped = layers.Conv2DTranspose(out_channels, 3, strides=2, name="stamps")(x)
    _, rows = keras.ops.split(stamped, [1], axis=1)  # (B, 2·side, 2·side + 1, C)
    _, rest = keras.ops.split(rows, [1], axis=2)  # (B, 2·side, 2·side, C)
    return keras.Model(x, rest, name=name)


def build_model(config: Config) -> keras.Model:
    """Return the autoencoder, or the variant of it that is asked for.

    With Keras' own initial weights. Images `(B, 28, 28, 1)` in [-1, 1] in, the same
    out, whatever the precision of the products inside.
    """
    tf.config.experimental.enable_tensor_float_32_execution(False)  # float32 means float32
    with keras_settings("mixed_bfloat16" if config.precision == "bfloat16" else "float32"):
        baseline = config.design == BASELINE
        down, up = (encoder(), transposed_decoder()) if baseline else variant(config)
        images = keras.Input((config.side, config.side, 1), name="images")
        model = keras.Model(images, up(down(images)), name="autoencoder")
    model.encoder, model.decoder = down, up
    model.design = config.design
    return model


@contextmanager
def keras_settings(dtype_policy: str = "float32") -> Iterator[None]:
    """Build with the settings that this package is written for, whatever the user's are.

    Keras reads those from `~/.keras/keras.json`. They come back at the end.
    """
    before = keras.config.floatx(), keras.config.image_data_format(), keras.config.dtype_policy()
    _set("float32", "channels_last", dtype_policy)
    try:
        yield
    finally:
        _set(*before)


def _set(floatx: str, image_data_format: str, dtype_policy: Any) -> None:
    keras.config.set_floatx(floatx)
    keras.config.set_image_data_format(image_data_format)
    keras.config.set_dtype_policy(dtype_policy)
