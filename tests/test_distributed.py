"""Two workers train as one: on the loopback, over gloo and over TensorFlow's own collectives."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_meeting import TORCHRUN, free_addresses
from trainings import FLAGS, draw_few, run_folder, start, wait_for_steps
from workers import CASES

from benchmarks.framework import TRAINERS, Framework
from benchmarks.processes import Training, prepare
from deconv.config import ROOT, RunConfig
from deconv.data.splits import load_splits
from deconv.running import workers
from deconv.running.folder import run_lock
from deconv.running.record import read_record
from deconv.running.workers import LOST

WORKERS = str(ROOT / "tests" / "workers.py")
prepare(["pytorch", "tensorflow"])


OPTIONS: dict[str, Any] = {
    "cwd": ROOT,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.PIPE,
    "text": True,
}


def variables(framework: str) -> list[dict[str, str]]:
    """Return the environment variables of each of two workers."""
    addresses = free_addresses(2)
    if framework == "pytorch":  # as torchrun sets them
        both = TORCHRUN | {"MASTER_PORT": str(addresses[0][1])}
        return [both | {"RANK": rank, "LOCAL_RANK": rank} for rank in "01"]
    cluster = {"worker": [f"{host}:{port}" for host, port in addresses]}
    tasks = [{"type": "worker", "index": index} for index in range(2)]
    return [{"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})} for task in tasks]


def launch(framework: str, *command: str) -> list[subprocess.Popen]:
    """Start two workers as a user would; return the processes to wait for."""
    if framework == "pytorch":
        torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
        return [subprocess.Popen([sys.executable, *torchrun, *command], **OPTIONS)]
    return [
        subprocess.Popen([sys.executable, *command], env=os.environ | of_worker, **OPTIONS)
        for of_worker in variables(framework)
    ]


def ends(processes: list[subprocess.Popen]) -> list[tuple[int, str, str]]:
    """Wait for all; return status, output and errors of each."""
    return [(p.wait(), *p.communicate()) for p in processes]


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["pytorch", "tensorflow", "mirrored"],
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
@pytest.mark.parametrize(
    ("flag", "sentence"),
    [("--compile=on", "--compile on: several workers train without compiling"),
     ("--loss=l1", "several workers train on the mean squared error only; leave --loss out")],
)  # fmt: skip
def test_what_several_workers_cannot_do_is_refused(name, flag, sentence, tmp_path):
    results = ends(launch(name, "-m", TRAINERS[name], *FLAGS, flag, f"--artifact-dir={tmp_path}"))
    assert all(status != 0 for status, _, _ in results)
    assert sentence in results[0][2]
    assert list(tmp_path.iterdir()) == []


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


def train_together(name: str, where: Path, *flags: str, second: Sequence[str] = ()) -> list:
    """Start two trainers, the second one with further flags."""
    return [
        Training(
            name, *FLAGS, f"--artifact-dir={where}", *flags, *further,
            before=partial(become_worker, of_worker),
        )
        for of_worker, further in zip(variables(name), ((), second), strict=True)
    ]  # fmt: skip


def become_worker(of_worker: dict[str, str]) -> None:
    os.environ.update(of_worker)
    draw_few()
    workers.MEETING_SECONDS = 15


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_two_workers_train_to_the_end_and_one_speaks(name, tmp_path):
    """Of the data too, which neither can fetch: a folder stands where the lock should be."""
    (tmp_path / "data" / ".download.lock").mkdir(parents=True)
    data = ("--dataset=auto", f"--data-dir={tmp_path / 'data'}")
    first, second = train_together(name, tmp_path, *data)
    said, errors = first.communicate()
    assert first.returncode == 0, errors
    assert "2 workers" in said
    assert re.fullmatch(r"Fetching Fashion-MNIST .*\n\*\*\* Using drawn garments, .*\n", errors)
    assert second.communicate() == ("", "")
    assert second.returncode == 0
    assert read_record(run_folder(tmp_path, name)).epochs == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
@pytest.mark.parametrize(
    ("flags", "sentences"),
    [
        (["--seed=1"], ["worker 0 has seed 0, worker 1 has 1"] * 2),
        (["--dataset=fashion-mnist", "--data-dir=/nowhere"], [LOST, "/nowhere"]),
        (["--resume"], [LOST, "nothing to resume"]),
        (["--epochs=none"], ["not there: worker 1 of 2", "none"]),
    ],
    ids=["seed", "data", "resume", "flag"],
)
def test_one_worker_that_refuses_ends_both_with_a_sentence(name, flags, sentences, tmp_path):
    trainings = train_together(name, tmp_path, second=flags)
    for training, sentence in zip(trainings, sentences, strict=True):
        _, errors = training.communicate()
        assert training.returncode == 2
        assert re.fullmatch(f"error: .*({sentence}).*\n", errors)
    assert not run_folder(tmp_path, name).exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_a_first_worker_that_refuses_ends_both_with_a_sentence(name, tmp_path):
    with run_lock(run_folder(tmp_path, name)):
        trainings = train_together(name, tmp_path)
        for training, sentence in zip(trainings, ["another training", LOST], strict=True):
            _, errors = training.communicate()
            assert training.returncode == 2
            assert errors.startswith(f"error: {sentence}")
            assert len(errors.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_two_workers_stop_after_an_epoch_of_few_steps(name, tmp_path):
    trainings = train_together(name, tmp_path, "--epochs=9999", "--limit=320")
    wait_for_steps(trainings[0], run_folder(tmp_path, name))
    trainings[1].send_signal(signal.SIGINT)
    for training in trainings:
        _, errors = training.communicate()
        assert training.returncode == 130
        assert errors.startswith("interrupted: stopped after step")
