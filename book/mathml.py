"""Formulas as MathML, which every browser draws without a script.

docutils, on which Sphinx is built, turns LaTeX into MathML. MathJax would do more, but it is two
megabytes of JavaScript that no package for Python brings along.
"""

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

_log = logging.getLogger(__name__)


def inline(writer: Any, node: nodes.math) -> None:
    """Write a formula within a line."""
    writer.body.append(mathml(node))
    raise nodes.SkipNode


def block(writer: Any, node: nodes.math_block) -> None:
    """Write a formula that stands alone; a wide one is scrolled by itself."""
    writer.body.append(f'<div class="math">{mathml(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def mathml(node: nodes.Element, as_block: bool = False) -> str:
    """Return the formula of a node as MathML; what docutils cannot read is a warning."""
    try:
        return tex2mathml(node.astext(), as_block=as_block)
    except MathError as error:
        _log.warning("a formula that is not understood: %s", error, location=node)
        return ""


def setup(app: Sphinx) -> dict[str, bool]:
    """Give Sphinx the renderer that `html_math_renderer` names."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
