"""What PSNR and SSIM see and what they do not."""

import numpy as np

from deconv import metrics
from deconv.exercises.questions import Choice, Draw, Question, Value, exercise, shuffled
from deconv.exercises.topics.quality import DECIBELS, ROOM, WRONG_MAX, decibels


@exercise("black-is-easy")
def black_is_easy(draw: Draw) -> Question:
    """How much a black background lifts the PSNR."""
    columns = draw.randint(4, 20)
    picture = np.full((1, 28, 28), 0.5)
    picture[..., :columns] = -1
    drawn = np.where(picture > -1, picture + 0.1, picture)
    whole, garment = metrics.psnr(drawn, picture)[0], metrics.foreground_psnr(drawn, picture)[0]
    share = columns / 28
    return Value(
        task=f"In a picture of 28×28 pixels, {columns} of the 28 columns are black, and the "
        "network draws them without any error. How many decibels is the PSNR of the picture above "
        f"that of the garment alone? {DECIBELS}",
        answer=float(whole - garment),
        mistakes={
            "That is how much the black would lower it: its error is zero, so it helps.": float(
                garment - whole
            ),
            "The mean squared error is of squares already: 10 and not 20.": 2
            * float(whole - garment),
            "That is with the share of the black. Which share of the pixels has errors?": -10
            * np.log10(share),
            "That is a share of the pixels, not a number of decibels.": share,
        },
        hint="The sum of the squared errors is the same in both. It is divided by all pixels, or "
        "by those of the garment.",
        solution=f"−10·log10({28 - columns}/28) = {whole - garment:.2f} dB, for nothing.",
        tolerance=ROOM,
    )


@exercise("shift-by-one")
def shift_by_one(draw: Draw) -> Question:
    """The PSNR of a picture that is moved by one pixel."""
    stripes = draw.choice([1, 2, 4, 7])
    width = 28 // stripes
    edge = draw.randint(2, width - 2)
    picture = np.full((28, 28), -1.0)
    picture[:, np.arange(28) % width >= edge] = 1
    moved = np.roll(picture, 1, axis=1)
    right = float(metrics.psnr(moved[None], picture[None])[0])
    wrong = 2 * stripes
    return Value(
        task=f"A picture of 28×28 pixels has white stripes from top to bottom, {stripes} in all, "
        "on black, and no stripe touches another. np.roll moves everything to the right by one "
        f"pixel, and what falls out comes in again at the left. What is the PSNR? {DECIBELS}",
        answer=right,
        mistakes={
            "Each stripe has two edges.": decibels(4 * wrong / 2 / 28),
            WRONG_MAX: decibels(4 * wrong / 28, 1),
            "MAX is right, but black and white are as far apart as that in the error "
            "too.": decibels(wrong / 28),
            "The wrong columns are 28 pixels high, but so is the picture.": (
                decibels(4 * wrong / 28 / 28)
            ),
        },
        hint="How many columns have changed, by how much each? The rest is exact.",
        solution=f"{wrong} columns of 28 are wrong by 2: MSE = 4·{wrong}/28, so "
        f"10·log10(28/{wrong}) = {right:.2f} dB. You would hardly see it.",
        tolerance=ROOM,
    )


@exercise("ssim-of-flat-pictures")
def ssim_of_flat_pictures(draw: Draw) -> Question:
    """The SSIM of two flat pictures, and where black has to be."""
    x, y = (round(draw.uniform(-0.9, 0.9), 1) for _ in range(2))

    def brightness(one: float, other: float, constant: float = 0.01**2) -> float:
        return (2 * one * other + constant) / (one**2 + other**2 + constant)

    a, b = (x + 1) / 2, (y + 1) / 2
    right = brightness(a, b)
    return Value(
        task=f"Every pixel of one picture is {x}, every pixel of the other {y}, where -1 is black "
        "and 1 is white. Flat pictures have no variance, so of SSIM's formula only this is left:\n"
        "  (2·μx·μy + C1) / (μx² + μy² + C1), with C1 = 0.01²\n"
        "What is their SSIM, as this project measures it? Three decimals are enough.",
        answer=right,
        mistakes={
            "The formula wants black at 0 and white at 1. Shift the pixels first.": (
                brightness(x, y)
            ),
            "The means below the line are squared.": ((2 * a * b + 0.01**2) / (a + b + 0.01**2)),
            "There is a 2 in front of the product of the means.": (
                (a * b + 0.01**2) / (a**2 + b**2 + 0.01**2)
            ),
            "That is how far they are apart. SSIM says how alike they are.": 1 - right,
        },
        hint="(pixel + 1) / 2 first. SSIM compares brightness as a ratio, so it must know where "
        "black is.",
        solution=f"The means become {a:g} and {b:g}, and the formula gives {right:.4f}.",
        tolerance=0.002,
    )


