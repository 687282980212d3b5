"""How large a map becomes, on the way up and on the way down."""

from deconv.arithmetic import conv_output_size, output_size
from deconv.exercises.functions import Function
from deconv.exercises.questions import Draw, Question, Value, exercise

DIRECT = "That is the formula of the direct convolution, which makes a map smaller."


@exercise("stamp-size")
def stamp_size(draw: Draw) -> Question:
    """How large the output of the stamps is, without padding."""
    n, k, s = draw.randint(5, 9), draw.randint(2, 5), draw.randint(2, 3)
    return Value(
        task=f"A transposed convolution gets {n}×{n} pixels. Its kernel is {k}×{k}, its stride "
        f"{s}, and there is no padding. How many rows does its output have?",
        answer=output_size(n, k, s),
        mistakes={
            "That is input · stride. The last stamp is as long as every other one.": n * s,
            "The stamp takes one step less than there are pixels: it does not step to the "
            "first one.": n * s + k,
            "That is where the last stamp begins. Where does it end?": (n - 1) * s,
            DIRECT: conv_output_size(n, k, s),
        },
        hint="Draw it on one axis: where does the stamp of the last pixel begin, and how long is "
        "it?",
        solution=f"(input − 1)·stride + kernel = ({n} − 1)·{s} + {k} = {output_size(n, k, s)}",
    )


@exercise("padding-size")
def padding_size(draw: Draw) -> Question:
    """What padding does to the size of the output."""
    n, k, s, p = draw.randint(5, 9), draw.randint(4, 6), draw.randint(2, 3), draw.randint(1, 2)
    full = output_size(n, k, s)
    right = output_size(n, k, s, p)
    return Value(
        task=f"Without padding, a transposed convolution makes {full} rows of {n}. Now it gets "
        f"padding {p}. How many rows does it make?",
        answer=right,
        mistakes={
            "Padding makes the output of a transposed convolution smaller: it is the padding of "
            "the direct layer that is undone.": full + 2 * p,
            "Padding cuts at the top and at the bottom.": full - p,
            "The padding changes the size here.": full,
        },
        hint="Padding is named after the direct layer, which puts a frame around its input. "
        "The transposed layer takes that frame away from its output again.",
        solution=f"Padding {p} cuts {p} at each end: {full} − 2·{p} = {right}",
    )


@exercise("size-by-hand")
def size_by_hand(draw: Draw) -> Question:
    """The size after a transposed convolution, with everything in it."""
    n, k, s = draw.randint(5, 12), draw.randint(3, 7), draw.randint(2, 4)
    p, extra = draw.randint(1, min(2, k - 1)), draw.randint(1, s - 1)
    right = output_size(n, k, s, p, extra)
    return Value(
        task=f"Input {n}×{n}, kernel {k}×{k}, stride {s}, padding {p}, output padding {extra}: "
        "how many rows come out of this transposed convolution?",
        answer=right,
        mistakes={
            "Padding makes the output smaller here.": right + 4 * p,
            "Padding cuts at both ends.": right + p,
            "Output padding gives something back.": right - extra,
            "Output padding counts once: it gives back at one end only.": right + extra,
            "The stamp takes one step less than there are pixels.": right + s,
            DIRECT: conv_output_size(n, k, s, p),
        },
        hint="(input − 1)·stride is where the last stamp begins. Add its length, cut the padding "
        "at both ends, give the output padding back at one.",
        solution="(input − 1)·stride − 2·padding + kernel + output padding = "
        f"({n} − 1)·{s} − 2·{p} + {k} + {extra} = {right}",
    )


