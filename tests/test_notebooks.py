import re
from itertools import cycle

import jupytext
import nbformat
import pytest

from deconv.config import ROOT
from notebooks.build import execute, find_sources

NOTEBOOKS = sorted(
    path
    for path in ROOT.rglob("*.ipynb")
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
WALKTHROUGHS = [
    ROOT / "pytorch" / "notebooks" / "deconv_pytorch.py",
    ROOT / "tensorflow" / "notebooks" / "deconv_tensorflow.py",
]
FOLDERS = {"root": lambda notebook: ROOT, "own": lambda notebook: notebook.parent}

every_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def texts(notebook):
    """Everything in the outputs that a reader sees as text."""
    for output in outputs(notebook):
        yield output.get("text", "")
        yield from (text for kind, text in output.get("data", {}).items() if "text" in kind)


def test_every_notebook_has_a_source_and_every_source_a_notebook():
    assert len(NOTEBOOKS) >= 2
    assert [source.with_suffix(".ipynb") for source in find_sources()] == NOTEBOOKS


@every_notebook
def test_source_and_notebook_hold_the_same_cells(notebook):
    source = jupytext.read(notebook.with_suffix(".py"))
    made = nbformat.read(notebook, as_version=4)
    assert [(cell.cell_type, cell.source) for cell in made.cells] == [
        (cell.cell_type, cell.source) for cell in source.cells
    ], "run `make notebooks`"


@every_notebook
def test_notebook_was_run_from_top_to_bottom_without_noise(notebook):
    assert notebook.stat().st_size < 1.5e6
    made = nbformat.read(notebook, as_version=4)
    nbformat.validate(made)
    assert [cell.execution_count for cell in code_cells(made)] == [
        *range(1, len(code_cells(made)) + 1)
    ]
    kinds = {output.output_type for output in outputs(made)}
    assert {"stream", "execute_result"} <= kinds <= {"stream", "execute_result", "display_data"}
    assert not [output.text for output in outputs(made) if output.get("name") == "stderr"]
    assert not [o for o in outputs(made) if any("widget" in kind for kind in o.get("data", {}))]
    assert any("image/png" in output.get("data", {}) for output in outputs(made))


@every_notebook
def test_notebook_names_no_folder_of_the_machine_that_made_it(notebook):
    absolute = re.compile(r"(?<![\w.])(?:/[\w.-]+){2,}|\b[A-Z]:\\")
    made = nbformat.read(notebook, as_version=4)
    assert [text for text in texts(made) if absolute.search(text)] == []


@pytest.mark.parametrize("source", WALKTHROUGHS, ids=lambda path: path.stem)
def test_walkthrough_shows_a_whole_run_on_the_real_dataset(source):
    shown = "".join(texts(nbformat.read(source.with_suffix(".ipynb"), as_version=4)))
    assert "Data:      Fashion-MNIST" in shown
    assert "55,000 training, 5,000 validation, 10,000 test images" in shown
    assert "epoch 10/10" in shown


def test_walkthroughs_are_parallel_cell_for_cell():
    pytorch, tensorflow = (jupytext.read(path).cells for path in WALKTHROUGHS)
    assert len(pytorch) > 20
    assert [cell.cell_type for cell in pytorch] == [cell.cell_type for cell in tensorflow]
    for ours, theirs in zip(pytorch, tensorflow, strict=True):
        assert sections(ours) == sections(theirs)
        if ours.cell_type == "markdown" and ours.source != theirs.source:  # about a framework
            assert re.search("PyTorch|pytorch|TensorFlow|tensorflow|Keras", ours.source)
            assert re.search("PyTorch|pytorch|TensorFlow|tensorflow|Keras", theirs.source)


def sections(cell):
    return re.findall("^##+ .*", cell.source, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("notebook", "place"),
    [
        pytest.param(path, place, id=f"{path.stem}-{place}")
        for place, path in zip(cycle(FOLDERS), NOTEBOOKS, strict=False)  # each from one of the two
    ],
)
def test_notebook_runs_in_a_fresh_kernel(notebook, place, tmp_path):
    executed = nbformat.read(notebook, as_version=4)
    settings = {"DECONV_QUICK": "1", "DECONV_NOTEBOOK_DIR": str(tmp_path)}
    execute(executed, FOLDERS[place](notebook), settings)
    assert code_cells(executed)[-1].execution_count == len(code_cells(executed))
    assert not [output.text for output in outputs(executed) if output.get("name") == "stderr"]
    if notebook.with_suffix(".py") in WALKTHROUGHS:
        run = f"{notebook.parents[1].name}_deconv"
        left = sorted(path.name for path in tmp_path.iterdir())
        assert left == [f".{run}.lock", run]  # all it leaves, and not in the tree