@exercise("easiest-picture")
def easiest_picture(draw: Draw) -> Question:
    """Which pictures have a high PSNR, whatever the network."""
    shade = np.linspace(0.2, 0.2 + draw.randint(2, 5) / 10, 28)
    stripes = np.where(np.arange(28) % 3 == draw.randint(0, 2), -0.6, 0.6)
    narrow, wide = slice(10, 18), slice(4, 24)
    pictures = {
        "a narrow garment of one smooth shade": (narrow, shade),
        "a wide garment of one smooth shade": (wide, shade),
        "a narrow garment with fine stripes": (narrow, stripes),
        "a wide garment with fine stripes": (wide, stripes),
    }

    def quality(columns: slice, rows: np.ndarray) -> float:
        picture = np.full((28, 28), -1.0)
        picture[:, columns] = rows[:, None]
        coarse = picture.reshape(14, 2, 14, 2).mean(axis=(1, 3)).repeat(2, 0).repeat(2, 1)
        return float(metrics.psnr(coarse[None], picture[None])[0])

    values = {name: quality(*parts) for name, parts in pictures.items()}
    names = list(pictures)
    return Choice(
        question="A network draws all of these on black, and blurs everything by as much. Which "
        "has the highest PSNR?",
        options={
            names[0]: "Think again.",
            names[
                1
            ]: "It is as smooth, but more of the picture is garment, and black has no error.",
            names[2]: "It has as much black, but stripes are what a blur takes first.",
            names[3]: "Fine stripes, and a lot of them.",
        },
        right=max(values, key=lambda name: values[name]),
        hint="Where is there nothing to get wrong? What does a blur leave as it is?",
        because="Each picture was made coarse by means of 2×2 just now: "
        + ", ".join(f"{name}: {value:.1f} dB" for name, value in values.items())
        + ". In the notebook, look at the classes with the best and the worst PSNR.",
        order=shuffled(draw, len(names)),
    )


@exercise("three-damages")
def three_damages(draw: Draw) -> Question:
    """Which of three damaged pictures has the highest PSNR."""
    step = draw.randint(4, 12) / 100
    picture = draw.grid(28, 28, low=-50, high=50) / 100
    signs = np.where(draw.grid(28, 28) > 4, 1, -1)
    quarter = np.arange(28) < 7
    damaged = {
        f"the one in which every pixel is brighter by {step:g}": picture + step,
        f"the one in which every pixel is brighter or darker by {step:g}, at random": (
            picture + step * signs
        ),
        f"the one in which a quarter of the columns is brighter by {2 * step:g}": (
            picture + 2 * step * quarter
        ),
    }
    values = [float(metrics.psnr(one[None], picture[None])[0]) for one in damaged.values()]
    even, noisy, striped = damaged
    alike = "none: all three have the same"
    return Choice(
        question="A picture is damaged in three ways. Which damaged picture has the highest PSNR?",
        options={
            even: "You would hardly see it. But the PSNR does not see with eyes.",
            noisy: "Plus and minus do not cancel where errors are squared.",
            striped: "Three quarters are exact. But what does the square do to an error that is "
            "twice as large?",
            alike: "Think again.",
        },
        right=alike if np.ptp(values) < 1e-6 else list(damaged)[int(np.argmax(values))],
        hint="The mean of the squared errors, in each of the three.",
        because=f"All have the mean squared error {step:g}² and so {values[0]:.1f} dB. The first "
        "looks like the original, the second like a bad photograph: PSNR adds errors up and does "
        "not ask where they are, or whether they belong together.",
        order=shuffled(draw, 4),
    )
