"""The whole of training, on few drawn garments: what it leaves, and that nothing gets lost."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from functools import cache

import numpy as np
import pytest
from safetensors import safe_open

from benchmarks.framework import NAMES, Framework
from deconv.architecture import BASELINE
from deconv.config import ROOT, RunConfig
from deconv.data.splits import load_splits
from deconv.errors import ArtifactError, TrainingError
from deconv.metrics import scores, to_unit_range
from deconv.running.record import read_history, read_record
from deconv.weights import read_weights

pytestmark = pytest.mark.usefixtures("few_garments")

FILES = {
    "weights.safetensors",
    "checkpoint.safetensors",
    "checkpoint-previous.safetensors",
    "metrics.json",
    "history.csv",
    "config.json",
    "reconstructions.png",
    "curves.png",
}


def settings(tmp_path, **changes):
    return {
        "epochs": 2,
        "limit": 320,
        "dataset": "synthetic",
        "device": "cpu",
        "artifact_dir": tmp_path,
    } | changes


def train(framework, tmp_path, **changes):
    return framework.train.train(framework.config.Config(**settings(tmp_path, **changes)))


@pytest.fixture(scope="module")
def short_run(tmp_path_factory):
    """Give one short run of a framework: itself, its record, its folder and what it printed."""

    @cache
    def run(name: str):
        framework, where = Framework(name), tmp_path_factory.mktemp(name)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            record = train(framework, where)
        return framework, record, where / f"{name}_deconv", said.getvalue()

    return run


@pytest.fixture(params=NAMES)
def finished(request, short_run):
    return short_run(request.param)


def test_a_run_leaves_what_it_says(finished):
    framework, record, folder, said = finished
    extra = {"model.keras"} if framework.name == "tensorflow" else set()
    assert {path.name for path in folder.iterdir()} == FILES | extra

    assert read_record(folder) == record
    assert json.loads((folder / "metrics.json").read_text())["framework"] == framework.name
    assert record.parameters == 37_569
    assert record.dataset == "synthetic"
    assert record.device == "cpu"
    history = read_history(folder)
    assert [row.epoch for row in history] == [1, 2]
    assert {row.dataset for row in history} == {"synthetic"}
    assert history[1].train_loss < history[0].train_loss
    assert json.loads((folder / "config.json").read_text())["limit"] == 320
    with safe_open(folder / "weights.safetensors", framework="numpy") as weights:
        about = json.loads(weights.metadata()["about"])
    assert about == {"dataset": "synthetic", **asdict(BASELINE)}
    for words in ("NOT Fashion-MNIST", "decoder.deconv1", "37,569", "1,919,232", str(folder)):
        assert words in said


def test_the_claimed_scores_are_those_of_the_written_weights(finished):
    framework, record, folder, _ = finished
    splits = load_splits(framework.config.Config(dataset="synthetic"))
    images = to_unit_range(splits.test)
    model = framework.inference.load_model(folder / "weights.safetensors", device="cpu")
    measured = scores(framework.inference.reconstruct(model, images), images)
    assert record.dataset_sha256 == splits.sha256
    assert record.test_psnr == pytest.approx(measured.psnr, abs=0.01)
    assert record.test_mse == pytest.approx(measured.mse, rel=1e-4)
    assert record.test_ssim == pytest.approx(measured.ssim, abs=1e-3)


def test_same_seed_same_bytes_and_an_earlier_run_is_moved_aside(finished, tmp_path, capsys):
    framework, _, folder, _ = finished
    expected = (folder / "weights.safetensors").read_bytes()
    train(framework, tmp_path)
    again, kept = tmp_path / folder.name, tmp_path / f"{folder.name}-1"
    assert (again / "weights.safetensors").read_bytes() == expected
    train(framework, tmp_path, seed=1)
    assert str(kept) in capsys.readouterr().out
    assert (kept / "weights.safetensors").read_bytes() == expected
    assert (again / "weights.safetensors").read_bytes() != expected


@pytest.mark.parametrize("finished", ["tensorflow"], indirect=True)
def test_keras_users_can_load_the_model_without_this_project(finished, images, tmp_path):
    framework, _, folder, _ = finished
    code = (
        "import sys, keras, numpy as np; "
        "model = keras.models.load_model(sys.argv[1]); "
        "np.save(sys.argv[2], model(np.load(sys.argv[3])))"
    )
    np.save(tmp_path / "images.npy", images)
    files = [folder / "model.keras", tmp_path / "out.npy", tmp_path / "images.npy"]
    subprocess.run([sys.executable, "-c", code, *files], cwd=tmp_path, check=True)
    model = framework.inference.load_model(folder / "weights.safetensors")
    expected = framework.inference.reconstruct(model, images)
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, rtol=0, atol=1e-6)


def test_the_frameworks_learn_the_same(short_run):
    (_, one, _, _), (_, other, _, _) = map(short_run, NAMES)
    assert one.dataset_sha256 == other.dataset_sha256
    assert one.test_psnr == pytest.approx(other.test_psnr, abs=0.05)


def test_the_best_epoch_is_kept_not_the_last(framework, tmp_path, monkeypatch):
    """Validation says the second of three epochs is best; its weights must be on the disk."""
    from deconv.metrics import Scores

    judged, losses = [], iter([0.3, 0.1, 0.2, 0.5])

    def judging(model, _):
        judged.append(framework.utils.export_weights(model))
        return Scores(next(losses), 30.0, 0.9)

    monkeypatch.setattr(framework.train, "choose_evaluation", lambda config: judging)
    record = train(framework, tmp_path, epochs=3)
    kept = read_weights(tmp_path / f"{framework.name}_deconv" / "weights.safetensors")
    assert record.best_epoch == 2
    chosen = [
        all(np.array_equal(kept[name], array) for name, array in weights.items())
        for weights in judged
    ]
    assert chosen == [False, True, False, True]  # the last is the test


@pytest.mark.slow
def test_a_run_in_bfloat16_claims_what_its_weights_give(framework, tmp_path):
    record = train(framework, tmp_path, epochs=1, precision="bfloat16")
    folder = tmp_path / f"{framework.name}_deconv"
    model = framework.inference.load_model(folder / "weights.safetensors", device="cpu")
    images = to_unit_range(load_splits(RunConfig(dataset="synthetic")).test)
    given = scores(framework.inference.reconstruct(model, images), images)
    assert record.test_psnr == pytest.approx(given.psnr, abs=1e-3)


@pytest.mark.slow
@pytest.mark.slow
def test_compiling_without_a_compiler_is_refused_before_anything_is_written(tmp_path):
    flags = ["--dataset=synthetic", "--device=cpu", "--compile=on", f"--artifact-dir={tmp_path}"]
    nothing = {"CXX": "no-such-compiler", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "pytorch.src.train", *flags],
        env=os.environ | nothing,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "error: --compile on: torch.compile does not work here" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "pytorch_deconv").exists()


def test_resume_needs_a_checkpoint_with_the_same_settings(finished, tmp_path):
    framework, _, folder, _ = finished
    with pytest.raises(ArtifactError, match="nothing to resume"):
        train(framework, tmp_path, resume=True)
    shutil.copytree(folder, tmp_path / folder.name)
    with pytest.raises(ArtifactError, match=r"batch_size 32.*this run has 64"):
        train(framework, tmp_path, resume=True, batch_size=64)


def test_a_loss_that_explodes_stops_the_run_and_says_why(framework, tmp_path):
    with pytest.raises(
        TrainingError,
        match=r"loss is no longer a finite number.*start again with a --learning-rate",
    ):
        train(framework, tmp_path, learning_rate=1e30, epochs=1)
    assert not (tmp_path / f"{framework.name}_deconv" / "weights.safetensors").exists()
