"""What every notebook of the course begins with; and `make lab`, which opens the course.

A notebook may lie anywhere in the project and is often a copy (`deconv.copies`). So its first cell
only finds this file. What else a notebook needs to start is here: written once, and no student has
to read it before the first idea. This file is imported where packages may be missing, to say
so; hence it needs none.
"""

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeVar

from deconv.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
QUICK = "DECONV_QUICK"
"""Environment variable: 1 makes notebooks run in seconds, on drawn garments. Tests set it."""
FOLDER = "DECONV_NOTEBOOK_DIR"
"""Environment variable: where notebooks leave their runs."""
NEEDED = ("matplotlib", "skimage", "tyro", "pooch", "safetensors", "torchmetrics", "torch", "keras")
"""Modules by which a Python that lacks the project's packages is told."""
FEW_GARMENTS = (1_200, 200, 200)
"""Drawn in the quick setting: training, test and validation images."""

T = TypeVar("T")


@dataclass(frozen=True)
class Lab:
    """Where a notebook works, and how much of it."""

    quick: bool
    """Everything in seconds: that it runs is seen, and what comes out means nothing."""
    folder: Path
    """Its trainings leave their folders here."""
    dataset: Literal["auto", "synthetic"]
    """For `Config(dataset=…)`: Fashion-MNIST if it can be had, or garments drawn in a moment."""

    def pick(self, full: T, quick: T) -> T:
        """Return `full`, and in the quick setting `quick`."""
        return quick if self.quick else full


def begin() -> Lab:
    """Let a notebook work in the project's root, and show a figure that a cell ends with.

    Raises `UserError` where this Python lacks the packages of the project.
    """
    missing = [name for name in NEEDED if not find_spec(name)]
    if missing:
        raise UserError(
            f"this Python ({sys.executable}) lacks {', '.join(missing)}: choose the kernel of the "
            "project's .venv (`make setup` makes it), or install into this one with "
            f'%pip install -e "{ROOT}[notebooks]" -c "{ROOT / "constraints.txt"}"'
        )
    os.chdir(ROOT)
    _show_figures()
    quick = os.environ.get(QUICK) == "1"
    if quick:
        from deconv.data import splits

        splits.GARMENTS = FEW_GARMENTS
    folder = Path(os.environ.get(FOLDER, "artifacts/notebooks"))
    return Lab(quick, folder, "synthetic" if quick else "auto")


def _show_figures() -> None:
    """Let IPython show matplotlib's `Figure`, which otherwise only pyplot's inline mode does."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell:  # None in a plain script
        formatter = shell.display_formatter.formatters["image/png"]
        formatter.for_type_by_name("matplotlib.figure", "Figure", _png)


def _png(figure: Any) -> bytes:
    from deconv.drawing import plots  # here: it takes a second to load

    return plots.png(figure)


if __name__ == "__main__":
    from deconv.copies import main  # here, because it needs tyro

    main()
