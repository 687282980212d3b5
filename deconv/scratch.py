"""The whole training from scratch, in NumPy: `python -m deconv.scratch`.

Adam is written out here, forward and backward in `deconv.autoencoder`. It starts
from the same weights and sees the same batches as the two frameworks, so it is
the third witness: what they compute is no secret of theirs.
"""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from deconv import cli
from deconv.architecture import Weights
from deconv.autoencoder import backward, forward, loss_fn
from deconv.config import BETAS, EPSILON, RunConfig
from deconv.data.batches import EpochBatches
from deconv.data.splits import load_splits
from deconv.errors import ConfigError
from deconv.metrics import Scores, scores, to_unit_range
from deconv.running.checkpoint import State
from deconv.running.epoch import Epoch
from deconv.running.processor import cores
from deconv.running.record import Backend, RunRecord
from deconv.running.run import Run
from deconv.weights import initial_weights

STAMPS = ("transposed", "transposed2", "transposed4", "transposed6", "transposed-bilinear")
"""Upsamplers that are a transposed convolution and nothing else."""

CHUNK = 500  # images at a time where no gradient is needed: bounds the memory


@dataclass
class Adam:
    """Adam (Kingma and Ba 2015, Algorithm 1), with decoupled weight decay (AdamW)."""

    rate: float
    """Learning rate of the next step."""
    weight_decay: float = 0.0
    t: int = 0
    m: dict[str, np.ndarray] = field(default_factory=dict)
    """Running average of each gradient."""
    v: dict[str, np.ndarray] = field(default_factory=dict)
    """Running average of its square."""

    def step(self, weights: Weights, gradients: Weights) -> None:
        """Move every parameter by about `rate`, whatever the size of its gradient, in place."""
        self.t += 1
        rate = np.float32(self.rate)
        for name, gradient in gradients.items():
            m = BETAS[0] * self.m.get(name, 0) + (1 - BETAS[0]) * gradient
            v = BETAS[1] * self.v.get(name, 0) + (1 - BETAS[1]) * gradient**2
            m_hat = m / (1 - BETAS[0] ** self.t)  # the averages began at 0; undo that
            v_hat = v / (1 - BETAS[1] ** self.t)
            weights[name] -= rate * (self.weight_decay * weights[name])
            weights[name] -= rate * m_hat / (np.sqrt(v_hat) + EPSILON)
            self.m[name], self.v[name] = m, v


def export_state(weights: Weights, optimizer: Adam) -> State:
    """Copy weights and Adam's averages out, under the names that both frameworks use."""
    averages = {"step": np.array(optimizer.t, np.float32)}
    averages |= {f"m.{name}": array for name, array in optimizer.m.items()}
    averages |= {f"v.{name}": array for name, array in optimizer.v.items()}
    return State({name: array.copy() for name, array in weights.items()}, averages)


def load_state(weights: Weights, optimizer: Adam, state: State) -> None:
    """Put a state that `export_state` of any trainer gave into weights and optimizer."""
    weights.update(state.weights)
    averages = state.optimizer
    optimizer.t = int(averages["step"])
    optimizer.m = {name[2:]: array for name, array in averages.items() if name[:2] == "m."}
    optimizer.v = {name[2:]: array for name, array in averages.items() if name[:2] == "v."}


def train_step(weights: Weights, optimizer: Adam, images: np.ndarray, targets: np.ndarray) -> float:
    """Move the weights once, in place; return the loss before the move."""
    activations = forward(weights, images)
    loss = loss_fn(activations.deconv2, targets)
    optimizer.step(weights, backward(weights, activations, targets))
    return loss


def train_epoch(weights: Weights, optimizer: Adam, epoch: Epoch) -> float:
    """Take every step of the epoch; return the mean loss per image."""
    for images, targets, rate in epoch:
        optimizer.rate = rate
        loss = train_step(weights, optimizer, images, targets)
        epoch.record(loss)
    return epoch.mean_loss()


