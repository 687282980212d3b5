"""Whatever a student gets wrong: one sentence, exit status 2, nothing half-written."""

import gzip
import subprocess
import sys
import tempfile

import numpy as np
import pytest
from PIL import Image
from small_archives import cut_off_the_network

from benchmarks.framework import Framework
from deconv.config import ROOT
from deconv.data.archives import ARCHIVES
from deconv.errors import ArtifactError
from deconv.weights import initial_weights, write_weights

FLAGS = (
    *("epochs", "batch-size", "learning-rate", "weight-decay", "seed", "device", "dataset"),
    *("data-dir", "artifact-dir", "limit", "resume", "upsampler", "precision", "compile"),
    "checkpoint-seconds",
)
BAD_FLAGS = {
    "unknown flag": (["--epoch", "3"], "--epoch"),
    "unknown value": (["--dataset", "mnist"], "mnist"),
    "not a number": (["--epochs", "many"], "many"),
    "no epochs": (["--epochs", "0"], "--epochs must be at least 1, but is 0"),
    "no batch": (["--batch-size", "0"], "--batch-size must be at least 1, but is 0"),
    "batch too large": (["--batch-size", "9001"], "9001"),
    "batch above limit": (["--limit", "100", "--batch-size", "101"], "101"),
    "negative rate": (["--learning-rate", "-1"], "--learning-rate must be a number above 0"),
    "rate not a number": (["--learning-rate", "nan"], "--learning-rate must be a number above 0"),
    "negative decay": (["--weight-decay", "-1"], "--weight-decay must be 0 or above"),
    "negative seed": (["--seed", "-1"], "--seed must be at least 0"),
    "seed too large": (["--seed", str(2**32)], "--seed must be at most 4294967295"),
    "epochs without end": (["--epochs", str(10**20)], "--epochs must be at most 10000"),
    "rate beyond float32": (["--learning-rate", "1e39"], "--learning-rate must be a number above"),
    "folder of nobody": (["--dataset=fashion-mnist", "--data-dir", "~nobody-here/x"], "no such"),
    "name too long": (["--dataset=fashion-mnist", "--data-dir", "x" * 300], "no such folder"),
    "negative seconds": (["--checkpoint-seconds", "-1"], "--checkpoint-seconds must be 0 or above"),
    "no images": (["--limit", "0"], "--limit must be at least 1"),
    "limit beyond the data": (["--limit", "9001"], "9000"),
    "device that is not there": (["--device", "cuda"], "finds no such device"),
    "nothing to resume": (["--resume"], "nothing to resume"),
    "unknown upsampler": (["--upsampler", "magic"], "magic"),
}


