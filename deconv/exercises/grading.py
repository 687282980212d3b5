"""Grading saved notebooks: run each again and note what its checks say.

What stands in a saved notebook as output proves nothing, so the notebook is run, from top to
bottom, in a fresh kernel. That is a process of its own, which can be ended when time is up or
be lost without harm. Each check there appends its verdict to a file (`course.RECORD`), so what
was checked before a kernel died still counts. A cell that fails does not end a notebook.
"""

import asyncio
import json
import os
import signal
import tempfile
import time
import warnings
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError

from deconv.config import ROOT
from deconv.errors import DAMAGE, Interrupted, UserError
from deconv.exercises.course import RECORD, catalogue
from deconv.exercises.questions import State
from deconv.files import read_whole

LARGEST_NOTEBOOK = 100_000_000
STATES: tuple[State, ...] = get_args(State)
MARKS: dict[State | None, str] = {"right": "+", "wrong": "-", "untried": ".", None: " "}


class NotebookError(UserError):
    """A notebook cannot be read, or did not come to its end."""


@dataclass
class Grade:
    """What became of one notebook."""

    path: Path
    states: dict[str, State] = field(default_factory=dict)
    """The best verdict on each exercise that was checked."""
    seeds: list[str] = field(default_factory=list)
    """Whose numbers the exercises had."""
    failed: int = 0
    """Cells that raised an error."""
    problem: str = ""
    """Why the notebook was not run to its end, in a sentence."""

    def count(self, state: State) -> int:
        """How many exercises have this verdict."""
        return Counter(self.states.values())[state]


def grade(path: Path, seconds: float) -> Grade:
    """Run a notebook for at most so many seconds. Raises nothing but `Interrupted`."""
    graded = Grade(path)
    try:
        notebook = read_notebook(path)
        with tempfile.TemporaryDirectory() as folder:
            record = Path(folder) / "checks.jsonl"
            try:
                _run(notebook, graded, seconds, {RECORD: str(record), **_settings(folder)})
            finally:
                _note(record, graded)
    except NotebookError as error:
        graded.problem = str(error)
    return graded


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a stranger's notebook; raises `NotebookError` where it is none."""
    text = read_whole(path, LARGEST_NOTEBOOK, NotebookError)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of cells without ids, which are no problem
        try:
            json.loads(text)
        except (ValueError, RecursionError) as error:
            raise NotebookError(f"{path} is not a notebook: it is not JSON") from error
        try:
            notebook = nbformat.reads(text.decode(), as_version=4)
            nbformat.validate(notebook)
        except (*DAMAGE, nbformat.ValidationError) as error:
            raise NotebookError(f"{path} is not a notebook, though it is JSON") from error
    return notebook


class _Client(NotebookClient):
    """Runs a notebook and keeps nothing of what its cells print, which may be endless."""

    stopped = 0
    """Number of the signal that has stopped the command."""

    def output(self, *_: Any) -> None:
        """Drop it."""

    def let_signals_stop(self, **_: Any) -> None:
        """Let Ctrl-C end the kernel and the command; nbclient's own way is an AssertionError."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop(number: int) -> None:
            self.stopped = number
            if task:
                task.cancel()

        with suppress(NotImplementedError):  # Windows
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop, number)


def _run(
    notebook: nbformat.NotebookNode, graded: Grade, seconds: float, settings: dict[str, str]
) -> None:
    """Run all cells; raises `NotebookError` when time is up or the kernel is lost."""
    ends, current = time.monotonic() + seconds, 0

    def begun(cell_index: int, **_: Any) -> None:
        nonlocal current
        current = cell_index + 1

    def failed(**_: Any) -> None:
        graded.failed += 1

    client = _Client(
        notebook,
        kernel_name="python3",  # whatever the notebook asks for
        timeout_func=lambda cell: max(ends - time.monotonic(), 0.1),
        startup_timeout=120,
        allow_errors=True,
        store_widget_state=False,
        shutdown_kernel="immediate",
        extra_arguments=["--log-level=CRITICAL"],
        resources={"metadata": {"path": str(ROOT)}},
        on_cell_execute=begun,
        on_cell_error=failed,
    )
    client.on_notebook_start = client.let_signals_stop
    client.log.setLevel("CRITICAL")
    kept = "what it checked before counts"
    try:
        client.execute(env={**os.environ, **settings})
    except CellTimeoutError as error:
        raise NotebookError(
            f"{graded.path} had not ended after {seconds:g} seconds, and was stopped in cell "
            f"{current}; {kept}"
        ) from error
    except (RuntimeError, NoSuchKernel, asyncio.CancelledError) as error:
        if client.stopped:
            raise Interrupted("", client.stopped) from None
        where = f"died in cell {current}" if current else "did not start"
        raise NotebookError(f"{graded.path}: its kernel {where}; {kept}") from error


def _settings(folder: str) -> dict[str, str]:
    """Let the notebook find the project, train in seconds, and leave its runs elsewhere."""
    paths = [str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "DECONV_QUICK": "1",
        "DECONV_NOTEBOOK_DIR": str(Path(folder) / "runs"),
    }


def _note(record: Path, graded: Grade) -> None:
    """Read what the checks have appended. A stranger's code may have written there too."""
    if not record.exists():
        return
    for line in read_whole(record, LARGEST_NOTEBOOK, NotebookError).splitlines():
        try:
            entry = json.loads(line)
            name, state, seed = entry["exercise"], entry["state"], str(entry["seed"])
        except (*DAMAGE, RecursionError):
            continue
        if name not in catalogue() or state not in STATES:
            continue
        best = min(state, graded.states.get(name, "untried"), key=STATES.index)
        graded.states[name] = best
        if seed not in graded.seeds:
            graded.seeds.append(seed)


def table(grades: list[Grade]) -> str:
    """All grades as text: a line for each notebook, then a line for each exercise."""
    width = max(len(_printable(grade.path)) for grade in grades)
    lines = [f"{'':>3}  {'notebook':<{width}}  right  wrong  not tried  failed cells  numbers of"]
    for number, grade in enumerate(grades, 1):
        counts = [grade.count("right"), grade.count("wrong"), grade.count("untried")]
        seeds = ", ".join(_printable(seed) or "the book" for seed in grade.seeds)
        if grade.problem:
            seeds = f"{seeds}  (see its error)".strip()
        lines.append(
            f"{number:>3}  {_printable(grade.path):<{width}}  {counts[0]:>5}  {counts[1]:>5}  "
            f"{counts[2]:>9}  {grade.failed:>12}  {seeds}".rstrip()
        )
    asked = [name for name in catalogue() if any(name in grade.states for grade in grades)]
    if not asked:
        return "\n".join([*lines, "", "No notebook has called check."])
    width = max(len(name) for name in asked)
    head = "".join(f"{number:>4}" for number in range(1, len(grades) + 1))
    lines += ["", f"{'exercise':<{width}}{head}   right"]
    for name in asked:
        marks = "".join(f"{MARKS[grade.states.get(name)]:>4}" for grade in grades)
        right = sum(grade.states.get(name) == "right" for grade in grades)
        lines.append(f"{name:<{width}}{marks}   {right:>5}")
    return "\n".join([*lines, "", "+ right   - wrong   . not tried   blank: not asked"])


def _printable(text: object) -> str:
    """What a stranger called a file or a student, without what would steer the terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(text))
