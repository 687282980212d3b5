"""The whole autoencoder from scratch, in NumPy: `python -m deconv.scratch`.

Forward, backward and Adam are written out with the pieces of `deconv.arithmetic`.
It starts from the same weights and sees the same batches as the two frameworks,
so it is the third witness: what they compute is no secret of theirs.

Inside, images are `(N, 1, 28, 28)`; in comments, N is left out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from deconv import cli
from deconv.arithmetic import (
    conv2d,
    conv2d_backward,
    conv_transpose2d,
    conv_transpose2d_backward,
)
from deconv.artifacts import RunRecord
from deconv.batches import EpochBatches
from deconv.config import BETAS, EPSILON, RunConfig
from deconv.errors import ConfigError
from deconv.fashion_mnist import load_splits
from deconv.metrics import Scores, scores, to_unit_range
from deconv.runs import Run
from deconv.weights import Weights, initial_weights

DOWN: dict[str, Any] = {"stride": 2, "padding": 1}
UP: dict[str, Any] = {"stride": 2, "padding": 1, "output_padding": 1}
CHUNK = 500  # images at a time where no gradient is needed: bounds the memory


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
    deconv1 = np.maximum(conv_transpose2d(conv2, w, **UP) + b, 0)
    w, b = kernel_and_bias("decoder.deconv2")
    deconv2 = np.tanh(conv_transpose2d(deconv1, w, **UP) + b)
    return Activations(images, conv1, conv2, deconv1, deconv2)


def loss_fn(reconstructions: np.ndarray, images: np.ndarray) -> float:
    """Mean squared error over every pixel of the batch."""
    return float(np.mean((reconstructions - images) ** 2))


def backward(weights: Weights, a: Activations) -> Weights:
    """Return the gradient of the loss with respect to every parameter.

    The chain rule, from the loss to the first layer. `grad` is the gradient with
    respect to a layer's output; ReLU lets it pass where it let the value pass,
    and tanh multiplies it with its own slope, 1 - tanh².
    """
    gradients: Weights = {}

    grad = 2 * (a.deconv2 - a.images) / a.images.size * (1 - a.deconv2**2)
    back = conv_transpose2d_backward(a.deconv1, weights["decoder.deconv2.weight"], grad, **UP)
    gradients["decoder.deconv2.weight"], gradients["decoder.deconv2.bias"] = back.w, back.b

    grad = back.x * (a.deconv1 > 0)
    back = conv_transpose2d_backward(a.conv2, weights["decoder.deconv1.weight"], grad, **UP)
    gradients["decoder.deconv1.weight"], gradients["decoder.deconv1.bias"] = back.w, back.b

    grad = back.x * (a.conv2 > 0)
    back = conv2d_backward(a.conv1, weights["encoder.conv2.weight"], grad, **DOWN)
    gradients["encoder.conv2.weight"], gradients["encoder.conv2.bias"] = back.w, back.b

    grad = back.x * (a.conv1 > 0)
    back = conv2d_backward(a.images, weights["encoder.conv1.weight"], grad, **DOWN)
    gradients["encoder.conv1.weight"], gradients["encoder.conv1.bias"] = back.w, back.b
    return gradients


class SGD:
    """Plain gradient descent."""

    def step(self, weights: Weights, gradients: Weights, rate: float) -> None:
        """Move every parameter against its gradient, in place."""
        for name, gradient in gradients.items():
            weights[name] -= np.float32(rate) * gradient


@dataclass
class Adam:
    """Adam (Kingma and Ba 2015, Algorithm 1), with decoupled weight decay (AdamW)."""

    weight_decay: float = 0.0
    t: int = 0
    m: Weights = field(default_factory=dict)
    """Running average of each gradient."""
    v: Weights = field(default_factory=dict)
    """Running average of its square."""

    def step(self, weights: Weights, gradients: Weights, rate: float) -> None:
        """Move every parameter by about `rate`, whatever the size of its gradient, in place."""
        self.t += 1
        for name, gradient in gradients.items():
            m = BETAS[0] * self.m.get(name, 0) + (1 - BETAS[0]) * gradient
            v = BETAS[1] * self.v.get(name, 0) + (1 - BETAS[1]) * gradient**2
            m_hat = m / (1 - BETAS[0] ** self.t)  # the averages began at 0; undo that
            v_hat = v / (1 - BETAS[1] ** self.t)
            weights[name] -= rate * (self.weight_decay * weights[name])
            weights[name] -= rate * m_hat / (np.sqrt(v_hat) + EPSILON)
            self.m[name], self.v[name] = m, v

    def export(self) -> Weights:
        """Return the state under the names that both frameworks' `export_optimizer` use."""
        state = {"step": np.array(self.t, np.float32)}
        state |= {f"m.{name}": array for name, array in self.m.items()}
        return state | {f"v.{name}": array for name, array in self.v.items()}

    def load(self, state: Weights) -> None:
        """Put a state that `export` gave into the optimizer."""
        self.t = int(state["step"])
        self.m = {name.removeprefix("m."): state[name] for name in state if name[:2] == "m."}
        self.v = {name.removeprefix("v."): state[name] for name in state if name[:2] == "v."}


