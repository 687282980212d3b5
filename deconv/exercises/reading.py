"""What a student's answer says, whatever it is made of, and how to show it in a line.

An answer can be anything: a number, a list, an array of any library, a text, a function that
was not called. Nothing here may fail on one.
"""

from typing import Any

import numpy as np

MOST_NUMBERS = 10_000
"""No right answer has more. A longer one is not copied into an array."""
SHOWN_NUMBERS = 25
"""A longer array is shown by its shape."""
_CLOSE = 1e-6


class UnreadableError(Exception):
    """An answer is not made of numbers; the message says what it is instead."""


def is_empty(answer: object) -> bool:
    """Whether this is what stands in an untouched cell: `...`, None, or a list that holds `...`."""
    if isinstance(answer, list | tuple):
        return len(answer) <= MOST_NUMBERS and any(part is Ellipsis for part in answer)
    return answer is Ellipsis or answer is None


def as_numbers(answer: Any) -> np.ndarray:
    """Return the answer as a float64 array; raises `UnreadableError` where it is none."""
    if callable(answer) and not hasattr(answer, "__array__"):
        raise UnreadableError("a function, not what it returns")
    if isinstance(answer, str | bytes):
        raise UnreadableError("text; write it without quotation marks")
    if answer is None:
        raise UnreadableError("nothing")
    if isinstance(answer, dict):
        raise UnreadableError("a dictionary, not numbers")
    try:
        if isinstance(answer, set | frozenset):
            answer = sorted(answer)
        if hasattr(answer, "detach"):  # a tensor of PyTorch that training could change
            answer = answer.detach()
        sized = hasattr(answer, "__len__") and getattr(answer, "shape", None) != ()
        if sized and len(answer) > MOST_NUMBERS:
            raise UnreadableError(f"more than {MOST_NUMBERS:,} numbers")
        array = np.asarray(answer)
        if array.dtype.kind == "b":
            raise UnreadableError("True or False, not a number")
        if array.dtype.kind == "c":
            raise UnreadableError(
                "made of complex numbers, and not a number or a grid of real ones; after "
                "np.fft.ifft, take .real"
            )
        if array.dtype.kind not in "iufO":
            raise TypeError
        return array.astype(np.float64)
    except UnreadableError:
        raise
    except Exception as error:  # whatever a stranger's object does when it is converted
        kind = type(answer).__name__
        raise UnreadableError(f"of the type {kind}, and not a number or a grid of them") from error


def first_difference(
    array: np.ndarray, right: np.ndarray, tolerance: float = 0.0
) -> tuple[int, ...] | None:
    """Return where two arrays of one shape first differ, or None; `()` for single numbers."""
    room = max(tolerance, _CLOSE * float(np.abs(right).max(initial=1e-6)))
    wrong = ~(np.abs(array - right) <= room)  # so NaN is wrong too
    return tuple(int(place) for place in np.argwhere(wrong)[0]) if wrong.any() else None


def equal(answer: Any, right: Any, tolerance: float = 0.0) -> bool:
    """Whether two answers have the same shape and numbers; axes of length 1 do not count."""
    try:
        one, other = np.squeeze(as_numbers(answer)), np.squeeze(as_numbers(right))
    except UnreadableError:
        return False
    return one.shape == other.shape and first_difference(one, other, tolerance) is None


def in_short(value: Any) -> str:
    """What a message shows of a value of any kind: one line of moderate length."""
    try:
        numbers = as_numbers(value)
        if numbers.size > SHOWN_NUMBERS:
            return f"an array of shape {numbers.shape}"
        text = str(_plain(numbers.tolist()))
    except UnreadableError:
        text = _repr(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


def _plain(numbers: Any) -> Any:
    """Nested lists without what only computers say: 3 and not 3.0, and six digits are enough."""
    if isinstance(numbers, list):
        return [_plain(number) for number in numbers]
    if float(numbers).is_integer():
        return int(numbers)
    short = float(f"{numbers:.6g}")
    return int(short) if short.is_integer() else short


def _repr(value: Any) -> str:
    try:
        if isinstance(value, dict):
            return f"a dictionary with the entries {', '.join(map(str, value))}"
        if hasattr(value, "_fields"):  # a named tuple
            return f"{type(value).__name__} with {', '.join(value._fields)}"
        if callable(value) and hasattr(value, "__name__"):
            return f"the function {value.__name__}"
        return " ".join(repr(value).split())
    except Exception:  # a stranger's object that cannot even be shown
        return f"something of the type {type(value).__name__}"
