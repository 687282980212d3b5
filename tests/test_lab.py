"""Working copies of the notebooks, JupyterLab among them, and the first cell of each."""

import datetime
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import jupytext
import pytest

from deconv import lab
from deconv.config import ROOT
from deconv.copies import COPIES, ORIGINS, find_notebooks, lab_command, make_copies
from deconv.data import splits
from deconv.errors import ArtifactError, UserError
from deconv.running.console import Progress
from notebooks.build import convert, find_sources

DAY = datetime.date(2026, 3, 1)
LINKS = """[docs](../docs/a.md#b) [twin](../pytorch/notebooks/twin.ipynb) [web](https://x.org/a.md)
[gone](../docs/gone.md) <img src="../docs/a.png"> [here](#top)"""
MOVED = """[docs](../docs/a.md#b) [twin](twin.ipynb) [web](https://x.org/a.md)
[gone](../docs/gone.md) <img src="../docs/a.png"> [here](#top)"""


def notebook(*cells: str, outputs: str = "") -> str:
    """The text of a notebook: a cell of text with links, then cells of code."""
    code: dict[str, Any] = {"cell_type": "code", "metadata": {}, "execution_count": None}
    made = [{**code, "source": [text], "outputs": [outputs] * bool(outputs)} for text in cells]
    text = {"cell_type": "markdown", "metadata": {}, "source": LINKS}
    about = {"kernelspec": {"name": "python3"}, "jupytext": {"formats": "ipynb,py:percent"}}
    return json.dumps({"cells": [text, *made], "metadata": about, "nbformat": 4})


@pytest.fixture
def project(tmp_path):
    for home in ("notebooks", "pytorch/notebooks", "docs", "artifacts/notebooks"):
        (tmp_path / home).mkdir(parents=True)
    for name in ("a.md", "a.png"):
        (tmp_path / "docs" / name).touch()
    (tmp_path / "notebooks/one.ipynb").write_text(notebook("1"))
    (tmp_path / "pytorch/notebooks/twin.ipynb").write_text(
        notebook("2").replace("../docs", "../../docs")
    )
    (tmp_path / "artifacts/notebooks/run.ipynb").write_text("not the project's")
    return tmp_path


def names(project: Path) -> list[str]:
    return sorted(path.name for path in (project / COPIES).glob("*.ipynb"))


def texts(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]


# --- copies ----------------------------------------------------------------------------


def test_every_notebook_is_copied_and_its_links_lead_where_they_led(project):
    (line,) = make_copies(project)
    assert line == f"Copied into {project / COPIES}, yours to change: one, twin"
    assert names(project) == ["one.ipynb", "twin.ipynb"]
    assert texts(project / COPIES / "one.ipynb") == [MOVED, "1"]
    twin = texts(project / COPIES / "twin.ipynb")[0]
    assert "(../docs/a.md#b)" in twin
    assert 'src="../docs/a.png"' in twin
    copy = json.loads((project / COPIES / "one.ipynb").read_text())
    assert "jupytext" not in copy["metadata"]  # saving it writes no second file
    assert make_copies(project) == []


def test_what_a_student_saved_is_never_overwritten(project):
    make_copies(project)
    mine = project / COPIES / "one.ipynb"
    mine.write_text("my own work, not even a notebook")
    assert make_copies(project) == []  # the project's notebook is what it was
    (project / "notebooks/one.ipynb").write_text(notebook("new"))
    (line,) = make_copies(project, DAY)
    assert line.startswith("one.ipynb has changed in the project. Yours stays;")
    assert line.endswith("one.2026-03-01.ipynb")
    assert mine.read_text() == "my own work, not even a notebook"
    beside = project / COPIES / "one.2026-03-01.ipynb"
    assert texts(beside) == [MOVED, "new"]
    assert make_copies(project, DAY) == []  # said once
    beside.write_text("worked on too")
    (project / "notebooks/one.ipynb").write_text(notebook("newer"))
    assert "one.2026-03-01-2.ipynb" in make_copies(project, DAY)[0]
    assert beside.read_text() == "worked on too"


def test_the_same_text_with_other_outputs_is_no_new_version(project):
    make_copies(project)
    (project / "notebooks/one.ipynb").write_text(notebook("1", outputs="0.1 s"))
    assert make_copies(project) == []


def test_a_deleted_copy_comes_back_and_a_link_to_nowhere_is_left_alone(project):
    make_copies(project)
    (project / COPIES / "one.ipynb").unlink()
    (project / COPIES / "twin.ipynb").unlink()
    (project / COPIES / "twin.ipynb").symlink_to(project / "nowhere")
    assert make_copies(project)[0].endswith("yours to change: one")
    assert not (project / "nowhere").exists()


@pytest.mark.parametrize("damage", [None, "", "[]", "{", '{"one.ipynb": 3}'])
def test_without_the_record_of_origins_nothing_is_lost(project, damage):
    make_copies(project)
    record, mine = project / COPIES / ORIGINS, project / COPIES / "one.ipynb"
    record.unlink() if damage is None else record.write_text(damage)
    assert make_copies(project) == []  # the copies are those of today
    mine.write_text(mine.read_text().replace('"1"', '"mine"'))
    record.unlink()
    assert "Yours stays" in make_copies(project)[0]
    assert texts(mine)[1] == "mine"


def test_a_notebook_of_the_project_that_is_damaged_is_named(project):
    (project / "notebooks/one.ipynb").write_text('{"cells": 3}')
    with pytest.raises(ArtifactError, match=r"one\.ipynb is not a notebook"):
        make_copies(project)


def test_a_file_in_the_place_of_the_folder_is_left_alone(project):
    (project / COPIES).write_text("mine")
    with pytest.raises(ArtifactError, match="cannot make the folder"):
        make_copies(project)
    assert (project / COPIES).read_text() == "mine"


