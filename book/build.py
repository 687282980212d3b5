"""Build the book: `python -m book.build`, or `make book`.

Sphinx reads the pages of the repository and writes a static site; any warning is an error. Then the
site is checked (`book.check`), and only a whole and sound one replaces the one before.
"""

import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from book.check import check
from deconv import cli
from deconv.config import ROOT, UserPath
from deconv.errors import UserError
from deconv.files import explained, make_folder, shown, write_atomically
from deconv.playground.material import SHIPPED
from deconv.playground.publish import publish, serving

PACKAGES = {"sphinx": "sphinx", "myst_nb": "myst-nb", "furo": "furo",
            "sphinx_copybutton": "sphinx-copybutton", "griffe": "griffelib"}  # fmt: skip
MARK = "objects.inv"
"""Every site that Sphinx writes has this file."""


@dataclass(frozen=True)
class BuildConfig:
    """Build the book as a static site."""

    output: UserPath = ROOT / "artifacts" / "book"
    """Folder of the site. The addresses that it links to are listed beside it."""


def build(target: Path) -> str:
    """Write the site into the folder `target`, in place of an earlier one.

    Returns what its playground lacks, if anything: its runtime is not in the project.
    Raises `UserError` when Sphinx warns, when the site fails its check, or when the folder holds
    something else than a book.
    """
    if missing := [name for module, name in PACKAGES.items() if not find_spec(module)]:
        raise UserError(
            f"the book needs {', '.join(missing)}; install what is missing with "
            'python -m pip install -e ".[book]" -c constraints.txt'
        )
    if target.exists() and not (target / MARK).is_file():
        raise UserError(f"{target} is there and holds no book; give another folder to --output")
    make_folder(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".book-") as temporary:
        site = Path(temporary, "site")
        run_sphinx(site, Path(temporary, "doctrees"))
        runtime = ROOT / "artifacts" / "pyodide"
        lacks = publish(site / "playground", runtime, SHIPPED, book="../book/index.html")
        found = check(site)
        if found.problems:
            raise UserError("\n  ".join(["the book has broken links:", *found.problems]))
        with explained("replace", target):
            if target.exists():
                shutil.rmtree(target)
            site.rename(target)
    write_atomically(target.with_name(f"{target.name}-links.txt"), found.listed().encode())
    return lacks


def run_sphinx(site: Path, doctrees: Path, source: Path = ROOT) -> None:
    """Let Sphinx read `source` and write `site`; it prints its warnings itself."""
    from sphinx.cmd.build import build_main

    options = ["--quiet", "--fail-on-warning", "--keep-going", "--fresh-env"]
    folders = ["--conf-dir", str(ROOT / "book"), "--doctree-dir", str(doctrees), str(source)]
    if build_main(["--builder", "html", *options, *folders, str(site)]):
        raise UserError("the book was not built; the lines above say why")


def main() -> None:
    """Read the command line and build."""
    config = cli.parse(BuildConfig)
    cli.run(lambda: run(config.output))


def run(target: Path) -> None:
    """Build, and say where the book is."""
    lacks = build(target)
    print(f"Book: {shown(target / 'index.html')}")
    if lacks:
        print(f"Its playground computes nothing: {lacks}")
    else:
        print(f"Its playground needs a web server: {serving(target)}")
    print(f"Links to other sites: {shown(target.with_name(f'{target.name}-links.txt'))}")


if __name__ == "__main__":
    main()
