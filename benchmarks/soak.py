"""Can a run be killed at any moment? `python -m benchmarks.soak`.

Trains tiny runs in processes of their own, kills each at a random moment, resumes
it, kills it again, until it ends by itself, and compares what it leaves, bit for
bit, with the run that nobody disturbed. A checkpoint is written after every
step, so many kills fall into the writing of one. Prints kills and mismatches.
"""

import contextlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from tqdm.auto import tqdm

from benchmarks.framework import TRAINERS
from deconv import cli
from deconv.config import FRAMEWORKS, RunConfig, at_least
from deconv.running.checkpoint import CHECKPOINT, PREVIOUS
from deconv.running.record import METRICS, read_history, read_record

SIGNALS = {signal.SIGKILL: 8, signal.SIGTERM: 1, signal.SIGINT: 1}
"""How often each is sent: mostly the one that no program can answer."""
KILLS_PER_RUN = 4
"""About as many interruptions before a run ends by itself."""


@dataclass(frozen=True)
class SoakConfig:
    """Kill and resume tiny runs at random moments and compare what they leave, bit for bit."""

    kills: int = 200
    """Kills for each trainer."""
    frameworks: tuple[Literal["pytorch", "tensorflow", "numpy"], ...] = (
        "pytorch",
        "tensorflow",
        "numpy",
    )
    """Trainers to test."""
    seed: int = 0
    """Seed of the random moments."""

    def __post_init__(self) -> None:
        at_least("kills", self.kills, 1)


def train(name: str, config: RunConfig) -> None:
    """Train in this process, without a word."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    trainer = import_module(TRAINERS[name])
    settings = getattr(trainer, "Config", RunConfig)(**asdict(config))
    cli.run(lambda: trainer.train(settings))


def contents(folder: Path) -> tuple:
    """Return everything that a run leaves, times aside."""
    record = replace(read_record(folder), train_seconds=0.0, images_per_second=0.0)
    history = [replace(row, seconds=0.0) for row in read_history(folder)]
    return (folder / "weights.safetensors").read_bytes(), history, record


def soak(name: str, config: SoakConfig, where: Path) -> Counter:
    """Kill runs of one trainer until there were enough kills; return the counts."""
    context = multiprocessing.get_context("forkserver")
    moments = random.Random(config.seed)
    counts: Counter = Counter()

    def start(folder: Path) -> Any:
        run = folder / f"{name}_deconv"
        settings = RunConfig(
            epochs=2,
            limit=960,
            dataset="synthetic",
            device="cpu",
            artifact_dir=folder,
            resume=any((run / file).exists() for file in (CHECKPOINT, PREVIOUS)),
            checkpoint_seconds=0,
        )
        process = context.Process(target=train, args=(name, settings))
        process.start()
        return process

    def wait_for_a_step(process: Any, folder: Path, seen: int | None = None) -> int | None:
        """Wait until there is a newer checkpoint than `seen`; return its time."""
        file = folder / f"{name}_deconv" / CHECKPOINT
        while process.is_alive():
            with contextlib.suppress(FileNotFoundError):
                if (now := file.stat().st_mtime_ns) != seen:
                    return now
            time.sleep(0.001)
        return seen

    process = start(where / "whole")
    wait_for_a_step(process, where / "whole")
    began = time.perf_counter()
    process.join()
    length = time.perf_counter() - began  # from the first step to the end
    expected = contents(where / "whole" / f"{name}_deconv")

    with tqdm(total=config.kills, desc=FRAMEWORKS[name], unit=" kills") as bar:
        while counts["kills"] < config.kills:
            folder, seen = where / "killed", None
            while not (folder / f"{name}_deconv" / METRICS).exists():
                process = start(folder)
                seen = wait_for_a_step(process, folder, seen)
                process.join(moments.expovariate(KILLS_PER_RUN / length))
                if process.is_alive():
                    number = moments.choices(list(SIGNALS), list(SIGNALS.values()))[0]
                    os.kill(process.pid, number)
                    process.join()
                    counts["kills"] += 1
                    counts[signal.Signals(number).name] += 1
                    bar.update()
                elif process.exitcode != 0:
                    raise SystemExit(f"{name}: a resumed run ended with {process.exitcode}")
            counts["runs"] += 1
            counts["mismatches"] += contents(folder / f"{name}_deconv") != expected
            shutil.rmtree(folder)
    return counts


def main() -> None:
    """Read the command line, kill, and print what came of it."""
    config = cli.parse(SoakConfig)
    # Every child begins as a copy of a process that has imported the frameworks already.
    modules = [f"{f}.src.{m}" for f in ("pytorch", "tensorflow") for m in ("engine", "train")]
    multiprocessing.get_context("forkserver").set_forkserver_preload(
        [m for m in modules if m.split(".")[0] in config.frameworks] + ["deconv.scratch"]
    )
    results = {}
    for name in config.frameworks:
        with tempfile.TemporaryDirectory() as where:
            results[name] = soak(name, config, Path(where))
    print(json.dumps(results, indent=2))
    sys.exit(any(counts["mismatches"] for counts in results.values()))


if __name__ == "__main__":
    main()
