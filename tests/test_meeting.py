"""Workers find each other, compare their settings and stop together; here in one process."""

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
import torch

from benchmarks.framework import Framework
from deconv.errors import ConfigError, TrainingError
from deconv.running import workers
from deconv.running.workers import LOST, Workers, meet


def free_addresses(count: int) -> list[tuple[str, int]]:
    """Return addresses on this machine that nobody listens to."""
    with ExitStack() as stack:
        servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        return [stack.enter_context(server).getsockname() for server in servers]


TORCHRUN = {
    "WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "1",
}  # fmt: skip


@pytest.fixture
def torchrun(monkeypatch) -> Callable[..., None]:
    """Set what torchrun sets."""

    def set_variables(**variables: str) -> None:
        for name, value in (TORCHRUN | variables).items():
            monkeypatch.setenv(name, value)

    return set_variables


def join_pytorch() -> Workers:
    return Framework("pytorch").distributed.join_workers(torch.device("cpu"))


@pytest.mark.parametrize(
    ("name", "value"),
    [*(("WORLD_SIZE", value) for value in ("", "abc", "0", "-1", "1.5", "9" * 5000)),
     ("RANK", "2"), ("RANK", "abc"),
     *(("MASTER_PORT", value) for value in ("abc", "0", "99999", "")),
     ("MASTER_ADDR", "nowhere.invalid")],
)  # fmt: skip
def test_variables_of_torchrun_that_cannot_be_right(name, value, torchrun):
    torchrun(**{name: value})
    with pytest.raises(ConfigError, match=f"^{name} "):
        join_pytorch()


def test_workers_without_torchrun_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match=r"RANK and .* not: start several workers with torchrun"):
        join_pytorch()


TWO = ["127.0.0.1:1", "127.0.0.1:2"]


