"""Reconstructing pictures from the command line: the part that needs no framework.

The same for both frameworks, which bring `load_model` and `reconstruct`.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from deconv.config import FRAMEWORKS, InferenceConfig, RunConfig
from deconv.data.images import read_picture
from deconv.data.splits import TITLES, load_splits
from deconv.files import check_target, shown, write_atomically
from deconv.metrics import psnr, to_unit_range
from deconv.running.record import WEIGHTS

Model = TypeVar("Model")


def infer(
    config: InferenceConfig,
    framework: str,
    load_model: Callable[[Path], Model],
    reconstruct: Callable[[Model, np.ndarray], np.ndarray],
) -> None:
    """Reconstruct what `config` names and draw a figure, or write an array with `config.array`."""
    run_folder = config.artifact_dir / f"{framework}_deconv"
    weights = config.weights or run_folder / WEIGHTS
    own = run_folder / "inference.png"  # this command's, to replace without a question
    default = own if run_folder.is_dir() else Path(own.name)
    output = config.array or config.output or default
    check_target(output, config.overwrite or output == own, [weights, *config.images])
    model = load_model(weights)

    if config.images:
        images = np.concatenate([read_picture(path) for path in config.images])
        source = "own pictures"
    else:
        splits = load_splits(RunConfig(dataset=config.dataset, data_dir=config.data_dir))
        chosen = splits.test if config.array else splits.test[: config.count]
        images, source = to_unit_range(chosen), TITLES[splits.name]
    reconstructions = reconstruct(model, images)

    if config.array:
        data = io.BytesIO()
        np.save(data, reconstructions)
        write_atomically(output, data.getvalue())
        return
    from deconv.drawing import plots  # here: matplotlib takes long to import, even for --help

    title = f"{FRAMEWORKS[framework]}: {source}"
    plots.save(plots.reconstructions(images, reconstructions, title), output)
    decibels = psnr(reconstructions, images)
    print(f"Weights: {shown(weights)}")
    print(f"Images:  {source}, {len(images)} of them, mean PSNR {decibels.mean():.2f} dB")
    print(f"Picture: {shown(output)}")
