"""What does each way up cost? `python -m benchmarks.arms`.

Counts parameters and multiply-accumulates (MACs), by the formula of
`deconv.architecture` and by each framework's own counter, and times training and
inference, with one thread and with all. A MAC is not a second: how many a library
does in one depends on the shape of the product and on what has to be moved first.
"""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from tqdm.auto import tqdm

from benchmarks.framework import Framework
from benchmarks.machine import describe, rate
from deconv import cli
from deconv.architecture import Design, Upsampler, layers
from deconv.compare.report import piped
from deconv.config import FRAMEWORKS, at_least
from deconv.data.synthetic import draw_garments
from deconv.metrics import to_unit_range
from deconv.running.processor import cores
from deconv.study.training import ONE_THREAD
from deconv.weights import initial_weights

ARMS: tuple[Upsampler, ...] = get_args(Upsampler)
SPEEDS = ("training", "inference")


@dataclass(frozen=True)
class ArmsConfig:
    """Count and time every way up, with one thread and with all."""

    frameworks: tuple[Literal["pytorch", "tensorflow"], ...] = ("pytorch", "tensorflow")
    """Which of the two."""
    arms: tuple[Upsampler, ...] = ARMS
    """Which ways up."""
    batch_size: int = 32
    """Images in a batch of training."""
    inference_size: int = 1_024
    """Images that are reconstructed at a time."""
    repeats: int = 5
    """Times that everything is measured; medians are printed."""
    seconds: float = 0.3
    """How long each measurement lasts at least."""

    def __post_init__(self) -> None:
        at_least("batch-size", self.batch_size, 1)
        at_least("inference-size", self.inference_size, 1)
        at_least("repeats", self.repeats, 1)
        at_least("seconds", self.seconds, 0)


@dataclass(frozen=True)
class Costs:
    """Of one way up, with so many threads."""

    counted: float
    """MACs of one image by the framework's own counter."""
    training: float
    """Images per second, as is the next."""
    inference: float


def count_pytorch(model: Any) -> float:
    """Return the MACs of one image as PyTorch counts them: convolutions, no more."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, 1, 28, 28))
    return counter.get_total_flops() / 2


def count_tensorflow(model: Any) -> float:
    """Return half the operations for one image that TensorFlow's profiler counts.

    It counts the biases as well. For a transposed convolution it takes the size of the
    output before it is cut, over stride², for the number of inputs, which is too many.
    """
    import tensorflow as tf

    image = tf.TensorSpec((1, 28, 28, 1))
    graph = tf.function(lambda x: model(x, training=False)).get_concrete_function(image).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    found = profiler.profile(graph, options=options.with_empty_output().build())
    return found.total_float_ops / 2


COUNTERS: dict[str, Callable[[Any], float]] = {
    "pytorch": count_pytorch,
    "tensorflow": count_tensorflow,
}


def measure(framework: str, config: ArmsConfig) -> dict[Upsampler, Costs]:
    """Count and time every way up on the CPU; medians over all rounds."""
    package = Framework(framework)
    images = to_unit_range(draw_garments(max(config.batch_size, config.inference_size), seed=0)[0])
    batch = package.utils.from_numpy(images[: config.batch_size])
    counted, work = [], []
    for arm in config.arms:
        settings = package.config.Config(device="cpu", upsampler=arm)
        model = package.build(initial_weights(0, settings), upsampler=arm)
        counted.append(COUNTERS[framework](model))
        work += [train(package, model, settings, batch), infer(package, model, images, config)]
    amounts = [config.batch_size, config.inference_size] * len(config.arms)
    rounds = [
        [rate(task, n, config.seconds) for task, n in zip(work, amounts, strict=True)]
        for _ in range(config.repeats)
    ]
    speeds = np.median(rounds, axis=0).reshape(-1, 2).tolist()
    costs = (Costs(macs, *pair) for macs, pair in zip(counted, speeds, strict=True))
    return dict(zip(config.arms, costs, strict=True))


def train(package: Framework, model: Any, settings: Any, batch: Any) -> Callable[[], object]:
    """Return a step of training."""
    optimizer = package.optimizer.build_optimizer(model, settings)
    step, _ = package.engine.compile_step(settings, package.config.detect_device("cpu"))
    return lambda: float(step(model, optimizer, batch, batch))


def infer(
    package: Framework, model: Any, images: np.ndarray, config: ArmsConfig
) -> Callable[[], object]:
    """Return a reconstruction of many images."""
    return lambda: package.inference.reconstruct(model, images[: config.inference_size])


def in_process(framework: str, config: ArmsConfig, threads: int) -> dict[Upsampler, Costs]:
    """Measure in a process of its own: a framework takes its threads when it is imported."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, set_threads, (threads,)) as pool:
        return pool.submit(measure, framework, config).result()


def set_threads(count: int) -> None:
    """Let a framework that is not imported yet have one thread, or as many as it likes."""
    for name, one in ONE_THREAD.items():
        os.environ.pop(name, None)
        if count == 1:
            os.environ[name] = one


def table(framework: str, found: dict[int, dict[Upsampler, Costs]]) -> str:
    """Return the table of a framework: a row for each way up."""
    name = FRAMEWORKS[framework]
    times = [f"{kind}, {n} thread{'s' * (n > 1)}" for kind in SPEEDS for n in found]
    cells = [["arm", "parameters", "MACs", f"MACs, counted by {name}", *times]]
    for arm in next(iter(found.values())):
        every = layers(Design(upsampler=arm))
        counted = next(iter(found.values()))[arm].counted
        sizes = [sum(layer.parameters for layer in every), sum(layer.macs for layer in every)]
        speeds = [getattr(costs[arm], kind) for kind in SPEEDS for costs in found.values()]
        cells.append([f"`{arm}`", *(f"{number:,.0f}" for number in (*sizes, counted, *speeds))])
    return piped(cells)


def main() -> None:
    """Read the command line, measure and print."""
    config = cli.parse(ArmsConfig)
    cli.run(lambda: compare(config))


def compare(config: ArmsConfig) -> None:
    """Measure every framework with one thread and with all; print the tables."""
    threads = sorted({1, cores()})
    cases = [(framework, count) for framework in config.frameworks for count in threads]
    found = {case: in_process(case[0], config, case[1]) for case in tqdm(cases, disable=None)}
    print(
        f"{describe()}\nImages per second, medians of {config.repeats}; training with batches of "
        f"{config.batch_size}, inference with {config.inference_size:,} images at a time.\n"
        "TensorFlow's counter adds the biases, and reckons a transposed convolution from its "
        "output before it is cut."
    )
    for framework in config.frameworks:
        own = {count: found[framework, count] for count in threads}
        print(f"\n{table(framework, own)}")


if __name__ == "__main__":
    main()
