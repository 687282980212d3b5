"""The transposed convolution as stamps: by hand, and then as code in three steps."""

import numpy as np

from deconv.arithmetic import conv2d, conv_transpose2d
from deconv.exercises.functions import Function
from deconv.exercises.questions import Draw, Question, Value, exercise

ADD = "Overlapping stamps must add: += and not =."
DIRECT = (
    "That is the direct convolution: it lays the kernel on the input and adds up. The transposed "
    "one stamps."
)
FLIPPED = "The kernel is flipped here. A stamp prints it as it is."
TOGETHER = "Stamps are a stride apart: pixel i begins at i · stride."


def printed(x: np.ndarray, w: np.ndarray, stride: int = 1) -> np.ndarray:
    """The project's own stamps on one grey map."""
    return conv_transpose2d(x[None, None], w[None, None], stride=stride)[0, 0]


@exercise("stamp-middle")
def stamp_middle(draw: Draw) -> Question:
    """Four stamps meet in the middle: which number is there?"""
    x, w = draw.grid(2, 2), draw.grid(2, 2)
    right = int(printed(x, w)[1, 1])
    products = " + ".join(f"{x[i, j]}·{w[1 - i, 1 - j]}" for i in (0, 1) for j in (0, 1))
    return Value(
        task="Every pixel of x stamps the kernel, times its own value, and the stride is 1.\n"
        f"  x = {x.tolist()}\n  kernel = {w.tolist()}\n"
        "Which number stands in the middle of the 3×3 output?",
        answer=right,
        mistakes={
            ADD: x[1, 1] * w[0, 0],
            DIRECT: (x * w).sum(),
            "Only two of the four stamps are in that.": x[0, 0] * w[1, 1] + x[1, 1] * w[0, 0],
            "Only two of the four stamps are in it.": x[0, 1] * w[1, 0] + x[1, 0] * w[0, 1],
        },
        hint="The upper left pixel prints its stamp in the upper left corner. Which number of "
        "that stamp lies in the middle? Then the other three.",
        solution=f"{products} = {right}",
    )


@exercise("first-stamp")
def first_stamp(draw: Draw) -> Question:
    """All nine numbers that four stamps print."""
    x, w = draw.grid(2, 2, low=0, high=5), draw.grid(2, 2, low=0, high=5)
    right = printed(x, w)
    return Value(
        task="Every pixel of x stamps the kernel, times its own value, and the stride is 1.\n"
        f"  x = {x.tolist()}\n  kernel = {w.tolist()}\n"
        "Write down the output, row by row: [[…, …, …], […, …, …], […, …, …]].",
        answer=right,
        mistakes={
            ADD: overwritten(x, w, 1),
            FLIPPED: printed(x, w[::-1, ::-1]),
            DIRECT: conv2d(x[None, None], w[None, None])[0, 0],
            "That is stride 2, where the stamps do not touch.": printed(x, w, 2),
        },
        hint="Begin with nine zeros. For each pixel, add its four products where its stamp lies.",
        solution=str(right.tolist()),
    )


@exercise("stride-two-stamp")
def stride_two_stamp(draw: Draw) -> Question:
    """Stamps that are two pixels apart."""
    x, w = draw.grid(1, 2), draw.grid(1, 3)
    right = printed(x, w, stride=2)[0]
    return Value(
        task="One row. Every pixel of x stamps the kernel, times its own value, and the stride is "
        f"2.\n  x = {x[0].tolist()}\n  kernel = {w[0].tolist()}\n"
        "Write down the output as a list.",
        answer=right,
        mistakes={
            ADD: overwritten(x, w, 2)[0],
            FLIPPED: printed(x, w[:, ::-1], 2)[0],
            "That is stride 1.": printed(x, w, 1)[0],
            "That is stride 3, where the stamps do not touch.": printed(x, w, 3)[0],
        },
        hint="The first stamp begins at 0, the second at 2. They share one pixel.",
        solution=f"{right.tolist()}: the middle one is {x[0, 0]}·{w[0, 2]} + {x[0, 1]}·{w[0, 0]}.",
    )


