"""Several processes that train one model together, as far as no framework is needed."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

LOST = (
    "another worker ended or cannot be reached; the same command with --resume, "
    "also with another number of workers, goes on from the last checkpoint"
)


@dataclass(frozen=True)
class Workers:
    """Which of the processes this one is. A process on its own is the only worker."""

    rank: int = 0
    count: int = 1
    agree: Callable[[bool], bool] = bool
    """Given this worker's answer, returns whether any worker said yes. All must call it."""
    scope: Callable[[], AbstractContextManager[Any]] = nullcontext
    """Makes a context in which the framework builds what the workers share."""

    @property
    def leads(self) -> bool:
        """Whether this worker writes the files and speaks; one of them does."""
        return self.rank == 0


ALONE = Workers()
