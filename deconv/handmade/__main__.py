"""`python -m deconv.handmade`: write the weights, try them, and leave a folder like a trainer's."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deconv import cli
from deconv.architecture import BASELINE, Weights
from deconv.config import ROOT, DatasetName, RunConfig, UserPath
from deconv.data.splits import load_splits
from deconv.errors import WeightsError
from deconv.files import shown
from deconv.handmade.trials import Trial, attempt, kinds
from deconv.handmade.weights import count_nonzero, write_by_hand
from deconv.weights import read_model


@dataclass(frozen=True)
class HandmadeConfig:
    """Write the autoencoder's weights by hand, without training, and leave them like a run."""

    lines: Literal[1, 2] = 1
    """1: the decoder alone undoes tanh. 2: the encoder helps, with more numbers."""
    beside: UserPath | None = None
    """Try these weights in the same way: a weights.safetensors that was trained."""
    dataset: DatasetName = "fashion-mnist"
    """auto: Fashion-MNIST if found or downloadable, else the built-in drawn garments."""
    data_dir: UserPath | None = None
    """Folder of the four Fashion-MNIST archives; without it $FASHION_MNIST_DIR, else
    artifacts/data."""
    artifact_dir: UserPath = ROOT / "artifacts"
    """Where the run makes its own folder (handmade_deconv)."""


def main() -> None:
    """Read the command line, and write by hand."""
    config = cli.parse(HandmadeConfig)
    cli.run(lambda: run(config))


def run(config: HandmadeConfig) -> None:
    """Write weights for the dataset that `config` names, print how they do, and keep them."""
    from deconv.handmade.record import write_run  # here: matplotlib takes long to import

    beside = {shown(config.beside): read_trained(config.beside)} if config.beside else {}
    splits = load_splits(RunConfig(dataset=config.dataset, data_dir=config.data_dir))
    print(f"Data:      {splits.source}")
    if config.lines == 1:
        print(f"           (the grey levels of its {len(splits.train):,} training images count)")
    weights = write_by_hand(splits.train, config.lines)
    print(f"\n{numbers_table(weights)}\n", flush=True)

    pictures = kinds(splits.test)
    found = {}
    for title, those in ({"written by hand": weights} | beside).items():
        found[title] = {name: attempt(those, images) for name, images in pictures.items()}
        print(f"{trials_table(title, found[title])}\n", flush=True)
    test = found["written by hand"]["test images"].scores
    print(f"Files:     {shown(write_run(config.artifact_dir, splits, weights, test))}")


def read_trained(path: Path) -> Weights:
    """Read weights of the baseline; raises `WeightsError` for any others."""
    design, weights = read_model(path)
    if design != BASELINE:
        raise WeightsError(
            f"{path} holds weights of another network than the baseline, which is the one that is "
            "written by hand; give those of a run without --upsampler, --task and the like"
        )
    return weights


def numbers_table(weights: Weights) -> str:
    """Return how many numbers of each layer are not zero, as lines for the screen."""
    counts = count_nonzero(weights)
    rows = [*counts.items(), ("all", tuple(map(sum, zip(*counts.values(), strict=True))))]
    lines = [f"{name:<16}{some:>10,}{every:>10,}" for name, (some, every) in rows]
    return "\n".join([f"{'layer':<16}{'not zero':>10}{'of':>10}", *lines])


def trials_table(title: str, tried: Mapping[str, Trial]) -> str:
    """Return how weights did on each kind of pictures, as lines for the screen."""
    head = f"{title}\n{'':<22}{'images':>8}{'PSNR':>12}{'SSIM':>10}{'exact pixels':>16}"
    lines = [
        f"{name:<22}{trial.images:>8,}{trial.scores.psnr:>9.2f} dB{trial.scores.ssim:>10.4f}"
        f"{100 * trial.exact:>14.2f} %"
        for name, trial in tried.items()
    ]
    return "\n".join([head, *lines])


if __name__ == "__main__":
    main()
