"""Latents that are smaller than the picture."""

from typing import Any

import numpy as np

from deconv.architecture import dense
from deconv.arithmetic import conv_transpose2d
from deconv.exercises.functions import Function
from deconv.exercises.questions import Choice, Draw, Question, Value, exercise, shuffled


@exercise("numbers-per-pixel")
def numbers_per_pixel(draw: Draw) -> Question:
    """How many latent numbers there are for each pixel."""
    halvings, channels, colours = draw.randint(2, 3), draw.choice([8, 24, 48, 96]), 1
    side = 8 * draw.randint(3, 8)
    grid = side // 2**halvings
    right = channels / 4**halvings
    return Value(
        task=f"An encoder halves a grey picture of {side}×{side} pixels {halvings} times and ends "
        f"with {channels} channels. How many latent numbers are there for each pixel of the "
        "picture? Below 1 it compresses.",
        answer=right,
        mistakes={
            "That is the other way round: pixels for each latent number.": 1 / right,
            "Halving takes away rows and columns.": channels / 2**halvings,
            "That is the size of the latent. How many pixels share it?": grid * grid * channels,
            "The picture has become smaller, not only deeper.": channels / colours,
        },
        hint="Each halving leaves a quarter of the pixels. Each of those has as many numbers as "
        "there are channels.",
        solution=f"{grid}·{grid}·{channels} / ({side}·{side}) = {channels} / {4**halvings} = "
        f"{right:g}",
        tolerance=1e-3,
    )


@exercise("bottleneck-parameters")
def bottleneck_parameters(draw: Draw) -> Question:
    """What two dense layers around a small latent have to learn."""
    channels, numbers = draw.choice([16, 32, 64, 96]), draw.choice([8, 16, 24, 48, 128])
    full = channels * 7 * 7
    pair = dense("in", full, numbers), dense("out", numbers, full)
    right = sum(layer.parameters for layer in pair)
    return Value(
        task=f"Between encoder and decoder, which meet at {channels} channels of 7×7, one dense "
        f"layer squeezes everything to {numbers} numbers and another one makes it {full} again, "
        "both with biases. How many parameters do the two have together?",
        answer=right,
        mistakes={
            "The biases are missing.": 2 * full * numbers,
            "That is the first of the two.": pair[0].parameters,
            "That is the second of the two.": pair[1].parameters,
            "A dense layer sees every number of every channel.": (
                2 * channels * numbers + channels + numbers
            ),
        },
        hint="A dense layer has a weight for each pair of an input and an output, and a bias for "
        "each output.",
        solution=f"{full}·{numbers} + {numbers} + {numbers}·{full} + {full} = {right}",
    )


def squeeze(rows: np.ndarray, k: int) -> np.ndarray:
    """Describe each row by its k principal components and write it again from those."""
    mean = rows.mean(axis=0)
    _, _, directions = np.linalg.svd(rows - mean, full_matrices=False)
    kept = (rows - mean) @ directions[:k].T  # (N, k)
    return kept @ directions[:k] + mean


def by_eigenvectors(rows: np.ndarray, k: int) -> np.ndarray:
    """The same from the covariance: the project's way (`deconv.study.linear`), for any size."""
    centred = rows - rows.mean(0)
    _, vectors = np.linalg.eigh(centred.T @ centred)  # eigenvalues rise
    chosen = vectors[:, vectors.shape[1] - k :]
    return centred @ chosen @ chosen.T + rows.mean(0)


def without_mean(rows: np.ndarray, k: int) -> np.ndarray:
    """What comes out where the mean is not taken away first."""
    _, _, directions = np.linalg.svd(rows, full_matrices=False)
    return rows @ directions[:k].T @ directions[:k]


def weakest(rows: np.ndarray, k: int) -> np.ndarray:
    """What comes out where the directions of the smallest variance are kept."""
    mean = rows.mean(axis=0)
    directions = np.linalg.svd(rows - mean, full_matrices=False)[2][::-1][:k]
    return (rows - mean) @ directions.T @ directions + mean


