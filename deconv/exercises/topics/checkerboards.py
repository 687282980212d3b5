"""Where the checkerboard comes from: overlaps, gains, and kernels without it."""

import numpy as np

from deconv.arithmetic import conv_transpose2d, overlap_count, phase_gains
from deconv.arithmetic.upsampling import upsample
from deconv.exercises.questions import Choice, Draw, Question, Value, exercise, shuffled


def counts(n: int, kernel: int, stride: int) -> np.ndarray:
    """Stamps on every pixel along one axis."""
    return overlap_count((1, n), (1, kernel), stride=(1, stride))[0]


def repeats(kernel: int, stride: int) -> np.ndarray:
    """What the counts along an axis repeat away from the border, sorted."""
    row = counts(3 * kernel, kernel, stride)
    return np.sort(row[kernel * stride : kernel * stride + stride])


@exercise("overlap-counts")
def overlap_counts(draw: Draw) -> Question:
    """How many stamps cover each pixel along one axis."""
    n, (k, s) = draw.randint(3, 4), draw.choice([(3, 2), (5, 2), (4, 3), (5, 3)])
    right = counts(n, k, s)
    return Value(
        task=f"One row of {n} pixels, each 1, and a kernel of {k} ones. The stride is {s}, there "
        "is no padding. Write down the output as a list: it counts the stamps on each pixel.",
        answer=right,
        mistakes={
            "Where stamps overlap, their ones add up.": np.ones_like(right),
            "That is stride 1.": counts(n, k, 1),
            "The first and the last pixels have no neighbour outside that would stamp there.": (
                counts(n + 2 * k, k, s)[k * s : k * s + len(right)]
            ),
            "Count along one axis only; you have multiplied two.": right**2,
        },
        hint=f"Write {n} rows of {k} ones below each other, each moved by the stride, and add "
        "up the columns.",
        solution=str(right.tolist()),
    )


@exercise("counts-in-the-plane")
def counts_in_the_plane(draw: Draw) -> Question:
    """Which numbers of stamps occur in a picture."""
    k, s = draw.choice([(3, 2), (5, 2), (7, 2), (5, 3), (4, 3), (7, 3), (8, 3), (5, 4), (7, 4)])
    row = repeats(k, s)
    either = " or ".join(str(count) for count in np.unique(row))
    inside = overlap_count(3 * k, k, stride=s)[k * s : k * s + s, k * s : k * s + s]
    right = frozenset(int(count) for count in inside.ravel())
    return Value(
        task=f"Along one axis, kernel {k} with stride {s} puts {either} "
        "stamps on a pixel that is away from the border. How many can it be in a picture, with "
        f"kernel {k}×{k} and stride {s} in both directions? Answer with a list of all numbers "
        "that occur.",
        answer=right,
        mistakes={
            "That is along one axis.": frozenset(int(count) for count in row),
            "The two axes do not add: each stamp of a row meets each of a column.": frozenset(
                int(a + b) for a in row for b in row
            ),
            "A row with many stamps can meet a column with few.": frozenset(
                int(a * a) for a in row
            ),
            "A kernel has so many taps, but they go to different pixels.": {k * k},
        },
        hint="A stamp covers a pixel if it covers its row and its column.",
        solution=f"{sorted(right)}: the products of the counts of rows and columns.",
    )


@exercise("even-kernels")
def even_kernels(draw: Draw) -> Question:
    """The kernel sizes that cover every pixel equally often."""
    s = draw.randint(2, 4)
    sizes = range(2, 10)
    right = frozenset(k for k in sizes if np.ptp(repeats(k, s)) == 0)
    return Value(
        task=f"The stride is {s}. For which kernel sizes from 2 to 9 does every pixel away from "
        "the border get the same number of stamps? Answer with a list of sizes.",
        answer=right,
        mistakes={
            "These leave some pixels with more stamps than others.": frozenset(sizes) - right,
            "That is one of them. There are larger ones.": {s},
            "A kernel that is not a multiple of the stride covers some pixels once more.": (
                frozenset(k for k in sizes if k >= s)
            ),
            "So long as the kernel is smaller than the stride, there are gaps; but not every "
            "kernel above it is even.": frozenset(k for k in sizes if k > s),
        },
        hint="Each pixel is reached by every stride-th tap of the kernel. When do all pixels get "
        "the same number of taps?",
        solution=f"{sorted(right)}: the multiples of the stride.",
    )


@exercise("phase-gains-by-hand")
def phase_gains_by_hand(draw: Draw) -> Question:
    """What a flat input becomes, from the kernel alone."""
    s, p = draw.choice([2, 3]), draw.randint(1, 2)
    w = draw.grid(draw.randint(4, 6))

    def gains(padding: int) -> np.ndarray:
        layer = {"stride": (1, s), "padding": (0, padding)}
        return phase_gains(w[None, None, None], **layer)[0, 0, 0]

    right = gains(p)
    sizes = [len(w[r::s]) for r in range(s)]
    return Value(
        task=f"One axis, kernel {w.tolist()}, stride {s}, padding {p}. The input is 1 everywhere. "
        f"Away from the border the output repeats {s} numbers. Write them down as a list: that "
        f"of the pixels 0, {s}, {2 * s}, … first, then that of the pixels 1, {s + 1}, …",
        answer=right,
        mistakes={
            "These are the right numbers for padding 0: mind the padding.": gains(0),
            "Padding moves the pixels the other way.": gains(-p % s),
            "Add the taps of each phase up, do not take their mean.": right
            / np.roll(sizes, -(p % s)),
            "Each pixel gets only the taps of its phase, not all of them.": [w.sum()] * s,
        },
        hint="Pixel h gets the taps k for which h + padding − k is a multiple of the stride.",
        solution=f"{right.tolist()}: the taps of each phase added up, {s} apart, beginning with "
        f"tap {p % s}.",
    )


