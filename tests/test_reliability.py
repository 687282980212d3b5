"""Whatever ends a training, nothing is lost: killed, stopped, disk full, folder gone."""

import resource
import shutil
import signal
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from trainings import draw_few, run_folder, start, wait_for_steps

from benchmarks.processes import prepare
from benchmarks.soak import contents
from deconv import scratch
from deconv.architecture import parameter_shapes
from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.errors import ArtifactError, Interrupted, TrainingError
from deconv.metrics import Scores
from deconv.running.checkpoint import CHECKPOINT, PREVIOUS, State, read_checkpoint
from deconv.running.record import WEIGHTS, Backend
from deconv.running.run import Run, settings_of
from deconv.running.signals import StopRequest
from deconv.weights import initial_weights, read_weights

pytestmark = pytest.mark.usefixtures("few_garments")
prepare()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What an uninterrupted run of a trainer leaves."""

    @cache
    def run(name: str) -> tuple:
        where = tmp_path_factory.mktemp("whole")
        training = start(name, where)
        _, errors = training.communicate()
        assert training.returncode == 0, errors
        return contents(run_folder(where, name))

    return run


@pytest.mark.parametrize(
    "name", ["pytorch", *(pytest.param(n, marks=pytest.mark.slow) for n in ("numpy", "tensorflow"))]
)
@pytest.mark.parametrize(
    "ends",
    [
        [(signal.SIGKILL, -9), (signal.SIGINT, 130)],
        pytest.param([(signal.SIGTERM, 143), (signal.SIGKILL, -9)], marks=pytest.mark.slow),
    ],
    ids=["KILL and INT", "TERM and KILL"],
)
def test_killed_and_stopped_and_resumed_it_ends_with_the_same_bytes(name, ends, whole, tmp_path):
    """Ends in the middle of an epoch, one after the other, and then nothing happens."""
    folder = run_folder(tmp_path, name)
    resume: list[str] = []
    for number, status in ends:
        with start(name, tmp_path, *resume) as process:
            wait_for_steps(process, folder)
            process.send_signal(number)
            said, errors = process.communicate()
        assert process.returncode == status, errors
        if status > 0:
            assert "and saved; to go on, give the same command with --resume" in errors
            assert len(errors.splitlines()) == 1
        if resume:
            assert "Resuming after step" in said
        assert not (folder / "metrics.json").exists()
        resume = ["--resume"]
    with start(name, tmp_path, "--resume") as process:
        _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert contents(folder) == whole(name)
    assert not list(folder.glob(".*"))  # what the kill left half-written is tidied away


def test_a_damaged_checkpoint_costs_the_steps_since_the_one_before(whole, tmp_path):
    folder = run_folder(tmp_path, "numpy")
    with start("numpy", tmp_path) as process:
        wait_for_steps(process, folder)
        process.kill()
    newest = folder / CHECKPOINT
    newest.write_bytes(newest.read_bytes()[:-100])
    with start("numpy", tmp_path, "--resume") as process:
        said, _ = process.communicate()
    assert f"going on from {PREVIOUS}" in said
    assert contents(folder) == whole("numpy")


def test_the_second_request_to_stop_is_obeyed_at_once():
    was = signal.signal(signal.SIGINT, signal.default_int_handler)  # libraries may have their own
    try:
        before = signal.getsignal(signal.SIGTERM)
        with StopRequest() as stop:
            signal.raise_signal(signal.SIGINT)
            assert stop.signal == signal.SIGINT
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getsignal(signal.SIGTERM) is before
    finally:
        signal.signal(signal.SIGINT, was)


def allow_small_files_alone():
    draw_few()
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


def test_a_full_disk_is_one_sentence_and_harms_nothing(tmp_path):
    """The system refuses files of more than 300 kB: weights still fit, a checkpoint does not."""
    folder = run_folder(tmp_path, "numpy")
    with start("numpy", tmp_path) as process:
        wait_for_steps(process, folder)
        process.send_signal(signal.SIGINT)
        process.communicate()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    with start("numpy", tmp_path, "--resume", before=allow_small_files_alone) as process:
        _, errors = process.communicate()
    assert process.returncode == 2
    assert errors == f"error: cannot write {folder / CHECKPOINT}: File too large\n"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.fixture
def run(tmp_path):
    """A run of three steps an epoch whose training is played by the test."""
    config = RunConfig(
        epochs=2, limit=96, dataset="synthetic", artifact_dir=tmp_path, checkpoint_seconds=0
    )
    with Run(config, load_splits(config), Backend("numpy", "0", "cpu")) as run:
        yield run


BATCHES = [(range(32), range(32))] * 3


def state(value: float = 0.5) -> State:
    weights = initial_weights(0)
    averages = {f"{kind}.{n}": np.full_like(a, value) for n, a in weights.items() for kind in "mv"}
    return State(weights, averages | {"step": np.array(1, np.float32)})


def take_steps(epoch):
    for _ in epoch:
        epoch.record(1.0)


def put_another_in_its_place(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.mkdir() if path.with_name("moved").is_dir() else path.touch()


def remove_and_make_again(path: Path) -> None:
    """The new one gets the old one's number in many file systems."""
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.mkdir() if path.suffix != ".lock" else path.touch()


