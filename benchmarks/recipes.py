"""Four ways to train the same autoencoder, for `benchmarks.time_to_psnr`.

Two are what a tutorial would write, one in each framework; two are this
project's trainers with their defaults. Each reports after every step, so that
whoever times them can stop the clock and look.
"""

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from deconv.fashion_mnist import Splits
from deconv.weights import initial_weights

Reconstruct = Callable[[np.ndarray], np.ndarray]
"""Test images, float32 `(N, 28, 28, 1)` in [-1, 1], to their reconstructions."""
AfterStep = Callable[[int, Reconstruct], None]
"""Called with the number of images of the step and a way to look at the model."""


def plain_pytorch(splits: Splits, seed: int, after_step: AfterStep) -> None:
    """A tutorial in PyTorch: images one by one through transforms, two workers, Adam at 0.001."""
    import torch
    from PIL import Image
    from torch import nn
    from torch.utils.data import DataLoader, Dataset

    from pytorch.src._torchvision import import_torchvision
    from pytorch.src.utils import from_numpy, to_numpy

    transforms = import_torchvision().transforms

    class FashionMNIST(Dataset):
        """Gives what `torchvision.datasets.FashionMNIST` gives, the same way."""

        def __init__(self, images: np.ndarray, transform: Callable) -> None:
            self.data, self.transform = torch.from_numpy(images), transform

        def __len__(self) -> int:
            return len(self.data)

        def __getitem__(self, index: int) -> torch.Tensor:
            return self.transform(Image.fromarray(self.data[index].numpy(), mode="L"))

    torch.manual_seed(seed)
    to_tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    data = FashionMNIST(splits.train, to_tensor)
    # As in a program of one's own; this process was not started as one.
    context = "fork" if sys.platform == "linux" else None
    loader = DataLoader(
        data, batch_size=128, shuffle=True, num_workers=2, multiprocessing_context=context
    )
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 3, stride=2, padding=1, output_padding=1),
        nn.Tanh(),
    )
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def reconstruct(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return np.concatenate([to_numpy(model(x)) for x in from_numpy(images).split(1000)])

    while True:
        for images in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), images)
            loss.backward()
            optimizer.step()
            after_step(len(images), reconstruct)


def plain_tensorflow(splits: Splits, seed: int, after_step: AfterStep) -> None:
    """A tutorial in Keras: `fit` from tf.data, Adam at 0.001."""
    import keras
    import tensorflow as tf
    from keras import layers

    keras.utils.set_random_seed(seed)

    def normalise(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image = tf.cast(image, tf.float32)[..., None] / 127.5 - 1.0
        return image, image

    data = tf.data.Dataset.from_tensor_slices(splits.train)
    data = data.map(normalise, num_parallel_calls=tf.data.AUTOTUNE).cache()
    data = data.shuffle(10_000).batch(128).prefetch(tf.data.AUTOTUNE)
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


def ours(framework: str, splits: Splits, seed: int, after_step: AfterStep) -> None:
    """This project's trainer with its defaults, without its files."""
    config_, data, model_, engine, inference, utils = (
        import_module(f"{framework}.src.{module}")
        for module in ("config", "data", "model", "engine", "inference", "utils")
    )
    config = config_.Config(seed=seed, dataset=splits.name, device="cpu")
    utils.seed_everything(seed)
    model = model_.build_model(config)
    utils.load_weights(model, initial_weights(seed))
    optimizer = engine.build_optimizer(model, config)
    batches, _, _ = data.build_datasets(config, splits)
    rates = config.learning_rates(config.epochs * len(batches)).reshape(config.epochs, -1)
    step = engine.choose_step(config)

    def reconstruct(images: np.ndarray) -> np.ndarray:
        return inference.reconstruct(model, images)

    for epoch in range(config.epochs):
        engine.train_epoch(
            model, optimizer, batches, rates[epoch], step,
            lambda images, loss: after_step(images, reconstruct),
        )  # fmt: skip


RECIPES: dict[str, Callable[[Splits, int, AfterStep], None]] = {
    "PyTorch, plain": plain_pytorch,
    "PyTorch, this project": partial(ours, "pytorch"),
    "TensorFlow, plain": plain_tensorflow,
    "TensorFlow, this project": partial(ours, "tensorflow"),
}
