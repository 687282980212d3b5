"""What an exercise is: a name, and a question that is drawn anew for every seed.

A class should not share one number that is passed on. So an exercise is a function from a
source of random numbers to a question, and the question knows everything that follows from
its numbers: the right answer, which the project's own arithmetic computes on the spot, and
what the usual mistakes would give. A draw in which a mistake gives the right answer, or in
which two mistakes give the same one, is thrown away, and the next one is taken.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from deconv.exercises.reading import (
    UnreadableError,
    as_numbers,
    equal,
    first_difference,
    in_short,
    is_empty,
)

State = Literal["right", "wrong", "untried"]
DRAWS = 2_000
"""So often numbers are drawn before an exercise counts as broken."""


class Verdict(NamedTuple):
    """What became of an answer, and what to tell the student about it."""

    state: State
    message: str = ""


class Question(Protocol):
    """One exercise with its numbers."""

    @property
    def task(self) -> str:
        """What is asked."""

    @property
    def hint(self) -> str:
        """A step in the right direction."""

    @property
    def solution(self) -> str:
        """The answer and how to find it."""

    def judge(self, answer: Any) -> Verdict:
        """Say whether an answer is right, and otherwise what is wrong with it. Never raises."""

    def is_clear(self) -> bool:
        """Whether the numbers tell the right answer and all mistakes apart."""


class Draw(random.Random):
    """Random numbers of one seed: the same on every machine and in every version of Python."""

    def __init__(self, *words: str | int) -> None:
        super().__init__("/".join(str(word) for word in words))

    def grid(self, *shape: int, low: int = 1, high: int = 9) -> np.ndarray:
        """Whole numbers from `low` to `high`: int64 of this shape."""
        count = int(np.prod(shape))
        return np.array([self.randint(low, high) for _ in range(count)]).reshape(shape)


@dataclass(frozen=True)
class Value:
    """A question that numbers answer: one, a list, a grid, or a set, whose order is free."""

    task: str
    answer: Any
    """The right answer; a frozenset where the order is free."""
    mistakes: dict[str, Any]
    """What to tell a student, and the wrong answer that shows this mistake."""
    hint: str
    solution: str
    tolerance: float = 0.0
    """How far off a rounded answer may be."""
    accepts: Callable[[np.ndarray], bool] | None = None
    """Where there are several right answers: whether this is one. `answer` is one of them."""
    remark: Callable[[np.ndarray], str] | None = None
    """What to say of a wrong answer that no listed mistake explains."""

    def judge(self, answer: Any) -> Verdict:
        """Compare with the right answer, then with those of the usual mistakes."""
        if is_empty(answer):
            return Verdict("untried")
        yours = f"Your answer: {in_short(answer)}."
        try:
            numbers = as_numbers(answer)
        except UnreadableError as reason:
            return Verdict("wrong", f"{yours} That is {reason}.")
        if not np.isfinite(numbers).all():
            return Verdict("wrong", f"{yours} Not all of it is a finite number.")
        if isinstance(self.answer, frozenset):
            numbers = np.unique(numbers)
        if self._is_right(numbers):
            return Verdict("right")
        for message, wrong in self.mistakes.items():
            if equal(numbers, wrong, self.tolerance):
                return Verdict("wrong", f"{yours} {message}")
        return Verdict("wrong", f"{yours} {self._remark(numbers)}")

    def is_clear(self) -> bool:
        """Whether right and wrong answers differ, and no message holds the right one."""
        answers = [self.answer, *self.mistakes.values()]
        distinct = not any(
            equal(one, other, 2 * self.tolerance)
            for number, one in enumerate(answers)
            for other in answers[:number]
        )
        accepted = any(self._is_right(as_numbers(wrong)) for wrong in answers[1:])
        return distinct and not accepted and not self._is_told()

    def _is_told(self) -> bool:
        """Whether a message or the hint holds the right answer, where that is one number."""
        right = as_numbers(self.answer)
        told = re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", " ".join([self.hint, *self.mistakes]))
        return right.size == 1 and any(equal(float(one), right, self.tolerance) for one in told)

    def _is_right(self, numbers: np.ndarray) -> bool:
        if self.accepts:
            return self.accepts(numbers)
        return equal(numbers, self.answer, self.tolerance)

    def _remark(self, numbers: np.ndarray) -> str:
        if self.remark:
            return self.remark(numbers)
        right = as_numbers(self.answer)
        if isinstance(self.answer, frozenset):
            return _of_a_set(numbers, right)
        numbers, right = np.squeeze(numbers), np.squeeze(right)
        if numbers.ndim != right.ndim:
            return f"The answer is {_form(right)}, and yours is {_form(numbers)}."
        if numbers.shape != right.shape:
            return f"It has the shape {numbers.shape}, and the right answer has another."
        place = first_difference(numbers, right, self.tolerance)
        if not place:
            return "That is not it."
        where = ", ".join(map(str, place))
        return f"The first number that is not right is [{where}], counted from 0."


@dataclass(frozen=True)
class Choice:
    """A question with several answers to choose from, by letter."""

    question: str
    options: dict[str, str]
    """Every answer, and what to tell a student who chooses it wrongly."""
    right: str
    hint: str
    because: str
    order: Sequence[int]
    """Which of the options is a), which is b), …; see `shuffled`."""

    @property
    def letters(self) -> dict[str, str]:
        """The options as they are shown."""
        options = list(self.options)
        return {"abcdefgh"[n]: options[place] for n, place in enumerate(self.order)}

    @property
    def task(self) -> str:
        """The question, a line for each option, and how to answer."""
        lines = [f"  {letter}) {option}" for letter, option in self.letters.items()]
        return "\n".join([self.question, *lines, 'Answer with a letter in quotation marks: "a".'])

    @property
    def solution(self) -> str:
        """The letter, its option and the reason."""
        letter = next(letter for letter, text in self.letters.items() if text == self.right)
        return f'"{letter}": {self.right}. {self.because}'

    def judge(self, answer: Any) -> Verdict:
        """Look the letter up."""
        if is_empty(answer):
            return Verdict("untried")
        letter = answer.strip(" ().").lower() if isinstance(answer, str) else ""
        if letter not in self.letters:
            last = list(self.letters)[-1]
            reason = f'The answer is one letter from "a" to "{last}", with its quotation marks.'
            return Verdict("wrong", f"Your answer: {in_short(answer)}. {reason}")
        option = self.letters[letter]
        if option == self.right:
            return Verdict("right")
        return Verdict("wrong", f"Your answer: {letter}) {option}. {self.options[option]}")

    def is_clear(self) -> bool:
        """Whether the right answer is one of the options."""
        return self.right in self.options


def shuffled(draw: Draw, count: int) -> list[int]:
    """An order for the options of a `Choice`."""
    return draw.sample(range(count), count)


@dataclass(frozen=True)
class Exercise:
    """A name, one line about it, and the function that asks it with the numbers of a draw."""

    name: str
    line: str
    ask: Callable[[Draw], Question]

    def question(self, seed: str) -> Question:
        """Return the question with this seed's numbers: always the same for the same seed."""
        for attempt in range(DRAWS):
            question = self.ask(Draw(seed, self.name, attempt))
            if question.is_clear():
                return question
        raise AssertionError(f"{self.name}: no draw tells right and wrong apart")


def exercise(name: str) -> Callable[[Callable[[Draw], Question]], Exercise]:
    """Make an exercise of the function that asks it; its docstring is the line about it."""
    return lambda ask: Exercise(name, (ask.__doc__ or "").strip().rstrip("."), ask)


def _of_a_set(numbers: np.ndarray, right: np.ndarray) -> str:
    numbers = numbers.ravel()
    strange = [f"{number:g}" for number in numbers if number not in right]
    if strange:
        return f"{', '.join(strange)} {'do' if len(strange) > 1 else 'does'} not belong there."
    return "All of these belong there, but they are not all."


def _form(numbers: np.ndarray) -> str:
    return ("one number", "a list of numbers", "a grid of numbers")[min(numbers.ndim, 2)]
