"""Links to files of the repository open pages that show them, with highlighting and line numbers.

The pages that people write link to code as GitHub wants it, by a path. Here such a link would
download the file. So each file that something links to becomes a page, at its own path with
`.html` behind. A path in code type, such as `deconv/metrics.py`, becomes a link too, and a link to
a folder leads to the README in it.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath, relpath
from typing import Any

from docutils import nodes
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx

_PATH = re.compile(r"(?!artifacts/)\w[\w./-]*\.(?:py|md|ipynb|toml|txt|cff|yml)")
SHOWN = {".py", ".toml", ".txt", ".cff", ".yml", ".sh", ""}
"""Kinds of files that get a page; others, such as tables and pictures, are downloaded."""
_PAGE = (
    '<section class="code-page"><h1 class="path">{path}</h1>\n'
    "<p>A file of the project, as it was when this book was built.</p>\n{code}</section>"
)


class CodePages:
    """The files that pages of the book link to, and how they are shown."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.linked: set[str] = set()

    def uri(self, path: str, docname: str, line: int | None = None) -> str:
        """Return the address of a file's page, seen from a document, and remember the file."""
        self.linked.add(path)
        anchor = f"#L-{line}" if line else ""
        return relpath(f"{path}.html", dirname(docname) or ".") + anchor

    def change_links(self, app: Sphinx, document: nodes.document) -> None:
        """Change the links of a document that has just been read."""
        env, here = app.env, app.env.current_document.docname

        def link_to(path: str, content: list[nodes.Node], line: int | None = None) -> nodes.Element:
            if docname := env.path2doc(str(self.root / path)):
                options = {"refdoc": here, "reftype": "myst", "refexplicit": True}
                return addnodes.pending_xref(
                    "", *content, refdomain="doc", reftarget=docname, reftargetid=None, **options
                )
            uri = self.uri(path, here, line)
            return nodes.reference("", "", *content, refuri=uri, internal=True)

        for node in list(document.findall(addnodes.download_reference)):
            path = normpath(join(dirname(here), node["reftarget"]))
            if PurePosixPath(path).suffix in SHOWN:
                content = [child.deepcopy() for child in node.children[0].children]
                node.replace_self(link_to(path, content, node.get("line")))
        for node in list(document.findall(addnodes.pending_xref)):
            if node.get("reftype") == "myst" and node["refdomain"] is None:
                path = normpath(join(dirname(here), node["reftarget"], "README.md"))
                if (self.root / path).is_file() and not path.startswith(".."):
                    content = [child.deepcopy() for child in node.children]
                    node.replace_self(link_to(path, content))
        for node in list(document.findall(nodes.literal)):
            path = node.astext()
            linked = isinstance(node.parent, nodes.reference | addnodes.pending_xref)
            if not linked and _PATH.fullmatch(path) and (self.root / path).is_file():
                node.replace_self(link_to(path, [node.deepcopy()]))

    def render(self, app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
        """Yield every linked file as a page: its name, its content, its template."""
        for path in sorted(self.linked):
            text = (self.root / path).read_text(encoding="utf-8")
            code = app.builder.highlighter.highlight_block(
                text, language(path), linenos="inline", lineanchors="L"
            )
            body = _PAGE.format(path=escape(path).replace("/", "/<wbr>"), code=code)
            yield path, {"title": path, "body": body, "parents": []}, "page.html"


def language(path: str) -> str:
    """Return Pygments' name of the language that a file is written in."""
    try:
        return get_lexer_for_filename(path).aliases[0]
    except ClassNotFound:
        return "text"


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moments when a page has been read and when all have been written."""
    pages = CodePages(Path(app.srcdir))
    # Before Sphinx collects the files that are to be downloaded.
    app.connect("doctree-read", pages.change_links, priority=100)
    app.connect("html-collect-pages", pages.render)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
