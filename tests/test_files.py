"""Results replace nothing that they should not, and poor file systems are good enough."""

import errno
import os
import stat
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from deconv.architecture import BASELINE
from deconv.arithmetic.__main__ import ArithmeticConfig
from deconv.arithmetic.__main__ import main as draw_arithmetic
from deconv.config import InferenceConfig
from deconv.errors import ArtifactError
from deconv.files import TEMPORARY, check_target, remove_temporaries, shown, write_atomically
from deconv.inference import infer


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(np.zeros((28, 28), np.uint8)).save(path)
    return path


# ---------------------------------------------------------------- what may be replaced


def test_a_file_is_replaced_only_when_that_is_asked_for(photo, tmp_path):
    with pytest.raises(ArtifactError, match=r"photo\.png is there already; .* --overwrite"):
        check_target(photo, overwrite=False)
    check_target(photo, overwrite=True)
    check_target(tmp_path / "new.png", overwrite=False)


def test_an_input_is_never_replaced(photo, tmp_path):
    other = tmp_path / "other.png"
    other.hardlink_to(photo)
    for target in (photo, other):
        with pytest.raises(ArtifactError, match="is read by this command"):
            check_target(target, overwrite=True, inputs=[tmp_path / "missing", photo])


@pytest.mark.parametrize("kind", ["folder", "device", "pipe", "link", "dangling link"])
def test_what_is_not_a_plain_file_is_never_replaced(kind, photo, tmp_path):
    target = Path(os.devnull) if kind == "device" else tmp_path / "target"
    if kind == "folder":
        target.mkdir()
    elif kind == "pipe":
        os.mkfifo(target)
    elif kind != "device":
        target.symlink_to(photo if kind == "link" else tmp_path / "nowhere")
    with pytest.raises(ArtifactError, match=f"{target} is not a plain file"):
        check_target(target, overwrite=True)


def test_the_arithmetic_asks_before_it_replaces_either_of_its_files(
    photo, tmp_path, monkeypatch, capsys
):
    target = tmp_path / "photo.gif"
    before = photo.read_bytes()

    def draw(*flags):
        monkeypatch.setattr("sys.argv", ["arithmetic", "--input=2", f"--output={target}", *flags])
        draw_arithmetic()

    with pytest.raises(ArtifactError, match=r"photo\.png is there already"):
        draw()
    assert not capsys.readouterr().out
    assert not target.exists()
    assert photo.read_bytes() == before
    draw("--overwrite")
    assert photo.read_bytes() != before
    monkeypatch.setattr(ArithmeticConfig, "output", target)  # where no name is given
    draw()


NOTHING = SimpleNamespace(design=BASELINE)


def infer_black(**settings):
    """Infer with a model that does nothing, so that no framework is needed."""
    weights = settings.pop("weights")
    config = InferenceConfig(weights=weights, **settings)
    infer(config, "pytorch", lambda path: NOTHING, lambda model, images: images)


@pytest.mark.parametrize("flag", ["output", "array"])
def test_inference_asks_before_any_work(flag, photo, tmp_path):
    weights, target = tmp_path / "weights.safetensors", tmp_path / "target"
    target.write_text("mine")
    settings = {"images": (photo,), "artifact_dir": tmp_path, flag: target}

    def no_work(*_):
        raise AssertionError("it has begun")

    with pytest.raises(ArtifactError, match="is there already"):
        infer(InferenceConfig(**settings, weights=weights), "pytorch", no_work, no_work)
    assert target.read_text() == "mine"
    infer_black(**settings, weights=weights, overwrite=True)
    assert target.read_bytes()[:1] in (b"\x89", b"\x93")  # PNG, NPY
    weights.write_text("weights")
    for input_ in (weights, photo):
        with pytest.raises(ArtifactError, match="is read by this command"):
            infer_black(**settings | {flag: input_}, weights=weights, overwrite=True)


def test_inference_replaces_its_own_picture_and_nothing_else(photo, tmp_path, monkeypatch):
    """Its own is in the run's folder. Where there is none, a picture of that name is another's."""
    monkeypatch.chdir(tmp_path)
    settings = {"images": (photo,), "artifact_dir": tmp_path, "weights": tmp_path / "weights"}
    infer_black(**settings)
    assert Path("inference.png").exists()
    with pytest.raises(ArtifactError, match="is there already"):
        infer_black(**settings)
    run = tmp_path / "pytorch_deconv"
    run.mkdir()
    for _ in range(2):
        infer_black(**settings)
    assert (run / "inference.png").exists()
    with pytest.raises(ArtifactError, match="is read by this command"):
        infer_black(**settings | {"images": (run / "inference.png",)})


# ---------------------------------------------------------------- how a file is written


def refusing(refused, folders):
    """Return an fsync that raises this error for folders, or for files."""

    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode) is folders:
            raise OSError(refused, os.strerror(refused))

    return fsync


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EBADF, errno.ENOTSUP])
def test_a_file_system_need_not_sync_folders(code, tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", refusing(code, folders=True))
    write_atomically(tmp_path / "file", b"data")
    assert (tmp_path / "file").read_bytes() == b"data"


@pytest.mark.parametrize(
    ("code", "folders"),
    [(errno.EIO, True), (errno.ENOSPC, True), (errno.EINVAL, False), (errno.EIO, False)],
)
def test_a_disk_that_fails_is_not_taken_for_such_a_file_system(
    code, folders, tmp_path, monkeypatch
):
    monkeypatch.setattr("os.fsync", refusing(code, folders))
    with pytest.raises(ArtifactError, match=f"cannot write .*file: {os.strerror(code)}"):
        write_atomically(tmp_path / "file", b"data")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(("umask", "mode"), [(0o027, 0o640), (0o077, 0o600), (0o002, 0o664)])
def test_the_umask_decides_who_may_read(umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "file", b"data")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_a_file_system_need_not_know_modes(tmp_path, monkeypatch):
    def chmod(*_, **__):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("os.chmod", chmod)
    write_atomically(tmp_path / "file", b"data")


def test_a_long_name_has_room_for_its_temporary(tmp_path):
    write_atomically(tmp_path / (255 * "n"), b"data")


def test_tidying_up_removes_only_what_this_project_began(tmp_path):
    for name in (".notes.tmp", ".a" + TEMPORARY, "a" + TEMPORARY):
        (tmp_path / name).touch()
    remove_temporaries(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".notes.tmp", "a" + TEMPORARY}


# ---------------------------------------------------------------- how a path is shown


def test_a_path_is_shown_as_a_person_would_type_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "run" / "file") == os.path.join("run", "file")  # noqa: PTH118
    assert shown(tmp_path.parent) == str(tmp_path.parent.resolve())


def test_a_path_is_shown_where_this_folder_has_been_deleted(tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    for path in (tmp_path / "run", Path("run")):
        assert shown(path) == str(path)
