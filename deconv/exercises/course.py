"""What a student calls: the questions, the checks, the hints, the solutions, what is done.

All of it prints plain text and returns nothing, so that a cell can end with it. None of it
raises: a name that does not exist is answered with the ones that come close.
"""

import difflib
import json
import os
import sys
import textwrap
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from deconv.exercises.questions import Exercise, State, Verdict
from deconv.exercises.topics import TOPICS

SEED = "DECONV_EXERCISES_SEED"
"""Environment variable: whose numbers the exercises have. `seed` is stronger."""
RECORD = "DECONV_EXERCISES_RECORD"
"""Environment variable: a file to which every check appends a line of JSON, for grading."""

WIDTH = 100
"""Of printed lines. No line of code here is longer, so code is never broken."""
SIGNS: dict[State, str] = {"right": "✓", "wrong": "✗", "untried": "–"}
WORDS: dict[State, str] = {"right": "right", "wrong": "not right yet", "untried": "not tried yet"}


@dataclass
class Session:
    """Whose numbers these are, and what has been checked since Python was started."""

    seed: str
    verdicts: dict[str, Verdict] = field(default_factory=dict)


@cache
def session() -> Session:
    """The one session of this process."""
    return Session(_normal(os.environ.get(SEED, "")))


@cache
def catalogue() -> dict[str, Exercise]:
    """Every exercise by its name, in the order of the topics."""
    return {exercise.name: exercise for topic in TOPICS.values() for exercise in topic}


def seed(name: object = "") -> None:
    """Give the exercises numbers of their own for this name; no name gives those of the book."""
    text = _normal(name)
    if text != session().seed:
        session().seed = text
        session().verdicts.clear()  # they were about other numbers
    _say(f"The exercises now have the numbers of {text!r}." if text else "The numbers of the book.")


def task(name: str) -> None:
    """Print what an exercise asks, with your numbers."""
    exercise = _find(name)
    if exercise:
        _say(f"{exercise.name}\n{exercise.question(session().seed).task}")


def check(name: str, answer: Any = ...) -> None:
    """Say whether an answer is right, and if not, what is wrong with it.

    `answer` is a value or a function that you wrote, as the task says.
    """
    exercise = _find(name)
    if not exercise:
        return
    verdict = exercise.question(session().seed).judge(answer)
    session().verdicts[exercise.name] = verdict
    _record(exercise.name, verdict)
    head = f"{SIGNS[verdict.state]} {exercise.name}: {WORDS[verdict.state]}."
    if verdict.state == "untried":
        head += f' The question: task("{exercise.name}")'
    elif verdict.state == "wrong":
        head += f' A hint: hint("{exercise.name}")'
    _say(f"{head}\n{verdict.message}".rstrip())


def hint(name: str) -> None:
    """Print a step in the right direction."""
    exercise = _find(name)
    if exercise:
        _say(f"{exercise.name}, a hint:\n{exercise.question(session().seed).hint}")


def solution(name: str) -> None:
    """Print the answer and how to find it. Try first: a wrong guess is worth more than none."""
    exercise = _find(name)
    if exercise:
        _say(f"{exercise.name}, a solution:\n{exercise.question(session().seed).solution}")


def list_exercises(topic: str | None = None) -> None:
    """Print all exercises with a line about each, or only those of one topic."""
    if topic is not None and topic not in TOPICS:
        _say(f"There is no topic {topic!r}. The topics: {', '.join(TOPICS)}.")
        return
    lines = []
    for title, exercises in TOPICS.items():
        if topic in (None, title):
            lines += ["", title] + [
                f"  {_sign(exercise.name)} {exercise.name:<28} {exercise.line}"
                for exercise in exercises
            ]
    _say("\n".join(lines[1:]))


def progress() -> None:
    """Print what you have done since this notebook was started."""
    verdicts = session().verdicts
    counts = Counter(verdict.state for verdict in verdicts.values())
    lines = [
        f"{counts['right']} of {len(verdicts)} exercises checked in this session are right. "
        f"(The whole course has {len(catalogue())}.)"
    ]
    lines += [f"  {_sign(name)} {name:<28} {WORDS[verdicts[name].state]}" for name in verdicts]
    _say("\n".join(lines))


def _sign(name: str) -> str:
    verdict = session().verdicts.get(name)
    return SIGNS[verdict.state] if verdict else " "


def _find(name: object) -> Exercise | None:
    if isinstance(name, str) and name.strip() in catalogue():
        return catalogue()[name.strip()]
    if isinstance(name, str):
        close = difflib.get_close_matches(name, catalogue(), 3)
        meant = f" Did you mean {' or '.join(close)}?" if close else ""
        _say(f"There is no exercise {name!r}.{meant} list_exercises() prints all names.")
    else:
        _say('An exercise has a name in quotation marks, as in check("first-stamp", answer).')
    return None


def _record(name: str, verdict: Verdict) -> None:
    """Append the verdict to the file that `RECORD` names, if it does."""
    path = os.environ.get(RECORD)
    if not path:
        return
    line = json.dumps({"exercise": name, "state": verdict.state, "seed": session().seed})
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
    except OSError as error:
        _say(f"(The result could not be written to {path}: {error.strerror}.)")


def _normal(name: object) -> str:
    """The same name however it is typed: without blanks at its ends, capitals or accents' codes."""
    try:
        text = str(name)
    except Exception:  # a stranger's object
        text = type(name).__name__
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _say(text: str) -> None:
    """Print, with long lines broken; indented lines, which are numbers or choices, stay."""
    broken = "\n".join(
        line if line.startswith(" ") else textwrap.fill(line, WIDTH) for line in text.splitlines()
    )
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(broken.encode(encoding, "replace").decode(encoding))
