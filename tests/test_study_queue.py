"""The queue of the study: every job is done once, whatever fails, and whoever stops it.

It starts a small program here instead of a trainer, which obeys signals and leaves a
record, as trainers do, and does what the test asks of it. `test_study_kills.py` trains.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from deconv.config import ROOT
from deconv.errors import ArtifactError
from deconv.running.folder import run_lock
from deconv.study.jobs import Job
from deconv.study.queue import complain, run_all, seconds_left
from deconv.study.results import DIVERGED, Row, failure, read_results, write_results
from deconv.study.training import ONE_THREAD, STOP, Work

MEASURES = ("psnr",)

SMALL_TRAINER = """
import json, os, signal, sys, time
from pathlib import Path

seed, folder, log, act = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]

def note(word):
    with log.open("a") as file:
        file.write(f"{word} {seed}\\n")

def stop(number, frame):
    note("saved")
    time.sleep(0.5)
    sys.exit("interrupted: stopped and saved")

signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, lambda *_: note("SIGINT"))
folder.mkdir(parents=True, exist_ok=True)
note("resumed" if "--resume" in sys.argv else "started")
(folder / "checkpoint.safetensors").touch()
exec(act)
note("ended")
threads = {name: os.environ.get(name) for name in os.environ if name.endswith("_THREADS")}
(folder / "metrics.json").write_text(json.dumps({"psnr": 30 + seed, "threads": threads}))
"""


class Trainings:
    """What the small programs are to do, by seed, and what they have done."""

    def __init__(self, folder: Path) -> None:
        self.log, self.acts = folder / "log", dict[int, str]()
        self.script = folder / "trainer.py"
        self.script.write_text(SMALL_TRAINER)

    def command(self, job: Job, work: Path) -> list[str]:
        arguments = (job.seed, job.run_folder(work), self.log, self.acts.get(job.seed, ""))
        return [sys.executable, str(self.script), *map(str, arguments)]

    @property
    def done(self) -> list[str]:
        """Everything that happened, in order."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def started(self) -> Counter:
        """How often each seed was started."""
        return Counter(
            int(line.split()[1]) for line in self.done if line.startswith(("started", "resumed"))
        )


@pytest.fixture
def trainings(tmp_path, monkeypatch):
    trainings = Trainings(tmp_path)
    monkeypatch.setattr(Job, "command", lambda job, work: trainings.command(job, work))
    monkeypatch.setattr("deconv.study.training.POLL_SECONDS", 0.01)
    return trainings


def jobs(count: int) -> list[Job]:
    return [Job("numpy", "main", seed=seed) for seed in range(count)]


def psnr(job: Job, folder: Path) -> dict[str, float]:
    return {"psnr": json.loads((folder / "metrics.json").read_text())["psnr"]}


def study(where: Path, count: int, measure=psnr, **options) -> dict[Job, Row]:
    twice = 2 * jobs(count)
    return run_all(twice, where / "runs", where / "results.csv", measure, MEASURES, **options)


