"""The command line: one way to read arguments, one way to fail.

tyro turns a dataclass into flags. Its messages are good but drawn in boxes;
here they become the one plain sentence that every other error of the project is.
"""

import contextlib
import io
import re
import signal
import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

import tyro

from deconv.errors import Interrupted, UserError

T = TypeVar("T")


def parse(config_class: type[T], args: list[str] | None = None) -> T:
    """Fill a dataclass from command-line arguments (`sys.argv` by default).

    A wrong flag or value ends the program with status 2 and one line on
    standard error. `--help` prints and exits with status 0.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a sign shows "?" for it
            stream.reconfigure(errors="replace")
    printed = io.StringIO()
    try:
        with contextlib.redirect_stderr(printed):
            return tyro.cli(
                config_class, prog=_command(), args=args, config=(tyro.conf.FlagCreatePairsOff,)
            )
    except SystemExit as stop:
        if stop.code == 2:
            fail(
                _sentence(printed.getvalue()).removeprefix(
                    f"Error parsing {config_class.__name__}: "
                )
            )
        raise
    except UserError as error:
        fail(str(error))


def run(command: Callable[[], object]) -> None:
    """Call `command`; print a `UserError` as one line and exit with status 2.

    After Ctrl-C the status is 130, after SIGTERM 143, as in a shell.
    """
    try:
        command()
    except UserError as error:
        fail(str(error))
    except KeyboardInterrupt as stop:
        print(f"interrupted: {stop}" if str(stop) else "interrupted", file=sys.stderr)
        number = stop.signal if isinstance(stop, Interrupted) else signal.SIGINT
        raise SystemExit(128 + number) from None


def fail(message: str) -> NoReturn:
    """Print `error: message` on standard error and exit with status 2."""
    print(f"error: {message}", file=sys.stderr)
    raise SystemExit(2)


def _command() -> str | None:
    """Return how this program was called: `python -m MODULE`, or None where it was not so."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return f"python -m {spec.name.removesuffix('.__main__')}" if spec else None


def _sentence(box: str) -> str:
    """Return the first paragraph of a message that tyro drew in a box."""
    rows = [re.sub(r"[│╭╮╰╯]", "", row).strip() for row in box.splitlines()[1:]]
    message = []
    for row in rows:
        if re.fullmatch(r"[─\s]*", row):
            break
        message.append(row)
    return " ".join(message) or box.strip()
