import csv
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_checkpoint import ROW, RUN, checkpoint

from deconv.data.archives import TEST_IMAGES
from deconv.data.idx import read_images
from deconv.data.images import read_picture
from deconv.errors import ArtifactError, ImageError, UserError, WeightsError
from deconv.files import write_atomically
from deconv.running.checkpoint import CHECKPOINT, PREVIOUS, read_checkpoint, write_checkpoint
from deconv.running.folder import new_run_folder, run_lock
from deconv.running.record import (
    RunRecord,
    read_history,
    read_record,
    write_history,
    write_record,
)
from deconv.weights import initial_weights, read_weights, write_weights

RECORD = RunRecord(
    framework="pytorch", framework_version="1", device="cpu", dataset="synthetic",
    dataset_sha256="00", train_images=10, upsampler="transposed", precision="float32",
    compiled=False, seed=0, epochs=1, batch_size=2, learning_rate=0.01, weight_decay=0.0,
    best_epoch=1, parameters=37569, test_mse=0.1, test_psnr=1 / 3, test_ssim=0.5,
    train_seconds=1.0, images_per_second=10.0,
)  # fmt: skip


def test_what_is_written_is_read(tmp_path):
    write_record(tmp_path, RECORD)
    assert read_record(tmp_path) == RECORD
    write_history(tmp_path, [ROW, ROW])
    assert read_history(tmp_path) == [ROW, ROW]


def test_a_record_of_before_threads_were_noted_is_read(tmp_path):
    write_record(tmp_path, RECORD)
    path = tmp_path / "metrics.json"
    content = json.loads(path.read_text())
    del content["threads"]
    path.write_text(json.dumps(content))
    assert read_record(tmp_path) == replace(RECORD, threads=0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("epochs", "1e999"), ("epochs", "2.9"), ("epochs", "-1"), ("epochs", 400 * "9"),
     ("compiled", '"False"'), ("test_mse", "null"), ("test_mse", "1" + 400 * "0"),
     ("test_psnr", "NaN"), ("test_psnr", "Infinity"), ("test_psnr", "-1e308"),
     ("device", 9000 * "[" + 9000 * "]"), ("device", r'"\ud800"'), ("device", r'"c\npu"'),
     ("device", r'"\u001b[2J"')],
    ids=["no end", "half an epoch", "negative", "400 digits", "text", "null", "401 digits",
         "no number", "infinite", "beyond float32", "deep", "half a character", "two lines",
         "order to the terminal"],
)  # fmt: skip
def test_records_with_impossible_values_are_refused(field, value, tmp_path):
    write_record(tmp_path, RECORD)
    path = tmp_path / "metrics.json"
    path.write_text(re.sub(f'"{field}": [^,]+', lambda _: f'"{field}": {value}', path.read_text()))
    with pytest.raises(ArtifactError, match="not the record of a run") as error:
        read_record(tmp_path)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 400 + len(str(path))


@pytest.mark.parametrize("value", ["1e308", "-1e308", "nan", "inf", "many", ""])
@pytest.mark.parametrize("field", ["validation_loss", "seconds"])
def test_histories_with_impossible_numbers_are_refused(field, value, tmp_path):
    write_history(tmp_path, [ROW])
    path = tmp_path / "history.csv"
    (row,) = csv.DictReader(path.read_text().splitlines())
    path.write_text(f"{','.join(row)}\n{','.join((row | {field: value}).values())}\n")
    with pytest.raises(ArtifactError, match=f"not the history of a run: {field} cannot be"):
        read_history(tmp_path)


def test_a_history_with_an_epoch_of_thousands_of_digits_is_refused(tmp_path):
    for digits in (4_000, 5_000):  # Python itself stops at 4,300
        write_history(tmp_path, [ROW])
        path = tmp_path / "history.csv"
        path.write_text(path.read_text().replace("\n1,", f"\n{digits * '9'},"))
        with pytest.raises(ArtifactError, match="epoch cannot be '9") as error:
            read_history(tmp_path)
        assert len(str(error.value)) < 200 + len(str(path))


@pytest.mark.parametrize(
    "shape", ["(10**30, 28, 28)", str((10**30, 28, 28)), "(-1, 28, 28)", "(True, 28, 28)", "[]:1"]
)
def test_arrays_with_impossible_headers_are_refused(shape, tmp_path):
    path = tmp_path / "array.npy"
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode()
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(ImageError, match=r"array\.npy"):
        read_picture(path)


def test_a_second_training_is_kept_out_and_a_dead_one_is_not_waited_for(tmp_path):
    folder = tmp_path / "pytorch_deconv"
    program = (
        "import sys, time; from pathlib import Path; from deconv.running.folder import run_lock\n"
        "with run_lock(Path(sys.argv[1])): print('locked', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, folder], stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        with (
            pytest.raises(
                ArtifactError, match=rf"process {other.pid}\) writes to .*--artifact-dir"
            ),
            run_lock(folder),
        ):
            pass
        with run_lock(tmp_path / "tensorflow_deconv"):  # another run, another lock
            pass
        other.kill()
    with run_lock(folder):
        pass


def readers(folder):
    write_record(folder, RECORD)
    write_history(folder, [ROW])
    write_weights(folder / "weights.safetensors", initial_weights(0))
    write_checkpoint(folder, checkpoint())
    return {
        "metrics.json": lambda: read_record(folder),
        "history.csv": lambda: read_history(folder),
        "weights.safetensors": lambda: read_weights(folder / "weights.safetensors"),
        CHECKPOINT: lambda: read_checkpoint(folder, RUN),
    }


