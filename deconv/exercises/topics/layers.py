"""Channels and shapes: what goes into a layer and what comes out."""

import numpy as np

from deconv.architecture import Layer
from deconv.arithmetic import conv2d, conv_output_size, conv_transpose2d
from deconv.exercises.questions import Draw, Question, Value, exercise

CHANNELS = (4, 6, 12, 16, 24, 32, 48)


@exercise("kernel-shape")
def kernel_shape(draw: Draw) -> Question:
    """The shape of a transposed convolution's kernel in PyTorch."""
    (into, out), k = draw.sample(CHANNELS, 2), draw.choice([2, 3, 5, 7])
    right = Layer("deconv", into, out, k, 1, (), transposed=True).weight_shape
    return Value(
        task=f"PyTorch: ConvTranspose2d({into}, {out}, kernel_size={k}), so {into} channels come "
        f"in and {out} go out. Which shape has its weight? Answer with a list of four numbers.",
        answer=right,
        mistakes={
            "That is the shape of Conv2d's weight. A transposed layer has the kernel of the "
            "direct layer that it transposes, which goes the other way.": (out, into, k, k),
            "That is the order of Keras.": (k, k, out, into),
            "That is the order of Keras' direct convolution.": (k, k, into, out),
            "Each pair of an input and an output channel has a kernel of its own.": (out, k, k),
        },
        hint="The direct layer has (out, in, height, width). Transposing exchanges in and out.",
        solution=f"{list(right)}: in, out, height, width.",
    )


@exercise("output-shape")
def output_shape(draw: Draw) -> Question:
    """The shape that a transposed layer returns, with all four axes."""
    n, (into, out) = draw.choice([2, 3, 5, 7, 9]), draw.sample(CHANNELS, 2)
    height, width = draw.sample(range(5, 12), 2)
    x, w = np.zeros((n, into, height, width)), np.zeros((into, out, 3, 3))
    right = conv_transpose2d(x, w, stride=2, padding=1, output_padding=1).shape
    small = (conv_output_size(height, 3, 2, 1), conv_output_size(width, 3, 2, 1))
    return Value(
        task=f"PyTorch: a batch of shape {x.shape} goes through a transposed convolution from "
        f"{into} to {out} channels with kernel 3, stride 2, padding 1 and output padding 1. Which "
        "shape comes out? Answer with a list of four numbers.",
        answer=right,
        mistakes={
            "The channels of the input have all gone into the sums.": (n, into, *right[2:]),
            "PyTorch has the channels before the rows.": (n, *right[2:], out),
            "The batch stays: every image is enlarged by itself.": right[1:],
            "That is what the direct convolution makes.": (n, out, *small),
        },
        hint="Images, channels, rows, columns. Which of these four does the layer change?",
        solution=f"{list(right)}",
    )


@exercise("shapes-of-the-network")
def shapes_of_the_network(draw: Draw) -> Question:
    """Height, width and channels after each layer."""
    side, first = 4 * draw.randint(5, 12), draw.choice(CHANNELS)
    half, quarter = conv_output_size(side, 3, 2, 1), side // 4
    right = [
        (half, half, first),
        (quarter, quarter, 2 * first),
        (half, half, first),
        (side, side, 1),
    ]
    swapped = [right[0], right[1], (half, half, 2 * first), right[3]]
    return Value(
        task=f"An autoencoder for grey pictures of {side}×{side}: conv1 from 1 to {first} "
        f"channels, conv2 to {2 * first}, deconv1 to {first}, deconv2 to 1. All have kernel 3, "
        "stride 2 and padding 1, the last two output padding 1. Write down height, width and "
        "channels after each: [(…, …, …), (…, …, …), (…, …, …), (…, …, …)].",
        answer=right,
        mistakes={
            "The last two have output padding, and so double exactly.": [
                *right[:2],
                (half - 1, half - 1, first),
                (2 * half - 3, 2 * half - 3, 1),
            ],
            "deconv1 makes fewer channels than it gets.": swapped,
            "Channels come last here, as in TensorFlow and as the task asks for.": [
                (channels, height, width) for height, width, channels in right
            ],
            "conv2 halves what conv1 has left.": [right[0], (half, half, 2 * first), *right[2:]],
        },
        hint="Down: ⌊(n + 2·1 − 3) / 2⌋ + 1. Up: (n − 1)·2 − 2·1 + 3 + 1.",
        solution=str(right),
    )


