"""The benchmarks run, in their smallest setting; what they print depends on the machine."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from deconv.config import ROOT
from deconv.errors import ConfigError


def run(module: str, *arguments: str) -> str:
    """Run a benchmark as a user would and return what it printed."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("module", "config", "flag"),
    [("checkpoints", "CheckpointsConfig", "repeats"), ("layers", "LayersConfig", "batch-size"),
     ("lockstep", "LockstepConfig", "steps"), ("soak", "SoakConfig", "kills"),
     ("startup", "StartupConfig", "repeats"), ("throughput", "ThroughputConfig", "repeats"),
     ("time_to_psnr", "TimeConfig", "repeats")],
)  # fmt: skip
def test_nothing_to_measure_is_refused(module, config, flag) -> None:
    make = getattr(import_module(f"benchmarks.{module}"), config)
    with pytest.raises(ConfigError, match=f"^--{flag} must be at least 1, but is 0$"):
        make(**{flag.replace("-", "_"): 0})


@pytest.mark.slow
def test_time_to_psnr(tmp_path: Path) -> None:
    printed = run("time_to_psnr", "--quick", "--output", str(tmp_path))
    assert "PyTorch: " in printed
    assert "TensorFlow: " in printed
    result = json.loads((tmp_path / "time_to_psnr.json").read_text())
    assert len(result["looks"]) == 4
    for name, (looks,) in result["looks"].items():
        images, seconds, psnr = zip(*looks, strict=True)
        assert list(images) == sorted(images), name
        assert list(seconds) == sorted(seconds), name
        assert psnr[-1] >= result["target"] > max(psnr[:-1], default=0), name
    assert (tmp_path / "time_to_psnr.png").exists()


@pytest.mark.slow
def test_throughput(tmp_path: Path) -> None:
    run("throughput", "--quick", "--output", str(tmp_path))
    results = json.loads((tmp_path / "throughput.json").read_text())["results"]
    assert len(results) == 4
    for found in results.values():
        assert min(found["product"], *found["training"].values(), *found["inference"].values()) > 0
    assert (tmp_path / "throughput.png").exists()


@pytest.mark.slow
def test_layers() -> None:
    printed = run("layers", "--batch-size", "4", "--repeats", "1", "--seconds", "0.01")
    for table in printed.split("\n\n")[1:]:
        seconds = {line.split()[0]: float(line.split()[1]) for line in table.splitlines()[2:-2]}
        assert {"conv1", "conv2", "deconv1", "deconv2"} <= seconds.keys()
        assert min(seconds.values()) >= 0
        assert "whole step" in table
    assert printed.count("whole step") == 4


@pytest.mark.slow
def test_lockstep(tmp_path: Path) -> None:
    picture = tmp_path / "lockstep.png"
    printed = run("lockstep", "--steps", "2", "--dataset", "synthetic", "--output", str(picture))
    assert printed.count("Adam, 0.0") == 3
    assert picture.stat().st_size > 10_000


@pytest.mark.slow
def test_startup() -> None:
    printed = run("startup", "--repeats", "1", "--dataset", "synthetic")
    assert printed.count(" s   (") == 7


@pytest.mark.slow
def test_checkpoints() -> None:
    printed = run("checkpoints", "--repeats", "1")
    assert [line.split()[0] for line in printed.splitlines()[1:]] == [
        "PyTorch",
        "TensorFlow",
        "NumPy",
    ]


@pytest.mark.slow
def test_soak_survives_its_kills() -> None:
    result = json.loads(run("soak", "--kills", "3", "--frameworks", "numpy"))
    assert result["numpy"]["kills"] >= 3
    assert result["numpy"]["mismatches"] == 0
