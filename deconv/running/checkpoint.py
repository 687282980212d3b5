"""Where an interrupted run can go on: everything its next step depends on, in one file.

That is the weights, Adam's two running averages, the best weights so far, the
history, and the losses of the epoch that had begun; the order of the images
follows from the seed. All arrays have the canonical layout, and the format is
safetensors, so reading a checkpoint cannot run code.

The checkpoint before the newest is kept, in case the newest is damaged.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from deconv.architecture import Weights, design_of, parameter_shapes
from deconv.config import FLOAT32_MAX
from deconv.errors import DAMAGE, ArtifactError
from deconv.files import explained, read_whole, write_atomically
from deconv.running.record import EpochRow, measured, typed_row

CHECKPOINT = "checkpoint.safetensors"
PREVIOUS = "checkpoint-previous.safetensors"
LARGEST_FILE = 2**29  # bytes; the largest model takes 315 million


class State(NamedTuple):
    """What a training step changes."""

    weights: Weights
    optimizer: dict[str, np.ndarray]
    """Adam's averages of the gradient (`m.NAME`) and of its square (`v.NAME`), and `step`."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run between two steps."""

    settings: dict[str, Any]
    """Everything that decides what comes next, and what shares the work (threads, workers)."""
    history: list[EpochRow]
    losses: np.ndarray
    """Of the steps of the epoch that had begun: float32 `(steps,)`, empty between two epochs."""
    seconds: float
    """That those steps took."""
    weights: Weights
    optimizer: dict[str, np.ndarray]
    best: Weights
    """The weights with the lowest validation loss so far; empty in the first epoch."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all arrays by the names that they have in the file."""
        arrays = {"losses": self.losses}
        for part in ("weights", "optimizer", "best"):
            arrays |= {f"{part}.{name}": array for name, array in getattr(self, part).items()}
        return arrays


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, whole or not at all, and keep the one before it.

    Raises `ArtifactError` when the folder cannot be written.
    """
    about = {
        "settings": checkpoint.settings,
        "history": [measured(row) for row in checkpoint.history],
        "seconds": checkpoint.seconds,
    }
    arrays = {name: np.array(array, order="C") for name, array in checkpoint.arrays().items()}
    text = json.dumps(about)
    data = save(arrays, metadata={"about": text, "sha256": _checksum(text, arrays)})
    # A damaged file must not take the place of the good one before it.
    keep = folder / PREVIOUS if _is_whole(folder / CHECKPOINT) else None
    write_atomically(folder / CHECKPOINT, data, keep=keep)


def check_resumable(folder: Path) -> None:
    """Raise `ArtifactError` unless there is a checkpoint in `folder`, whole or not."""
    with explained("look into", folder):
        there = any((folder / name).exists() for name in (CHECKPOINT, PREVIOUS))
    if not there:
        raise ArtifactError(
            f"nothing to resume: there is no {folder / CHECKPOINT}; run without --resume"
        )


def read_checkpoint(folder: Path, settings: Mapping[str, Any]) -> Checkpoint:
    """Read the newest whole checkpoint in `folder` for a run with these settings.

    Says so when that is not the newest. Raises `ArtifactError` when there is none,
    or when it was written with other settings; then the message names the first
    that differs.
    """
    check_resumable(folder)
    damage = []
    for path in (folder / CHECKPOINT, folder / PREVIOUS):
        try:
            checkpoint = _read(path)
        except ArtifactError as error:
            damage.append(str(error))
            continue
        if damage:
            print(f"{damage[0]}; going on from {path.name}, the one before it", flush=True)
        break
    else:
        raise ArtifactError(f"{'; '.join(damage)}; run without --resume to start again")
    for name, value in settings.items():
        if (written := checkpoint.settings.get(name)) != value:
            raise ArtifactError(
                f"cannot resume {folder}: it was trained with {name} {written}, "
                f"this run has {value}"
            )
    return checkpoint


def check_fit(checkpoint: Checkpoint, folder: Path, epochs: int, steps: int) -> None:
    """Raise `ArtifactError` unless a run of so many epochs, each of `steps`, can have written it.

    Its settings are taken to be those of the run. A checksum proves that a file is as it
    was written, not who wrote it.
    """
    arrays, history = checkpoint.arrays(), checkpoint.history
    shapes = parameter_shapes(design_of(checkpoint.settings))
    done, begun = len(history), checkpoint.losses.size
    step = done * steps + begun
    parts = ["weights", "optimizer.m", "optimizer.v", *["best"] * (done > 0)]
    layout = {f"{part}.{name}": shape for part in parts for name, shape in shapes.items()}
    layout |= {"losses": (begun,), "optimizer.step": ()}
    possible = (
        [row.epoch for row in history] == list(range(1, done + 1))
        and begun < steps
        and step <= epochs * steps
        and all(row.seconds > 0 for row in history)
        and 0 <= checkpoint.seconds <= FLOAT32_MAX
        and {name: array.shape for name, array in arrays.items()} == layout
        and all(array.dtype == np.float32 for array in arrays.values())
        and all(np.isfinite(array).all() for array in arrays.values())
        and all((checkpoint.optimizer[f"v.{name}"] >= 0).all() for name in shapes)
        # float32 counts no further than 2²⁴
        and min(float(arrays["optimizer.step"]), 2**24) == min(step, 2**24)
    )
    if not possible:
        raise ArtifactError(
            f"cannot resume {folder}: its checkpoint is whole, but holds what no run with these "
            "settings can have written; run without --resume to start again"
        )


def _read(path: Path) -> Checkpoint:
    data = read_whole(path, LARGEST_FILE)
    try:
        arrays = load(data)
        header = int.from_bytes(data[:8], "little")  # how long it is
        about = json.loads(data[8 : 8 + header])["__metadata__"]
        if about["sha256"] != _checksum(about["about"], arrays):
            raise ValueError("its checksum is wrong")
        values = json.loads(about["about"])
        return Checkpoint(
            settings=dict(values["settings"]),
            history=[typed_row(EpochRow, row) for row in values["history"]],
            losses=arrays["losses"],
            seconds=float(values["seconds"]),
            weights=_part(arrays, "weights"),
            optimizer=_part(arrays, "optimizer"),
            best=_part(arrays, "best"),
        )
    except SafetensorError as error:  # whose words quote the file, also what steers a terminal
        raise ArtifactError(f"{path} is not a whole safetensors file") from error
    except DAMAGE as error:
        raise ArtifactError(f"{path} is not a whole checkpoint ({error})") from error


def _is_whole(path: Path) -> bool:
    try:
        _read(path)
    except ArtifactError:
        return False
    return True


def _checksum(text: str, arrays: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of everything that the file holds."""
    digest = hashlib.sha256(text.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _part(arrays: Mapping[str, np.ndarray], part: str) -> dict[str, np.ndarray]:
    prefix = f"{part}."
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
