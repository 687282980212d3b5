"""Every notebook: its source, what stands in it, and that it runs."""

import re
from itertools import pairwise
from typing import Any

import jupytext
import nbformat
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from deconv.arithmetic import conv_transpose2d
from deconv.config import ROOT
from deconv.copies import COPIES, find_notebooks
from deconv.exercises.course import catalogue
from deconv.exercises.questions import Value
from deconv.exercises.reading import as_numbers, equal
from notebooks.build import convert, execute, find_sources

NOTEBOOKS = find_notebooks()
SOURCES = find_sources()
TWINS = [
    ROOT / "pytorch" / "notebooks" / "deconv_pytorch.py",
    ROOT / "tensorflow" / "notebooks" / "deconv_tensorflow.py",
]
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")

every_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def texts(notebook):
    """Everything in the outputs that a reader sees as text."""
    for output in outputs(notebook):
        yield output.get("text", "")
        yield from (text for kind, text in output.get("data", {}).items() if "text" in kind)


def asked(cell, call="check"):
    """Names of the exercises that a cell calls `check`, or another function, for."""
    code = cell.source if cell.cell_type == "code" else ""
    return re.findall(rf'^{call}\("([^"]+)"', code, re.MULTILINE)


def noise(notebook):
    """What a run may leave and no reader should see."""
    for output in outputs(notebook):
        if output.get("name") == "stderr" or output.output_type == "error":
            yield output
        if any("widget" in kind for kind in output.get("data", {})):
            yield output
    for text in texts(notebook):  # bars, warnings, log lines, paths of the machine
        yield from re.findall(r"\r|█|\w*Warning: |\bWARNING\b|images/s\]|Other programs are", text)
        yield from re.findall(r"(?<![\w.<:/])(?:/[\w.-]+){2,}|\b[A-Z]:\\", text)


# --- sources ---------------------------------------------------------------------------


def test_every_notebook_has_a_source_and_every_source_a_notebook():
    assert len(NOTEBOOKS) >= 2
    assert [source.with_suffix(".ipynb") for source in SOURCES] == NOTEBOOKS
    assert len({path.name for path in NOTEBOOKS}) == len(NOTEBOOKS)  # copies lie in one folder
    kept = ("artifacts", COPIES)
    everywhere = {path.relative_to(ROOT) for path in ROOT.glob("[!.]*/**/*.ipynb")}
    others = {path for path in everywhere if path.parts[0] not in kept and "/." not in str(path)}
    assert others == {path.relative_to(ROOT) for path in NOTEBOOKS}


@every_notebook
def test_source_and_notebook_hold_the_same_cells(notebook):
    source = convert(notebook.with_suffix(".py"))
    made = nbformat.read(notebook, as_version=4)
    assert [(cell.cell_type, cell.source, cell.metadata) for cell in made.cells] == [
        (cell.cell_type, cell.source, cell.metadata) for cell in source.cells
    ], "run `make notebooks`"


@every_source
def test_a_notebook_begins_with_words_and_with_the_cell_that_all_begin_with(source):
    cells = convert(source).cells
    assert cells[0].source.startswith("# ")
    usual = code_cells(convert(SOURCES[0]))[0].source
    assert "lab = begin()" in usual
    assert code_cells(convert(source))[0].source == usual
    assert not [cell for cell in cells if "DECONV_" in cell.source or "lab.quick" in cell.source]


@every_source
def test_a_student_first_hears_of_own_numbers_and_last_of_the_checklist(source):
    cells = convert(source).cells
    asks = next(number for number, cell in enumerate(cells) if asked(cell, "task"))
    assert [cell for cell in cells[:asks] if 'seed("your name")' in cell.source]
    last = [cell for cell in cells if cell.cell_type == "markdown"][-1]
    assert "docs/checklist.md)" in last.source


@every_source
def test_cells_are_short(source):
    long = [cell.source for cell in code_cells(convert(source)) if cell.source.count("\n") > 40]
    assert long == []


