"""The page on convolution arithmetic: its examples run, its figures are those of the code."""

import doctest
import io
import re

import numpy as np
import pytest
from PIL import Image, ImageSequence

from benchmarks.views import ViewsConfig, measure, report
from deconv.arithmetic import METHODS
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
        [
            (frame.info.get("duration"), np.asarray(frame.convert("RGB"), dtype=int))
            for frame in ImageSequence.Iterator(picture)
        ]
        for picture in (Image.open(FOLDER / name), Image.open(io.BytesIO(figures()[name]())))
    )
    assert [milliseconds for milliseconds, _ in kept] == [milliseconds for milliseconds, _ in drawn]
    for (_, one), (_, other) in zip(kept, drawn, strict=True):
        assert one.shape == other.shape
        assert np.abs(one - other).mean() < 0.05  # a wrong digit in one cell is more


def test_the_benchmark_prints_the_rows_of_the_table_with_its_numbers_of_products(capsys):
    config = ViewsConfig(batch_size=2, repeats=1, seconds=0)
    report(measure(config), config.batch_size)
    printed = re.findall(r"^(\w+) +([\d,]+) +\d+ +\d+$", capsys.readouterr().out, re.MULTILINE)
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("| ") and line.count("|") == 8]
    table = {row[0].removeprefix("| "): (row[1], row[4]) for row in rows}
    assert printed == [(view, table[view][layer]) for layer in (0, 1) for view in METHODS]
