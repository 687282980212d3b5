"""Keeping a training safe: checkpoints in time, numbers that stay finite, signals obeyed."""

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np

from deconv.config import RunConfig
from deconv.errors import Interrupted, TrainingError
from deconv.files import shown
from deconv.running import console
from deconv.running.checkpoint import (
    CHECKPOINT,
    State,
    check_fit,
    check_resumable,
    read_checkpoint,
    write_checkpoint,
)
from deconv.running.folder import own_folder
from deconv.running.progress import Progress
from deconv.running.signals import StopRequest
from deconv.running.workers import Workers

READ_EVERY = 50
"""Steps between two looks at the losses. A look waits for the device, so not after every step."""


class Safekeeping:
    """What stands between a training and its loss.

    Inside its context, this process alone writes to the run's folder. After `watch`,
    a checkpoint is written whenever `config.checkpoint_seconds` have passed, and
    SIGINT (Ctrl-C) and SIGTERM end the run after a step and a checkpoint.
    """

    def __init__(
        self,
        folder: Path,
        settings: dict[str, Any],
        shares: dict[str, int],
        config: RunConfig,
        progress: Progress,
        workers: Workers,
    ) -> None:
        self._folder, self.config = folder, config
        self.settings = settings  # must be the same in a run that is resumed
        self.shares = shares  # may be others: they change the last digits alone
        self.progress, self.workers = progress, workers
        self._check_folder: Callable[[], None] = lambda: None
        self._state: Callable[[], State] | None = None
        self._saved_step: int | None = None
        self._saved_time = 0.0
        self._stop = StopRequest(patient=workers.count > 1)
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Lock the folder; empty it, or with `config.resume` take over what is in it.

        An earlier run is moved aside, not overwritten. Raises `ArtifactError` when
        the folder cannot be written, when another process trains into it, or when
        it holds nothing that can be resumed; `ConfigError` when workers differ.
        """
        if self.config.resume:
            check_resumable(self._folder)
        self.workers.check_same(self.settings | {"resume": self.config.resume})
        with ExitStack() as stack:
            if self.workers.leads:
                owned = own_folder(self._folder, self.config.resume)
                self._check_folder = stack.enter_context(owned)
            if self.config.resume:
                checkpoint = read_checkpoint(self._folder, self.settings)
                check_fit(checkpoint, self._folder, *self.progress.rates.shape)
                self.progress.take_over(checkpoint)
                console.other_shares(checkpoint.settings, self.shares)
                self._saved_step = self.progress.step
            # They also wait here until the first has its folder, or learn that it gave up.
            self.workers.check_same({"a checkpoint of step": self.progress.step})
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *failure: object) -> None:
        """Let go of the signals and the lock."""
        self._cleanup.close()

    @property
    def folder(self) -> Path:
        """The run's folder, to write into.

        Raises `ArtifactError` when it was removed or replaced since it was locked.
        """
        self._check_folder()
        return self._folder

    def watch(self, state: Callable[[], State]) -> None:
        """Begin to watch; `state` is called when a checkpoint is due."""
        self._state = state
        self._saved_time = time.perf_counter()
        self._cleanup.enter_context(self._stop)

    def end_watch(self) -> None:
        """Act on a last signal; from now on, signals end the program at once again."""
        self._stop.close()
        self.stop_if_asked()

    def after_step(self) -> None:
        """Look after the losses, the checkpoint and the signals, where it is time.

        Raises `TrainingError` when a loss was not a finite number, and
        `Interrupted` after a signal.
        """
        epoch, last = self.progress.epoch, self.progress.epoch_is_done
        due = time.perf_counter() - self._saved_time >= self.config.checkpoint_seconds
        # All workers must stop after the same step. To ask them takes time, so now and then.
        ask = self.workers.count == 1 or epoch.done % READ_EVERY == 0
        stop = self._asked_to_stop() if ask and not last else 0
        look = last or due or stop or epoch.unread >= READ_EVERY
        if look and not all(math.isfinite(loss) for loss in epoch.read()):
            raise self.not_finite("the loss")
        if not last and (due or stop):  # after the last one comes the validation, which saves
            self.save(self.state())
        if stop:
            raise self._interrupted(stop)

    def state(self) -> State:
        """Return the weights and the optimizer's averages as they are now."""
        if self._state is None:
            raise RuntimeError("keep_safe comes before epochs")
        return self._state()

    def save(self, state: State) -> None:
        """Write a checkpoint; raises `TrainingError` when it would hold what is not finite."""
        arrays = (*state.weights.values(), *state.optimizer.values())
        if not all(np.isfinite(array).all() for array in arrays):
            raise self.not_finite("a weight or an average of the optimizer")
        if self.workers.leads:
            settings = self.settings | self.shares
            write_checkpoint(self.folder, self.progress.checkpoint(settings, state))
        self._saved_step, self._saved_time = self.progress.step, time.perf_counter()

    def stop_if_asked(self) -> None:
        """Raise `Interrupted` after a signal; to be called when everything is saved."""
        if stop := self._asked_to_stop():
            raise self._interrupted(stop)

    def not_finite(self, what: str) -> TrainingError:
        """Return the error that says what went wrong, when, and what was saved before."""
        step = self.progress.step
        saved = (
            "no checkpoint had been written yet"
            if self._saved_step is None
            else f"the last good checkpoint, of step {self._saved_step:,}, is kept in "
            f"{shown(self._folder / CHECKPOINT)}"
        )
        rate, decay = self.config.learning_rate, self.config.weight_decay
        # Decay multiplies the weights by 1 - rate·decay in a step: beyond 2, it is what explodes.
        decays = decay > max(2 / rate, rate)
        flag, limit = ("weight-decay", 2 / rate) if decays else ("learning-rate", rate)
        return TrainingError(
            f"{what} is no longer a finite number after step {step:,} "
            f"(learning rate {self.progress.rates.flat[step - 1]:.3g}); {saved}; "
            f"start again with a --{flag} below {limit:g}"
        )

    def _asked_to_stop(self) -> int:
        """Return the signal that a worker has had, or 0. All of them must ask at the same step."""
        return max(self.workers.exchange(self._stop.signal or 0))

    def _interrupted(self, number: int) -> Interrupted:
        return Interrupted(
            f"stopped after step {self.progress.step:,} of {self.progress.rates.size:,} and saved; "
            "to go on, give the same command with --resume",
            number,
        )
