"""How Sphinx makes the book: `python -m book.build`.

Sources are the pages of the repository where they lie, so that they are the same on GitHub and
here. Nothing of a finished page comes from another host: no fonts, no scripts, and formulas are
MathML, which browsers draw themselves.
"""

import logging
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # for the extensions in this folder

project = "Deconvolutional networks, written twice"
author = "the contributors"
copyright = author
release = version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
language = "en"

root_doc = "book/index"
include_patterns = [
    "README.md",
    "CONTRIBUTING.md",
    "artifacts/README.md",
    "book/**.md",
    "docs/**.md",
    "notebooks/*.ipynb",
    "pytorch/**",
    "tensorflow/**",
]
# No pages, but many files to look through.
exclude_patterns = [".*", "**/.*", "artifacts/*/**", "benchmarks", "deconv", "tests"]
extensions = [
    "myst_nb",
    "sphinx_copybutton",
    "book.code_pages",
    "book.described",
    "book.folded",
    "book.mathml",
    "book.public",
]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

smartquotes = False  # it would turn the flag --output into –output
highlight_language = "none"  # a block that names no language is text or a formula
add_module_names = False
python_maximum_signature_line_length = 88
toc_object_entries = False

nb_execution_mode = "off"  # the notebooks are shown as they were run for the repository
nb_ipywidgets_js: dict[str, object] = {}  # widgets would be loaded from another host
myst_enable_extensions = ["dollarmath", "amsmath", "tasklist"]
myst_enable_checkboxes = True
myst_heading_anchors = 3  # headings get the anchors that they have on GitHub
myst_update_mathjax = False
html_math_renderer = "mathml"

copybutton_exclude = ".linenos, .gp, .go"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = project
html_favicon = "static/icon.svg"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_additional_pages = {"index": "to_the_book.html"}
templates_path = ["templates"]
html_copy_source = html_show_sourcelink = False
html_domain_indices = False

# The order in index.md has places for pages that are not written yet. Sphinx' warning about such a
# place has no type by which it could be switched off.
logging.getLogger("sphinx.sphinx.directives.other").addFilter(
    lambda record: "glob pattern" not in str(record.msg)
)