@exercise("build-pca")
def build_pca(draw: Draw) -> Question:
    """Squeeze pictures to k numbers each, and write them again."""
    return Function(
        task="Write squeeze(rows, k): rows is (N, pixels), a picture in each row. Find the mean "
        "row and the k directions in which the rows differ most from it, each at right angles to "
        "those before. Keep only how far each row goes in these directions, and write the rows "
        "again from that. Same shape.",
        truth=by_eigenvectors,
        cases=[(draw.grid(n, m) / 1.0, k) for n, m, k in [(5, 2, 1), (6, 3, 1), (7, 4, 2)]],
        mistakes={
            "Take the mean row away first.": without_mean,
            "Add the mean row again at the end.": lambda rows, k: squeeze(rows, k) - rows.mean(0),
            "These are the directions in which the rows differ least.": weakest,
            "That is one direction too many.": lambda rows, k: by_eigenvectors(rows, k + 1),
        },
        hint="np.linalg.svd(rows − mean, full_matrices=False) returns the directions as the rows "
        "of its third result, the strongest first.",
        written=squeeze,
        tolerance=1e-6,
    )


@exercise("latent-or-pixels")
def latent_or_pixels(draw: Draw) -> Question:
    """Which linear code of k numbers has the smallest squared error."""
    rng = np.random.default_rng(draw.randrange(10**6))
    rows = rng.normal(size=(200, 12)) @ rng.normal(size=(12, 12)) + rng.normal(size=12)
    centred = rows - rows.mean(0)

    def error(directions: np.ndarray) -> float:
        code = centred @ directions.T
        back = code @ np.linalg.lstsq(code, centred, rcond=None)[0]
        return float(((back - centred) ** 2).mean())

    errors = {
        "the k strongest principal components of the pixels": error(
            np.linalg.svd(centred, full_matrices=False)[2][:4]
        ),
        "every n-th pixel": error(np.eye(12)[::3]),
        "k sums of the pixels with random weights": error(rng.normal(size=(4, 12))),
        "the k brightest pixels of the mean picture": error(
            np.eye(12)[np.argsort(-rows.mean(0))[:4]]
        ),
    }
    names = list(errors)
    return Choice(
        question="A picture is described by k numbers, each a weighted sum of its pixels, and is "
        "written again from these k numbers by weighted sums. Which k numbers give the smallest "
        "mean squared error?",
        options={
            names[0]: "Think again.",
            names[1]: "What lies between these pixels is only guessed.",
            names[2]: "They see everything, but directions in which pictures hardly differ weigh "
            "as much as others.",
            names[3]: "A pixel that is bright in all pictures says nothing about any of them.",
        },
        right=min(errors, key=lambda name: errors[name]),
        hint="Which of them look at how the pictures differ?",
        because="No linear code has a smaller error (Eckart and Young 1936). On made-up pictures: "
        + ", ".join(f"{name}: {value:.1f}" for name, value in errors.items()),
        order=shuffled(draw, len(names)),
    )


@exercise("between-two-garments")
def between_two_garments(draw: Draw) -> Question:
    """When the middle of two latents is the middle of two pictures."""
    w = draw.grid(2, 1, 3, 3, low=-9)
    latents = draw.grid(2, 2, 4, 4, low=-9)
    layer: dict[str, Any] = {"stride": 2, "padding": 1}

    def mixes(bias: float, bend: bool) -> bool:
        def decode(z: np.ndarray) -> np.ndarray:
            y = conv_transpose2d(z[None], w, **layer) + bias
            return np.maximum(y, 0) if bend else y

        middle = decode(latents.mean(0))
        return bool(np.allclose(middle, (decode(latents[0]) + decode(latents[1])) / 2))

    truths = {
        "for every decoder": mixes(0.0, True),
        "where it has nothing but transposed convolutions, with or without biases": (
            mixes(7.0, False)
        ),
        "only where its layers have no biases either": mixes(0.0, False) and not mixes(7.0, False),
        "for no decoder at all": not mixes(0.0, False),
    }
    every, plain, _, _ = names = list(truths)
    return Choice(
        question="The latents of two garments are averaged and decoded. When is that the same as "
        "the average of the two decoded pictures?",
        options={
            every: "Then a decoder would be of no use: ReLU and tanh bend.",
            plain: "Try it with conv_transpose2d.",
            names[2]: "Put a bias into both sides: half of it and half of it is the whole.",
            names[3]: "Stamps add up: what does a sum of two inputs print?",
        },
        right=next(name for name in names if truths[name]),
        hint="The stamps of a sum are the sum of the stamps. What breaks this in the decoder of "
        "this course?",
        because="The layers are linear up to a bias, and a mean keeps both. ReLU and tanh do not: "
        "that is why the middle of two latents can look like a garment, and the middle of two "
        "pictures like a double exposure.",
        order=shuffled(draw, len(names)),
    )
