"""Calling a student's function so that nothing it does can harm the notebook.

It may raise, print, change what it was given, or never end. A process of its own could be
killed at any moment, but a function from a notebook's cell cannot be sent there, and starting
Python and NumPy alone takes longer than a check may. A thread cannot be stopped. So an alarm
clock of the operating system is set: when it rings, Python raises an exception in the middle
of the student's loop. Where there is no such clock (Windows, a browser) or the check does not
run in the main thread, nothing rings, and the notebook's stop button is what remains; its
`KeyboardInterrupt` is told in a sentence too.
"""

import copy
import inspect
import io
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

SECONDS = 0.8
"""For all calls of one check. A right function needs a few hundredths."""
MOST_PRINTED = 1_000
"""Characters of a function's own prints that are kept."""


class TooLongError(BaseException):
    """Time is up. Not an `Exception`, so that a student's `except Exception` lets it pass."""


@dataclass
class Call:
    """One call of a student's function, and what came of it."""

    arguments: tuple[Any, ...]
    result: Any = None
    error: str = ""
    """A sentence, where the call did not end as it should."""
    unwritten: bool = False
    """Whether the function says itself that it is not written yet."""
    printed: str = ""
    changed: int | None = None
    """Which argument was changed in place, counted from 0."""


def call_all(function: Callable[..., Any], cases: Sequence[tuple[Any, ...]]) -> list[Call]:
    """Call the function with copies of each case's arguments, until one call does not end well."""
    ends = time.monotonic() + SECONDS
    calls = []
    for arguments in cases:
        calls.append(_call(function, arguments, max(ends - time.monotonic(), 0.001)))
        if calls[-1].error:
            break
    return calls


def leaves(value: Any) -> Iterator[Any]:
    """Everything that is not a list, a tuple or a dictionary, in order."""
    if isinstance(value, dict):
        yield list(value)
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def _call(function: Callable[..., Any], arguments: tuple[Any, ...], seconds: float) -> Call:
    call, given, printed = Call(arguments), copy.deepcopy(arguments), _Printed()
    try:
        with warnings.catch_warnings(), redirect_stdout(printed), redirect_stderr(printed):
            warnings.simplefilter("ignore")
            with _alarm(seconds):
                call.result = function(*given)
            if inspect.iscoroutine(call.result):
                call.result.close()  # else Python complains later that nobody awaited it
        call.changed = _changed(arguments, given)
    except TooLongError:
        call.error = (
            f"It had not ended after {SECONDS:g} seconds. Does every loop in it come to an end?"
        )
    except KeyboardInterrupt:
        call.error = "You stopped it before it ended. Does every loop in it come to an end?"
    except NotImplementedError:
        call.unwritten, call.error = True, "It raises NotImplementedError."
    except BaseException as error:  # exit() in a student's function must not end the notebook
        call.error = _told(error, function)
    call.printed = printed.getvalue().rstrip()
    return call


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise `TooLongError` in the block after so many seconds, where the system has a clock."""
    alone = threading.current_thread() is not threading.main_thread()
    if alone or not hasattr(signal, "setitimer") or sys.platform == "emscripten":
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)


def _ring(*_: object) -> None:
    raise TooLongError


class _Printed(io.StringIO):
    """What a function prints, up to a limit: a loop can print for ever."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, MOST_PRINTED - self.tell())])
        return len(text)


def _changed(before: tuple[Any, ...], after: tuple[Any, ...]) -> int | None:
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        ours, theirs = list(leaves(one)), list(leaves(other))
        if len(ours) != len(theirs):
            return number
        for left, right in zip(ours, theirs, strict=True):
            if not callable(left) and not np.array_equal(left, right):
                return number
    return None


def _told(error: BaseException, function: Callable[..., Any]) -> str:
    """Say in a sentence what was raised and in which line of the student's code."""
    kind = type(error).__name__
    try:
        text = " ".join(str(error).split())[:200]
    except Exception:  # an exception of the student's own that cannot be shown
        text = ""
    said = f"{kind}: {text}" if text else kind
    code = getattr(function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    if not own:
        return f"It stops with {said}."
    line = f", `{own[-1].line}`" if own[-1].line else ""
    return f"It stops in line {own[-1].lineno}{line}, with {said.rstrip('.')}."
