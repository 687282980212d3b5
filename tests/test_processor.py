"""How many threads compute is recorded, and a training that others crowd out says so."""

import os
import platform
import subprocess
import sys
from contextlib import ExitStack
from subprocess import PIPE

import pytest
from threadpoolctl import threadpool_limits

from deconv import scratch, startup
from deconv.config import ROOT, RunConfig
from deconv.data.splits import load_splits
from deconv.metrics import Scores
from deconv.running import console, processor
from deconv.running.checkpoint import State
from deconv.running.processor import Attention, cores
from deconv.running.record import Backend, read_record
from deconv.running.run import Run
from deconv.weights import initial_weights

SHORT = RunConfig(epochs=2, batch_size=1000, dataset="synthetic")


@pytest.mark.parametrize(("wish", "threads"), [("1", 1), ("3", 3), ("", cores()), ("x", cores())])
def test_the_number_of_threads_in_tensorflow(wish, threads, monkeypatch):
    from tensorflow.src.config import count_threads

    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", wish)
    assert count_threads("/CPU:0") == threads
    assert count_threads("/GPU:0") == 0


def test_the_number_of_threads_in_pytorch():
    import torch

    from pytorch.src.config import count_threads

    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            assert count_threads(torch.device("cpu")) == threads
    finally:
        torch.set_num_threads(before)
    assert count_threads(torch.device("cuda")) == 0


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_in_numpy(threads):
    code = "from deconv.scratch import count_threads; print(count_threads())"
    variables = {"OPENBLAS_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert done.stdout == f"{threads}\n"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told what to keep")
def test_memory_of_a_freed_array_is_kept_unless_the_user_has_set_it():
    code = (
        "import resource, numpy as np, deconv\n"
        "for step in range(20):\n"
        "    np.ones(5_000_000)  # 40 MB\n"
        "    if step == 0: first = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - first)"
    )
    usual = {name: os.environ[name] for name in os.environ.keys() - startup.MALLOC_SETTINGS}
    kept, given_back = (
        int(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=variables))
        for variables in (usual, {**usual, "GLIBC_TUNABLES": ""})
    )
    assert kept < 10 < given_back  # pages that the system had to find


@pytest.mark.parametrize(("wish", "threads"), [(None, 1), ("2", 2)])
def test_numpy_trains_with_one_thread_unless_told(
    wish, threads, few_garments, tmp_path, monkeypatch
):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if wish:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", wish)
    with threadpool_limits(2, user_api="blas"):  # what NumPy would take on a machine with 2 cores
        record = scratch.train(RunConfig(**{**vars(SHORT), "artifact_dir": tmp_path}))
        assert scratch.count_threads() == 2  # as before
    assert record.threads == threads


def test_a_run_that_goes_on_with_other_threads_says_so(few_garments, tmp_path, capsys):
    config = RunConfig(**{**vars(SHORT), "artifact_dir": tmp_path})

    def epochs(threads: int, count: int, resume: bool) -> None:
        settings = RunConfig(**{**vars(config), "resume": resume})
        weights = initial_weights(0)
        optimizer = scratch.Adam(0.01)
        backend = Backend("numpy", "0", "cpu", threads=threads)
        with Run(settings, load_splits(settings), backend) as run:
            state = run.resumed_from or State({}, {})
            if run.resumed_from:
                scratch.load_state(weights, optimizer, state)
            run.keep_safe(lambda: scratch.export_state(weights, optimizer))
            order = scratch.EpochBatches(len(run.splits.train), 1000, 0, run.epochs_done)
            batches = scratch.Batches(run.splits.train.astype("float32") / 255, order)
            for _, epoch in zip(range(count), run.epochs(batches), strict=False):
                scratch.train_epoch(weights, optimizer, epoch)
                run.end_epoch(Scores(0.1, 10.0, 0.1))
            if run.epochs_done == 2:
                run.finish(Scores(0.1, 10.0, 0.1), run.examples.targets)

    epochs(threads=2, count=1, resume=False)
    assert "threads" not in capsys.readouterr().out
    epochs(threads=3, count=1, resume=True)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "threads" in line)
    assert "began with threads: 2, and goes on with 3" in line
    assert "workers" not in line
    assert read_record(tmp_path / "numpy_deconv").threads == 3


@pytest.mark.parametrize(
    ("had", "load", "lost"), [(0.4, 4.0, True), (0.6, 4.0, False), (0.4, 1.9, False)]
)
def test_attention_is_lost_where_others_have_it(had, load, lost, monkeypatch):
    clock = {"wall": 0.0, "own": 0.0}
    monkeypatch.setattr(processor, "cores", lambda: 2)
    monkeypatch.setattr(processor.time, "perf_counter", lambda: clock["wall"])
    monkeypatch.setattr(processor.time, "process_time", lambda: clock["own"])
    monkeypatch.setattr(processor.os, "getloadavg", lambda: (load, load, load))
    attention = Attention(threads=8)  # more than there are cores, which it cannot use
    found = []
    for seconds in range(31):
        clock.update(wall=float(seconds), own=2 * had * seconds)
        found.append(attention.is_lost())
    assert not any(found[: int(processor.LOOK_SECONDS)])
    assert found.count(True) == lost  # once, not again and again
    assert not Attention(threads=0).is_lost()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(processor.os, "getloadavg"), reason="this system counts no load")
def test_a_training_beside_other_programs_says_so(tmp_path):
    busy = [sys.executable, "-c", "while True: pass"]
    train = [sys.executable, "-u", "-m", "deconv.scratch", "--epochs=9", "--dataset=synthetic"]
    threads = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}  # tests have one thread each
    with ExitStack() as stack:
        for command in 2 * cores() * [busy]:
            stack.callback(stack.enter_context(subprocess.Popen(command)).kill)
        training = stack.enter_context(
            subprocess.Popen(
                [*train, f"--artifact-dir={tmp_path}"], cwd=ROOT, stdout=PIPE, env=threads
            )
        )
        stack.callback(training.kill)
        said = next(line for line in training.stdout if line.startswith(b"Other programs"))  # type: ignore[union-attr]
    assert b"start it with OPENBLAS_NUM_THREADS=1 in front" in said


def test_a_remedy_that_was_taken_is_not_advised_again(capsys):
    console.crowded("OMP_NUM_THREADS=1")
    console.crowded("")
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("close them, or start it with OMP_NUM_THREADS=1 in front of the command")
    assert second.endswith("slower than it could be: close them")
