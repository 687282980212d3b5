"""Who computes, who waits, and who is sent away.

A computer with two cores does not answer two hundred requests sooner by starting
them all. So few compute at once, some wait in order, and the others hear at once
that it is busy.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from deconv.errors import UserError

T = TypeVar("T")


class BusyError(UserError):
    """Too many requests are waiting already."""


class Queue:
    """Lets `at_once` calls run in threads; the next `waiting` ones wait their turn."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(at_once)  # wakes who waits in the order of arrival
        self._most, self._here = at_once + waiting, 0

    async def run(self, call: Callable[[], T]) -> T:
        """Return what `call` returns, when it is its turn; raises `BusyError` if too many wait."""
        if self._here >= self._most:
            raise BusyError("too many requests at once; try again in a second")
        self._here += 1
        try:
            async with self._places:
                return await asyncio.to_thread(call)
        finally:
            self._here -= 1
