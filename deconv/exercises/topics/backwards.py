"""Backpropagation by hand, first part: the loss, the activations, the biases."""

import numpy as np

from deconv.arithmetic import conv_transpose2d_backward
from deconv.exercises.functions import Function
from deconv.exercises.questions import Draw, Question, Value, exercise


@exercise("one-weight")
def one_weight(draw: Draw) -> Question:
    """The chain rule for a single weight, with numbers."""
    x, v, w, t = (draw.randint(1, 9) / 10 for _ in range(4))
    y = np.tanh(w * v * x)
    right = 2 * (y - t) * (1 - y**2) * w * x
    return Value(
        task=f"The smallest autoencoder: y = tanh(w·ReLU(v·x)), loss L = (y − t)². With x = {x}, "
        f"v = {v}, w = {w} and t = {t}, what is ∂L/∂v? Five decimals.",
        answer=right,
        mistakes={
            "The slope of tanh is missing.": right / (1 - y**2),
            "The weight w stands between v and the output.": right / w,
            "The square brings a 2 with it.": right / 2,
            "The loss grows with y − t, not with t − y.": -right,
            "That is ∂L/∂w.": right / w / x * v * x,
        },
        hint="2·(y − t), times the slope of tanh, times w, times the slope of the ReLU, times x.",
        solution=f"2·({y:.4f} − {t})·(1 − {y:.4f}²)·{w}·{x} = {right:.5f}",
        tolerance=abs(right) * 0.004 + 1e-5,
    )


def backward_loss(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Gradient of the mean squared error with respect to the outputs."""
    return 2 * (outputs - targets) / outputs.size


def quotients(function: object, x: np.ndarray) -> np.ndarray:
    """Gradient of a function of one array from differences: the witness for formulas."""
    grad = np.zeros(x.shape)
    for place in np.ndindex(*x.shape):
        step = np.zeros(x.shape)
        step[place] = 1e-4
        grad[place] = (function(x + step) - function(x - step)) / 2e-4  # type: ignore[operator]
    return grad


@exercise("backward-loss")
def loss_backwards(draw: Draw) -> Question:
    """The gradient of the mean squared error."""
    shapes = [(1, 1, 1, 2), (1, 1, 2, 2), (2, 1, 2, 3)]
    return Function(
        task="Write backward_loss(outputs, targets), both (N, C, H, W): the gradient of the loss "
        "np.mean((outputs - targets) ** 2) with respect to the outputs, in their shape.",
        truth=lambda y, t: quotients(lambda other: np.mean((other - t) ** 2), y),
        cases=[(draw.grid(*shape) / 4, draw.grid(*shape) / 4) for shape in shapes],
        mistakes={
            "The square brings a 2 with it.": lambda y, t: (y - t) / y.size,
            "A mean over all pixels divides by all of them.": lambda y, t: 2 * (y - t),
            "The mean is over all pixels, not only over the images.": lambda y, t: (
                2 * (y - t) / (2 * len(y))
            ),
            "The sign is wrong: where the output is too large, the loss grows with "
            "it.": lambda y, t: -backward_loss(y, t),
        },
        hint="One pixel enters the mean as (y − t)² / number of pixels.",
        written=backward_loss,
        tolerance=1e-7,
    )


def backward_tanh(grad: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Gradient with respect to what went into tanh, given that for its output y."""
    return grad * (1 - y**2)


@exercise("backward-tanh")
def tanh_backwards(draw: Draw) -> Question:
    """The way back through tanh."""
    return Function(
        task="Write backward_tanh(grad, y): y = tanh(x) is what tanh has made, grad the gradient "
        "of the loss with respect to y. Return the gradient with respect to x.",
        truth=lambda grad, y: quotients(lambda x: np.sum(grad * np.tanh(x)), np.arctanh(y)),
        cases=[(draw.grid(n), draw.grid(n, low=-8, high=8) / 10) for n in (1, 2, 6)],
        mistakes={
            "y has been through tanh already.": lambda grad, y: grad * (1 - np.tanh(y) ** 2),
            "The slope of tanh is one minus its square.": lambda grad, y: grad * (1 - y),
            "That is the slope alone. The chain rule multiplies it with what comes "
            "back.": lambda grad, y: 1 - y**2,
            "That goes forward once more.": lambda grad, y: grad * np.tanh(y),
        },
        hint="d tanh(x) / dx = 1 − tanh²(x), and tanh(x) is given.",
        written=backward_tanh,
        tolerance=1e-6,
    )


def backward_relu(grad: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Gradient with respect to what went into ReLU, given that for its output y."""
    return grad * (y > 0)


@exercise("backward-relu")
def relu_backwards(draw: Draw) -> Question:
    """The way back through a ReLU."""
    cases = [
        (draw.grid(n, low=-9), np.maximum(draw.grid(n, low=-9), 0)) for n in (1, 2, 4, 8, 16, 24)
    ]
    return Function(
        task="Write backward_relu(grad, y): y = ReLU(x) is what the ReLU has made, grad the "
        "gradient of the loss with respect to y. Return the gradient with respect to x. (Where "
        "x was negative or 0, let it be 0.)",
        truth=lambda grad, y: np.where(y > 0, grad, 0),
        cases=cases,
        mistakes={
            "That is the rule of the deconvnet: it looks at the sign of what comes back. The "
            "chain rule looks at what went forward.": lambda grad, y: np.maximum(grad, 0),
            "That is guided backpropagation: negative gradients are gradients "
            "too.": lambda grad, y: np.maximum(grad, 0) * (y > 0),
            "Where the ReLU has made a 0 of its input, nothing gets back.": lambda grad, y: grad,
            "That is the slope alone. The chain rule multiplies it with what comes "
            "back.": lambda grad, y: (y > 0) * 1.0,
            "The ReLU lets values through as they are; its slope there is 1.": lambda grad, y: (
                grad * y
            ),
        },
        hint="The slope of a ReLU is 1 where it let the number through, and 0 elsewhere.",
        written=backward_relu,
    )


def backward_bias(grad: np.ndarray) -> np.ndarray:
    """Gradient for the biases (out,), given that for the layer's output (N, out, H, W)."""
    return grad.sum(axis=(0, 2, 3))


@exercise("backward-bias")
def bias_backwards(draw: Draw) -> Question:
    """The gradient of a layer's biases."""
    shapes = [(1, 1, 1, 2), (1, 2, 2, 2), (2, 3, 2, 2)]
    return Function(
        task="Write backward_bias(grad): grad, (N, out, H, W), is the gradient of the loss with "
        "respect to a layer's output. Return the gradient with respect to its biases, (out,).",
        truth=lambda grad: (
            conv_transpose2d_backward(
                np.zeros((len(grad), 1, *grad.shape[2:])), np.zeros((1, grad.shape[1], 1, 1)), grad
            ).b
        ),
        cases=[(draw.grid(*shape, low=-9),) for shape in shapes],
        mistakes={
            "A bias is added to every pixel of its channel: add up what comes back from them, do "
            "not take the mean.": lambda grad: grad.mean(axis=(0, 2, 3)),
            "All images of the batch use the same bias.": lambda grad: grad.sum(axis=(2, 3)),
            "Each channel has a bias of its own.": lambda grad: grad.sum(),
            "Channels are axis 1; you have summed over them.": lambda grad: grad.sum(
                axis=(1, 2, 3)
            ),
        },
        hint="Which outputs does one bias reach? Its gradient is the sum over all of them.",
        written=backward_bias,
    )
