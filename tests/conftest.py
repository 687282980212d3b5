"""What several tests start from; with `framework`, a test runs against PyTorch and TensorFlow."""

import os

# With `-n`, several of these processes share the cores. More threads than cores would wait for each
# other in busy loops. What they start inherits this.
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from small_archives import cut_off_the_network, write_small_archives

from benchmarks.framework import NAMES, Framework
from deconv.data import splits

FEW_GARMENTS = (3_300, 200, 100)

# How long an example takes is no test: in a fresh clone the first one waits for Hypothesis' tables.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(params=NAMES)
def framework(request) -> Framework:
    return Framework(request.param)


@pytest.fixture
def both() -> tuple[Framework, Framework]:
    return Framework("pytorch"), Framework("tensorflow")


@pytest.fixture
def images() -> np.ndarray:
    """Eight drawn garments: float32 `(8, 28, 28, 1)` in [-1, 1]."""
    from deconv.data.synthetic import draw_garments
    from deconv.metrics import to_unit_range

    return to_unit_range(draw_garments(8, seed=5)[0])


@pytest.fixture(scope="module")
def few_garments():
    """Draw fewer garments, so that a run is over sooner: 3,200, 100 and 200 instead of 9,000, …"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splits, "GARMENTS", FEW_GARMENTS)
        yield


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A folder of small archives that take the place of the official ones."""
    return write_small_archives(tmp_path / "served", monkeypatch)


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def no_network(monkeypatch):
    cut_off_the_network(monkeypatch)