@pytest.mark.parametrize("lose", [put_another_in_its_place, remove_and_make_again])
@pytest.mark.parametrize("what", ["numpy_deconv", ".numpy_deconv.lock"])
def test_a_run_writes_nothing_into_what_is_no_longer_its_own(what, lose, run, tmp_path):
    run.keep_safe(state)
    epochs = run.epochs(BATCHES)
    take_steps(next(epochs))
    lose(tmp_path / what)
    before = sorted(tmp_path.rglob("*"))
    for write in (
        lambda: run.add_file("file", b""),
        lambda: run.end_epoch(Scores(1.0, 1.0, 1.0)),
        lambda: take_steps(next(epochs)),
    ):
        with pytest.raises(ArtifactError, match=f"{what} was removed or replaced"):
            write()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("wrong", ["loss", "gradient"])
def test_a_number_that_is_not_finite_stops_the_run_before_anything_is_overwritten(wrong, run):
    now = [0.5]
    run.keep_safe(lambda: state(now[0]))
    epoch = next(run.epochs(BATCHES))
    steps = iter(epoch)
    next(steps)
    epoch.record(1.0)
    next(steps)
    good = (run.folder / CHECKPOINT).read_bytes()
    now[0] = np.inf if wrong == "gradient" else 0.5
    epoch.record(np.nan if wrong == "loss" else 1.0)
    with pytest.raises(TrainingError, match=r"step 2 \(learning rate .*of step 1.*--learning-rate"):
        next(steps)
    assert (run.folder / CHECKPOINT).read_bytes() == good


def test_a_validation_loss_that_is_not_finite_keeps_the_best_weights(run):
    run.keep_safe(state)
    epochs = run.epochs(BATCHES)
    take_steps(next(epochs))
    run.end_epoch(Scores(1.0, 1.0, 1.0))
    best = read_weights(run.folder / WEIGHTS)
    take_steps(next(epochs))
    with pytest.raises(TrainingError, match=r"the validation loss .* step 6 .*of step 5"):
        run.end_epoch(Scores(np.inf, 1.0, 1.0))
    np.testing.assert_equal(read_weights(run.folder / WEIGHTS), best)


def test_stopping_between_epochs_saves_the_epoch(run):
    run.keep_safe(state)
    epoch = next(run.epochs(BATCHES))
    for number, _ in enumerate(epoch, start=1):
        if number == 3:  # the last of the epoch: its validation comes first
            signal.raise_signal(signal.SIGTERM)
        epoch.record(1.0)
    with pytest.raises(Interrupted) as stop:
        run.end_epoch(Scores(1.0, 1.0, 1.0))
    assert stop.value.signal == signal.SIGTERM
    assert len(read_checkpoint(run.folder, run.keeper.settings).history) == 1


def test_another_architecture_is_refused_by_name(run, monkeypatch):
    run.keep_safe(state)
    take_steps(next(run.epochs(BATCHES)))
    shapes = parameter_shapes() | {"encoder.conv1.weight": (32, 1, 5, 5)}
    monkeypatch.setattr("deconv.running.run.parameter_shapes", lambda design: shapes)
    other = settings_of(run.config, run.splits, run.backend)
    with pytest.raises(ArtifactError, match=r"encoder.conv1.weight \[32, 1, 3, 3\], this run has"):
        read_checkpoint(run.folder, other)


def test_a_loop_that_keeps_its_losses_to_itself_is_told(run):
    run.keep_safe(state)
    epoch = next(run.epochs(BATCHES))
    with pytest.raises(RuntimeError, match=r"give every one to epoch\.record"):
        list(epoch)


def test_training_in_a_thread_works_without_signals(tmp_path):
    """A web server trains in threads, where no signal handler can be set."""
    from threading import Thread

    config = RunConfig(epochs=1, limit=64, dataset="synthetic", artifact_dir=tmp_path)
    thread = Thread(target=scratch.train, args=[config])
    thread.start()
    thread.join()
    assert (run_folder(tmp_path, "numpy") / "metrics.json").exists()
    shutil.rmtree(tmp_path)
