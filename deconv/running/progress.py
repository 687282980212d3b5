"""How far a run has come."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from deconv.architecture import Weights
from deconv.running.checkpoint import Checkpoint, State
from deconv.running.epoch import Epoch
from deconv.running.record import EpochRow


class Progress:
    """The finished epochs, the one that has begun, and the best weights so far.

    `rates` holds the learning rate of every step, `(epochs, steps of an epoch)`, and
    `sizes` the number of images in each batch of an epoch.
    """

    def __init__(self, rates: np.ndarray, sizes: np.ndarray) -> None:
        self.rates, self.sizes = rates, sizes
        self.history: list[EpochRow] = []
        self.best_weights: Weights = {}
        self.resumed_from: State | None = None
        self.epoch = Epoch((), 0.0)

    def take_over(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint, also from one in the middle of an epoch."""
        self.history = list(checkpoint.history)
        self.best_weights = checkpoint.best
        self.resumed_from = State(checkpoint.weights, checkpoint.optimizer)
        losses = checkpoint.losses.tolist()
        sizes = self.sizes[: len(losses)].tolist()
        self.epoch = Epoch((), 0.0, losses=losses, sizes=sizes, seconds=checkpoint.seconds)

    def checkpoint(self, settings: dict[str, Any], state: State) -> Checkpoint:
        """Return all that is needed to go on from here."""
        return Checkpoint(
            settings,
            self.history,
            np.array(self.epoch.losses, np.float32),
            self.epoch.seconds,
            state.weights,
            state.optimizer,
            self.best_weights,
        )

    def begin_epoch(
        self, batches: Iterable[tuple[Any, Any]], after_step: Callable[[], None]
    ) -> Epoch:
        """Return the next epoch, or what is left of one that was interrupted."""
        before = self.epoch
        self.epoch = Epoch(
            batches,
            self.rates[len(self.history)],
            losses=before.losses,
            sizes=before.sizes,
            seconds=before.seconds,
            after_step=after_step,
        )
        return self.epoch

    def end_epoch(self, row: EpochRow, weights: Weights) -> None:
        """Add a finished epoch to the history; keep its weights if they are the best so far."""
        self.history.append(row)
        if self.best is row:
            self.best_weights = weights
        self.epoch = Epoch((), 0.0)

    @property
    def best(self) -> EpochRow:
        """The epoch with the lowest validation loss, the first of equals."""
        return min(self.history, key=lambda row: row.validation_loss)

    @property
    def step(self) -> int:
        """Steps taken since the run began, before interruptions too."""
        return len(self.history) * len(self.sizes) + self.epoch.done

    @property
    def epoch_is_done(self) -> bool:
        """Whether the last step of the epoch has been taken."""
        return self.epoch.done == len(self.sizes)
