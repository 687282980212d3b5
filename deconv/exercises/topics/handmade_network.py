"""Weights that nobody trained, second part: the whole network, and what it is good for."""

import inspect
from itertools import product

import numpy as np

from deconv import metrics
from deconv.architecture import Weights
from deconv.autoencoder import forward
from deconv.exercises.functions import Function
from deconv.exercises.questions import Choice, Draw, Question, Value, exercise, shuffled
from deconv.exercises.topics.quality import decibels

LEVELS = np.arange(256) / 127.5 - 1
"""The grey levels of a file, as pixels in [-1, 1]."""
CORNERS = [0, 7, 22, 44, 74, 184, 220, 244, 255]
"""Grey levels for `place-the-corners`: the best of 7,000 that were tried."""


def file_away(channels: int) -> np.ndarray:
    """Kernels that take each channel apart into four: (4·channels, channels, 3, 3)."""
    w = np.zeros((4 * channels, channels, 3, 3))
    for place in range(4):
        row, column = divmod(place, 2)
        for channel in range(channels):
            w[place * channels + channel, channel, 1 + row, 1 + column] = 1
    return w


def filed(channels: int, taps: tuple[int, int] = (1, 2)) -> np.ndarray:
    """The same as a Kronecker product, so that the solution is not its own witness."""
    places = np.zeros((4, 1, 3, 3))
    for place, (row, column) in enumerate(product(taps, repeat=2)):
        places[place, 0, row, column] = 1
    return np.kron(places, np.eye(channels)[..., None, None])


def by_channel(channels: int) -> np.ndarray:
    """The same kernels in another order: the four of the first channel first."""
    return (
        filed(channels)
        .reshape(4, channels, channels, 3, 3)
        .swapaxes(0, 1)
        .reshape(-1, channels, 3, 3)
    )


@exercise("build-filing")
def build_filing(draw: Draw) -> Question:
    """Kernels that take every map apart into four smaller ones."""
    return Function(
        task="Write file_away(channels): the kernels of a convolution with stride 2 and padding 1 "
        "that takes each of its channels apart into four maps, one for each place in the 2×2 "
        "blocks: top left, top right, bottom left, bottom right. Return an array (4·channels, "
        "channels, 3, 3). First come the top left pixels of all channels, then the top right ones "
        "of all channels, and so on.",
        truth=filed,
        cases=[(1,), (2,), (draw.randint(3, 12),)],
        mistakes={
            "Padding comes first: tap 0 reads the row, or the column, before the block.": (
                lambda channels: filed(channels, (0, 1))
            ),
            "Rows and columns have changed places.": lambda channels: filed(channels).swapaxes(
                2, 3
            ),
            "Each of these kernels is right, their order is not: the top left pixels of all "
            "channels come first.": by_channel,
            "Each map is made of one channel; these kernels add all of them up.": lambda channels: (
                np.repeat(filed(1), channels, axis=0).repeat(channels, axis=1)
            ),
        },
        hint="Loop over the four places and over the channels, and set one number to 1 each time. "
        "file-a-pixel has told you which tap reads the even rows, and which the odd ones.",
        written=file_away,
    )


def after_tanh(corners: np.ndarray) -> float:
    """PSNR of all grey levels, through a line with corners on artanh, and through tanh."""
    x = corners / 127.5 - 1
    line = np.interp(LEVELS, x, np.arctanh(0.999 * x))
    return decibels(float(np.mean((np.tanh(line) - LEVELS) ** 2)))


def are_corners(numbers: np.ndarray) -> bool:
    """Whether these are nine grey levels, from 0 to 255 and rising."""
    ends = numbers.shape == (9,) and numbers[0] == 0 and numbers[-1] == 255
    return bool(ends and (np.diff(numbers) > 0).all())


