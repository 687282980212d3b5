"""The colours of SVG pictures, by name, for pages on white and for pages on black.

A picture says `var(--deconv-orange, #e69f00)`: a page that sets nothing shows the
palette of `page`, and a page that sets these properties (with `properties(DARK)`)
shows another, without a new picture. The dark colours were searched by
computer for the same rules that `tests/test_arithmetic_colours.py` checks of the
light ones: everybody can tell them apart, and every number can be read on them.
"""

from collections.abc import Mapping

from deconv.arithmetic.drawing.page import COLOURS, INK, LINE

NAMES = (
    *("paper", "grey", "orange", "pale-orange", "sky"),
    *(f"blue-{number}" for number in range(1, 5)),
    *(f"tint-{number}" for number in range(1, 10)),
)
"""The names of `COLOURS`, in their order."""

LIGHT: dict[str, str] = {
    **dict(zip(NAMES, COLOURS, strict=True)),
    "ink": INK,
    "line": LINE,
    "faint": "#666666",  # darker than in pixels: browsers draw thin letters paler
}

DARK: dict[str, str] = {
    **{"paper": "#15171a", "grey": "#3a3d42", "orange": "#a25c00", "pale-orange": "#4f3510"},
    **{"sky": "#1d4e70", "blue-1": "#1a3448", "blue-2": "#1c4866", "blue-3": "#1c5f8a"},
    **{"blue-4": "#2170a4", "tint-1": "#023f78", "tint-2": "#4b4415", "tint-3": "#672744"},
    **{"tint-4": "#417191", "tint-5": "#015f34", "tint-6": "#282d08", "tint-7": "#ad4448"},
    **{"tint-8": "#616161", "tint-9": "#715e0f", "ink": "#f2f2f2", "line": "#5d6269"},
    "faint": "#aaaaaa",
}


def properties(colours: Mapping[str, str]) -> str:
    """CSS that sets the colours: the inside of a rule."""
    return "".join(f"--deconv-{name}:{colour};" for name, colour in colours.items())


def variable(name: str) -> str:
    """The value of an SVG attribute: the page's colour, or where it sets none the light one."""
    return f"var(--deconv-{name},{LIGHT[name]})"
