"""How fast are the five views of the arithmetic? `python -m benchmarks.views`.

Times each on both transposed layers of the model, in float32, for one image and
for a batch. The table of docs/arithmetic.md has the same rows in the same order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.machine import describe, rate
from deconv import cli
from deconv.arithmetic import METHODS, conv_transpose2d, macs
from deconv.config import at_least

LAYERS = {"64→32 channels, 7→14 pixels": (64, 32, 7), "32→1 channels, 14→28 pixels": (32, 1, 14)}
OPTIONS: dict[str, Any] = {"stride": 2, "padding": 1, "output_padding": 1}


@dataclass(frozen=True)
class ViewsConfig:
    """Time the five views of the transposed convolution on the layers of the model."""

    batch_size: int = 64
    """Images in a batch; a single image is timed as well."""
    repeats: int = 9
    """Times that everything is measured; medians are printed."""
    seconds: float = 0.2
    """How long each measurement lasts at least."""

    def __post_init__(self) -> None:
        at_least("batch-size", self.batch_size, 1)
        at_least("repeats", self.repeats, 1)
        at_least("seconds", self.seconds, 0)


Case = tuple[str, int, str]
"""A layer, a number of images and a view."""


def measure(config: ViewsConfig) -> dict[Case, float]:
    """Return the median time of each case in microseconds for one image."""
    rng = np.random.default_rng(0)
    work: dict[Case, Callable[[], np.ndarray]] = {}
    for layer, (channels, out, size) in LAYERS.items():
        w = rng.standard_normal((channels, out, 3, 3)).astype(np.float32)
        for images in (1, config.batch_size):
            x = rng.standard_normal((images, channels, size, size)).astype(np.float32)
            for view in METHODS:
                options = {**OPTIONS, "method": view}
                work[layer, images, view] = partial(conv_transpose2d, x, w, **options)
    rounds = [
        [1e6 / rate(task, case[1], config.seconds) for case, task in work.items()]
        for _ in range(config.repeats)
    ]
    return dict(zip(work, np.median(rounds, axis=0).tolist(), strict=True))


def report(found: dict[Case, float], batch_size: int) -> None:
    """Print a table for each layer."""
    print(f"{describe()}\nmicroseconds for one image, alone and in a batch of {batch_size}")
    for layer, (channels, out, size) in LAYERS.items():
        products = macs(size, 3, in_channels=channels, out_channels=out, **OPTIONS)
        print(f"\n{layer:<30}{'MACs':>11}{'alone':>10}{'in a batch':>12}")
        for view in METHODS:
            alone, batch = (found[layer, images, view] for images in (1, batch_size))
            print(f"{view:<30}{products[view]:>11,}{alone:>10.0f}{batch:>12.0f}")


def main() -> None:
    """Read the command line, measure and print."""
    config = cli.parse(ViewsConfig)
    cli.run(lambda: report(measure(config), config.batch_size))


if __name__ == "__main__":
    main()
