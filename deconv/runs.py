"""A training run being recorded and kept safe: what every trainer does around its loop."""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self, SupportsFloat

import numpy as np

from deconv import artifacts, console, figures
from deconv.artifacts import EpochRow, RunRecord
from deconv.batches import batch_sizes
from deconv.checkpoint import (
    CHECKPOINT,
    Checkpoint,
    check_resumable,
    read_checkpoint,
    write_checkpoint,
)
from deconv.config import FRAMEWORKS, RunConfig
from deconv.errors import Interrupted, TrainingError
from deconv.fashion_mnist import TITLES, Splits
from deconv.metrics import Scores
from deconv.signals import StopRequest
from deconv.weights import Weights, layers, parameter_shapes, write_weights
from deconv.workers import ALONE, Workers

READ_EVERY = 50
"""Steps between two looks at the losses. A look waits for the device, so not after every step."""


class Run:
    """The folder of one run while it is being filled.

    Weights are written after every epoch that lowers the validation loss, the
    history after every epoch, a checkpoint after every epoch and every
    `config.checkpoint_seconds`, the record and the pictures at the end.
    """

    def __init__(
        self,
        config: RunConfig,
        splits: Splits,
        *,
        framework: str,
        version: str,
        device: str,
        compiled: bool,
        workers: Workers = ALONE,
    ) -> None:
        """Take note of what is trained, on what; nothing is written before `with`."""
        self.config, self.splits = config, splits
        self.framework, self.version, self.device = framework, version, device
        self.compiled = compiled
        self.workers = workers
        self.folder = config.artifact_dir / f"{framework}_deconv"
        self.sizes = batch_sizes(len(splits.train), config.batch_size)
        steps = config.epochs * len(self.sizes)
        self.rates = config.learning_rates(steps).reshape(config.epochs, -1)

        self.checkpoint: Checkpoint | None = None
        self.history: list[EpochRow] = []
        self.losses: list[float] = []  # of the epoch that has begun
        self.best_weights: Weights = {}
        self._unread: list[SupportsFloat] = []  # losses that are still on the device
        self._seconds_before = 0.0  # of that epoch, before an interruption
        self._saved_step: int | None = None
        self._stop = StopRequest(patient=workers.count > 1)
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Make the run's folder, or with `config.resume` go on in it.

        An earlier run is moved aside, not overwritten. Raises `ArtifactError` when
        the folder cannot be written, when another process trains into it, or when
        it holds nothing that can be resumed.
        """
        if self.config.resume:
            check_resumable(self.folder)
        with ExitStack() as stack:
            if self.workers.leads:
                stack.enter_context(artifacts.run_lock(self.folder))
            if self.config.resume:
                self._take_over(read_checkpoint(self.folder, self.settings))
            if self.workers.leads:
                self._open_folder()
                framework = f"{FRAMEWORKS[self.framework]} {self.version}"
                console.announce(self.config, framework, self._where, self.splits)
                if self.config.resume:
                    print(f"Resuming after step {self.step:,} of {self.rates.size:,}", flush=True)
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *failure: object) -> None:
        """Let go of the signals, the progress bar and the lock."""
        self._cleanup.close()

    @property
    def _where(self) -> str:
        count = self.workers.count
        return self.device if count == 1 else f"{self.device}, {count} workers"

    def _take_over(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.history = list(checkpoint.history)
        self.losses = checkpoint.losses.tolist()
        self.best_weights = checkpoint.best
        self._seconds_before = checkpoint.seconds
        self._saved_step = self.step

    def _open_folder(self) -> None:
        if not self.config.resume:
            artifacts.new_run_folder(self.folder)
            used = replace(self.config, dataset=self.splits.name)  # not "auto"
            artifacts.write_config(self.folder, used)
            return
        # A kill may have left unfinished files, and newer ones than the checkpoint's.
        artifacts.remove_temporaries(self.folder)
        if self.history:
            artifacts.write_history(self.folder, self.history)
            write_weights(self.weights_file, self.best_weights, self.splits.name)

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the result; a resumed run must have the same."""
        settings = asdict(self.config)
        for name in (
            "data_dir", "artifact_dir", "resume", "dataset", "compile", "checkpoint_seconds",
        ):  # fmt: skip
            del settings[name]
        shapes = parameter_shapes(self.config.upsampler)
        return settings | {
            "framework": f"{self.framework} {self.version}",
            "device": self.device,
            "compiled": self.compiled,
            "dataset": self.splits.name,
            "dataset_sha256": self.splits.sha256,
            **{name: list(shape) for name, shape in shapes.items()},
        }

    @property
    def weights_file(self) -> Path:
        """The best weights so far."""
        return self.folder / artifacts.WEIGHTS

    @property
    def best(self) -> EpochRow:
        """The epoch with the lowest validation loss, the first of equals."""
        return min(self.history, key=lambda row: row.validation_loss)

    @property
    def step(self) -> int:
        """Steps taken since the run began, before interruptions too."""
        return len(self.history) * len(self.sizes) + len(self.losses) + len(self._unread)

    def epochs(
        self, state: Callable[[], tuple[Weights, Weights]]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Give, for every epoch that is left, how to go through it.

        That is the number of its steps that were taken before an interruption, and
        the learning rate of each of the others. `state` is called when a checkpoint
        is due; it returns weights and optimizer state. Until the last epoch has
        ended, SIGINT (Ctrl-C) and SIGTERM end the run after a step and a checkpoint.
        """
        self._state = state
        self._saved_time = time.perf_counter()
        self._cleanup.enter_context(self._stop)
        for epoch in range(len(self.history), self.config.epochs):
            done = len(self.losses)
            self._bar = self._cleanup.enter_context(
                console.Progress(
                    f"epoch {epoch + 1}/{self.config.epochs}",
                    len(self.splits.train),
                    int(self.sizes[:done].sum()),
                    silent=not self.workers.leads,
                )
            )
            self._epoch_start = time.perf_counter()
            yield done, self.rates[epoch, done:]
        self._stop.close()

    def after_step(self, images: int, loss: SupportsFloat) -> None:
        """Take note of a step; look after the losses, the checkpoint and the signals.

        Raises `TrainingError` when a loss was not a finite number, and
        `Interrupted` after a signal.
        """
        self._unread.append(loss)
        last = len(self.losses) + len(self._unread) == len(self.sizes)
        due = time.perf_counter() - self._saved_time >= self.config.checkpoint_seconds
        stop = not last and self._asked_to_stop()
        if last or due or stop or len(self._unread) == READ_EVERY:
            self._read_losses()
        self._bar.step(images * self.workers.count, loss)
        if last:  # `end_epoch` follows, and saves
            self._seconds = self._epoch_seconds()
            self._bar.close()
        elif due or stop:
            self._save(*self._state())
        if stop:
            raise self._interrupted()

    def end_epoch(self, validation: Scores) -> None:
        """Record one epoch, keep its weights if they are the best so far, and checkpoint.

        Raises `TrainingError` when the validation loss is not a finite number; the
        best weights until then stay.
        """
        epoch = len(self.history) + 1
        if not math.isfinite(validation.mse):
            raise self._not_finite("the validation loss")
        weights, optimizer = self._state()
        row = EpochRow(
            epoch,
            float(np.average(self.losses, weights=self.sizes)),
            validation.mse,
            validation.psnr,
            validation.ssim,
            float(self.rates[epoch - 1, -1]),
            self._seconds,
            self.splits.name,
        )
        self.history.append(row)
        self.losses, self._seconds_before = [], 0.0
        if self.best is row:
            self.best_weights = weights
        if self.workers.leads:
            if self.best is row:
                write_weights(self.weights_file, weights, self.splits.name)
            artifacts.write_history(self.folder, self.history)
        self._save(weights, optimizer)
        if self.workers.leads:
            print(console.epoch_line(row, self.config.epochs), flush=True)
        if epoch < self.config.epochs and self._asked_to_stop():
            raise self._interrupted()

    def _asked_to_stop(self) -> bool:
        asked = self._stop.signal is not None
        if self.workers.count == 1:
            return asked
        # All workers must stop after the same step. To ask them takes time, so now and then.
        return self.step % READ_EVERY == 0 and self.workers.agree(asked)

    def _epoch_seconds(self) -> float:
        return self._seconds_before + time.perf_counter() - self._epoch_start

    def _read_losses(self) -> None:
        for loss in self._unread:
            self.losses.append(float(loss))
            if not math.isfinite(self.losses[-1]):
                self._unread = []
                raise self._not_finite("the loss")
        self._unread = []

    def _save(self, weights: Weights, optimizer: Weights) -> None:
        if not all(np.isfinite(array).all() for array in (*weights.values(), *optimizer.values())):
            raise self._not_finite("a weight or an average of the optimizer")
        if self.workers.leads:
            checkpoint = Checkpoint(
                self.settings,
                self.history,
                np.array(self.losses, np.float32),
                self._epoch_seconds() if self.losses else 0.0,
                weights,
                optimizer,
                self.best_weights,
            )
            write_checkpoint(self.folder, checkpoint)
        self._saved_step, self._saved_time = self.step, time.perf_counter()

    def _not_finite(self, what: str) -> TrainingError:
        rate = self.rates.flat[self.step - 1]
        saved = (
            "no checkpoint had been written yet"
            if self._saved_step is None
            else f"the last good checkpoint, of step {self._saved_step:,}, is kept in "
            f"{artifacts.shown(self.folder / CHECKPOINT)}"
        )
        return TrainingError(
            f"{what} is no longer a finite number after step {self.step:,} "
            f"(learning rate {rate:.3g}); {saved}; "
            f"start again with a --learning-rate below {self.config.learning_rate:g}"
        )

    def _interrupted(self) -> Interrupted:
        return Interrupted(
            f"stopped after step {self.step:,} of {self.rates.size:,} and saved; "
            "to go on, give the same command with --resume",
            self._stop.signal or signal.SIGTERM,  # where it was another worker that was asked
        )

    def finish(self, test: Scores, images: np.ndarray, reconstructions: np.ndarray) -> RunRecord:
        """Draw the pictures, write the record and print the result.

        `images` and `reconstructions` are float32 `(N, 28, 28, 1)` in [-1, 1].
        """
        config = self.config
        seconds = sum(row.seconds for row in self.history)
        record = RunRecord(
            framework=self.framework,
            framework_version=self.version,
            device=self.device,
            dataset=self.splits.name,
            dataset_sha256=self.splits.sha256,
            train_images=len(self.splits.train),
            upsampler=config.upsampler,
            precision=config.precision,
            compiled=self.compiled,
            seed=config.seed,
            epochs=config.epochs,
            batch_size=config.batch_size,
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            best_epoch=self.best.epoch,
            parameters=sum(layer.parameters for layer in layers(config.upsampler)),
            test_mse=test.mse,
            test_psnr=test.psnr,
            test_ssim=test.ssim,
            train_seconds=seconds,
            images_per_second=len(self.splits.train) * config.epochs / seconds,
        )
        if not self.workers.leads:
            return record
        title = f"{FRAMEWORKS[self.framework]}: {TITLES[self.splits.name]}"
        figures.save(figures.curves(self.history, title), self.folder / "curves.png")
        figures.save(
            figures.reconstructions(images, reconstructions, title),
            self.folder / "reconstructions.png",
        )
        artifacts.write_record(self.folder, record)
        console.result(record, self.folder)
        return record