@exercise("missing-tap")
def missing_tap(draw: Draw) -> Question:
    """The tap that keeps a flat input flat."""
    a, b = draw.randint(2, 9), draw.randint(11, 19)
    even, odd = phase_gains(np.array([[[[a, b, 0]]]]), stride=(1, 2))[0, 0, 0]
    right = int(odd - even)
    return Value(
        task=f"One axis, stride 2, kernel [{a}, {b}, ?]. Which last number does it need, so that "
        "a flat input stays flat, away from the border?",
        answer=right,
        mistakes={
            "A symmetric kernel is not enough: add up the taps of each phase.": a,
            "Two phases: the first and the last tap go to one, the middle one to the other.": b,
            "Compare the two sums once more.": a + b,
            "That makes the sums differ by as much the other way.": a - b,
        },
        hint="With stride 2, taps 0 and 2 reach the same pixels, and tap 1 the others.",
        solution=f"{a} + ? = {b}, so {right}",
    )


@exercise("flat-kernel")
def flat_kernel(draw: Draw) -> Question:
    """Write a kernel of 3×3 that makes no checkerboard."""
    gain = draw.randint(2, 9)
    tent = gain * np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])
    ones = np.ones((3, 3))

    def gains(numbers: np.ndarray) -> np.ndarray:
        return phase_gains(numbers.reshape(1, 1, 3, 3), stride=2)[0, 0]

    def remark(numbers: np.ndarray) -> str:
        if numbers.size != 9:
            return "Write a kernel of three rows with three numbers each."
        repeated = np.round(gains(numbers), 3).tolist()
        return f"Of a flat input of ones it makes the pattern {repeated}."

    return Value(
        task="Write a kernel of 3×3 numbers that, with stride 2, makes of a flat input of ones a "
        f"flat output of {gain}, away from the border: [[…, …, …], […, …, …], […, …, …]].",
        answer=tent,
        mistakes={
            "Equal weights draw a checkerboard, because the stamps overlap unevenly.": gain * ones,
            "The mean of nine is no help: pixels get one tap, two or four, never nine.": (
                gain / 9 * ones
            ),
            "With a single tap, three pixels of four get nothing.": gain
            * np.outer([0, 1, 0], [0, 1, 0]),
            "The pixels that get four taps get too much: these are the corners.": gain
            * np.outer([1, 1, 1], [0.5, 1, 0.5]),
        },
        hint="Think of one axis first: taps 0 and 2 share their pixels, tap 1 is alone. Then "
        "multiply two such rows with np.outer.",
        solution=f"{tent.tolist()}, for example: linear interpolation, times {gain}.",
        accepts=lambda numbers: numbers.size == 9 and bool(np.allclose(gains(numbers), gain)),
        remark=remark,
    )


@exercise("checkerboard-period")
def checkerboard_period(draw: Draw) -> Question:
    """After how many pixels the pattern of two layers repeats."""
    first, second = draw.sample([2, 3, 4], 2)
    y = np.ones((1, 1, 1, 12))
    for s in (first, second):
        y = conv_transpose2d(y, draw.grid(1, 1, 1, s + 1, high=99), stride=(1, s))
    middle = y[0, 0, 0, 3 * first * second : -3 * first * second]
    right = next(n for n in range(1, 40) if np.array_equal(middle[n:], middle[:-n]))
    return Value(
        task=f"Two transposed convolutions follow each other, with stride {first} and then "
        f"{second}, and with any weights. Their input is flat. After how many pixels does the "
        "pattern of the last output repeat, along one axis?",
        answer=right,
        mistakes={
            "That is the pattern of the last layer alone. It gets a pattern already.": second,
            "The pattern of the first layer is stretched by the second.": first,
            "The two do not add: the second layer makes several pixels of every one.": (
                first + second
            ),
            "That is on the safe side: it repeats sooner.": 2 * first * second,
        },
        hint="After the first layer the pattern repeats after its stride. Each pixel of it then "
        "becomes as many pixels as the second stride.",
        solution=f"{first}·{second} = {right}",
    )


@exercise("flat-whatever-the-weights")
def flat_whatever_the_weights(draw: Draw) -> Question:
    """Which way up cannot draw a checkerboard."""
    ways = {
        "a transposed convolution with kernel 3": ("transposed", (1, 1, 3, 3)),
        "a transposed convolution with kernel 4": ("transposed4", (1, 1, 4, 4)),
        "a convolution that makes four values of each pixel, laid out 2×2": (
            "subpixel",
            (4, 1, 3, 3),
        ),
        "repeating every pixel 2×2, and a convolution after that": ("nearest", (1, 1, 3, 3)),
    }
    flat = {}
    for name, (arm, shape) in ways.items():
        y = upsample(np.ones((1, 1, 9, 9)), draw.grid(*shape), arm)  # type: ignore[arg-type]
        flat[name] = np.ptp(y[..., 6:12, 6:12]) == 0
    kernel3, kernel4, shuffle, repeat = ways
    return Choice(
        question="The input is flat, the stride is 2, the weights are random. Which of these "
        "makes a flat output for all weights, away from the border?",
        options={
            kernel3: "Its stamps do not even overlap equally often.",
            kernel4: "Every pixel gets four numbers of the kernel, but neighbours get different "
            "ones.",
            shuffle: "Each of the four values has a kernel of its own, and so another sum.",
            repeat: "Think again.",
        },
        right=next(name for name in ways if flat[name]),
        hint="In which of them are all pixels of the output computed with the same weights?",
        because="Its convolution gets a flat picture and gives each pixel the same sum.",
        order=shuffled(draw, len(ways)),
    )
