"""An exercise that a layer of PyTorch or Keras answers, with whatever weights it has.

Neither is imported: whoever has made a layer has imported its framework.
"""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from deconv.arithmetic import conv_transpose2d
from deconv.arithmetic.geometry import Axis
from deconv.arithmetic.summary import keras_line, pytorch_line
from deconv.exercises.questions import Verdict
from deconv.exercises.reading import in_short, is_empty


@dataclass(frozen=True)
class LayerInFramework:
    """A question for a layer that must compute the same as a transposed convolution."""

    axis: Axis
    """Rows and columns alike."""
    extra: int
    """Output padding, as PyTorch means it."""

    @property
    def task(self) -> str:
        """What the layer shall do."""
        return (
            f"Make a layer, in PyTorch or in Keras, that is a transposed convolution with kernel "
            f"{self.axis.kernel} and stride 2, from 1 channel to 1 channel. It shall make "
            f"{self.axis.large}×{self.axis.large} of {self.axis.small}×{self.axis.small}, and the "
            f"stamps shall lie as PyTorch's do with padding {self.axis.padding}: so much is cut "
            "off at the top and at the left of what they print. In Keras it can be a "
            "keras.Sequential. The weights may be anything."
        )

    @property
    def hint(self) -> str:
        """Where each framework cuts."""
        return (
            "How many rows do the stamps print, and how many of them must go? In PyTorch, padding "
            "cuts at both ends and output_padding gives back at the far one. In Keras, "
            'padding="valid" cuts nothing, and Cropping2D(((top, bottom), (left, right))) does.'
        )

    @property
    def solution(self) -> str:
        """A line for each framework."""
        return f"{pytorch_line(self.axis, self.extra)}\n{keras_line(self.axis, self.extra)}"

    def is_clear(self) -> bool:
        """Whether rows and columns are doubled."""
        return self.axis.large == 2 * self.axis.small

    def judge(self, answer: Any) -> Verdict:
        """Let the layer compute, and compute the same with its own weights."""
        if is_empty(answer):
            return Verdict("untried")
        run = _runner(answer)
        if not run:
            return Verdict(
                "wrong",
                f"Your answer: {in_short(answer)}. A layer is wanted, such as "
                "torch.nn.ConvTranspose2d(…) or keras.layers.Conv2DTranspose(…).",
            )
        n = self.axis.small
        x = np.random.default_rng(0).uniform(-1, 1, (1, 1, n, n)).astype(np.float32)
        try:
            y, w, b = run(answer, x)
        except Exception as error:  # whatever a framework raises when a layer does not fit
            said = " ".join(str(error).split())[:200]
            return Verdict("wrong", f"It cannot be called with 1 channel of {n}×{n}: {said}")
        wrong = self._wrong(x, y, w, b)
        return Verdict("wrong", wrong) if wrong else Verdict("right")

    def _wrong(self, x: np.ndarray, y: np.ndarray, w: np.ndarray, b: np.ndarray) -> str:
        axis = self.axis
        if w.shape != (1, 1, axis.kernel, axis.kernel):
            return f"Its kernel has the shape {w.shape}: in, out, rows, columns."
        if y.shape != (1, 1, axis.large, axis.large):
            return f"It makes {' × '.join(map(str, y.shape[2:]))} of {axis.small} × {axis.small}."

        def near(padding: int) -> np.ndarray:
            full = conv_transpose2d(x, w, stride=2) + b
            room = np.pad(full, ((0, 0), (0, 0), (0, 2), (0, 2)), constant_values=b.item())
            cut = slice(padding, padding + axis.large)
            return room[:, :, cut, cut]

        if np.allclose(y, near(axis.padding), atol=1e-4):
            return ""
        for shift in (-1, 1):
            if axis.padding + shift >= 0 and np.allclose(y, near(axis.padding + shift), atol=1e-4):
                where = "down and right" if shift < 0 else "up and left"
                return (
                    f"The size is right, but everything sits one pixel further {where}: other rows "
                    "are cut."
                )
        return "The size is right, but the numbers are not those of these stamps."


def _runner(answer: Any) -> Any:
    """The function that lets this kind of layer compute, or None where it is no layer."""
    torch, keras = sys.modules.get("torch"), sys.modules.get("keras")
    if torch and isinstance(answer, torch.nn.Module):
        return _run_torch
    if keras and isinstance(answer, keras.layers.Layer):
        return _run_keras
    return None


def _run_torch(layer: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Output, kernel and bias, in PyTorch's order of axes."""
    torch = sys.modules["torch"]
    with torch.no_grad():
        y = layer(torch.from_numpy(x)).numpy()
    return y, *_weights([parameter.detach().numpy() for parameter in layer.parameters()])


def _run_keras(layer: Any, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y = np.asarray(layer(x.transpose(0, 2, 3, 1))).transpose(0, 3, 1, 2)
    w, b = _weights(layer.get_weights())
    return y, w.transpose(3, 2, 0, 1), b


def _weights(arrays: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The kernel, which has four axes, and the bias: 0 where there is none."""
    kernels = [array for array in arrays if array.ndim == 4]
    biases = [array for array in arrays if array.ndim == 1]
    if len(kernels) != 1:
        raise ValueError(f"it has {len(kernels)} kernels, and one is wanted")
    return kernels[0], biases[0] if biases else np.zeros(1)
