"""Where decoders are used: masks and denoising."""

import numpy as np

from deconv import metrics
from deconv.exercises.functions import Function
from deconv.exercises.questions import Draw, Question, Value, exercise


def mean_iou(predicted: np.ndarray, classes: np.ndarray) -> float:
    """Mean, over the classes that occur, of intersection over union."""
    shares = []
    for number in np.union1d(predicted, classes):
        one, other = predicted == number, classes == number
        shares.append((one & other).sum() / (one | other).sum())
    return float(np.mean(shares))


@exercise("build-iou")
def build_iou(draw: Draw) -> Question:
    """Write the measure of a segmentation."""

    def dice(p: np.ndarray, c: np.ndarray) -> float:
        found = np.union1d(p, c)
        return float(
            np.mean(
                [2 * ((p == n) & (c == n)).sum() / ((p == n).sum() + (c == n).sum()) for n in found]
            )
        )

    def in_truth(p: np.ndarray, c: np.ndarray) -> float:
        found = np.unique(c)
        return float(
            np.mean([((p == n) & (c == n)).sum() / ((p == n) | (c == n)).sum() for n in found])
        )

    def per_image(p: np.ndarray, c: np.ndarray) -> float:
        return float(np.mean([mean_iou(one, other) for one, other in zip(p, c, strict=True)]))

    shapes = [(1, 1, 3), (1, 2, 3), (2, 2, 3), (3, 3, 3)]
    return Function(
        task="Write mean_iou(predicted, classes): both are (N, H, W) with the number of each "
        "pixel's class. For each class that occurs in either: the pixels of all images that "
        "have it in both, over those that have it in either. Return the mean over these classes.",
        truth=metrics.mean_iou,
        cases=[
            (draw.grid(*shape, low=0, high=3), draw.grid(*shape, low=0, high=2)) for shape in shapes
        ],
        mistakes={
            "That is the share of right pixels. A large background hides everything in "
            "it.": lambda p, c: float((p == c).mean()),
            "That is the Dice coefficient, which counts the intersection twice.": dice,
            "A class that was predicted and is nowhere counts too: it has a share of 0.": in_truth,
            "Count over all images together, not image by image.": per_image,
        },
        hint="np.union1d gives the classes that occur. & and | of two masks are intersection and "
        "union.",
        written=mean_iou,
    )


@exercise("noisy-step")
def noisy_step(draw: Draw) -> Question:
    """What a pixel becomes on the way to noise."""
    pixel, noise = draw.randint(1, 9) / 10, draw.choice([-1.5, -0.8, 0.7, 1.2])
    kept = draw.choice([0.3, 0.5, 0.6, 0.8, 0.9])
    right = np.sqrt(kept) * pixel + np.sqrt(1 - kept) * noise
    return Value(
        task=f"A diffusion model mixes pictures x with noise ε of variance 1 so that the variance "
        f"stays 1: a share ᾱ = {kept} of the variance comes from the picture, the rest from the "
        f"noise. A pixel is {pixel}, its noise {noise}. What is the mixture? Three decimals.",
        answer=right,
        mistakes={
            "The shares are shares of the variance: take roots.": kept * pixel + (1 - kept) * noise,
            "The other way round: ᾱ belongs to the picture.": (
                np.sqrt(1 - kept) * pixel + np.sqrt(kept) * noise
            ),
            "The noise must make room for the picture.": np.sqrt(kept) * pixel + noise,
            "That adds noise to the whole picture: the variance grows.": (
                pixel + np.sqrt(1 - kept) * noise
            ),
        },
        hint="Variances add, and a factor changes the variance by its square.",
        solution=f"√{kept}·{pixel} + √{1 - kept:.1f}·{noise} = {right:.4f}",
        tolerance=2e-3,
    )


@exercise("estimate-the-picture")
def estimate_the_picture(draw: Draw) -> Question:
    """From the guessed noise back to the picture."""
    mixture, noise = draw.randint(-9, 9) / 10, draw.randint(-15, 15) / 10
    kept = draw.choice([0.2, 0.4, 0.5, 0.7])
    right = (mixture - np.sqrt(1 - kept) * noise) / np.sqrt(kept)
    return Value(
        task=f"A pixel of the mixture √ᾱ·x + √(1 − ᾱ)·ε is {mixture}, with ᾱ = {kept}. The "
        f"network guesses that its noise ε was {noise}. Which pixel x follows? Three decimals.",
        answer=right,
        mistakes={
            "The picture was made smaller before: divide by that factor.": (
                mixture - np.sqrt(1 - kept) * noise
            ),
            "The noise had a factor too.": (mixture - noise) / np.sqrt(kept),
            "Take the roots.": (mixture - (1 - kept) * noise) / kept,
            "Take the noise away, do not add it.": (
                (mixture + np.sqrt(1 - kept) * noise) / np.sqrt(kept)
            ),
        },
        hint="Solve the mixture for x.",
        solution=f"({mixture} − √{1 - kept:.1f}·{noise}) / √{kept} = {right:.4f}",
        tolerance=2e-3,
    )
