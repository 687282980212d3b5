"""Can a run be killed at any moment? `python -m benchmarks.soak`.

Trains tiny runs in processes of their own, kills each at a random moment, resumes
it, kills it again, until it ends by itself, and compares what it leaves, bit for
bit, with the run that nobody disturbed. A checkpoint is written after every
step, so many kills fall into the writing of one. Prints kills and mismatches.
"""

import contextlib
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tqdm.auto import tqdm

from benchmarks.processes import Training, prepare
from deconv import cli
from deconv.config import FRAMEWORKS, at_least
from deconv.running.checkpoint import CHECKPOINT, PREVIOUS
from deconv.running.record import METRICS, read_history, read_record

SIGNALS = {signal.SIGKILL: 8, signal.SIGTERM: 1, signal.SIGINT: 1}
"""How often each is sent: mostly the one that no program can answer."""
FLAGS = (
    "--epochs=2", "--limit=960", "--dataset=synthetic", "--device=cpu", "--checkpoint-seconds=0",
)  # fmt: skip
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


def contents(folder: Path) -> tuple:
    """Return everything that a run leaves, times aside."""
    record = replace(read_record(folder), train_seconds=0.0, images_per_second=0.0)
    history = [replace(row, seconds=0.0) for row in read_history(folder)]
    return (folder / "weights.safetensors").read_bytes(), history, record


def soak(name: str, config: SoakConfig, where: Path) -> Counter:
    """Kill runs of one trainer until there were enough kills; return the counts."""
    moments = random.Random(config.seed)
    counts: Counter = Counter()

    def start(folder: Path) -> Training:
        run = folder / f"{name}_deconv"
        resume = any((run / file).exists() for file in (CHECKPOINT, PREVIOUS))
        return Training(name, *FLAGS, f"--artifact-dir={folder}", *["--resume"] * resume)

    def wait_for_a_step(training: Training, folder: Path, seen: int | None = None) -> int | None:
        """Wait until there is a newer checkpoint than `seen`; return its time."""
        file = folder / f"{name}_deconv" / CHECKPOINT
        while training.returncode is None:
            with contextlib.suppress(FileNotFoundError):
                if (now := file.stat().st_mtime_ns) != seen:
                    return now
            time.sleep(0.001)
        return seen

    training = start(where / "whole")
    wait_for_a_step(training, where / "whole")
    began = time.perf_counter()
    training.wait()
    length = time.perf_counter() - began  # from the first step to the end
    expected = contents(where / "whole" / f"{name}_deconv")

    with tqdm(total=config.kills, desc=FRAMEWORKS[name], unit=" kills") as bar:
        while counts["kills"] < config.kills:
            folder, seen = where / "killed", None
            while not (folder / f"{name}_deconv" / METRICS).exists():
                training = start(folder)
                seen = wait_for_a_step(training, folder, seen)
                if training.wait(moments.expovariate(KILLS_PER_RUN / length)) is None:
                    number = moments.choices(list(SIGNALS), list(SIGNALS.values()))[0]
                    training.send_signal(number)
                    training.wait()
                    counts["kills"] += 1
                    counts[signal.Signals(number).name] += 1
                    bar.update()
                elif training.returncode != 0:
                    raise SystemExit(f"{name}: a resumed run failed: {training.communicate()[1]}")
            counts["runs"] += 1
            counts["mismatches"] += contents(folder / f"{name}_deconv") != expected
            shutil.rmtree(folder)
    return counts


def main() -> None:
    """Read the command line, kill, and print what came of it."""
    config = cli.parse(SoakConfig)
    cli.run(lambda: kill(config))


def kill(config: SoakConfig) -> None:
    """Kill runs of all trainers; print the counts, and end with status 1 after a mismatch."""
    prepare(config.frameworks)
    results = {}
    for name in config.frameworks:
        with tempfile.TemporaryDirectory() as where:
            results[name] = soak(name, config, Path(where))
    print(json.dumps(results, indent=2))
    sys.exit(any(counts["mismatches"] for counts in results.values()))


if __name__ == "__main__":
    main()
