"""The book: the site keeps to itself, has no broken link, and any warning stops it."""

import base64
import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

import deconv.arithmetic
from book.build import PACKAGES
from book.check import check
from deconv.arithmetic.drawing.frames import picture
from deconv.arithmetic.drawing.raster import png
from deconv.arithmetic.drawing.svg import svg
from deconv.config import ROOT

DOCS = ROOT / "docs"
TEXTS = {".html", ".js", ".css", ".txt", ".svg", ".json", ".map"}

needs_sphinx = pytest.mark.skipif(
    not all(map(find_spec, PACKAGES)),
    reason="the packages of the book are not installed; `make book` installs them",
)


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own: Sphinx leaves handlers and settings behind."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


# The check

SOUND = {
    "index.html": '<a href="other/page.html#there">there</a> <a href="https://example.org/">out</a>'
    '<a id="top" href="#top">top</a> <img src="picture.png"> <a href="other/">folder</a>'
    '<link rel="canonical" href="https://example.org/book">',
    "other/page.html": '<h1 id="there">There</h1><svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "other/index.html": "",
    "picture.png": "",
    "style.css": "body { background: url(picture.png) } /* see https://example.org */",
    "script.js": 'const SVG = "http://www.w3.org/2000/svg"; fetch("data.json") // https://a.org',
}


def site(folder: Path, **changes: str) -> Path:
    for name, text in {**SOUND, **changes}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_sound_site_passes_and_its_links_to_others_are_listed(tmp_path):
    found = check(site(tmp_path))
    assert found.problems == []
    assert found.listed().splitlines() == [
        "https://example.org/  index.html",
        "https://example.org/book  index.html",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.html", '<script src="https://cdn.example.org/a.js"></script>'),
        ("page.html", '<link rel="stylesheet" href="//fonts.example.org/a.css">'),
        ("page.html", '<link rel="preconnect" href="https://fonts.example.org">'),
        ("page.html", '<img srcset="picture.png 1x, https://example.org/b.png 2x">'),
        ("page.html", '<p style="background: url(https://example.org/b.png)">'),
        ("page.html", "<style>@import 'https://example.org/a.css';</style>"),
        ("page.html", '<script>import("https://example.org/a.js")</script>'),
        ("page.html", '<iframe src="https://example.org/"></iframe>'),
        ("page.html", '<svg><image href="https://example.org/a.png"/></svg>'),
        ("page.html", '<svg><use xlink:href="https://example.org/a.svg#b"/></svg>'),
        ("style.css", 'src: url("https://example.org/a.woff2")'),
        ("script.js", "fetch(`https://example.org/data`)"),
        ("script.js", 'new WebSocket("wss://example.org")'),
    ],
)
def test_what_would_come_from_another_host_is_found(tmp_path, name, text):
    (problem,) = check(site(tmp_path, **{name: text})).problems
    assert problem.startswith(f"{name} loads ")


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("nowhere.html", "no such file"),
        ("other/page.html#here", "no such anchor"),
        ("#nowhere", "no such anchor"),
        ("../other/page.html", "no such file"),
    ],
)
def test_a_link_inside_that_leads_nowhere_is_found(tmp_path, link, why):
    folder = site(tmp_path / "site", **{"page.html": f'<a href="{link}">link</a>'})
    assert check(folder).problems == [f"page.html leads to {link}: {why}"]


# A small book

NOTEBOOK = {
    "nbformat": 4, "nbformat_minor": 5,
    "metadata": {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Course\n\n$x^2$"},
        {"cell_type": "code", "id": "b", "source": "answer()", "execution_count": 1,
         "metadata": {"jupyter": {"outputs_hidden": True}},
         "outputs": [{"output_type": "stream", "name": "stdout", "text": "the answer"}]},
        {"cell_type": "code", "id": "c", "source": "draw()", "execution_count": 2, "metadata": {},
         "outputs": [{"output_type": "display_data", "metadata": {}, "data": data} for data in (
             {"image/svg+xml": svg(picture("scatter"))},
             {"image/png": base64.b64encode(png(Image.new("L", (2, 2)))).decode()})]},
    ],
}  # fmt: skip
PAGES = {
    "book/index.md": "# Book\n\n```{toctree}\n:glob:\n\n../docs/*\n../notebooks/*\n../side/*\n"
    "../pytorch/README\n../nothing/*\n```\n",
    "docs/page.md": "# Page\n\n[code](../small/tool.py) `small/tool.py` [side](../pytorch/)\n\n"
    "[table](table.csv)\n\n- [ ] a box to tick\n\n"
    "`docs/page.md` `small/none.py`\n\n```{public} small.tool\n```\n",
    "docs/table.csv": "a,b\n",
    "pytorch/README.md": "# Side\n\n[page](../docs/page.md#page)\n",
    "notebooks/01.ipynb": json.dumps(NOTEBOOK),
    "small/__init__.py": "",
    "small/kinds.py": 'class Kind:\n    """A kind."""\n',
    "small/tool.py": '"""A tool."""\n\nfrom small.kinds import Kind\n\n\n'
    'def use(kind: Kind, *, often: int = 2) -> Kind:\n    """Use *it*:\n\n        a = b\n    """\n'
    "\n\ndef _hidden(): ...\n\nraise SystemExit\n",
}


def small_book(folder: Path, **changes: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    source, out = folder / "source", folder / "site"
    for name, text in {**PAGES, **changes}.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from book.build import run_sphinx; "
        "run_sphinx(*map(Path, sys.argv[1:]))"
    )
    return python(code, out, folder / "doctrees", source), out


