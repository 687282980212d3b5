"""Backpropagation by hand, third part: the convolution, all channels, and what Adam hides."""

from typing import Any

import numpy as np

from deconv.arithmetic import (
    conv2d,
    conv2d_backward,
    conv_transpose2d,
    conv_transpose2d_backward,
)
from deconv.exercises.functions import Function
from deconv.exercises.questions import Choice, Draw, Question, exercise, shuffled


def backward_conv_input(
    grad: np.ndarray, w: np.ndarray, stride: int, padding: int, size: tuple[int, int]
) -> np.ndarray:
    """Gradient for the input (rows, columns) of a convolution, given that for its output."""
    (rows, columns), (kh, kw) = size, w.shape
    back = np.zeros((rows + 2 * padding, columns + 2 * padding))
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            top, left = i * stride, j * stride
            back[top : top + kh, left : left + kw] += grad[i, j] * w
    return back[padding : padding + rows, padding : padding + columns]


def conv_input_gradient(
    grad: np.ndarray, w: np.ndarray, stride: int, padding: int, size: tuple[int, int]
) -> np.ndarray:
    """The project's own."""
    layer: dict[str, Any] = {"stride": stride, "padding": padding}
    x = np.zeros((1, 1, *size))
    return conv2d_backward(x, w[None, None], grad[None, None], **layer).x[0, 0]


def without_output_padding(
    grad: np.ndarray, w: np.ndarray, s: int, p: int, size: tuple[int, int]
) -> np.ndarray:
    """What comes out where the size of the input is not asked for."""
    return conv_transpose2d(grad[None, None], w[None, None], stride=s, padding=p)[0, 0]


def overwritten(
    grad: np.ndarray, w: np.ndarray, s: int, p: int, size: tuple[int, int]
) -> np.ndarray:
    """What comes out where stamps replace each other."""
    (rows, columns), (kh, kw) = size, w.shape
    back = np.zeros((rows + 2 * p, columns + 2 * p))
    for i, j in np.ndindex(*grad.shape):
        back[i * s : i * s + kh, j * s : j * s + kw] = grad[i, j] * w
    return back[p : p + rows, p : p + columns]


@exercise("backward-conv-input")
def conv_input_backwards(draw: Draw) -> Question:
    """The gradient of a convolution's input."""
    cases: list[tuple[Any, ...]] = []
    for n, k, s, p, unread in [(1, 2, 1, 0, 0), (2, 2, 1, 0, 0), (2, 3, 2, 0, 1), (2, 3, 2, 1, 1)]:
        rows = (n - 1) * s + k - 2 * p + unread
        cases.append((draw.grid(n, n, low=-9), draw.grid(k, k), s, p, (rows, rows)))
    return Function(
        task="Write backward_conv_input(grad, w, stride, padding, size) for one channel: grad "
        "(h, w) is the gradient with respect to the output of an ordinary convolution with the "
        "kernel w. Return the gradient with respect to its input, which has the size (rows, "
        "columns).",
        truth=conv_input_gradient,
        cases=cases,
        mistakes={
            "The kernel is flipped: the input pixel gets back the weight with which it was "
            "read.": lambda g, w, s, p, size: conv_input_gradient(g, w[::-1, ::-1], s, p, size),
            "A pixel is read by several outputs: what they send back must add, += and not "
            "=.": overwritten,
            "Several sizes lead to the same output, and size says which one it was. A row that "
            "no output has read gets the gradient 0.": without_output_padding,
            "The padding is missing: the first output began to read outside of the "
            "picture.": lambda g, w, s, p, size: conv_input_gradient(
                g, w, s, 0, tuple(n + 2 * p for n in size)
            )[: size[0], : size[1]],
        },
        hint="y[i] has read x[i·stride + k − padding] with the weight w[k]. So it sends grad[i]·"
        "w[k] back to there, and all that arrives at a pixel adds up. Which layer prints like "
        "that?",
        written=backward_conv_input,
    )


