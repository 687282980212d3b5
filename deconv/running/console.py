"""What a trainer says on the screen, the same words for both frameworks."""

import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import SupportsFloat

from tqdm import tqdm

from deconv.architecture import BASELINE, Design, layers
from deconv.config import FRAMEWORKS, RunConfig
from deconv.data.splits import Splits
from deconv.files import shown
from deconv.running.record import Backend, EpochRow, RunRecord


class Progress(tqdm):
    """The bar of one epoch: images/s and, now and then, the loss.

    It shows on terminals and in notebooks, not in files and pipes. In notebooks too it is text,
    which the next line of text replaces. tqdm's own bar there is a widget, and in a notebook
    that is opened again a widget is an error message.
    """

    def __init__(self, title: str, images: int, done: int = 0, silent: bool = False) -> None:
        notebook = type(sys.stdout).__module__.startswith("ipykernel.")
        super().__init__(
            total=images,
            initial=done,
            desc=title,
            unit=" images",
            leave=False,
            disable=True if silent else False if notebook else None,
            file=sys.stdout if notebook else None,
            ncols=90 if notebook else None,
            mininterval=0.5 if notebook else 0.1,
        )

    def step(self, images: int, loss: SupportsFloat) -> None:
        """Count one batch; read its loss only when the bar is drawn anew.

        Reading it waits for the device, which would slow every step down.
        """
        if self.update(images):
            self.set_postfix(loss=f"{float(loss):.4f}", refresh=False)


def layer_table(design: Design = BASELINE) -> str:
    """Return the table of layers: what each hands on, its parameters and multiply-accumulates.

    Shapes are height × width × channels. Multiply-accumulates (MACs) are for one image.
    """
    rows, side = layers(design), design.side
    table = [("layer", "output", "parameters", "MACs"), ("input", f"{side}×{side}×1", "", "")]
    for layer in rows:
        shape = "×".join(map(str, (*layer.output[1:], layer.output[0])))
        table.append((layer.name, shape, f"{layer.parameters:,}", f"{layer.macs:,}"))
    parameters, macs = sum(row.parameters for row in rows), sum(row.macs for row in rows)
    table.append(("total", "", f"{parameters:,}", f"{macs:,}"))
    return "\n".join(f"{a:<16}{b:>10}{c:>12}{d:>12}".rstrip() for a, b, c, d in table)


def announce(config: RunConfig, backend: Backend, splits: Splits, workers: int) -> None:
    """Print what is about to be trained, where and on what."""
    framework = f"{FRAMEWORKS[backend.framework]} {backend.version}"
    several = f", {workers} workers" if workers > 1 else ""
    print(f"Framework: {framework}, {config.precision}, seed {config.seed}")
    print(f"Device:    {backend.device}{several}")
    print(f"Data:      {splits.source}")
    print(
        f"           {len(splits.train):,} training, {len(splits.validation):,} validation, "
        f"{len(splits.test):,} test images"
    )
    print(f"\n{layer_table(config)}\n", flush=True)


def resuming(step: int, steps: int) -> None:
    """Print where an interrupted run goes on."""
    print(f"Resuming after step {step:,} of {steps:,}", flush=True)


def other_shares(began: Mapping[str, object], now: Mapping[str, object]) -> None:
    """Print what shares the work where it is not what it was when the run began."""
    for name, value in now.items():
        if began.get(name) != value:
            print(
                f"The run began with {name}: {began.get(name)!r}, and goes on with {value}. "
                "Sums are now split in another way, so it will not end with the same bytes as a "
                "run that nobody interrupted.",
                flush=True,
            )


def crowded(remedy: str) -> None:
    """Print that other programs slow the training down; `remedy` is a variable to set, if any."""
    instead = f", or start it with {remedy} in front of the command" if remedy else ""
    Progress.write(
        "Other programs are using the processor, so this training is slower than it could be: "
        f"close them{instead}"
    )


def epoch_line(row: EpochRow, epochs: int) -> None:
    """Print the line that stays on the screen after an epoch."""
    quality = _quality(row.validation_psnr, row.validation_ssim, row.validation_miou)
    print(
        f"epoch {row.epoch:>{len(str(epochs))}}/{epochs}"
        f"  train loss {row.train_loss:.6f}"
        f"  validation loss {row.validation_loss:.6f}"
        f"  {quality}  {row.seconds:.1f} s",
        flush=True,
    )


def _quality(psnr: float, ssim: float, miou: float) -> str:
    """Say how well a task is done in the words of its measures: pictures or classes."""
    if math.isnan(miou):
        return f"PSNR {psnr:.2f} dB  SSIM {ssim:.4f}"
    return f"mean IoU {miou:.4f}"


def result(record: RunRecord, folder: Path) -> None:
    """Print how the run did on the test images and where its files are."""
    quality = _quality(record.test_psnr, record.test_ssim, record.test_miou)
    if math.isnan(record.test_miou):
        quality = f"MSE {record.test_mse:.6f}  {quality}"
        explanation = "PSNR: the mean of each image's own; one PSNR of that MSE is another number"
    else:
        explanation = "mean IoU: mean over classes of the pixels found, over those found or missed"
    print(
        f"\nTest:      {quality}  (weights of epoch {record.best_epoch})"
        f"\n           ({explanation})"
        f"\nTime:      {record.train_seconds:.1f} s of training,"
        f" {record.images_per_second:,.0f} images/s"
        f"\nFiles:     {shown(folder)}",
        flush=True,
    )
