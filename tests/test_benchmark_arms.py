"""The benchmarks of the ways up run, in their smallest setting, and count what the formulas say."""

import math
import re
from typing import Any, get_args

import pytest
from test_benchmarks import run

from benchmarks import arms, gains, side_by_side
from benchmarks.framework import Framework
from deconv.architecture import Design, Upsampler, layers
from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.errors import ConfigError
from deconv.running.processor import cores
from deconv.weights import initial_weights

ARMS: tuple[Upsampler, ...] = get_args(Upsampler)


@pytest.mark.parametrize("flag", ["every", "epochs", "limit"])
def test_gains_of_nothing_are_refused(flag) -> None:
    make: Any = gains.GainsConfig
    with pytest.raises(ConfigError, match=f"^--{flag} must be at least 1, but is 0$"):
        make(**{flag: 0})


@pytest.mark.parametrize("flag", ["batch-size", "inference-size", "repeats"])
def test_costs_of_nothing_are_refused(flag) -> None:
    make: Any = arms.ArmsConfig
    with pytest.raises(ConfigError, match=f"^--{flag} must be at least 1, but is 0$"):
        make(**{flag.replace("-", "_"): 0})


@pytest.mark.parametrize("flag", ["repeats", "limit", "epochs"])
def test_trainings_of_nothing_are_refused(flag) -> None:
    make: Any = side_by_side.SideBySideConfig
    with pytest.raises(ConfigError, match=f"^--{flag} must be at least 1, but is 0$"):
        make(**{flag: 0})


@pytest.mark.parametrize(
    ("arm", "spread"),
    [("transposed", math.sqrt(3 / 4)), ("subpixel", math.sqrt(3 / 4)), ("nearest", 0),
     ("subpixel-icnr", 0), ("transposed-bilinear", 0), ("transposed-blur", 0)],
)  # fmt: skip
def test_gains_before_training(arm, spread) -> None:
    inner, _ = gains.spreads(initial_weights(0, Design(upsampler=arm)), arm)
    assert inner == pytest.approx(spread, abs=0.02)


def test_a_training_is_followed_from_its_first_weights_to_its_last(few_garments) -> None:
    pytest.importorskip("torch")
    splits = load_splits(RunConfig(dataset="synthetic", limit=320))
    config = gains.GainsConfig(limit=320, epochs=2, every=8)
    found = gains.follow(Framework("pytorch"), "transposed", splits, config)
    assert [step for step, *_ in found] == [0, 8, 16, 20]
    before = initial_weights(0, Design(task="super-resolve"))
    assert found[0][1:] == pytest.approx(gains.spreads(before, "transposed"))
    assert found[-1][1:] != found[0][1:]
    table = gains.table({"transposed": found}).splitlines()
    assert table[0] == "| arm | layer | 0 | 8 | 16 | 20 |"
    assert table[3].endswith(f"| {found[-1][2]:.2f} |")


def test_the_number_of_threads_is_set(monkeypatch) -> None:
    for name in arms.ONE_THREAD:
        monkeypatch.setenv(name, "7")
    arms.set_threads(2)
    assert not arms.os.environ.keys() & arms.ONE_THREAD.keys()
    arms.set_threads(1)
    assert {arms.os.environ[name] for name in arms.ONE_THREAD} == {"1"}


@pytest.mark.slow
def test_arms() -> None:
    """PyTorch counts what the formula says; TensorFlow adds the biases, and more."""
    few = ("transposed", "nearest", "subpixel-icnr", "fractional")
    small = ["--batch-size=2", "--inference-size=2", "--repeats=1", "--seconds=0"]
    printed = run("arms", *small, "--arms", *few)
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \|$", printed, re.MULTILINE)
    assert [name for name, _ in rows] == [*few, *few]
    for arm, cells in rows:
        parameters, macs, counted, *speeds = (
            float(cell.replace(",", "")) for cell in cells.split(" | ")
        )
        every = layers(Design(upsampler=arm))
        assert (parameters, macs) == (
            sum(layer.parameters for layer in every),
            sum(layer.macs for layer in every),
        )
        assert macs <= counted <= 1.6 * macs
        assert min(speeds) > 0
    for _, cells in rows[: len(few)]:  # PyTorch's
        assert cells.split(" | ")[1] == cells.split(" | ")[2]


@pytest.mark.slow
def test_gains(tmp_path) -> None:
    few = ["--limit=64", "--epochs=1", "--every=1", "--dataset=synthetic", f"--output={tmp_path}"]
    printed = run("gains", *few)
    assert printed.count(" inner | ") == printed.count(" outer | ") == len(ARMS)
    assert (tmp_path / "gains.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.skipif(cores() == 1, reason="with one core, both ways are the same")
def test_side_by_side() -> None:
    few = ["--frameworks=numpy", "--epochs=1", "--limit=64", "--repeats=1", "--dataset=synthetic"]
    printed = run("side_by_side", *few)
    ways = re.findall(r"^NumPy, (.*)$", printed, re.MULTILINE)
    assert ways == [f"one with {cores()} threads", f"{cores()} with one thread each"]
    speeds = re.findall(r"^  (training|whole) +([\d,]+) ", printed, re.MULTILINE)
    assert [name for name, _ in speeds] == ["training", "whole"] * 2
    assert all(int(speed.replace(",", "")) > 0 for _, speed in speeds)
