"""Every setting that both frameworks share, so that a run means the same in both.

The field names are the flags of both trainers; the string under a field is its
help text.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro

from deconv.architecture import Design
from deconv.errors import ConfigError, UserError

ROOT = Path(__file__).resolve().parents[1]

FRAMEWORKS = {
    "pytorch": "PyTorch",
    "tensorflow": "TensorFlow",
    "numpy": "NumPy",
    "handmade": "written by hand",
}
"""Package name to the name that people read."""

BETAS, EPSILON = (0.95, 0.95), 1e-8
"""Adam's. Equal memories, shorter than the usual (0.9, 0.999), make it learn faster here, and it
stumbles less at a high learning rate. Orvieto and Gower (2025, arXiv:2505.21829) found equal ones
good for language models too."""

FLOAT32_MAX = float(np.finfo(np.float32).max)

DatasetName = Literal["fashion-mnist", "synthetic", "auto"]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]


def user_path(text: str) -> Path:
    """Return the path that a person gave; `~` is the home folder, as in a shell.

    Raises `UserError` when it is empty, or the home of a user who is not there.
    """
    if not text:
        # Not a ConfigError: tyro has words of its own for a ValueError.
        raise UserError(
            "a path is empty (a variable that is not set?); give one, or leave the flag out"
        )
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise UserError(f"{text}: there is no such home folder") from error


UserPath = Annotated[
    Path,
    tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="PATH",
        instance_from_str=lambda words: user_path(words[0]),
        is_instance=lambda value: isinstance(value, Path),
        str_from_instance=lambda path: [str(path)],
    ),
]


@dataclass(frozen=True)
class RunConfig(Design):
    """Train the autoencoder and leave weights, metrics and pictures in a folder."""

    epochs: int = 10
    """Passes over the training images."""
    batch_size: int = 32
    """Images in one optimiser step."""
    learning_rate: float = 1e-2
    """Highest learning rate: reached after a short warm-up, then falling linearly to 0."""
    weight_decay: float = 0.0
    """Decoupled weight decay (AdamW), as a fraction of the learning rate; 0 is plain Adam."""
    seed: int = 0
    """Seed of the initial weights and of the order of the images."""
    device: DeviceName = "auto"
    """Where to compute; auto takes the first of CUDA, MPS, CPU that is there."""
    dataset: DatasetName = "fashion-mnist"
    """auto: Fashion-MNIST if found or downloadable, else the built-in drawn garments."""
    data_dir: UserPath | None = None
    """Folder of the four Fashion-MNIST archives; without it $FASHION_MNIST_DIR, else
    artifacts/data."""
    artifact_dir: UserPath = ROOT / "artifacts"
    """Where the run makes its own folder (pytorch_deconv or tensorflow_deconv)."""
    limit: int | None = None
    """Train on the first N training images only."""
    resume: bool = False
    """Continue the interrupted run in the artifact folder."""
    checkpoint_seconds: float = 30.0
    """Save a checkpoint this often within an epoch; one is saved after every epoch too."""
    loss: Literal["mse", "l1", "ssim"] = "mse"
    """What training lowers: mean squared error, mean absolute error, or 1 - SSIM."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Number format of the products; weights and loss stay float32."""
    compile: Literal["auto", "on", "off"] = "auto"
    """Compile the training step (torch.compile, XLA); auto decides by framework and device."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.task == "segment" and self.loss != "mse":
            raise ConfigError("--task segment is trained by cross-entropy; leave out --loss")
        at_least("epochs", self.epochs, 1)
        _at_most("epochs", self.epochs, 10_000)
        at_least("batch-size", self.batch_size, 1)
        at_least("seed", self.seed, 0)
        _at_most("seed", self.seed, 2**32 - 1)  # NumPy's generators take no more
        if self.limit is not None:
            at_least("limit", self.limit, 1)
        if not 0 < self.learning_rate < FLOAT32_MAX:
            raise ConfigError(
                f"--learning-rate must be a number above 0 in float32, but is {self.learning_rate}"
            )
        if not self.checkpoint_seconds >= 0:
            raise ConfigError(
                f"--checkpoint-seconds must be 0 or above, but is {self.checkpoint_seconds}"
            )
        if not 0 <= self.weight_decay < FLOAT32_MAX:
            raise ConfigError(
                f"--weight-decay must be 0 or above in float32, but is {self.weight_decay}"
            )

    def learning_rates(self, steps: int) -> np.ndarray:
        """Learning rate of every step of a run: float32 `(steps,)`.

        It climbs linearly over the first 2 % of the steps, because Adam's
        averages are still empty then, and falls linearly to 0 over the rest.
        """
        warmup = max(1, steps // 50)
        climb = np.arange(1, steps + 1) / warmup
        fall = (steps - np.arange(steps)) / max(1, steps - warmup)
        return (self.learning_rate * np.minimum(climb, fall).clip(0, 1)).astype(np.float32)


@dataclass(frozen=True)
class InferenceConfig:
    """Reconstruct pictures with trained weights and draw them under their originals."""

    images: Annotated[tuple[UserPath, ...], tyro.conf.Positional] = ()
    """PNG, JPEG or NPY files to reconstruct [default: test images of the dataset]."""
    weights: UserPath | None = None
    """A weights.safetensors of either framework [default: of this framework's last run]."""
    output: UserPath | None = None
    """Where to write the picture [default: inference.png in the run's folder, or here where there
    is none]."""
    array: UserPath | None = None
    """Instead of a picture, write the reconstructions of all images to this NPY file."""
    overwrite: bool = False
    """Replace the file that --output or --array names, if it is there."""
    count: int = 10
    """How many test images to show."""
    dataset: DatasetName = "fashion-mnist"
    """Which test images, as in training."""
    data_dir: UserPath | None = None
    """Folder of the four Fashion-MNIST archives; without it $FASHION_MNIST_DIR, else
    artifacts/data."""
    artifact_dir: UserPath = ROOT / "artifacts"
    """Where the runs' folders are."""
    device: DeviceName = "auto"
    """Where to compute; auto takes the first of CUDA, MPS, CPU that is there."""

    def __post_init__(self) -> None:
        at_least("count", self.count, 1)


def at_least(flag: str, value: float, smallest: float) -> None:
    """Raise `ConfigError` when the value of a flag is too small."""
    if value < smallest:
        raise ConfigError(f"--{flag} must be at least {smallest}, but is {value}")


def _at_most(flag: str, value: int, largest: int) -> None:
    if value > largest:
        raise ConfigError(f"--{flag} must be at most {largest}, but is {value}")
