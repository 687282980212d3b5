"""The page without a server: whole, checked, and only of its own."""

import functools
import http.server
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from test_playground import drawn_models

from benchmarks.page import Quiet
from book.check import check
from deconv.config import ROOT
from deconv.errors import ArtifactError, UserError
from deconv.playground import publish as publishing
from deconv.playground.packed import pack, responder, unpack
from deconv.playground.publish import (
    PYODIDE,
    PublishConfig,
    publish,
    run,
    source_code,
    without_server,
)
from deconv.playground.respond import respond
from deconv.playground.site import STATIC

NOWHERE = "http://127.0.0.1:1/"


@pytest.fixture
def no_npm(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("PYODIDE_WHEELS", raising=False)


@pytest.fixture
def runtime(tmp_path) -> Path:
    """A folder that has the runtime, and no wheel."""
    kept = ROOT / "artifacts" / "pyodide" / f"pyodide-{PYODIDE}.tgz"
    if not kept.is_file():
        pytest.skip(f"{kept.name} is not here: python -m deconv.playground.publish fetches it")
    folder = tmp_path / "runtime"
    folder.mkdir()
    shutil.copy(kept, folder)
    return folder


def test_what_is_packed_answers_the_same(tmp_path):
    material = drawn_models()
    path = tmp_path / "material.npz"
    path.write_bytes(pack(material))
    again = unpack(path)
    assert list(again.models) == list(material.models)
    for name, model in material.models.items():
        assert again.models[name].design == model.design
        for key, values in model.weights.items():
            np.testing.assert_array_equal(again.models[name].weights[key], values)
    asked = {"ask": "reconstruct", "image": 1, "maps": "other", "noise": 0.1}
    answer = json.loads(responder(str(path))(json.dumps(asked)))
    assert answer == json.loads(json.dumps(respond(asked, material)))


def test_the_code_of_the_page_runs_where_there_is_nothing_but_numpy(tmp_path):
    (tmp_path / "material.npz").write_bytes(pack(drawn_models()))
    assert source_code() == source_code()
    with zipfile.ZipFile(io.BytesIO(source_code())) as archive:
        archive.extractall(tmp_path)
    code = (
        "import json, sys\n"
        "class Nothing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] not in {*sys.stdlib_module_names, 'numpy', 'deconv'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Nothing())\n"
        "from deconv.playground.packed import responder\n"
        "answer = responder('material.npz')\n"
        "for ask in ('choices', 'arithmetic', 'meeting', 'reconstruct'):\n"
        "    assert 'error' not in json.loads(answer('{\"ask\": \"%s\"}' % ask)), ask\n"
        "import deconv; print(deconv.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


def test_the_page_without_a_server_has_its_policy_and_no_link_to_the_api():
    page = without_server((STATIC / "index.html").read_text())
    assert "'wasm-unsafe-eval'" in page
    assert "unsafe-inline" not in page
    assert 'data-transport="browser"' in page
    assert 'href="docs"' not in page
    assert publishing.FROM_A_FILE in page
    assert page.index("Content-Security-Policy") < page.index("<script")
    assert "the book" not in page
    in_a_book = without_server((STATIC / "index.html").read_text(), "../book/index.html")
    nav = in_a_book.partition("<nav")[2].partition("</nav>")[0]
    assert '<a href="../book/index.html">Back to the book</a>' in nav


@pytest.mark.usefixtures("no_npm")
def test_without_the_wheel_the_page_has_no_runtime_and_names_no_folder(
    tmp_path, monkeypatch, runtime
):
    monkeypatch.setenv("PYODIDE_WHEELS", str(runtime))  # where there is no npm
    monkeypatch.setattr(publishing, "ADDRESS", NOWHERE)
    missing = publish(tmp_path / "page", tmp_path / "<cache>", tmp_path)
    assert "is not in the folder that the environment variable PYODIDE_WHEELS names" in missing
    assert not (tmp_path / "page" / "pyodide").exists()
    page = (tmp_path / "page" / "index.html").read_text()
    assert missing in page
    assert str(tmp_path) not in page


@pytest.mark.usefixtures("no_npm")
def test_without_the_runtime_the_page_says_what_is_missing(tmp_path, capsys):
    target = tmp_path / "page"
    run(PublishConfig(output=target, cache=tmp_path / "cache", artifact_dir=tmp_path))
    assert f"npm could not fetch the package pyodide@{PYODIDE}" in capsys.readouterr().out
    assert "pyodide" in (target / "index.html").read_text()
    assert check(target).problems == []
    run(PublishConfig(output=target, cache=tmp_path / "cache", artifact_dir=tmp_path))  # replaces
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").touch()
    with pytest.raises(UserError, match="holds no playground"):
        run(PublishConfig(output=other, cache=tmp_path / "cache"))
    assert (other / "mine.txt").exists()


def test_a_tampered_runtime_is_refused(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / f"pyodide-{PYODIDE}.tgz").write_bytes(b"something else")
    with pytest.raises(ArtifactError, match="is not the package that npm names"):
        publish(tmp_path / "page", cache, tmp_path)


def test_a_tampered_wheel_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PYODIDE_WHEELS", str(tmp_path))
    (tmp_path / "numpy.whl").write_bytes(b"something else")
    with pytest.raises(ArtifactError, match="is not the wheel that Pyodide's lock file names"):
        publishing._wheel("numpy.whl", "00", tmp_path)


def test_a_wheel_that_was_tampered_with_on_its_way_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv("PYODIDE_WHEELS", raising=False)
    (tmp_path / "numpy.whl").write_bytes(b"something else")
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.handle_request).start()
        monkeypatch.setattr(publishing, "ADDRESS", f"http://127.0.0.1:{server.server_port}/")
        with pytest.raises(ArtifactError, match=r"what http://\S+ sent as numpy.whl is not"):
            publishing._wheel("numpy.whl", "00", tmp_path / "cache")


@pytest.mark.slow
def test_the_whole_page_loads_nothing_from_elsewhere(tmp_path):
    target = tmp_path / "page"
    missing = publish(target, ROOT / "artifacts" / "pyodide", tmp_path)
    if missing:
        pytest.skip(missing)
    assert check(target).problems == []
    lock = json.loads((target / "pyodide" / "pyodide-lock.json").read_text())
    assert Path(target / "pyodide" / lock["packages"]["numpy"]["file_name"]).is_file()
