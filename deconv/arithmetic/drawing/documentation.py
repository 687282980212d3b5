"""`python -m deconv.arithmetic.drawing.documentation`: draws the figures of docs/arithmetic.md."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from deconv import cli
from deconv.arithmetic.checkerboard import overlap_count, phase_gains
from deconv.arithmetic.direct import conv2d
from deconv.arithmetic.drawing.animation import animation, still
from deconv.arithmetic.drawing.cells import phase_panel
from deconv.arithmetic.drawing.checkerboard import overlap_panel
from deconv.arithmetic.drawing.page import (
    GREY,
    ORANGE,
    PALE_ORANGE,
    SKY,
    WHITE,
    Page,
    Panel,
)
from deconv.arithmetic.drawing.raster import draw, png
from deconv.arithmetic.drawing.scene import Scene
from deconv.arithmetic.drawing.views import VIEWS
from deconv.arithmetic.matrix import conv_inverse, conv_matrix
from deconv.arithmetic.sizes import conv_output_size
from deconv.arithmetic.transposed import conv_transpose2d
from deconv.config import ROOT
from deconv.files import make_folder, write_atomically

KERNEL = np.arange(1, 10).reshape(1, 1, 3, 3)


def sizes_page() -> Page:
    """Two input sizes, one output size."""
    return Page(
        "7 pixels and 8 pixels both become 4",
        "Kernel 3, stride 2, padding 1, along one axis. A row for each output pixel.",
        [[_windows_panel(7), _windows_panel(8)]],
        "The numbers are kernel taps; a pale tap meets padding. The kernel fits 4 times in both. "
        "The last tap meets padding in the one and the eighth pixel in the other. Going back from "
        "4, output_padding=0 means 7 and output_padding=1 means 8.",
    )


def _windows_panel(size: int) -> Panel:
    count = conv_output_size(size, 3, stride=2, padding=1)
    values = np.full((count, size + 2), np.nan)
    colours = np.full(values.shape, WHITE)
    colours[:, [0, -1]] = GREY
    for i in range(count):
        values[i, 2 * i : 2 * i + 3] = range(3)
        taps = colours[i, 2 * i : 2 * i + 3]
        taps[:] = np.where(taps == GREY, PALE_ORANGE, ORANGE)
    return Panel(f"{size} pixels, padded to {size + 2}", values, colours)


def direct_matrix_page() -> Page:
    """The classic 4 × 16 matrix."""
    matrix = conv_matrix(KERNEL, 4)
    return Page(
        "The matrix of a direct convolution, 4×4 → 2×2",
        "Kernel 3, stride 1, no padding: M has 4 rows (outputs) and 16 columns (inputs).",
        [
            [
                Panel("M, 4×16", matrix, np.where(matrix, SKY, WHITE), faint=matrix == 0),
                Panel("kernel", KERNEL[0, 0], np.full((3, 3), SKY)),
            ]
        ],
        "Each row is the kernel, laid out over the 4 rows of the input, one pixel further. The "
        "transposed convolution multiplies by the transpose, 16×4, and so leads from 2×2 to 4×4.",
    )


def overlap_page() -> Page:
    """A kernel that the stride divides beside one that it does not."""
    columns = []
    for kernel, padding, extra in ((3, 1, 1), (4, 1, 0)):
        count = overlap_count(4, kernel, stride=2, padding=padding, output_padding=extra)
        columns.append([overlap_panel(f"kernel {kernel}: 4×4 → 8×8", count)])
    return Page(
        "How many stamps cover each output pixel, stride 2",
        "Two divides four, but not three.",
        columns,
        "With kernel 3 neighbours get 1, 2 or 4 stamps, so equal weights draw a checkerboard. With "
        "kernel 4 every pixel gets 4, but for the border.",
    )


def gains_page() -> Page:
    """What a layer makes of a flat input, predicted and computed."""
    options: dict[str, Any] = {"stride": 2, "padding": 1}
    gains = phase_gains(KERNEL, **options)[0, 0]
    flat = np.ones((1, 1, 4, 4), dtype=int)
    y = conv_transpose2d(flat, KERNEL, **options, output_padding=1)[0, 0]
    return Page(
        "The checkerboard, predicted from the weights",
        "A flat input, 4×4 → 8×8, kernel 3, stride 2, padding 1, output padding 1.",
        [
            [
                _phase_panel("kernel, a letter for each phase", KERNEL[0, 0], first=-1),
                _phase_panel("gain of each phase", gains),
            ],
            [_phase_panel("output for an input of ones", y)],
        ],
        "A phase's gain is the sum of its taps: 1 + 3 + 7 + 9 = 20, 2 + 8 = 10, 4 + 6 = 10, and 5. "
        "Away from the last row and column, the output repeats the four gains.",
    )


def _phase_panel(title: str, values: np.ndarray, first: int = 0) -> Panel:
    """A square grid whose first row and column has the position `first`, for a stride of 2."""
    return phase_panel(title, values, 2, first + np.arange(len(values)))


def inverse_page() -> Page:
    """Transposed is not inverse, measured."""
    x = (np.arange(25) * 7 % 10).reshape(1, 1, 5, 5)
    w = np.array([[0, 1, 0], [2, 1, 0], [0, 0, 1]])[None, None]
    options: dict[str, Any] = {"stride": 2, "padding": 1}
    y = conv2d(x, w, **options)
    transposed = conv_transpose2d(y, w, **options)
    best = conv_inverse(y, w, 5, **options)

    def panel(title: str, values: np.ndarray, colour: int) -> Panel:
        values = values[0, 0].round(1)
        return Panel(title, values, np.full(values.shape, colour))

    far, near = (
        f"{100 * np.linalg.norm(guess - x) / np.linalg.norm(x):.0f} %"
        for guess in (transposed, best)
    )
    return Page(
        "Transposed is not inverse",
        "Kernel 3, stride 2, padding 1: 5×5 → 3×3, and two ways back to 5×5.",
        [
            [panel("x", x, WHITE), panel("w", w, WHITE)],
            [panel("y = conv2d(x, w)", y, SKY)],
            [
                panel("conv_transpose2d(y, w)", transposed, PALE_ORANGE),
                panel("… and conv2d of it", conv2d(transposed, w, **options), PALE_ORANGE),
            ],
            [
                panel("conv_inverse(y, w)", best, SKY),
                panel("… and conv2d of it", conv2d(best, w, **options), SKY),
            ],
        ],
        f"Distance from x, as a share of its length: transposed {far}, least squares {near}. No "
        "way back can know 25 pixels from 9, but what least squares finds does give y again.",
    )


def figures() -> dict[str, Callable[[], bytes]]:
    """The file name of each figure, and what makes its bytes."""
    baseline = Scene.of(4, kernel=3, stride=2, padding=1, output_padding=1, dilation=1)
    no_stride = Scene.of(2, kernel=3, stride=1, padding=0, output_padding=0, dilation=1)
    stretched = Scene.of(2, kernel=3, stride=2, padding=0, output_padding=0, dilation=1)
    backwards = Scene.direct(8, kernel=3, stride=2, padding=1, dilation=1)
    pages = {
        "sizes": sizes_page,
        "direct_matrix": direct_matrix_page,
        "overlap": overlap_page,
        "gains": gains_page,
        "inverse": inverse_page,
    }
    return {
        **{f"{view}.gif": partial(animation, baseline, view) for view in VIEWS},
        "padded_to_6.png": partial(still, no_stride, "padded"),
        "stretched_to_7.png": partial(still, stretched, "padded"),
        "collect.png": partial(still, backwards, "collect"),
        **{f"{name}.png": partial(_drawn, page) for name, page in pages.items()},
    }


def _drawn(page: Callable[[], Page]) -> bytes:
    return png(draw(page()))


@dataclass(frozen=True)
class DocumentationConfig:
    """Draw the figures of docs/arithmetic.md."""

    folder: Path = ROOT / "docs" / "figures" / "arithmetic"
    """Where they go; files with the same names are replaced."""


def main() -> None:
    """Draw every figure."""
    folder = cli.parse(DocumentationConfig).folder
    make_folder(folder)
    for name, make in figures().items():
        write_atomically(folder / name, make())
        print(folder / name)


if __name__ == "__main__":
    cli.run(main)
