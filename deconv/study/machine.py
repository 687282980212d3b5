"""What computes a run: written into its row, because workers may be on several machines."""

import platform
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

from deconv.config import FRAMEWORKS
from deconv.running.processor import cores

PACKAGES = {"pytorch": "torch", "tensorflow": "tensorflow", "numpy": "numpy"}
"""What a framework is called where packages are installed from."""


@cache
def describe(framework: str) -> str:
    """Return versions and processor in one line, for example to compare two runs that differ."""
    numpy = "" if framework == "numpy" else f"NumPy {version('numpy')}, "
    return (
        f"{FRAMEWORKS[framework]} {version(PACKAGES[framework])}, {numpy}"
        f"Python {platform.python_version()}; one thread; {cores()} cores of "
        f"{processor()}, {platform.system()}"
    )


def processor() -> str:
    """Return what the processor is called."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor() or platform.machine()
