"""A report in Markdown as one HTML file that needs nothing beside it and no network.

markdown-it-py follows CommonMark, and MyST, which renders the documentation, is built on it.
Keras brings it along, through rich.
"""

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any

from markdown_it import MarkdownIt

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #ffffff; --line: #d0d0d0;
  --shade: #f3f3f3; --link: #005a9c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e4e4; --paper: #161616; --line: #444444;
  --shade: #262626; --link: #7ab8f5; } img { filter: brightness(0.9); } }
body { margin: 0 auto; padding: 1rem 1rem 4rem; max-width: 62rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.25; margin: 2em 0 0.6em; }
h1 { margin-top: 0.5em; }
a { color: var(--link); }
code { font-family: ui-monospace, monospace; font-size: 0.9em; padding: 0.1em 0.25em;
  background: var(--shade); }
pre { padding: 0.7rem; background: var(--shade); overflow-x: auto; }
pre code { padding: 0; }
blockquote { margin: 1em 0; padding: 0.1em 1em; border-left: 4px solid var(--line); }
.scroll { overflow-x: auto; margin: 1em 0; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.7rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; white-space: nowrap; overflow-wrap: normal; }
td:first-child { white-space: normal; min-width: 9rem; }
table:not(:has(td:nth-child(5))) td { white-space: normal; }
th { white-space: normal; vertical-align: bottom; }
img { display: block; width: 100%; min-width: 42rem; max-width: 62rem; border-radius: 4px; }
nav ul { columns: 16rem; padding-left: 1.2rem; }
"""
"""Wide tables and figures scroll in a box of their own, so that a page never does sideways."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<nav aria-label="Sections"><ul>
{contents}
</ul></nav>
<main>
{body}</main>
</body>
</html>
"""


def page(title: str, markdown: str, images: Mapping[str, bytes]) -> str:
    """Render Markdown as a page.

    `images` are the PNG files that it shows, by the path that it has for them; each is put
    into the page itself. HTML in the Markdown is shown as text.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    for name, text in BOXES.items():
        parser.add_render_rule(name, _constant(text))
    tokens = parser.parse(markdown)
    contents: list[str] = []
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            name = f"section-{len(contents) + 1}"
            token.attrSet("id", name)
            contents.append(f'<li><a href="#{name}">{escape(tokens[number + 1].content)}</a></li>')
        for child in token.children or []:
            if child.type == "image":
                data = b64encode(images[str(child.attrs["src"])]).decode()
                child.attrSet("src", f"data:image/png;base64,{data}")
    body = parser.renderer.render(tokens, parser.options, {})
    body = body.replace("<p><img", '<p class="scroll" tabindex="0"><img')
    return PAGE.format(title=escape(title), style=STYLE, contents="\n".join(contents), body=body)


BOXES = {
    "table_open": '<div class="scroll" tabindex="0"><table>\n',
    "table_close": "</table></div>\n",
}
"""What stands for the beginning and the end of a table."""


def _constant(text: str) -> Any:
    return lambda self, tokens, index, options, env: text