@needs_sphinx
@pytest.mark.slow
def test_a_small_book_links_to_code_reads_it_and_folds_what_is_folded(tmp_path):
    done, out = small_book(tmp_path)
    assert done.returncode == 0, done.stderr
    page = (out / "docs/page.html").read_text(encoding="utf-8")
    assert page.count('href="../small/tool.py.html"') == 2  # the link, and the path in code type
    assert 'href="../pytorch/README.html"' in page
    assert re.search(r'href="../_downloads/\w+/table.csv"', page)
    assert "none.py.html" not in page
    assert re.search(r'<input [^>]*type="checkbox"(?![^>]*disabled)', page)
    assert 'href="../small/tool.py.html#L-6"' in page  # [source]
    assert "_hidden" not in page
    assert "<em>it</em>" in page
    assert '<a id="L-6"' in (out / "small/tool.py.html").read_text(encoding="utf-8")
    notebook = (out / "notebooks/01.html").read_text(encoding="utf-8")
    assert "<msup>" in notebook
    assert "<details" in notebook[: notebook.index("the answer")]
    said = re.findall(r'<img alt="([^"]*)"', notebook)
    assert said[0].startswith("4×4 → 7×7: kernel 3, stride 2, padding 1. Scatter: every input")
    assert said[1:] == ["Picture drawn by the code above it, in: Course"]
    assert check(out).problems == []


@needs_sphinx
@pytest.mark.slow
def test_each_warning_stops_the_book(tmp_path):
    wrong = {
        "docs/file.md": "# File\n\n[gone](gone.md)\n",
        "docs/anchor.md": "# Anchor\n\n[here](page.md#elsewhere)\n",
        "docs/formula.md": "# Formula\n\n$\\nonsense{x}$\n",
        "docs/picture.md": "# Picture\n\n![picture](gone.png)\n",
        "CONTRIBUTING.md": "# In no list of pages\n",
    }
    done, _ = small_book(tmp_path, **wrong)
    assert done.returncode != 0
    for name in wrong:
        assert f"{name}:" in done.stderr
    assert "the book was not built" in done.stderr


@needs_sphinx
def test_a_folder_that_holds_no_book_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    command = [sys.executable, "-m", "book.build", "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "holds no book" in done.stderr
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


# The book


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """The built book, made without loading a framework."""
    target = tmp_path_factory.mktemp("artifacts") / "book"
    code = (
        "import sys; from pathlib import Path; from book.build import run; "
        "run(Path(sys.argv[1])); assert not {'torch', 'tensorflow', 'keras'} & sys.modules.keys()"
    )
    done = python(code, target)
    assert done.returncode == 0, done.stderr
    served = "Its playground needs a web server: python -m http.server"
    assert served in done.stdout or "Its playground computes nothing" in done.stdout
    return target


@needs_sphinx
@pytest.mark.slow
def test_the_book_has_a_page_for_each_text_and_each_notebook(book):
    notebooks = [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("*/notebooks/*.ipynb")]
    for source in [ROOT / "README.md", *DOCS.rglob("*.md"), *notebooks]:
        page = (book / source.relative_to(ROOT)).with_suffix(".html").read_text(encoding="utf-8")
        assert 'class="related-pages"' in page
    assert 'url=book/index.html"' in (book / "index.html").read_text()
    beside = (book / "book/index.html").read_text(encoding="utf-8")
    course = re.findall(r'internal" href="\.\./[\w/]*notebooks/(\w+)\.html"', beside)
    assert course[:3] == ["deconv_pytorch", "deconv_tensorflow", "01_arithmetic"]
    playground = (book / "playground" / "index.html").read_text()  # the link to it was checked
    assert 'href="../book/index.html"' in playground
    assert beside.count('role="heading"') == beside.count('role="heading" aria-level="2"') > 3
    links = (book.parent / "book-links.txt").read_text()
    assert "\nhttps://arxiv.org/abs/1603.07285  docs/arithmetic.html" in links


@needs_sphinx
@pytest.mark.slow
def test_the_reference_describes_every_public_name_of_the_arithmetic(book):
    page = (book / "book/reference/arithmetic.html").read_text(encoding="utf-8")
    for name in deconv.arithmetic.__all__:
        assert f'id="deconv.arithmetic.{name}"' in page


@needs_sphinx
@pytest.mark.slow
def test_the_reference_describes_something_of_every_module_that_it_names(book):
    pages = sorted((ROOT / "book/reference").glob("*.md"))
    named = [
        (page.stem, module)
        for page in pages
        for module in re.findall(r"\{public\} (\S+)", page.read_text(encoding="utf-8"))
    ]
    assert len(named) > 20
    for page, module in named:
        html = (book / f"book/reference/{page}.html").read_text(encoding="utf-8")
        assert f'id="{module}.' in html, module


@needs_sphinx
@pytest.mark.slow
def test_the_reference_has_both_frameworks_without_mixing_them_up(book):
    for side, other in (("pytorch", "tensorflow"), ("tensorflow", "pytorch")):
        page = (book / f"book/reference/{side}.html").read_text(encoding="utf-8")
        for name in ("config.detect_device", "model.build_model", "engine.train_step"):
            assert f'id="{side}.src.{name}"' in page
        assert f'href="#{side}.src.config.Config"' in page
        assert f"{other}.src.config.Config" not in page


@needs_sphinx
@pytest.mark.slow
def test_the_book_names_no_folder_of_the_machine_that_made_it(book):
    texts = [p for p in book.rglob("*") if p.suffix in TEXTS or p.name == ".buildinfo"]
    assert len(texts) > 80
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert [at for at in (ROOT, Path.home(), book.parent) if f"{at}/" in text] == [], path
