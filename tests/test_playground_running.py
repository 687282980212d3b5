"""The playground at work: many requests, both frameworks, and the command that starts it."""

import asyncio
import os
import shutil
import signal
import socket
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="fastapi is not installed: pip install -e '.[playground]'")

import httpx
from fastapi.testclient import TestClient
from test_playground import model

from deconv.architecture import Design
from deconv.config import ROOT
from deconv.data.synthetic import draw_garments
from deconv.errors import ConfigError, UserError
from deconv.playground.__main__ import PlaygroundConfig, listening, open_page, run
from deconv.playground.frameworks import NAMES, Framework, FrameworkError
from deconv.playground.garment import Material, Model
from deconv.playground.material import SHIPPED, at_hand
from deconv.playground.queueing import BusyError, Queue
from deconv.playground.respond import respond
from deconv.playground.server import create_app
from deconv.weights import initial_weights, read_model, write_weights

HERE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def material() -> Material:
    return Material({"one": model()}, draw_garments(3, seed=3)[0], "drawn")


# Many at once


def ask_at_once(material: Material, path: str, requests: list[dict]) -> list[httpx.Response]:
    async def ask_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(create_app(material))
        async with httpx.AsyncClient(transport=transport, base_url=HERE, timeout=60) as client:
            return await asyncio.gather(*(client.post(path, **request) for request in requests))

    return asyncio.run(ask_all())


def test_two_hundred_at_once_are_answered_or_refused(material):
    answers = ask_at_once(material, "/api/meeting", [{"json": {"row": n % 8}} for n in range(200)])
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    assert statuses.count(200) == 102  # two at work, a hundred waiting
    assert {a.json()["error"] for a in answers if a.status_code == 503} == {
        "too many requests at once; try again in a second"
    }
    for n, answer in enumerate(answers):
        if answer.status_code == 200:
            assert answer.json()["output"] == [[n % 8, 0]]


def test_what_is_wrong_with_two_hundred_is_found_in_the_same_turn(material):
    answers = ask_at_once(material, "/api/arithmetic", [{"json": {"size": 99}}] * 200)
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(422), statuses.count(503)) == (102, 98)


def test_two_hundred_pictures_wait_for_the_same_places(material):
    picture = {"content": b"no picture", "headers": {"Content-Type": "image/png"}}
    answers = ask_at_once(material, "/api/reconstruct", [picture] * 200)
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(400), statuses.count(503)) == (102, 98)


def test_who_came_first_is_served_first():
    done: list[int] = []

    async def all_of_them() -> None:
        queue = Queue(at_once=1, waiting=20)
        await asyncio.gather(*(queue.run(partial(done.append, n)) for n in range(20)))
        with pytest.raises(BusyError):
            await Queue(at_once=0, waiting=0).run(int)

    asyncio.run(all_of_them())
    assert done == list(range(20))


# Weights and frameworks


def test_runs_come_before_shipped_weights_and_damaged_ones_are_left_out(tmp_path, capsys):
    folder = tmp_path / "pytorch_deconv"
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(b"damaged")
    found = at_hand(tmp_path, None, tmp_path)
    assert "handmade" in found.models
    assert "left out" in capsys.readouterr().err
    assert found.images.shape[1:] == (28, 28)
    answer = respond({"ask": "reconstruct", "models": ["handmade"]}, found)
    assert answer["results"][0]["psnr"] > 50


def test_a_run_that_is_replaced_while_the_page_is_open_changes_nothing(tmp_path):
    folder, scratch = tmp_path / "pytorch_deconv", tmp_path / "scratch"
    shutil.copytree(SHIPPED / "pytorch_deconv", folder)
    scratch.mkdir()
    found = at_hand(tmp_path, None, scratch).models["pytorch"]
    write_weights(folder / "weights.safetensors", initial_weights(7))
    assert found.path
    design, weights = read_model(found.path)
    assert design == found.design
    for name, values in found.weights.items():
        np.testing.assert_array_equal(weights[name], values)


