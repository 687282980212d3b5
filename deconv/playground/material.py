"""The weights and images that are at hand for a server: of one's own runs, or the shipped ones."""

import sys
from pathlib import Path

import numpy as np

from deconv.architecture import Design
from deconv.config import FRAMEWORKS, ROOT
from deconv.data.archives import TEST_IMAGES, find_data_dir
from deconv.data.idx import read_images
from deconv.data.splits import TITLES
from deconv.data.synthetic import draw_garments
from deconv.errors import UserError
from deconv.files import shown
from deconv.handmade.weights import write_by_hand
from deconv.playground.garment import Material, Model
from deconv.running.record import WEIGHTS, read_record
from deconv.weights import read_model, write_weights

SHIPPED = ROOT / "deconv" / "playground" / "weights"
IMAGES = 200
TRAINED = ("pytorch", "tensorflow", "numpy")


def at_hand(artifact_dir: Path, data_dir: Path | None, scratch: Path) -> Material:
    """The last run of each trainer, or the weights that come with the project, and those by hand.

    The images are test images of Fashion-MNIST where its archives are, else drawn
    garments; nothing is downloaded. `scratch` is a folder for the weights: a framework reads them
    when it is first asked, and the run may have been replaced by then. Raises
    `DataError` where a folder that somebody named is not there, or an archive is damaged.
    """
    images, source = images_at_hand(data_dir)
    return Material(models_at_hand(artifact_dir, scratch), images, source)


def models_at_hand(artifact_dir: Path, scratch: Path) -> dict[str, Model]:
    """The models of `at_hand` by name, those that were trained first."""
    models: dict[str, Model] = {}
    for name in TRAINED:
        for folder in (artifact_dir / f"{name}_deconv", SHIPPED / f"{name}_deconv"):
            if model := _trained(name, folder, scratch / f"{name}.safetensors"):
                models[name] = model
                break
    models["handmade"] = by_hand(scratch / "handmade.safetensors")
    return models


def by_hand(path: Path) -> Model:
    """The weights that were written by hand, with a line in the encoder and one in the decoder."""
    weights = write_by_hand(np.zeros((1, 28, 28), np.uint8), lines=2)
    write_weights(path, weights)
    about = "Nobody trained these: python -m deconv.handmade --lines 2 writes them."
    return Model("written by hand", about, Design(), weights, path)


def images_at_hand(data_dir: Path | None, count: int = IMAGES) -> tuple[np.ndarray, str]:
    """Images uint8 `(count, 28, 28)` to choose from, and what they are."""
    archive = find_data_dir(data_dir) / TEST_IMAGES
    if archive.is_file():
        return read_images(archive)[:count], "Test images of Fashion-MNIST"
    return drawn(count)


def drawn(count: int = IMAGES) -> tuple[np.ndarray, str]:
    """Drawn garments uint8 `(count, 28, 28)`, and what they are."""
    return draw_garments(count, seed=29)[0], TITLES["synthetic"]


def _trained(name: str, folder: Path, copy: Path) -> Model | None:
    """The weights of a run, if it has left some that NumPy can compute; else nothing."""
    if not (folder / WEIGHTS).is_file():
        return None
    try:
        design, weights = read_model(folder / WEIGHTS)
        record = read_record(folder)
    except UserError as error:
        print(f"left out: {error}", file=sys.stderr)
        return None
    if design.architecture != "baseline" or design.task != "reconstruct":
        return None
    epochs = f"{record.epochs} epoch{'s' * (record.epochs != 1)}"
    data = TITLES.get(record.dataset, record.dataset)
    about = f"{epochs} on {data}, test PSNR {record.test_psnr:.2f} dB ({shown(folder)})."
    write_weights(copy, weights, design=design)
    return Model(f"trained in {FRAMEWORKS[name]}", about, design, weights, copy)