@exercise("conv-size-by-hand")
def conv_size_by_hand(draw: Draw) -> Question:
    """The size after an ordinary convolution, which rounds down."""
    n, k, s, p = draw.randint(11, 30), draw.randint(5, 9), draw.randint(2, 3), draw.randint(2, 4)
    right = conv_output_size(n, k, s, p)
    return Value(
        task=f"An ordinary convolution gets {n}×{n} pixels. Kernel {k}×{k}, stride {s}, padding "
        f"{p}. How many rows does it make?",
        answer=right,
        mistakes={
            "Where the kernel does not fit once more, it stops: round down.": (
                -((k - n - 2 * p) // s) + 1
            ),
            "Count the positions and not the steps between them.": right - 1,
            "The frame of zeros is at the top and at the bottom.": (n + p - k) // s + 1,
            "That is the formula of the transposed convolution.": output_size(n, k, s, p),
        },
        hint="How far can the kernel move inside the padded input? How many steps of the stride "
        "fit into that, and how many positions are these?",
        solution=f"⌊(input + 2·padding − kernel) / stride⌋ + 1 = ⌊({n} + 2·{p} − {k}) / {s}⌋ + 1 "
        f"= ⌊{(n + 2 * p - k) / s:.2f}⌋ + 1 = {right}",
    )


@exercise("kernel-four")
def kernel_four(draw: Draw) -> Question:
    """Kernels that double, or triple, without output padding."""
    k, s, p = draw.choice([(4, 2, 1), (6, 2, 2), (5, 3, 1), (7, 3, 2), (6, 4, 1), (8, 4, 2)])
    first, second = draw.randint(5, 9), draw.randint(10, 16)
    right = output_size(first, k, s, p), output_size(second, k, s, p)
    return Value(
        task=f"Kernel {k}, stride {s}, padding {p}, no output padding: what does this transposed "
        f"convolution make of {first} rows, and what of {second}? Answer with two numbers: "
        "[…, …].",
        answer=right,
        mistakes={
            "There is no output padding in this layer.": (right[0] + 1, right[1] + 1),
            "The padding is missing.": (right[0] + 2 * p, right[1] + 2 * p),
            "Padding cuts at both ends.": (right[0] + p, right[1] + p),
            DIRECT: (conv_output_size(first, k, s, p), conv_output_size(second, k, s, p)),
        },
        hint="The formula as always. Then compare kernel − 2·padding with the stride.",
        solution=f"{list(right)}: each is {s} times as large. Here kernel − 2·padding = {k - 2 * p}"
        " = stride, so (input − 1)·stride + stride = input · stride, and nothing is left to give "
        "back.",
    )


@exercise("dcgan-sizes")
def dcgan_sizes(draw: Draw) -> Question:
    """Four transposed convolutions in a row, as in a DCGAN."""
    start, k = draw.choice([2, 3, 4, 5, 6]), draw.choice([4, 6])
    p = (k - 2) // 2
    right, plain = [start], [start]
    for _ in range(4):
        right.append(output_size(right[-1], k, 2, p))
        plain.append(output_size(plain[-1], k, 2))
    return Value(
        task=f"A generator begins with a grid of {start}×{start}. Four transposed convolutions "
        f"follow, each with kernel {k}, stride 2 and padding {p}. How many rows does each of the "
        "four make? Answer with a list of four numbers.",
        answer=right[1:],
        mistakes={
            "That is what goes into the four layers, not what comes out.": right[:-1],
            "The padding is missing.": plain[1:],
            "The first is the input. Four layers come after it.": right,
            "What comes out of one layer goes into the next.": [right[1]] * 4,
        },
        hint="Compute the first size by the formula, and put it in again for the next layer.",
        solution=f"{right[1:]}: each of these layers doubles.",
    )


def size(n: int, kernel: int, stride: int, padding: int, output_padding: int, dilation: int) -> int:
    """Rows after a transposed convolution of n rows."""
    begin = (n - 1) * stride  # where the last stamp begins
    length = dilation * (kernel - 1) + 1  # of a stamp, with the holes between its taps
    return begin + length - 2 * padding + output_padding


@exercise("size-function")
def size_function(draw: Draw) -> Question:
    """Write the size formula as a function."""
    geometries = {
        (
            draw.randint(1, 9),
            draw.randint(1, 6),
            draw.randint(1, 4),
            draw.randint(0, 2),
            draw.randint(0, 2),
            draw.randint(1, 3),
        )
        for _ in range(400)
    }
    fitting = [
        (n, k, s, p, extra, d)
        for n, k, s, p, extra, d in geometries
        if extra < max(s, d) and size(n, k, s, p, extra, d) > 0 and n + 2 * p > d * (k - 1)
    ]
    return Function(
        task="Write size(n, kernel, stride, padding, output_padding, dilation): how many rows a "
        "transposed convolution makes of n. dilation is the distance between two taps of the "
        "kernel, 1 for an ordinary one: a kernel reaches over dilation·(kernel − 1) + 1 rows.",
        truth=output_size,
        cases=sorted(fitting, key=lambda case: (sum(case), case)),
        mistakes={
            "With dilation the kernel reaches further than it has taps.": lambda n, k, s, p, a, d: (
                (n - 1) * s - 2 * p + k + a
            ),
            "Padding makes the output smaller here, and you add it.": lambda n, k, s, p, a, d: (
                size(n, k, s, p, a, d) + 4 * p
            ),
            "Padding cuts at both ends.": lambda n, k, s, p, a, d: size(n, k, s, p, a, d) + p,
            "The stamp takes one step less than there are pixels.": lambda n, k, s, p, a, d: (
                size(n, k, s, p, a, d) + s
            ),
            "The output padding is missing.": lambda n, k, s, p, a, d: size(n, k, s, p, 0, d),
            DIRECT: lambda n, k, s, p, a, d: (n + 2 * p - d * (k - 1) - 1) // s + 1,
        },
        hint="Where does the last stamp begin, how long is a stamp, what is cut, what is given "
        "back? Four terms.",
        written=size,
    )