def test_copies_are_nothing_to_git_and_nothing_that_tests_look_at(project):
    make_copies(project)
    (project / COPIES / "one.py").write_text("# ---\n# jupyter:\n")
    assert [path.name for path in find_notebooks(root=project)] == ["one.ipynb", "twin.ipynb"]
    assert find_sources(project) == []
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    shutil.copy(ROOT / ".gitignore", project)
    for words in (["init", "-q"], ["add", "notebooks", "pytorch", "docs", ".gitignore"]):
        subprocess.run(["git", "-C", project, *words], check=True)
    (project / COPIES / "one.ipynb").write_text("changed and saved")
    status = ["git", "-C", project, "status", "--porcelain", "--untracked-files=all"]
    seen = subprocess.run(status, check=True, capture_output=True, text=True).stdout
    assert "docs/a.md" in seen
    assert COPIES not in seen


def test_make_lab_hands_its_arguments_on():
    if not shutil.which("make"):
        pytest.skip("there is no make here")
    words = ["make", "--no-print-directory", "--dry-run", "lab", "LAB_ARGS=--no-browser --port=9"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].endswith("-m deconv.lab -- --no-browser --port=9")
    assert lab_command(("--no-browser",))[-1] == "--no-browser"


@pytest.mark.slow
def test_jupyterlab_serves_the_copies_and_the_project_around_them(project):
    make_copies(project)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = lab_command(("--no-browser", "--ServerApp.token=t", "--allow-root"), project)
    words += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"]
    with (project / "log").open("w") as log:
        own = {**os.environ, "HOME": str(project)}
        server = subprocess.Popen(words, cwd=project, env=own, stderr=log, stdout=log)
        try:
            for path in (f"{COPIES}/one.ipynb", "docs/a.md"):
                found = when_it_answers(f"http://127.0.0.1:{port}/api/contents/{path}?token=t")
                assert json.loads(found)["path"] == path
        finally:
            server.kill()
            server.wait()
    assert f"/lab/tree/{COPIES}?token=" in (project / "log").read_text()


def when_it_answers(address: str, seconds: float = 90) -> bytes:
    """Ask a server again and again until it is there."""
    ends = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=seconds) as found:
                return found.read()
        except OSError as error:
            if isinstance(error, urllib.error.HTTPError) or time.monotonic() > ends:
                raise
            time.sleep(0.2)


# --- the first cell --------------------------------------------------------------------


def first_cell() -> str:
    cells = convert(find_sources()[0]).cells
    return next(str(cell.source) for cell in cells if cell.cell_type == "code")


def run_first_cell(folder: Path, then: str = "", **settings: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-I", "-c", f"{first_cell()}\n{then}"],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("place", ["", "notebooks", "pytorch/notebooks", ".."])
def test_the_first_cell_finds_the_project_around_it_and_below_it(place):
    here = ROOT / place
    if place == ".." and len([*here.glob("*/deconv/lab.py")]) != 1:
        pytest.skip("beside this project lies another")
    done = run_first_cell(here, "print(Path.cwd(), lab.quick)", DECONV_QUICK="1")
    assert done.stdout.split() == [str(ROOT), "True"], done.stderr


def test_the_first_cell_says_in_a_sentence_that_the_project_is_missing(tmp_path):
    done = run_first_cell(tmp_path)
    assert done.stderr.startswith("No project here: `git clone` it")
    assert (done.stderr.count("\n"), done.stdout) == (1, "")


def test_a_python_without_the_packages_is_told_which_and_how(monkeypatch):
    monkeypatch.setattr(lab, "NEEDED", ("numpy", "no_such_package"))
    with pytest.raises(UserError, match=r"lacks no_such_package: .*`make setup`.*%pip install"):
        lab.begin()


def test_the_quick_setting_is_one_variable(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(lab.QUICK, raising=False)
    monkeypatch.delenv(lab.FOLDER, raising=False)
    full = lab.begin()
    assert Path.cwd() == ROOT
    assert (full.dataset, full.folder, full.pick(10, 1)) == (
        "auto",
        Path("artifacts/notebooks"),
        10,
    )
    monkeypatch.setattr(splits, "GARMENTS", splits.GARMENTS)  # comes back at the end
    monkeypatch.setenv(lab.QUICK, "1")
    monkeypatch.setenv(lab.FOLDER, str(tmp_path))
    quick = lab.begin()
    assert (quick.dataset, quick.folder, quick.pick(10, 1)) == ("synthetic", tmp_path, 1)
    assert splits.GARMENTS == lab.FEW_GARMENTS


def test_a_cell_may_fold_its_source_and_its_outputs(tmp_path):
    source = tmp_path / "a.py"
    source.write_text('# %% jupyter={"outputs_hidden": true} tags=["x"]\n1\n\n# %%\n2\n')
    made = convert(source)
    assert [cell.metadata for cell in made.cells] == [{"jupyter": {"outputs_hidden": True}}, {}]
    assert len(jupytext.writes(made, "py:percent").split("outputs_hidden")) == 2


# --- progress --------------------------------------------------------------------------


def test_progress_in_a_notebook_is_text_that_the_next_line_replaces(monkeypatch):
    class Stream(io.StringIO):
        __module__ = "ipykernel.iostream"

    stream = Stream()
    monkeypatch.setattr(sys, "stdout", stream)
    with Progress("epoch 1/2", images=3) as bar:
        bar.step(3, loss=1.0)
    monkeypatch.undo()
    shown = stream.getvalue()
    assert "epoch 1/2" in shown
    assert "\n" not in shown
    assert shown.split("\r")[-2].strip() == ""
    assert shown.endswith("\r")
