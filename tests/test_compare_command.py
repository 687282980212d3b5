"""Which runs are compared, and the whole command on small runs of both frameworks."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_compare import RECORD, dataset, run_folder

from deconv import metrics, scratch
from deconv.architecture import Design
from deconv.compare import compare, finished_runs, measuring, read_runs, report
from deconv.compare.__main__ import main
from deconv.config import ROOT, RunConfig
from deconv.data.splits import Splits, load_splits
from deconv.errors import ArtifactError, DataError
from deconv.metrics import to_unit_range
from deconv.running.record import HISTORY, WEIGHTS, write_record
from deconv.weights import initial_weights, write_weights

# --- which runs ------------------------------------------------------------------------


def test_by_default_the_finished_runs_of_both_trainers_are_compared(tmp_path):
    run_folder(tmp_path / "tensorflow_deconv")
    (tmp_path / "pytorch_deconv").mkdir()  # interrupted: it has no record
    assert finished_runs(tmp_path) == [tmp_path / "tensorflow_deconv"]
    run_folder(tmp_path / "other")
    write_record(tmp_path / "pytorch_deconv", RECORD)
    assert finished_runs(tmp_path) == [
        tmp_path / "pytorch_deconv",
        tmp_path / "tensorflow_deconv",
    ]


def test_runs_of_one_framework_on_one_dataset_are_numbered(tmp_path):
    folders = [
        run_folder(tmp_path / "a"),
        run_folder(tmp_path / "b", seed=1),
        run_folder(tmp_path / "c", framework="tensorflow"),
        run_folder(tmp_path / "d", dataset="synthetic"),
    ]
    runs = read_runs([*folders, tmp_path / "c" / ".." / "a"])
    assert [run.label for run in runs] == ["PyTorch 1", "PyTorch 2", "TensorFlow", "PyTorch"]
    assert [run.folder for run in runs] == folders


@pytest.mark.parametrize("change", [{"framework": "jax"}, {"dataset": "auto"}])
def test_unknown_frameworks_and_datasets_are_refused(tmp_path, change):
    run_folder(tmp_path / "a", **change)
    with pytest.raises(
        ArtifactError, match=f"a is a run of the .* '{next(iter(change.values()))}'"
    ):
        read_runs([tmp_path / "a"])


def test_a_history_without_epochs_is_refused(tmp_path):
    folder = run_folder(tmp_path / "a")
    header = (folder / HISTORY).read_text().splitlines()[0]
    (folder / HISTORY).write_text(header + "\n")
    with pytest.raises(ArtifactError, match="without epochs"):
        read_runs([folder])


def test_a_run_on_another_version_of_the_data_is_not_measured(tmp_path):
    folder = run_folder(tmp_path / "old", dataset="synthetic", dataset_sha256="c" * 64)
    with pytest.raises(ArtifactError, match=r"old was trained on another version of synthetic"):
        compare([folder])


def test_a_missing_data_folder_is_named_before_any_framework_starts(tmp_path):
    folder = run_folder(tmp_path / "a")
    with pytest.raises(DataError, match="nowhere"):
        compare([folder], data_dir=tmp_path / "nowhere")


def test_a_crash_of_a_framework_is_not_taken_for_a_mistake_of_the_user(tmp_path, monkeypatch):
    (run,) = read_runs([run_folder(tmp_path / "a", dataset="synthetic")])
    monkeypatch.setattr(measuring, "ROOT", tmp_path)  # from there, Python finds no such module
    with pytest.raises(RuntimeError, match=r"status 1:\n.*No module named"):
        measuring.reconstruct(run, dataset("synthetic"), None, "cpu")


def test_weights_of_another_model_are_not_taken_for_a_wrong_claim(tmp_path):
    folder = run_folder(tmp_path / "a")
    other = Design(upsampler="nearest")
    write_weights(folder / WEIGHTS, initial_weights(0, other), design=other)
    with pytest.raises(ArtifactError, match=r"a was trained with .*'transposed'.* of 'nearest'"):
        compare([folder])


def fake_inference(root: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let PyTorch's inference command run another program."""
    package = root / "pytorch" / "src"
    package.mkdir(parents=True)
    (package / "inference.py").write_text(program)
    monkeypatch.setattr(measuring, "ROOT", root)


