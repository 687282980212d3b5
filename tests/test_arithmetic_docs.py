"""The page on convolution arithmetic: its examples run, its figures are those of the code."""

import doctest
import io
import re

import numpy as np
import pytest
from PIL import Image

from deconv.arithmetic.figures import figures
from deconv.config import ROOT

PAGE = ROOT / "docs" / "arithmetic.md"
FOLDER = ROOT / "docs" / "figures" / "arithmetic"


def test_the_examples_give_what_the_page_says():
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert tried > 20
    assert failed == 0


def test_the_documentation_shows_exactly_the_figures_that_the_code_draws():
    linked = re.findall(r"\(figures/arithmetic/([\w.]+)\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(linked) == sorted(figures())
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(figures())


@pytest.mark.parametrize("name", figures())
def test_the_figures_in_the_documentation_are_current(name):
    kept = Image.open(FOLDER / name).convert("RGB")
    drawn = Image.open(io.BytesIO(figures()[name]())).convert("RGB")
    assert kept.size == drawn.size
    difference = np.abs(np.asarray(kept, dtype=int) - np.asarray(drawn, dtype=int))
    assert difference.mean() < 2  # another version may render letters a little differently
