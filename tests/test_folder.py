"""A run's folder belongs to one training, whatever is done to it meanwhile."""

import contextlib
import errno
import fcntl
import io
import multiprocessing
import os
import re
import shutil
import time

import pytest
from trainings import run_folder, start, wait_for_steps

from benchmarks.processes import prepare
from deconv import scratch
from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.errors import ArtifactError
from deconv.running.folder import new_run_folder, own_folder, run_lock
from deconv.running.record import Backend, read_record
from deconv.running.run import Run

prepare(["numpy"])

LOST = (
    "error: (.* was removed or replaced while training, so nothing more is written; train again, "
    "with --resume if the folder is still there|cannot write .*: No such file or directory)\n"
)
"""The second, where it happens in the middle of a write."""


@pytest.mark.slow
def test_a_folder_that_vanishes_is_one_sentence(tmp_path):
    folder, moved = run_folder(tmp_path, "numpy"), tmp_path / "moved"
    with start("numpy", tmp_path, "--epochs=50") as process:
        wait_for_steps(process, folder)
        folder.rename(moved)
        _, errors = process.communicate()
    assert process.returncode == 2
    assert re.fullmatch(LOST, errors)
    moved.rename(folder)
    with start("numpy", tmp_path, "--resume", "--epochs=50") as process:
        wait_for_steps(process, folder)
        process.kill()


@pytest.mark.parametrize("lost", ["everything", "the lock"])
@pytest.mark.usefixtures("few_garments")
def test_two_trainings_never_share_a_folder(lost, tmp_path):
    """The first is played by the test."""
    where = tmp_path / "artifacts"
    config = RunConfig(epochs=1, limit=64, dataset="synthetic", artifact_dir=where)
    with Run(config, load_splits(config), Backend("numpy", "0", "cpu")) as first:
        if lost == "everything":
            shutil.rmtree(where)
        else:
            (where / ".numpy_deconv.lock").unlink()
        second = scratch.train(config)
        for _ in range(2):
            with pytest.raises(ArtifactError, match="was removed or replaced"):
                first.add_file("metrics.json", b"")
    assert read_record(run_folder(where, "numpy")) == second


def test_a_second_trainer_in_the_same_folder_is_refused(tmp_path):
    folder = run_folder(tmp_path, "numpy")
    with start("numpy", tmp_path, "--epochs=50") as first:
        wait_for_steps(first, folder)
        for flags in ([], ["--resume", "--epochs=50"]):
            with start("numpy", tmp_path, *flags) as second:
                _, errors = second.communicate()
            assert second.returncode == 2
            assert f"another training (process {first.pid}) writes to {folder}" in errors
        first.kill()
    with start("numpy", tmp_path, "--resume", "--epochs=50") as third:
        wait_for_steps(third, folder)  # the dead one is no obstacle
        third.kill()


def no_flock(handle, how):
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def hold_a_lock_without_flock(folder):
    fcntl.flock = no_flock
    with run_lock(folder):
        time.sleep(60)


@pytest.mark.filterwarnings("error")
def test_where_the_file_system_knows_no_locks(tmp_path, monkeypatch):
    """A second training is kept out there too, and one that was killed is no obstacle."""
    monkeypatch.setattr("fcntl.flock", no_flock)
    folder, lock = run_folder(tmp_path, "numpy"), tmp_path / ".numpy_deconv.lock"
    other = multiprocessing.get_context("forkserver").Process(
        target=hold_a_lock_without_flock, args=[folder]
    )
    other.start()
    while not lock.exists() or not lock.read_text():
        time.sleep(0.01)
    refused = rf"process {other.pid}\) writes to .*, or remove {lock} if there is no such process"
    with pytest.raises(ArtifactError, match=refused), run_lock(folder):
        pass
    other.kill()
    other.join()
    with own_folder(folder) as check:
        check()
        lock.unlink()
        with pytest.raises(ArtifactError, match="was removed or replaced"):
            check()


class FullScreen(io.StringIO):
    def write(self, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_screen_is_not_taken_for_a_full_disk(tmp_path, monkeypatch):
    folder = run_folder(tmp_path, "numpy")
    folder.mkdir()
    (folder / "file").touch()
    monkeypatch.setattr("sys.stdout", FullScreen())
    with contextlib.suppress(OSError):  # no ArtifactError
        new_run_folder(folder)
    assert not list(folder.iterdir())
    assert [path.name for path in (tmp_path / "numpy_deconv-1").iterdir()] == ["file"]
