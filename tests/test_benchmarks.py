"""The benchmarks run, in their smallest setting; what they print depends on the machine."""

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from benchmarks import busy, lockstep, page, throughput, time_to_psnr
from deconv.architecture import layers
from deconv.config import ROOT
from deconv.errors import ConfigError

PERFORMANCE = (ROOT / "docs" / "performance.md").read_text()


def run(module: str, *arguments: str) -> str:
    """Run a benchmark as a user would and return what it printed."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "leaked" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("module", "config", "flag"),
    [("busy", "BusyConfig", "repeats"), ("checkpoints", "CheckpointsConfig", "repeats"),
     ("layers", "LayersConfig", "batch-size"), ("views", "ViewsConfig", "repeats"),
     ("lockstep", "LockstepConfig", "steps"), ("soak", "SoakConfig", "kills"),
     ("page", "PageConfig", "repeats"), ("page", "PageConfig", "loads"),
     ("startup", "StartupConfig", "repeats"), ("throughput", "ThroughputConfig", "repeats"),
     ("throughput", "ThroughputConfig", "side"), ("layers", "LayersConfig", "side"),
     ("time_to_psnr", "TimeConfig", "repeats")],
)  # fmt: skip
def test_nothing_to_measure_is_refused(module, config, flag) -> None:
    make = getattr(import_module(f"benchmarks.{module}"), config)
    with pytest.raises(ConfigError, match=f"^--{flag} must be at least 1, but is 0$"):
        make(**{flag.replace("-", "_"): 0})


def test_a_setting_without_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"must be like NAME=VALUE, but has OMP_NUM_THREADS$"):
        busy.BusyConfig(settings=("A=1", "B=2,OMP_NUM_THREADS"))


@pytest.mark.slow
def test_busy() -> None:
    flags = ["--frameworks", "numpy", "--beside", "0", "1", "--repeats", "1", "--limit", "64"]
    printed = run("busy", *flags, "--dataset", "synthetic")
    assert re.findall(r"^NumPy, beside (\d), default +[\d,]+ ", printed, re.MULTILINE) == ["0", "1"]


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
    sizes = ["--sizes", "4", "8", "--side", "32", "--repeats", "1", "--seconds", "0.01"]
    printed = run("throughput", *sizes, "--output", str(tmp_path))
    results = json.loads((tmp_path / "throughput.json").read_text())["results"]
    assert len(results) == 4
    for found in results.values():
        assert found["product"].keys() == {"float32", "bfloat16"}
        assert min(value for rates in found.values() for value in rates.values()) > 0
    for line in re.findall(r"^\| [48] .*", printed, re.M):
        shares = [len(re.findall(r"\d\.\d\d", cell)) for cell in line.split("|")[2:-1]]
        assert shares == [1, 2, 1, 2], line  # bfloat16 has a limit of its own
    assert (tmp_path / "throughput.png").exists()


def test_a_product_is_taken_in_the_precision_that_is_asked_for() -> None:
    pytest.importorskip("torch")
    assert str(throughput.matrix_product("pytorch", "bfloat16", 8)().dtype) == "torch.bfloat16"


def test_thin_layers_have_few_of_the_multiplications() -> None:
    """The shares that docs/performance.md names: of a training step, and forwards."""
    forwards = {layer.name.split(".")[1]: layer.macs for layer in layers()}
    training = {name: (2 if name == "conv1" else 3) * macs for name, macs in forwards.items()}
    assert sum(training.values()) == throughput.TRAINING_MACS
    thin = [sum(macs[n] for n in ("conv1", "deconv2")) / sum(macs.values())
            for macs in (training, forwards)]  # fmt: skip
    assert [round(100 * share, 1) for share in thin] == [5.0, 5.9]
    assert "conv1 and deconv2 have 5.0 % of the MACs" in PERFORMANCE


@pytest.mark.parametrize("name", lockstep.OPTIMIZERS)
def test_a_legend_says_what_its_number_is(name) -> None:
    assert "learning rate 0." in name


def test_the_line_to_reach_has_its_number() -> None:
    looks = [(5120, 1.0, 30.0), (10240, 2.0, 35.0)]
    (axes,) = time_to_psnr.draw({"PyTorch, plain": [looks]}, 34.4, "title").axes
    assert [text.get_text() for text in axes.texts] == ["34.4 dB"]


def test_the_drift_of_two_trainings_never_shrinks(monkeypatch) -> None:
    losses = {"pytorch": [1.0, 2.0, 1.0], "tensorflow": [1.0, 3.0, 1.1]}

    class Fake:
        def __init__(self, name: str) -> None:
            self.name = name

        def losses(self, splits, count, **how):
            assert how == {"seed": 3, "sgd": True}
            return np.array(losses[self.name])

    monkeypatch.setattr(lockstep, "Framework", Fake)
    found = lockstep.drift(None, 3, seed=3, sgd=True)  # type: ignore[arg-type]
    assert found.tolist() == [0.0, 0.5, 0.5]


@pytest.mark.slow
def test_layers() -> None:
    few = ["--batch-size", "4", "--side", "32", "--repeats", "1", "--seconds", "0.01"]
    printed = run("layers", *few)
    _, *tables, summary = printed.strip().split("\n\n")
    assert len(tables) == 4
    for table in tables:
        seconds = {line.split()[0]: float(line.split()[1]) for line in table.splitlines()[2:]}
        assert {"conv1", "conv2", "deconv1", "deconv2"} <= seconds.keys()
        assert min(seconds.values()) >= 0
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in summary.splitlines()]
    values = {name: [float(n.replace(",", "")) for n in cells] for name, *cells in rows[2:]}
    for step, speed in zip(values["whole step"], values["images/s of the step"], strict=True):
        assert speed == pytest.approx(4000 / step, rel=0.2)  # milliseconds have one digit
    assert min(values["the limit: bfloat16 products"] + values["the limit: float32 products"]) >= 0


@pytest.mark.slow
def test_lockstep(tmp_path: Path) -> None:
    flags = ["--steps", "2", "--seeds", "2", "--dataset", "synthetic", "--output", str(tmp_path)]
    printed = run("lockstep", *flags)
    assert printed.count("| Adam, learning rate 0.0") == 3
    assert (tmp_path / "lockstep.png").stat().st_size > 10_000


@pytest.mark.slow
def test_startup() -> None:
    flags = ["--frameworks", "tensorflow", "--repeats", "1", "--dataset", "synthetic"]
    assert run("startup", *flags).count(" s   (") == 5


@pytest.mark.slow
def test_page() -> None:
    for package in ("fastapi", "uvicorn", "playwright"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    if not page.CHROMIUM:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    flags = ["--repeats", "1", "--loads", "1", "--views", "scatter", "collect"]
    command = [sys.executable, "-m", "benchmarks.page", *flags]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if "cannot be measured: " in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[4:] if line]
    assert [row[0] for row in rows] == ["scatter", "collect", "first", "all", "layout"]
    assert min(float(value) for row in rows[:2] for value in row[1:]) > 0
    assert float(rows[2][-1]) <= float(rows[3][-1])


@pytest.mark.slow
def test_checkpoints() -> None:
    printed = run("checkpoints", "--frameworks", "numpy", "--repeats", "1")
    assert [line.split()[0] for line in printed.splitlines()[1:]] == ["NumPy"]


@pytest.mark.slow
def test_soak_survives_its_kills() -> None:
    result = json.loads(run("soak", "--kills", "3", "--frameworks", "numpy"))
    assert result["numpy"]["kills"] >= 3
    assert result["numpy"]["mismatches"] == 0
