"""Trainings in processes of their own that begin at once.

Importing a framework takes seconds, so every training is a copy of one process that
has imported everything already. What it does from there on, and how it ends, is what
`python -m pytorch.src.train` and the others do.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Self

from benchmarks.framework import TRAINERS

LATE = ("deconv.drawing.plots", "scipy.signal", "skimage.metrics")
"""What a training imports on its way."""
_CONTEXT = multiprocessing.get_context("forkserver")


def prepare(names: Sequence[str] = tuple(TRAINERS)) -> None:
    """Say which trainers will be started, before the first is."""
    modules = ["benchmarks.processes", *LATE, *(TRAINERS[name] for name in names)]
    if "pytorch" in names:
        modules += ["torch._inductor", "pytorch.src.utils"]
    _CONTEXT.set_forkserver_preload(modules)


class Training:
    """One training, started with the flags of its command."""

    def __init__(self, name: str, *flags: str, before: Callable[[], None] | None = None) -> None:
        """Start it; in the new process, `before` is called first."""
        self._said = tempfile.TemporaryDirectory()
        self._process = _CONTEXT.Process(
            target=_train, args=(name, flags, Path(self._said.name), before)
        )
        self._process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Wait for its end."""
        self._process.join()

    @property
    def pid(self) -> int | None:
        """The number of the process."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit status, negative after a signal; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit status, as `subprocess.Popen` does."""
        return self.returncode

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait for its end, but no longer than so many seconds; return its exit status."""
        self._process.join(seconds)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self._process.pid or 0, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self) -> tuple[str, str]:
        """Wait for its end; return what it wrote to standard output and standard error."""
        self.wait()
        out, err = (Path(self._said.name, name).read_text() for name in ("out", "err"))
        return out, err


def _train(name: str, flags: Sequence[str], said: Path, before: Callable[[], None] | None) -> None:
    for stream, file in ((1, "out"), (2, "err")):
        os.dup2(os.open(said / file, os.O_WRONLY | os.O_CREAT), stream)
    # Back to how a user's process would start others. Else tqdm's lock is one that may be handed to
    # them, which is left behind after a kill.
    multiprocessing.set_start_method(None, force=True)
    if before:
        before()
    sys.argv = [name, *flags]
    import_module(TRAINERS[name]).main()
