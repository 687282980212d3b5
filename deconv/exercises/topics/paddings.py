"""Which sizes meet, and what padding and output padding have to do with it."""

from typing import Any

import numpy as np

from deconv.arithmetic import conv_input_sizes, conv_transpose2d, find_paddings, output_size
from deconv.arithmetic.geometry import transposed_geometry
from deconv.arithmetic.matrix import triples
from deconv.errors import ConfigError
from deconv.exercises.questions import Draw, Question, Value, exercise


@exercise("where-a-stamp-lands")
def where_a_stamp_lands(draw: Draw) -> Question:
    """Which rows of the output the stamp of one row covers."""
    k, s, p, i = draw.randint(3, 6), draw.randint(2, 4), draw.randint(1, 2), draw.randint(3, 7)
    rows, _ = transposed_geometry(i + 4, k, s, p, 0, 1)
    meetings = [int(h) for one, _, h in zip(*triples(rows), strict=True) if one == i]
    first, last = min(meetings), max(meetings)
    return Value(
        task=f"Kernel {k}, stride {s}, padding {p}. Rows are counted from 0. Which rows of the "
        f"output does the stamp of input row {i} cover? Answer with the first and the last: "
        "[…, …].",
        answer=(first, last),
        mistakes={
            "Stamps are a stride apart.": (i - p, i - p + k - 1),
            "Padding cuts rows off at the top, so all others move up.": (first + p, last + p),
            "Padding cuts rows off, it does not add any.": (first + 2 * p, last + 2 * p),
            "The last row is still covered; yours is the one after it.": (first, last + 1),
        },
        hint="h = i·stride + k − padding: put in the first tap and the last one, both counted "
        "from 0.",
        solution=f"It begins at {i}·{s} − {p} = {first} and is {k} rows long, so it ends at "
        f"{last}.",
    )