def test_a_framework_that_does_not_start_says_so(tmp_path):
    path = tmp_path / "weights.safetensors"
    write_weights(path, initial_weights(0))
    absent = Framework("numpy")  # which has no such command
    with pytest.raises(FrameworkError, match=r"python -m numpy\.src\.serve says why"):
        absent.reconstruct(Model("a", "b", Design(), {}, path), np.zeros((1, 28, 28, 1)))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_both_frameworks_reconstruct_as_numpy_does(name, tmp_path, images):
    pytest.importorskip({"pytorch": "torch", "tensorflow": "tensorflow"}[name])
    path = tmp_path / "weights.safetensors"
    known = model(3)
    write_weights(path, known.weights)
    there = Model("a", "b", known.design, known.weights, path)
    framework = Framework(name)
    drawn = draw_garments(2, seed=9)[0]
    material = Material({"a": there}, drawn, "drawn")
    with TestClient(create_app(material, {name: framework}), base_url=HERE) as client:
        for image in (0, 1):
            own = client.post("/api/reconstruct", json={"image": image}).json()
            other = client.post("/api/reconstruct", json={"image": image, "framework": name})
            assert other.status_code == 200, other.text
            one, two = (np.array(a["results"][0]["output"]) for a in (own, other.json()))
            np.testing.assert_allclose(one, two, rtol=0, atol=0.011)
        damaged = Model("a", "b", known.design, known.weights, tmp_path / "absent")
        with pytest.raises(FrameworkError, match="absent"):
            framework.reconstruct(damaged, images)
        assert framework._process
        framework._process.kill()
        framework._process.wait()
        again = client.post("/api/reconstruct", json={"framework": name})
        assert again.status_code == 200  # it was started anew
    assert framework._process is None


# The command


@contextmanager
def started(tmp_path: Path, *flags: str, **environment: str) -> Iterator[tuple[Popen[str], str]]:
    """The command at work on any free port, and the address that it prints."""
    command = [sys.executable, "-m", "deconv.playground", "--port", "0", *flags, "--artifact-dir"]
    own = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    own |= {"BROWSER": f"{sys.executable} {note_down(tmp_path)} %s", **environment}
    process = Popen([*command, str(tmp_path)], cwd=ROOT, env=own, stdout=PIPE, text=True)
    try:
        assert process.stdout
        line = next(line for line in process.stdout if line.startswith("Playground:"))
        yield process, line.split()[1]
    finally:
        process.kill()
        process.communicate()


def note_down(folder: Path) -> Path:
    """A browser that asks for the page, and leaves its address and status in the file `seen`."""
    script = folder / "browser.py"
    script.write_text(
        "import sys; from pathlib import Path; from urllib.request import urlopen\n"
        "status = urlopen(sys.argv[1]).status\n"
        "part = Path(__file__).with_name('part'); part.write_text(f'{sys.argv[1]} {status}')\n"
        "part.rename(part.with_name('seen'))"
    )
    return script


def test_it_serves_until_ctrl_c_and_says_where(tmp_path):
    with started(tmp_path) as (process, address):
        with urllib.request.urlopen(f"{address}/api/choices") as answer:
            assert answer.status == 200
            assert "server" not in {name.lower() for name in answer.headers}
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert sys.platform == "darwin" or not (tmp_path / "seen").exists()  # there is no screen


def test_it_opens_the_page_in_the_browser_where_there_is_a_screen(tmp_path):
    with started(tmp_path, DISPLAY=":77") as (_, address):
        for _ in range(300):
            if (tmp_path / "seen").exists():
                break
            time.sleep(0.1)
        assert (tmp_path / "seen").read_text() == f"{address} 200"


def test_no_browser_is_no_error_and_none_opens_where_none_is_wanted(tmp_path, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", raising(webbrowser.Error("no browser")))
    open_page("http://127.0.0.1:1")
    with started(tmp_path, "--no-browser", DISPLAY=":77") as (process, address):
        assert urllib.request.urlopen(address).status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert not (tmp_path / "seen").exists()


def raising(error: Exception) -> Callable[[str], None]:
    def fail(_: str) -> None:
        raise error

    return fail


def test_a_port_that_is_taken_or_impossible_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port}: .*choose another with --port"):
            run(PlaygroundConfig(port=port))
    with pytest.raises(ConfigError, match="at most 65535"):
        PlaygroundConfig(port=70_000)
    with listening("127.0.0.1", 0) as door:
        assert door.getsockname()[0] == "127.0.0.1"
