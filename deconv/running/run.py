"""A training run from its first word on the screen to its record: what every trainer shares."""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from deconv.architecture import Weights, layers, parameter_shapes
from deconv.config import FRAMEWORKS, RunConfig
from deconv.data.batches import batch_sizes
from deconv.data.splits import TITLES, Splits
from deconv.data.tasks import Pairs, pairs
from deconv.files import write_atomically
from deconv.metrics import Scores
from deconv.running import console, record
from deconv.running.checkpoint import State
from deconv.running.epoch import Epoch
from deconv.running.processor import REMEDIES, Attention
from deconv.running.progress import Progress
from deconv.running.record import Backend, EpochRow, RunRecord
from deconv.running.safekeeping import Safekeeping
from deconv.running.workers import ALONE, Workers
from deconv.weights import write_weights


class Run:
    """One training: it hands out what is still to do, and keeps and says what came of it.

    Inside its context the run's folder is locked, and the workers are together.
    Weights are written after every epoch that lowers the validation loss, the
    history after every epoch, the record and the pictures at the end.
    """

    def __init__(
        self, config: RunConfig, splits: Splits, backend: Backend, workers: Workers = ALONE
    ) -> None:
        """Take note of what is trained, on what; nothing is written before `with`."""
        self.config, self.splits, self.backend, self.workers = config, splits, backend, workers
        folder = config.artifact_dir / f"{backend.framework}_deconv"
        sizes = batch_sizes(len(splits.train), config.batch_size)
        rates = config.learning_rates(config.epochs * len(sizes)).reshape(config.epochs, -1)
        self.progress = Progress(rates, sizes)
        settings = settings_of(config, splits, backend)
        shares = {"threads": backend.threads, "workers": workers.count}
        self.keeper = Safekeeping(folder, settings, shares, config, self.progress, workers)
        self._cleanup = ExitStack()
        self._bar = console.Progress("", 0, silent=True)
        self._attention = Attention(backend.threads)

    def __enter__(self) -> Self:
        """Make the run's folder, or with `config.resume` go on in it; say so.

        Only the first worker speaks. Raises `ArtifactError` and `ConfigError` as `Safekeeping`.
        """
        with ExitStack() as stack:
            stack.enter_context(self.workers.scope())
            stack.enter_context(self.workers.one_speaks())
            stack.enter_context(self.keeper)
            if self.workers.leads:
                self._announce()
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *failure: Any) -> None:
        """Let go of the workers, the signals and the lock."""
        self._bar.close()
        self._cleanup.__exit__(*failure)

    @property
    def folder(self) -> Path:
        """The run's folder, to write into; raises `ArtifactError` when it is no longer there."""
        return self.keeper.folder

    def _announce(self) -> None:
        console.announce(self.config, self.backend, self.splits, self.workers.count)
        if not self.config.resume:
            record.write_config(self.folder, replace(self.config, dataset=self.splits.name))
            return
        console.resuming(self.progress.step, self.progress.rates.size)
        if self.progress.history:  # a kill may have left newer files than the checkpoint's
            record.write_history(self.folder, self.progress.history)
            self._write_best()

    @property
    def resumed_from(self) -> State | None:
        """What the model and the optimizer go on from, in a run that is resumed."""
        return self.progress.resumed_from

    @property
    def epochs_done(self) -> int:
        """Epochs that were finished before this process began."""
        return len(self.progress.history)

    @property
    def best_weights(self) -> Weights:
        """The weights with the lowest validation loss so far."""
        return self.progress.best_weights

    @property
    def examples(self) -> Pairs:
        """The first ten test images: what the task gives the network, and what it should make."""
        return pairs(self.config.task, self.splits, "test", 10)

    def keep_safe(self, state: Callable[[], State]) -> None:
        """From now on, write checkpoints of what `state` returns, and obey signals.

        Until the last epoch has ended, SIGINT (Ctrl-C) and SIGTERM end the run after
        a step and a checkpoint.
        """
        self.keeper.watch(state)

    def epochs(self, batches: Iterable[tuple[Any, Any]]) -> Iterator[Epoch]:
        """Give what is left of every epoch that is left. `keep_safe` comes first.

        Every pass over `batches` is the next epoch.
        """
        while self.epochs_done < self.config.epochs:
            epoch = self.progress.begin_epoch(batches, self._after_step)
            self._bar = console.Progress(
                f"epoch {self.epochs_done + 1}/{self.config.epochs}",
                len(self.splits.train),
                done=sum(epoch.sizes),
                silent=not self.workers.leads,
            )
            yield epoch
        self.keeper.end_watch()

    def _after_step(self) -> None:
        self._bar.step(self.progress.epoch.sizes[-1], self.progress.epoch.latest_loss)
        self.keeper.after_step()
        if self.workers.leads and self._attention.is_lost():
            remedy = REMEDIES[self.backend.framework] if self.backend.threads > 1 else ""
            console.crowded(remedy)
        if self.progress.epoch_is_done:
            self._bar.close()

    def end_epoch(self, validation: Scores) -> None:
        """Record one epoch, keep its weights if they are the best so far, and checkpoint.

        Raises `TrainingError` when the validation loss is not a finite number; the
        best weights until then stay.
        """
        if not math.isfinite(validation.criterion):
            raise self.keeper.not_finite("the validation loss")
        state, epoch = self.keeper.state(), self.progress.epoch
        row = EpochRow(
            self.epochs_done + 1,
            epoch.mean_loss(),
            validation.criterion,
            float(self.progress.rates[self.epochs_done, -1]),
            epoch.seconds,
            self.splits.name,
            validation_psnr=validation.psnr,
            validation_ssim=validation.ssim,
            validation_miou=validation.miou,
        )
        self.progress.end_epoch(row, state.weights)
        if self.workers.leads:
            if self.progress.best is row:
                self._write_best()
            record.write_history(self.folder, self.progress.history)
        self.keeper.save(state)
        if self.workers.leads:
            console.epoch_line(row, self.config.epochs)
        if self.epochs_done < self.config.epochs:
            self.keeper.stop_if_asked()

    def _write_best(self) -> None:
        path = self.folder / record.WEIGHTS
        write_weights(path, self.best_weights, self.splits.name, self.config)

    def add_file(self, name: str, content: bytes) -> None:
        """Write one more file into the run's folder."""
        if self.workers.leads:
            write_atomically(self.folder / name, content)

    def finish(self, test: Scores, outputs: np.ndarray) -> RunRecord:
        """Draw the pictures, write the record and print the result.

        `outputs` are what the network made of the inputs of `examples`.
        """
        # Here: matplotlib takes long to import, even for --help.
        from deconv.drawing import outcomes, plots

        finished = record_of(self.config, self.splits, self.backend, self.progress, test)
        if self.workers.leads:
            title = f"{FRAMEWORKS[self.backend.framework]}: {TITLES[self.splits.name]}"
            curves = plots.curves(self.progress.history, title)
            pictures = outcomes.outcome(self.config.task, self.examples, outputs, title)
            plots.save(curves, self.folder / "curves.png")
            plots.save(pictures, self.folder / "reconstructions.png")
            record.write_record(self.folder, finished)
            console.result(finished, self.folder)
        return finished