@exercise("who-stamps-here")
def who_stamps_here(draw: Draw) -> Question:
    """Which rows of the input reach one row of the output."""
    k, s, p = draw.randint(4, 7), draw.randint(2, 3), draw.randint(1, 2)
    h = draw.randint(7, 10)
    rows, _ = transposed_geometry(9, k, s, p, 0, 1)
    found = list(zip(*triples(rows), strict=True))

    def at(place: int) -> frozenset[int]:
        return frozenset(int(i) for i, _, other in found if other == place)

    return Value(
        task=f"Nine rows, kernel {k}, stride {s}, padding {p}. Rows are counted from 0. Whose "
        f"stamps meet in row {h} of the output? Answer with a list of input rows.",
        answer=at(h),
        mistakes={
            "Mind the padding: it has cut rows off at the top.": at(h - p),
            "Padding has cut rows off; you have added some.": at(h - 2 * p),
            "That is one of them, or it is near. Other stamps reach this row too.": {h // s},
            "That would be so with stride 1.": set(range(h + p - k + 1, h + p + 1)),
        },
        hint="Row i begins to stamp at i·stride − padding and covers as many rows as the kernel. "
        "For which i is the row among them?",
        solution=f"{sorted(at(h))}: i·{s} − {p} ≤ {h} and {h} ≤ i·{s} − {p} + {k - 1}.",
    )


@exercise("stride-and-dilation")
def stride_and_dilation(draw: Draw) -> Question:
    """Which rows the stamps reach where their taps are apart, too."""
    k, s, d = draw.choice([(3, 2, 2), (2, 2, 4), (3, 4, 2), (2, 3, 3), (3, 3, 3)])
    n, p = draw.randint(3, 4), draw.randint(1, 2)

    def reached(stride: int, padding: int, dilation: int) -> frozenset[int]:
        rows, _ = transposed_geometry(n, k, stride, padding, 0, dilation)
        return frozenset(int(h) for _, _, h in zip(*triples(rows), strict=True))

    right, every = reached(s, p, d), frozenset(range(output_size(n, k, s, p, 0, d)))
    return Value(
        task=f"{n} rows, kernel {k}, stride {s}, dilation {d}, padding {p}. Rows are counted from "
        f"0. Which of the {len(every)} rows of the output does any tap of a stamp reach? Answer "
        "with a list.",
        answer=right,
        mistakes={
            "That is all rows. Other stamps fill the holes of one only where their taps land in "
            "them.": every,
            "These are the rows that no tap reaches.": every - right,
            "The taps are neighbours in that. With this dilation there are holes between them.": (
                reached(s, p, 1)
            ),
            "That is stride 1, where other stamps fill the holes.": reached(1, p, d),
            "Mind the padding: it has cut rows off at the top.": frozenset(h + p for h in right),
        },
        hint="h = i·stride + k·dilation − padding: write down h for the first stamp, then for the "
        "second. Does a new kind of row come in?",
        solution=f"{sorted(right)}: stride and dilation are both multiples of "
        f"{np.gcd(s, d)}, so all taps land that far apart. The other rows get nothing and stay 0.",
    )


@exercise("sizes-that-meet")
def sizes_that_meet(draw: Draw) -> Question:
    """All sizes that a convolution turns into the same one."""
    n, k, s, p = draw.randint(5, 12), draw.randint(3, 6), draw.randint(2, 4), draw.randint(0, 2)
    right = conv_input_sizes(n, k, s, p)
    return Value(
        task=f"An ordinary convolution with kernel {k}, stride {s} and padding {p} has made {n} "
        "rows. How many did it get? Answer with a list of all sizes that are possible.",
        answer=frozenset(right),
        mistakes={
            "That is the smallest of them. The formula rounds down, so there are more.": right[:1],
            "That is the largest of them. There are smaller ones.": right[-1:],
            "One too many: the largest of yours makes one row more.": [*right, right[-1] + 1],
            "One too many: the smallest of yours makes one row less.": [right[0] - 1, *right],
        },
        hint="Solve ⌊(input + 2·padding − kernel) / stride⌋ + 1 = output for the smallest input. "
        "By how much may it grow before the output does?",
        solution=f"{right}: the smallest is (n − 1)·stride − 2·padding + kernel, and the floor "
        f"forgets up to stride − 1 = {s - 1} more.",
    )


@exercise("why-output-padding-value")
def why_output_padding_value(draw: Draw) -> Question:
    """The output padding that leads back to a given size."""
    n, k, s, p = draw.randint(5, 9), draw.randint(3, 6), draw.randint(3, 5), draw.randint(0, 2)
    sizes = conv_input_sizes(n, k, s, p)
    target = draw.choice(sizes[1:])
    right = target - output_size(n, k, s, p)
    return Value(
        task=f"A convolution with kernel {k}, stride {s} and padding {p} has made {n} rows of "
        f"{target}. The transposed convolution with the same numbers shall make {target} of {n} "
        "again. Which output padding does it need?",
        answer=right,
        mistakes={
            "Without output padding, the way back leads to another size.": 0,
            "That is how many rows more it could give back, and not how many it must.": (
                sizes[-1] - target
            ),
            "That leads to the largest of the sizes that meet, and another one is wanted.": s - 1,
            "That is how far the size is from input · stride.": target - n * s,
        },
        hint="Which size does it lead to without any output padding?",
        solution=f"Without it: ({n} − 1)·{s} − 2·{p} + {k} = {target - right}, and {target} is "
        f"wanted, so {right}.",
    )


@exercise("find-the-padding")
def find_the_padding(draw: Draw) -> Question:
    """Padding and output padding that double a map."""
    k, s = draw.choice([(3, 2), (5, 2), (7, 2), (4, 3), (6, 3), (8, 3), (5, 4), (7, 4), (9, 4)])
    n = draw.randint(6, 14)
    possible = find_paddings(n, s * n, k, s)
    p, extra = possible[0]

    def remark(numbers: np.ndarray) -> str:
        if numbers.size != 2 or (numbers % 1).any():
            return "Answer with two whole numbers: [padding, output padding]."
        try:
            made = output_size(n, k, s, *(int(number) for number in numbers.ravel()))
        except ConfigError as error:
            return f"There is no such layer: {error}."
        return f"With these it makes {made} rows of {n}."

    return Value(
        task=f"A transposed convolution with kernel {k} and stride {s} shall make {s * n} rows "
        f"of {n}. Which padding and which output padding does it need? Answer with both: […, …].",
        answer=(p, extra),
        mistakes={
            "Each step of padding takes two rows away: that is one step too many.": (p + 1, extra),
            "Nothing is cut and nothing is given back: compute what that makes.": (0, 0),
            "That undoes a frame as wide as the whole kernel.": (k, 0),
            "Padding has been counted for one end only.": (2 * p + extra, extra),
        },
        hint="Compute the size with no padding at all. Each step of padding takes 2 away, output "
        "padding gives less than a stride back.",
        solution=f"{' or '.join(str(list(pair)) for pair in possible)}: without either it makes "
        f"{output_size(n, k, s)} rows.",
        accepts=lambda numbers: (
            tuple(int(number) for number in numbers.ravel()) in possible
            if not (numbers % 1).any()
            else False
        ),
        remark=remark,
    )


@exercise("what-output-padding-adds")
def what_output_padding_adds(draw: Draw) -> Question:
    """Which numbers stand in the row that output padding adds."""
    x, w = draw.grid(3), draw.grid(3)

    def row(padding: int, extra: int) -> np.ndarray:
        layer: dict[str, Any] = {
            "stride": (1, 2),
            "padding": (0, padding),
            "output_padding": (0, extra),
        }
        return conv_transpose2d(x[None, None, None], w[None, None, None], **layer)[0, 0, 0]

    short, full, right = row(1, 0), row(0, 0), row(1, 1)
    return Value(
        task="One axis, stride 2, padding 1, output padding 1.\n"
        f"  x = {x.tolist()}\n  kernel = {w.tolist()}\n"
        "Write down all six numbers of the output.",
        answer=right,
        mistakes={
            "Output padding does not add a zero: it leaves something uncut that the stamps have "
            "printed.": [*short, 0],
            "Output padding does not repeat the last number.": [*short, short[-1]],
            "It is given back at the far end, and you have given it back at the near end.": full[
                : len(right)
            ],
            "Output padding makes the row longer.": short,
            "Overlapping stamps must add: += and not =.": _overwritten(x, w)[1:],
        },
        hint="Print all stamps on a row of seven first. Which of its ends does padding cut, and "
        "which of these cuts does output padding take back?",
        solution=f"The stamps print {full.tolist()}. Padding cuts one number at "
        f"each end; output padding takes the second cut back: {right.tolist()}",
    )


def _overwritten(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """What stamps with stride 2 print where a later one hides an earlier one."""
    y = np.zeros(2 * (len(x) - 1) + len(w))
    for i, value in enumerate(x):
        y[2 * i : 2 * i + len(w)] = value * w
    return y