@exercise("latent-numbers")
def latent_numbers(draw: Draw) -> Question:
    """How many numbers lie between encoder and decoder."""
    side, channels = 4 * draw.randint(5, 12), draw.choice([8, 16, 24, 40, 48, 96])
    grid = conv_output_size(conv_output_size(side, 3, 2, 1), 3, 2, 1)
    right = grid * grid * channels
    return Value(
        task=f"An encoder halves a grey picture of {side}×{side} twice and ends with {channels} "
        "channels. How many numbers does its latent have?",
        answer=right,
        mistakes={
            "The latent has rows and columns.": grid * channels,
            "The picture is halved twice.": 4 * right,
            "That is a single channel.": grid * grid,
            "So many numbers has the picture.": side * side,
        },
        hint="Halved twice: how many rows and columns are left, and how many channels has each?",
        solution=f"{grid}·{grid}·{channels} = {right}, and the picture has {side * side}: "
        f"{'this does not compress.' if right >= side * side else 'fewer, so this compresses.'}",
    )


@exercise("batch-shape")
def batch_shape(draw: Draw) -> Question:
    """The shape of a batch in both frameworks."""
    n, side, channels = (
        draw.choice([16, 32, 64, 128]),
        draw.choice([24, 28, 48]),
        draw.choice([1, 3]),
    )
    right = [(n, channels, side, side), (n, side, side, channels)]
    kind = "grey" if channels == 1 else "colour"
    return Value(
        task=f"A batch holds {n} {kind} pictures of {side}×{side} pixels. Write down its shape in "
        "PyTorch and then its shape in TensorFlow: [(…, …, …, …), (…, …, …, …)].",
        answer=right,
        mistakes={
            "First PyTorch, then TensorFlow: is that the right way round?": right[::-1],
            "TensorFlow has the channels elsewhere.": [right[0]] * 2,
            "PyTorch has the channels elsewhere.": [right[1]] * 2,
            "The batch comes first in both.": [
                (channels, n, side, side),
                (side, side, channels, n),
            ],
        },
        hint="Both begin with the pictures. PyTorch says channels first, TensorFlow channels last.",
        solution=str(right),
    )


@exercise("reach-of-one-number")
def reach_of_one_number(draw: Draw) -> Question:
    """How far one number of the latent reaches."""
    first, second, stride = draw.choice([3, 4, 5]), draw.choice([3, 4, 5]), draw.choice([2, 3])
    row = np.zeros((1, 1, 1, 9))
    row[..., 4] = 1
    for k in (first, second):
        row = conv_transpose2d(row, np.ones((1, 1, 1, k)), stride=(1, stride))
    wide = np.count_nonzero(row)
    return Value(
        task=f"One number of the latent goes through two transposed convolutions, the first with "
        f"kernel {first}, the second with kernel {second}, both with stride {stride}. It lies far "
        "from the border. How many pixels of the output, counted in the plane, can it change?",
        answer=wide * wide,
        mistakes={
            "That is along one axis.": wide,
            "The second layer stamps once for each number of the first stamp.": second * second,
            "Stamps that are less than a kernel apart overlap.": (first * second) ** 2,
            "The stamps of the second layer are a stride apart.": (first + second - 1) ** 2,
        },
        hint="After the first layer it has become a stamp. How large is the output of the second "
        "layer for an input of that size, without padding?",
        solution=f"({first} − 1)·{stride} + {second} = {wide} along an axis, so {wide}·{wide} = "
        f"{wide * wide}",
    )


@exercise("activations-by-hand")
def activations_by_hand(draw: Draw) -> Question:
    """What a small layer hands on: print the activations, and check."""
    x, w, b = draw.grid(6), draw.grid(3, low=-5, high=5), draw.randint(-9, 9)

    def layer(w: np.ndarray, b: int, stride: int = 2) -> np.ndarray:
        made = conv2d(x[None, None, None], w[None, None, None], stride=(1, stride), padding=(0, 1))
        return made[0, 0, 0] + b

    right = np.maximum(layer(w, b), 0)
    return Value(
        task=f"One row of pixels, {x.tolist()}, goes through a convolution with the kernel "
        f"{w.tolist()}, bias {b}, stride 2 and padding 1, and then through a ReLU. Which three "
        "numbers does the layer hand on? Answer with a list.",
        answer=right,
        mistakes={
            "The ReLU is missing: it makes negative numbers 0.": layer(w, b),
            "The bias is missing.": np.maximum(layer(w, 0), 0),
            "The bias is added before the ReLU.": np.maximum(layer(w, 0), 0) + b,
            "A convolution in a network does not flip its kernel.": np.maximum(
                layer(w[::-1], b), 0
            ),
            "That is stride 1.": np.maximum(layer(w, b, 1), 0),
        },
        hint="Put a 0 before the row. Lay the kernel on it, multiply, add up, add the bias; then "
        "move it by 2.",
        solution=f"Before the ReLU: {layer(w, b).tolist()}; after it: {right.tolist()}",
    )
