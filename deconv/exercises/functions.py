"""Exercises that ask for a function: called on small cases first, the first failure is shown."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from deconv.exercises.calling import Call, call_all
from deconv.exercises.questions import Verdict
from deconv.exercises.reading import (
    UnreadableError,
    as_numbers,
    first_difference,
    in_short,
    is_empty,
)


@dataclass(frozen=True)
class Function:
    """A question that a function answers, held against one of the project's own."""

    task: str
    truth: Callable[..., Any]
    """The project's own arithmetic, with the same arguments. Returns numbers, or a dictionary."""
    cases: Sequence[tuple[Any, ...]]
    """The arguments of every call, the smallest first."""
    mistakes: dict[str, Callable[..., Any]]
    """What to tell a student, and the function that makes this mistake."""
    hint: str
    written: Callable[..., Any]
    """The solution. Its source is what the student is shown, its signature what is asked for."""
    needs: str = "import numpy as np"
    """What to import for it."""
    tolerance: float = 0.0

    @property
    def solution(self) -> str:
        """The source of the solution."""
        return f"{self.needs}\n\n{inspect.getsource(self.written)}".rstrip()

    def judge(self, answer: Any) -> Verdict:
        """Call the function on all cases; show the smallest that goes wrong."""
        if is_empty(answer):
            return Verdict("untried")
        name = self.written.__name__
        if not callable(answer):
            return Verdict(
                "wrong",
                f"Your answer: {in_short(answer)}. Hand the function itself over, "
                f"without brackets after its name: {name}, not {name}(…).",
            )
        calls = call_all(answer, self.cases)
        first = calls[0]
        if first.unwritten or (first.result is None and not first.error and _is_stub(answer)):
            return Verdict("untried")
        for call in calls:
            wrong = call.error or self._difference(call)
            if wrong:
                message = self._recognised(calls)
                return Verdict("wrong", self._shown(call, f"{message}\n{wrong}".strip()))
        for call in calls:
            if call.changed is not None:
                wrong = (
                    f"It returns the right result, but it changes its argument "
                    f"{self.arguments[call.changed]} in place. Work on a copy."
                )
                return Verdict("wrong", self._shown(call, wrong))
        return Verdict("right")

    def is_clear(self) -> bool:
        """Whether the cases tell the right function and all mistakes apart."""
        functions = [self.truth, *self.mistakes.values()]
        results = [[function(*case) for case in self.cases] for function in functions]
        return not any(
            all(not difference(a, b, self.tolerance) for a, b in zip(one, other, strict=True))
            for number, one in enumerate(results)
            for other in results[:number]
        )

    @property
    def arguments(self) -> list[str]:
        """The names of the arguments."""
        return list(inspect.signature(self.written).parameters)

    def _difference(self, call: Call) -> str:
        return difference(call.result, self.truth(*call.arguments), self.tolerance)

    def _recognised(self, calls: list[Call]) -> str:
        """The message of the mistake that gives the same results in all cases, if there is one."""
        done = [call for call in calls if not call.error]
        for message, mistaken in self.mistakes.items():
            if done and not any(
                difference(call.result, mistaken(*call.arguments), self.tolerance) for call in done
            ):
                return message
        return ""

    def _shown(self, call: Call, message: str) -> str:
        given = zip(self.arguments, call.arguments, strict=True)
        lines = [message, "The smallest case in which it happens:"]
        lines += [f"  {name} = {in_short(value)}" for name, value in given]
        if not call.error:
            lines.append(f"  what you return: {in_short(call.result)}")
        if call.printed:
            lines.append("What your function printed on the way:")
            lines += [f"  {line}" for line in call.printed.splitlines()[:10]]
        return "\n".join(lines)


def difference(result: Any, right: Any, tolerance: float = 0.0) -> str:
    """Say what is wrong with a result, without the right numbers; empty where nothing is."""
    if result is None:
        return "It returns nothing. Is there a `return` at its end?"
    if isinstance(right, dict):
        return _difference_of_dicts(result, right, tolerance)
    try:
        numbers = as_numbers(result)
    except UnreadableError as reason:
        return f"What it returns is {reason}."
    expected = as_numbers(right)
    if numbers.shape != expected.shape:
        if not expected.ndim:
            return f"It returns an array of shape {numbers.shape}, but one number is asked for."
        shape = f"the shape {numbers.shape}" if numbers.ndim else "one number"
        return f"It returns {shape}, but the shape {expected.shape} is right."
    place = first_difference(numbers, expected, tolerance)
    if place is None:
        return ""
    if not np.isfinite(numbers[place]):
        return f"It returns {numbers[place]}, which is not a finite number."
    if not place:
        return "That number is not right."
    where = ", ".join(map(str, place))
    return f"The shape is right. The first number that is not: [{where}], counted from 0."


def _difference_of_dicts(result: Any, right: dict[str, Any], tolerance: float) -> str:
    if not isinstance(result, dict):
        return f"What it returns is of the type {type(result).__name__}, not a dictionary."
    missing = [name for name in right if name not in result]
    if missing:
        return f"There is no entry {missing[0]!r} in what it returns."
    for name, expected in right.items():
        wrong = difference(result[name], expected, tolerance)
        if wrong:
            return f"Entry {name!r}: {wrong[0].lower()}{wrong[1:]}"
    return ""


def _is_stub(function: Callable[..., Any]) -> bool:
    """Whether a function's body is `...` or `pass`: it names nothing but its own arguments."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return False
    arguments = code.co_argcount + code.co_kwonlyargcount
    return not code.co_names and code.co_nlocals == arguments and not code.co_freevars
