"""Ending a program on request, at a moment that it chooses."""

import contextlib
import signal
import threading
from types import FrameType
from typing import Any, Self


class StopRequest:
    """Remembers the first SIGINT (Ctrl-C) or SIGTERM instead of dying of it.

    The second finds the handlers of before, and so ends the program at once. Not so
    with `patient`: a launcher of several processes passes on the Ctrl-C that each of
    them has had from the terminal already.
    """

    def __init__(self, patient: bool = False) -> None:
        self.patient = patient
        self.signal: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Begin to listen. Only a program's main thread can."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Listen no longer: put the handlers of before back."""
        with contextlib.suppress(KeyError):  # a signal in between has put them back
            while True:
                signal.signal(*self._before.popitem())

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        if not self.patient:
            self.close()
