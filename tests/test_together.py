"""Several workers begin, speak and stop as one; the others are played by the test."""

import signal
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.errors import ConfigError, Interrupted
from deconv.metrics import Scores
from deconv.running import safekeeping
from deconv.running.checkpoint import CHECKPOINT, State, read_checkpoint
from deconv.running.record import Backend
from deconv.running.run import Run
from deconv.running.workers import ALONE, Workers
from deconv.weights import initial_weights

pytestmark = pytest.mark.usefixtures("few_garments")


CONFIG = RunConfig(epochs=2, limit=96, dataset="synthetic", checkpoint_seconds=0)
splits = cache(load_splits)


def a_run(where, workers: Workers, resume: bool = False) -> Run:
    """Return a run of two epochs, three steps each."""
    config = replace(CONFIG, artifact_dir=where, resume=resume)
    return Run(config, splits(CONFIG), Backend("numpy", "0", "cpu"), workers)


def play(run: Run, act: Callable[[], None] = lambda: None) -> None:
    """Train to the end of the last epoch; `act` during its validation."""
    weights = initial_weights(0)
    averages = {f"{kind}.{name}": 0 * a for name, a in weights.items() for kind in "mv"}

    def state() -> State:
        return State(weights, averages | {"step": np.array(run.progress.step, np.float32)})

    run.keep_safe(state)
    for epoch in run.epochs([(range(32), range(32))] * 3):
        for _ in epoch:
            epoch.record(1.0)
        if run.epochs_done == 1:
            act()
        run.end_epoch(Scores(1.0, 1.0, 1.0))


def beside(rank: int = 0, stop: int = 0, **settings: Any) -> Workers:
    """Return one of two workers; the other has had a signal, or has other settings."""

    def exchange(mine: Any) -> list[Any]:
        return [mine, mine | settings if isinstance(mine, dict) else stop]

    return Workers(rank, 2, exchange)


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"seed": 1}, "worker 0 has seed 0, worker 1 has 1;"),
     ({"dataset_sha256": "?"}, "worker 0 has dataset_sha256"),
     ({"resume": True}, "worker 0 has resume False, worker 1 has True;")],
    ids=["seed", "data", "resume"],
)  # fmt: skip
@pytest.mark.parametrize("rank", [0, 1])
def test_workers_with_other_settings_are_refused_before_anything_is_written(
    settings, said, rank, tmp_path
):
    with pytest.raises(ConfigError, match=said), a_run(tmp_path, beside(rank, **settings)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_workers_that_go_on_from_different_steps_are_refused(tmp_path):
    with a_run(tmp_path, ALONE) as run:
        play(run)
    other = beside(**{"a checkpoint of step": 3})
    with (
        pytest.raises(ConfigError, match="worker 0 has a checkpoint of step 6, worker 1 has 3"),
        a_run(tmp_path, other, resume=True),
    ):
        pass


def test_only_the_first_worker_speaks_and_writes(tmp_path, capsys):
    with a_run(tmp_path, beside(1)) as run:
        play(run)
    assert list(tmp_path.iterdir()) == []
    with a_run(tmp_path, beside(0)) as run:
        play(run)
    assert "2 workers" in capsys.readouterr().out
    newest = run.folder / CHECKPOINT
    newest.write_bytes(newest.read_bytes()[:-100])  # about which the first one says something
    for rank, says in ((1, False), (0, True)):
        with a_run(tmp_path, beside(rank), resume=True):
            pass
        assert bool(capsys.readouterr().out) is says


def test_a_signal_to_one_worker_stops_all_after_an_epoch_however_short(tmp_path):
    with a_run(tmp_path, beside(stop=signal.SIGTERM)) as run:
        with pytest.raises(Interrupted, match="after step 3 of 6 and saved") as stop:
            play(run)
        assert stop.value.signal == signal.SIGTERM
        assert len(read_checkpoint(run.folder, run.keeper.settings).history) == 1


def test_a_signal_to_one_worker_stops_all_within_an_epoch(tmp_path, monkeypatch):
    monkeypatch.setattr(safekeeping, "READ_EVERY", 2)
    with a_run(tmp_path, beside(stop=signal.SIGTERM)) as run:
        with pytest.raises(Interrupted, match="after step 2 of 6 and saved"):
            play(run)
        assert len(read_checkpoint(run.folder, run.keeper.settings).losses) == 2


@pytest.mark.parametrize("workers", [ALONE, beside()], ids=["one", "two"])
def test_a_signal_during_the_last_validation_stops_the_run(workers, tmp_path):
    with a_run(tmp_path, workers) as run:
        with pytest.raises(Interrupted, match="after step 6 of 6 and saved") as stop:
            play(run, lambda: signal.raise_signal(signal.SIGINT))
        assert stop.value.signal == signal.SIGINT
    with a_run(tmp_path, workers, resume=True) as run:
        play(run)  # nothing is left but the test
        assert run.epochs_done == 2
