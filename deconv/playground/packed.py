"""Weights and images in one file, for a page without a server; and what answers there.

NumPy's own format, because a browser has no library for safetensors.
"""

import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from deconv.architecture import Design
from deconv.playground.garment import Material, Model
from deconv.playground.respond import respond

ABOUT, IMAGES = "about", "images"


def pack(material: Material) -> bytes:
    """The bytes of an NPZ file that holds everything."""
    about = {
        "source": material.source,
        "models": {
            name: {"title": model.title, "about": model.about, "design": asdict(model.design)}
            for name, model in material.models.items()
        },
    }
    arrays: dict[str, Any] = {ABOUT: np.array(json.dumps(about)), IMAGES: material.images}
    for name, model in material.models.items():
        arrays |= {f"{name}/{parameter}": values for parameter, values in model.weights.items()}
    data = io.BytesIO()
    np.savez_compressed(data, **arrays)
    return data.getvalue()


def unpack(path: Path | str) -> Material:
    """What `pack` has packed."""
    with np.load(path, allow_pickle=False) as file:
        about = json.loads(str(file[ABOUT]))
        models = {
            name: Model(
                one["title"],
                one["about"],
                Design(**one["design"]),
                {
                    key.removeprefix(f"{name}/"): file[key]
                    for key in file.files
                    if key.startswith(f"{name}/")
                },
            )
            for name, one in about["models"].items()
        }
        return Material(models, file[IMAGES], about["source"])


def responder(path: str) -> Callable[[str], str]:
    """`respond` for a worker in a browser: text of JSON in, text of JSON out."""
    material = unpack(path)
    return lambda text: json.dumps(respond(json.loads(text), material))