def evaluate(weights: Weights, images: np.ndarray) -> Scores:
    """Return MSE, PSNR and SSIM, each the mean over images; NaN where an output is not finite."""
    outputs = reconstruct(weights, images)
    if not np.isfinite(outputs).all():
        return Scores(math.nan, math.nan, math.nan)
    return scores(outputs, images)


def reconstruct(weights: Weights, images: np.ndarray) -> np.ndarray:
    """Pass images through the network: float32 `(N, 28, 28, 1)` in [-1, 1], in and out."""
    outputs = [
        forward(weights, _channels_first(images[start : start + CHUNK])).deconv2
        for start in range(0, len(images), CHUNK)
    ]
    return np.concatenate(outputs).reshape(-1, 28, 28, 1)


class Batches:
    """Batches of (images, images), float32 `(N, 1, 28, 28)`; every pass is the next epoch."""

    def __init__(self, images: np.ndarray, order: EpochBatches) -> None:
        self.images, self.order = _channels_first(images), order

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for indices in self.order:
            batch = self.images[indices]
            yield batch, batch


def _channels_first(images: np.ndarray) -> np.ndarray:
    return images.reshape(-1, 1, 28, 28)  # one channel: no number moves


def train(config: RunConfig) -> RunRecord:
    """Train, keep the weights with the lowest validation loss, and test them once.

    Like the trainers of the frameworks, and with the same files, in
    `<artifact_dir>/numpy_deconv`. Raises `deconv.errors.UserError` before anything
    is written when a setting or the data is wrong.
    """
    check(config)
    splits = load_splits(config)
    train_images, validation, test = map(
        to_unit_range, (splits.train, splits.validation, splits.test)
    )
    limits = threadpool_limits(threads_to_use(), user_api="blas")
    backend = Backend("numpy", np.__version__, "cpu", threads=count_threads())

    # What is not finite is reported as an error, by name.
    with limits, Run(config, splits, backend) as run, np.errstate(over="ignore", invalid="ignore"):
        weights = initial_weights(config.seed, config)
        optimizer = Adam(config.learning_rate, config.weight_decay)
        if run.resumed_from:
            load_state(weights, optimizer, run.resumed_from)
        run.keep_safe(lambda: export_state(weights, optimizer))

        order = EpochBatches(len(train_images), config.batch_size, config.seed, run.epochs_done)
        for epoch in run.epochs(Batches(train_images, order)):
            train_epoch(weights, optimizer, epoch)
            run.end_epoch(evaluate(weights, validation))

        weights = run.best_weights
        return run.finish(evaluate(weights, test), reconstruct(weights, run.examples.inputs))


def threads_to_use() -> int | None:
    """Return how many threads should share a matrix product: one, unless you decided.

    In products as small as these a second one gains nothing. And where another program has
    its core, the first waits for it (docs/performance.md, "When something else is running").
    """
    return None if "OPENBLAS_NUM_THREADS" in os.environ else 1


def count_threads() -> int:
    """Return how many threads share a matrix product."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max((pool["num_threads"] for pool in pools), default=cores())


def check(config: RunConfig) -> None:
    """Raise `ConfigError` when settings ask for what is not written out here."""
    for flag, value, only in (
        ("device", config.device, ("cpu", "auto")),
        ("task", config.task, ("reconstruct",)),
        ("upsampler", config.upsampler, STAMPS),
        ("architecture", config.architecture, ("baseline",)),
        ("activation", config.activation, ("relu",)),
        ("latent", config.latent, (None,)),
        ("loss", config.loss, ("mse",)),
        ("precision", config.precision, ("float32",)),
        ("compile", config.compile, ("off", "auto")),
    ):
        if value not in only:
            raise ConfigError(f"--{flag} {value}: from scratch there is only {only[0] or 'none'}")


def main() -> None:
    """Read the command line and train."""
    config = cli.parse(RunConfig)
    cli.run(lambda: train(config))


if __name__ == "__main__":
    main()
