"""The student's own copies of the notebooks, and JupyterLab to work in them: `make lab`.

Whoever runs a notebook writes into it. Were it the project's own file, the project would be
changed by being used: git would list it, the tests would fail, and the next update would meet the
student's work. So students work in copies, in a folder that git ignores. A copy that is there is
never written again. When the project's notebook has changed since, its new version is put beside
the copy.
"""

import datetime
import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import tyro

from deconv import cli
from deconv.config import ROOT
from deconv.errors import ArtifactError, UserError
from deconv.files import explained, make_folder, shown, write_atomically

HOMES = ("notebooks", "pytorch/notebooks", "tensorflow/notebooks")
"""Folders of the project's own notebooks."""
COPIES = "my_notebooks"
ORIGINS = ".origins.json"
"""File beside the copies: which version of the project's notebook each was made from."""

_LINK = re.compile(r"""(\]\(|\b(?:src|href)=")([^)\s"#?]+)""")


@dataclass(frozen=True)
class LabConfig:
    """Make your own copies of all notebooks, in my_notebooks, and start JupyterLab there.

    A copy that is there is never overwritten: a newer version is put beside it.
    """

    arguments: Annotated[
        tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="ARGUMENT …")
    ] = ()
    """For JupyterLab, after a --, such as -- --no-browser."""
    only_copy: bool = False
    """Make the copies and start nothing, for those who use another editor."""


def find_notebooks(pattern: str = "*.ipynb", root: Path = ROOT) -> list[Path]:
    """Return the files of the project's notebooks that fit a pattern."""
    return sorted(path for home in HOMES for path in (root / home).glob(pattern))


def make_copies(root: Path = ROOT, today: datetime.date | None = None) -> list[str]:
    """Copy every notebook into `root/my_notebooks`; return a line about each that is new there.

    Nothing that is there is written again. Raises `ArtifactError` where a file cannot be read or
    written.
    """
    folder = root / COPIES
    make_folder(folder)
    origins = _read_origins(folder)
    added: list[str] = []
    said: list[str] = []
    for path in find_notebooks(root=root):
        notebook = _copy_of(path, folder, root)
        version, mine = _version(notebook), folder / path.name
        if not os.path.lexists(mine):
            _write(mine, notebook)
            added.append(path.stem)
        elif version not in (origins.get(path.name), _version_of(mine)):
            beside = _free_name(mine, today or datetime.date.today())
            _write(beside, notebook)
            said.append(
                f"{path.name} has changed in the project. Yours stays; the new version is "
                f"beside it: {beside.name}"
            )
        origins[path.name] = version
    write_atomically(folder / ORIGINS, json.dumps(origins, indent=1).encode())
    if added:
        said.insert(0, f"Copied into {shown(folder)}, yours to change: {', '.join(added)}")
    return said


def _copy_of(path: Path, folder: Path, root: Path) -> dict[str, Any]:
    """Read a notebook as it should be in `folder`: its links go where they went before."""
    names = {str(own): own.name for own in find_notebooks(root=root)}

    def moved(link: re.Match[str]) -> str:
        target = os.path.normpath(path.parent / link[2])
        if ":" in link[2] or not os.path.exists(target):  # noqa: PTH110
            return link[0]
        return link[1] + names.get(target, os.path.relpath(target, folder))

    with explained("read", path):
        text = path.read_text(encoding="utf-8")
    try:
        notebook = json.loads(text)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = _LINK.sub(moved, "".join(cell["source"]))
        notebook["metadata"].pop("jupytext", None)  # else saving it would write a .py file too
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path} is not a notebook; restore it with git") from error
    return dict(notebook)


def _version(notebook: dict[str, Any]) -> str:
    """Return a digest of what is written in a notebook, whatever came out when it was run."""
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _version_of(path: Path) -> str | None:
    """The same for a file of a student, which may hold anything."""
    try:
        return _version(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _free_name(path: Path, today: datetime.date) -> Path:
    """Return a name beside `path` that nothing has yet: with the date, then with a number too."""
    name, number = path.with_suffix(f".{today}.ipynb"), 1
    while os.path.lexists(name):
        number += 1
        name = path.with_suffix(f".{today}-{number}.ipynb")
    return name


def _write(path: Path, notebook: dict[str, Any]) -> None:
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    write_atomically(path, f"{text}\n".encode())


def _read_origins(folder: Path) -> dict[str, str]:
    """Without that file nothing is lost: the copies themselves are then looked at."""
    try:
        origins = json.loads((folder / ORIGINS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return origins if isinstance(origins, dict) else {}


def lab_command(arguments: tuple[str, ...] = (), root: Path = ROOT) -> list[str]:
    """Return the command that starts JupyterLab among the copies.

    It serves the whole project, so that links to its pages and code can be opened.
    """
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{COPIES}",
        *arguments,
    ]


def open_lab(config: LabConfig) -> None:
    """Make the copies, say what is new, and become JupyterLab."""
    for line in make_copies():
        print(line, flush=True)
    if config.only_copy:
        return
    if not find_spec("jupyterlab"):
        raise UserError(
            "JupyterLab is not installed: run `make setup`, or "
            'python -m pip install -e ".[notebooks]" -c constraints.txt'
        )
    command = lab_command(config.arguments)
    os.execv(command[0], command)  # so that Ctrl-C and its question are JupyterLab's own


def main() -> None:
    """Read the command line, make the copies, start JupyterLab."""
    config = cli.parse(LabConfig)
    cli.run(lambda: open_lab(config))