def test_twins_are_parallel_cell_for_cell():
    pytorch, tensorflow = (jupytext.read(path).cells for path in TWINS)
    assert len(pytorch) > 20
    assert [cell.cell_type for cell in pytorch] == [cell.cell_type for cell in tensorflow]
    for ours, theirs in zip(pytorch, tensorflow, strict=True):
        assert sections(ours) == sections(theirs)
        assert asked(ours) == asked(theirs)
        if ours.cell_type == "markdown" and ours.source != theirs.source:  # about a framework
            assert re.search("PyTorch|pytorch|TensorFlow|tensorflow|Keras", ours.source)
            assert re.search("PyTorch|pytorch|TensorFlow|tensorflow|Keras", theirs.source)


def sections(cell):
    return re.findall("^##+ .*", cell.source, re.MULTILINE)


@pytest.mark.parametrize("source", TWINS, ids=lambda path: path.stem)
def test_upsample_of_a_twin_is_the_transposed_convolution_whatever_its_numbers(source):
    (code,) = [c.source for c in code_cells(convert(source)) if "def upsample(" in c.source]
    names: dict[str, Any] = {"np": np, "corner": np.eye(2)}
    exec(code, names)
    x, w = np.arange(20).reshape(4, 5), np.arange(15).reshape(5, 3)
    for size, *options in [(3, 2, 1, 0), (3, 2, 1, 1), (3, 2, 0, 1), (5, 4, 1, 3), (1, 3, 0, 2)]:
        kernel = w[:size, :3]
        stride, padding, more = options
        truth = conv_transpose2d(
            x[None, None], kernel[None, None], stride=stride, padding=padding, output_padding=more
        )[0, 0]
        np.testing.assert_array_equal(names["upsample"](x, kernel, *options), truth)


# --- exercises -------------------------------------------------------------------------


@every_source
def test_an_exercise_is_asked_before_it_is_checked_and_its_answer_is_left_to_the_student(source):
    known, told = catalogue(), set()
    for cell in code_cells(convert(source)):
        told.update(asked(cell, "task"))
        for name in asked(cell):
            assert name in known
            assert name in told, f"{name} is checked before its task is shown"
            assert re.search(r"[=:]?\s*\.\.\.$", cell.source, re.MULTILINE), name
        if "solution(" in re.sub(r"^from .*", "", cell.source, flags=re.MULTILINE):
            assert cell.metadata.get("jupyter", {}).get("outputs_hidden"), cell.source


@every_source
def test_no_answer_stands_in_the_text_after_its_question(source):
    for cell, following in pairwise(convert(source).cells):
        if following.cell_type == "markdown":
            given = [name for name in asked(cell) if gives_away(name, following.source)]
            assert given == [], following.source


@every_notebook
def test_no_answer_is_shown_unfolded_after_its_question(notebook):
    cells = code_cells(nbformat.read(notebook, as_version=4))
    for cell, following in pairwise(cells):
        if following.metadata.get("jupyter", {}).get("outputs_hidden"):
            continue
        shown = "\n".join(output.get("text", "") for output in following.outputs)
        given = [name for name in asked(cell) if not asked(following) and gives_away(name, shown)]
        assert given == [], f"fold the outputs of this cell:\n{following.source}"


def gives_away(name, text):
    """Whether text holds the right answer in the open, where that is telling: no small number."""
    question = catalogue()[name].question("")
    if not isinstance(question, Value):
        return False
    open_text = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    found = [float(number.replace(",", "")) for number in NUMBER.findall(open_text)]
    right = as_numbers(question.answer).ravel().tolist()
    if len(right) < 2 and right[0] == int(right[0]) and abs(right[0]) < 10:
        return False
    return any(
        equal(np.array(found[start : start + len(right)]), right, question.tolerance)
        for start in range(len(found) - len(right) + 1)
    )


def test_every_exercise_has_its_place_in_a_notebook():
    places = {name for source in SOURCES for cell in convert(source).cells for name in asked(cell)}
    assert set(catalogue()) - places == set()


