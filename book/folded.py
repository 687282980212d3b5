"""What JupyterLab shows folded is folded in the book: an answer is not read before its question.

JupyterLab writes it into a cell as `jupyter.source_hidden` and `jupyter.outputs_hidden`; the book's
reader of notebooks, myst-nb, knows the same as tags.
"""

import json

from sphinx.application import Sphinx

TAGS = {"source_hidden": "hide-input", "outputs_hidden": "hide-output"}


def fold(app: Sphinx, docname: str, source: list[str]) -> None:
    """Tag the folded cells of a notebook that has just been read; `source` holds its text."""
    if app.env.doc2path(docname).suffix == ".ipynb":
        notebook = json.loads(source[0])
        for cell in notebook["cells"]:
            about = cell["metadata"]
            tags = [tag for key, tag in TAGS.items() if about.get("jupyter", {}).get(key)]
            about["tags"] = [*about.get("tags", []), *tags]
        source[0] = json.dumps(notebook)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moment when the text of a page has been read."""
    app.connect("source-read", fold)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
