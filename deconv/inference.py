"""Reconstructing pictures from the command line: the part that needs no framework.

The same for both frameworks, which bring `load_model` and `reconstruct`.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deconv.architecture import Task
from deconv.config import FRAMEWORKS, InferenceConfig, RunConfig
from deconv.data.images import read_picture
from deconv.data.splits import TITLES, load_splits
from deconv.data.tasks import Pairs, inputs, pairs
from deconv.files import check_target, shown, write_atomically
from deconv.metrics import mean_iou, psnr
from deconv.running.record import WEIGHTS


def infer(
    config: InferenceConfig,
    framework: str,
    load_model: Callable[[Path], Any],
    reconstruct: Callable[[Any, np.ndarray], np.ndarray],
) -> None:
    """Reconstruct what `config` names and draw a figure, or write an array with `config.array`."""
    run_folder = config.artifact_dir / f"{framework}_deconv"
    weights = config.weights or run_folder / WEIGHTS
    own = run_folder / "inference.png"  # this command's, to replace without a question
    default = own if run_folder.is_dir() else Path(own.name)
    output = config.array or config.output or default
    check_target(output, config.overwrite or output == own, [weights, *config.images])
    model = load_model(weights)
    task = model.design.task

    if config.images:
        pictures = np.concatenate([read_picture(file) for file in config.images])
        classes = np.empty(0)  # nobody knows those of the pixels of an own picture
        examples = Pairs(inputs(task, pictures), classes if task == "segment" else pictures)
        source = "own pictures"
    else:
        splits = load_splits(RunConfig(dataset=config.dataset, data_dir=config.data_dir))
        examples = pairs(task, splits, "test", None if config.array else config.count)
        source = TITLES[splits.name]
    outputs = reconstruct(model, examples.inputs)

    if config.array:
        data = io.BytesIO()
        np.save(data, outputs)
        write_atomically(output, data.getvalue())
        return
    # Here: matplotlib takes long to import, even for --help.
    from deconv.drawing import outcomes, plots

    title = f"{FRAMEWORKS[framework]}: {source}"
    plots.save(outcomes.outcome(task, examples, outputs, title), output)
    print(f"Weights: {shown(weights)}")
    print(f"Images:  {source}, {len(outputs)} of them{quality(task, examples, outputs)}")
    print(f"Picture: {shown(output)}")


def quality(task: Task, examples: Pairs, outputs: np.ndarray) -> str:
    """Say how well the task was done, where that is known."""
    if task != "segment":
        return f", mean PSNR {psnr(outputs, examples.targets).mean():.2f} dB"
    if not examples.targets.size:
        return ""
    return f", mean IoU {mean_iou(outputs.argmax(-1), examples.targets[..., 0]):.4f}"
