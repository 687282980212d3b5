"""Lets `tensorflow.src`, our code, live beside the TensorFlow library.

Python gives a name to one package only, and from the repository root
`tensorflow` is this folder: the library would be hidden. So this file finds the
installed library and runs it in its own place. `import tensorflow as tf` then
gives the library, and because the list of folders it searches for submodules
also holds this folder, `tensorflow.src` is found too.
"""

import contextlib as _contextlib
import os as _os
import re as _re
import sys as _sys
import tempfile as _tempfile
import typing as _typing
from importlib.machinery import PathFinder as _PathFinder
from pathlib import Path as _Path

import deconv as _deconv  # noqa: F401  before the library: see deconv/startup.py

# At start-up the library logs what it finds; that there is no GPU it logs as an error, and 3 is
# the lowest level that hides it. Set it to 0 to see all: why a GPU is not used, or why loading
# the library ended the process (what is held back below is lost then).
_QUIET = _os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "3"
# Keras may be set to another library for other work; here it is TensorFlow's.
_os.environ["KERAS_BACKEND"] = "tensorflow"
# The first lines are logged before that level is read. They begin with I, W or E and the time.
_EARLY_LOG = _re.compile(rb"WARNING: All log messages before absl::|[IWE]\d{4} \d\d:\d\d:\d\d")


@_contextlib.contextmanager
def _without_early_log() -> _typing.Iterator[None]:
    """Hold back standard error, then let all of it through but the early log."""
    try:
        screen = _os.dup(2)  # the file descriptor, because C++ writes past `sys.stderr`
        held = _tempfile.TemporaryFile()  # noqa: SIM115
    except OSError:  # standard error is closed, or no folder takes a temporary file
        yield
        return
    with held:
        _os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            _os.dup2(screen, 2)
            _os.close(screen)
            held.seek(0)
            with _contextlib.suppress(OSError):  # nobody reads standard error, or it is full
                for line in held:
                    if not _EARLY_LOG.match(line):
                        _os.write(2, line)


def _become_the_library() -> None:
    # A folder with `tensorflow/src` in it is this repository, or another copy of it.
    # (Not Path.is_dir: it raises where a folder may not be read.)
    ours = [p for p in _sys.path if _os.path.isdir(_Path(p, "tensorflow", "src"))]  # noqa: PTH112
    spec = _PathFinder.find_spec("tensorflow", [p for p in _sys.path if p not in ours])
    if spec is None or spec.loader is None:  # no loader: a folder without an __init__.py
        raise ModuleNotFoundError(
            f"TensorFlow is not installed for {_sys.executable}; in the repository root run "
            "`python -m pip install -e . -c constraints.txt`",
            name="tensorflow",
        )
    module = _sys.modules["tensorflow"]  # this very object: other threads may be waiting for it
    path = [*(spec.submodule_search_locations or ()), str(_Path(__file__).parent)]
    vars(module).update(
        __path__=path, __file__=spec.origin, __cached__=spec.cached, __loader__=spec.loader
    )
    with _without_early_log() if _QUIET else _contextlib.nullcontext():
        spec.loader.exec_module(module)
    module.__spec__ = spec  # last: until then the old one tells other threads to wait


if _typing.TYPE_CHECKING:  # mypy takes this file for the library: any name may be in it

    def __getattr__(name: str) -> _typing.Any: ...
else:
    _become_the_library()