def backward_conv_kernel(
    x: np.ndarray, grad: np.ndarray, kernel: int, stride: int, padding: int
) -> np.ndarray:
    """Gradient for the kernel (kernel, kernel) of a convolution."""
    framed = np.pad(x, padding)
    back = np.zeros((kernel, kernel))
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            top, left = i * stride, j * stride
            back += grad[i, j] * framed[top : top + kernel, left : left + kernel]
    return back


@exercise("backward-conv-kernel")
def conv_kernel_backwards(draw: Draw) -> Question:
    """The gradient of a convolution's kernel."""

    def truth(x: np.ndarray, grad: np.ndarray, k: int, s: int, p: int) -> np.ndarray:
        layer: dict[str, Any] = {"stride": s, "padding": p}
        w = np.zeros((1, 1, k, k))
        return conv2d_backward(x[None, None], w, grad[None, None], **layer).w[0, 0]

    cases = []
    for n, k, s, p in [(1, 2, 1, 0), (2, 2, 1, 0), (2, 2, 2, 0), (2, 3, 2, 1), (3, 3, 2, 1)]:
        rows = (n - 1) * s + k - 2 * p
        cases.append((draw.grid(rows, rows), draw.grid(n, n, low=-9), k, s, p))
    return Function(
        task="Write backward_conv_kernel(x, grad, kernel, stride, padding) for one channel: x "
        "(H, W) went into an ordinary convolution with a kernel of kernel×kernel, and grad (h, w) "
        "is the gradient with respect to its output. Return the gradient with respect to the "
        "kernel. (Compare it with backward-kernel: one call of that function may do.)",
        truth=truth,
        cases=cases,
        mistakes={
            "It comes out flipped.": lambda x, grad, k, s, p: truth(x, grad, k, s, p)[::-1, ::-1],
            "Each output sends its gradient times the pixel that the tap has read: the gradient "
            "is missing here.": lambda x, grad, k, s, p: truth(x, np.ones_like(grad), k, s, p),
            "Each output sends its gradient times the pixel that the tap has read: the pixel is "
            "missing here.": lambda x, grad, k, s, p: truth(np.ones_like(x), grad, k, s, p),
            "The stride is missing: neighbouring outputs have read windows a stride "
            "apart.": lambda x, grad, k, s, p: conv2d(
                np.pad(x, p)[None, None, : k + len(grad) - 1, : k + len(grad) - 1],
                grad[None, None],
            )[0, 0],
            "The sum is right, the mean over the outputs is not asked "
            "for.": lambda x, grad, k, s, p: truth(x, grad, k, s, p) / grad.size,
        },
        hint="Tap k has read x[i·stride + k − padding] for every output i. In backward-kernel the "
        "small map is the input and the large one the gradient. And here?",
        written=backward_conv_kernel,
    )


