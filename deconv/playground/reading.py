"""Read the values of a request, which may be anything that JSON can say.

A page sends what a person typed, and a program sends what its author believed. Each
function here returns a value that can be computed with, or raises `ConfigError` with
one sentence.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from deconv.arithmetic.sizes import in_short, whole
from deconv.errors import ConfigError

LARGEST_BODY = 2**20
"""Bytes; a request with 784 pixels takes a few thousand, a photograph should be smaller."""
TOO_LARGE = f"a request or a picture may have {LARGEST_BODY:,} bytes at most"
MOST_PIXELS = 2**24
"""A small file can hold a huge picture of one colour."""
NO_PICTURE = "a PNG or JPEG picture is needed, and this is none"


def named_values(request: object, known: Iterable[str]) -> dict[str, Any]:
    """The request as a dict; raises `ConfigError` if it has a name that is not `known`."""
    if not isinstance(request, Mapping):
        raise ConfigError(f"a request must be an object with names, but is {in_short(request)}")
    known = tuple(known)
    for name in request:
        if name not in known:
            raise ConfigError(
                f"a request has no value named {in_short(name)}; it may have {', '.join(known)}"
            )
    return dict(request)


def between(name: str, value: Any, smallest: int, largest: int) -> int:
    """A whole number from `smallest` to `largest`."""
    if whole(name, value, smallest) > largest:
        raise ConfigError(f"{name} must be at most {largest}, but is {value}")
    return int(value)


def number(name: str, value: Any, smallest: float, largest: float) -> float:
    """A number from `smallest` to `largest`, whole or not."""
    if not _is_number(value) or not smallest <= value <= largest:  # NaN fails too
        raise ConfigError(
            f"{name} must be a number from {smallest:g} to {largest:g}, but is {in_short(value)}"
        )
    return float(value)


def yes_or_no(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be true or false, but is {in_short(value)}")
    return value


def listed(name: str, value: Any, most: int) -> list[Any]:
    """A list of at most so many values."""
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{name} must be a list, but is of type {type(value).__name__}")
    if len(value) > most:
        raise ConfigError(f"{name} must have at most {most} values, but has {len(value)}")
    return list(value)


def one_of(name: str, value: Any, known: Iterable[str]) -> str:
    """One of the names that there are."""
    known = tuple(known)
    if not isinstance(value, str) or value not in known:
        raise ConfigError(f"{name} must be one of {', '.join(known)}, but is {in_short(value)}")
    return value


def some_of(name: str, value: Any, known: Iterable[str]) -> list[str]:
    """A list of names that there are, each of them once."""
    known = tuple(known)
    names = [one_of(name, one, known) for one in listed(name, value, len(known))]
    return list(dict.fromkeys(names))


def square(name: str, value: Any, most: int) -> list[list[float]]:
    """Rows of numbers, at most `most` × `most` of them."""
    rows = [listed(name, row, most) for row in listed(name, value, most)]
    if not rows or any(len(row) != len(rows) for row in rows):
        raise ConfigError(f"{name} must have as many numbers in each row as it has rows")
    wrong = [one for row in rows for one in row if not _is_number(one)]
    if wrong:
        raise ConfigError(f"{name} must hold numbers, but holds {in_short(wrong[0])}")
    return rows


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
