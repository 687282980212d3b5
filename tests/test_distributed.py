"""Two workers train as one: on the loopback, over gloo and over TensorFlow's own collectives."""

import json
import os
import signal
import socket
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from test_reliability import FLAGS, run_folder, start, wait_for_steps
from workers import CASES

from benchmarks.framework import TRAINERS, Framework
from deconv.config import ROOT, RunConfig
from deconv.data.splits import load_splits
from deconv.errors import ConfigError
from deconv.running.record import read_record
from deconv.running.workers import LOST

WORKERS = str(ROOT / "tests" / "workers.py")


OPTIONS: dict[str, Any] = {
    "cwd": ROOT,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.PIPE,
    "text": True,
}


def launch(framework: str, *command: str) -> list[subprocess.Popen]:
    """Start two workers as a user would; return the processes to wait for."""
    if framework == "pytorch":
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
        return [subprocess.Popen([sys.executable, *torchrun, *command], **OPTIONS)]
    with socket.socket() as one, socket.socket() as other:
        for free in (one, other):
            free.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{free.getsockname()[1]}" for free in (one, other)]
    return [
        subprocess.Popen(
            [sys.executable, *command],
            env=os.environ
            | {
                "TF_CONFIG": json.dumps(
                    {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
                )
            },
            **OPTIONS,
        )
        for index in range(2)
    ]


def ends(processes: list[subprocess.Popen]) -> list[tuple[int, str, str]]:
    """Wait for all; return status, output and errors of each."""
    return [(p.wait(), *p.communicate()) for p in processes]


@pytest.mark.parametrize(
    "kind", ["pytorch", "tensorflow", pytest.param("mirrored", marks=pytest.mark.slow)]
)
def test_two_workers_reach_the_losses_of_one(kind):
    """50 whole batches; and an epoch whose last batch has 1 image, so that one gets none."""
    if kind == "mirrored":
        processes = [subprocess.Popen([sys.executable, WORKERS, kind], **OPTIONS)]
    else:
        processes = launch(kind, WORKERS, kind)
    framework = Framework("pytorch" if kind == "pytorch" else "tensorflow")
    expected = []
    for steps, limit in CASES:
        splits = load_splits(RunConfig(dataset="synthetic", limit=limit))
        expected.append(framework.losses(splits, steps, limit=limit))
    (status, said, errors), *_ = ends(processes)
    assert status == 0, errors
    for ours, theirs in zip(map(json.loads, said.splitlines()), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_several_workers_refuse_to_compile(name, tmp_path):
    results = ends(
        launch(name, "-m", TRAINERS[name], *FLAGS, "--compile=on", f"--artifact-dir={tmp_path}")
    )
    assert all(status != 0 for status, _, _ in results)
    assert "--compile on: several workers train without compiling" in results[0][2]
    assert list(tmp_path.iterdir()) == []


TWO = ["127.0.0.1:1", "127.0.0.1:2"]


@pytest.mark.parametrize(
    ("cluster", "task"),
    [({"worker": TWO}, {"type": "worker", "index": 5}),
     ({"worker": "127.0.0.1:1"}, {"type": "worker", "index": 0}),
     ({"worker": ["localhost"]}, {"type": "worker", "index": 0}),
     ({"worker": TWO}, {"type": "evaluator", "index": 0}),
     ({"chief": TWO[:1], "worker": TWO[1:]}, {"type": "worker", "index": 0})],
    ids=["index", "no list", "no port", "type", "chief"],
)  # fmt: skip
def test_a_cluster_that_cannot_work_is_refused(cluster, task, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    with pytest.raises(ConfigError, match="TF_CONFIG is not understood"):
        Framework("tensorflow").distributed.join_workers("/CPU:0")


def test_workers_without_torchrun_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match=r"RANK and .* not: start several workers with torchrun"):
        Framework("pytorch").distributed.join_workers(torch.device("cpu"))


def worker_ids(framework: str, processes: list[subprocess.Popen]) -> list[int]:
    if framework == "tensorflow":
        return [process.pid for process in processes]
    children = subprocess.run(
        ["pgrep", "-P", str(processes[0].pid)], capture_output=True, text=True, check=True
    )
    return [int(line) for line in children.stdout.split()]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_ends_takes_the_others_along_and_the_run_goes_on_alone(
    name, number, tmp_path
):
    folder = run_folder(tmp_path, name)
    processes = launch(name, "-m", TRAINERS[name], *FLAGS, f"--artifact-dir={tmp_path}")
    wait_for_steps(processes[0], folder)
    os.kill(worker_ids(name, processes)[1], number)
    results = ends(processes)
    assert all(status != 0 for status, _, _ in results)
    errors = "".join(errors for _, _, errors in results)
    saying = {
        signal.SIGKILL: f"error: {LOST}",
        signal.SIGTERM: "and saved; to go on, give the same command with --resume",
    }
    assert saying[number] in errors
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [folder]  # one of them writes
    assert not (folder / "metrics.json").exists()

    with start(name, tmp_path, "--resume", before=None) as process:
        said, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "Resuming after step" in said
    assert read_record(folder).epochs == 2
