"""What the tasks of the study come to without an upsampling layer: maps that nobody has to train.

A decibel between two networks says little without what a ruler would have drawn. So the
tables of the arms begin with bicubic resizing and with the best linear map, fitted to the
same training images in closed form.
"""

from collections.abc import Callable, Mapping

import numpy as np

from deconv.data.splits import Splits
from deconv.data.tasks import inputs
from deconv.metrics import to_unit_range
from deconv.study import linear
from deconv.study.measures import measure_images

Measures = dict[str, float]


def super_resolved(train: np.ndarray, test: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return what two simple maps make of 7×7 pixels, by name.

    Images `(N, 28, 28, 1)` in [-1, 1]; outputs `(N, 28, 28)`, not cut to [-1, 1]. The best
    linear map has 784·50 weights: every pixel is a weighted sum of the 49 and of 1, with the
    least squared error on `train`.
    """

    def with_one(small: np.ndarray) -> np.ndarray:
        return np.pad(small.reshape(-1, 49), ((0, 0), (0, 1)), constant_values=1)

    small, given = (inputs("super-resolve", images)[..., 0] for images in (train, test))
    resize = linear.resizing(7, 28)
    weights, *_ = np.linalg.lstsq(with_one(small), train.reshape(-1, 784), rcond=None)
    return {
        "bicubic resizing": resize @ given @ resize.T,
        "best linear map": (with_one(given) @ weights).reshape(-1, 28, 28),
    }


def coded(train: np.ndarray, test: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return what 32 principal components make of images, by name; arrays as above."""
    return {"32 principal components": linear.reconstruct(linear.pca(train), test, 32)}


MAPS: dict[str, Callable[[np.ndarray, np.ndarray], Mapping[str, np.ndarray]]] = {
    "super-resolve": super_resolved,
    "reconstruct --latent 32": coded,
}
"""By task, as it is typed."""


def references(task: str, splits: Splits, limit: int | None) -> dict[str, Measures]:
    """Measure the maps of a task on the test images, as the runs are, by name.

    They are fitted to the first `limit` training images, which are those of a run. Nothing
    for a task that has none.
    """
    if task not in MAPS:
        return {}
    train, test = to_unit_range(splits.train[:limit]), to_unit_range(splits.test)
    drawn = MAPS[task](train, test)
    return {
        name: measure_images(outputs.clip(-1, 1)[..., None], test)
        for name, outputs in drawn.items()
    }
