"""The same layer seen as a direct convolution of a stretched input, and as phases."""

import numpy as np

from deconv.arithmetic.geometry import Axis
from deconv.arithmetic.matrix import triples
from deconv.exercises.functions import Function
from deconv.exercises.questions import Draw, Question, Value, exercise
from deconv.exercises.topics.stamps import printed, stamp


def zero_insertion(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    """Stretch x with zeros, frame it with zeros, and slide the flipped kernel over it."""
    (height, width), (kh, kw) = x.shape, w.shape
    stretched = np.zeros(((height - 1) * stride + 1, (width - 1) * stride + 1))
    stretched[::stride, ::stride] = x
    framed = np.pad(stretched, ((kh - 1, kh - 1), (kw - 1, kw - 1)))
    flipped = w[::-1, ::-1]
    y = np.zeros((framed.shape[0] - kh + 1, framed.shape[1] - kw + 1))
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = (framed[i : i + kh, j : j + kw] * flipped).sum()
    return y


@exercise("build-stretched")
def build_stretched(draw: Draw) -> Question:
    """The transposed convolution as a direct one over a stretched input."""
    shapes = [(1, 2, 1, 2), (2, 2, 2, 2), (2, 3, 3, 2)]
    return Function(
        task="Write zero_insertion(x, w, stride): the same output as stamp(x, w, stride) in "
        "build-stamp, but without any stamps. Put stride − 1 zeros between the pixels of x, a "
        "frame of zeros around it, and lay the kernel on every position: multiply, add up.",
        truth=printed,
        cases=[
            (draw.grid(h, w), draw.grid(kh, kw), s) for h, w, kh, kw in shapes for s in (1, 2, 3)
        ],
        mistakes={
            "The flip is forgotten: seen from the output, the kernel runs backwards.": (
                lambda x, w, s: stamp(x, w[::-1, ::-1], s)
            ),
            "The frame is one too wide: the outermost position must still touch a "
            "pixel.": lambda x, w, s: np.pad(stamp(x, w, s), 1),
            "Zeros belong between the pixels, and you have put some after the last one "
            "too.": lambda x, w, s: np.pad(stamp(x, w, s), ((0, s - 1), (0, s - 1))),
            "There is one zero too many between the pixels.": lambda x, w, s: stamp(x, w, s + 1),
        },
        hint="stretched[::stride, ::stride] = x. The frame must be as wide as the kernel can hang "
        "over the edge and still touch a pixel. Which of the kernel's corners touches first?",
        written=zero_insertion,
    )


@exercise("padded-to")
def padded_to(draw: Draw) -> Question:
    """How large the input is once it is stretched and framed."""
    n, k, s = draw.randint(2, 6), draw.randint(3, 5), draw.randint(2, 3)
    p = draw.randint(1, k - 2)
    stretched = (n - 1) * s + 1
    right = Axis(n, (n - 1) * s + k - 2 * p, k, s, p).large + k - 1
    return Value(
        task=f"A transposed convolution with kernel {k}, stride {s} and padding {p} is computed "
        f"as a direct one with stride 1: its {n} rows are stretched with zeros and framed with "
        "zeros. How many rows does the framed input have?",
        answer=right,
        mistakes={
            "That is the frame for padding 0. More padding makes it narrower.": (
                stretched + 2 * (k - 1)
            ),
            "The frame is not as wide as the padding: it is what padding leaves of it.": (
                stretched + 2 * p
            ),
            "There are no zeros after the last row, only between rows.": right + s - 1,
            "The input must be stretched too.": n + 2 * (k - 1 - p),
        },
        hint="Stretched: stride − 1 zeros between each two rows. The frame is as wide as the "
        "kernel could hang over the edge, less the padding, and it is on both sides.",
        solution=f"(({n} − 1)·{s} + 1) + 2·({k} − 1 − {p}) = {stretched} + {2 * (k - 1 - p)} = "
        f"{right}",
    )


@exercise("phase-taps")
def phase_taps(draw: Draw) -> Question:
    """Which taps of the kernel the even, or the odd, pixels use."""
    k, s, p = draw.randint(5, 9), draw.randint(2, 4), draw.randint(1, 3)
    r = draw.randrange(s)
    _, taps, rows = triples(Axis(12, 11 * s + k - 2 * p, k, s, p))

    def used(remainder: int) -> frozenset[int]:
        return frozenset(int(tap) for tap in taps[rows % s == remainder % s])

    right = used(r)
    return Value(
        task=f"Kernel {k}, stride {s}, padding {p}. Rows and taps are counted from 0. Which taps "
        f"of the kernel reach the output rows {r}, {r + s}, {r + 2 * s}, …? Answer with a list.",
        answer=right,
        mistakes={
            "Mind the padding: it moves every row, and so its taps.": used(r - p),
            "The padding moves the rows the other way.": used(r - 2 * p),
            "Each row is reached only by every stride-th tap.": frozenset(range(k)),
            "Are these not the taps of the next row?": used(r + 1),
        },
        hint="h = i·stride + k − padding. For a given h, which k make i a whole number?",
        solution=f"{sorted(right)}: h + {p} − k must be a multiple of {s}.",
    )
