"""Other ways up, and the transposed convolution that each of them is."""

import numpy as np

from deconv.arithmetic import conv_transpose2d
from deconv.arithmetic.equivalences import nearest_as_transposed
from deconv.arithmetic.upsampling import pixel_shuffle
from deconv.exercises.functions import Function
from deconv.exercises.questions import Draw, Question, Value, exercise

CHANNEL_ORDER = "That is the order of TensorFlow's depth_to_space. PyTorch's is asked for."


@exercise("repeat-kernel")
def repeat_kernel(draw: Draw) -> Question:
    """The kernel that repeats every pixel."""
    s, c = draw.choice([2, 3]), draw.randint(2, 9)
    x = draw.grid(1, 1, 3, 3)
    wanted = c * x.repeat(s, 2).repeat(s, 3)

    def repeats(numbers: np.ndarray) -> bool:
        square = np.squeeze(numbers)
        if square.ndim != 2 or min(square.shape) < s:
            return False
        made = conv_transpose2d(x, square[None, None], stride=s)
        inside = made[..., : wanted.shape[2], : wanted.shape[3]]
        return made.shape == wanted.shape and bool(np.allclose(inside, wanted))

    return Value(
        task=f"Which kernel must a transposed convolution with stride {s} and no padding have, so "
        f"that it repeats every pixel {s}×{s} times and multiplies it by {c}? Write it down, row "
        "by row.",
        answer=np.full((s, s), c),
        mistakes={
            "That stamp is too large: stamps overlap and add.": np.full((s + 1, s + 1), c),
            "That writes each pixel once and leaves zeros beside it.": np.pad(
                [[c]], ((0, s - 1), (0, s - 1))
            ),
            "Each copy is to be as bright as that, not all of them together.": (
                np.full((s, s), c / s**2)
            ),
            "That repeats each pixel along one axis only.": np.full((1, s), c),
        },
        hint="What shall the stamp of a single pixel look like?",
        solution=f"{np.full((s, s), c).tolist()}: the stamps lie edge to edge.",
        accepts=repeats,
    )


@exercise("line-kernel")
def line_kernel(draw: Draw) -> Question:
    """The kernel of linear interpolation, along one axis."""
    s, c = draw.choice([2, 3, 4]), draw.randint(1, 3)
    right = c * (1 - np.abs(np.arange(1 - s, s)) / s)
    ends = c * np.arange(s + 1) / s
    return Value(
        task=f"One axis, stride {s}: between two neighbours of the input, the output shall go from "
        f"the one to the other in a straight line, and everything is multiplied by {c}. Which "
        f"kernel of {2 * s - 1} numbers does that? Three decimals are enough.",
        answer=right,
        mistakes={
            "Equal weights make steps or worse, not a line.": np.full(2 * s - 1, c),
            "A flat input must stay flat: that makes it brighter or darker than it should.": (
                right / s
            ),
            "That is a line on one side only.": [*ends[1:], *[0] * (s - 1)],
            "At a neighbour's own place the stamp must have fallen to 0.": (
                c * (1 - np.abs(np.arange(1 - s, s)) / (s + 1))
            ),
        },
        hint="The stamp of one pixel: highest at its own place, 0 at the places of its neighbours, "
        "which are a stride away.",
        solution=f"{np.round(right, 3).tolist()}: a triangle.",
        tolerance=2e-3,
    )


@exercise("nearest-as-kernel")
def nearest_as_kernel(draw: Draw) -> Question:
    """Repeating and convolving as one transposed convolution."""
    w = draw.grid(3, low=-9)
    both = np.outer([0, 1, 0], w)[None, None]
    right = np.round(nearest_as_transposed(both)[0, 0, 1]).astype(int)
    a, b, c = w
    return Value(
        task="One axis: every pixel is repeated twice, then an ordinary convolution with the "
        f"kernel {w.tolist()} and padding 1 follows. The two together are a transposed convolution "
        "with stride 2, padding 1 and four taps. Which? [tap 0, tap 1, tap 2, tap 3]",
        answer=right,
        mistakes={
            "The flip is forgotten: from the input's point of view the kernel runs backwards.": (
                right[::-1]
            ),
            "Both copies of a pixel go through the kernel, and where they meet they add.": [
                c,
                c,
                b,
                a,
            ],
            "That is the kernel and nothing else: a pixel is there twice.": [c, b, a, 0],
            "Each weight reaches two taps, and each tap gets the weights that reach it.": [
                2 * c,
                b + c,
                a + b,
                2 * a,
            ],
        },
        hint="Let a single 1 be the input: write down the repeated row, convolve it, and read the "
        "stamp off.",
        solution=f"{right.tolist()}: w2, w1 + w2, w0 + w1, w0.",
    )


