"""The one function behind the page, with a server or without.

    respond({"ask": "arithmetic", "view": "scatter", "size": 4, "kernel": 3, "stride": 2})

What is wrong with a request comes back as `{"error": "one sentence"}`; nothing is
raised, whatever JSON says. It keeps nothing between two requests.
"""

from typing import Any

import numpy as np

from deconv.arithmetic.drawing.frames import DIRECT, LIMITS, PICTURES
from deconv.errors import UserError
from deconv.playground.garment import (
    FARTHEST,
    STRONGEST_NOISE,
    WIDEST_BLUR,
    Compute,
    Material,
    reconstruct,
)
from deconv.playground.layer import START, arithmetic, meet
from deconv.playground.presets import presets
from deconv.playground.reading import (
    LARGEST_BODY,
    MOST_PIXELS,
    NO_PICTURE,
    TOO_LARGE,
    named_values,
    one_of,
)

ASKS = ("arithmetic", "meeting", "reconstruct", "choices")
VIEWS = {
    "scatter": "Stamps that add up",
    "matrix": "A transposed matrix",
    "padded": "A stretched input",
    "gradient": "The gradient of a direct layer",
    "subpixel": "A kernel for each phase",
    "direct": "The direct convolution",
    "collect": "The gradient of a transposed layer",
    "both": "Up, and down again",
    "overlap": "How many stamps overlap",
    "gains": "The gain of each phase",
}
"""What the pictures are called where one is chosen."""


def respond(
    request: object, material: Material | None = None, compute: Compute | None = None
) -> dict[str, Any]:
    """Answer a request: `ask` names what is wanted, the other values say of what.

    - "arithmetic" and "meeting": see `deconv.playground.layer`
    - "reconstruct": see `deconv.playground.garment`, with the `material` at hand
    - "choices": what there is to choose from
    """
    try:
        return answer(request, material or Material(), compute)
    except UserError as error:
        return {"error": str(error)}


def answer(request: object, material: Material, compute: Compute | None = None) -> dict[str, Any]:
    """Answer a request as `respond` does, but raise the `UserError` that is wrong with it."""
    asked = dict(request) if isinstance(request, dict) else named_values(request, ())
    ask = one_of("ask", asked.pop("ask", None), ASKS)
    if ask == "arithmetic":
        return arithmetic(asked)
    if ask == "meeting":
        return meet(asked)
    if ask == "reconstruct":
        return reconstruct(asked, material, compute)
    named_values(asked, ())
    return choices(material)


def choices(material: Material) -> dict[str, Any]:
    """Views, presets, limits, models and images: everything that the page offers."""
    return {
        "views": {name: VIEWS.get(name, name) for name in PICTURES},
        "start": START,
        "limits": {name: list(pair) for name, pair in LIMITS.items()},
        "direct": list(DIRECT),
        "presets": {name: preset._asdict() for name, preset in presets().items()},
        "frameworks": {"numpy": f"NumPy {np.__version__}"},
        "models": {
            name: {"title": model.title, "about": model.about}
            for name, model in material.models.items()
        },
        "images": len(material.images),
        "source": material.source,
        "files": {
            "bytes": LARGEST_BODY,
            "too_large": TOO_LARGE,
            "pixels": MOST_PIXELS,
            "no_picture": NO_PICTURE,
        },
        "changes": {
            "noise": [0, STRONGEST_NOISE, 0.05],  # and the step of its slider
            "blur": [0, WIDEST_BLUR, 0.05],
            "down": [-FARTHEST, FARTHEST, 1],
            "right": [-FARTHEST, FARTHEST, 1],
        },
    }