def backward_transposed(
    x: np.ndarray, w: np.ndarray, grad: np.ndarray, stride: int, padding: int
) -> dict[str, np.ndarray]:
    """All gradients of a transposed layer with channels."""
    height, width = x.shape[2:]
    kh, kw = w.shape[2:]
    framed = np.pad(grad, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    back_x, back_w = np.zeros(x.shape), np.zeros(w.shape)
    for i in range(height):
        for j in range(width):
            top, left = i * stride, j * stride
            block = framed[:, :, top : top + kh, left : left + kw]  # (N, out, kh, kw)
            back_x[:, :, i, j] = np.einsum("nokl,cokl->nc", block, w)
            back_w += np.einsum("nc,nokl->cokl", x[:, :, i, j], block)
    return {"x": back_x, "w": back_w, "b": grad.sum(axis=(0, 2, 3))}


def all_gradients(
    x: np.ndarray, w: np.ndarray, grad: np.ndarray, stride: int, padding: int
) -> dict[str, np.ndarray]:
    """The project's own."""
    return conv_transpose2d_backward(x, w, grad, stride=stride, padding=padding)._asdict()


@exercise("backward-channels")
def channels_backwards(draw: Draw) -> Question:
    """All gradients of a transposed layer, for all images and channels."""
    cases: list[tuple[Any, ...]] = []
    for images, channels, out, k, s, p in [
        (1, 1, 1, 2, 1, 0),
        (2, 2, 1, 3, 2, 1),
        (2, 2, 3, 3, 2, 1),
    ]:
        rows = (2 - 1) * s + k - 2 * p
        x, w = draw.grid(images, channels, 2, 2), draw.grid(channels, out, k, k, low=-9)
        cases.append((x, w, draw.grid(images, out, rows, rows, low=-9), s, p))
    return Function(
        task="Write backward_transposed(x, w, grad, stride, padding) for a transposed layer with "
        "channels and a bias: x (N, in, h, w) went in, w (in, out, kh, kw) is the kernel, and grad "
        "(N, out, H, W) the gradient with respect to the output. Return a dictionary with the "
        'gradients "x", "w" and "b", in the shapes of the input, the kernel and the biases. You '
        "may call what you have written for one channel.",
        truth=all_gradients,
        cases=cases,
        mistakes={
            'In "x", an input channel has printed on all output channels: add up over out.': (
                lambda x, w, g, s, p: (
                    all_gradients(x, w, g, s, p)
                    | {"x": all_gradients(x, w[:, :1], g[:, :1], s, p)["x"]}
                )
            ),
            'In "w", all images have used the same kernel: add up over N.': lambda x, w, g, s, p: (
                all_gradients(x, w, g, s, p) | {"w": all_gradients(x[-1:], w, g[-1:], s, p)["w"]}
            ),
            'In "w", it is the mean over the images that you return, and the sum is right.': (
                lambda x, w, g, s, p: (
                    all_gradients(x, w, g, s, p) | {"w": all_gradients(x, w, g, s, p)["w"] / len(x)}
                )
            ),
            'In "x" and "w", the kernel is flipped.': lambda x, w, g, s, p: (
                all_gradients(x, w, g, s, p)
                | {
                    "x": all_gradients(x, w[..., ::-1, ::-1], g, s, p)["x"],
                    "w": all_gradients(x, w, g, s, p)["w"][..., ::-1, ::-1],
                }
            ),
        },
        hint="One pair of channels is the case that you know. Which pairs does an input channel "
        "take part in, and which images a kernel?",
        written=backward_transposed,
    )


def adam_steps(gradients: list[float], rate: float = 0.001) -> list[float]:
    """How far Adam moves a weight in each step (Kingma and Ba 2015, Algorithm 1)."""
    m = v = 0.0
    moves = []
    for t, gradient in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        moves.append(rate * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8))
    return moves


@exercise("what-adam-forgives")
def what_adam_forgives(draw: Draw) -> Question:
    """Which mistake in a gradient Adam does not notice."""
    gradients = [draw.choice([-1, 1]) * draw.randint(1, 99) / 100 for _ in range(20)]
    seen = {
        "its factor is wrong: each gradient is 784 times too large": [784 * g for g in gradients],
        "its sign is wrong": [-g for g in gradients],
        "a term is missing: each gradient is too small by 0.05": [g - 0.05 for g in gradients],
        # Here the right ones are those with the mask; it takes two to differ.
        "a mask is missing: gradients that should be 0 are not": [
            g * (place % 3 > 0) for place, g in enumerate(gradients)
        ],
    }
    moved = {
        name: bool(np.allclose(adam_steps(wrong), adam_steps(gradients), rtol=1e-4))
        for name, wrong in seen.items()
    }
    names = list(seen)
    return Choice(
        question="A gradient is computed with a mistake, always the same one. With which of these "
        "mistakes does Adam take the same steps as with the right gradient?",
        options={
            names[0]: "Think again.",
            names[1]: "Then it climbs.",
            names[2]: "A weight that should rest moves now.",
            names[3]: "They move weights that should rest.",
        },
        right=next(name for name in names if moved[name]),
        hint="Adam divides the mean of the gradients by the root of the mean of their squares.",
        because="A common factor cancels. So a training with Adam that works does not prove that "
        "the gradient is right. Only a comparison does.",
        order=shuffled(draw, len(names)),
    )
