"""The server's end of the pipe: PyTorch and TensorFlow, each in a process that it starts.

They are started when they are first asked for, because loading one takes seconds and
hundreds of megabytes that nobody needs who only plays with a layer.
"""

import json
import subprocess
import sys
from threading import Lock, Timer
from typing import Any

import numpy as np

from deconv.config import FRAMEWORKS, ROOT
from deconv.errors import UserError
from deconv.playground.garment import Model
from deconv.playground.serving import receive_images, send

NAMES = ("pytorch", "tensorflow")
PATIENCE = 120.0
"""Seconds after which a process that does not answer is ended. Loading one may take half."""


class FrameworkError(UserError):
    """A framework is not there, or has stopped."""


class Framework:
    """One framework, NumPy in and NumPy out; several threads take turns."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = Lock()

    def reconstruct(self, model: Model, images: np.ndarray) -> np.ndarray:
        """Pass images `(N, 28, 28, 1)` through a model; raises `FrameworkError` if it cannot."""
        if model.path is None:
            raise FrameworkError(f"the weights {model.title!r} are in no file for a framework")
        with self._turn:
            process = self._started()
            clock = Timer(PATIENCE, process.kill)
            clock.start()
            try:
                send(process.stdin, {"weights": str(model.path), "images": len(images)}, images)
                answer = self._heard(process)
                outputs = receive_images(process.stdout, answer["images"])
            except (OSError, ValueError) as error:
                self.close()
                raise FrameworkError(
                    f"{FRAMEWORKS[self.name]} has stopped; ask again to start it anew"
                ) from error
            finally:
                clock.cancel()
        if answer["error"]:
            raise FrameworkError(answer["error"])
        return outputs

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.communicate()

    def _started(self) -> Any:
        if self._process and self._process.poll() is None:
            return self._process
        command = [sys.executable, "-m", f"{self.name}.src.serve"]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        clock = Timer(PATIENCE, self._process.kill)
        clock.start()
        try:
            self._heard(self._process)  # that it is ready
        except ValueError as error:
            self.close()
            raise FrameworkError(
                f"{FRAMEWORKS[self.name]} does not start here; "
                f"python -m {self.name}.src.serve says why"
            ) from error
        finally:
            clock.cancel()
        return self._process

    @staticmethod
    def _heard(process: Any) -> dict[str, Any]:
        """One line; raises `ValueError` where the process has ended."""
        return json.loads(process.stdout.readline())
