"""The processor: how many cores there are for us, and whether other programs take them."""

import os
import time

REMEDIES = {
    "pytorch": "OMP_NUM_THREADS=1",
    "tensorflow": "TF_NUM_INTRAOP_THREADS=1",
    "numpy": "OPENBLAS_NUM_THREADS=1",
}
"""What makes a trainer work with one thread, which never waits for another."""


LOOK_SECONDS = 10.0


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Attention:
    """Notices, once, that other programs keep `threads` threads of ours from the cores."""

    def __init__(self, threads: int) -> None:
        self.wanted = min(threads, cores())
        self._wall, self._own = time.perf_counter(), time.process_time()

    def is_lost(self) -> bool:
        """Return whether the threads had less than half of the time that they could have had.

        And whether more programs wanted to compute than there are cores: only then did
        others have it. Looks at ten seconds at a time, and returns True once at most.
        """
        passed = time.perf_counter() - self._wall
        if passed < LOOK_SECONDS or not self.wanted or not hasattr(os, "getloadavg"):
            return False
        had = (time.process_time() - self._own) / passed
        self._wall, self._own = time.perf_counter(), time.process_time()
        lost = had < self.wanted / 2 and os.getloadavg()[0] > cores() + 0.5
        if lost:
            self.wanted = 0
        return lost
