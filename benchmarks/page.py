"""How long from a slider to its picture? `python -m benchmarks.page`.

Moves a slider of the playground in Chromium, for every picture, with the server and
without it (Python in the browser), and the same slider of the notebooks, there without
a browser: the widget's own work. A time ends when the browser has drawn the new picture.
"""

import functools
import http.server
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.machine import describe
from deconv import cli
from deconv.arithmetic.drawing.frames import PICTURES
from deconv.config import ROOT, at_least
from deconv.errors import UserError
from deconv.playground.layer import START
from deconv.playground.publish import publish
from deconv.playground.reading import some_of
from deconv.sliders import Explorer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SIZES = (5, 4)
"""The slider `size` goes to and fro between these, which make a layer in every picture."""
PAUSE = 300  # ms between two moves, so that nothing of the last one is still computed
MOVE = """(value) => new Promise((resolve) => {
  const slider = document.getElementById("layer-size"), start = performance.now();
  const drawn = new MutationObserver(() => {
    drawn.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
  });
  drawn.observe(document.getElementById("picture"), { childList: true });
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
})"""
WATCH = """() => {
  window.shifts = 0;
  const add = (list) => list.getEntries().forEach((one) => (window.shifts += one.value));
  new PerformanceObserver(add).observe({ type: "layout-shift" });
}"""


@dataclass(frozen=True)
class PageConfig:
    """Time the playground in Chromium, with and without its server, and the notebooks' sliders."""

    repeats: int = 15
    """Moves of the slider in each picture; medians are printed."""
    loads: int = 3
    """Times that each page is opened; medians are printed."""
    views: tuple[str, ...] = tuple(PICTURES)
    """Which pictures."""

    def __post_init__(self) -> None:
        at_least("repeats", self.repeats, 1)
        at_least("loads", self.loads, 1)
        some_of("--views", self.views, PICTURES)


class Found(NamedTuple):
    """Of one page: milliseconds, and how far its parts jump while a slider moves."""

    first_picture: float
    ready: float
    moves: dict[str, float]
    """By view, the median from the slider to the new picture."""
    shifts: float
    """The sum of all layout shifts in the moves; 1 is the whole window, moved by its height."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Any static host; this one keeps no log."""

    def log_message(self, *about: object) -> None:
        """Nothing."""


@contextmanager
def with_server(folder: Path) -> Iterator[str]:
    """The playground at work, without runs in its `folder`; its address."""
    flags = ["--no-browser", "--port", "0", "--artifact-dir", str(folder)]
    command = [sys.executable, "-m", "deconv.playground", *flags]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            line = next(line for line in process.stdout if line.startswith("Playground:"))
            yield line.split()[1]
        finally:
            process.terminate()


@contextmanager
def without_server(folder: Path) -> Iterator[str]:
    """The page as static files; raises `UserError` where its runtime cannot be had."""
    if missing := publish(folder / "page", ROOT / "artifacts" / "pyodide", folder):
        raise UserError(f"the page without a server cannot be measured: {missing}")
    handler = functools.partial(Quiet, directory=str(folder / "page"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def in_browser(chromium: Any, address: str, config: PageConfig) -> Found:
    """Open a page anew, several times, and move its slider in every view."""
    opened = []
    for _ in range(config.loads):
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        page, start = context.new_page(), time.perf_counter()
        page.goto(address)
        passed = []
        for place in ("#picture svg", "html[data-ready]"):
            page.wait_for_selector(place, state="attached", timeout=120_000)
            passed.append(1000 * (time.perf_counter() - start))
        opened.append(passed)
        if len(opened) < config.loads:
            context.close()
    page.evaluate(WATCH)
    moves, shifts = {}, 0.0
    for view in config.views:
        page.locator("#view").select_option(view)
        page.wait_for_timeout(PAUSE)
        page.evaluate("window.shifts = 0")  # another picture may have another size

        def move(size: int) -> float:
            page.wait_for_timeout(PAUSE)
            return page.evaluate(MOVE, size)

        moves[view] = _median(move, config.repeats)
        shifts += page.evaluate("window.shifts")
    context.close()
    first, ready = (statistics.median(times) for times in zip(*opened, strict=True))
    return Found(first, ready, moves, shifts)


def in_notebook(view: str, repeats: int) -> float:
    """Milliseconds in which the widgets of `deconv.sliders` draw a picture again."""
    explorer = Explorer(view, dict(START))

    def move(size: int) -> float:
        start = time.perf_counter()
        explorer.numbers["size"].value = size
        return 1000 * (time.perf_counter() - start)

    return _median(move, repeats)


def _median(move: Callable[[int], float], repeats: int) -> float:
    """Of so many moves, after a first one that is not counted."""
    _, *times = (move(SIZES[n % 2]) for n in range(repeats + 1))
    return statistics.median(times)


def measure(config: PageConfig) -> tuple[str, Found, Found, dict[str, float]]:
    """Chromium's version, then what was found with a server, without one, and of notebooks.

    Raises `UserError` where Playwright, Chromium or the runtime of the page is missing.
    """
    if not CHROMIUM or not find_spec("playwright"):
        raise UserError(
            "this needs Chromium and Playwright; install the first as your system does, and the "
            "second with python -m pip install -e '.[browser]' -c constraints.txt"
        )
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for host in (without_server, with_server):  # the first may fail
            with TemporaryDirectory() as folder, host(Path(folder)) as address:
                found.append(in_browser(chromium, address, config))
        version = chromium.version
        chromium.close()
    notebooks = {view: in_notebook(view, config.repeats) for view in config.views}
    alone, served = found
    return version, served, alone, notebooks


def report(version: str, served: Found, alone: Found, notebooks: dict[str, float]) -> None:
    """Print one table."""
    print(f"{describe()}, Chromium {version}")
    print("milliseconds from a slider to its picture, medians\n")
    print(f"{'':<16}{'with a server':>16}{'without':>12}{'in a notebook':>16}")
    for view, own in notebooks.items():
        print(f"{view:<16}{served.moves[view]:>16.0f}{alone.moves[view]:>12.0f}{own:>16.1f}")
    print(f"\n{'first picture':<16}{served.first_picture:>16.0f}{alone.first_picture:>12.0f}")
    print(f"{'all is there':<16}{served.ready:>16.0f}{alone.ready:>12.0f}")
    print(f"{'layout shifts':<16}{served.shifts:>16.4f}{alone.shifts:>12.4f}")


def main() -> None:
    """Read the command line, measure and print."""
    config = cli.parse(PageConfig)
    cli.run(lambda: report(*measure(config)))


if __name__ == "__main__":
    main()
