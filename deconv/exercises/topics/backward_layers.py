"""Backpropagation by hand, second part: the layers, the whole autoencoder, and a witness."""

from collections.abc import Callable

import numpy as np

from deconv import autoencoder
from deconv.architecture import Weights
from deconv.arithmetic import conv2d_backward, conv_transpose2d, conv_transpose2d_backward
from deconv.autoencoder import Activations, forward
from deconv.exercises.functions import Function
from deconv.exercises.questions import Draw, Question, exercise


def backward_input(grad: np.ndarray, w: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """Gradient for the input (h, v) of a transposed layer, given that for its output."""
    (rows, columns), (kh, kw) = grad.shape, w.shape
    framed = np.pad(grad, padding)  # what padding has cut has no gradient
    height = (rows + 2 * padding - kh) // stride + 1
    width = (columns + 2 * padding - kw) // stride + 1
    back = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            block = framed[i * stride : i * stride + kh, j * stride : j * stride + kw]
            back[i, j] = (block * w).sum()
    return back


def input_gradient(grad: np.ndarray, w: np.ndarray, stride: int, padding: int) -> np.ndarray:
    """The project's own."""
    sizes = [(n + 2 * padding - k) // stride + 1 for n, k in zip(grad.shape, w.shape, strict=True)]
    layer = {"stride": stride, "padding": padding}
    return conv_transpose2d_backward(
        np.zeros((1, 1, *sizes)), w[None, None], grad[None, None], **layer
    ).x[0, 0]


@exercise("backward-input")
def input_backwards(draw: Draw) -> Question:
    """The gradient of a transposed layer's input."""
    sizes = [(1, 2, 1, 0), (2, 1, 2, 0), (3, 3, 1, 1), (2, 3, 2, 1), (3, 4, 2, 1)]
    cases = []
    for n, k, s, p in sizes:
        rows = (n - 1) * s + k - 2 * p
        cases.append((draw.grid(rows, rows + s, low=-9), draw.grid(k, k), s, p))
    return Function(
        task="Write backward_input(grad, w, stride, padding) for one channel: grad (H, W) is the "
        "gradient with respect to the output of a transposed layer with the kernel w. Return the "
        "gradient with respect to its input. (There is no output padding.)",
        truth=input_gradient,
        cases=cases,
        mistakes={
            "The kernel is flipped: the input pixel gets back the weight with which it was "
            "printed.": lambda grad, w, s, p: input_gradient(grad, w[::-1, ::-1], s, p),
            "That stamps once more, and the map grows. The way back reads what was "
            "printed.": lambda grad, w, s, p: conv_transpose2d(
                grad[None, None], w[None, None], stride=s, padding=p
            )[0, 0],
            "The padding is missing: where stamps were cut, nothing comes "
            "back.": lambda grad, w, s, p: input_gradient(grad, w, s, 0),
            "The stride is missing: neighbours' stamps begin a stride "
            "apart.": lambda grad, w, s, p: input_gradient(grad, w, 1, p),
        },
        hint="Pixel i printed w[k]·x[i] at i·stride + k − padding. Multiply what comes back from "
        "there by w[k] and add up over k. Which layer does that?",
        written=backward_input,
    )


def backward_kernel(
    x: np.ndarray, grad: np.ndarray, kernel: int, stride: int, padding: int
) -> np.ndarray:
    """Gradient for the kernel (kernel, kernel) of a transposed layer."""
    height, width = x.shape
    framed = np.pad(grad, padding)
    back = np.zeros((kernel, kernel))
    for i in range(height):
        for j in range(width):
            top, left = i * stride, j * stride
            back += x[i, j] * framed[top : top + kernel, left : left + kernel]
    return back


@exercise("backward-kernel")
def kernel_backwards(draw: Draw) -> Question:
    """The gradient of a transposed layer's kernel."""

    def truth(x: np.ndarray, grad: np.ndarray, k: int, s: int, p: int) -> np.ndarray:
        layer = {"stride": s, "padding": p}
        w = np.zeros((1, 1, k, k))
        return conv_transpose2d_backward(x[None, None], w, grad[None, None], **layer).w[0, 0]

    cases = []
    for n, k, s, p in [(1, 2, 1, 0), (2, 2, 1, 0), (2, 2, 2, 0), (2, 3, 2, 1), (3, 4, 2, 1)]:
        rows = (n - 1) * s + k - 2 * p
        cases.append((draw.grid(n, n), draw.grid(rows, rows, low=-9), k, s, p))
    return Function(
        task="Write backward_kernel(x, grad, kernel, stride, padding) for one channel: x (h, w) "
        "went into a transposed layer with a kernel of kernel×kernel, and grad (H, W) is the "
        "gradient with respect to its output. Return the gradient with respect to the kernel.",
        truth=truth,
        cases=cases,
        mistakes={
            "Every pixel has used the same kernel: add up what they all send "
            "back.": lambda x, grad, k, s, p: x[-1, -1] * np.pad(grad, p)[-k:, -k:],
            "It comes out flipped.": lambda x, grad, k, s, p: truth(x, grad, k, s, p)[::-1, ::-1],
            "Each pixel prints its value times the kernel: its value is missing "
            "here.": lambda x, grad, k, s, p: truth(np.ones_like(x), grad, k, s, p),
            "The sum is right, the mean over the pixels is not asked "
            "for.": lambda x, grad, k, s, p: truth(x, grad, k, s, p) / x.size,
        },
        hint="Tap k printed w[k]·x[i] at i·stride + k − padding, for every pixel i. So it gets the "
        "sum over i of x[i], times what comes back from there.",
        written=backward_kernel,
    )


def squares(x: np.ndarray) -> float:
    """The sum of the squares of all numbers, each times its place."""
    return float(np.sum(x.ravel() ** 2 * np.arange(1, x.size + 1)))


def product(x: np.ndarray) -> float:
    """The product of all numbers."""
    return float(np.prod(x))


def finite_difference(f: Callable[[np.ndarray], float], x: np.ndarray, step: float) -> np.ndarray:
    """Gradient of f at x from two values of f for each number of x."""
    grad = np.zeros(x.shape)
    for place in np.ndindex(*x.shape):
        above, below = x.copy(), x.copy()
        above[place] += step
        below[place] -= step
        grad[place] = (f(above) - f(below)) / (2 * step)
    return grad


def slopes(
    f: Callable[[np.ndarray], float], x: np.ndarray, above: float, below: float
) -> np.ndarray:
    """The same from unit vectors, so that the solution is not its own witness."""
    units = np.eye(x.size).reshape(x.size, *x.shape)
    rises = [f(x + above * unit) - f(x - below * unit) for unit in units]
    return np.reshape(rises, x.shape) / (above + below)


@exercise("finite-difference")
def finite_differences(draw: Draw) -> Question:
    """A gradient without any derivation."""
    shapes = [(1,), (2,), (2, 2)]
    return Function(
        task="Write finite_difference(f, x, step): f takes an array of the shape of x and returns "
        "a number. Return its gradient at x, in the shape of x: for each number of x, the value of "
        "f with this number a step higher, less the value with it a step lower, over the distance.",
        truth=lambda f, x, step: slopes(f, x, step, step),
        cases=[(f, draw.grid(*shape) / 1.0, 0.25) for shape in shapes for f in (squares, product)],
        mistakes={
            "From a step below to a step above it is two steps.": lambda f, x, step: (
                2 * slopes(f, x, step, step)
            ),
            "That is one-sided. It is off by as much as the slope changes in half a "
            "step.": lambda f, x, step: slopes(f, x, step, 0),
            "Move one number of x at a time.": lambda f, x, step: np.full(
                x.shape, (f(x + step) - f(x - step)) / (2 * step)
            ),
            "Divide by the distance.": lambda f, x, step: 2 * step * slopes(f, x, step, step),
        },
        hint="np.ndindex(*x.shape) gives the places. Work on copies of x, or the second number is "
        "measured where the first one has been left.",
        written=finite_difference,
        needs="from collections.abc import Callable\n\nimport numpy as np",
    )


def backward(weights: Weights, a: Activations, targets: np.ndarray) -> Weights:
    """Gradient of the mean squared error with respect to every parameter of the autoencoder."""
    up, down = {"stride": 2, "padding": 1, "output_padding": 1}, {"stride": 2, "padding": 1}
    layers = [  # the last first: its name, what went in, what came out
        ("decoder.deconv2", a.deconv1, a.deconv2),
        ("decoder.deconv1", a.conv2, a.deconv1),
        ("encoder.conv2", a.conv1, a.conv2),
        ("encoder.conv1", a.images, a.conv1),
    ]
    gradients = {}
    grad = 2 * (a.deconv2 - targets) / targets.size  # of the loss
    for name, into, out in layers:
        grad = grad * (1 - out**2 if name == "decoder.deconv2" else out > 0)  # tanh, or ReLU
        w = weights[f"{name}.weight"]
        if name.startswith("decoder"):
            back = conv_transpose2d_backward(into, w, grad, **up)
        else:
            back = conv2d_backward(into, w, grad, **down)
        gradients[f"{name}.weight"], gradients[f"{name}.bias"] = back.w, back.b
        grad = back.x
    return gradients


SHAPES = {
    "encoder.conv1": (2, 1),
    "encoder.conv2": (3, 2),
    "decoder.deconv1": (3, 2),
    "decoder.deconv2": (2, 1),
}
"""Channels of a small autoencoder's kernels, in the order of their axes."""


def training_step(draw: Draw, images: int) -> tuple[Weights, Activations, np.ndarray]:
    """Weights, what the layers make of some images, and the images."""
    weights = {}
    for name, (first, second) in SHAPES.items():
        weights[f"{name}.weight"] = draw.grid(first, second, 3, 3, low=-5) / 20
        out = second if name.startswith("decoder") else first
        weights[f"{name}.bias"] = draw.grid(out, low=-5) / 20
    targets = draw.grid(images, 1, 8, 8, low=-9) / 10
    return weights, forward(weights, targets), targets


@exercise("backward-autoencoder")
def autoencoder_backwards(draw: Draw) -> Question:
    """All gradients of the whole autoencoder."""

    def aimed(weights: Weights, a: Activations, targets: np.ndarray, factor: object) -> Weights:
        # As if the error were multiplied by `factor`.
        return autoencoder.backward(weights, a, a.deconv2 - (a.deconv2 - targets) * factor)

    return Function(
        task="Write backward(weights, a, targets) for the autoencoder of this course. weights is a "
        'dictionary ("encoder.conv1.weight", "encoder.conv1.bias", …); a holds what the layers '
        "have handed on (a.images, a.conv1, a.conv2, a.deconv1, a.deconv2), all (N, C, H, W); the "
        "loss is the mean squared error of a.deconv2 and targets. Return the gradient for every "
        "entry of weights, in a dictionary with the same names. conv2d_backward and "
        "conv_transpose2d_backward of deconv.arithmetic take you through a layer.",
        truth=autoencoder.backward,
        cases=[training_step(draw, images) for images in (1, 2)],
        mistakes={
            "The slope of tanh is missing, the last activation.": lambda weights, a, t: aimed(
                weights, a, t, 1 / (1 - a.deconv2**2)
            ),
            "The square brings a 2 with it.": lambda weights, a, t: aimed(weights, a, t, 0.5),
            "The sign is wrong from the start: begin with outputs − targets.": (
                lambda weights, a, t: aimed(weights, a, t, -1)
            ),
            "The loss is a mean over all pixels: divide by their number.": (
                lambda weights, a, t: aimed(weights, a, t, t.size)
            ),
            "The ReLUs are missing: what they did not let pass forward does not pass back.": (
                lambda weights, a, t: autoencoder.backward(
                    weights,
                    a._replace(
                        conv1=a.conv1 + 1e-200, conv2=a.conv2 + 1e-200, deconv1=a.deconv1 + 1e-200
                    ),
                    t,
                )
            ),
        },
        hint="From the end: loss, tanh, deconv2, ReLU, deconv1, ReLU, conv2, ReLU, conv1. Each "
        "layer's backward gives the gradient of its kernel and its bias, and back.x for the next.",
        written=backward,
        needs="import numpy as np\n\nfrom deconv.architecture import Weights\n"
        "from deconv.arithmetic import conv2d_backward, conv_transpose2d_backward\n"
        "from deconv.autoencoder import Activations",
        tolerance=1e-12,
    )
