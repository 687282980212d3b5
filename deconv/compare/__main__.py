"""`python -m deconv.compare`: measure runs, print the table, write the report."""

import signal
from dataclasses import dataclass
from types import FrameType
from typing import Annotated, NoReturn

import tyro

from deconv import cli
from deconv.compare import compare, finished_runs, screen, write_report
from deconv.config import ROOT, DeviceName, UserPath
from deconv.errors import Interrupted
from deconv.files import shown


@dataclass(frozen=True)
class CompareConfig:
    """Compare finished runs: measure each again from its weights and report them side by side."""

    runs: Annotated[
        tuple[UserPath, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[RUN_DIR …]")
    ] = ()
    """Folders of finished runs [default: those of the trainers in the artifact folder]."""
    data_dir: UserPath | None = None
    """Folder of the Fashion-MNIST archives [default: $FASHION_MNIST_DIR, else artifacts/data]."""
    artifact_dir: UserPath = ROOT / "artifacts"
    """Where the default runs are; the report goes into its folder `comparison`."""
    device: DeviceName = "auto"
    """Where to compute; auto takes the first of CUDA, MPS, CPU that is there."""


def main() -> None:
    """Read the command line and compare."""
    config = cli.parse(CompareConfig)
    signal.signal(signal.SIGTERM, _interrupt)
    cli.run(lambda: run(config))


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """End as after Ctrl-C: the process of a framework and its temporary folder go too."""
    raise Interrupted("", number)


def run(config: CompareConfig) -> None:
    """Compare what `config` names, print the table and write the report."""
    folders = config.runs or finished_runs(config.artifact_dir)
    print("Reconstructing all test images from the weights of", *map(shown, folders), flush=True)
    groups = compare(folders, config.data_dir, config.device)
    folder = config.artifact_dir / "comparison"
    write_report(groups, folder)
    print(f"\n{screen(groups)}\n\nReport: {shown(folder / 'report.md')}")
    print(f"Picture: {shown(folder / 'reconstructions.png')}")


if __name__ == "__main__":
    main()
