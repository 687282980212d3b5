"""Parameters and multiplications: what a layer has to learn and what it costs."""

from deconv.architecture import Layer, Upsampler, doubling
from deconv.arithmetic import macs
from deconv.exercises.questions import Draw, Question, Value, exercise
from deconv.exercises.topics.layers import CHANNELS

FORGOT_BIAS = "Each channel that goes out has a bias too."


def autoencoder(first: int, second: int) -> tuple[Layer, ...]:
    """The four layers of the baseline with other numbers of channels."""
    return (
        Layer("conv1", 1, first, 3, 14**2, (first, 14, 14)),
        Layer("conv2", first, second, 3, 7**2, (second, 7, 7)),
        doubling("transposed", 1, second, first, 7),
        doubling("transposed", 2, first, 1, 14),
    )


@exercise("parameters-of-a-layer")
def parameters_of_a_layer(draw: Draw) -> Question:
    """How many numbers one transposed layer learns."""
    (into, out), k = draw.sample(CHANNELS, 2), draw.choice([2, 3, 4, 5])
    right = Layer("deconv", into, out, k, 1, (), transposed=True).parameters
    return Value(
        task=f"A transposed convolution goes from {into} to {out} channels with a kernel of "
        f"{k}×{k} and a bias. How many parameters does it have?",
        answer=right,
        mistakes={
            FORGOT_BIAS: right - out,
            "The bias belongs to what goes out, not to what comes in.": right - out + into,
            "Every channel that goes out looks at every one that comes in.": out * k * k + out,
            "There is one bias for each channel, not for each weight of it.": 2 * (right - out),
        },
        hint="Count the weights: one kernel for each pair of an input and an output channel.",
        solution=f"{into}·{out}·{k}·{k} + {out} = {right}",
    )


@exercise("parameters-of-the-network")
def parameters_of_the_network(draw: Draw) -> Question:
    """How many numbers the whole autoencoder learns."""
    first = draw.choice([4, 6, 8, 12, 16])
    layers = autoencoder(first, 2 * first)
    right = sum(layer.parameters for layer in layers)
    biases = sum(layer.out_channels for layer in layers)
    return Value(
        task=f"The autoencoder of this course with fewer channels: 1→{first}→{2 * first} down, "
        f"{2 * first}→{first}→1 up, every kernel 3×3, every layer with a bias. How many "
        "parameters does it have?",
        answer=right,
        mistakes={
            FORGOT_BIAS: right - biases,
            "That is the encoder alone.": sum(layer.parameters for layer in layers[:2]),
            "The decoder does not have the same number of biases as the encoder.": (
                2 * sum(layer.parameters for layer in layers[:2])
            ),
            "The layers of the decoder have biases too.": (
                right - sum(layer.out_channels for layer in layers[2:])
            ),
        },
        hint="in · out · 3 · 3 + out for each of the four layers.",
        solution=f"{' + '.join(str(layer.parameters) for layer in layers)} = {right}",
    )


@exercise("macs-of-a-layer")
def macs_of_a_layer(draw: Draw) -> Question:
    """How many multiplications a transposed layer takes."""
    (into, out), n, k = draw.sample(CHANNELS, 2), draw.randint(5, 9), draw.choice([2, 3, 4])
    right = macs(n, k, in_channels=into, out_channels=out, stride=2)["scatter"]
    return Value(
        task=f"A transposed convolution gets {n}×{n} pixels with {into} channels and makes {out} "
        f"channels of them. The kernel is {k}×{k}, the stride 2. Every pixel prints its stamps "
        "whole, also where padding cuts them off later. How many multiplications are that for one "
        "image?",
        answer=right,
        mistakes={
            "That is once for every pixel of an output that is twice as large. But it is the "
            "input's pixels that stamp.": 4 * right,
            "Every channel that comes in stamps on every one that goes out.": right // into,
            "That is for a single pixel.": right // (n * n),
            "A stamp has rows and columns.": right // k,
        },
        hint="How many numbers has the stamp of one pixel, in one channel? How many pixels, how "
        "many pairs of channels?",
        solution=f"{n}·{n} · {into}·{out} · {k}·{k} = {right}",
    )


@exercise("ways-up-parameters")
def ways_up_parameters(draw: Draw) -> Question:
    """What three ways up have to learn."""
    into, out = draw.sample(CHANNELS, 2)
    arms: tuple[Upsampler, ...] = ("transposed", "subpixel", "nearest")
    right = [doubling(arm, 1, into, out, 7).parameters for arm in arms]
    shuffle_bias = [right[0], 4 * into * out * 9 + out, right[2]]
    return Value(
        task=f"Three ways from {into} channels to {out} channels of twice the size, each with "
        "3×3 kernels and biases: a transposed convolution; a convolution that makes four values "
        "for each pixel of the output channels, laid out 2×2 (subpixel); repeating each pixel, "
        "then a convolution (nearest). How many parameters does each have? […, …, …]",
        answer=right,
        mistakes={
            "Each of the subpixel layer's values is a channel of its convolution.": [right[0]] * 3,
            "The subpixel layer's convolution has a bias for every channel that it makes.": (
                shuffle_bias
            ),
            FORGOT_BIAS: [into * out * 9, 4 * into * out * 9, into * out * 9],
            "Repeating pixels costs nothing and needs no weights of its own.": [
                right[0],
                right[1],
                right[1],
            ],
        },
        hint="in · out · 3 · 3 + out: what is out for each of the three convolutions?",
        solution=f"{right}: subpixel has 4·{out} channels before the pixels are laid out.",
    )


@exercise("unet-channels")
def unet_channels(draw: Draw) -> Question:
    """How many channels a layer gets behind a shortcut."""
    first, second = draw.sample(CHANNELS, 2)
    right = first + second
    layer = Layer("up", right, 1, 3, 14**2, (), transposed=True)
    return Value(
        task=f"A decoder in the manner of U-Net: its first layer makes {first} channels of 14×14. "
        f"The encoder's {second} channels of 14×14 are laid beside them. The last layer, a "
        "transposed convolution with kernel 3 and a bias, makes 1 channel of all of that. How "
        "many parameters does it have?",
        answer=layer.parameters,
        mistakes={
            "The shortcut brings channels that need weights too.": first * 9 + 1,
            "These are the shortcut's alone.": second * 9 + 1,
            FORGOT_BIAS: right * 9,
            "Laid beside them, not added to them or multiplied.": first * second * 9 + 1,
        },
        hint="How many channels come in, all together?",
        solution=f"({first} + {second})·1·3·3 + 1 = {layer.parameters}",
    )
