"""Steps, epochs and what an optimizer does with a gradient."""

import math

import numpy as np

from deconv.data.batches import EpochBatches
from deconv.exercises.questions import Choice, Draw, Question, Value, exercise, shuffled

STUDENT_T = {4: 3.1824, 5: 2.7764, 6: 2.5706}
"""By the number of seeds: how many standard errors a 95 % interval goes to each side, Student's t
with one degree of freedom fewer (SciPy would compute it, but an exercise needs NumPy alone)."""


@exercise("steps-of-training")
def steps_of_training(draw: Draw) -> Question:
    """How many steps a training takes."""
    images, batch, epochs = (
        draw.randint(20, 90) * 100 + 1,
        draw.choice([32, 64]),
        draw.randint(5, 20),
    )
    steps = len(EpochBatches(images, batch, seed=0))
    return Value(
        task=f"{images:,} training images in batches of {batch}, for {epochs} epochs. An epoch "
        "goes through all images, and the last batch may be smaller. How many steps does the "
        "optimizer take?",
        answer=steps * epochs,
        mistakes={
            "The last images of an epoch are a batch too, a smaller one.": (
                images // batch * epochs
            ),
            "That is one epoch.": steps,
            "Each epoch ends with a smaller batch; batches do not go on into the next "
            "epoch.": math.ceil(images * epochs / batch),
            "A step takes a batch, not an image.": images * epochs,
        },
        hint="How many batches are in an epoch? Round up.",
        solution=f"⌈{images} / {batch}⌉ = {steps} steps an epoch, and {steps}·{epochs} = "
        f"{steps * epochs}",
    )


@exercise("as-many-steps")
def as_many_steps(draw: Draw) -> Question:
    """Fewer pictures, but as many steps."""
    many, few = draw.randint(40, 60) * 1000, draw.randint(2, 9) * 1000
    epochs = draw.randint(5, 12)
    steps = len(EpochBatches(many, 32, seed=0)) * epochs
    right = round(steps / len(EpochBatches(few, 32, seed=0)))
    return Value(
        task=f"With {many:,} images in batches of 32, a training has {epochs} epochs. How many "
        f"epochs are as many steps with {few:,} images? Round to a whole number.",
        answer=right,
        mistakes={
            "With as many epochs, fewer images are fewer steps.": epochs,
            "That would be right for a single epoch.": round(many / few),
            "So many steps are in it. How many are in an epoch with fewer images?": steps,
            "Fewer images need more epochs.": round(epochs * few / many),
        },
        hint="How many steps does the whole training take? How many does one epoch with fewer "
        "images take?",
        solution=f"{steps} steps, and ⌈{few} / 32⌉ = {len(EpochBatches(few, 32, seed=0))} an "
        f"epoch: {right} epochs.",
        tolerance=1,
    )


@exercise("adam-first-step")
def adam_first_step(draw: Draw) -> Question:
    """Where Adam moves a weight in its very first step."""
    weight, gradient = draw.randint(2, 9), draw.choice([3, 4, 5, 7, 8, -3, -4, -5, -7, -8])
    rate, beta = draw.choice([0.01, 0.02, 0.05]), 0.95
    m, v = (1 - beta) * gradient, (1 - beta) * gradient**2
    step = rate * (m / (1 - beta)) / math.sqrt(v / (1 - beta))
    return Value(
        task=f"A weight is {weight}, its gradient {gradient}, the learning rate {rate}. Both of "
        f"Adam's averages begin at 0 and keep {beta} of what they were. Which value has the weight "
        "after the first step of Adam? (Its epsilon is too small to matter.)",
        answer=weight - step,
        mistakes={
            "That is plain gradient descent. Adam divides by the usual size of the "
            "gradient.": weight - rate * gradient,
            "It moves against the gradient.": weight + step,
            "The averages began at 0, and Adam undoes that: it divides them by 1 − β^t.": (
                weight - rate * m / math.sqrt(v)
            ),
            "Divide by the root of the average square.": weight - rate * gradient / gradient**2,
        },
        hint="Write down m and v after one step, divide both by 1 − β, and look at m / √v.",
        solution=f"m / √v is the gradient's sign in the first step, so the weight moves by the "
        f"learning rate: {weight - step:.4f}",
        tolerance=1e-4,
    )


