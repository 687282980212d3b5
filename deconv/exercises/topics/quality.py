"""PSNR and SSIM: by hand, as code, and where they mislead."""

import numpy as np

from deconv import metrics
from deconv.exercises.functions import Function
from deconv.exercises.questions import Choice, Draw, Question, Value, exercise, shuffled

PEAK = metrics.MAX
WRONG_MAX = (
    "That is with MAX = 1. Pixels lie between -1 and 1 here: how far apart are black and white?"
)
DECIBELS = "Answer in decibels; two decimals are enough."
ROOM = 0.05


def decibels(mse: float, peak: float = PEAK) -> float:
    """PSNR of a mean squared error."""
    return float(10 * np.log10(peak**2 / mse))


def of_errors(errors: np.ndarray) -> float:
    """The project's PSNR of a picture with this pattern of errors, repeated all over it."""
    height, width = errors.shape
    pattern = np.tile(errors, (28 // height, 28 // width))[None]
    return float(metrics.psnr(pattern, np.zeros((1, 28, 28)))[0])


@exercise("psnr-by-hand")
def psnr_by_hand(draw: Draw) -> Question:
    """The PSNR of eight pixels."""
    original = draw.grid(2, 4, low=-4, high=4) / 10
    errors = draw.grid(2, 4, low=-3, high=3) / 10
    errors[0, 0] = 0.1  # there must be one
    picture, mse = np.round(original + errors, 1), float(np.mean(errors**2))
    right = of_errors(errors)
    return Value(
        task="Pixels lie between -1 (black) and 1 (white).\n"
        f"  original = {original.tolist()}\n  reconstruction = {picture.tolist()}\n"
        f"What is the PSNR? {DECIBELS}",
        answer=right,
        mistakes={
            WRONG_MAX: decibels(mse, 1),
            "The ratio is of squares, and the mean squared error is one already: 10 and not 20.": 2
            * right,
            "Take the mean of the squared errors, not their sum.": decibels(8 * mse),
            "That is the natural logarithm. Decibels are made with the one to base 10.": right
            * np.log(10),
            "More is better: the peak stands above the error.": -right,
        },
        hint="MSE first: the mean of the eight squared differences. Then 10·log10(MAX² / MSE).",
        solution=f"MSE = {mse:.4g}, so 10·log10(4 / {mse:.4g}) = {right:.2f} dB",
        tolerance=ROOM,
    )


@exercise("psnr-of-grey-levels")
def psnr_of_grey_levels(draw: Draw) -> Question:
    """The PSNR where every pixel is wrong by a few grey levels."""
    levels = draw.randint(2, 12)
    right = of_errors(np.full((1, 1), PEAK * levels / 255))
    return Value(
        task=f"Every pixel of a picture is wrong by {levels} grey levels of a file that has 0…255. "
        f"What is its PSNR? {DECIBELS}",
        answer=right,
        mistakes={
            "The error and MAX are in different units: 255 levels span the whole distance from "
            "black to white.": decibels((levels / 255) ** 2),
            WRONG_MAX: decibels((PEAK * levels / 255) ** 2, 1),
            "Both MAX and the error are squared.": right / 2,
            "The error is in grey levels, and MAX is not.": decibels(levels**2),
        },
        hint="255 levels from black to white: MAX / error = 255 / levels, in any unit.",
        solution=f"20·log10(255 / {levels}) = {right:.2f} dB",
        tolerance=ROOM,
    )


@exercise("what-doubling-costs")
def what_doubling_costs(draw: Draw) -> Question:
    """How many decibels a larger error costs."""
    factor = draw.choice([2, 3, 4, 5, 8])
    error = np.full((1, 1), 0.05)
    right = of_errors(error) - of_errors(factor * error)
    return Value(
        task=f"The error of every pixel becomes {factor} times as large. How many decibels does "
        f"the PSNR lose? {DECIBELS}",
        answer=right,
        mistakes={
            "The squared error grows by the square of that.": right / 2,
            "It has become smaller: how many does it lose?": -right,
            "Decibels do not grow like the error, but like its logarithm.": factor,
            "The error is squared once, not twice.": 2 * right,
        },
        hint="MSE grows by the square of the factor. What does that do to 10·log10(MAX² / MSE)?",
        solution=f"10·log10({factor}²) = {right:.2f} dB",
        tolerance=ROOM,
    )


@exercise("from-decibels")
def from_decibels(draw: Draw) -> Question:
    """The error, in grey levels, that a PSNR stands for."""
    psnr = draw.randint(30, 50)
    error = PEAK * 10 ** (-psnr / 20)
    right = 255 / PEAK * error
    return Value(
        task=f"A picture has a PSNR of {psnr} dB, and every pixel is wrong by the same amount. By "
        "how many grey levels, of a file with 0…255? Two decimals are enough.",
        answer=right,
        mistakes={
            "That is the error where black to white is MAX. How many grey levels is that?": error,
            "From black to white there are 255 levels, not twice as many.": 255 * error,
            "The formula with a 10 in front of the logarithm holds for the squared error.": (
                255 * 10 ** (-psnr / 10)
            ),
        },
        hint="PSNR = 20·log10(255 / levels). Solve for the levels.",
        solution=f"255 / 10^({psnr} / 20) = {right:.2f} grey levels",
        tolerance=0.01,
    )


@exercise("mean-psnr-by-hand")
def mean_psnr_by_hand(draw: Draw) -> Question:
    """The mean of PSNRs, and the PSNR of the mean error."""
    errors = [draw.randint(1, 9) / 10_000, draw.randint(1, 9) / 100]
    each = [decibels(mse) for mse in errors]
    right = (float(np.mean(each)), decibels(float(np.mean(errors))))
    return Value(
        task=f"Two pictures have the mean squared errors {errors[0]:g} and {errors[1]:g}, where "
        "black is -1 and white is 1. What is the mean of their PSNRs, and what is the PSNR of "
        "their mean squared error? [mean, PSNR of mean], in decibels, two decimals are enough.",
        answer=right,
        mistakes={
            "First the mean of the PSNRs, then the PSNR of the mean.": right[::-1],
            "The two are not the same: the logarithm of a mean is not the mean of logarithms.": (
                right[0],
                right[0],
            ),
            "The two are not the same; and each picture has a PSNR of its own.": (
                right[1],
                right[1],
            ),
            WRONG_MAX: tuple(value - decibels(1) for value in right),
        },
        hint="Two PSNRs and their mean. Then the mean of the two errors and its PSNR.",
        solution=f"({each[0]:.2f} + {each[1]:.2f}) / 2 = {right[0]:.2f} dB, and 10·log10(4 / "
        f"{np.mean(errors):g}) = {right[1]:.2f} dB",
        tolerance=ROOM,
    )


@exercise("which-mean-is-higher")
def which_mean_is_higher(draw: Draw) -> Question:
    """Which of the two means is higher, and whether always."""
    trials = [draw.grid(8, high=900) / 10_000 for _ in range(50)]
    higher = [np.mean([decibels(e) for e in t]) > decibels(float(t.mean())) for t in trials]
    options = {
        "the mean of the PSNRs": "Try it with two errors that differ a lot.",
        "the PSNR of the mean error": "Try it with two errors that differ a lot.",
        "sometimes the one, sometimes the other": "Try several pairs of errors.",
        "neither, they are always equal": "They are equal only where all errors are.",
    }
    first, second, mixed, _ = options
    return Choice(
        question="Which is higher, for pictures with different errors: the mean over the pictures "
        "of each one's PSNR, or one PSNR of the mean squared error of all?",
        options=options,
        right=first if all(higher) else mixed if any(higher) else second,
        hint="In the mean of the errors the worst picture weighs most. Does it in the mean of the "
        "PSNRs?",
        because="The logarithm bends downwards, so the mean of logarithms of 1/MSE is higher "
        "(Jensen's inequality).",
        order=shuffled(draw, len(options)),
    )


@exercise("noise-in-decibels")
def noise_in_decibels(draw: Draw) -> Question:
    """The PSNR of a picture with noise."""
    sigma = draw.choice([0.01, 0.02, 0.03, 0.05, 0.1, 0.2])
    right = decibels(sigma**2)
    return Value(
        task=f"Noise with the standard deviation {sigma} is added to every pixel of a picture "
        "between -1 and 1, and nothing is cut off. Which PSNR do you expect? " + DECIBELS,
        answer=right,
        mistakes={
            WRONG_MAX: decibels(sigma**2, 1),
            "The mean squared error is the variance, the square of that deviation.": (
                decibels(sigma)
            ),
            "Squared twice.": decibels(sigma**4),
            "That is half of it: the root has been taken once too often.": right / 2,
        },
        hint="The expected square of noise is its variance. That is the MSE.",
        solution=f"10·log10(4 / {sigma}²) = {right:.2f} dB",
        tolerance=ROOM,
    )


def mean_psnr(reconstructions: np.ndarray, images: np.ndarray) -> float:
    """Mean over the images of each image's PSNR, for pixels between -1 and 1."""
    mse = ((reconstructions - images) ** 2).mean(axis=(1, 2))
    return float(np.mean(10 * np.log10(2**2 / mse)))


@exercise("build-psnr")
def build_psnr(draw: Draw) -> Question:
    """Write the PSNR that this project reports."""
    cases = []
    for count in (1, 2, 3):
        images = draw.grid(count, 28, 28, low=-50, high=50) / 100
        noise = draw.grid(count, 28, 28, low=-9, high=9) / 100
        cases.append((images + noise * draw.grid(count, 1, 1, high=5), images))
    return Function(
        task="Write mean_psnr(reconstructions, images): both are (N, 28, 28), with pixels between "
        "-1 and 1. Return the mean over the images of each image's PSNR, in decibels.",
        truth=lambda reconstructions, images: metrics.psnr(reconstructions, images).mean(),
        cases=cases,
        mistakes={
            WRONG_MAX: lambda y, x: mean_psnr(y, x) - decibels(1),
            "That is the PSNR of the mean error. Here each image has its own PSNR, and then the "
            "mean is taken.": lambda y, x: decibels(float(((y - x) ** 2).mean())),
            "Take the mean of the squares, not their sum.": lambda y, x: (
                mean_psnr(y, x) - decibels(PEAK**2 / 784)
            ),
            "The root is one too many, or the 10 should be a 20.": lambda y, x: mean_psnr(y, x) / 2,
            "The mean over the images is missing.": lambda y, x: mean_psnr(y, x) * len(x),
        },
        hint="The mean over axes 1 and 2 gives N errors. Their PSNRs are N numbers, and these have "
        "a mean.",
        written=mean_psnr,
    )