def fails(main, arguments, capsys, monkeypatch, notice="") -> str:
    """Run a command with bad arguments and return what it says, after a line with `notice`."""
    monkeypatch.setattr(sys, "argv", ["command", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    error = capsys.readouterr().err
    if notice:
        assert error.startswith(notice)
        error = error.partition("\n")[2]
    assert error.startswith("error: ")
    assert "Traceback" not in error
    return error


@pytest.mark.parametrize("case", BAD_FLAGS)
def test_bad_flags(framework, case, tmp_path, capsys, monkeypatch):
    if case == "device that is not there":
        import torch

        if torch.cuda.is_available():
            pytest.skip("this machine has CUDA, the device that should be missing")
    flags, words = BAD_FLAGS[case]
    where = ["--artifact-dir", tmp_path / "out"]
    dataset = [] if "--dataset" in flags else ["--dataset", "synthetic"]
    error = fails(framework.train.main, [*dataset, *where, *flags], capsys, monkeypatch)
    assert words in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_a_wrong_flag_in_a_shell(name, tmp_path):
    """The same through a real process: status, streams, no log noise."""
    command = [sys.executable, "-m", f"{name}.src.train", "--epochs", "0"]
    done = subprocess.run(
        [*command, "--artifact-dir", tmp_path / "out"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "error: --epochs must be at least 1, but is 0\n"


def idx_of_plain_mnist() -> bytes:
    """A sound IDX archive that is not Fashion-MNIST."""
    header = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (10, 28, 28))
    return gzip.compress(header + bytes(10 * 28 * 28))


@pytest.mark.parametrize("case", ["missing", "truncated", "plain MNIST"])
def test_bad_data_folder(framework, case, tmp_path, capsys, monkeypatch):
    folder = tmp_path / "data"
    if case != "missing":
        folder.mkdir()
        content = idx_of_plain_mnist()
        for name in ARCHIVES:
            (folder / name).write_bytes(content if case == "plain MNIST" else content[:-20])
    arguments = ["--data-dir", folder, "--artifact-dir", tmp_path / "out"]
    error = fails(framework.train.main, arguments, capsys, monkeypatch)
    assert str(folder) in error
    if case != "missing":
        assert "not the official file" in error
    assert not (tmp_path / "out").exists()


def test_no_data_and_no_network_names_three_remedies(framework, tmp_path, capsys, monkeypatch):
    cut_off_the_network(monkeypatch)
    (tmp_path / "data").mkdir()
    arguments = ["--data-dir", tmp_path / "data", "--artifact-dir", tmp_path / "out"]
    error = fails(
        framework.train.main, arguments, capsys, monkeypatch, notice="Fetching Fashion-MNIST"
    )
    for remedy in ("--data-dir", "--dataset synthetic", "http", "3aede38d61863908"):
        assert remedy in error
    assert not (tmp_path / "out").exists()
    assert list((tmp_path / "data").iterdir()) == []


def test_an_artifact_folder_that_cannot_be_written(framework, tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    where = tmp_path / "file" / "out"
    arguments = ["--dataset", "synthetic", "--artifact-dir", where]
    error = fails(framework.train.main, arguments, capsys, monkeypatch)
    assert str(where) in error
    assert error.count("\n") == 1
    assert (tmp_path / "file").read_text() == "in the way"


def bad_weights(case, path):
    write_weights(path, initial_weights(0))
    whole = path.read_bytes()
    weights = initial_weights(0)
    if case == "missing":
        path.unlink()
    elif case == "a text file":
        path.write_text("not weights at all\n")
    elif case == "empty":
        path.write_bytes(b"")
    elif case == "truncated":
        path.write_bytes(whole[:-100])
    elif case == "of another shape":
        weights["decoder.deconv2.weight"] = weights["decoder.deconv2.weight"][:, :, :2]
        write_weights(path, weights)
    elif case == "of another architecture":
        write_weights(path, {"features.0.weight": np.zeros((2, 2))})
    elif case == "not finite":
        weights["encoder.conv1.bias"][0] = np.nan
        write_weights(path, weights)
    elif case == "a folder":
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize(
    "case",
    [
        *("missing", "a text file", "empty", "truncated", "of another shape"),
        *("of another architecture", "not finite", "a folder"),
    ],
)
def test_bad_weights(framework, case, tmp_path, capsys, monkeypatch):
    path = tmp_path / "weights.safetensors"
    bad_weights(case, path)
    output = tmp_path / "picture.png"
    arguments = ["--weights", path, "--dataset", "synthetic", "--output", output]
    error = fails(framework.inference.main, arguments, capsys, monkeypatch)
    assert str(path) in error
    assert error.count("\n") == 1
    assert not output.exists()


def bad_image(case, folder):
    if case == "missing":
        return folder / "nowhere.png"
    if case == "text":
        path = folder / "text.png"
        path.write_text("not an image")
    elif case == "truncated":
        path = folder / "cut.png"
        Image.fromarray(np.zeros((64, 64), np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:60])
    elif case == "array of another shape":
        path = folder / "shape.npy"
        np.save(path, np.zeros((3, 5), np.float32))
    elif case == "array out of range":
        path = folder / "range.npy"
        np.save(path, np.full((28, 28), 255.0, np.float32))
    elif case == "array of objects":
        path = folder / "objects.npy"
        np.save(path, np.array([{}], object), allow_pickle=True)
    elif case == "not an array":
        path = folder / "text.npy"
        path.write_text("not an array")
    else:
        path = folder / "folder.png"
        path.mkdir()
    return path


@pytest.mark.parametrize(
    "case",
    [
        *("missing", "text", "truncated", "array of another shape", "array out of range"),
        *("array of objects", "not an array", "folder"),
    ],
)
def test_bad_images(framework, case, tmp_path, capsys, monkeypatch):
    write_weights(tmp_path / "weights.safetensors", initial_weights(0))
    path = bad_image(case, tmp_path)
    output = tmp_path / "picture.png"
    arguments = [path, "--weights", tmp_path / "weights.safetensors", "--output", output]
    error = fails(framework.inference.main, arguments, capsys, monkeypatch)
    assert str(path) in error
    assert error.count("\n") == 1
    assert not output.exists()


def test_a_picture_that_cannot_be_written(framework, tmp_path, capsys, monkeypatch):
    write_weights(tmp_path / "weights.safetensors", initial_weights(0))
    output = tmp_path / "no such folder" / "picture.png"
    arguments = ["--weights", tmp_path / "weights.safetensors", "--output", output]
    error = fails(
        framework.inference.main, [*arguments, "--dataset", "synthetic"], capsys, monkeypatch
    )
    assert str(output) in error


def test_no_room_for_temporary_files(tmp_path, monkeypatch):
    tensorflow = Framework("tensorflow")  # Keras saves a model by way of them
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(ArtifactError, match="cannot write temporary files into "):
        tensorflow.train.as_keras_file(tensorflow.build())


@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_help_names_every_flag(name):
    done = subprocess.run(
        [sys.executable, "-m", f"{name}.src.train", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    for flag in FLAGS:
        assert f"--{flag}" in done.stdout
