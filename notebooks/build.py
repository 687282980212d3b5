"""Make every notebook from its text source and run it: `python -m notebooks.build`.

A notebook file mixes code, pictures and counters, so changes to it are hard to
read. What people edit is therefore a plain Python file in jupytext's percent
format, and the `.ipynb` beside it is made from that: the same cells, with the
outputs of one run from top to bottom in a fresh kernel.

Nothing of the machine goes into the file: cells are numbered, paths are written
as they are from the repository root, and a progress bar, which says nothing
once it is full, is taken away.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

from deconv.data.archives import find_data_dir

ROOT = Path(__file__).resolve().parents[1]
_WIDGET = "application/vnd.jupyter.widget-view+json"
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "jupytext": {"formats": "ipynb,py:percent"},
}


def find(pattern: str, root: Path = ROOT) -> list[Path]:
    """Return all files in folders named `notebooks` that fit `pattern`, hidden folders left out."""
    return sorted(
        path
        for path in root.rglob(f"notebooks/{pattern}")
        if not any(part.startswith(".") for part in path.relative_to(root).parts)
    )


def find_sources(root: Path = ROOT) -> list[Path]:
    """Return the text sources of all notebooks: Python files that begin with jupytext's header."""
    return [path for path in find("*.py", root) if path.read_text().startswith("# ---\n# jupyter:")]


def convert(source: Path) -> nbformat.NotebookNode:
    """Read a text source as a notebook without outputs; the same text gives the same notebook."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", {}
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
            cell.outputs = [output for output in cell.outputs if not _is_progress_bar(output)]
            for output in cell.outputs:
                if output.output_type == "stream":
                    output.text = _as_usual(output.text, settings or {})


def _is_progress_bar(output: Mapping[str, Any]) -> bool:
    return _WIDGET in output.get("data", {})


def _as_usual(text: str, settings: Mapping[str, str]) -> str:
    """Write paths as they are for a reader who has everything at its usual place."""
    runs = settings.get("DECONV_NOTEBOOK_DIR", "artifacts/notebooks")
    text = text.replace(runs, "artifacts/notebooks")
    return text.replace(str(find_data_dir(None)), "artifacts/data").replace(f"{ROOT}/", "")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, then make and run every notebook."""
    parser = argparse.ArgumentParser(prog="python -m notebooks.build", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a few seconds of training on drawn garments; not for outputs to keep",
    )
    quick = "1" if parser.parse_args(arguments).quick else "0"
    for source in find_sources():
        print(f"{source.relative_to(ROOT)} …", flush=True)
        notebook = convert(source)
        with tempfile.TemporaryDirectory() as folder:  # a reader's own runs are left alone
            settings = {"DECONV_QUICK": quick, "DECONV_NOTEBOOK_DIR": folder}
            execute(notebook, source.parent, settings)
        target = source.with_suffix(".ipynb")
        target.write_text(nbformat.writes(notebook) + "\n")
        print(f"{target.relative_to(ROOT)} ({target.stat().st_size / 1e6:.2f} MB)", flush=True)


if __name__ == "__main__":
    main()
