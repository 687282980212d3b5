"""Computing needs NumPy alone, so that it also runs in a browser, where little is installed."""

import subprocess
import sys

import pytest

from deconv.config import ROOT

COMPUTING = [
    "deconv.arithmetic",
    "deconv.arithmetic.summary",
    "deconv.arithmetic.drawing.views",
    "deconv.arithmetic.drawing.layout",
    "deconv.arithmetic.drawing.frames",
    "deconv.arithmetic.drawing.hovering",
    "deconv.arithmetic.drawing.recipe",
    "deconv.arithmetic.drawing.svg",
]


def python(code: str) -> str:
    """What a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def imported_by(statement: str) -> set[str]:
    """The packages that a statement imports after NumPy, without the standard library's."""
    code = (
        f"import sys, numpy; before = set(sys.modules); {statement}; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(*new - set(sys.stdlib_module_names) - {'numpy'})"
    )
    return set(python(code).split())


@pytest.mark.parametrize("module", COMPUTING)
def test_it_imports_numpy_and_the_standard_library_alone(module):
    assert imported_by(f"import {module}") == {"deconv"}


def test_an_import_too_many_would_be_seen():
    assert "scipy" in imported_by("import deconv.arithmetic, scipy.sparse")


def test_everything_but_the_sparse_matrix_and_pixels_works_with_numpy_alone():
    python("""
import sys

for absent in ("scipy", "PIL", "matplotlib"):
    sys.modules[absent] = None  # as if it were not installed

import numpy as np

from deconv.arithmetic import (
    METHODS, conv_inverse, conv_matrix, conv_transpose2d, sparse_conv_matrix
)
from deconv.arithmetic.drawing.frames import PICTURES, picture
from deconv.arithmetic.drawing.svg import svg

x, w = np.ones((1, 1, 2, 2)), np.ones((1, 1, 3, 3))
for method in METHODS:
    y = conv_transpose2d(x, w, stride=2, method=method)
assert (conv_matrix(w, 5, stride=2).T @ x.ravel() == y.ravel()).all()
assert conv_inverse(x, w, 5, stride=2).shape == y.shape
for view in PICTURES:
    assert svg(picture(view)).startswith("<svg")
try:
    sparse_conv_matrix(w, 5)
except ImportError:
    pass
else:
    raise AssertionError("SciPy was found after all")
""")
