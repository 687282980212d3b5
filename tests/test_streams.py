"""Starting a command and speaking to the screen: closed, unread, full, and Ctrl-C too early.

Where nobody reads, a command goes on and ends with the status of its work. Where its
output cannot be written, it ends with one sentence, and its files are whole.
"""

import errno
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from benchmarks.framework import NAMES
from deconv import cli
from deconv.config import ROOT, RunConfig
from deconv.running.console import Progress

FLAGS = ("--dataset=synthetic", "--device=cpu", "--epochs=1", "--limit=64")
FULL = "error: cannot write to standard output: No space left on device; "

full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


def shell(redirection: str, *arguments: str, unbuffered: str = "") -> subprocess.CompletedProcess:
    """Run a command of Python as a student would."""
    command = f'set -o pipefail; "$@" {redirection}'
    return subprocess.run(
        ["bash", "-c", command, "bash", sys.executable, "-m", *arguments],
        cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("redirection", "status", "error"),
    [
        ("| true", 0, ""),  # gone before anything is written
        (">&-", 0, ""),
        ("2>&-", 0, ""),
        (">&- 2>&- <&-", 0, ""),
        pytest.param("2> /dev/full", 0, "", marks=full),
        pytest.param("> /dev/full", 2, FULL, marks=full),
        pytest.param("> /dev/full 2>&1", 2, "", marks=full),
    ],
)
@pytest.mark.parametrize(("flag", "unbuffered"), [("--help", ""), ("--input=2", "1")])
def test_what_a_command_says(flag, unbuffered, redirection, status, error, tmp_path):
    picture = tmp_path / "small.gif"
    flags = (flag, f"--output={picture}")
    done = shell(redirection, "deconv.arithmetic", *flags, unbuffered=unbuffered)
    assert done.returncode == status
    assert done.stderr.startswith(error)
    assert done.stderr.count("\n") == bool(error)
    assert picture.exists() == (flag != "--help" and status == 0)


@pytest.mark.parametrize("redirection", ["2>&-", pytest.param("2> /dev/full", marks=full)])
def test_an_error_that_nobody_reads_keeps_its_status(redirection):
    done = shell(redirection, "deconv.arithmetic", "--input=0")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


@pytest.mark.parametrize(
    "module",
    ["deconv.scratch", *(pytest.param(f"{n}.src.train", marks=pytest.mark.slow) for n in NAMES)],
)
def test_a_training_that_nobody_watches_goes_on(module, tmp_path):
    done = shell("| true", module, *FLAGS, f"--artifact-dir={tmp_path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(tmp_path.glob("*_deconv/metrics.json"))) == 1


@full
def test_a_training_into_a_full_disk_says_so_and_keeps_the_earlier_run(tmp_path):
    earlier = tmp_path / "numpy_deconv" / "metrics.json"
    earlier.parent.mkdir()
    earlier.write_text("the earlier run's")
    done = shell("> /dev/full", "deconv.scratch", *FLAGS, f"--artifact-dir={tmp_path}")
    assert done.returncode == 2
    assert done.stderr.startswith(FULL)
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "numpy_deconv-1" / "metrics.json").read_text() == "the earlier run's"


