"""`python -m deconv.exercises NOTEBOOK…`: grade saved notebooks."""

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro

from deconv import cli
from deconv.config import UserPath, at_least
from deconv.errors import ConfigError, UserError


@dataclass(frozen=True)
class GradingConfig:
    """Run saved notebooks again and print which of their exercises are right.

    Each notebook runs in a process of its own, with quick trainings, in this project's
    folder. That is no proof against cheating: whoever can write a notebook can also write one
    that prints or records what it likes, and the solutions are a function call away. And it
    runs a stranger's code with your rights: do it where that can do no harm.
    """

    notebooks: Annotated[
        tuple[UserPath, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NOTEBOOK …")
    ] = ()
    """Notebook files (.ipynb)."""
    seconds: float = 600
    """How long a notebook may run before it is stopped."""

    def __post_init__(self) -> None:
        at_least("seconds", self.seconds, 1)
        if not self.notebooks:
            raise ConfigError("no notebook is given; name the files to grade")


def run(config: GradingConfig) -> None:
    """Grade every notebook, whatever becomes of the others; then print the table."""
    try:  # here, because Jupyter's libraries take seconds to load
        from deconv.exercises.grading import grade, table
    except ModuleNotFoundError as error:
        raise UserError(
            f"grading runs notebooks, and {error.name} is not installed: "
            'python -m pip install -e ".[notebooks]" -c constraints.txt'
        ) from error

    grades = []
    for number, path in enumerate(config.notebooks, 1):
        print(f"{number}/{len(config.notebooks)} {path} …", file=sys.stderr, flush=True)
        grades.append(grade(path, config.seconds))
        if grades[-1].problem:
            print(f"error: {grades[-1].problem}", file=sys.stderr, flush=True)
    print(table(grades))
    if any(grade.problem for grade in grades):
        raise SystemExit(2)


if __name__ == "__main__":
    grading = cli.parse(GradingConfig)
    cli.run(lambda: run(grading))
