"""What holds training below the weights that were written by hand? `python -m benchmarks.ceiling`.

The network can do 55 dB and more (docs/handmade.md), and ten epochs of the trainer give about
50. Each variant here changes one thing about that training, and is looked at on the
validation images. All of it runs in PyTorch, with one seed after the other.

A variant that was trained before is not trained again: its numbers are in `ceiling.json`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tqdm.auto import tqdm

from benchmarks.framework import Framework
from benchmarks.machine import describe
from deconv import cli, metrics
from deconv.architecture import Weights
from deconv.config import BETAS, ROOT, DatasetName, RunConfig, UserPath, at_least
from deconv.data.splits import TITLES, Splits, load_splits
from deconv.errors import DAMAGE, ArtifactError, ConfigError
from deconv.files import make_folder, read_whole, shown, write_atomically
from deconv.handmade import write_by_hand
from deconv.running.epoch import Epoch
from deconv.weights import initial_weights

LARGEST = 2**22  # bytes of the output file


@dataclass(frozen=True)
class Variant:
    """One training. The defaults are the trainer's."""

    optimizer: Literal["adam", "muon", "soap"] = "adam"
    near: float | None = None
    """Start from the weights written by hand, with noise of this standard deviation on each."""
    epochs: int = RunConfig.epochs
    rate: float = RunConfig.learning_rate
    betas: tuple[float, float] = BETAS
    fall: float = 1.0
    """After the warm-up the rate falls to 0 like this power of the steps that are left."""
    last_batch: int = RunConfig.batch_size
    """Images in a batch, from the middle of the training on."""
    memory: int = 0
    """Look at a running average of the weights, over about so many steps; 0: at the last ones."""


VARIANTS = {
    "as the trainer": Variant(),
    "rate 0.003": Variant(rate=3e-3),
    "rate 0.02": Variant(rate=2e-2),
    "betas 0.9, 0.999": Variant(betas=(0.9, 0.999)),
    "longer tail": Variant(fall=2.0),
    "batches of 128 at the end": Variant(last_batch=128),
    "average of 1,000 steps": Variant(memory=1_000),
    "40 epochs": Variant(epochs=40),
    "near: no noise, rate 0.0001": Variant(near=0.0, rate=1e-4),
    "near: noise 0.001, rate 0.001": Variant(near=1e-3, rate=1e-3),
    "near: noise 0.01, rate 0.001": Variant(near=1e-2, rate=1e-3),
    "near: noise 0.01": Variant(near=1e-2),
    "Muon": Variant(optimizer="muon"),
    "Muon, as long as Adam": Variant(optimizer="muon", epochs=7),
    "SOAP": Variant(optimizer="soap"),
}
"""What is tried, by name."""


@dataclass(frozen=True)
class CeilingConfig:
    """Train with one thing changed at a time, and see what comes closer to the ceiling."""

    variants: tuple[str, ...] = ()
    """Which ones, by name; without it all that the table lists."""
    seeds: int = 3
    """Seeds 0, 1, … of each."""
    limit: int | None = None
    """Train on the first N training images only."""
    dataset: DatasetName = "fashion-mnist"
    """auto: Fashion-MNIST if found or downloadable, else the built-in drawn garments."""
    data_dir: UserPath | None = None
    """Folder of the Fashion-MNIST archives."""
    output: UserPath = ROOT / "artifacts" / "benchmarks"
    """Folder for ceiling.json, where numbers are kept and found again."""

    def __post_init__(self) -> None:
        at_least("seeds", self.seeds, 1)
        if unknown := set(self.variants) - VARIANTS.keys():
            raise ConfigError(
                f"--variants: there is no {min(unknown)!r}; there are {', '.join(VARIANTS)}"
            )


def rates(variant: Variant, steps: int) -> np.ndarray:
    """Return the learning rate of every step: float32 `(steps,)`."""
    linear = RunConfig(learning_rate=1.0).learning_rates(steps)
    return np.float32(variant.rate) * linear ** np.float32(variant.fall)


def start(variant: Variant, seed: int, splits: Splits) -> Weights:
    """Return the weights from which a variant starts."""
    if variant.near is None:
        return initial_weights(seed)
    rng = np.random.default_rng(seed)
    return {
        name: array + rng.normal(0, variant.near, array.shape).astype(np.float32)
        for name, array in write_by_hand(splits.train).items()
    }


