"""`python -m deconv.study`: from settings to a report, and nothing done twice."""

import sys

import pytest

from deconv.errors import ConfigError
from deconv.study import __main__ as command
from deconv.study import plan
from deconv.study.__main__ import RESULTS, StudyConfig
from deconv.study.measuring import GAINS, MEASURES
from deconv.study.results import read_results
from deconv.study.sections import predicted
from deconv.study.training import ONE_THREAD

TINY = plan.Size(
    epochs=2, limit=64, seeds=1, others=0, tuned=False, replicated=0,
    arms=("nearest",), tasks=tuple(plan.TASKS), latents=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [({"dataset": "auto"}, "needs a --dataset"), ({"side_by_side": 0}, "--side-by-side must be")],
)
def test_what_cannot_be_studied_is_refused(settings, complaint):
    with pytest.raises(ConfigError, match=complaint):
        StudyConfig(**settings)


@pytest.mark.parametrize(("good", "status"), [(True, 0), (False, 1)])
def test_the_exit_status_says_whether_a_run_failed(good, status, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["study"])
    monkeypatch.setattr(command, "study", lambda config: good)
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == status


@pytest.mark.slow
def test_a_tiny_study_from_its_trainings_to_its_report(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch")
    for name in ONE_THREAD:  # so that it is put back
        monkeypatch.setenv(name, "1")
    monkeypatch.setitem(plan.SIZES, "quick", TINY)
    monkeypatch.setattr(predicted, "SEEDS", 2)
    config = StudyConfig(dataset="synthetic", folder=tmp_path)
    assert command.study(config)
    rows = read_results(tmp_path / RESULTS, MEASURES)
    assert [plan.task_of(job) for job in rows] == ["reconstruct --latent 32", "super-resolve"]
    for row in rows.values():
        during = {f"during_{name}" for name in GAINS}
        assert {"psnr", "replica_2", "initial_gain_spread_outer", *during} <= row.measures.keys()
        assert row.machine.startswith("PyTorch ")
        assert row.seconds > row.measures["train_seconds"]
    written = {path: path.read_bytes() for path in tmp_path.glob("[!.]*.*")}
    assert {path.name for path in written} == {RESULTS, "report.md", "report.html"}
    assert "super-resolve" in (tmp_path / "report.md").read_text()
    assert "2 to answer" in capsys.readouterr().out
    assert command.study(config)
    assert {path: path.read_bytes() for path in tmp_path.glob("[!.]*.*")} == written
