"""SSIM in NumPy, for where scikit-image is not: in a browser it would be 20 MB more.

`deconv.metrics.ssim` stays the measure of the project; `tests/test_playground.py`
holds this one to it.
"""

import numpy as np

WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2


def ssim(reconstruction: np.ndarray, image: np.ndarray) -> float:
    """Structural similarity of two images `(H, W)` in [-1, 1]; formula in `deconv.metrics.ssim`.

    A Gaussian window is the product of two, so each mean is two products of matrices.
    """
    x, y = ((one.astype(float) + 1) / 2 for one in (reconstruction, image))
    down, across = (_windows(side) for side in x.shape)

    def mean(values: np.ndarray) -> np.ndarray:
        return down @ values @ across.T

    mx, my = mean(x), mean(y)
    vx, vy, both = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    likeness = (2 * mx * my + C1) * (2 * both + C2) / ((mx**2 + my**2 + C1) * (vx + vy + C2))
    return float(likeness.mean())


def _windows(side: int) -> np.ndarray:
    """One row for each place where the window lies inside: `(side − 10, side)`."""
    away = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-0.5 * (away / SIGMA) ** 2)
    rows = np.zeros((side - WINDOW + 1, side))
    for row in range(len(rows)):
        rows[row, row : row + WINDOW] = window / window.sum()
    return rows