class LostTerminal(io.StringIO):
    """A terminal that shows nothing more."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.number

    def write(self, text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


def test_a_progress_bar_ends_no_training(tmp_path, monkeypatch):
    with (tmp_path / "terminal").open("w") as file:
        monkeypatch.setattr(sys, "stderr", LostTerminal(file.fileno()))

        def work() -> None:
            with Progress("epoch", images=3) as bar:
                bar.step(3, loss=1.0)

        cli.run(work)


SLOW = """
import signal, sys, time
print(signal.getsignal(signal.SIGINT).name, flush=True)
time.sleep(float(sys.argv[-1]))
raise SystemExit("slept")
"""
"""A module that takes long to import."""


@pytest.mark.parametrize(
    ("module", "imports"),
    [("deconv.scratch", "tyro"), ("pytorch.src.train", "torch"),
     ("tensorflow.src.train", "tensorflow")],
)  # fmt: skip
@pytest.mark.parametrize("ignored", [False, True], ids=["", "under nohup"])
def test_ctrl_c_during_the_imports(module, imports, ignored, tmp_path):
    package = tmp_path / imports
    package.mkdir()
    (package / "__init__.py").write_text(SLOW)
    nohup = partial(signal.signal, signal.SIGINT, signal.SIG_IGN) if ignored else None
    with subprocess.Popen(
        [sys.executable, "-m", module, "0.1" if ignored else "60"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(tmp_path)}, preexec_fn=nohup,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == ("SIG_IGN\n" if ignored else "SIG_DFL\n")
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=50)
    assert (process.returncode, error) == ((1, "slept\n") if ignored else (-signal.SIGINT, ""))


def test_ctrl_c_after_the_imports_is_a_request(tmp_path):
    """A real command, from its start: what is undone for the imports is done again."""
    flags = ("--dataset=synthetic", "--epochs=100", "--limit=64", f"--artifact-dir={tmp_path}")
    with subprocess.Popen(
        [sys.executable, "-m", "deconv.scratch", *flags],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert any(line.startswith("epoch ") for line in process.stdout)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=50)
    assert process.returncode == 130
    assert "and saved; to go on, give the same command with --resume" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("importer", ["a notebook", "another program"])
def test_who_only_imports_us_keeps_ctrl_c_and_a_spin_count_of_its_own(importer):
    code = "import signal, deconv; print(signal.getsignal(signal.SIGINT).__name__)"
    code += "; import os; print(os.environ['GOMP_SPINCOUNT'])"
    given = {"GOMP_SPINCOUNT": "7"} if importer == "a notebook" else {}
    clean = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=clean | given, capture_output=True, text=True
    )
    assert done.stdout.split() == ["default_int_handler", given.get("GOMP_SPINCOUNT", "10000")]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_terminal_without_box_characters_gets_the_same_sentence(encoding, capsys, monkeypatch):
    with capsys.disabled(), io.TextIOWrapper(io.BytesIO(), encoding=encoding) as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        monkeypatch.setattr(sys, "stderr", said := io.StringIO())
        with pytest.raises(SystemExit):
            cli.parse(RunConfig, ["--epochs", "many"])
        monkeypatch.undo()
    begin = "error: Error parsing --epochs: invalid literal for int() with base 10: 'many'"
    assert said.getvalue() == f"{begin}\n"


@pytest.mark.parametrize(
    ("flags", "words"),
    [(["--tyro-print-completion", "nonsense"], "but got nonsense"),
     (["--tyro-write-completion", "bash", "/no-such-folder/x"], "No such file")],
)  # fmt: skip
def test_completions_that_cannot_be_written(flags, words, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.parse(RunConfig, flags)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert words in error
    assert error.count("\n") == 1


def test_what_steers_a_terminal_is_shown_and_not_done(capsys):
    with pytest.raises(SystemExit):
        cli.fail("\x1b[2Jcafé.png\nerror: \u202efalse\n  1. our own next line")
    assert capsys.readouterr().err == (
        "error: \\x1b[2Jcafé.png\\nerror: \\u202efalse\n  1. our own next line\n"
    )


@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
@pytest.mark.parametrize("what", ["train", "inference"])
@pytest.mark.parametrize("command", [["{name}/src/{what}.py"], ["-m", "src.{what}"]])
def test_a_command_that_is_started_elsewhere_says_where(command, name, what):
    folder = ROOT if len(command) == 1 else ROOT / name
    done = subprocess.run(
        [sys.executable, *(word.format(name=name, what=what) for word in command)],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    said = rf"error: run it in the project root: python -m {name}\.src\.(train|{what})\n"
    assert re.fullmatch(said, done.stderr)


@pytest.mark.slow
def test_setting_up_without_a_network_says_so(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        ["make", f"PYTHON={sys.executable}", "demo"],
        cwd=tmp_path, env=os.environ | offline, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "\nerror: pip could not install the packages, see above; is there a" in done.stderr


def test_warnings_of_libraries_are_no_errors(tmp_path):
    """Not even where a student asks for that, in the shell or for another program."""
    (tmp_path / "tyro.py").write_text("import warnings; warnings.warn('old'); raise SystemExit(7)")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "deconv.scratch"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 7
    assert "UserWarning: old" in done.stderr
