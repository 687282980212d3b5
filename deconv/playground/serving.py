"""A framework's end of the pipe: started by the server as `python -m pytorch.src.serve`.

A process of its own for each framework, because that is how this package may use
them: it imports neither. The pipe carries one line of JSON and the bytes of float32
images, there and back.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from deconv.errors import UserError

PIXELS = 28 * 28


def serve(
    load_model: Callable[[Path], Any],
    reconstruct: Callable[[Any, np.ndarray], np.ndarray],
) -> None:
    """Say that it is ready, then answer on the standard streams until the other end closes them."""
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints must not land among the answers
        load = lru_cache(maxsize=8)(load_model)
        send(answers, {"ready": True})
        while line := sys.stdin.buffer.readline():
            asked = json.loads(line)
            images = receive_images(sys.stdin.buffer, asked["images"])
            try:
                outputs = reconstruct(load(Path(asked["weights"])), images)
            except UserError as error:
                send(answers, {"error": str(error), "images": 0})
            else:
                send(answers, {"error": "", "images": len(outputs)}, outputs)


def send(stream: BinaryIO, said: dict[str, Any], images: np.ndarray | None = None) -> None:
    """Write a line, and images `(N, 28, 28, 1)` after it."""
    stream.write(json.dumps(said).encode() + b"\n")
    if images is not None:
        stream.write(np.ascontiguousarray(images, np.float32).tobytes())
    stream.flush()


def receive_images(stream: BinaryIO, count: int) -> np.ndarray:
    """Read images `(count, 28, 28, 1)`."""
    data = stream.read(count * PIXELS * 4)
    return np.frombuffer(data, np.float32).reshape(count, 28, 28, 1)
