"""Reconstruct pictures with trained weights: `python -m pytorch.src.inference`.

`load_model` and `reconstruct` may be imported; a loaded model is only read, so
several threads may share it.
"""

import sys

if not __package__:  # started as a file
    print("error: run it in the project root: python -m pytorch.src.inference", file=sys.stderr)
    sys.exit(2)

from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from deconv import cli
from deconv.architecture import Design
from deconv.config import DeviceName, InferenceConfig
from deconv.inference import infer
from deconv.metrics import checked
from deconv.weights import read_model

from .config import Config, detect_device
from .model import build_model
from .utils import from_numpy, load_weights, to_numpy

CHUNK = 1000  # images at a time: bounds the memory, however many are asked for


def load_model(path: Path | str, device: DeviceName = "auto") -> nn.Module:
    """Build the model that the weights file fits and load it, ready for inference.

    Weights of either framework are read. Raises `WeightsError` or `DeviceError`.
    """
    design, weights = read_model(Path(path))
    where = detect_device(device)
    model = build_model(Config(**asdict(design)))
    load_weights(model, weights)
    return model.to(where).eval()


def reconstruct(model: nn.Module, images: np.ndarray) -> np.ndarray:
    """Pass images through the model: float32 `(N, 28, 28, 1)` in [-1, 1], in and out.

    For super-resolution `(N, 7, 7, 1)` in; to tell classes, a score for each out,
    `(N, 28, 28, 11)`. Raises `ImageError` for another shape, type or range.
    """
    design: Design = model.design  # type: ignore[assignment]
    images = checked("images", images, design.side).astype(np.float32)[..., None]
    device = next(model.parameters()).device
    with torch.inference_mode():
        outputs = [
            to_numpy(model(from_numpy(images[start : start + CHUNK], device)))
            for start in range(0, len(images), CHUNK)
        ]
    found = np.concatenate(outputs)
    return found if design.task == "segment" else found.clip(-1, 1)


def main() -> None:
    """Read the command line, reconstruct, and write a picture."""
    config = cli.parse(InferenceConfig)
    load = partial(load_model, device=config.device)
    cli.run(lambda: infer(config, "pytorch", load, reconstruct))


if __name__ == "__main__":
    main()