@exercise("place-the-corners")
def place_the_corners(draw: Draw) -> Question:
    """Choose where a broken line with eight pieces shall bend."""
    wanted = draw.choice([38, 39, 40, 41])
    even, ends, middle = (
        np.linspace(0, 255, 9),
        np.array([0, 1, 5, 25, 128, 230, 250, 254, 255]),
        np.array([0, 90, 110, 120, 128, 135, 145, 165, 255]),
    )

    def remark(numbers: np.ndarray) -> str:
        if not are_corners(numbers):
            return "Nine grey levels, please, each above the one before: the first 0, the last 255."
        return f"With these corners it has {after_tanh(numbers):.1f} dB."

    return Value(
        task="A picture has each of the 256 grey levels equally often. A broken line with eight "
        "straight pieces goes through artanh at its nine corners (through artanh(0.999·x), so that "
        "black and white are finite), and tanh comes after it. Choose the grey levels of the nine "
        f"corners, from 0 to 255, so that the picture has at least {wanted} dB: [0, …, 255].",
        answer=np.array(CORNERS),
        mistakes={
            f"Equal distances give {after_tanh(even):.1f} dB. Where is artanh bent most?": even,
            f"That gives {after_tanh(ends):.1f} dB: the corners are so close to black and white "
            "that nothing is left for what is between.": ends,
            f"That gives {after_tanh(middle):.1f} dB: in the middle artanh is almost straight and "
            "needs no corners.": middle,
        },
        hint="Straight pieces can be long where artanh is straight. It bends towards black and "
        "towards white, in the same way on both sides.",
        solution=f"For example {CORNERS}: {after_tanh(np.array(CORNERS)):.1f} dB. Close together "
        "at both ends, far apart in the middle.",
        accepts=lambda numbers: are_corners(numbers) and after_tanh(numbers) >= wanted,
        remark=remark,
    )


def decoder(thresholds: np.ndarray, bends: np.ndarray, offset: float) -> dict[str, np.ndarray]:
    """The decoder's arrays for the line offset + Σ bends[k]·ReLU(u − thresholds[k])."""
    n = len(bends)
    slopes = np.tile(bends, 4)[:, None, None, None]
    return {
        "decoder.deconv1.weight": np.repeat(file_away(4), n, axis=1),
        "decoder.deconv1.bias": -np.tile(thresholds, 4),
        "decoder.deconv2.weight": np.repeat(file_away(1), n, axis=0) * slopes,
        "decoder.deconv2.bias": np.array([offset]),
    }


def put_together(
    thresholds: np.ndarray, bends: np.ndarray, offset: float, mixed: bool = False
) -> dict[str, np.ndarray]:
    """The same from Kronecker products; `mixed` lets the copies of different maps alternate."""
    ones = np.ones(len(bends))[:, None, None]
    copies = np.kron(ones, filed(4)) if mixed else np.kron(filed(4), ones)
    pieces = np.asarray(bends, float)[:, None, None, None]
    return {
        "decoder.deconv1.weight": copies,
        "decoder.deconv1.bias": np.kron(np.ones(4), -np.asarray(thresholds)),
        "decoder.deconv2.weight": np.kron(filed(1), pieces),
        "decoder.deconv2.bias": np.full(1, offset),
    }