@pytest.mark.parametrize(
    ("cluster", "task"),
    [({"worker": TWO}, {"type": "worker", "index": 5}),
     ({"worker": TWO}, {"type": "worker", "index": 0.7}),
     ({"worker": TWO}, {"type": "worker", "index": float("inf")}),
     ({"worker": "127.0.0.1:1"}, {"type": "worker", "index": 0}),
     ({"worker": ["localhost"]}, {"type": "worker", "index": 0}),
     ({"worker": []}, {"type": "worker", "index": 0}),
     ({"worker": ["127.0.0.1:1", "127.0.0.1:0"]}, {"type": "worker", "index": 0}),
     ({"worker": ["127.0.0.1:1", "127.0.0.1:99999"]}, {"type": "worker", "index": 0}),
     ({"worker": TWO[:1] * 2}, {"type": "worker", "index": 0}),
     ({"worker": TWO}, {"type": "evaluator", "index": 0}),
     ({"chief": TWO[:1], "worker": TWO[1:]}, {"type": "worker", "index": 0})],
    ids=["index", "fraction", "infinite", "no list", "no port", "nobody", "port 0", "port 99999",
         "twice", "type", "chief"],
)  # fmt: skip
def test_a_cluster_that_cannot_work_is_refused(cluster, task, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    with pytest.raises(ConfigError, match="TF_CONFIG is not understood"):
        Framework("tensorflow").distributed.join_workers("/CPU:0")


def test_a_cluster_with_a_host_that_does_not_exist(monkeypatch):
    cluster = {"worker": ["127.0.0.1:1", "nowhere.invalid:1"]}
    task = {"type": "worker", "index": 0}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    with pytest.raises(ConfigError, match=r"TF_CONFIG names .*nowhere\.invalid"):
        Framework("tensorflow").distributed.join_workers("/CPU:0")


def test_one_worker_trains_alone(framework, torchrun, monkeypatch):
    torchrun(WORLD_SIZE="1")
    alone = {"cluster": {"worker": TWO[:1]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(alone))
    device = framework.config.detect_device("cpu")
    assert framework.distributed.join_workers(device).count == 1


def call_at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Call all, each in its own thread; return what they return, or the error they raise."""
    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(call) for call in calls]
    return [future.exception() or future.result() for future in futures]


def test_all_hear_what_each_says():
    (address,) = free_addresses(1)
    exchanges = call_at_once(*(partial(meet, rank, 3, address) for rank in range(3)))
    for said in (["a", "b", "c"], [{"seed": 0}, [1.5], None]):
        assert call_at_once(*map(partial, exchanges, said)) == [said] * 3


@pytest.mark.parametrize("rank", [0, 1])
def test_a_worker_that_ended_is_noticed(rank):
    (address,) = free_addresses(1)
    exchanges = call_at_once(*(partial(meet, rank, 2, address) for rank in range(2)))
    del exchanges[rank]
    with pytest.raises(TrainingError, match=re.escape(LOST)):
        exchanges[0]("still here")


def test_who_is_missing_is_named_in_time(monkeypatch):
    monkeypatch.setattr(workers, "MEETING_SECONDS", 0.5)
    (address,) = free_addresses(1)
    first, last = call_at_once(partial(meet, 0, 3, address), partial(meet, 2, 3, address))
    assert "not there: worker 1 of 3" in str(first)
    for rank, error in (0, first), (2, last):
        assert isinstance(error, TrainingError)
        assert f"worker {rank} did not meet the others at 127.0.0.1:" in str(error)
    with pytest.raises(TrainingError, match=r"worker 1 .* refused"):
        meet(1, 3, address)


def test_another_server_is_not_taken_for_the_first_worker():
    (address,) = free_addresses(1)
    with socket.create_server(address) as server:

        def answer() -> None:
            with server.accept()[0] as connection:
                connection.sendall(b"SSH-2.0-OpenSSH\n")

        threading.Thread(target=answer).start()
        with pytest.raises(TrainingError, match="does not know this one"):
            meet(1, 2, address)


def test_strangers_do_not_disturb():
    (address,) = free_addresses(1)

    def stranger_first() -> Any:
        for words in (b"", b"GET / HTTP/1.1\r\n", b"\xff\n", b"worker 7 of 9\n"):
            with workers._connect(address, time.monotonic() + 10) as stranger:
                stranger.sendall(words)
        return meet(1, 2, address)

    exchanges = call_at_once(partial(meet, 0, 2, address), stranger_first)
    assert call_at_once(*(partial(e, 1) for e in exchanges)) == [[1, 1]] * 2


def set_cluster(monkeypatch, addresses: list[tuple[str, int]], index: int) -> None:
    cluster = {"worker": [f"{host}:{port}" for host, port in addresses]}
    task = {"type": "worker", "index": index}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))


@pytest.mark.parametrize("rank", [0, 1])
def test_a_port_that_is_in_use_is_refused(rank, framework, torchrun, monkeypatch):
    """In PyTorch only the first has one."""
    monkeypatch.setattr(workers, "MEETING_SECONDS", 0.5)
    addresses = free_addresses(2)
    set_cluster(monkeypatch, addresses, rank)
    torchrun(RANK=str(rank), MASTER_PORT=str(addresses[0][1]))
    with (
        socket.create_server(("", addresses[rank][1])),
        pytest.raises(TrainingError, match=rf"worker {rank} did not meet .*in use|refused"),
    ):
        framework.distributed.join_workers(framework.config.detect_device("cpu"))


def test_pytorch_logs_nothing_when_the_workers_lose_each_other(capfd):
    """We say it in one line. (`deconv` is loaded first, and PyTorch reads its settings then.)"""
    leader = torch.distributed.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    worker = torch.distributed.TCPStore("127.0.0.1", leader.port, wait_for_workers=False)
    del leader
    with pytest.raises(torch.distributed.DistNetworkError):
        worker.get("something")
    assert capfd.readouterr().err == ""
