"""The autoencoder on one picture: what every layer makes of it, and how good the result is.

The forward pass is that of `deconv.networks`, in NumPy. A server can hand in another
one, a framework's; everything else stays the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from deconv import metrics
from deconv.architecture import LARGEST_LATENT, Design, Weights
from deconv.arithmetic import conv2d
from deconv.errors import ConfigError
from deconv.networks import activate, bias, decode, double, encode, spread
from deconv.playground.layer import LARGEST_SEED
from deconv.playground.reading import between, listed, named_values, number, one_of, some_of
from deconv.playground.similarity import ssim

SIDE = 28
STRONGEST_NOISE, WIDEST_BLUR, FARTHEST = 1.0, 3.0, 14
MOST_MAPS = 128
"""Maps of one layer that are shown; a dense latent can have thousands of numbers."""

KNOWN = ("pixels", "image", "noise", "seed", "down", "right", "blur", "models", "off", "maps")


@dataclass(frozen=True)
class Model:
    """Trained weights, or weights written by hand."""

    title: str
    """What people read, such as "trained in PyTorch"."""
    about: str
    """Where the weights come from, in one sentence."""
    design: Design
    weights: Weights
    path: Path | None = None
    """Their file, for the frameworks; a browser has none."""


@dataclass(frozen=True)
class Material:
    """What is at hand to reconstruct with: models by name, and images to choose from."""

    models: Mapping[str, Model] = field(default_factory=dict)
    images: np.ndarray = field(default_factory=lambda: np.zeros((0, SIDE, SIDE), np.uint8))
    """uint8 `(N, 28, 28)`."""
    source: str = "no images"
    """What the images are, for people."""


Compute = Callable[[Model, np.ndarray], np.ndarray]
"""From a model and images `(N, 28, 28, 1)` in [-1, 1] to what comes out, in the same form."""


def reconstruct(
    request: object, material: Material, compute: Compute | None = None
) -> dict[str, Any]:
    """Pass one picture through the models, as `compute` does it or else in NumPy.

    Grey levels are 0 (black) to 255. The scores compare what came out with what went
    in; a PSNR of None is a perfect picture. Raises `ConfigError` for a request that
    cannot be answered.
    """
    asked = named_values(request, KNOWN)
    names = some_of("models", asked.get("models", list(material.models)), material.models)
    off = _switched_off(asked.get("off", []))
    if off and compute:
        raise ConfigError("channels can be switched off only where NumPy computes; leave out `off`")
    pixels = _pixels(asked, material)
    seen = changed(asked, pixels)
    image = (seen / 127.5 - 1).astype(np.float32)
    answer: dict[str, Any] = {"pixels": _flat(pixels), "input": _flat(seen), "results": []}
    for name in names:
        model = material.models[name]
        output = (
            compute(model, image[None, ..., None])[0, ..., 0]
            if compute
            else forward(model, image, off)
        )
        answer["results"].append({"model": name, "title": model.title, **judged(output, image)})
    if asked.get("maps") is not None:
        model = material.models[one_of("maps", asked["maps"], material.models)]
        answer["maps"] = [_shown(name, values) for name, values in maps(model, image, off).items()]
    return answer


def changed(asked: Mapping[str, Any], pixels: np.ndarray) -> np.ndarray:
    """Move, blur and disturb grey levels `(28, 28)`, in that order; what comes in is black.

    `noise` is a standard deviation in [-1, 1], like that of the task `denoise`.
    """
    down, right = (between(name, asked.get(name, 0), -FARTHEST, FARTHEST) for name in _MOVES)
    blur = number("blur", asked.get("blur", 0), 0, WIDEST_BLUR)
    noise = number("noise", asked.get("noise", 0), 0, STRONGEST_NOISE)
    seed = between("seed", asked.get("seed", 0), 0, LARGEST_SEED)
    framed = np.pad(pixels, FARTHEST)
    top, left = FARTHEST - down, FARTHEST - right
    moved = framed[top : top + SIDE, left : left + SIDE]
    if blur:
        away = np.subtract.outer(np.arange(SIDE), np.arange(SIDE))
        window = np.exp(-0.5 * (away / blur) ** 2)
        window /= np.exp(-0.5 * (np.arange(-4 * SIDE, 4 * SIDE + 1) / blur) ** 2).sum()
        moved = window @ moved @ window.T
    disturbed = moved + 127.5 * noise * np.random.default_rng(seed).standard_normal(moved.shape)
    return disturbed.clip(0, 255)


def forward(model: Model, image: np.ndarray, off: list[int]) -> np.ndarray:
    """One image `(28, 28)` through a model in NumPy; latent channels that are `off` are 0."""
    latent = _latent(model, image[None, None], off)
    return decode(model.design, model.weights, latent)[0, 0]


def maps(model: Model, image: np.ndarray, off: list[int]) -> dict[str, np.ndarray]:
    """What each layer hands on, by its name: `(channels, height, width)`."""
    design, weights = model.design, model.weights
    x = image[None, None]
    down = conv2d(x, weights["encoder.conv1.weight"], stride=2, padding=1)
    latent = _latent(model, x, off)
    up = activate(design, double(design, weights, spread(design, weights, latent), 1))
    return {
        "encoder.conv1": activate(design, down + bias(weights, "encoder.conv1"))[0],
        "latent": latent.reshape(-1, *latent.shape[2:] or (1, 1)),
        "decoder, first": up[0],
        "decoder, second": decode(design, weights, latent)[0],
    }


def judged(output: np.ndarray, image: np.ndarray) -> dict[str, Any]:
    """Grey levels of a reconstruction, its errors in grey levels, and both scores."""
    output = output.clip(-1, 1)
    psnr = float(metrics.psnr(output[None], image[None])[0])
    return {
        "output": _flat((output.astype(float) + 1) * 127.5),
        "error": _flat((output.astype(float) - image) * 127.5),
        "psnr": None if np.isinf(psnr) else round(psnr, 2),
        "ssim": round(ssim(output, image), 4),
    }


_MOVES = ("down", "right")


def _pixels(asked: Mapping[str, Any], material: Material) -> np.ndarray:
    if asked.get("pixels") is not None:
        if asked.get("image") is not None:
            raise ConfigError("give either pixels or the number of an image, not both")
        values = listed("pixels", asked["pixels"], SIDE * SIDE)
        if len(values) != SIDE * SIDE:
            raise ConfigError(f"pixels must have 784 grey levels, but has {len(values)}")
        levels = [number("every pixel", one, 0, 255) for one in values]
        return np.array(levels).reshape(SIDE, SIDE)
    if not len(material.images):
        raise ConfigError("there are no images to choose from; give 784 pixels")
    chosen = between("image", asked.get("image", 0), 0, len(material.images) - 1)
    return material.images[chosen].astype(float)


def _switched_off(value: Any) -> list[int]:
    channels = listed("off", value, LARGEST_LATENT)
    return [between("every channel that is off", one, 0, LARGEST_LATENT - 1) for one in channels]


def _latent(model: Model, x: np.ndarray, off: list[int]) -> np.ndarray:
    latent = encode(model.design, model.weights, x)
    latent[:, [channel for channel in off if channel < latent.shape[1]]] = 0
    return latent


def _shown(name: str, values: np.ndarray) -> dict[str, Any]:
    """The maps of a layer in grey levels, the largest number of all white."""
    if name == "decoder, second":  # a picture: it goes from -1 to 1
        largest, grey = 1.0, (values + 1) * 127.5
    else:
        largest = float(values.max(initial=0))
        grey = 255 * values.clip(0) / (largest or 1)
    channels, height, width = values.shape
    return {
        "layer": name,
        "channels": channels,
        "height": height,
        "width": width,
        "largest": round(largest, 3),
        "maps": [np.rint(one).astype(int).ravel().tolist() for one in grey[:MOST_MAPS]],
    }


def _flat(levels: np.ndarray) -> list[float]:
    """Two decimals are a hundredth of a grey level."""
    return [round(one, 2) for one in levels.ravel().tolist()]
