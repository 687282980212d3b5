"""The command line: one way to read arguments, one way to speak, one way to fail.

tyro turns a dataclass into flags. Its messages are good but drawn in boxes;
here they become the one plain sentence that every other error of the project is.
"""

import contextlib
import errno
import io
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import dropwhile, takewhile
from typing import Any, NoReturn, TextIO, TypeVar, cast

import tyro

from deconv import startup
from deconv.errors import Interrupted, UserError

T = TypeVar("T")


def parse(config_class: type[T], args: list[str] | None = None) -> T:
    """Fill a dataclass from command-line arguments (`sys.argv` by default).

    A wrong flag or value ends the program with status 2 and one line on
    standard error. `--help` prints and exits with status 0.
    """
    printed = io.StringIO()
    with _screen():
        try:
            with contextlib.redirect_stderr(printed):
                return tyro.cli(
                    config_class, prog=_command(), args=args, config=(tyro.conf.FlagCreatePairsOff,)
                )
        except SystemExit as stop:
            if stop.code == 2:
                message = _sentence(printed.getvalue())
                fail(message.removeprefix(f"Error parsing {config_class.__name__}: "))
            raise
        except (AssertionError, OSError) as error:  # of tyro's flags for the completions of shells
            fail(str(error))


def run(command: Callable[[], object]) -> None:
    """Call `command`; print a `UserError` as one line and exit with status 2.

    After Ctrl-C the status is 130, after SIGTERM 143, as in a shell. Where nobody
    reads what is printed, the command goes on.
    """
    with startup.ctrl_c_raises(), _screen():
        try:
            command()
        except KeyboardInterrupt as stop:
            print(f"interrupted: {stop}" if str(stop) else "interrupted", file=sys.stderr)
            number = stop.signal if isinstance(stop, Interrupted) else signal.SIGINT
            raise SystemExit(128 + number) from None


def fail(message: str) -> NoReturn:
    """Print `error: message` on standard error and exit with status 2."""
    print(f"error: {_visible(message)}", file=sys.stderr)
    raise SystemExit(2)


class _Stream:
    """Standard output or error that does not mind when nobody reads it.

    After the first failure it leads to nowhere. Output that is `needed` and cannot be
    written (the disk is full) is a `UserError` then.
    """

    def __init__(self, stream: TextIO | None, needed: bool) -> None:
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a sign shows "?" for it
            stream.reconfigure(errors="replace")
        self._stream = stream or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        self._needed = needed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write text; return its length."""
        self._try(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        self._try(self._stream.flush)

    def _try(self, act: Callable[..., object], *text: str) -> None:
        try:
            act(*text)
        except OSError as error:
            # Below Python's buffers, for what is still in them.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            if self._needed and error.errno not in (errno.EPIPE, errno.EBADF):
                raise UserError(
                    f"cannot write to standard output: {error.strerror}; all files are whole, "
                    "and a training that has begun goes on with --resume"
                ) from error


@contextlib.contextmanager
def _screen() -> Iterator[None]:
    """Let both streams be a `_Stream`, and a `UserError` one line and status 2."""
    before = sys.stdout, sys.stderr
    sys.stdout = cast(TextIO, _Stream(sys.stdout, needed=True))
    sys.stderr = cast(TextIO, _Stream(sys.stderr, needed=False))
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except UserError as error:
        fail(str(error))
    finally:
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def _visible(message: str) -> str:
    """Show what is not printable as `\\x1b`: in a stranger's file it may steer the terminal.

    Our own line breaks, which an indent follows, stay.
    """
    return re.sub(
        r"\n(?! )|[^\n]", lambda c: c[0] if c[0].isprintable() else repr(c[0])[1:-1], message
    )


def _command() -> str | None:
    """Return how this program was called: `python -m MODULE`, or None where it was not so."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return f"python -m {spec.name.removesuffix('.__main__')}" if spec else None


def _sentence(box: str) -> str:
    """Return the first paragraph of a message that tyro drew in a box."""
    rows = [re.sub(r"[│╭╮╰╯]", "", row).strip() for row in box.splitlines()[1:]]
    rule = re.compile(r"[-─\s]*").fullmatch  # without UTF-8, boxes are drawn with "-"
    message = takewhile(lambda row: not rule(row), dropwhile(rule, rows))
    return " ".join(message) or box.strip()
