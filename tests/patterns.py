"""Errors of known patterns, and garments to spoil, for the tests of the study's measures."""

import numpy as np

from deconv.data.synthetic import draw_garments
from deconv.metrics import to_unit_range

ROWS, COLS = np.mgrid[:28, :28]
OUTER = {"rows": (-1.0) ** ROWS, "columns": (-1.0) ** COLS, "both": (-1.0) ** (ROWS + COLS)}
INNER = {
    "rows": np.cos(np.pi / 2 * ROWS),
    "columns": np.sin(np.pi / 2 * COLS),
    "both": np.cos(np.pi / 2 * (ROWS + COLS)),
    "columns of an outer pattern": np.cos(np.pi / 2 * ROWS) * (-1.0) ** COLS,
}


def drawn_garments() -> np.ndarray:
    """300 of them: float64 `(300, 28, 28)` in [-1, 1]."""
    return to_unit_range(draw_garments(300, seed=4)[0])[..., 0].astype(np.float64)


def noise(count: int, deviation: float = 1.0, seed: int = 0) -> np.ndarray:
    return deviation * np.random.default_rng(seed).standard_normal((count, 28, 28))


def half_a_pixel_right(images: np.ndarray) -> np.ndarray:
    return (images + np.concatenate([images[..., :1], images[..., :-1]], -1)) / 2