@exercise("noisy-pairs")
def noisy_pairs(draw: Draw) -> Question:
    """What goes in, and what is the target, to learn denoising."""
    rng = np.random.default_rng(draw.randrange(10**6))
    clean = rng.uniform(-1, 1, 4_000)
    first, second = (clean + rng.normal(0, 0.8, clean.size) for _ in range(2))
    pairs = {
        "in: noisy, target: clean": (first, clean),
        "in: clean, target: noisy": (clean, first),
        "in: noisy, target: the same noisy picture": (first, first),
        "in: clean, target: clean": (clean, clean),
    }
    errors = {
        name: float(np.mean((second * (x @ y) / (x @ x) - clean) ** 2))
        for name, (x, y) in pairs.items()
    }
    names = list(pairs)
    return Choice(
        question="A network shall take the noise out of pictures. Which pairs should it be "
        "trained on?",
        options={
            names[0]: "Think again.",
            names[1]: "Noise cannot be foreseen: the best it can learn is to hand the picture on.",
            names[2]: "So it learns to draw the noise too.",
            names[3]: "It has never seen noise then, and hands it on.",
        },
        right=min(errors, key=lambda name: errors[name]),
        hint="The loss asks for the target. What do you want to come out?",
        because="For comparison, each pair was tried on the smallest network there is, one factor: "
        + ", ".join(f"{name}: squared error {error:.2f}" for name, error in errors.items()),
        order=shuffled(draw, len(names)),
    )


@exercise("what-training-gained")
def what_training_gained(draw: Draw) -> Question:
    """How much smaller the error is after so many decibels."""
    before, gain = draw.randint(34, 40), draw.randint(7, 15)
    right = 10 ** (gain / 20)
    return Value(
        task=f"After the first epoch the PSNR of a picture is {before} dB, after the last one "
        f"{before + gain} dB. By which factor has its typical error become smaller, the root of "
        "the mean squared error? Two decimals.",
        answer=right,
        mistakes={
            "That is the factor of the squared error. Take the root.": 10 ** (gain / 10),
            "Decibels are a logarithm: a ratio of PSNRs says nothing.": (before + gain) / before,
            "That is what is left of the error, and not by how much it is smaller.": 1 / right,
            "The logarithm in PSNR is the one to base 10.": float(np.exp(gain / 20)),
        },
        hint="PSNR = 20·log10(MAX / error). What does a difference of two logarithms stand for?",
        solution=f"10^({gain}/20) = {right:.2f}",
        tolerance=0.02,
    )


@exercise("images-per-second")
def images_per_second(draw: Draw) -> Question:
    """How fast a training was, so that two devices can be compared."""
    images, epochs, seconds = draw.randint(10, 60) * 1000, draw.randint(3, 12), draw.randint(31, 99)
    batch = draw.choice([32, 64])
    right = images * epochs / seconds
    return Value(
        task=f"A training with {images:,} images, batches of {batch} and {epochs} epochs has "
        f"taken {seconds} s. How many images per second are that? Round to a whole "
        "number.",
        answer=right,
        mistakes={
            "That is one epoch in the time of all.": images / seconds,
            "That is batches, not images.": images * epochs / seconds / batch,
            "That is the other way round: seconds for an image.": seconds / (images * epochs),
            "Each image is counted once in an epoch, whatever the batch.": right * batch,
        },
        hint="How many images has it seen in all, each one as often as there were epochs?",
        solution=f"{images}·{epochs} / {seconds} = {right:.0f}",
        tolerance=1,
    )


@exercise("which-framework-is-better")
def which_framework_is_better(draw: Draw) -> Question:
    """Whether a difference between two frameworks is more than chance."""
    count = draw.randint(4, 6)
    ours = draw.grid(count, low=4900, high=5100) / 100
    theirs = np.round(ours + draw.grid(count, low=-90, high=60) / 100, 2)
    differences = ours - theirs
    mean, deviation = float(differences.mean()), float(differences.std(ddof=1))
    right = (mean, deviation / math.sqrt(count))
    apart = math.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / count)
    margin = STUDENT_T[count] * right[1]
    low, high = mean - margin, mean + margin
    return Value(
        task=f"Both frameworks were trained from {count} seeds. Test PSNR in decibels:\n"
        f"  PyTorch = {ours.tolist()}\n  TensorFlow = {theirs.tolist()}\n"
        "What is the mean difference, PyTorch minus TensorFlow, and what is its standard error "
        "(the standard deviation of the differences, with n − 1 below the line, over √n)? [mean, "
        "standard error], three decimals.",
        answer=right,
        mistakes={
            "That is TensorFlow minus PyTorch.": (-mean, right[1]),
            "That is the spread of a single difference. Their mean is surer by √n.": (
                mean,
                deviation,
            ),
            "There is an n below the line of the deviation, where n − 1 should be.": (
                mean,
                float(differences.std()) / math.sqrt(count),
            ),
            "Take the differences seed by seed first: what a seed does to both is gone then.": (
                mean,
                apart,
            ),
        },
        hint="One difference for each seed; then the mean, the deviation (ddof=1) and √n.",
        solution=f"The mean is {mean:.4f} dB, its standard error {right[1]:.4f} dB. With {count} "
        f"seeds the 95 % confidence interval is the mean ± {STUDENT_T[count]:.2f} standard errors: "
        f"from {low:.3f} to {high:.3f} dB. "
        + (
            "It holds 0: the difference may be chance."
            if low <= 0 <= high
            else "It does not hold 0: so large a difference is seldom chance."
        ),
        tolerance=0.002,
    )
