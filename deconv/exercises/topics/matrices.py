"""Why "transposed": the convolution as a matrix, its transpose, and the gradient."""

import numpy as np

from deconv.arithmetic import conv2d, conv2d_backward, conv_matrix, conv_transpose2d
from deconv.exercises.functions import Function
from deconv.exercises.questions import Choice, Draw, Question, Value, exercise, shuffled


@exercise("matrix-shape")
def matrix_shape(draw: Draw) -> Question:
    """Rows and columns of the matrix that is a convolution."""
    n, k = draw.randint(4, 6), draw.randint(2, 3)
    m = conv_matrix(np.ones((1, 1, k, k)), n)
    out = n - k + 1
    return Value(
        task=f"An ordinary convolution makes {out}×{out} pixels of {n}×{n}. Lay each picture out "
        "in one long column, and the convolution is a matrix that is multiplied by the column "
        "that comes in. How many rows and columns does it have? [rows, columns]",
        answer=m.shape,
        mistakes={
            "That is its transpose, the matrix of the transposed convolution.": m.shape[::-1],
            "A row of the matrix is a pixel of the output, not a row of the picture.": (out, n),
            "The kernel's numbers appear in it, but its size comes from the pictures.": (
                k * k,
                n * n,
            ),
            "It is not square: more pixels come in than go out.": (n * n, n * n),
        },
        hint="One row for every pixel that comes out, one column for every pixel that goes in.",
        solution=f"{out}·{out} = {m.shape[0]} rows, {n}·{n} = {m.shape[1]} columns. The transposed "
        f"convolution multiplies by the transpose, so it makes {m.shape[1]} pixels of "
        f"{m.shape[0]}.",
    )


@exercise("matrix-row")
def matrix_row(draw: Draw) -> Question:
    """The numbers in one row of the matrix."""
    w, n, row = draw.grid(3), draw.randint(7, 8), draw.randint(1, 2)
    m = conv_matrix(w[None, None, None], (1, n), stride=(1, 2))
    return Value(
        task=f"One axis: an ordinary convolution with the kernel {w.tolist()} and stride 2, "
        f"without padding, reads {n} pixels. Write down row {row} of its matrix, counted from 0, "
        f"as a list of {n} numbers.",
        answer=m[row],
        mistakes={
            "The kernel has moved by less than the stride.": np.roll(m[row], -row),
            "Nothing is flipped in a direct convolution.": np.roll(m[0][::-1], 3 + 2 * row - n),
            "That is the row before: rows are counted from 0.": m[row - 1],
            "The kernel has moved one pixel too far.": np.roll(m[row], 1),
        },
        hint="Row i holds the weights with which output i reads the input, and zeros elsewhere.",
        solution=str(m[row].tolist()),
    )


def build_m(w: np.ndarray, n: int, stride: int) -> np.ndarray:
    """Matrix of the direct convolution of n pixels with the kernel w (k,), without padding."""
    rows = (n - len(w)) // stride + 1
    m = np.zeros((rows, n))
    for i in range(rows):
        m[i, i * stride : i * stride + len(w)] = w
    return m