@exercise("decoder-by-hand")
def decoder_by_hand(draw: Draw) -> Question:
    """Write the numbers of both transposed layers."""
    cases = []
    for n in (1, 2, 3):
        thresholds = np.cumsum(draw.grid(n, high=3)) / 4
        bends = np.array(draw.sample([-4, -3, -2, 2, 3, 4, 5], n)) / 2
        cases.append((thresholds, bends, draw.randint(-9, -1) / 2))
    return Function(
        task="A line with n pieces is offset + Σ bends[k]·ReLU(u − thresholds[k]). Write "
        "decoder(thresholds, bends, offset): the arrays of both transposed layers (kernel 3, "
        "stride 2, padding 1, output padding 1) that turn the 16 maps of file_away(4) back into "
        "one picture and apply this line to each of its pixels. Return a dictionary:\n"
        '  "decoder.deconv1.weight"  (16, 4·n, 3, 3)  four maps, n copies of each side by side\n'
        '  "decoder.deconv1.bias"    (4·n,)           then comes the ReLU\n'
        '  "decoder.deconv2.weight"  (4·n, 1, 3, 3)\n'
        '  "decoder.deconv2.bias"    (1,)',
        truth=put_together,
        cases=cases,
        mistakes={
            "A bias is added, and u − threshold shall be left.": lambda t, b, o: put_together(
                -t, b, o
            ),
            "The copies of one map stand side by side; yours alternate with those of the "
            "others.": lambda t, b, o: put_together(t, b, o, mixed=True),
            "These are slopes. Each piece goes on, so the next one adds its bend "
            "only.": lambda t, b, o: put_together(t, np.cumsum(b), o),
            "Before its first threshold the line has the height `offset`, and yours has 0 there. "
            "Which array can hold it?": lambda t, b, o: put_together(t, b, 0.0),
            "In deconv2 every copy has the bend of its own piece.": lambda t, b, o: (
                put_together(t, b, o)
                | {"decoder.deconv2.weight": np.kron(filed(1), np.ones((len(b), 1, 1, 1)))}
            ),
        },
        hint="The kernels that file a pixel away put it back. np.repeat(file_away(4), n, "
        "axis=1) makes n copies side by side; thresholds come four times, one set for each map.",
        written=decoder,
        needs=f"import numpy as np\n\n\n{inspect.getsource(file_away)}\n",
    )


def network(corners: np.ndarray) -> Weights:
    """A whole autoencoder by hand, with a line that has these grey levels as its corners."""
    x = corners / 127.5 - 1
    slopes = np.diff(np.arctanh(0.999 * x)) / np.diff(x)
    return {
        "encoder.conv1.weight": filed(1),
        "encoder.conv1.bias": np.ones(4),
        "encoder.conv2.weight": filed(4),
        "encoder.conv2.bias": np.zeros(16),
        **put_together(x[:-1] + 1, np.diff(slopes, prepend=0), float(np.arctanh(0.999 * x[0]))),
    }


@exercise("noise-by-hand")
def noise_by_hand(draw: Draw) -> Question:
    """What a network that knows nothing of garments makes of noise."""
    weights = network(np.array(CORNERS))
    noise = draw.grid(8, 28, 28, low=0, high=255) / 127.5 - 1
    scenes = np.linspace(-1, 1, 28)[:, None] * draw.grid(8, 1, 28, low=-99, high=99) / 99

    def quality(images: np.ndarray) -> float:
        drawn = forward(weights, images[:, None]).deconv2[:, 0]
        return float(metrics.psnr(drawn.clip(-1, 1), images).mean())

    on_noise, on_scenes = quality(noise), quality(scenes)
    options = {
        "far worse than of smooth pictures: noise has no structure that it could use": (
            "Which of its numbers looks at two pixels at once?"
        ),
        "about as well as of any other picture": "Think again.",
        "a smooth picture: noise is taken away": (
            "To take noise away, a layer has to look at a pixel's neighbours. Does one?"
        ),
        "nothing: it stays black": "Every pixel goes its way, whatever its neighbours are.",
    }
    worse, alike, smooth, black = options
    right = alike if abs(on_noise - on_scenes) < 6 else worse if on_noise > 12 else smooth
    return Choice(
        question="The network that was written by hand gets a picture of pure noise: each pixel "
        "has a grey level thrown with dice. What does it make of it?",
        options=options,
        right=right if on_noise > 3 else black,
        hint="Follow one pixel through the four layers. Where does it meet another one?",
        because=f"Tried just now, with corners at {CORNERS}: {on_noise:.1f} dB for noise, "
        f"{on_scenes:.1f} dB for smooth pictures. A network that draws its input well need not "
        "know anything of what is on it.",
        order=shuffled(draw, len(options)),
    )
