"""Where does a training step spend its time? `python -m benchmarks.layers`.

Times every layer of the model alone, forwards and backwards. Beside each
convolution stands its speed as a share of a float32 matrix product on the same
cores in the same process, in multiply-accumulates (MACs). Then everything together,
beside the whole step and what it would take at the speed of such products.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from benchmarks.framework import Framework
from benchmarks.machine import describe, rate
from benchmarks.throughput import (
    CASES,
    PRECISIONS,
    TRAINING_MACS,
    matrix_product,
)
from deconv import cli
from deconv.architecture import layers
from deconv.compare.report import piped
from deconv.config import FRAMEWORKS, at_least
from deconv.data.synthetic import draw_garments
from deconv.metrics import to_unit_range
from deconv.weights import initial_weights

MACS = {layer.name.split(".")[1]: layer.macs for layer in layers()}
Times = dict[str, tuple[float, float]]
"""Seconds forwards and seconds backwards of each layer, in order."""


@dataclass(frozen=True)
class LayersConfig:
    """Time every layer of the model alone, forwards and backwards, and the whole step."""

    batch_size: int = 256
    """Images in a batch."""
    repeats: int = 5
    """Times that everything is measured; medians are printed."""
    seconds: float = 0.2
    """How long each measurement lasts at least."""
    side: int = 2048
    """Rows and columns of the matrices whose product sets the limit."""

    def __post_init__(self) -> None:
        at_least("batch-size", self.batch_size, 1)
        at_least("repeats", self.repeats, 1)
        at_least("seconds", self.seconds, 0)
        at_least("side", self.side, 1)


def passes_pytorch(
    layer: Any, x: Any, input_gradient: bool, precision: str
) -> tuple[Callable, Callable]:
    """Return the layer's forward pass, and its forward and backward pass together."""
    import torch

    inputs = x.detach().requires_grad_(input_gradient)
    wanted = [value for value in (inputs, *layer.parameters()) if value.requires_grad]

    @torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")
    def forward() -> Any:
        return layer(inputs)

    gradient = torch.randn_like(forward())
    return forward, lambda: torch.autograd.grad(forward(), wanted, gradient)


def passes_tensorflow(
    layer: Any, x: Any, input_gradient: bool, precision: str
) -> tuple[Callable, Callable]:
    """Do the same; the layer knows its precision."""
    import tensorflow as tf

    wanted = [x] * input_gradient + layer.trainable_variables
    gradient = tf.random.normal(layer(x).shape, dtype=layer(x).dtype)

    @tf.function
    def forward() -> Any:
        return layer(x)

    @tf.function
    def both() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return y, tape.gradient(y, wanted, gradient)  # y too, or it would not be computed

    return forward.get_concrete_function(), both.get_concrete_function()


def measure(framework: str, precision: str, config: LayersConfig) -> tuple[Times, list[float]]:
    """Return the times of the layers.

    Then the seconds of the whole step, and of one MAC of the matrix products in float32
    and bfloat16.
    """
    package = Framework(framework)
    settings = package.config.Config(device="cpu", precision=precision)
    model = package.build(initial_weights(0), precision=precision)
    images = package.utils.from_numpy(to_unit_range(draw_garments(config.batch_size, seed=0)[0]))
    passes: Callable = passes_pytorch if framework == "pytorch" else passes_tensorflow
    if framework == "pytorch":
        children = [*model.encoder.named_children(), *model.decoder.named_children()]
    else:
        children = [(layer.name, layer) for layer in model.encoder.layers + model.decoder.layers]

    work, x, learning = {}, images, False
    for name, layer in children:
        work[name] = passes(layer, x, learning, precision)
        x = work[name][0]()
        learning = learning or name in MACS  # nobody asks for a gradient before the first kernel
    optimizer = package.optimizer.build_optimizer(model, settings)
    step, _ = package.engine.compile_step(settings, package.config.detect_device("cpu"))
    products = [matrix_product(framework, name, config.side) for name in PRECISIONS]

    def seconds(task: Callable[[], Any]) -> float:
        return 1 / rate(task, 1, config.seconds)

    rounds = []
    for _ in range(config.repeats):
        each = [seconds(task) for both in work.values() for task in both]
        each.append(seconds(lambda: float(step(model, optimizer, images, images))))
        rounds.append(each + [seconds(product) / config.side**3 for product in products])
    *medians, whole, mac, half_mac = np.median(rounds, axis=0).tolist()
    times = zip(work, medians[::2], medians[1::2], strict=True)
    return {name: (f, max(0.0, both - f)) for name, f, both in times}, [whole, mac, half_mac]


def report(title: str, times: Times, mac: float, batch_size: int) -> None:
    """Print the table of one case; `mac` is the seconds of one MAC of the float32 product."""
    print(f"\n{title}: matrix product {2e-9 / mac:.0f} GFLOP/s in float32")
    print(f"{'':<16}{'forwards':>11}{'of product':>12}{'backwards':>13}{'of product':>12}")

    def share(seconds: float, macs: int) -> str:
        return f"{macs * batch_size * mac / seconds:.2f}" if macs and seconds else ""

    for name, (forward, backward) in times.items():
        macs = MACS.get(name, 0)
        twice = macs if name == "conv1" else 2 * macs
        print(
            f"{name:<16}{1000 * forward:>8.2f} ms{share(forward, macs):>12}"
            f"{1000 * backward:>10.2f} ms{share(backward, twice):>12}"
        )


def summary(found: dict[str, tuple[Times, list[float]]], batch_size: int) -> None:
    """Print the table of docs/performance.md: milliseconds, forwards and backwards together."""
    columns = []
    for times, (step, *macs) in found.values():
        both = {name: sum(pair) for name, pair in times.items()}
        rest = sum(seconds for name, seconds in both.items() if name not in MACS)
        limits = [mac * TRAINING_MACS * batch_size for mac in macs]
        seconds = [*(both[name] for name in MACS), rest, sum(both.values()), step, *limits]
        columns.append([*(f"{1000 * s:.1f}" for s in seconds), f"{batch_size / step:,.0f}"])
    names = [*MACS, "ReLU, tanh, padding, cropping", "all layers", "whole step"]
    names += ["the limit: float32 products", "the limit: bfloat16 products", "images/s of the step"]
    head = [f"ms for {batch_size} images", *found]
    print(f"\n{piped([head, *zip(names, *columns, strict=True)])}")


def main() -> None:
    """Read the command line, measure and print."""
    config = cli.parse(LayersConfig)
    cli.run(lambda: compare(config))


def compare(config: LayersConfig) -> None:
    """Measure both frameworks in both precisions, each in a process of its own; print."""
    spawn = multiprocessing.get_context("spawn")
    found = {}
    for framework, precision in tqdm(CASES, disable=None):
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            case = pool.submit(measure, framework, precision, config)
            found[f"{FRAMEWORKS[framework]} {precision}"] = case.result()
    print(f"Batches of {config.batch_size}; {describe()}")
    for title, (times, (_, mac, _)) in found.items():
        report(title, times, mac, config.batch_size)
    summary(found, config.batch_size)


if __name__ == "__main__":
    main()
