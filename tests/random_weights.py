"""Weights with biases that are not zero, so that a lost bias shows."""

import numpy as np

from deconv.architecture import BASELINE, Design, Weights
from deconv.weights import initial_weights


def random_weights(design: Design = BASELINE) -> Weights:
    rng = np.random.default_rng(1)
    weights = initial_weights(3, design)
    return {
        name: array if array.ndim > 1 else rng.normal(0, 0.1, array.shape).astype(np.float32)
        for name, array in weights.items()
    }
