"""The pins can be installed on the oldest and the newest Python that are promised.

uv finds that out for other versions and systems than those that it runs on, and fetches no more
than descriptions of packages; pip would fetch gigabytes.
"""

import os
import re
import subprocess
import sys

import pytest

from deconv.config import ROOT

CUDA = re.compile("nvidia-|cuda-|triton")
"""What PyTorch for NVIDIA GPUs brings along. Nobody else needs it, so it has no pins."""


def pinned(text: str) -> set[str]:
    """Return the names in lines of the form `name==version`, in the spelling of the index."""
    names = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
    return {re.sub("[-_.]+", "-", name).lower() for name in names}


@pytest.mark.slow
@pytest.mark.parametrize("system", ["x86_64-manylinux_2_28", "aarch64-apple-darwin"])
@pytest.mark.parametrize("python", ["3.11.0", "3.13.0"])
def test_the_first_release_of_a_python_takes_the_pins_and_needs_no_more(python, system):
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--all-extras",
         "--constraints", "constraints.txt", "--only-binary", ":all:", "--no-annotate",
         "--no-python-downloads", "--python-version", python, "--python-platform", system],
        cwd=ROOT, env=os.environ | {"MACOSX_DEPLOYMENT_TARGET": "14.0"},
        capture_output=True, text=True,
    )  # fmt: skip
    if "Failed to fetch" in done.stderr:
        pytest.skip(f"the package index cannot be reached: {done.stderr.splitlines()[-1].strip()}")
    assert done.returncode == 0, done.stderr
    needed = {name for name in pinned(done.stdout) if not CUDA.match(name)}
    assert needed <= pinned((ROOT / "constraints.txt").read_text())