@exercise("subpixel-channel")
def subpixel_channel(draw: Draw) -> Question:
    """Which channel of a subpixel layer becomes which pixel."""
    out = draw.randint(5, 9)
    o, (r, s) = draw.randint(2, out - 2), draw.choice([(0, 1), (1, 0)])
    x = np.arange(4 * out).reshape(1, 4 * out, 1, 1)
    right = int(pixel_shuffle(x)[0, o, r, s])
    return Value(
        task=f"A subpixel layer makes {out} channels: its convolution has {4 * out}, and PyTorch's "
        f"PixelShuffle(2) lays them out 2×2. All are counted from 0. Which of the {4 * out} "
        f"becomes row {r}, column {s} of each block in channel {o}?",
        answer=right,
        mistakes={
            CHANNEL_ORDER: (2 * r + s) * out + o,
            "Rows come before columns.": 4 * o + 2 * s + r,
            "Four channels belong to each one that comes out.": o + 2 * r + s,
            "Count from 0.": right + 1,
        },
        hint="PyTorch keeps the four channels of one output channel together.",
        solution=f"4·{o} + 2·{r} + {s} = {right}",
    )


def shuffle(x: np.ndarray) -> np.ndarray:
    """Lay groups of four channels out 2×2: (N, 4·C, H, W) becomes (N, C, 2H, 2W)."""
    n, c, h, w = x.shape
    blocks = x.reshape(n, c // 4, 2, 2, h, w)  # channel, row and column in the block
    return blocks.transpose(0, 1, 4, 2, 5, 3).reshape(n, c // 4, 2 * h, 2 * w)


@exercise("build-shuffle")
def build_shuffle(draw: Draw) -> Question:
    """Write the pixel shuffle."""

    def ordered(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        n, c, h, w = x.shape
        return x.reshape(n, c // 4, 2, 2, h, w).transpose(axes).reshape(n, c // 4, 2 * h, 2 * w)

    def by_depth(x: np.ndarray) -> np.ndarray:
        n, c, h, w = x.shape
        blocks = x.reshape(n, 2, 2, c // 4, h, w).transpose(0, 3, 4, 1, 5, 2)
        return blocks.reshape(n, c // 4, 2 * h, 2 * w)

    shapes = [(1, 4, 1, 1), (1, 4, 2, 1), (1, 4, 2, 3), (1, 8, 1, 2), (2, 12, 2, 2)]
    return Function(
        task="Write shuffle(x) as PyTorch's PixelShuffle(2): x is (N, 4·C, H, W), the result (N, "
        "C, 2·H, 2·W). Every four channels fill the 2×2 blocks of one, as one reads a page.",
        truth=pixel_shuffle,
        cases=[(draw.grid(*shape, high=99),) for shape in shapes],
        mistakes={
            CHANNEL_ORDER: by_depth,
            "Rows and columns of the block have changed places.": lambda x: ordered(
                x, (0, 1, 4, 3, 5, 2)
            ),
            "reshape alone puts numbers beside each other that do not belong together.": lambda x: (
                x.reshape(len(x), x.shape[1] // 4, 2 * x.shape[2], 2 * x.shape[3])
            ),
            "That puts four small pictures beside each other; they must be interleaved.": (
                lambda x: ordered(x, (0, 1, 2, 4, 3, 5))
            ),
        },
        hint="reshape the channels to (C, 2, 2), move these two axes behind H and behind W, then "
        "reshape again.",
        written=shuffle,
    )
