"""The page on the weights written by hand: its example runs, its numbers are what is printed."""

import doctest
import re

import pytest

from deconv.config import ROOT
from deconv.data.archives import find_data_dir, missing_archives
from deconv.handmade.__main__ import HandmadeConfig, run
from deconv.handmade.documentation import FIGURES

NUMBER = r"\d[\d,]*(?:\.\d+)?"
PAGE = (ROOT / "docs" / "handmade.md").read_text(encoding="utf-8")


def test_the_example_gives_what_the_page_says():
    failed, tried = doctest.testfile(
        str(ROOT / "docs" / "handmade.md"), module_relative=False, encoding="utf-8"
    )
    assert (failed, tried) == (0, 6)


def test_the_page_shows_every_figure_and_no_other():
    shown = re.findall(r"\(figures/(handmade\w*\.png)\)", PAGE)
    there = {path.name for path in (ROOT / "docs" / "figures").glob("handmade*.png")}
    assert set(shown) == there == set(FIGURES)


def nearly(one: str, other: str) -> bool:
    """Whether two numbers differ by no more than 1 in the last digit: processors round unlike."""
    digits = [text.replace(",", "").partition(".") for text in (one, other)]
    same = len(digits[0][2]) == len(digits[1][2])
    return same and abs(int(digits[0][0] + digits[0][2]) - int(digits[1][0] + digits[1][2])) <= 1


@pytest.mark.slow
@pytest.mark.skipif(
    bool(missing_archives(find_data_dir(None))), reason="needs Fashion-MNIST: FASHION_MNIST_DIR"
)
@pytest.mark.parametrize("lines", [1, 2])
def test_the_tables_are_what_the_command_prints(lines, tmp_path, capsys):
    run(HandmadeConfig(lines=lines, artifact_dir=tmp_path))
    printed = capsys.readouterr().out
    table = printed[printed.index("written by hand") : printed.index("\n\nFiles")]
    words = f"({NUMBER})".join(map(re.escape, re.split(NUMBER, table)))
    shown = [match.groups() for match in re.finditer(words, PAGE)]
    assert any(all(map(nearly, re.findall(NUMBER, table), numbers)) for numbers in shown), table