# --- what was run ----------------------------------------------------------------------


@every_notebook
def test_notebook_was_run_from_top_to_bottom_without_noise(notebook):
    assert notebook.stat().st_size < 1.5e6
    made = nbformat.read(notebook, as_version=4)
    nbformat.validate(made)
    assert [cell.execution_count for cell in code_cells(made)] == [
        *range(1, len(code_cells(made)) + 1)
    ]
    assert [*noise(made)] == []
    assert any("image/png" in output.get("data", {}) for output in outputs(made))


@every_notebook
def test_a_fresh_notebook_has_answered_nothing(notebook):
    made = nbformat.read(notebook, as_version=4)
    for cell in code_cells(made):
        said = "".join(output.get("text", "") for output in cell.outputs)
        for name in asked(cell):
            assert f"– {name}: not tried yet." in said


@every_notebook
def test_a_notebook_that_counts_the_exercises_has_counted_all(notebook):
    shown = "".join(texts(nbformat.read(notebook, as_version=4)))
    told = re.findall(r"course has (\d+)", shown) or re.findall(r"of (\d+) exercises", shown)
    assert {*map(int, told)} <= {len(catalogue())}, "run `make notebooks`"


@pytest.mark.parametrize("source", TWINS, ids=lambda path: path.stem)
def test_a_twin_shows_a_whole_run_on_the_real_dataset(source):
    shown = "".join(texts(nbformat.read(source.with_suffix(".ipynb"), as_version=4)))
    assert "Data:      Fashion-MNIST" in shown
    assert "55,000 training, 5,000 validation, 10,000 test images" in shown
    assert "epoch 10/10" in shown


@every_notebook
def test_no_notebook_shows_drawn_garments_in_place_of_the_real_ones(notebook):
    shown = "".join(texts(nbformat.read(notebook, as_version=4)))
    assert "NOT Fashion-MNIST" not in shown


@pytest.mark.parametrize(
    ("source", "folder"),
    [  # the first cell, which finds the project, is the same in all: one of them shows it
        pytest.param(SOURCES[0], ROOT, id=f"{SOURCES[0].stem}-root"),
        *(
            pytest.param(path, path.parent, id=f"{path.stem}-own", marks=pytest.mark.slow)
            for path in SOURCES
        ),
    ],
)
def test_notebook_runs_in_a_fresh_kernel(source, folder, tmp_path):
    executed = convert(source)
    settings = {"DECONV_QUICK": "1", "DECONV_NOTEBOOK_DIR": str(tmp_path)}
    execute(executed, folder, settings)
    assert code_cells(executed)[-1].execution_count == len(code_cells(executed))
    assert [*noise(executed)] == []
    if source in TWINS:  # what it leaves is there, and not in the tree
        assert (tmp_path / f"{source.parents[1].name}_deconv").is_dir()


def test_a_mistake_of_the_user_is_told_in_one_line():
    cell = new_code_cell("from deconv.config import RunConfig\n\nRunConfig(epochs=0)")
    notebook = new_notebook(cells=[cell])
    with pytest.raises(CellExecutionError):
        execute(notebook, ROOT)
    (shown,) = outputs(notebook)
    assert shown.traceback == ["error: --epochs must be at least 1, but is 0"]


# --- the checklist ---------------------------------------------------------------------


def test_every_box_of_the_checklist_leads_to_a_notebook_that_checks_it():
    page = ROOT / "docs" / "checklist.md"
    parts = page.read_text(encoding="utf-8").split("\n- [ ] ")[1:]
    boxes = [part.partition("\n## ")[0] for part in parts]
    assert len(boxes) > 20
    for box in boxes:
        (link,) = re.findall(r"\]\(([^)]+)\.ipynb\)", box)
        names = re.findall(r"`([a-z-]+)`", box.partition(".ipynb")[2])
        cells = convert((page.parent / link).with_suffix(".py")).cells
        assert names
        assert set(names) <= {name for cell in cells for name in asked(cell)}, box
