"""What must happen before a framework is loaded, and so when `deconv` is first imported.

Nothing else here does anything when it is imported. This does, because what a
framework finds when it is loaded it keeps, and because loading takes seconds in
which a command should already behave like one.
"""

import ctypes
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

MALLOC_SETTINGS = {"GLIBC_TUNABLES", "MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_",
                   "MALLOC_TOP_PAD_", "MALLOC_TRIM_THRESHOLD_"}  # fmt: skip
"""Environment variables by which a user tells glibc what `_keep_memory` else would."""
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # from glibc's malloc.h
COMMANDS = ("deconv.", "pytorch.src.", "tensorflow.src.")


def prepare() -> None:
    """Set what a framework reads when it is loaded, and if this is a command, behave like one.

    In a notebook, in a browser and in another program that imports us, it is none.
    """
    # Between two operations, libgomp's threads wait in a busy loop. Where another program has
    # the core that one of them needs, they should soon give up.
    if not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & os.environ.keys():
        os.environ["GOMP_SPINCOUNT"] = "10000"
    # Workers that lose each other are told so in one line. PyTorch logs every call that led there.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    if sys.platform == "linux" and not MALLOC_SETTINGS & os.environ.keys():
        _keep_memory()
    # "-m" stands in place of the program's name for as long as Python looks for the module.
    if sys.argv[:1] == ["-m"] and any(
        word.removeprefix("-m").startswith(COMMANDS) for word in sys.orig_argv
    ):
        _open_streams()
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # it may be ignored
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        if any(option.startswith("error") for option in sys.warnoptions):
            warnings.simplefilter("default")  # libraries warn: no reason to end a training


def _keep_memory() -> None:
    """Let the C library keep the memory of a freed array for the next one.

    Else it gives large arrays back to the system. The next step fetches their memory again,
    page by page, and that took half of the time of TensorFlow's steps (docs/performance.md).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it; musl has not
    if mallopt:
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)  # bytes free at the heap's end before some go back
        mallopt(M_MMAP_MAX, 0)  # arrays that get a mapping of their own, which ends with them


@contextmanager
def ctrl_c_raises() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt` where `prepare` made it end the process at once."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _open_streams() -> None:
    """Let those of the three standard streams that are closed lead to nowhere.

    Else the next file that is opened gets the number of one, and with it what is printed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
            os.set_inheritable(number, True)
