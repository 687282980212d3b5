"""The files of the page, the one that Python writes (its colours), and what it may load."""

from pathlib import Path

from deconv.arithmetic.drawing.theme import DARK, LIGHT, properties

STATIC = Path(__file__).parent / "static"
THEME = "theme.css"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""What the page may load, with a server or without: only what is its own."""


def theme_css() -> str:
    """The colours of `deconv.arithmetic.drawing.theme`, light or dark as the reader has set it."""
    dark = f"@media (prefers-color-scheme:dark){{:root{{{properties(DARK)}}}}}"
    return f":root{{{properties(LIGHT)}}}\n{dark}\n"