def build_optimizer(framework: Framework, model: Any, config: Any, variant: Variant) -> Any:
    """Return the variant's optimizer for a model."""
    from benchmarks.preconditioned import Muon, Soap

    if variant.optimizer != "adam":
        return {"muon": Muon, "soap": Soap}[variant.optimizer](model, variant.rate)
    optimizer = framework.optimizer.build_optimizer(model, config)
    for group in optimizer.param_groups:
        group["betas"] = variant.betas
    return optimizer


def train(variant: Variant, seed: int, splits: Splits) -> dict[str, float]:
    """Train once; return the validation PSNR in decibels and the seconds of all epochs."""
    framework = Framework("pytorch")
    config = framework.config.Config(seed=seed, dataset=splits.name, device="cpu")
    framework.utils.seed_everything(seed)
    model = framework.build(start(variant, seed, splits))
    optimizer = build_optimizer(framework, model, config, variant)
    model_to_see, step = averaged(framework, model, variant.memory)

    per_epoch = -(-len(splits.train) // config.batch_size)
    every_rate = rates(variant, variant.epochs * per_epoch).reshape(variant.epochs, -1)
    seconds = 0.0
    for number in range(variant.epochs):
        early = 2 * number < variant.epochs
        size = config.batch_size if early else variant.last_batch
        batches, _, _ = framework.data.build_datasets(
            replace(config, batch_size=size), splits, first_epoch=number
        )
        epoch = Epoch(batches, every_rate[number, :: size // config.batch_size])
        framework.engine.train_epoch(model, optimizer, epoch, step)
        seconds += epoch.seconds
    images = metrics.to_unit_range(splits.validation)
    outputs = framework.inference.reconstruct(model_to_see, images)
    return {"psnr": float(metrics.psnr(outputs, images).mean()), "seconds": seconds}


def averaged(framework: Framework, model: Any, memory: int) -> tuple[Any, Callable]:
    """Return the model to look at, and a training step that keeps its running average."""
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    if not memory:
        return model, framework.engine.train_step
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(1 - 1 / memory))

    def step(*arguments: Any) -> Any:
        loss = framework.engine.train_step(*arguments)
        average.update_parameters(model)
        return loss

    return average.module, step


def main() -> None:
    """Read the command line, train what is left to train, and print the table."""
    config = cli.parse(CeilingConfig)
    cli.run(lambda: measure(config))


def measure(config: CeilingConfig) -> None:
    """Train every variant with every seed, where that was not done before, and print."""
    settings = RunConfig(dataset=config.dataset, data_dir=config.data_dir, limit=config.limit)
    splits = load_splits(settings)
    names = config.variants or tuple(VARIANTS)
    make_folder(config.output)
    file = config.output / "ceiling.json"
    kept = read_numbers(file) if file.exists() else {}

    pairs = [(seed, name) for seed in range(config.seeds) for name in names]
    for seed, name in tqdm(pairs, desc="trainings", disable=None):
        key = key_of(name, seed, splits)
        if key not in kept:
            kept[key] = train(VARIANTS[name], seed, splits)
            write_atomically(file, json.dumps(kept, indent=1).encode())
    print(f"Validation PSNR ({TITLES[splits.name]}, {len(splits.train):,} images; {describe()})\n")
    print(table({n: [kept[key_of(n, s, splits)] for s in range(config.seeds)] for n in names}))
    print(f"\nFiles: {shown(config.output)}")


def read_numbers(file: Path) -> dict[str, Any]:
    """Read the numbers of trainings that are done; raises `ArtifactError` if they are none."""
    try:
        return dict(json.loads(read_whole(file, LARGEST)))
    except DAMAGE as error:
        raise ArtifactError(
            f"{shown(file)} is not what this command writes ({error}); remove or rename it"
        ) from error


def key_of(name: str, seed: int, splits: Splits) -> str:
    """Return all that decides what a training gives, as the name of its numbers in the file."""
    data = f"{len(splits.train)} images of {splits.sha256[:12]}"
    return f"{name}: {VARIANTS[name]}, seed {seed}, {data}"


def table(runs: dict[str, list[dict[str, float]]]) -> str:
    """Return the result as lines: for each variant the PSNR of each seed, and their mean."""
    width = max(map(len, runs))
    lines = [f"{'':<{width}}{'mean':>10}{'minutes':>10}   each"]
    for name, each in runs.items():
        psnr = [run["psnr"] for run in each]
        minutes = np.median([run["seconds"] for run in each]) / 60
        decibels = ", ".join(f"{value:.2f}" for value in psnr)
        lines.append(f"{name:<{width}}{np.mean(psnr):>7.2f} dB{minutes:>10.1f}   {decibels}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