@exercise("build-matrix")
def build_matrix(draw: Draw) -> Question:
    """Write the convolution down as a matrix."""
    return Function(
        task="One axis, no padding. Write build_m(w, n, stride): the matrix of the ordinary "
        "convolution of n pixels with the kernel w (k,), so that build_m(w, n, stride) @ x is the "
        "convolution of x, and build_m(w, n, stride).T @ y the transposed one of y.",
        truth=lambda w, n, stride: conv_matrix(w[None, None, None], (1, n), stride=(1, stride)),
        cases=[
            (draw.grid(k), n, s) for k, n in [(1, 2), (2, 3), (3, 5), (3, 8)] for s in (1, 2, 3)
        ],
        mistakes={
            "That is the transpose: a row for every pixel that goes in.": lambda w, n, s: (
                build_m(w, n, s).T
            ),
            "A direct convolution does not flip its kernel.": lambda w, n, s: build_m(
                w[::-1], n, s
            ),
            "The kernel moves by the stride from row to row.": lambda w, n, s: build_m(w, n, 1)[
                : (n - len(w)) // s + 1
            ],
            "There is a row for every position where the kernel fits, not for every "
            "pixel.": lambda w, n, s: np.pad(
                build_m(w, n, s), ((0, n - ((n - len(w)) // s + 1)), (0, 0))
            ),
        },
        hint="Start from zeros of the right shape. Row i holds the kernel, beginning at column "
        "i · stride.",
        written=build_m,
    )


@exercise("there-and-back")
def there_and_back(draw: Draw) -> Question:
    """What a transposed convolution brings back, and what it does not."""
    x, w = draw.grid(1, 1, 5, 5), draw.grid(1, 1, 3, 3)
    y = conv2d(x, w, stride=2, padding=1)
    back = conv_transpose2d(y, w, stride=2, padding=1)
    again = conv2d(back, w, stride=2, padding=1)
    options = {
        "x itself": "25 numbers have become 9. No layer knows the other 16 again.",
        "x, but every pixel is multiplied by the same number": "Compute it: every pixel is "
        "multiplied by something else, and neighbours are mixed.",
        "a picture of the size of x, with other values": "Compute it with conv2d and "
        "conv_transpose2d.",
        "a picture of another size, with the same sum": "The formula of the sizes says which size "
        "it has.",
        "another picture of which the convolution makes the same y": "That would be an inverse. "
        "Compute it: the convolution makes other numbers of it.",
    }
    names = list(options)
    truths = [
        np.array_equal(back, x),
        bool(np.ptp(back / x) < 1e-9),
        back.shape == x.shape and not np.array_equal(back, x),
        back.shape != x.shape,
        np.array_equal(again, y),
    ]
    return Choice(
        question="A convolution with stride 2 and padding 1 makes y, 3×3, of x, 5×5. The "
        "transposed convolution with the same kernel, stride and padding is applied to y. What "
        "comes out?",
        options=options,
        right=names[truths.index(True)],
        hint="Count the numbers: how many go in, how many are in the middle?",
        because="Transposed is not inverse: the size comes back, the values do not.",
        order=shuffled(draw, len(names)),
    )


@exercise("gradient-by-hand")
def gradient_by_hand(draw: Draw) -> Question:
    """The gradient of a convolution with respect to its input."""
    w, g = draw.grid(3), draw.grid(3)
    u = np.zeros((1, 1, 1, 7))
    kernel, grad = w[None, None, None], g[None, None, None]
    right = conv2d_backward(u, kernel, grad, stride=(1, 2)).x[0, 0, 0]
    hidden = np.zeros(7)
    for i in range(3):
        hidden[2 * i : 2 * i + 3] = g[i] * w
    return Value(
        task=f"One axis: z = the ordinary convolution of seven pixels u with the kernel "
        f"{w.tolist()} and stride 2, without padding. A loss has the gradient {g.tolist()} with "
        "respect to the three numbers of z. Write down its gradient with respect to u, as a list "
        "of seven numbers.",
        answer=right,
        mistakes={
            "A pixel that enters two outputs gets a share from each of them: add.": hidden,
            "The kernel is flipped. A pixel gets back the weight with which it was read.": (
                conv_transpose2d(grad, kernel[..., ::-1], stride=(1, 2))[0, 0, 0]
            ),
            "The stride is missing on the way back.": [*np.convolve(g, w), 0, 0],
            "Each pixel gets back the weight, times the gradient of the output that read it.": (
                conv_transpose2d(np.ones_like(grad), kernel, stride=(1, 2))[0, 0, 0]
            ),
        },
        hint="Pixel 0 was read by z[0] with the kernel's first number. Which outputs have read "
        "pixel 2, and with which numbers?",
        solution=f"{right.tolist()}: the transposed convolution of the gradient.",
    )