@pytest.mark.parametrize("name", ["metrics.json", "history.csv", "weights.safetensors", CHECKPOINT])
@settings(max_examples=150)
@given(data=st.data())
def test_damaged_files_give_the_documented_error(name, data, tmp_path_factory):
    """Cut short, a byte changed, or bytes of anything: read, or refused; never another error."""
    folder = tmp_path_factory.mktemp("run")
    read = readers(folder)[name]
    whole = (folder / name).read_bytes()
    head = min(len(whole), 2000)  # the structure is in the first bytes, then come numbers
    damage = data.draw(st.sampled_from(["cut", "byte", "anything"]))
    if damage == "cut":
        damaged = whole[: data.draw(st.integers(0, len(whole) - 1))]
    elif damage == "byte":
        place = data.draw(st.integers(0, head - 1))
        damaged = whole[:place] + data.draw(st.binary(min_size=1, max_size=3)) + whole[place + 1 :]
    else:
        damaged = data.draw(st.binary(max_size=200))
    (folder / name).write_bytes(damaged)
    refused = None
    try:
        read()
    except (ArtifactError, WeightsError) as error:
        refused = str(error)
    if refused is not None:
        assert str(folder) in refused
    else:
        assert damage != "cut" or name == "history.csv" or whole.startswith(damaged + b"\n")
        assert name != CHECKPOINT or damaged == whole  # its checksum finds every change


def make_special(path, kind):
    """Put something in the place of a file that cannot be read to its end."""
    path.unlink(missing_ok=True)
    if kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(2**40)


@pytest.mark.parametrize("kind", ["device", "pipe", "folder", "terabyte of holes"])
def test_what_cannot_be_read_to_its_end_is_refused_at_once(kind, tmp_path):
    """One sentence from every reader, and not a full memory."""
    everything = readers(tmp_path)
    for name in ("picture.png", "array.npy"):
        everything[name] = lambda name=name: read_picture(tmp_path / name)
    everything[TEST_IMAGES] = lambda: read_images(tmp_path / TEST_IMAGES)
    for name, read in everything.items():
        make_special(tmp_path / name, kind)
        with pytest.raises(UserError) as error:
            read()
        reason = "1,099,511,627,776 bytes" if "terabyte" in kind else "not a regular file"
        assert f"cannot read {tmp_path / name}: it " in str(error.value)
        assert reason in str(error.value)
        assert "\n" not in str(error.value)


def test_missing_files_are_named(tmp_path):
    for read in (read_record, read_history):
        with pytest.raises(ArtifactError, match="No such file"):
            read(tmp_path)


def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new(tmp_path):
    """Kill it at many moments of a loop that writes two contents in turn."""
    program = (
        "import sys; from pathlib import Path; from deconv.files import write_atomically\n"
        "while True:\n"
        "    for letter in (b'a', b'b'): write_atomically(Path(sys.argv[1]), letter * 3_000_000)\n"
    )
    target = tmp_path / "file"
    for moment in np.linspace(0.01, 0.2, 6):
        with subprocess.Popen([sys.executable, "-c", program, target]) as process:
            while not target.exists():
                time.sleep(0.01)
            time.sleep(moment)
            process.kill()
        content = target.read_bytes()
        assert content in (b"a" * 3_000_000, b"b" * 3_000_000)


def test_a_failed_write_leaves_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ArtifactError, match="folder"):
        write_atomically(tmp_path / "folder", b"data")  # a folder has that name
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_others_may_read_what_is_written(tmp_path):
    write_atomically(tmp_path / "file", b"data")
    assert os.stat(tmp_path / "file").st_mode & 0o777 == 0o644  # noqa: PTH116


def test_earlier_runs_keep_their_numbers(tmp_path):
    for expected in ([], ["run-1"], ["run-1", "run-2"]):
        new_run_folder(tmp_path / "run")
        (tmp_path / "run" / "file").touch()
        kept = sorted(path.name for path in tmp_path.iterdir() if path.name != "run")
        assert kept == expected


def test_an_empty_run_folder_is_used_as_it_is(tmp_path):
    (tmp_path / "run").mkdir()
    new_run_folder(tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_reading_never_runs_code(tmp_path):
    """A pickle that would make a file when it is loaded, under the names that are read."""
    import pickle

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    folder = tmp_path / "run"
    folder.mkdir()
    everything = readers(folder)
    everything[PREVIOUS] = everything[CHECKPOINT]  # is read when the newest is damaged
    for name in ("picture.png", "picture.jpg", "array.npy"):
        everything[name] = lambda name=name: read_picture(folder / name)
    for name, read in everything.items():
        (folder / name).write_bytes(pickle.dumps(Bomb()))
        with pytest.raises((ArtifactError, WeightsError, ImageError)):
            read()
    bombs = np.array([Bomb()], object)  # NumPy's own format may hold pickles too
    np.save(folder / "array.npy", bombs, allow_pickle=True)
    with pytest.raises(ImageError):
        everything["array.npy"]()
    assert not (tmp_path / "exploded").exists()
    pickle.loads(pickle.dumps(Bomb()))  # the bomb works
    assert (tmp_path / "exploded").exists()
