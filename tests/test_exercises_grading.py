"""`python -m deconv.exercises`: saved notebooks, also those that misbehave."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from deconv.config import ROOT
from deconv.errors import UserError
from deconv.exercises.__main__ import GradingConfig, run
from deconv.exercises.course import catalogue
from deconv.exercises.grading import Grade, NotebookError, grade, read_notebook, table

FIRST = "from deconv.exercises import check, seed\nseed('Ada')"
STAMP_SIZE: Any = catalogue()["stamp-size"].question("ada")
ANSWER = STAMP_SIZE.answer


def notebook(path, *cells):
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in (FIRST, *cells)]), path)
    return path


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "deconv.exercises", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_best_verdict_counts_and_failing_cells_end_nothing(tmp_path):
    path = notebook(
        tmp_path / "ada.ipynb",
        "check('stamp-size', 0)",
        "answer = ...\ncheck('first-stamp', answer)",
        "1 / 0",
        f"check('stamp-size', {ANSWER})",
        "check('size-by-hand', 0)",
        "check('stamp-size', 'later')",
    )
    graded = grade(path, 120)
    assert graded.problem == ""
    assert graded.states == {
        "stamp-size": "right",
        "first-stamp": "untried",
        "size-by-hand": "wrong",
    }
    assert graded.seeds == ["ada"]
    assert graded.failed == 1


@pytest.mark.slow  # several kernels
def test_every_notebook_is_graded_whatever_becomes_of_the_others(tmp_path):
    before = f"check('stamp-size', {ANSWER})"
    after = "check('first-stamp', 0)"
    paths = [
        notebook(tmp_path / "good.ipynb", before, after),
        notebook(tmp_path / "dies.ipynb", before, "import os; os._exit(1)", after),
        notebook(tmp_path / "loops.ipynb", before, "while True: print('on and on' * 99)", after),
        notebook(tmp_path / "asks.ipynb", before, "input('?')", after),
        tmp_path / "missing.ipynb",
    ]
    done = command(*paths, "--seconds", "8")
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert [line for line in done.stderr.splitlines() if not line.endswith(" …")] == errors
    assert "its kernel died in cell 3" in errors[0]
    assert "had not ended after 8 seconds, and was stopped in cell 3" in errors[1]
    assert "No such file" in errors[2]
    assert len(errors) == 3
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert rows["stamp-size"].split() == ["stamp-size", "+", "+", "+", "+", "4"]
    assert rows["first-stamp"].split() == ["first-stamp", "-", "-", "0"]


@pytest.mark.slow  # a kernel and a wait
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_kernel_and_the_command(tmp_path, number):
    begun = tmp_path / "begun"
    code = f"import os, pathlib, time\npathlib.Path({str(begun)!r}).write_text(str(os.getpid()))"
    path = notebook(tmp_path / "a.ipynb", f"{code}\ntime.sleep(600)")
    process = subprocess.Popen(
        [sys.executable, "-m", "deconv.exercises", str(path)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (begun.exists() and begun.read_text()):
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(number)
    assert process.communicate(timeout=60)[1].splitlines()[-1] == "interrupted"
    assert process.returncode == 128 + number
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)


def test_without_jupyter_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "deconv.exercises.grading")
    monkeypatch.setitem(sys.modules, "nbformat", None)
    with pytest.raises(UserError, match=r"nbformat is not installed: .*\[notebooks\]"):
        run(GradingConfig((tmp_path / "a.ipynb",)))


@pytest.mark.parametrize(
    "content",
    ["", "hello", "[1, 2]", "{}", '{"cells": 3}', '{"nbformat": 4}', "[" * 10**5, "\xff", "null"],
)
def test_what_is_no_notebook_is_told_in_a_sentence(tmp_path, content):
    path = tmp_path / "bad.ipynb"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(NotebookError, match=r"bad\.ipynb is not a notebook"):
        read_notebook(path)
    assert "is not a notebook" in grade(path, 1).problem


def test_a_file_that_cannot_be_read_is_told_in_a_sentence(tmp_path):
    for path in (tmp_path, tmp_path / "missing.ipynb"):
        assert grade(path, 1).problem.startswith(f"cannot read {path}: ")


def test_a_notebook_of_an_older_format_is_read(tmp_path):
    path = tmp_path / "old.ipynb"
    cell: dict[str, Any] = {"cell_type": "code", "language": "python", "input": ["1"]}
    cell |= {"outputs": [], "metadata": {}, "collapsed": False, "prompt_number": 1}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}}
    path.write_text(json.dumps({**old, "worksheets": [{"cells": [cell], "metadata": {}}]}))
    assert read_notebook(path).cells[0].source == "1"


def test_the_table_counts_notebooks_and_exercises(tmp_path):
    one = Grade(tmp_path / "a.ipynb", {"first-stamp": "right", "stamp-size": "wrong"}, ["ada"])
    other = Grade(tmp_path / "b\x1b[31m.ipynb", {"first-stamp": "untried"}, [""], 2)
    lost = Grade(tmp_path / "c.ipynb", problem="It is lost.")
    lines = [line.split() for line in table([one, other, lost]).splitlines()]
    assert lines[1] == ["1", str(one.path), "1", "1", "0", "0", "ada"]
    assert lines[2][2:] == ["0", "0", "1", "2", "the", "book"]
    assert "\x1b" not in table([other])
    assert lines[3][-3:] == ["(see", "its", "error)"]
    assert ["first-stamp", "+", ".", "1"] in lines
    assert ["stamp-size", "-", "0"] in lines
    assert "No notebook has called check." in table([lost])


def test_help_says_what_it_is_no_proof_against_and_bad_arguments_are_told():
    shown = command("--help")
    assert shown.returncode == 0
    assert "no proof against cheating" in " ".join(shown.stdout.replace("│", " ").split())
    done = command()
    assert done.returncode == 2
    assert done.stderr == "error: no notebook is given; name the files to grade\n"
