"""The page without a server: `python -m deconv.playground.publish`, a folder for any static host.

Python runs in the reader's browser then (Pyodide). The runtime is an npm package, and
its lock file names NumPy's wheel with a checksum. Where one of the two cannot be had,
the folder gets a page that says so, so that a book can be built without a network.
"""

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import pooch

from deconv import cli
from deconv.config import ROOT, UserPath
from deconv.errors import ArtifactError, UserError
from deconv.files import explained, make_folder, read_whole, shown
from deconv.playground.garment import Material
from deconv.playground.material import drawn, models_at_hand
from deconv.playground.packed import pack
from deconv.playground.site import POLICY, STATIC, THEME, theme_css

PYODIDE = "314.0.3"
INTEGRITY = "sha512-" + (
    "sK40My6m8tmBUYtYH9au9rXUeh9x0wfahtHdOlGmJxZDsKBGKtP6KznyFB2+u/klbQTdDionR0uaVd176zVQzQ=="
)
"""Of the npm package, as npm writes it."""
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
ADDRESS = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
LARGEST = 2**26  # bytes of a file
IMAGES = 40
"""Drawn garments: a published page has no file of the dataset, so it is the same everywhere."""
PATIENCE = 120.0
"""Seconds that npm may take."""
WASM_POLICY = POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
FROM_A_FILE = "Loading … If this line stays, the page was opened as a file: it needs a web server."
MISSING = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Playground</title>
<link rel="stylesheet" href="theme.css"><link rel="stylesheet" href="style.css"></head>
<body><main class="prose"><h1>The playground is not part of this build</h1><p>{}</p>
<p>On your own computer, <code>make playground</code> shows it.</p>{}</main></body></html>
"""


class MissingError(UserError):
    """Something that the page needs cannot be had here."""


@dataclass(frozen=True)
class PublishConfig:
    """Write the playground as static files that compute in the reader's browser."""

    output: UserPath = ROOT / "artifacts" / "playground"
    """Folder of the page; an earlier one is replaced."""
    cache: UserPath = ROOT / "artifacts" / "pyodide"
    """Where the runtime and NumPy's wheel are kept once they were fetched. A folder that has
    them already is named by the environment variable PYODIDE_WHEELS."""
    artifact_dir: UserPath = ROOT / "artifacts"
    """Where the runs' folders are; without runs the weights that come with the project."""


def publish(target: Path, cache: Path, artifact_dir: Path, book: str = "") -> str:
    """Write the page into the folder `target`, which is new; return what is missing, if anything.

    The page gets a link to the address `book`, if there is one. Raises `UserError` where
    what was fetched is not what the lock files name.
    """
    target.mkdir(parents=True)
    for path in STATIC.iterdir():
        shutil.copy(path, target / path.name)
    (target / THEME).write_text(theme_css())
    try:
        _add_runtime(target / "pyodide", cache)
    except MissingError as error:
        (target / "index.html").write_text(MISSING.format(escape(str(error)), _link(book)))
        return str(error)
    (target / "deconv.zip").write_bytes(source_code())
    with TemporaryDirectory() as scratch:
        material = Material(models_at_hand(artifact_dir, Path(scratch)), *drawn(IMAGES))
    (target / "material.npz").write_bytes(pack(material))
    page = (STATIC / "index.html").read_text()
    (target / "index.html").write_text(without_server(page, book))
    return ""


def without_server(page: str, book: str = "") -> str:
    """A server's page as one without: no link to its API but one to the book, and its policy."""
    lines = [line for line in page.splitlines() if 'data-only="server"' not in line]
    policy = f'<meta http-equiv="Content-Security-Policy" content="{WASM_POLICY}">'
    charset = '  <meta charset="utf-8">'
    lines.insert(lines.index(charset) + 1, f"  {policy}")
    lines.insert(lines.index("  </nav>"), f"    {_link(book)}")
    page = "\n".join(lines).replace('data-transport="server"', 'data-transport="browser"')
    return page.replace("Loading …", FROM_A_FILE) + "\n"


def _link(book: str) -> str:
    return f'<a href="{escape(book)}">Back to the book</a>' if book else ""


