from pathlib import Path

import numpy as np
import pytest

from deconv import cli
from deconv.arithmetic.__main__ import ArithmeticConfig
from deconv.compare.__main__ import CompareConfig
from deconv.config import InferenceConfig, RunConfig
from deconv.errors import ConfigError


def test_defaults_are_the_documented_ones():
    config = RunConfig()
    assert (config.epochs, config.batch_size, config.learning_rate) == (10, 32, 1e-2)
    assert (config.dataset, config.device, config.upsampler) == (
        "fashion-mnist",
        "auto",
        "transposed",
    )


def test_both_frameworks_have_the_same_defaults(both):
    one, other = (vars(framework.config.Config()) for framework in both)
    assert one == other == vars(RunConfig())


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": -1},
        {"learning_rate": 0.0},
        {"learning_rate": float("inf")},
        {"weight_decay": float("nan")},
        {"limit": 0},
        {"seed": -1},
    ],
)
def test_impossible_settings_are_named(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ConfigError, match=f"--{name.replace('_', '-')}.*{value}"):
        RunConfig(**wrong)


def test_learning_rate_climbs_and_falls():
    rates = RunConfig(learning_rate=0.5).learning_rates(1000)
    assert rates.dtype == np.float32
    assert len(rates) == 1000
    assert rates.argmax() == 19  # a fiftieth of the steps
    assert rates.max() == np.float32(0.5)
    assert (np.diff(rates[:20]) > 0).all()
    assert (np.diff(rates[20:]) < 0).all()
    assert rates[0] == pytest.approx(0.5 / 20)
    assert rates[510] == pytest.approx(0.5 / 2)  # half of the rest is left
    assert 0 < rates[-1] < 0.5 / 900


@pytest.mark.parametrize("steps", [1, 2, 5, 51])
def test_learning_rate_of_a_short_run_is_never_zero(steps):
    rates = RunConfig(learning_rate=0.5).learning_rates(steps)
    assert (rates > 0).all()
    assert rates.max() == np.float32(0.5)


def test_devices_that_are_there(framework):
    """auto finds a device; cpu is always one; each is what the framework computes on."""
    for name in ("auto", "cpu"):
        device = framework.config.detect_device(name)
        assert str(device)
    assert "cpu" in str(framework.config.detect_device("cpu")).lower()


@pytest.mark.parametrize(("system", "word"), [("Linux", "cuda"), ("Darwin", "mps")])
def test_tensorflow_calls_a_gpu_what_pytorch_calls_it(monkeypatch, system, word):
    from tensorflow.src.config import device_type

    monkeypatch.setattr("platform.system", lambda: system)
    assert device_type("/GPU:0") == word
    assert device_type("/CPU:0") == "cpu"


PATHS = [
    *((RunConfig, "--data-dir"), (RunConfig, "--artifact-dir"), (CompareConfig, "--data-dir")),
    *((InferenceConfig, f"--{name}") for name in ("weights", "output", "array")),
    (ArithmeticConfig, "--output"),
]


@pytest.mark.parametrize(("command", "flag"), PATHS)
def test_the_home_folder_is_meant_where_it_is_written(command, flag, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    config = cli.parse(command, [f"{flag}=~/x.gif"])
    assert getattr(config, flag[2:].replace("-", "_")) == tmp_path / "x.gif"


@pytest.mark.parametrize("value", ["", "~nobody-of-that-name/x"])
@pytest.mark.parametrize(("command", "flag"), PATHS)
def test_a_path_that_names_nothing_is_refused(command, flag, value, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.parse(command, [flag, value])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert ("is empty" if not value else f"{value}: there is no such home folder") in error
    assert error.count("\n") == 1


def test_pictures_and_runs_are_named_by_such_paths_too(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    both = tmp_path / "a", Path("b")
    assert cli.parse(InferenceConfig, ["~/a", "b"]).images == both
    assert cli.parse(CompareConfig, ["~/a", "b"]).runs == both
    for command in (InferenceConfig, CompareConfig):
        with pytest.raises(SystemExit):
            cli.parse(command, ["a", ""])
        assert "is empty" in capsys.readouterr().err