def test_every_job_is_done_once(trainings, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = study(Path(), 4)
    assert found == {job: Row(job, {"psnr": 30 + job.seed}) for job in jobs(4)}
    assert read_results(tmp_path / "results.csv", MEASURES) == found
    assert study(tmp_path, 5).keys() == set(jobs(5))
    assert study(tmp_path, 4, cluster="nowhere") == found  # is not asked for
    assert trainings.started() == dict.fromkeys(range(5), 1)
    said = capsys.readouterr().out
    assert "   4/4  main: NumPy, reconstruct, transposed, rate 0.01, seed " in said
    assert re.search(r"^   1/1  main: NumPy, .* transposed, rate 0\.01, seed 4: \d+ s$", said, re.M)


@pytest.mark.parametrize("count", [1, 2])
def test_so_many_at_a_time_each_with_one_thread(count, trainings, tmp_path):
    both = f"while sum('started' in line for line in open({str(trainings.log)!r})) < {count}: pass"
    trainings.acts = dict.fromkeys(range(4), f"{both}\ntime.sleep(0.2)")
    study(tmp_path, 4, side_by_side=count)
    under_way = [0]
    for line in trainings.done:
        under_way.append(under_way[-1] + {"started": 1, "ended": -1}[line.split()[0]])
    assert max(under_way) == count
    threads = json.loads((jobs(1)[0].run_folder(tmp_path / "runs") / "metrics.json").read_text())
    assert threads["threads"].items() >= ONE_THREAD.items()


def test_a_failure_is_a_row_and_is_tried_again(trainings, tmp_path, capsys):
    trainings.acts = {
        0: "sys.stderr.write('error: the disk\\x1b is full\\nbye\\n\\n'); exit(2)",
        1: "print(1 / 0)",
        2: "os.kill(os.getpid(), 9)",
        3: "os.close(2); exit(3)",
        4: f"sys.exit('error: the loss {DIVERGED} after step 3')",
    }
    found = study(tmp_path, 6)
    assert {job.seed: row.error.partition(" (to train")[0] for job, row in found.items()} == {
        0: "the disk is full",
        1: "ZeroDivisionError: division by zero",
        2: "the training was killed by signal 9, maybe because the memory is full",
        3: "the training ended with status 3 and said nothing",
        4: f"the loss {DIVERGED} after step 3",
        5: "",
    }
    assert read_results(tmp_path / "results.csv", MEASURES) == found
    assert complain(found.values())
    said = capsys.readouterr().err
    assert "NumPy, reconstruct, transposed, rate 0.01, seed 0: failed: the disk is full\n" in said
    assert said.count("diverged: ") == 1

    trainings.acts = {}
    again = study(tmp_path, 6)
    assert trainings.started() == {0: 2, 1: 2, 2: 2, 3: 2, 4: 1, 5: 1}
    assert not complain(again.values())
    assert [row.error for row in again.values() if row.error] == [found[jobs(6)[4]].error]


def test_what_cannot_be_measured_does_not_end_the_others(trainings, tmp_path):
    def measure(job, folder):
        values = {0: {"psnr": float("nan")}, 1: {}, 3: {"psnr": 33}}
        return values[job.seed]

    found = study(tmp_path, 3, measure) | study(tmp_path, 4, measure)
    assert [row.error for row in found.values()] == [
        "ValueError: psnr cannot be nan",
        "ValueError: a run has either measures or an error",
        "KeyError: 2",
        "",
    ]
    assert "values[job.seed]" in next((tmp_path / "runs").glob("*seed=2/traceback.txt")).read_text()
    assert study(tmp_path, 4) == {job: Row(job, {"psnr": 30.0 + job.seed}) for job in jobs(4)}
    assert trainings.started() == dict.fromkeys(range(4), 1)  # only measured again


def test_results_that_cannot_be_trusted_start_nothing(trainings, tmp_path):
    results = tmp_path / "results.csv"
    results.write_text("something else\n")
    with pytest.raises(ArtifactError, match="not the columns of this version"):
        study(tmp_path, 1)
    assert not trainings.done
    assert results.read_text() == "something else\n"


def test_a_second_study_in_the_same_folder_is_refused(trainings, tmp_path):
    with run_lock(tmp_path / "runs"), pytest.raises(ArtifactError, match=f"process {os.getpid()}"):
        study(tmp_path, 1)
    assert not trainings.done


def test_rows_of_other_jobs_stay(trainings, tmp_path):
    other = failure(Job("pytorch", "tune"), "it failed")
    write_results(tmp_path / "results.csv", [other], MEASURES)
    found = study(tmp_path, 1)
    assert read_results(tmp_path / "results.csv", MEASURES) == {**found, other.job: other}


def test_it_waits_for_a_training_that_outlived_its_study(trainings, tmp_path, capfd):
    (job,) = jobs(1)
    run = job.run_folder(tmp_path / "runs")
    with run_lock(run):
        thread = threading.Thread(target=study, args=(tmp_path, 1))
        thread.start()
        while "waiting: another training" not in capfd.readouterr().err:
            assert thread.is_alive()
            time.sleep(0.01)
        subprocess.run(trainings.command(job, tmp_path / "runs"), check=True)
    thread.join()
    assert trainings.done == ["started 0", "ended 0"]
    assert (tmp_path / "results.csv").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_says_one_sentence_and_goes_on(number, trainings, tmp_path):
    """Everything that runs saves, and hears of it once. A terminal sends SIGINT to the group."""
    trainings.acts = dict.fromkeys([1, 2], "time.sleep(60)")
    code = (
        "import sys; sys.path.insert(0, 'tests'); from test_study_queue import *; "
        "from deconv import cli; "
        "t = Trainings(Path(sys.argv[1])); t.acts = eval(sys.argv[2]); Job.command = "
        "lambda job, work: t.command(job, work); "
        "cli.run(lambda: study(Path(sys.argv[1]), 4, side_by_side=2))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path, repr(trainings.acts)],
        cwd=ROOT, process_group=0, text=True, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        while len(trainings.done) < 4:
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, number)
        _, errors = process.communicate()
    assert process.returncode == 128 + number
    assert errors == (
        f"interrupted: 1 of 4 runs are in {tmp_path / 'results.csv'}; "
        "to go on, give the same command again\n"
    )
    assert Counter(trainings.done[-2:]) == {"saved 1": 1, "saved 2": 1}
    assert "SIGINT" not in " ".join(trainings.done)
    trainings.acts = {}
    assert all(row.measures for row in study(tmp_path, 4).values())
    assert trainings.started() == {0: 1, 1: 2, 2: 2, 3: 1}
    assert {"resumed 1", "resumed 2", "started 3"} < set(trainings.done)


def test_where_the_results_cannot_be_written_all_trainings_save_and_end(trainings, tmp_path):
    results = tmp_path / "results.csv"
    trainings.acts = {
        0: f"while not any('d 1' in l for l in open({str(trainings.log)!r})): pass\n"
           f"Path({str(results)!r}).mkdir()",
        1: "time.sleep(60)",
    }  # fmt: skip
    with pytest.raises(ArtifactError, match="cannot write"):
        study(tmp_path, 3, side_by_side=2)
    assert "saved 1" in trainings.done
    results.rmdir()
    trainings.acts = {}
    assert all(row.measures for row in study(tmp_path, 3).values())
    assert trainings.started()[0] == 1


def test_where_it_stops_nothing_begins(trainings, tmp_path):
    (job,) = jobs(1)
    job.run_folder(tmp_path).mkdir(parents=True)
    (tmp_path / STOP).touch()
    assert Work(tmp_path, psnr, ()).do(job).row is None
    assert not list(tmp_path.glob("*/errors.txt"))


def test_what_is_interrupted_while_it_measures_has_not_failed(trainings, tmp_path):
    """Ctrl-C goes to the processes that measure as well."""

    def measure(job, folder):
        (tmp_path / STOP).touch()
        raise RuntimeError("the inference was interrupted")

    assert Work(tmp_path, measure, ()).do(jobs(1)[0]).row is None


def test_the_time_left_follows_from_what_the_same_kind_took():
    quick, slow = Job("pytorch", "main"), Job("tensorflow", "main")
    took = {quick: 10.0, slow: 30.0}
    waiting = [Job("pytorch", "main", seed=1), Job("tensorflow", "main", seed=1)]
    assert seconds_left({}, waiting, 2) == 0
    assert seconds_left(took, waiting, 2) == pytest.approx((10 + 30) / 2)
    assert seconds_left(took, [Job("numpy", "main")], 1) == pytest.approx(20)
