"""One training of the study: what defines it, what it is called, and its command."""

import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from deconv.config import FRAMEWORKS, DatasetName, RunConfig
from deconv.errors import ConfigError

TRAINERS = {
    "pytorch": "pytorch.src.train",
    "tensorflow": "tensorflow.src.train",
    "numpy": "deconv.scratch",
}
"""The command that trains, of each framework and of the trainer without one."""


@dataclass(frozen=True)
class Job:
    """One training; all but the first two fields are those flags of the trainers that define it.

    Raises `ConfigError` where no trainer takes these values.
    """

    framework: str
    """"pytorch", "tensorflow" or "numpy"."""
    purpose: str
    """What its result is for: "main", "tune", "stability", …"""
    dataset: DatasetName = "fashion-mnist"
    task: str = "reconstruct"
    upsampler: str = "transposed"
    architecture: str = "baseline"
    activation: str = "relu"
    loss: str = "mse"
    latent: int | None = None
    learning_rate: float = RunConfig.learning_rate
    batch_size: int = RunConfig.batch_size
    epochs: int = RunConfig.epochs
    limit: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        # 1 and 1.0 are one job, so they must have one name.
        object.__setattr__(self, "learning_rate", float(self.learning_rate))
        if not re.fullmatch("[a-z0-9-]+", self.purpose):
            raise ConfigError(
                f"a purpose is made of small letters, digits and '-', but one is {self.purpose!r}"
            )
        if self.dataset == "auto":  # would be another dataset on another machine
            raise ConfigError("a study needs a --dataset, not auto")
        _check_known("framework", self.framework, TRAINERS)
        hints = get_type_hints(RunConfig)
        for name, value in self.settings.items():
            if get_origin(hints[name]) is Literal:
                _check_known(name, value, get_args(hints[name]))
        RunConfig(**self.settings)  # which refuses what cannot go together

    @property
    def settings(self) -> dict[str, Any]:
        """What the trainer is told, by the names that `RunConfig` has for it."""
        values = asdict(self)
        del values["framework"], values["purpose"]
        return values

    @property
    def name(self) -> str:
        """The name of its folder: it says everything, and no other job has it."""
        words = [
            value if isinstance(value, str) else f"{name.replace('_', '-')}={value}"
            for name, value in asdict(self).items()
            if value is not None
        ]
        return "_".join(words)

    @property
    def title(self) -> str:
        """A short name for the screen, which another job may have too."""
        latent = [f"latent {self.latent}"] if self.latent else []
        unusual = [
            getattr(self, name)
            for name in ("architecture", "activation", "loss")
            if getattr(self, name) != getattr(Job, name)
        ]
        words = [FRAMEWORKS[self.framework], self.task, *latent, self.upsampler, *unusual]
        return f"{self.purpose}: {', '.join(words)}, rate {self.learning_rate:g}, seed {self.seed}"

    def run_folder(self, work: Path) -> Path:
        """Return where the trainer leaves its files, given the folder of all jobs."""
        return work / self.name / f"{self.framework}_deconv"

    def command(self, work: Path) -> list[str]:
        """Return the command that trains, as a user would type it in the root of the repository.

        On the processor, where the same run gives the same bytes.
        """
        flags = [
            f"--{name.replace('_', '-')}={value}"
            for name, value in self.settings.items()
            if value is not None
        ]
        folder = f"--artifact-dir={self.run_folder(work).parent}"
        return [sys.executable, "-m", TRAINERS[self.framework], *flags, "--device=cpu", folder]


JOB_FIELDS = tuple(field.name for field in fields(Job))


def _check_known(what: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise ConfigError(f"{what} {name!r} is not known; there is {', '.join(known)}")
