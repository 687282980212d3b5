"""The download: whole archives with the right bytes, or an error a student can act on."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from small_archives import REMEDIES

from deconv.config import ROOT, RunConfig
from deconv.data import download as downloading
from deconv.data.archives import ARCHIVES
from deconv.data.download import MIRRORS, download
from deconv.data.splits import load_splits
from deconv.errors import DataError
from deconv.files import TEMPORARY


class Mirrors:
    """A web server; the first part of an address says how it treats the file."""

    def __init__(self, folder):
        self.folder = folder
        self.asked: Counter[str] = Counter()  # by treatment
        self.used: Counter[str] = Counter()  # by treatment
        self.fetched: Counter[str] = Counter()  # by name
        self.poured = 0  # bytes under /endless/
        self.hold = threading.Event()  # transfers under /held/ wait for this
        self.first_fetch = threading.Event()
        self.second_visit = threading.Event()
        self.port = 0

    def url(self, treatment):
        return f"http://127.0.0.1:{self.port}/{treatment}/"

    def answer(self, request):
        _, treatment, name = request.path.split("/")
        if request.command == "HEAD":
            self.asked[treatment] += 1
            if self.asked[treatment] > 1:
                self.second_visit.set()
            if treatment == "slow":
                request.wfile.write(b"HTTP/1.0 200 OK\r\nSlow: ")
                for _ in range(8):
                    time.sleep(0.25)
                    request.wfile.write(b"-")
                return request.wfile.write(b"\r\n\r\n")
            return self.send(request, 200, b"")
        self.used[treatment] += 1
        self.fetched[name] += 1
        self.first_fetch.set()
        if treatment == "absent":
            return self.send(request, 404, b"no such file")
        data = (self.folder / name).read_bytes()
        if treatment == "endless":
            return self.pour(request, 1_000 * [bytes(2**16)])
        if treatment == "trickle":
            return self.pour(request, 200 * [b"-"], pause=0.05)
        if treatment == "wrong":
            return self.send(request, 200, data[::-1])
        if treatment == "held":
            self.hold.wait(30)
        return self.send(request, 200, data, stop_at=20 if treatment == "cut" else None)

    def send(self, request, status, body, stop_at=None):
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[:stop_at])

    def pour(self, request, pieces, pause=0.0):
        """Send many pieces, as long as somebody listens."""
        request.send_response(200)
        request.end_headers()
        with contextlib.suppress(OSError):
            for piece in pieces:
                request.wfile.write(piece)
                self.poured += len(piece)
                if self.hold.wait(pause):
                    break


@pytest.fixture
def mirrors(small, monkeypatch):
    served = Mirrors(small)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served.answer(self)

        do_HEAD = do_GET

        def log_message(self, *args):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # a quick end
        thread.start()
        yield served
        served.hold.set()
        server.shutdown()
        thread.join()


def same_files(folder, other):
    return {p.name: p.read_bytes() for p in folder.iterdir()} == {
        p.name: p.read_bytes() for p in other.iterdir()
    }


def test_download_tries_mirrors_until_the_bytes_are_right(mirrors, tmp_path):
    folder = tmp_path / "made" / "on the way"
    download(folder, [mirrors.url(kind) for kind in ("absent", "wrong", "cut", "good")])
    assert same_files(folder, mirrors.folder)
    assert set(mirrors.fetched.values()) == {4}, "each mirror was tried for each archive"


def test_download_fetches_only_what_is_missing(mirrors, empty):
    present, *missing = ARCHIVES
    (empty / present).write_bytes((mirrors.folder / present).read_bytes())
    download(empty, [mirrors.url("good")])
    assert same_files(empty, mirrors.folder)
    assert mirrors.fetched == dict.fromkeys(missing, 1)
    download(empty, [mirrors.url("good")])
    assert mirrors.fetched == dict.fromkeys(missing, 1)


@pytest.mark.parametrize("kind", ["absent", "wrong", "cut"])
def test_failed_download_leaves_nothing_and_names_three_remedies(kind, mirrors, empty):
    with pytest.raises(DataError) as error:
        download(empty, [mirrors.url(kind)])
    for expected in (*REMEDIES, *MIRRORS, *ARCHIVES, *ARCHIVES.values(), mirrors.url(kind)):
        assert expected in str(error.value)
    assert list(empty.iterdir()) == []


def test_no_network_leaves_nothing_and_names_three_remedies(no_network, empty):
    with pytest.raises(DataError, match="no mirror answers") as error:
        load_splits(RunConfig(data_dir=empty))
    for expected in (*REMEDIES, *MIRRORS, *ARCHIVES, *ARCHIVES.values(), str(empty)):
        assert expected in str(error.value)
    assert list(empty.iterdir()) == []


def test_mirror_that_cannot_answer_in_time_is_passed_over(mirrors, empty, monkeypatch):
    """It keeps sending, so that its connection alone would never time out."""
    monkeypatch.setattr(downloading, "ANSWER_SECONDS", 0.5)
    download(empty, [mirrors.url("slow"), mirrors.url("good")])
    assert same_files(empty, mirrors.folder)
    assert mirrors.used == {"good": 4}


def test_https_comes_first():
    assert [mirror.partition(":")[0] for mirror in MIRRORS] == ["https", "https", "http"]


def test_mirror_that_sends_too_much_is_cut_off(mirrors, empty, monkeypatch):
    monkeypatch.setattr(downloading, "LARGEST", 2**20)
    download(empty, [mirrors.url("endless"), mirrors.url("good")])
    assert same_files(empty, mirrors.folder)
    assert mirrors.used == {"endless": 4, "good": 4}
    assert mirrors.poured < 4 * 2**24  # of 4 · 62 MiB; much is on the way in buffers


def test_mirror_that_sends_too_slowly_is_given_up(mirrors, empty, monkeypatch):
    monkeypatch.setattr(downloading, "FETCH_SECONDS", 0.2)
    with pytest.raises(DataError, match=r"trickle/ took more than 0\.2 seconds"):
        download(empty, [mirrors.url("trickle")])
    assert list(empty.iterdir()) == []


def test_download_follows_no_link(mirrors, empty, tmp_path):
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    for name in ARCHIVES:
        (empty / f".{name}.part").symlink_to(mine)
        (empty / name).symlink_to(tmp_path / "nowhere")
    download(empty, [mirrors.url("good")])
    assert mine.read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()
    for name in ARCHIVES:
        assert (empty / name).read_bytes() == (mirrors.folder / name).read_bytes()


def test_leftovers_of_a_killed_download_do_no_harm(mirrors, empty):
    (empty / f".0{TEMPORARY}").write_bytes(b"half")
    (empty / ".download.lock").touch()
    download(empty, [mirrors.url("good")])
    assert same_files(empty, mirrors.folder)


def read_only_folder(tmp_path):
    folder = tmp_path / "read only"
    folder.mkdir(mode=0o555)
    return (
        folder if not os.access(folder, os.W_OK) else Path("/sys")
    )  # root may write anywhere else


def test_read_only_folder_is_a_data_error(mirrors, tmp_path):
    folder = read_only_folder(tmp_path)
    if not folder.is_dir():
        pytest.skip("this user may write in every folder")
    with pytest.raises(DataError, match="cannot be written") as error:
        download(folder, [mirrors.url("good")])
    assert all(remedy in str(error.value) for remedy in REMEDIES)


def test_file_in_the_way_is_a_data_error(mirrors, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        download(tmp_path / "file" / "data", [mirrors.url("good")])


DOWNLOAD = """
import json, sys
from pathlib import Path
from deconv.data.archives import ARCHIVES
from deconv.data.download import download
ARCHIVES.update(json.loads(sys.argv[1]))
download(Path(sys.argv[2]), [sys.argv[3]])
"""


def test_two_processes_fetch_each_archive_once(mirrors, empty):
    def start():
        command = [sys.executable, "-c", DOWNLOAD, json.dumps(ARCHIVES), empty, mirrors.url("held")]
        return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)

    with start() as first:
        assert mirrors.first_fetch.wait(60), "the first process did not start to fetch"
        with start() as second:
            assert "Fetching" in second.stderr.readline()
            disturbed = mirrors.second_visit.wait(1.5)  # time to go wrong: nobody should come
            mirrors.hold.set()
            assert second.wait(60) == 0, second.stderr.read()
        assert first.wait(60) == 0, first.stderr.read()
    assert not disturbed
    assert mirrors.fetched == dict.fromkeys(ARCHIVES, 1)
    assert same_files(empty, mirrors.folder)
