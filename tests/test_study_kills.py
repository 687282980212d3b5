"""The queue with real trainers, killed and stopped, on this machine and on a Dask cluster.

The cluster is real too: a scheduler and two workers, each a process, on loopback.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from benchmarks.soak import contents
from deconv.config import ROOT
from deconv.running.checkpoint import CHECKPOINT
from deconv.running.record import read_record
from deconv.study.cluster import ClusterError, cluster_at
from deconv.study.jobs import Job
from deconv.study.queue import complain, run_all
from deconv.study.results import Row, read_results

psutil = pytest.importorskip("psutil")
distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

MEASURES = ("test_psnr", "test_ssim")


def recorded(job: Job, folder: Path) -> dict[str, float]:
    """What the trainer itself measured."""
    return {name: getattr(read_record(folder), name) for name in MEASURES}


TRAIN = """
import sys
from pathlib import Path

sys.path.insert(0, "tests")
from test_study_kills import train_all
from deconv import cli

cli.run(lambda: train_all(Path(sys.argv[1])))
"""
JOBS = [
    Job("numpy", "main", dataset="synthetic", epochs=2, limit=960, seed=seed) for seed in range(3)
]
# A checkpoint after every step, so that most of the time one is being written.
FLAGS = ("--checkpoint-seconds=0",)


def train_all(where: Path, cluster: str | None = None) -> dict[Job, Row]:
    return run_all(
        JOBS, where / "runs", where / "results.csv", recorded, MEASURES,
        flags=FLAGS, side_by_side=2, cluster=cluster,
    )  # fmt: skip


def contents_of(where: Path) -> list[tuple]:
    """What all runs left, times aside. No run was moved aside for another."""
    folders = sorted(job.run_folder(where / "runs") for job in JOBS)
    assert sorted((where / "runs").glob("*/numpy_deconv*")) == folders
    assert read_results(where / "results.csv", MEASURES).keys() == set(JOBS)
    return [contents(folder) for folder in folders]


def beginnings(where: Path) -> list[str]:
    """How each training of each run began: 'from the start' or 'resumed'."""
    said = [path.read_text() for path in (where / "runs").glob("*/output.txt")]
    return ["resumed" if "Resuming after step" in text else "from the start"
            for whole in said for text in whole.split("Framework:")[1:]]  # fmt: skip


def wait_for_checkpoints(where: Path) -> None:
    """Wait until two trainings are under way."""
    deadline = time.monotonic() + 100
    while len(list(where.glob(f"runs/*/*/{CHECKPOINT}"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a study leaves that nobody disturbs."""
    where = tmp_path_factory.mktemp("whole")
    assert not complain(train_all(where).values())
    return contents_of(where)


def test_stopped_it_resumes_and_ends_with_the_same_bytes(whole, tmp_path):
    with subprocess.Popen([sys.executable, "-c", TRAIN, tmp_path], cwd=ROOT) as process:
        wait_for_checkpoints(tmp_path)
        process.terminate()
    assert process.returncode == 143
    assert not complain(train_all(tmp_path).values())
    assert contents_of(tmp_path) == whole
    assert Counter(beginnings(tmp_path)) == {"from the start": 3, "resumed": 2}


def test_killed_its_trainings_outlive_it_and_the_next_waits_for_them(whole, tmp_path):
    with subprocess.Popen([sys.executable, "-c", TRAIN, tmp_path], cwd=ROOT) as process:
        wait_for_checkpoints(tmp_path)
        process.kill()
    assert not complain(train_all(tmp_path).values())
    assert contents_of(tmp_path) == whole
    assert beginnings(tmp_path) == ["from the start"] * 3


def test_a_training_that_diverges_is_told_by_the_words_of_its_trainer(tmp_path):
    job = Job("numpy", "stability", dataset="synthetic", epochs=1, limit=64, learning_rate=1e30)
    (row,) = run_all(
        [job], tmp_path / "runs", tmp_path / "results.csv", recorded, MEASURES
    ).values()
    assert row.diverged
    assert "--learning-rate below 1e+30" in row.error


@contextmanager
def dask(kind: str, *arguments: str, folder: Path = ROOT) -> Iterator[subprocess.Popen]:
    """Start a scheduler or a worker, which finds `recorded` in the folder of the tests."""
    command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard", *arguments]
    paths = os.environ | {"PYTHONPATH": str(ROOT / "tests")}
    with subprocess.Popen(command, cwd=folder, env=paths, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def dask_workers(address: str, count: int, folder: Path = ROOT) -> Iterator[subprocess.Popen]:
    """Start workers and wait until the scheduler knows them; give the first."""
    flags = (address, "--nthreads=1", "--no-nanny")
    with ExitStack() as stack:
        first, *_ = [
            stack.enter_context(dask("worker", *flags, folder=folder)) for _ in range(count)
        ]
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=100)
        yield first


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory) -> Iterator[str]:
    """The address of a scheduler without workers."""
    file = tmp_path_factory.mktemp("dask") / "scheduler.json"
    with dask("scheduler", "--host=127.0.0.1", "--port=0", f"--scheduler-file={file}"):
        while not file.exists() or not file.read_text():
            time.sleep(0.01)
        yield json.loads(file.read_text())["address"]


def test_one_worker_is_killed_and_nothing_is_lost_or_done_twice(whole, scheduler, tmp_path):
    """Its training dies too, as when a machine does; another worker resumes it."""

    def kill(worker: subprocess.Popen) -> None:
        wait_for_checkpoints(tmp_path)
        (training,) = psutil.Process(worker.pid).children()
        worker.kill()
        training.send_signal(signal.SIGKILL)

    with dask_workers(scheduler, 2) as first:
        killer = threading.Thread(target=kill, args=[first])
        killer.start()
        found = train_all(tmp_path, cluster=scheduler)
        killer.join()
    assert not complain(found.values())
    assert contents_of(tmp_path) == whole
    assert Counter(beginnings(tmp_path)) == {"from the start": 3, "resumed": 1}


def test_a_cluster_that_cannot_work_is_one_sentence(scheduler, tmp_path):
    lock = tmp_path / "lock"
    lock.touch()

    def refused(complaint: str, address: str = scheduler) -> None:
        start = time.perf_counter()
        with pytest.raises(ClusterError, match=complaint), cluster_at(address, lock):
            pass
        assert time.perf_counter() - start < 20

    refused("no Dask scheduler answers there", "tcp://127.0.0.1:1")
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind=127.0.0.1"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=tmp_path,
    ) as other:  # fmt: skip
        assert other.stdout
        port = other.stdout.readline().split()[5]
        refused("no Dask scheduler answers there", f"tcp://127.0.0.1:{port}")
        other.kill()
    refused("there is no worker; start some, in this folder: python -m distributed.cli.dask_worker")
    with dask_workers(scheduler, 1, folder=tmp_path):
        refused(r"a worker cannot load this project .*No module named 'deconv'")
    with dask_workers(scheduler, 1):
        lock.unlink()
        refused("does not see the folder of .*/lock; the study must be on a disk that all")
