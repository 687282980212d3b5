"""The page on convolution arithmetic: its examples run, its figures are those of the code."""

import doctest
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageSequence

from deconv.arithmetic.drawing.documentation import figures
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
    kept, drawn = (
        [np.asarray(frame.convert("RGB"), dtype=int) for frame in ImageSequence.Iterator(picture)]
        for picture in (Image.open(FOLDER / name), Image.open(io.BytesIO(figures()[name]())))
    )
    assert len(kept) == len(drawn)
    for one, other in zip(kept, drawn, strict=True):
        assert one.shape == other.shape
        assert np.abs(one - other).mean() < 0.05  # a wrong digit in one cell is more