NOT_THE_RESULT = (
    "data_dir", "artifact_dir", "resume", "dataset", "compile", "checkpoint_seconds",
)  # fmt: skip
"""Settings that do not decide what a run ends with, or stand in its settings in another form."""


def settings_of(config: RunConfig, splits: Splits, backend: Backend) -> dict[str, Any]:
    """Return everything that decides the result; a resumed run must have the same."""
    settings = {k: v for k, v in asdict(config).items() if k not in NOT_THE_RESULT}
    shapes = parameter_shapes(config)
    return settings | {
        "framework": f"{backend.framework} {backend.version}",
        "device": backend.device,
        "compiled": backend.compiled,
        "dataset": splits.name,
        "dataset_sha256": splits.sha256,
        **{name: list(shape) for name, shape in shapes.items()},
    }


def record_of(
    config: RunConfig, splits: Splits, backend: Backend, progress: Progress, test: Scores
) -> RunRecord:
    """Return the record of a finished run with these test scores."""
    seconds = sum(row.seconds for row in progress.history)
    return RunRecord(
        framework=backend.framework,
        framework_version=backend.version,
        device=backend.device,
        dataset=splits.name,
        dataset_sha256=splits.sha256,
        train_images=len(splits.train),
        task=config.task,
        upsampler=config.upsampler,
        architecture=config.architecture,
        activation=config.activation,
        latent=config.latent or 0,
        loss=config.loss,
        precision=config.precision,
        compiled=backend.compiled,
        seed=config.seed,
        epochs=config.epochs,
        batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        best_epoch=progress.best.epoch,
        parameters=sum(layer.parameters for layer in layers(config)),
        test_mse=test.mse,
        test_psnr=test.psnr,
        test_ssim=test.ssim,
        test_miou=test.miou,
        train_seconds=seconds,
        images_per_second=len(splits.train) * config.epochs / seconds,
        threads=backend.threads,
    )