def stamp(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    """Print the kernel w (kh, kw) once for every pixel of x (H, W), times its value."""
    (height, width), (kh, kw) = x.shape, w.shape
    y = np.zeros(((height - 1) * stride + kh, (width - 1) * stride + kw))
    for i in range(height):
        for j in range(width):
            y[i * stride : i * stride + kh, j * stride : j * stride + kw] += x[i, j] * w
    return y


def overwritten(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    """What comes out where a later stamp hides an earlier one."""
    (height, width), (kh, kw) = x.shape, w.shape
    y = np.zeros(((height - 1) * stride + kh, (width - 1) * stride + kw))
    for i in range(height):
        for j in range(width):
            y[i * stride : i * stride + kh, j * stride : j * stride + kw] = x[i, j] * w
    return y


def too_close(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    """What comes out where the stamps are one pixel apart, on a canvas of the right size."""
    right, close = stamp(x, w, stride), stamp(x, w, 1)
    y = np.zeros_like(right)
    y[: close.shape[0], : close.shape[1]] = close
    return y


@exercise("build-stamp")
def build_stamp(draw: Draw) -> Question:
    """Step 1 of conv_transpose2d: one map, one kernel, a stride."""
    shapes = [(1, 1, 1, 1), (1, 1, 2, 3), (1, 2, 1, 2), (2, 1, 2, 2), (2, 2, 2, 2), (2, 3, 3, 2)]
    return Function(
        task="Step 1 of three. Write stamp(x, w, stride): every pixel of the map x (H, W) prints "
        "the kernel w (kh, kw), times its value. Stamps are stride pixels apart, and where they "
        "overlap, they add. Return the whole output. NumPy alone is enough.",
        truth=printed,
        cases=[
            (draw.grid(h, w), draw.grid(kh, kw), stride)
            for h, w, kh, kw in shapes
            for stride in (1, 2, 3)
        ],
        mistakes={
            ADD: overwritten,
            FLIPPED: lambda x, w, stride: stamp(x, w[::-1, ::-1], stride),
            TOGETHER: too_close,
            "The kernel lies on its side: its rows are columns here.": lambda x, w, stride: stamp(
                x, w.T, stride
            ),
            "Every stamp is the kernel times the pixel's value, and yours is the kernel "
            "alone.": lambda x, w, stride: stamp(np.ones_like(x), w, stride),
        },
        hint="Make the output with np.zeros. Two loops over the pixels; in them, one line adds a "
        "block: y[… : … + kh, … : … + kw] += …",
        written=stamp,
    )


def upsample(
    x: np.ndarray, w: np.ndarray, stride: int, padding: int, output_padding: int
) -> np.ndarray:
    """Stamp, then cut `padding` pixels off all sides, but `output_padding` less at two of them."""
    (height, width), (kh, kw) = x.shape, w.shape
    rows, columns = (height - 1) * stride + kh, (width - 1) * stride + kw
    y = np.zeros((rows + output_padding, columns + output_padding))  # room for what no stamp prints
    for i in range(height):
        for j in range(width):
            y[i * stride : i * stride + kh, j * stride : j * stride + kw] += x[i, j] * w
    last_row, last_column = rows - padding + output_padding, columns - padding + output_padding
    return y[padding:last_row, padding:last_column]


def zeros_added(x: np.ndarray, w: np.ndarray, stride: int, padding: int, extra: int) -> np.ndarray:
    """What comes out where output padding is taken for a frame of zeros."""
    return np.pad(upsample(x, w, stride, padding, 0), ((0, extra), (0, extra)))


def cut_at_the_end(x: np.ndarray, w: np.ndarray, s: int, padding: int, extra: int) -> np.ndarray:
    """What comes out where all of the padding is cut at the bottom and at the right."""
    full, right = stamp(x, w, s), upsample(x, w, s, padding, extra)
    return np.pad(full, ((0, extra), (0, extra)))[: right.shape[0], : right.shape[1]]


@exercise("build-crop")
def build_crop(draw: Draw) -> Question:
    """Step 2 of conv_transpose2d: padding and output padding."""
    layers = [(1, 0, 0), (2, 0, 0), (1, 1, 0), (2, 1, 0), (2, 1, 1), (3, 1, 2), (2, 0, 1)]
    return Function(
        task="Step 2 of three. Write upsample(x, w, stride, padding, output_padding): stamp as in "
        "step 1, then cut padding pixels off every side, and give output_padding of them back at "
        "the bottom and at the right. Where padding has cut fewer than that, zeros take the rest.",
        truth=lambda x, w, s, p, extra: conv_transpose2d(
            x[None, None], w[None, None], stride=s, padding=p, output_padding=extra
        )[0, 0],
        cases=[
            (draw.grid(h, v), draw.grid(kh, kw), *layer)
            for h, v, kh, kw in [(2, 1, 3, 3), (2, 2, 3, 3), (2, 3, 3, 4)]
            for layer in layers
        ],
        mistakes={
            "Output padding does not add zeros: it leaves what the stamps have printed there "
            "uncut. Zeros come only where there is nothing left to give back.": zeros_added,
            "Nothing is cut at the top and at the left.": cut_at_the_end,
            "Output padding is given back at the bottom and at the right, and you give it back at "
            "the top and at the left.": lambda x, w, s, p, extra: upsample(
                x[::-1, ::-1], w[::-1, ::-1], s, p, extra
            )[::-1, ::-1],
            "The output padding is missing.": lambda x, w, s, p, extra: upsample(x, w, s, p, 0),
            "Padding is cut from the output, not put around the input.": lambda x, w, s, p, extra: (
                stamp(np.pad(x, p), w, s)
            ),
        },
        hint="Where does the last row that stays stand, on the canvas before it is cut? Mind that "
        "y[a:-0] is empty: count from the front.",
        written=upsample,
    )


def conv_transpose(
    x: np.ndarray, w: np.ndarray, stride: int, padding: int, output_padding: int
) -> np.ndarray:
    """Transposed convolution of x (N, in, H, W) with w (in, out, kh, kw)."""
    (n, _, height, width), (_, out, kh, kw) = x.shape, w.shape
    rows, columns = (height - 1) * stride + kh, (width - 1) * stride + kw
    y = np.zeros((n, out, rows + output_padding, columns + output_padding))
    for i in range(height):
        for j in range(width):
            stamps = np.einsum("nc,cokl->nokl", x[:, :, i, j], w)  # a sum over the channels in
            y[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw] += stamps
    last_row, last_column = rows - padding + output_padding, columns - padding + output_padding
    return y[:, :, padding:last_row, padding:last_column]


@exercise("build-channels")
def build_channels(draw: Draw) -> Question:
    """Step 3 of conv_transpose2d: several images, several channels."""
    shapes = [(1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1), (2, 3, 2), (2, 2, 2)]
    return Function(
        task="Step 3 of three. Write conv_transpose(x, w, stride, padding, output_padding) for "
        "images x (N, in, H, W) and a kernel w (in, out, kh, kw). Output channel o is the sum, "
        "over all channels c that come in, of what channel c stamps with w[c, o].",
        truth=lambda x, w, s, p, extra: conv_transpose2d(
            x, w, stride=s, padding=p, output_padding=extra
        ),
        cases=[
            (draw.grid(n, c, 2, 3), draw.grid(c, out, 3, 2), *layer)
            for n, c, out in shapes
            for layer in [(1, 0, 0), (2, 1, 1)]
        ],
        mistakes={
            "Only the first channel that comes in has been stamped.": lambda x, w, s, p, extra: (
                conv_transpose(x[:, :1], w[:1], s, p, extra)
            ),
            "The channels that come in must be added up, and you take their "
            "mean.": lambda x, w, s, p, extra: conv_transpose(x, w, s, p, extra) / len(w),
            "Every image has a canvas of its own, and you add the images "
            "up.": lambda x, w, s, p, extra: conv_transpose(x, w, s, p, extra).sum(0)[None],
            "Every output channel has a kernel of its own, w[c, o], and you use the first for "
            "all.": lambda x, w, s, p, extra: conv_transpose(
                x, np.repeat(w[:, :1], w.shape[1], 1), s, p, extra
            ),
        },
        hint="With einsum, the stamps of one pixel in all images and channels are one line: "
        'np.einsum("nc,cokl->nokl", x[:, :, i, j], w). Two more loops do it too.',
        written=conv_transpose,
    )
