"""The files of the page, and the one of them that Python writes: the colours of the pictures."""

from pathlib import Path

from deconv.arithmetic.drawing.theme import DARK, LIGHT, properties

STATIC = Path(__file__).parent / "static"
THEME = "theme.css"


def theme_css() -> str:
    """The colours of `deconv.arithmetic.drawing.theme`, light or dark as the reader has set it."""
    dark = f"@media (prefers-color-scheme:dark){{:root{{{properties(DARK)}}}}}"
    return f":root{{{properties(LIGHT)}}}\n{dark}\n"
