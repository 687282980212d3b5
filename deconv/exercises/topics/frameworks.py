"""Where two frameworks mean different things by the same word."""

from typing import Any

import numpy as np

from deconv.arithmetic import conv2d, conv_output_size, conv_transpose2d, output_size
from deconv.arithmetic.geometry import Axis
from deconv.exercises.framework_layer import LayerInFramework
from deconv.exercises.functions import Function
from deconv.exercises.questions import Choice, Draw, Question, Value, exercise, shuffled
from deconv.exercises.topics.stamps import ADD, FLIPPED, overwritten


@exercise("same-padding")
def same_padding(draw: Draw) -> Question:
    """How many zeros Keras' "same" puts before a picture, and after it."""
    k, s = draw.choice([(3, 2), (5, 2), (7, 2), (4, 3), (6, 3), (5, 4), (7, 4)])
    n = s * draw.randint(4, 9)
    total = (n // s - 1) * s + k - n
    before = total // 2
    assert conv_output_size(n + total, k, s) == n // s
    return Value(
        task=f'Keras: a convolution with kernel {k}, stride {s} and padding="same" makes {n // s} '
        f"rows of {n}. It pads as little as it can, and where that is an odd number, the one more "
        "goes to the end. How many rows of zeros does it put before the picture, and how many "
        "after it? [before, after]",
        answer=(before, total - before),
        mistakes={
            "The one more goes to the end.": (total - before, before),
            "That is padding as PyTorch means it, the same on both sides. It pads more than is "
            "needed here.": ((k - 1) // 2, (k - 1) // 2),
            "Without any there would be fewer rows.": (0, 0),
        },
        hint="The last kernel position begins at (output − 1)·stride and is a kernel long. How "
        "many rows are missing there?",
        solution=f"({n // s} − 1)·{s} + {k} = {n + total}, so {total} rows are missing: {before} "
        f"before, {total - before} after.",
    )


@exercise("same-shift")
def same_shift(draw: Draw) -> Question:
    """What Keras' transposed "same" makes, and PyTorch does not."""
    x, w = draw.grid(3), draw.grid(3)
    full = conv_transpose2d(x[None, None, None], w[None, None, None], stride=(1, 2))[0, 0, 0]
    layer: dict[str, Any] = {"stride": (1, 2), "padding": (0, 1), "output_padding": (0, 1)}
    theirs = conv_transpose2d(x[None, None, None], w[None, None, None], **layer)[0, 0, 0]
    return Value(
        task=f"One axis: x = {x.tolist()}, kernel = {w.tolist()}, stride 2. The stamps print seven "
        "numbers. PyTorch, with padding 1 and output padding 1, cuts the first one. Keras' "
        '"same" makes six numbers too, and cuts the last one. Write Keras\' six numbers down.',
        answer=full[:6],
        mistakes={
            "That is what PyTorch makes.": theirs,
            "All seven: one must be cut.": full,
            FLIPPED: conv_transpose2d(
                x[None, None, None], w[None, None, None, ::-1], stride=(1, 2)
            )[0, 0, 0, :6],
            ADD: overwritten(x[None], w[None], 2)[0, :6],
        },
        hint="Print the stamps as always, then cut at the far end.",
        solution=f"{full[:6].tolist()}, and PyTorch has {theirs.tolist()}: the same numbers, one "
        "pixel further left.",
    )


def to_pytorch(kernel: np.ndarray) -> np.ndarray:
    """Reorder a kernel of Keras' Conv2DTranspose, (height, width, out, in), for PyTorch."""
    return kernel.transpose(3, 2, 0, 1)  # (in, out, height, width)


@exercise("build-kernel-axes")
def build_kernel_axes(draw: Draw) -> Question:
    """Carry a kernel from Keras to PyTorch."""
    shapes = [(1, 1, 1, 2), (2, 1, 1, 1), (2, 3, 1, 1), (2, 2, 2, 3), (3, 2, 2, 2)]
    return Function(
        task="Write to_pytorch(kernel): the kernel of a Keras Conv2DTranspose has the axes "
        "(height, width, out, in). Return it with those of PyTorch's ConvTranspose2d, "
        "(in, out, height, width).",
        truth=lambda kernel: np.einsum("hwoi->iohw", kernel),
        cases=[(draw.grid(*shape, high=99),) for shape in shapes],
        mistakes={
            "reshape keeps the numbers in their order and so puts them in wrong places. Move the "
            "axes.": lambda kernel: kernel.reshape(
                kernel.shape[3], kernel.shape[2], *kernel.shape[:2]
            ),
            "in and out have changed places.": lambda kernel: kernel.transpose(2, 3, 0, 1),
            "Nothing is flipped between the two.": lambda kernel: to_pytorch(kernel[::-1, ::-1]),
            "Rows and columns have changed places.": lambda kernel: kernel.T,
        },
        hint="transpose takes the old places of the axes, in their new order.",
        written=to_pytorch,
    )


@exercise("mirror-theorem")
def mirror_theorem(draw: Draw) -> Question:
    """Padding at the end, seen in a mirror."""
    x, w = draw.grid(1, 1, 8, 8), draw.grid(1, 1, 3, 3)

    def same(x: np.ndarray, w: np.ndarray) -> np.ndarray:  # one row of zeros, at the end
        return conv2d(np.pad(x, ((0, 0), (0, 0), (0, 1), (0, 1))), w, stride=2)

    turned_x, turned_w = x[..., ::-1, ::-1], w[..., ::-1, ::-1]
    ours = conv2d(x, w, stride=2, padding=1)
    truths = {
        "the same picture, for the same kernel": same(x, w),
        "the same picture, if the kernel is flipped": same(x, turned_w),
        "the mirrored picture, if the kernel and the input are flipped": same(turned_x, turned_w)[
            ..., ::-1, ::-1
        ],
        "the mirrored picture, if the input is flipped": same(turned_x, w)[..., ::-1, ::-1],
    }
    names = list(truths)
    return Choice(
        question='A convolution with kernel 3 and stride 2: Keras\' "same" puts a row of zeros '
        "after the picture, PyTorch's padding 1 puts one before it (the one after it is not read, "
        "for even sizes). Compared with PyTorch's layer, Keras' makes …",
        options={
            names[0]: "It reads every second pixel too, but other ones.",
            names[1]: "Flipping the kernel alone mixes other pixels together.",
            names[2]: "Think again.",
            names[3]: "The kernel meets the mirrored input as it is, so it meets other pixels.",
        },
        right=next(name for name, made in truths.items() if np.array_equal(made, ours)),
        hint="Look at both in a mirror: what is before becomes after.",
        because="In the mirror, the zeros stand at the other end. So a whole network of such "
        "layers is the mirror image of the other one.",
        order=shuffled(draw, len(names)),
    )


@exercise("epsilon-hat")
def epsilon_hat(draw: Draw) -> Question:
    """Which epsilon makes both frameworks' Adams take the same step."""
    beta, t = draw.choice([0.9, 0.95, 0.99]), draw.randint(1, 5)
    epsilon = 10.0 ** -draw.randint(3, 6)
    right = epsilon * np.sqrt(1 - beta**t)
    return Value(
        task=f"PyTorch's Adam divides by √(v / (1 − β^t)) + ε, Keras' by √v + ε̂ and moves the "
        f"factor √(1 − β^t) into the learning rate. β = {beta}, and in step t = {t} PyTorch has "
        f"ε = {epsilon:g}. With which ε̂ does Keras take the same step? Three digits are "
        "enough.",
        answer=right,
        mistakes={
            "They are not the same: take the factor out of PyTorch's sum.": epsilon,
            "The factor has a root.": epsilon * (1 - beta**t),
            "The other way round: Keras' is the smaller one.": epsilon / np.sqrt(1 - beta**t),
            "That is the factor of the next step.": epsilon * np.sqrt(1 - beta ** (t + 1)),
        },
        hint="Multiply √(v / (1 − β^t)) + ε by √(1 − β^t).",
        solution=f"{epsilon:g}·√(1 − {beta}^{t}) = {right:.4g}. It "
        "changes with t, so no single ε̂ is right for all steps.",
        tolerance=0.005 * right,
    )


@exercise("batch-norm-momentum")
def batch_norm_momentum(draw: Draw) -> Question:
    """The same running mean by two conventions of momentum."""
    kept = draw.choice([0.8, 0.9, 0.95, 0.99])
    old, new = draw.randint(1, 9), draw.randint(11, 30)
    right = kept * old + (1 - kept) * new
    return Value(
        task=f"Batch normalisation keeps a running mean. In Keras, momentum is the share of the "
        f"old mean that is kept; in PyTorch it is the share of the new one that comes in. Keras "
        f"has momentum {kept}, the running mean is {old} and a batch has the mean {new}. Write "
        "down the running mean after this batch, and the momentum that PyTorch needs to do the "
        "same: [mean, momentum].",
        answer=(right, 1 - kept),
        mistakes={
            "The mean is right. PyTorch's momentum is the other share.": (right, kept),
            "The batch weighs little, the old mean much.": (old + new - right, 1 - kept),
            "Both shares must be added up.": (kept * old, 1 - kept),
            "That is the plain mean of the two.": ((old + new) / 2, 1 - kept),
        },
        hint="Two shares that add up to 1.",
        solution=f"{kept}·{old} + {1 - kept:.2g}·{new} = {right:.4g}; PyTorch: {1 - kept:.2g}",
        tolerance=1e-3,
    )


@exercise("weight-decay")
def weight_decay(draw: Draw) -> Question:
    """What decoupled weight decay does to a weight that has no gradient."""
    weight, rate = draw.randint(2, 9), draw.choice([0.1, 0.2, 0.5])
    decay = draw.choice([0.01, 0.02, 0.05])
    right = weight * (1 - rate * decay) ** 2
    return Value(
        task=f"AdamW: a weight is {weight}, the learning rate {rate}, the weight decay {decay}, "
        "and its gradient is 0 in every step. Which value has it after two steps? Four decimals.",
        answer=right,
        mistakes={
            "The decay is a fraction of the learning rate here.": weight * (1 - decay) ** 2,
            "That is one step.": weight * (1 - rate * decay),
            "A share of the weight is taken away, not a fixed amount.": weight - 2 * rate * decay,
            "It takes the weight towards zero, it does not push it away.": (
                weight * (1 + rate * decay) ** 2
            ),
            "Decoupled: it does not go through Adam, which would make a whole learning rate of "
            "it.": weight - 2 * rate,
        },
        hint="Each step takes rate · decay · weight away, beside whatever Adam does.",
        solution=f"{weight}·(1 − {rate}·{decay})² = {right:.4f}",
        tolerance=1e-4,
    )


@exercise("how-far-apart")
def how_far_apart(draw: Draw) -> Question:
    """How far apart two correct computations of one layer are."""
    numbers = [
        np.array(draw.grid(*shape, low=-999, high=999) / 999, np.float32)
        for shape in ((1, 16, 7, 7), (16, 8, 3, 3))
    ]
    x, w = numbers
    layer: dict[str, Any] = {"stride": 2, "padding": 1, "output_padding": 1}
    one = conv_transpose2d(x, w, method="scatter", **layer)
    other = conv_transpose2d(x[:, ::-1], w[::-1], method="gradient", **layer)
    apart = float(np.abs(one - other).max())
    options = {
        "exactly 0": "Sums are added in another order, and float32 rounds after every addition.",
        "about 1/1,000,000": "Compute it: the same layer with two methods of conv_transpose2d.",
        "about 1/1,000": "A float32 has about seven digits.",
        "about 1/4": "That is what one shifted pixel does.",
    }
    sizes = dict(zip(options, (1e-12, 1e-6, 1e-3, 0.25), strict=True))
    return Choice(
        question="Two frameworks compute the same layer with the same weights and the same input, "
        "in float32, with values around 1. How large is the largest difference?",
        options=options,
        right=min(options, key=lambda name: abs(np.log(sizes[name] / max(apart, 1e-12)))),
        hint="How many digits has a float32? In which order does each of them add?",
        because=f"Two methods of this project's conv_transpose2d were {apart:.1g} apart just now.",
        order=shuffled(draw, len(options)),
    )


@exercise("layer-that-fits")
def layer_that_fits(draw: Draw) -> Question:
    """Make a layer in PyTorch or Keras that stamps as you want it."""
    k, n = draw.choice([3, 4, 5, 6]), draw.randint(5, 9)
    padding, extra = (k - 1) // 2, k % 2
    return LayerInFramework(Axis(n, output_size(n, k, 2, padding, extra), k, 2, padding), extra)
