"""What a measurement was made on, and how fast something runs there."""

import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deconv.running.processor import cores

ARITHMETIC = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")
"""Instructions for products, the fastest first; the first two multiply bfloat16."""


def describe() -> str:
    """Return processor, its widest arithmetic, cores and versions in one line."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        processor = names[0].split(":")[1].strip() if names else processor
        flags = cpuinfo.read_text().split()
        widest = [flag for flag in ARITHMETIC if flag in flags]
        processor += f" ({widest[0]})" if widest else ""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "tensorflow", "numpy"))
    return f"{cores()} cores of {processor}, Python {platform.python_version()}, {libraries}"


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
