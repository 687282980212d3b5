"""Where an interrupted run can go on: everything the next epoch depends on, in one file.

That is the weights, Adam's two running averages and the history so far; the
order of the images follows from the seed. All arrays have the canonical layout,
and the format is safetensors, so reading a checkpoint cannot run code.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from deconv.artifacts import EpochRow, explained, typed_row, write_atomically
from deconv.errors import ArtifactError
from deconv.weights import Weights, parameter_shapes, upsampler_of

CHECKPOINT = "checkpoint.safetensors"


@dataclass(frozen=True)
class Checkpoint:
    """The state at the end of an epoch."""

    run: dict[str, Any]
    """The settings that decide what comes next; a run with other ones cannot go on from here."""
    history: list[EpochRow]
    weights: Weights
    optimizer: Weights
    """Adam's averages of the gradient (`m.NAME`) and of its square (`v.NAME`), and `step`."""


def write_checkpoint(
    folder: Path,
    run: Mapping[str, Any],
    history: Sequence[EpochRow],
    weights: Weights,
    optimizer: Weights,
) -> None:
    """Write the checkpoint of a run, whole or not at all."""
    about = {"run": dict(run), "history": [asdict(row) for row in history]}
    arrays = {f"weights.{name}": array for name, array in weights.items()}
    arrays |= {f"optimizer.{name}": array for name, array in optimizer.items()}
    data = save(
        {name: np.array(array, order="C") for name, array in arrays.items()},
        metadata={"about": json.dumps(about)},
    )
    write_atomically(folder / CHECKPOINT, data)


def read_checkpoint(folder: Path, run: Mapping[str, Any]) -> Checkpoint:
    """Read the checkpoint in `folder` for a run with the settings `run`.

    Raises `ArtifactError` when there is none, when it is damaged, or when it was
    written with other settings; then the message names the first that differs.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        raise ArtifactError(f"nothing to resume: there is no {path}; run without --resume")
    try:
        with explained("read", path), safe_open(path, framework="numpy") as file:
            about = json.loads(file.metadata()["about"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        written, rows = dict(about["run"]), [typed_row(EpochRow, row) for row in about["history"]]
        weights, optimizer = _part(arrays, "weights."), _part(arrays, "optimizer.")
        shapes = parameter_shapes(upsampler_of(weights))
        expected = {f"{kind}.{name}": shape for kind in "mv" for name, shape in shapes.items()}
        if {name: array.shape for name, array in optimizer.items()} != expected | {"step": ()}:
            raise ValueError("the optimizer's averages do not fit the weights")
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError(
            f"{path} is not a whole checkpoint ({error}); run without --resume to start again"
        ) from error
    for name, value in run.items():
        if written.get(name) != value:
            raise ArtifactError(
                f"cannot resume {folder}: it was trained with {name} {written.get(name)}, "
                f"this run has {value}"
            )
    return Checkpoint(written, rows, weights, optimizer)


def _part(arrays: Weights, prefix: str) -> Weights:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
