"""How near is training to what the processor can do? `python -m benchmarks.throughput`.

Counts the images per second of training and of inference at many batch sizes,
and compares them with a float32 matrix product on the same cores in the same
process: the model is a chain of such products, so their speed is its limit. A
fraction of 1 means that the model's multiply-accumulates (MACs) run as fast as
those of the product.
"""

import json
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from benchmarks.framework import Framework
from benchmarks.machine import describe
from deconv import cli
from deconv.architecture import layers
from deconv.config import FRAMEWORKS, ROOT, at_least
from deconv.data.synthetic import draw_garments
from deconv.drawing import plots
from deconv.files import shown, write_atomically
from deconv.metrics import to_unit_range
from deconv.weights import initial_weights

SIZES = (1, 4, 16, 32, 64, 128, 256, 1024, 4096)
SIDE = 2048
"""Rows and columns of the matrices whose product sets the limit."""
INFERENCE_MACS = sum(layer.macs for layer in layers())
# Backwards, each layer has a product for its weights and one for its input; the images need none.
TRAINING_MACS = 3 * INFERENCE_MACS - layers()[0].macs


@dataclass(frozen=True)
class ThroughputConfig:
    """Measure training and inference against a matrix product on the same cores."""

    repeats: int = 5
    """Times that everything is measured; medians are printed."""
    seconds: float = 0.3
    """How long each measurement lasts at least."""
    quick: bool = False
    """Smoke test: two batch sizes, once."""
    output: Path = ROOT / "artifacts" / "benchmarks"
    """Folder for throughput.json and throughput.png."""

    def __post_init__(self) -> None:
        at_least("repeats", self.repeats, 1)
        at_least("seconds", self.seconds, 0)


def rate(work: Callable[[], Any], amount: float, seconds: float) -> float:
    """Return the amount of work done in a second, after a first go that is not counted."""
    work()
    done, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        work()
        done += 1
    return amount * done / passed


def matrix_product(framework: str) -> Callable[[], Any]:
    """Return a function that multiplies two float32 matrices of 2048×2048."""
    numbers = np.random.default_rng(0).standard_normal((2, SIDE, SIDE)).astype(np.float32)
    if framework == "pytorch":
        import torch

        one, other = torch.from_numpy(numbers)
        return lambda: one @ other
    import tensorflow as tf

    one, other = tf.constant(numbers)
    return lambda: tf.matmul(one, other).numpy()[0, 0]


def measure(framework: str, precision: str, config: ThroughputConfig) -> dict[str, Any]:
    """Measure one framework in one precision on the CPU; return rates, each one median."""
    package = Framework(framework)
    settings = package.config.Config(device="cpu", precision=precision)
    model = package.build(initial_weights(0), precision=precision)
    optimizer = package.optimizer.build_optimizer(model, settings)
    step, _ = package.engine.compile_step(settings, package.config.detect_device("cpu"))
    sizes = SIZES[3:5] if config.quick else SIZES
    images = to_unit_range(draw_garments(max(sizes), seed=0)[0])
    product = matrix_product(framework)

    def train(size: int) -> None:
        float(step(model, optimizer, batches[size], batches[size]))

    def infer(size: int) -> None:
        package.inference.reconstruct(model, images[:size])

    batches = {size: package.utils.from_numpy(images[:size]) for size in sizes}
    found: dict[str, Any] = {
        "product": [], "training": defaultdict(list), "inference": defaultdict(list)
    }  # fmt: skip
    for _ in range(1 if config.quick else config.repeats):
        found["product"].append(rate(product, SIDE**3, config.seconds))
        for size in sizes:
            for kind, work in (("training", train), ("inference", infer)):
                found[kind][size].append(rate(partial(work, size), size, config.seconds))
    return {
        "product": float(np.median(found["product"])),
        **{
            kind: {size: float(np.median(rates)) for size, rates in found[kind].items()}
            for kind in ("training", "inference")
        },
    }


def main() -> None:
    """Read the command line, measure, print, and write the numbers and the picture."""
    config = cli.parse(ThroughputConfig)
    cli.run(lambda: compare(config))


def compare(config: ThroughputConfig) -> None:
    """Measure both frameworks, each in a process of its own; print and write the result."""
    spawn = multiprocessing.get_context("spawn")
    results = {}
    cases = [(f, p) for f in ("pytorch", "tensorflow") for p in ("float32", "bfloat16")]
    for framework, precision in tqdm(cases, disable=None):
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            found = pool.submit(measure, framework, precision, config).result()
        results[f"{FRAMEWORKS[framework]}, {precision}"] = found

    print(describe())
    for name, found in results.items():
        limit = found["product"]
        print(f"\n{name}: matrix product {2 * limit / 1e9:.0f} GFLOP/s in float32")
        print(f"{'batch':>8}{'training':>16}{'of limit':>10}{'inference':>16}{'of limit':>10}")
        for size in found["training"]:
            train, infer = found["training"][size], found["inference"][size]
            print(
                f"{size:>8}{train:>9,.0f} img/s{train * TRAINING_MACS / limit:>10.2f}"
                f"{infer:>9,.0f} img/s{infer * INFERENCE_MACS / limit:>10.2f}"
            )
    config.output.mkdir(parents=True, exist_ok=True)
    write_atomically(
        config.output / "throughput.json",
        json.dumps({"machine": describe(), "results": results}, indent=1).encode(),
    )
    figure, charts = plots.charts(2, "Images per second, as a share of what a product reaches")
    for axes, kind, macs in zip(
        charts, ("training", "inference"), (TRAINING_MACS, INFERENCE_MACS), strict=True
    ):
        for name, found in results.items():
            share = [value * macs / found["product"] for value in found[kind].values()]
            colour = plots.FRAMEWORK_COLOURS[name.split(",")[0].lower()]
            line = "-" if "float32" in name else "--"
            axes.plot(list(found[kind]), share, line, color=colour, marker="o", label=name)
        axes.set_xscale("log", base=2)
        axes.set_ylim(0)
        axes.axhline(1, color=plots.GREY, linewidth=0.8)
        plots.style(axes, "images in a batch", f"{kind}, share of the limit")
    charts[0].legend(frameon=False, fontsize=9)
    plots.save(figure, config.output / "throughput.png")
    print(f"\nFiles: {shown(config.output)}")


if __name__ == "__main__":
    main()
