"""Checkpoints: read as they were written, refused when damaged or made up."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from deconv.architecture import Design, parameter_shapes
from deconv.config import RunConfig
from deconv.data.splits import Splits
from deconv.errors import ArtifactError
from deconv.running.checkpoint import (
    CHECKPOINT,
    PREVIOUS,
    Checkpoint,
    check_fit,
    read_checkpoint,
    write_checkpoint,
)
from deconv.running.record import Backend, EpochRow
from deconv.running.run import Run
from deconv.weights import initial_weights

ROW = EpochRow(1, 0.1, 1 / 3, 1e-9, 2.5, "synthetic", validation_psnr=30.0, validation_ssim=0.9)
RUN = {"seed": 0, "framework": "pytorch 1", **asdict(Design())}
EPOCHS, STEPS = 2, 5  # of each epoch


def floats(*values):
    return np.array(values, np.float32)


def adam(**changes):
    """What Adam keeps after seven steps."""
    arrays = {f"{kind}.{n}": np.full(s, 0.5, np.float32)
              for kind in "mv" for n, s in parameter_shapes().items()}  # fmt: skip
    return arrays | {"step": np.array(7, np.float32)} | changes


def checkpoint(**changes):
    """A checkpoint in the second epoch of a run, after two steps."""
    values = {
        "settings": RUN,
        "history": [ROW],
        "losses": floats(0.5, 0.25),
        "seconds": 1 / 3,
        "weights": initial_weights(0),
        "optimizer": adam(),
        "best": initial_weights(1),
    }
    return Checkpoint(**values | changes)


@pytest.mark.parametrize(
    "changes",
    [{}, {"losses": floats()}, {"best": {}, "history": []}],
    ids=["full", "no loss", "no best"],
)
def test_a_checkpoint_that_is_written_is_read(changes, tmp_path):
    written = checkpoint(**changes)
    write_checkpoint(tmp_path, written)
    found = read_checkpoint(tmp_path, RUN)
    for name, value in vars(written).items():
        np.testing.assert_equal(getattr(found, name), value)


def test_a_checkpoint_of_other_settings_is_refused_by_name(tmp_path):
    write_checkpoint(tmp_path, checkpoint())
    with pytest.raises(ArtifactError, match="seed 0, this run has 1"):
        read_checkpoint(tmp_path, RUN | {"seed": 1})


def test_the_checkpoint_before_stands_in_for_a_damaged_one(tmp_path, capsys):
    for step in (1, 2, 3):
        write_checkpoint(tmp_path, checkpoint(seconds=step))
    newest, previous = tmp_path / CHECKPOINT, tmp_path / PREVIOUS
    assert read_checkpoint(tmp_path, RUN).seconds == 3
    assert not capsys.readouterr().out
    data = bytearray(newest.read_bytes())
    data[-1] ^= 1  # one bit of one number
    newest.write_bytes(data)
    assert read_checkpoint(tmp_path, RUN).seconds == 2
    said = capsys.readouterr().out
    assert f"{newest} is not a whole checkpoint (its checksum is wrong)" in said
    assert PREVIOUS in said
    newest.unlink()  # a kill between two renamings
    assert read_checkpoint(tmp_path, RUN).seconds == 2
    previous.write_bytes(b"")
    newest.write_bytes(b"")
    with pytest.raises(ArtifactError, match="run without --resume to start again"):
        read_checkpoint(tmp_path, RUN)


def test_a_damaged_checkpoint_never_takes_the_place_of_a_good_one(tmp_path, capsys):
    for step in (1, 2):
        write_checkpoint(tmp_path, checkpoint(seconds=step))
    (tmp_path / CHECKPOINT).write_bytes(b"damaged")
    write_checkpoint(tmp_path, checkpoint(seconds=3))
    (tmp_path / CHECKPOINT).unlink()
    assert read_checkpoint(tmp_path, RUN).seconds == 1


def test_a_damaged_checkpoint_does_not_steer_the_terminal(tmp_path, capsys):
    for step in (1, 2):
        write_checkpoint(tmp_path, checkpoint(seconds=step))
    newest = tmp_path / CHECKPOINT
    newest.write_bytes(newest.read_bytes().replace(b'"F32"', b'"\\n2"', 1))  # a type that is none
    assert read_checkpoint(tmp_path, RUN).seconds == 1
    said = capsys.readouterr().out
    assert said.startswith(f"{newest} is not a whole safetensors file; going on from {PREVIOUS}")
    assert said.count("\n") == 1


# --- whole, but impossible --------------------------------------------------------------

IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "a loss too many": {"losses": floats(1, 2, 3)},
    "the losses of a whole epoch": {
        "losses": floats(*range(STEPS)), "optimizer": adam(step=floats(10)[0])},
    "losses in two dimensions": {"losses": floats([1], [2])},
    "losses of another type": {"losses": np.array([1, 2])},
    "a loss that is not finite": {"losses": floats(1, np.nan)},
    "an epoch too many": {"history": [replace(ROW, epoch=n) for n in (1, 2, 3)],
                          "optimizer": adam(step=floats(17)[0])},
    "an epoch that is no row number": {"history": [replace(ROW, epoch=7)]},
    "an epoch in words": {"history": [EpochRow(**asdict(ROW) | {"epoch": "one"})]},
    "an epoch that took no time": {"history": [replace(ROW, seconds=0.0)]},
    "steps that took less than no time": {"seconds": -1.0},
    "steps that took no number of seconds": {"seconds": np.nan},
    "steps that took for ever": {"seconds": 10**400},
    "a history without best weights": {"best": {}},
    "best weights without a history": {"history": [], "optimizer": adam(step=floats(2)[0])},
    "best weights of another model": {"best": initial_weights(0, Design(upsampler="nearest"))},
    "weights of another model": {"weights": initial_weights(0, Design(upsampler="nearest"))},
    "weights of another type": {
        "weights": {name: array.astype(np.float64) for name, array in initial_weights(0).items()}},
    "weights that are not finite": {
        "weights": {name: array + np.inf for name, array in initial_weights(0).items()}},
    "a counter that is behind": {"optimizer": adam(step=floats(6)[0])},
    "a counter of another type": {"optimizer": adam(step=np.array(7))},
    "two counters": {"optimizer": adam(step=floats(7, 7))},
    "no counter": {"optimizer": {n: array for n, array in adam().items() if n != "step"}},
    "no averages": {"optimizer": {"step": floats(7)[0]}},
    "a square below 0": {"optimizer": adam(**{"v.encoder.conv1.bias": floats(*[-1] * 32)})},
}  # fmt: skip


@pytest.mark.parametrize("wrong", [None, *IMPOSSIBLE])
def test_a_checkpoint_that_no_run_can_have_written_is_refused(wrong, tmp_path):
    """Each is whole: its checksum is right."""

    def resume():
        check_fit(read_checkpoint(tmp_path, RUN), tmp_path, EPOCHS, STEPS)

    write_checkpoint(tmp_path, checkpoint(**IMPOSSIBLE.get(wrong, {})))
    if wrong:
        with pytest.raises(ArtifactError, match="run without --resume to start again"):
            resume()
    else:
        resume()


def new_run(where, **changes):
    """A run of two epochs of five steps that has not begun."""
    images = np.zeros((STEPS * 32, 28, 28), np.uint8)
    labels = images[:, 0, 0]
    splits = Splits("synthetic", "", "", images, images, images, labels, labels, labels)
    config = RunConfig(epochs=EPOCHS, artifact_dir=where, **changes)
    return Run(config, splits, Backend("numpy", "0", "cpu"))


def test_a_run_that_is_resumed_looks_at_what_it_takes_over(tmp_path):
    folder, run = tmp_path / "numpy_deconv", new_run(tmp_path, resume=True)
    folder.mkdir()
    write_checkpoint(folder, checkpoint(settings=run.keeper.settings, seconds=-1.0))
    with (
        pytest.raises(ArtifactError, match=f"cannot resume {folder}: its checkpoint is whole, but"),
        run,
    ):
        pass
    assert [path.name for path in folder.iterdir()] == [CHECKPOINT]
    write_checkpoint(folder, checkpoint(settings=run.keeper.settings))
    with new_run(tmp_path, resume=True) as run:
        assert run.progress.step == STEPS + 2


@pytest.mark.parametrize(
    ("rate", "decay", "advice"),
    [
        (0.01, 0.0, "--learning-rate below 0.01"),
        (0.01, 100.0, "--learning-rate below 0.01"),
        (0.01, 3e38, "--weight-decay below 200"),
        (1e30, 0.1, "--learning-rate below 1e+30"),
    ],
)
def test_the_setting_that_explodes_is_the_one_that_is_named(rate, decay, advice, tmp_path):
    run = new_run(tmp_path, learning_rate=rate, weight_decay=decay)
    error = run.keeper.not_finite("the loss")
    assert str(error).endswith(f"start again with a {advice}")