def test_a_framework_that_is_killed_is_one_sentence(tmp_path, monkeypatch):
    (run,) = read_runs([run_folder(tmp_path / "a", dataset="synthetic")])
    fake_inference(tmp_path, monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(ArtifactError, match=r"a: pytorch\.src\.inference was killed"):
        measuring.reconstruct(run, dataset("synthetic"), None, "cpu")


# --- the command -----------------------------------------------------------------------


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `python -m deconv.compare`, and say which frameworks its process has imported."""
    program = (
        "import runpy, sys; runpy.run_module('deconv.compare', run_name='__main__');"
        "print('imported:', sorted({'torch', 'tensorflow', 'keras'} & sys.modules.keys()))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def drawn() -> Splits:
    return load_splits(RunConfig(dataset="synthetic"))


@pytest.fixture(scope="module")
def compared(tmp_path_factory, drawn) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Both frameworks, the same untrained weights, one record that claims 99 dB."""
    artifacts = tmp_path_factory.mktemp("artifacts")
    here = {"dataset": "synthetic", "dataset_sha256": drawn.sha256}
    run_folder(artifacts / "pytorch_deconv", **here)
    run_folder(artifacts / "tensorflow_deconv", framework="tensorflow", test_psnr=99.0, **here)
    return command("--artifact-dir", artifacts, "--device", "cpu"), artifacts / "comparison"


@pytest.mark.slow
def test_the_command_measures_what_the_weights_do(compared, drawn):
    """What they do is computed a third time, in NumPy."""
    done, folder = compared
    assert done.returncode == 0, done.stderr
    (group,) = json.loads((folder / "comparison.json").read_text())["groups"]
    images = to_unit_range(drawn.test)
    expected = metrics.scores(scratch.reconstruct(initial_weights(0), images), images)
    for run in group["runs"]:
        assert run["measured"]["psnr"] == pytest.approx(expected.psnr, abs=1e-3)
        assert run["measured"]["mse"] == pytest.approx(expected.mse, rel=1e-4)
        assert run["measured"]["ssim"] == pytest.approx(expected.ssim, abs=1e-4)
        assert run["claim_agrees"] is False
    assert group["test_images"] == len(drawn.test)
    assert "TensorFlow claims 99.00 dB in its own record" in done.stdout


@pytest.mark.slow
def test_the_command_prints_the_table_and_names_the_report(compared):
    done, folder = compared
    assert report.WARNING in done.stdout
    assert re.search(r"^ +PyTorch +TensorFlow$", done.stdout, re.M)
    assert f"Report: {folder / 'report.md'}" in done.stdout
    assert report.WARNING in (folder / "report.md").read_text()
    assert len(list(folder.glob("*.png"))) == 3


@pytest.mark.slow
def test_the_command_needs_no_framework_in_its_own_process(compared):
    assert compared[0].stdout.splitlines()[-1] == "imported: []"


def test_without_a_run_the_command_says_how_to_make_one(tmp_path):
    """In a process of its own: status, streams, no traceback."""
    done = command("--artifact-dir", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for words in (str(tmp_path), "pytorch.src.train", "tensorflow.src.train"):
        assert words in done.stderr


@pytest.fixture
def complaint(monkeypatch, capsys) -> Callable[..., str]:
    """Runs the command in this process, where it must fail with one line."""

    def run(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["compare", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        error = capsys.readouterr().err
        assert stop.value.code == 2
        assert error.startswith("error: ")
        assert len(error.splitlines()) == 1, error
        return error

    return run


def test_a_folder_without_a_finished_run_is_named(complaint, tmp_path):
    assert "nothing/metrics.json" in complaint(tmp_path / "nothing")


@pytest.fixture
def untrained(tmp_path, drawn) -> Path:
    """The folder of a run whose weights have not been trained."""
    here = {"dataset": "synthetic", "dataset_sha256": drawn.sha256}
    return run_folder(tmp_path / "pytorch_deconv", **here)


def test_the_complaint_of_a_framework_is_passed_on_and_nothing_is_written(
    complaint, tmp_path, untrained
):
    import torch

    device = "mps" if torch.cuda.is_available() else "cuda"  # no machine has both
    error = complaint("--artifact-dir", tmp_path, "--device", device)
    assert f"{untrained}: --device {device}: PyTorch finds no such device" in error
    assert error.count("error:") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["pytorch_deconv"]


def test_damaged_weights_are_named_before_any_framework_starts(
    complaint, tmp_path, untrained, monkeypatch
):
    (untrained / WEIGHTS).write_text("these are not weights")
    monkeypatch.delattr(subprocess, "run")
    error = complaint("--artifact-dir", tmp_path, "--device", "cpu")
    assert f"{untrained / WEIGHTS} is not a whole safetensors file" in error
    assert [path.name for path in tmp_path.iterdir()] == ["pytorch_deconv"]


COMPARE_ELSEWHERE = """
import sys
from pathlib import Path
from deconv.compare import measuring
from deconv.compare.__main__ import main
measuring.ROOT = Path(sys.argv.pop(1))
main()
"""
WAIT = """
import os, time
from pathlib import Path
Path("begun").write_text(str(os.getpid()))
Path("begun").rename("process")
time.sleep(60)
"""


def test_a_comparison_that_is_ended_leaves_no_process_and_no_file(tmp_path, untrained, monkeypatch):
    fake_inference(tmp_path, monkeypatch, WAIT)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    program = [sys.executable, "-c", COMPARE_ELSEWHERE, tmp_path, untrained]
    environment = os.environ | {"TMPDIR": str(temporary)}
    pipe = subprocess.PIPE
    with subprocess.Popen(program, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe) as process:
        while not (tmp_path / "process").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        assert list(temporary.iterdir())
        process.terminate()
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 143
    assert errors == b"interrupted\n"
    assert list(temporary.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "process").read_text()), 0)


@pytest.mark.parametrize("arguments", [["--device", "abacus"], ["--epochs", "3"]])
def test_unknown_flags_and_values_are_refused(complaint, tmp_path, arguments):
    assert arguments[0] in complaint("--artifact-dir", tmp_path, *arguments)
