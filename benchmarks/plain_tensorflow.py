"""The plain recipe in TensorFlow, as a tutorial has it: Keras' `fit` from tf.data."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from benchmarks.recipes import AfterStep
from deconv.data.splits import Splits


def train(splits: Splits, seed: int, after_step: AfterStep) -> None:
    """Train for ever: batches of 128, Adam at 0.001."""
    keras.utils.set_random_seed(seed)

    def normalise(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image = tf.cast(image, tf.float32)[..., None] / 127.5 - 1.0
        return image, image

    data = tf.data.Dataset.from_tensor_slices(splits.train)
    data = data.map(normalise, num_parallel_calls=tf.data.AUTOTUNE).cache()
    data = data.shuffle(10_000).batch(128).prefetch(tf.data.AUTOTUNE)
    without_pauses = tf.data.Options()
    without_pauses.autotune.enabled = False  # its thread sleeps seconds at the end of some epochs
    data = data.with_options(without_pauses)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(64, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="tanh"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")

    def reconstruct(images: np.ndarray) -> np.ndarray:
        parts = np.split(images, range(1000, len(images), 1000))
        return np.concatenate([model(part, training=False).numpy() for part in parts])

    class Report(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            first = batch * 128
            after_step(min(128, len(splits.train) - first), reconstruct)

    model.fit(data, epochs=10_000, shuffle=False, verbose=0, callbacks=[Report()])
