"""Errors a user can cause, and so must be able to read.

Each of them carries one sentence that says what was wrong, where, and what to
do. A command prints that sentence and exits with status 2; a notebook shows it
alone. Anything else that is raised is a bug of ours and keeps its traceback.
"""

import struct
import zlib
from tokenize import TokenError


class UserError(Exception):
    """The input was wrong; the message says how to mend it."""

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows of it: no traceback, which is ours to read."""
        return [f"error: {self}"]


class ConfigError(UserError, ValueError):
    """A setting has a value that cannot work."""


class DeviceError(UserError):
    """The device that was asked for is not there."""


class DataError(UserError):
    """The dataset is missing, damaged, or not what it claims to be."""


class WeightsError(UserError, ValueError):
    """A weights file cannot be read, or does not fit the model."""


class ArtifactError(UserError):
    """A run's files cannot be read or written."""


class ImageError(UserError, ValueError):
    """A picture cannot be read, or has the wrong shape or range."""


class TrainingError(UserError):
    """Training went wrong in a way that other settings can mend."""


class Interrupted(KeyboardInterrupt):
    """Someone asked the run to stop, and it stopped where it can go on."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal


DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    SyntaxError,
    TokenError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What the readers of files, Python's and the libraries', raise when bytes are not what they
should be. Fuzzing found more than their documentation says."""
