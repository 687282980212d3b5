"""Weights that nobody trained: kernels that file pixels away and put them back."""

from typing import Any

import numpy as np

from deconv.arithmetic import conv2d, conv_transpose2d
from deconv.exercises.questions import Draw, Question, Value, exercise

DOWN: dict[str, Any] = {"stride": 2, "padding": 1}
UP: dict[str, Any] = {"stride": 2, "padding": 1, "output_padding": 1}


def one_hot(row: int, column: int, value: float) -> np.ndarray:
    """A 3×3 kernel with one number that is not zero."""
    w = np.zeros((3, 3))
    w[row, column] = value
    return w


@exercise("file-a-pixel")
def file_a_pixel(draw: Draw) -> Question:
    """A kernel that takes one pixel of every 2×2 block."""
    (a, b), c = draw.choice([(0, 1), (1, 0)]), draw.randint(2, 9)
    picture = draw.grid(1, 1, 6, 6, high=99)

    def files(numbers: np.ndarray) -> bool:
        if numbers.size != 9:
            return False
        made = conv2d(picture, numbers.reshape(1, 1, 3, 3), **DOWN)
        return bool(np.allclose(made, c * picture[..., a::2, b::2]))

    return Value(
        task="A convolution with kernel 3×3, stride 2 and padding 1 shall take from each 2×2 block "
        f"of a picture the pixel in row {a} and column {b} of the block, counted from 0, times "
        f"{c}, and nothing else. Write down the kernel: [[…, …, …], […, …, …], […, …, …]].",
        answer=one_hot(1 + a, 1 + b, c),
        mistakes={
            "Padding comes first: tap 0 reads the row, or the column, before the block.": one_hot(
                a, b, c
            ),
            "Rows and columns have changed places.": one_hot(1 + b, 1 + a, c),
            "A convolution in a network does not flip its kernel.": one_hot(1 - a, 1 - b, c),
            "That takes the other pixels too.": np.full((3, 3), c),
            "The pixel arrives, but without its factor.": one_hot(1 + a, 1 + b, 1),
        },
        hint="h = i·2 + k − 1: which tap k reads the even rows h = 2i, and which one the odd ones?",
        solution=f"{one_hot(1 + a, 1 + b, c).astype(int).tolist()}: tap 1 reads the even rows, tap "
        "2 the odd ones, in both directions.",
        accepts=files,
    )


@exercise("put-it-back")
def put_it_back(draw: Draw) -> Question:
    """A kernel that writes one pixel of every 2×2 block, and no other."""
    (a, b), c = draw.choice([(0, 1), (1, 0)]), draw.randint(2, 9)
    latent = draw.grid(1, 1, 4, 4, high=99)
    wanted = np.zeros((1, 1, 8, 8))
    wanted[..., a::2, b::2] = c * latent

    def puts(numbers: np.ndarray) -> bool:
        if numbers.size != 9:
            return False
        return bool(
            np.allclose(conv_transpose2d(latent, numbers.reshape(1, 1, 3, 3), **UP), wanted)
        )

    return Value(
        task="A transposed convolution with kernel 3×3, stride 2, padding 1 and output padding 1 "
        f"shall write each number of the latent, times {c}, into the pixel in row {a} and column "
        f"{b} of its 2×2 block, and 0 into the other three. Write down the kernel: [[…, …, …], […, "
        "…, …], […, …, …]].",
        answer=one_hot(1 + a, 1 + b, c),
        mistakes={
            "Padding cuts the first row and the first column of the stamps off.": one_hot(a, b, c),
            "Rows and columns have changed places.": one_hot(1 + b, 1 + a, c),
            "A stamp is printed as it is, not flipped.": one_hot(1 - a, 1 - b, c),
            "That writes into the other pixels too.": np.full((3, 3), c),
            "The number arrives, but without its factor.": one_hot(1 + a, 1 + b, 1),
        },
        hint="The same triples as on the way down, the other way: h = i·2 + k − 1. Compare with "
        "file-a-pixel.",
        solution=f"{one_hot(1 + a, 1 + b, c).astype(int).tolist()}: the kernel that files the "
        "pixel away is the one that puts it back.",
        accepts=puts,
    )


@exercise("broken-line")
def broken_line(draw: Draw) -> Question:
    """How a few ReLUs draw a line with corners."""
    x = np.cumsum([draw.randint(-5, 0), *draw.grid(3, high=3)])
    slopes = np.array(draw.sample([-3, -2, -1, 1, 2, 3, 4], 3))
    y = draw.randint(-4, 4) + np.array([0, *np.cumsum(slopes * np.diff(x))])
    right = np.diff(slopes, prepend=0)
    points = ", ".join(f"({a}, {b})" for a, b in zip(x, y, strict=True))
    return Value(
        task=f"A line goes through the points {points}, straight in between. As a sum of ReLUs it "
        f"is y = {y[0]} + a·ReLU(x − ({x[0]})) + b·ReLU(x − ({x[1]})) + "
        f"c·ReLU(x − ({x[2]})). What are a, b and c? […, …, …]",
        answer=right,
        mistakes={
            "These are the slopes. A ReLU goes on for ever: each one changes the slope that is "
            "there already.": slopes,
            "The slope changes the other way there.": [right[0], -right[1], -right[2]],
            "These are the steps in y. A slope is a step in y for each step in x.": np.diff(y),
        },
        hint="Slopes first: three of them. The first ReLU makes the first one; the second one has "
        "to turn it into the second.",
        solution=f"The slopes are {slopes.tolist()}, and they change by {right.tolist()}.",
    )
