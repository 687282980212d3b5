"""How near is training to what the processor can do? `python -m benchmarks.throughput`.

Counts the images per second of training and of inference at many batch sizes,
and compares them with matrix products on the same cores in the same process: the
model is a chain of such products, so their speed is its limit. A share of 1 means
that the model's multiply-accumulates (MACs) run as fast as those of the product.
"""

import json
import multiprocessing
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tqdm.auto import tqdm

from benchmarks.framework import NAMES, Framework
from benchmarks.machine import describe, rate
from deconv import cli
from deconv.architecture import layers
from deconv.compare.report import piped
from deconv.config import FRAMEWORKS, ROOT, UserPath, at_least
from deconv.data.synthetic import draw_garments
from deconv.drawing import plots
from deconv.files import make_folder, shown, write_atomically
from deconv.metrics import to_unit_range
from deconv.weights import initial_weights

PRECISIONS = ("float32", "bfloat16")
CASES = [(framework, precision) for framework in NAMES for precision in PRECISIONS]
INFERENCE_MACS = sum(layer.macs for layer in layers())
# Backwards, each layer has a product for its weights and one for its input; the images need none.
TRAINING_MACS = 3 * INFERENCE_MACS - layers()[0].macs
MACS = {"training": TRAINING_MACS, "inference": INFERENCE_MACS}
"""Of one image."""


@dataclass(frozen=True)
class ThroughputConfig:
    """Measure training and inference against a matrix product on the same cores."""

    sizes: tuple[int, ...] = (1, 4, 16, 32, 64, 128, 256, 1024, 4096)
    """Images in a batch, one size after the other."""
    repeats: int = 5
    """Times that everything is measured; medians are printed."""
    seconds: float = 0.3
    """How long each measurement lasts at least."""
    side: int = 2048
    """Rows and columns of the matrices whose product sets the limit."""
    output: UserPath = ROOT / "artifacts" / "benchmarks"
    """Folder for throughput.json and throughput.png."""

    def __post_init__(self) -> None:
        at_least("sizes", min(self.sizes, default=0), 1)
        at_least("repeats", self.repeats, 1)
        at_least("seconds", self.seconds, 0)
        at_least("side", self.side, 1)


def matrix_product(framework: str, precision: str, side: int) -> Callable[[], Any]:
    """Return a function that multiplies two matrices of `side × side` in this precision.

    One of them is transposed: where the processor has no instructions for bfloat16,
    PyTorch is many times slower at the other product.
    """
    numbers = np.random.default_rng(0).standard_normal((2, side, side)).astype(np.float32)
    if framework == "pytorch":
        import torch

        one, other = torch.from_numpy(numbers).to(getattr(torch, precision))
        return lambda: one @ other.T
    import tensorflow as tf

    one, other = tf.cast(tf.constant(numbers), precision)
    return lambda: tf.matmul(one, other, transpose_b=True).numpy()[0, 0]


def measure(framework: str, precision: str, config: ThroughputConfig) -> dict[str, dict]:
    """Measure one framework in one precision on the CPU; return medians.

    "product" gives MACs per second for each precision, "training" and "inference"
    images per second for each size of a batch.
    """
    package = Framework(framework)
    settings = package.config.Config(device="cpu", precision=precision)
    model = package.build(initial_weights(0), precision=precision)
    optimizer = package.optimizer.build_optimizer(model, settings)
    step, _ = package.engine.compile_step(settings, package.config.detect_device("cpu"))
    images = to_unit_range(draw_garments(max(config.sizes), seed=0)[0])
    batches = {size: package.utils.from_numpy(images[:size]) for size in config.sizes}

    def train(size: int) -> None:
        float(step(model, optimizer, batches[size], batches[size]))

    def infer(size: int) -> None:
        package.inference.reconstruct(model, images[:size])

    work: dict[tuple[str, Any], tuple[float, Callable[[], Any]]] = {
        ("product", name): (config.side**3, matrix_product(framework, name, config.side))
        for name in PRECISIONS
    }
    for size in config.sizes:
        work["training", size] = size, partial(train, size)
        work["inference", size] = size, partial(infer, size)
    rounds = [
        [rate(task, amount, config.seconds) for amount, task in work.values()]
        for _ in range(config.repeats)
    ]
    found: dict[str, dict] = defaultdict(dict)
    for (kind, key), median in zip(work, np.median(rounds, axis=0).tolist(), strict=True):
        found[kind][key] = median
    return dict(found)


def main() -> None:
    """Read the command line, measure, print, and write the numbers and the picture."""
    config = cli.parse(ThroughputConfig)
    cli.run(lambda: compare(config))


def compare(config: ThroughputConfig) -> None:
    """Measure both frameworks, each in a process of its own; print and write the result."""
    spawn = multiprocessing.get_context("spawn")
    results = {}
    for framework, precision in tqdm(CASES, disable=None):
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            found = pool.submit(measure, framework, precision, config).result()
        results[f"{FRAMEWORKS[framework]} {precision}"] = found
    print(describe())
    report(results, config.side)
    make_folder(config.output)
    write_atomically(
        config.output / "throughput.json",
        json.dumps({"machine": describe(), "results": results}, indent=1).encode(),
    )
    plots.save(draw(results), config.output / "throughput.png")
    print(f"\nFiles: {shown(config.output)}")


def report(results: dict[str, dict[str, dict]], side: int) -> None:
    """Print the tables of docs/performance.md."""
    for kind, macs in MACS.items():
        cells = [[f"{kind}: images in a batch", *results]]
        for size in next(iter(results.values()))[kind]:
            row = [f"{size:,}"]
            for name, found in results.items():
                speed, product = found[kind][size], found["product"]
                limits = [product[p] / macs for p in PRECISIONS if p == "float32" or p in name]
                shares = ", ".join(f"{speed / limit:.2f}" for limit in limits)
                row.append(f"{speed:,.0f} ({shares})")
            cells.append(row)
        print(f"\n{piped(cells)}")
    print("\nIn brackets the share of the float32 product, in bfloat16 then that of its own.")
    print(f"Products of {side}×{side} matrices, GFLOP/s (a MAC is two operations):")
    for name, found in results.items():
        speeds = [f"{2e-9 * macs:.0f} in {key}" for key, macs in found["product"].items()]
        print(f"  beside {name}: {', '.join(speeds)}")


def draw(results: dict[str, dict[str, dict]]) -> Figure:
    """Draw the share of the float32 product against the size of the batch."""
    figure, charts = plots.charts(2, "Images per second, as a share of what float32 products allow")
    for axes, (kind, macs) in zip(charts, MACS.items(), strict=True):
        for name, found in results.items():
            share = [value * macs / found["product"]["float32"] for value in found[kind].values()]
            colour = plots.FRAMEWORK_COLOURS[name.split()[0].lower()]
            line = "-" if "float32" in name else "--"
            axes.plot(list(found[kind]), share, line, color=colour, marker="o", label=name)
        axes.set_xscale("log", base=2)
        axes.axhline(1, color=plots.GREY, linewidth=0.8)
        axes.set_ylim(0, 1.05)
        plots.style(axes, "images in a batch", f"share of the limit, {kind}")
    charts[0].legend(
        frameon=False, fontsize=9, handlelength=4, loc="upper left", bbox_to_anchor=(0, 0.94)
    )
    return figure


if __name__ == "__main__":
    main()
