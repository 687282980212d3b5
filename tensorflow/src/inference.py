"""Reconstruct pictures with trained weights: `python -m tensorflow.src.inference`.

`load_model` and `reconstruct` may be imported; a loaded model is only read, so
several threads may share it.
"""

import sys

if not __package__:  # started as a file
    print("error: run it in the project root: python -m tensorflow.src.inference", file=sys.stderr)
    sys.exit(2)

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from deconv import cli
from deconv.config import DeviceName, InferenceConfig
from deconv.inference import infer
from deconv.metrics import checked
from deconv.weights import read_model

from .config import Config, detect_device
from .model import build_model
from .utils import from_numpy, load_weights, to_numpy

CHUNK = 1000  # images at a time: bounds the memory, however many are asked for


def load_model(path: Path | str, device: DeviceName = "auto") -> keras.Model:
    """Build the model that the weights file fits and load it, ready for inference.

    Weights of either framework are read. Raises `WeightsError` or `DeviceError`.
    """
    design, weights = read_model(Path(path))
    with tf.device(detect_device(device)):
        model = build_model(Config(**asdict(design)))
        load_weights(model, weights)
    return model


def reconstruct(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Pass images through the model: float32 `(N, 28, 28, 1)` in [-1, 1], in and out.

    For super-resolution `(N, 7, 7, 1)` in; to tell classes, a score for each out,
    `(N, 28, 28, 11)`. Raises `ImageError` for another shape, type or range.
    """
    images = checked("images", images, model.design.side).astype(np.float32)[..., None]
    forward = _as_graph(model)
    outputs = [
        to_numpy(forward(from_numpy(images[start : start + CHUNK])))
        for start in range(0, len(images), CHUNK)
    ]
    found = np.concatenate(outputs)
    return found if model.design.task == "segment" else found.clip(-1, 1)


def _as_graph(model: keras.Model) -> Callable:
    """Return the model as one graph, which is traced at its first use and kept with it.

    Layer by layer, a single image would take ten times as long. A `tf.function`
    shared by several models would trace for each, and warn of it.
    """
    if not hasattr(model, "_as_graph"):
        images = tf.TensorSpec([None, *model.input_shape[1:]])

        @tf.function
        def forward(x: tf.Tensor) -> tf.Tensor:
            with tf.device(model.weights[0].value.device):  # where the weights are
                return model(x, training=False)

        model._as_graph = forward.get_concrete_function(images)
    return model._as_graph


def main() -> None:
    """Read the command line, reconstruct, and write a picture."""
    config = cli.parse(InferenceConfig)
    load = partial(load_model, device=config.device)
    cli.run(lambda: infer(config, "tensorflow", load, reconstruct))


if __name__ == "__main__":
    main()
