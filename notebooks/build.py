"""Make every notebook from its text source and run it: `python -m notebooks.build`.

A notebook file mixes code, pictures and counters, so changes to it are hard to
read. What people edit is therefore a plain Python file in jupytext's percent
format, and the `.ipynb` beside it is made from that: the same cells, with the
outputs of one run from top to bottom in a fresh kernel.

Nothing of the machine goes into the file: cells are numbered, paths are written
as they are from the repository root, and a widget, which is dead without its
kernel, is taken away; what it showed stands beside it as a picture.
"""

import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from joblib import Parallel, delayed
from nbclient import NotebookClient

from deconv import cli
from deconv.config import ROOT, UserPath
from deconv.copies import find_notebooks
from deconv.data.archives import find_data_dir
from deconv.errors import ConfigError
from deconv.files import explained, shown, write_atomically
from deconv.lab import FOLDER, QUICK
from deconv.running.processor import cores
from deconv.study.training import ONE_THREAD

_WIDGET = "application/vnd.jupyter.widget-view+json"
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "jupytext": {"formats": "ipynb,py:percent"},
}


@dataclass(frozen=True)
class BuildConfig:
    """Make notebooks from their text sources and run them."""

    quick: bool = False
    """A few seconds of training on drawn garments, in one thread, and as many notebooks at a time
    as there are cores; not for outputs to keep."""
    only: tuple[str, ...] = ()
    """Names of notebooks, such as 01_arithmetic [default: all]."""
    output: UserPath | None = None
    """Folder to write them to [default: each beside its source]."""


def find_sources(root: Path = ROOT) -> list[Path]:
    """Return the text sources of all notebooks: Python files that begin with jupytext's header."""
    sources = find_notebooks("*.py", root)
    return [path for path in sources if path.read_text().startswith("# ---\n# jupyter:")]


def convert(source: Path) -> nbformat.NotebookNode:
    """Read a text source as a notebook without outputs; the same text gives the same notebook.

    Of what a cell's header says, only what JupyterLab folds is kept (`source_hidden`,
    `outputs_hidden`).
    """
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells):
        kept = {key: cell.metadata[key] for key in ("jupyter",) if key in cell.metadata}
        cell.id, cell.metadata = f"cell-{number}", nbformat.from_dict(kept)
    notebook.metadata = nbformat.from_dict(_METADATA)
    return notebook


def execute(
    notebook: nbformat.NotebookNode, folder: Path, settings: Mapping[str, str] | None = None
) -> None:
    """Run all cells in a fresh kernel that starts in `folder`, and keep their outputs.

    `settings` are environment variables to add. Raises `nbclient`'s
    `CellExecutionError`, which quotes the cell, when one fails.
    """
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=None,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env={**os.environ, **(settings or {})})
    notebook.metadata = nbformat.from_dict(_METADATA)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_widget(output)]
            for output in cell.outputs:
                _clean(output, settings or {})


def _is_widget(output: Mapping[str, Any]) -> bool:
    return _WIDGET in output.get("data", {})


def _clean(output: nbformat.NotebookNode, settings: Mapping[str, str]) -> None:
    """Write paths as they are for a reader who has everything at its usual place."""
    places = {
        settings.get(FOLDER, "artifacts/notebooks"): "artifacts/notebooks",
        str(find_data_dir(None)): "artifacts/data",
        f"{ROOT}/": "",
    }
    texts = output.get("data", {})
    for owner, key in [(output, "text")] * ("text" in output) + [
        (texts, kind) for kind in texts if kind.startswith("text/")
    ]:
        for place, usual in places.items():
            owner[key] = owner[key].replace(place, usual)


def run(config: BuildConfig) -> None:
    """Make and run the notebooks; raises `ConfigError` for a name that none of them has."""
    sources = find_sources()
    unknown = set(config.only) - {path.stem for path in sources}
    if unknown:
        raise ConfigError(
            f"--only: there is no notebook {', '.join(sorted(unknown))}; "
            f"there are {', '.join(path.stem for path in sources)}"
        )
    if config.output:
        with explained("make the folder", config.output):
            config.output.mkdir(parents=True, exist_ok=True)
    Parallel(n_jobs=cores() if config.quick else 1)(
        delayed(build)(source, config.output or source.parent, config.quick)
        for source in sources
        if not config.only or source.stem in config.only
    )


def build(source: Path, folder: Path, quick: bool) -> None:
    """Make one notebook in `folder`; raises what `execute` raises."""
    print(f"{shown(source)} …", flush=True)
    began, notebook = time.perf_counter(), convert(source)
    with tempfile.TemporaryDirectory() as runs:  # a reader's own runs are left alone
        settings = {QUICK: "1" if quick else "0", FOLDER: runs}
        execute(notebook, source.parent, settings | (ONE_THREAD if quick else {}))
    target = folder / source.with_suffix(".ipynb").name
    write_atomically(target, f"{nbformat.writes(notebook)}\n".encode())
    size, seconds = target.stat().st_size / 1e6, time.perf_counter() - began
    print(f"{shown(target)} ({size:.2f} MB, {seconds:.0f} s)", flush=True)


def main() -> None:
    """Read the command line, then make and run notebooks."""
    config = cli.parse(BuildConfig)
    cli.run(lambda: run(config))


if __name__ == "__main__":
    main()