def train_step(weights: Weights, optimizer: SGD | Adam, images: np.ndarray, rate: float) -> float:
    """Move the weights once, in place; return the loss before the move."""
    activations = forward(weights, images)
    optimizer.step(weights, backward(weights, activations), rate)
    return loss_fn(activations.deconv2, images)


def batches(images: np.ndarray, order: EpochBatches) -> Iterator[np.ndarray]:
    """Give the batches of the next epoch: float32 `(N, 1, 28, 28)` in [-1, 1]."""
    for indices in order:
        yield images[indices]


def reconstruct(weights: Weights, images: np.ndarray) -> np.ndarray:
    """Pass images through the network: float32 `(N, 28, 28, 1)` in [-1, 1], in and out."""
    outputs = [
        forward(weights, _channels_first(images[start : start + CHUNK])).deconv2
        for start in range(0, len(images), CHUNK)
    ]
    return np.concatenate(outputs).reshape(-1, 28, 28, 1)


def evaluate(weights: Weights, images: np.ndarray) -> Scores:
    """Return MSE, PSNR and SSIM, each the mean over images; NaN where an output is not finite."""
    outputs = reconstruct(weights, images)
    if not np.isfinite(outputs).all():
        return Scores(math.nan, math.nan, math.nan)
    return scores(outputs, images)


def train(config: RunConfig) -> RunRecord:
    """Train, keep the weights with the lowest validation loss, and test them once.

    Like the trainers of the frameworks, and with the same files, in
    `<artifact_dir>/numpy_deconv`. Raises `deconv.errors.UserError` before anything
    is written when a setting or the data is wrong.
    """
    for flag, value, only in (
        ("device", config.device, ("auto", "cpu")),
        ("upsampler", config.upsampler, ("transposed",)),
        ("precision", config.precision, ("float32",)),
        ("compile", config.compile, ("auto", "off")),
    ):
        if value not in only:
            raise ConfigError(f"--{flag} {value}: from scratch there is only {only[-1]}")
    splits = load_splits(config)
    run = Run(
        config, splits, framework="numpy", version=np.__version__, device="cpu", compiled=False
    )

    # What is not finite is reported as an error, by name.
    with run, np.errstate(over="ignore", invalid="ignore"):
        weights = initial_weights(config.seed)
        optimizer = Adam(config.weight_decay)
        if run.checkpoint:
            weights = run.checkpoint.weights
            optimizer.load(run.checkpoint.optimizer)
        images = _channels_first(to_unit_range(splits.train))
        validation = to_unit_range(splits.validation)
        order = EpochBatches(len(images), config.batch_size, config.seed, len(run.history))

        def state() -> tuple[Weights, Weights]:
            return {name: array.copy() for name, array in weights.items()}, optimizer.export()

        for done, rates in run.epochs(state):
            rest = islice(batches(images, order), done, None)
            for batch, rate in zip(rest, rates, strict=True):
                run.after_step(len(batch), train_step(weights, optimizer, batch, rate))
            run.end_epoch(evaluate(weights, validation))

        test = to_unit_range(splits.test)
        shown = test[:10]
        return run.finish(
            evaluate(run.best_weights, test), shown, reconstruct(run.best_weights, shown)
        )


def _channels_first(images: np.ndarray) -> np.ndarray:
    return images.reshape(-1, 1, 28, 28)  # one channel: no number moves


def main() -> None:
    """Read the command line and train."""
    config = cli.parse(RunConfig)
    cli.run(lambda: train(config))


if __name__ == "__main__":
    main()
