"""Pictures that a notebook drew have words for those who do not see them.

Without words, a screen reader would read the name of the picture's file. The project's own pictures
say in themselves what they show; of another, only the section that drew it is known.
"""

from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from sphinx.application import Sphinx

SVG = "{http://www.w3.org/2000/svg}"


def describe(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give every picture of a page that has no words some."""
    for picture in doctree.findall(nodes.image):
        if "alt" not in picture:
            picture["alt"] = said_in(Path(app.srcdir, picture["uri"])) or drawn_in(picture)


def said_in(path: Path) -> str:
    """Return what an SVG file says that it shows."""
    if path.suffix != ".svg":
        return ""
    drawn = ElementTree.parse(path)
    said = (drawn.findtext(f"{SVG}{name}") for name in ("title", "desc"))
    return ". ".join(text for text in said if text)


def drawn_in(picture: nodes.image) -> str:
    """Return where in its notebook a picture was drawn."""
    section: nodes.Node = picture
    while section.parent and not isinstance(section, nodes.section):
        section = section.parent
    title = next(section.findall(nodes.title), None)
    return f"Picture drawn by the code above it, in: {title.astext() if title else 'this page'}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to the moment when a page is about to be written."""
    app.connect("doctree-resolved", describe)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
