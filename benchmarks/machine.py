"""What a measurement was made on, and how fast something runs there."""

import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deconv.running.processor import cores
from deconv.study.machine import processor

ARITHMETIC = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")
"""Instructions for products, the fastest first; the first two multiply bfloat16."""


def describe() -> str:
    """Return processor, its widest arithmetic, cores and versions in one line."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text().split() if cpuinfo.exists() else []
    widest = next((f" ({flag})" for flag in ARITHMETIC if flag in flags), "")
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "tensorflow", "numpy"))
    return (
        f"{cores()} cores of {processor()}{widest}, Python {platform.python_version()}, {libraries}"
    )


def rate(work: Callable[[], Any], amount: float, seconds: float) -> float:
    """Return the amount of work done in a second, after a first go that is not counted.

    It goes on for at least so many `seconds`, and does the work at least once.
    """
    work()
    done, start = 0, time.perf_counter()
    while True:
        work()
        done += 1
        if (passed := time.perf_counter() - start) >= seconds:
            return amount * done / passed