def source_code() -> bytes:
    """A zip of the modules that `respond` imports, with the same bytes each time."""
    code = (
        "import sys; from deconv.playground import packed; "
        "mine = (m for n, m in sorted(sys.modules.items()) if n.split('.')[0] == 'deconv'); "
        "print(*(m.__file__ for m in mine), sep='\\n')"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for line in done.stdout.splitlines():
            name = Path(line).relative_to(ROOT).as_posix()
            archive.writestr(zipfile.ZipInfo(name), Path(line).read_bytes(), zipfile.ZIP_DEFLATED)
    return data.getvalue()


def _add_runtime(folder: Path, cache: Path) -> None:
    """Pyodide and NumPy's wheel, each checked against its lock file."""
    package = _npm_package(cache)
    lock = json.loads(package[LOCK])
    numpy = lock["packages"]["numpy"]
    wheel = _wheel(numpy["file_name"], numpy["sha256"], cache)
    folder.mkdir()
    for name in RUNTIME:
        (folder / name).write_bytes(_without_hosts(name, package[name]))
    lock["packages"] = {"numpy": numpy}  # nothing else can be asked for
    (folder / LOCK).write_text(json.dumps(lock, indent=1))
    (folder / numpy["file_name"]).write_bytes(wheel)


def _npm_package(cache: Path) -> dict[str, bytes]:
    """The files of the runtime by name, from a folder at hand or from npm."""
    archive = _at_hand(f"pyodide-{PYODIDE}.tgz", cache)
    if not archive.is_file():
        make_folder(cache)
        command = ["npm", "pack", "--silent", "--fetch-retries=0", f"pyodide@{PYODIDE}"]
        command[0] = shutil.which("npm") or "npm"  # on Windows it is npm.cmd
        try:
            subprocess.run(command, cwd=cache, capture_output=True, check=True, timeout=PATIENCE)
        except (OSError, subprocess.SubprocessError) as error:
            raise MissingError(
                f"npm could not fetch the package pyodide@{PYODIDE}, which runs Python in browsers"
            ) from error
    data = read_whole(archive, LARGEST)
    found = base64.b64encode(hashlib.sha512(data).digest()).decode()
    if f"sha512-{found}" != INTEGRITY:
        raise ArtifactError(f"{archive} is not the package that npm names; delete it")
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {name: tar.extractfile(f"package/{name}") for name in (*RUNTIME, LOCK)}
        return {name: file.read() for name, file in files.items() if file}


def _wheel(name: str, sha256: str, cache: Path) -> bytes:
    """NumPy for the browser: from a folder at hand, or from Pyodide's project."""
    wheel = _at_hand(name, cache)
    if not wheel.is_file():
        try:
            pooch.retrieve(ADDRESS + name, f"sha256:{sha256}", name, cache)
        except ValueError as error:
            raise ArtifactError(
                f"what {ADDRESS} sent as {name} is not the wheel that Pyodide's lock file names"
            ) from error
        except Exception as error:
            raise MissingError(
                f"{name} is not in the folder that the environment variable PYODIDE_WHEELS names, "
                "and could not be fetched"
            ) from error
    data = read_whole(wheel, LARGEST)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ArtifactError(f"{wheel} is not the wheel that Pyodide's lock file names; delete it")
    return data


def _at_hand(name: str, cache: Path) -> Path:
    """The file in the folder that PYODIDE_WHEELS names, else where it is kept once fetched."""
    named = Path(os.environ.get("PYODIDE_WHEELS") or cache, name)
    return named if named.is_file() else cache / name


def _without_hosts(name: str, data: bytes) -> bytes:
    """The file without the addresses of hosts: what is missing must not be asked for elsewhere.

    The first is where Pyodide looks for packages unless it is told where; the second a
    general line about sockets, which stays as it is but for the form.
    """
    if not name.endswith(".mjs"):
        return data
    data = data.replace(b"https://cdn.jsdelivr.net/", b"./")
    return data.replace(b"`https://${t}`", b"`https:${'/'}/${t}`")


def main() -> None:
    """Read the command line and write."""
    config = cli.parse(PublishConfig)
    cli.run(lambda: run(config))


def run(config: PublishConfig) -> None:
    """Write the page, and say where it is; raises `UserError` where something else is there."""
    target = config.output
    if target.exists() and not (target / THEME).is_file():
        raise UserError(f"{target} is there and holds no playground; give another --output")
    with explained("write", target):
        shutil.rmtree(target, ignore_errors=True)
        missing = publish(target, config.cache, config.artifact_dir)
    print(f"Page: {shown(target / 'index.html')}")
    if missing:
        print(f"It computes nothing yet: {missing}")
        return
    print(f"Try it: {serving(target)}")


def serving(folder: Path) -> str:
    """The command that shows a folder: browsers start no Python on a page opened as a file."""
    return f"python -m http.server --bind 127.0.0.1 --directory {shown(folder)}"


if __name__ == "__main__":
    main()
