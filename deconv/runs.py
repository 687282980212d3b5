"""A training run being recorded: what every trainer does around its loop."""

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from deconv import artifacts, console, figures
from deconv.artifacts import EpochRow, RunRecord
from deconv.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from deconv.config import FRAMEWORKS, RunConfig
from deconv.errors import TrainingError
from deconv.fashion_mnist import TITLES, Splits
from deconv.metrics import Scores
from deconv.weights import Weights, layers, read_weights, write_weights


class Run:
    """The folder of one run while it is being filled.

    Weights are written after every epoch that lowers the validation loss, the
    history and a checkpoint after every epoch, the record and the pictures at the end.
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
    ) -> None:
        """Make the run's folder, or with `config.resume` go on in it.

        An earlier run is moved aside, not overwritten. Raises `ArtifactError` when
        the folder cannot be written, or holds nothing that can be resumed.
        """
        self.config, self.splits = config, splits
        self.framework, self.version, self.device = framework, version, device
        self.compiled = compiled
        self.history: list[EpochRow] = []
        self.checkpoint: Checkpoint | None = None
        name = f"{framework}_deconv"
        if config.resume:
            self.folder = config.artifact_dir / name
            self.checkpoint = read_checkpoint(self.folder, self.settings)
            self.history = self.checkpoint.history
        else:
            self.folder = artifacts.new_run_folder(config.artifact_dir, name)
            # not "auto": what the run really used
            artifacts.write_config(self.folder, replace(config, dataset=splits.name))
        console.announce(config, f"{FRAMEWORKS[framework]} {version}", device, splits)
        if config.resume:
            print(f"Resuming after epoch {len(self.history)} of {config.epochs}", flush=True)

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that decides the result; a resumed run must have the same."""
        settings = asdict(self.config)
        for name in ("data_dir", "artifact_dir", "resume", "dataset", "compile"):
            del settings[name]
        return settings | {
            "framework": f"{self.framework} {self.version}",
            "device": self.device,
            "compiled": self.compiled,
            "dataset": self.splits.name,
            "dataset_sha256": self.splits.sha256,
        }

    @property
    def weights_file(self) -> Path:
        """The best weights so far."""
        return self.folder / artifacts.WEIGHTS

    @property
    def best(self) -> EpochRow:
        """The epoch with the lowest validation loss, the first of equals."""
        return min(self.history, key=lambda row: row.validation_loss)

    def end_epoch(
        self,
        train_loss: float,
        validation: Scores,
        learning_rate: float,
        seconds: float,
        weights: Weights,
        optimizer: Weights,
    ) -> None:
        """Record one epoch, keep its weights if they are the best so far, and checkpoint.

        Raises `TrainingError` when a loss is not a finite number; the best
        weights until then stay.
        """
        epoch = len(self.history) + 1
        if not (math.isfinite(train_loss) and math.isfinite(validation.mse)):
            raise TrainingError(
                f"the loss is no longer a finite number in epoch {epoch}; "
                f"try a --learning-rate below {self.config.learning_rate:g}"
            )
        row = EpochRow(
            epoch,
            train_loss,
            validation.mse,
            validation.psnr,
            validation.ssim,
            learning_rate,
            seconds,
            self.splits.name,
        )
        self.history.append(row)
        if self.best is row:
            write_weights(self.weights_file, weights, self.splits.name)
        artifacts.write_history(self.folder, self.history)
        write_checkpoint(self.folder, self.settings, self.history, weights, optimizer)
        print(console.epoch_line(row, self.config.epochs), flush=True)

    def best_weights(self) -> Weights:
        """Read the best weights back."""
        return read_weights(self.weights_file)

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
        title = f"{FRAMEWORKS[self.framework]}: {TITLES[self.splits.name]}"
        figures.save(figures.curves(self.history, title), self.folder / "curves.png")
        figures.save(
            figures.reconstructions(images, reconstructions, title),
            self.folder / "reconstructions.png",
        )
        artifacts.write_record(self.folder, record)
        console.result(record, self.folder)
        return record
