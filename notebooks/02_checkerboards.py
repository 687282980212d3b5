# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2. Checkerboards: where they come from, and how to measure them
#
# Pictures that a network has drawn often have a fine pattern that is in no photograph: every
# second pixel is a little too bright. After this notebook you can
#
# - say from kernel and stride alone where stamps pile up;
# - compute from the weights which pattern a layer draws, before it has seen a picture;
# - write kernels that draw none, and say which other ways up cannot draw one;
# - measure the pattern in a finished network, by place and by frequency;
# - train four ways up and compare them, without claiming more than the numbers say.
#
# **How long.** An hour with all exercises. The computer needs two to four minutes, most of it for
# the trainings of section 6. (If it is busy with other things, make their `12_000` smaller.) They
# run in PyTorch, or in TensorFlow if you write its name there; everything else is NumPy.
#
# **Your own numbers.** Everybody gets the same ones. `from deconv.exercises import seed` and
# `seed("your name")`, in a cell of its own before the first exercise, give you others.

# %%
import sys
from pathlib import Path

# The project is in this folder, above it, or, after `git clone` in Colab, in a folder below it.
here = Path.cwd()
found = [*(p / "deconv/lab.py" for p in (here, *here.parents)), *here.glob("*/deconv/lab.py")]
sys.path[:0] = [str(path.parents[1]) for path in found if path.is_file()][:1]
try:
    from deconv.lab import begin
except ModuleNotFoundError:
    sys.exit("No project here: `git clone` it, run `make setup` in it, open this file from there.")
lab = begin()

# %% [markdown]
# ## 1. Counting stamps
#
# In a transposed convolution every input pixel prints the kernel on the output, and prints that
# overlap add up. So ask of every output pixel: how many prints does it get? Move **kernel** from 2
# to 6, and **stride** from 1 to 3. When are all cells away from the border equally dark?

# %%
from deconv.sliders import explore

explore("overlap", size=4, kernel=3, stride=2, padding=1, output_padding=1)

# %% [markdown]
# Begin with one axis. Along it, kernel 3 with stride 2 covers pixels once and twice by turns. Which
# numbers does that give in a picture, which has two axes?

# %%
from deconv.exercises import check, hint, solution, task  # noqa: F401

task("counts-in-the-plane")

# %%
answer = ...
check("counts-in-the-plane", answer)

# %%
task("even-kernels")

# %%
answer = ...
check("even-kernels", answer)

# %% [markdown]
# This is the well-known explanation of checkerboards
# ([Odena, Dumoulin and Olah 2016](https://doi.org/10.23915/distill.00003)), with the well-known
# advice: choose a kernel that the stride divides. But counts only count. What becomes of a
# picture is up to the weights.
#
# ## 2. Gains: the pattern, known from the weights
#
# Feed the layer a flat input, 1 everywhere. Output pixels that are reached by the same taps of the
# kernel (the same of its numbers) are called a *phase*. Away from the border all pixels of a phase
# get the same value: the sum of those taps. That sum is the phase's **gain**. If the gains differ,
# a flat input becomes a pattern, and the gains *are* the pattern. That holds for one input channel.
# The patterns of several channels add up, and in the sum they can also cancel.

# %%
explore("gains", size=4, kernel=3, stride=2, padding=1, output_padding=1)

# %%
task("phase-gains-by-hand")

# %%
answer = ...
check("phase-gains-by-hand", answer)

# %% [markdown]
# So kernel 3 with stride 2 need not draw a checkerboard: choose weights whose gains are equal.

# %%
task("missing-tap")

# %%
answer = ...
check("missing-tap", answer)

# %%
task("flat-kernel")

# %%
answer = ...
check("flat-kernel", answer)

# %% [markdown]
# And the other way round: equal counts do not help if the weights are uneven. Here kernel 4 covers
# every pixel equally often. Its numbers are random.

# %%
explore("gains", size=4, kernel=4, stride=2, padding=1, seed=0)

# %% [markdown]
# **Kernel 4 draws no pattern if all its numbers are equal. For other numbers it promises nothing.**
#
# ## 3. Other ways up, as stamps
#
# The usual rules for enlarging a picture are transposed convolutions whose kernel somebody chose.

# %%
task("repeat-kernel")

# %%
answer = ...
check("repeat-kernel", answer)

# %%
task("line-kernel")

# %%
answer = ...
check("line-kernel", answer)

# %% [markdown]
# Many networks first enlarge the picture by such a rule and then let an ordinary convolution
# learn. `nearest` in this project repeats every pixel and convolves with 3×3 weights. These are two
# steps, but both only multiply and add up. Together they are one transposed convolution again.

# %%
task("nearest-as-kernel")

# %%
answer = ...
check("nearest-as-kernel", answer)

# %% [markdown]
# In the plane, with any weights:

# %%
import numpy as np

from deconv.arithmetic import conv_transpose2d, phase_gains
from deconv.arithmetic.equivalences import nearest_as_transposed
from deconv.arithmetic.upsampling import upsample

rng = np.random.default_rng(0)
x = rng.standard_normal((1, 1, 7, 7))
w = rng.standard_normal((1, 1, 3, 3))

stamp = nearest_as_transposed(w)  # 4×4
resized = upsample(x, w, "nearest")
stamped = conv_transpose2d(x, stamp, stride=2, padding=1)
print("largest difference:", np.abs(resized - stamped).max())
print("gains of its four phases:", phase_gains(stamp, stride=2, padding=1).round(6).ravel())

# %% [markdown]
# The four gains are equal, and they always are: every output pixel is made by *all* nine weights.
# So `nearest` cannot draw a checkerboard from a flat input (away from the border), whatever it
# learns. The price: its 4×4 stamps have 9 free numbers instead of 16, and that forbids more than
# checkerboards.
#
# One more way, `subpixel`, computes four maps by ordinary convolutions and interleaves them: each
# gives one pixel of every 2×2 block. It is a transposed convolution with a 6×6 kernel, only with
# the weights in other places. (And each of the four maps has a bias of its own.)
#
# ## 4. How to see a pattern: frequencies
#
# A checkerboard has a *frequency*: what repeats every 2 pixels makes half a cycle per pixel, and
# that is the highest frequency that pixels can show. A *spectrum* says how much of each frequency a
# signal holds. Take a row of 14 pixels, and put a zero after each, as a transposed convolution with
# stride 2 does:

# %%
from deconv.drawing.plots import BLUE, GREEN, ORANGE, VERMILION, charts, style

cycles = np.fft.rfftfreq(280)  # from 0 to half a cycle per pixel
row = 0.6 + 0.4 * np.cos(2 * np.pi * np.arange(14) / 14 - 2)  # smooth, with 14 pixels
stretched = np.zeros(28)
stretched[::2] = row

figure, (space, frequency) = charts(2)
space.stem(stretched, basefmt=" ")
style(space, "pixel", "value")
space.set_title("14 smooth pixels, a zero after each", fontsize=10)
frequency.stem(np.fft.rfftfreq(28), np.abs(np.fft.rfft(stretched)), basefmt=" ")
style(frequency, "frequency (cycles per pixel)", "amount")
frequency.set_title("their spectrum, and its replica at ½", fontsize=10)
figure

# %% [markdown]
# On the left of the spectrum is the smooth row. On the right it stands once more, mirrored: its
# **replica**. Zeros between pixels always make one. To stamp is to put zeros in and then to
# multiply every frequency by a number that depends on the kernel alone, its *response*. A good
# kernel lets the left part through and holds the right part back.

# %%
kernels = {
    "repeat [1, 1]": ([1, 1], BLUE, "-"),
    "line [½, 1, ½]": ([0.5, 1, 0.5], GREEN, "--"),
    "[1, 1, 1]": ([1, 1, 1], VERMILION, "-."),
    "[0.2, 1.1, 0.7]": ([0.2, 1.1, 0.7], ORANGE, ":"),
}
figure, (axes,) = charts(1, "Which frequencies a kernel lets through")
for name, (taps, colour, line) in kernels.items():
    axes.plot(cycles, np.abs(np.fft.rfft(taps, 280)), line, c=colour, label=name)
style(axes, "frequency (cycles per pixel)", "response")
axes.legend(fontsize=9, frameon=False)
figure

# %% [markdown]
# At frequency ½ the response is the sum of the taps 0, 2, … less the sum of the taps 1, 3, … (drawn
# without its sign). That is the difference of the two gains! **Equal gains and a response of 0 at ½
# are one thing.** The other frequencies near ½ tell more than the gains: what becomes of pictures
# that are not flat.
#
# In the network of section 6 two layers double the size: the *inner* one from 7×7 to 14×14, the
# *outer* one from 14×14 to 28×28. What the outer one leaves behind repeats every 2 pixels and has
# frequency ½. What the inner one leaves behind repeats every 4 and has frequency ¼ (or ¾).
#
# In pictures, `deconv.study.spectra` measures this of the errors, output minus original. The
# measure is the energy (the squared amounts) at these places, divided by the energy beside them:
# about 1 if nothing stands out. Here is a test of the measure itself, with a pattern that we add.

# %%
from deconv.study.spectra import power_spectrum, replicas

noise = rng.normal(0, 0.1, (200, 28, 28))  # errors without any pattern
h, v = np.indices((28, 28))
added = {
    "nothing": 0 * h,
    "period 2, ± 0.05": 0.05 * (-1.0) ** (h + v),
    "period 4, ± 0.05": 0.05 * np.cos(np.pi / 2 * h) * np.cos(np.pi / 2 * v),
}
print(f"{'added to noise of 0.1':<24}outer layer   inner layer")
for name, pattern in added.items():
    found = replicas(noise + pattern)
    print(f"{name:<24}{found.outer:>11.2f}{found.inner:>14.2f}")

# %% [markdown]
# A pattern of half the noise is hard to see in one picture. The spectrum of 200 errors shows it,
# and says which layer it is from. The two numbers are not on one scale: the second pattern is 0 at
# most pixels, and its measure adds up 12 places where the first adds up 3. So compare the same
# layer of several networks, not the two layers of one network.
#
# ## 5. Before training
#
# Four ways up, six random starts each. The *decoder*, the half of the network that enlarges, gets a
# flat *latent*: its input of 7×7 places is 1 everywhere. So everything that you see is its own
# pattern.

# %%
from deconv.architecture import Design
from deconv.drawing.teaching import image_grid
from deconv.networks import draw
from deconv.weights import initial_weights

arms = ("transposed", "transposed4", "subpixel", "nearest")
flat = np.ones((1, 64, 7, 7), np.float32)
patterns, ranges = [], []
for arm in arms:
    design = Design(upsampler=arm)
    for seed in range(6):
        inside = draw(design, initial_weights(seed, design), flat)[0, 0, 8:20, 8:20]
        patterns.append(inside - inside.mean())
        ranges.append(f"range {np.ptp(inside):.2f}")
image_grid(
    patterns,
    columns=6,
    captions=ranges,
    row_labels=arms,
    limits=(-0.2, 0.2),
    title="What decoders with random weights draw from a flat latent, without its mean",
)

# %% [markdown]
# These are the 12×12 pixels in the middle, away from the border, and below them the largest value
# less the smallest. `transposed` has kernel 3, `transposed4` kernel 4. Kernel 4 is not flat, as in
# section 2. `nearest` is, always.
#
# ## 6. Four trainings, young and grown
#
# Now let them learn. The task is *super-resolution*: draw 28×28 pixels from 7×7, each the mean of
# a block of 4×4. All that the small picture lacks, the network has to guess. Each arm (so the study
# calls a way up) is trained twice, each time from its first weights: for 20 steps, and for 750. The
# arms have the same seed, images and steps, but not the same number of parameters.
#
# The last number of each line is the mean test PSNR, in decibels (dB). It says how near a picture
# is to its original, and 6 dB more is half the error (the root of its mean square). It is computed
# for each picture, and then the mean is taken.
#
# `lab.pick(a, b)` is `a` here. Only the project's quick tests take `b`. To change the setting,
# change `a`.

# %%
from contextlib import redirect_stdout
from functools import cache
from io import StringIO

from benchmarks.framework import Framework

framework = Framework("pytorch")  # or "tensorflow"


@cache
def learn(arm, epochs, limit):
    """Train an arm on so many images, 32 a step, and return the file of its weights."""
    config = framework.config.Config(
        task="super-resolve",
        upsampler=arm,
        epochs=epochs,
        limit=limit,
        dataset=lab.dataset,
        compile=lab.pick("auto", "off"),
        artifact_dir=lab.folder / "checkerboards" / f"{arm}_{epochs}x{limit}",
    )
    with redirect_stdout(StringIO()):  # what training says is in the other notebooks
        record = framework.train.train(config)
    steps, parameters = epochs * limit // 32, f"{record.parameters:,} parameters"
    print(f"{arm:<12}{steps:>4} steps  {parameters:>18}  {record.test_psnr:.2f} dB")
    return config.artifact_dir / f"{framework.name}_deconv" / "weights.safetensors"


# %%
trained = lab.pick(arms, ("transposed", "nearest"))
young = {arm: learn(arm, 1, 640) for arm in trained}
grown = {arm: learn(arm, *lab.pick((2, 12_000), (1, 640))) for arm in trained}

# %%
from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.data.tasks import inputs
from deconv.metrics import to_unit_range

splits = load_splits(RunConfig(dataset=lab.dataset))
originals = to_unit_range(splits.test[: lab.pick(10_000, 500)])  # (N, 28, 28, 1)
small = inputs("super-resolve", originals)  # (N, 7, 7, 1)


def drawn_by(files):
    """What each arm draws from the small images."""
    load, draw = framework.inference.load_model, framework.inference.reconstruct
    return {arm: draw(load(file, device="cpu"), small) for arm, file in files.items()}


by_young, by_grown = drawn_by(young), drawn_by(grown)
rows = {"7×7 pixels": small}
rows |= {f"{arm}, young": images for arm, images in by_young.items()}
rows |= {f"{arm}, grown": images for arm, images in by_grown.items()}
rows["original"] = originals
image_grid(
    [images[i, ..., 0] for images in rows.values() for i in range(8)],
    columns=8,
    row_labels=list(rows),
    title="Eight test images from 7×7 pixels: four ways up, after 20 and after 750 steps",
)

# %% [markdown]
# After 20 steps you can tell the arms apart by their texture. After 750 you hardly can. Now the
# same in numbers.
#
# **By place.** Two doublings repeat every four pixels, so sort the pixels by their place in each
# block of 4×4. The error of a place is the root of its mean square, without the four outermost
# pixels on each side. 100 everywhere would mean that all places are drawn equally well.

# %%
from deconv.drawing.teaching import number_grids
from deconv.study.measures import phase_rmse


def by_place(outputs, age):
    errors = [phase_rmse((images - originals)[..., 0], 4) for images in outputs.values()]
    percent = [(100 * error / error.mean()).round() for error in errors]
    title = f"{age}: error of each place in a block of 4×4, in percent of their mean"
    return number_grids(percent, list(outputs), title=title)


by_place(by_young, "Young")

# %%
by_place(by_grown, "Grown")

# %% [markdown]
# Do all differences come from the way up? No. A pixel in the corner of a block is also harder to
# guess from means of blocks than one in the middle. That part is nearly symmetric: the first row is
# like the last one, the second like the third. What is clearly *not* symmetric comes from the
# network.
#
# **By frequency.** Errors of pictures are not equally strong at all frequencies, whatever the way
# up is. So compare each arm with `nearest`, which cannot draw a checkerboard from a flat input.
# Orange: the arm errs more at this frequency; purple: less. The middle is frequency 0. Circles mark
# the replicas of the outer layer, squares those of the inner one.

# %%
from matplotlib.figure import Figure


def spectra(outputs, age):
    """Power of the errors by frequency, compared with that of the arm "nearest"."""
    powers = {arm: power_spectrum((y - originals)[..., 0]) for arm, y in outputs.items()}
    reference = powers.pop("nearest")
    figure = Figure(figsize=(10, 3.4), dpi=100, layout="constrained")
    figure.suptitle(f"{age}: power of the errors by frequency (cycles per pixel)", fontsize=10)
    columns = figure.subplots(1, len(powers), squeeze=False, sharey=True)[0]
    quarters = np.array([-2, -1, 0, 1, 2]) / 4
    edge = 0.5 + 1 / 56  # of the 29 cells from -½ to ½, both of which are one frequency
    for axes, (arm, power) in zip(columns, powers.items(), strict=True):
        decibels = np.pad(np.fft.fftshift(10 * np.log10(power / reference)), (0, 1), mode="wrap")
        extent = (-edge, edge, edge, -edge)
        image = axes.imshow(decibels, cmap="PuOr_r", vmin=-6, vmax=6, extent=extent)
        for down, across in np.ndindex(5, 5):
            outer = down % 2 == across % 2 == 0
            if (down, across) != (2, 2):
                look = {"marker": "o", "ms": 10} if outer else {"marker": "s", "ms": 7}
                place = quarters[across], quarters[down]
                axes.plot(*place, mfc="none", mec="black", clip_on=False, **look)
        axes.set(title=arm, xticks=[-0.5, 0, 0.5], yticks=[-0.5, 0, 0.5])
    figure.colorbar(image, ax=columns, label="dB more than nearest", shrink=0.8, extend="both")
    return figure


# %%
spectra(by_young, "Young")

# %%
spectra(by_grown, "Grown")

# %% [markdown]
# **By asking the network.** `measure_images` looks at the errors again, for the energy of the
# replicas. `measure_answers` looks at no picture at all: it feeds the decoder the same numbers at
# every place, those of the mean latent, and measures the pattern that comes out, in pixel values
# (black to white is 2). It also computes from the weights how unequal the gains are, from 0 to 1.

# %%
from deconv.study.measures import measure_images
from deconv.study.measuring import measure_answers
from deconv.weights import read_model

lines = {
    "psnr": "PSNR (dB)",
    "replica_2": "replicas of the outer layer",
    "replica_4": "replicas of the inner layer",
    "constant_2": "pattern from a flat latent, period 2",
    "constant_4": "pattern from a flat latent, period 4",
    "gain_spread_outer": "unequal gains, outer layer",
    "gain_spread_inner": "unequal gains, inner layer",
}


def report(files, outputs):
    """Print what is measured of each arm."""
    found = {}
    for arm, file in files.items():
        design, weights = read_model(file)
        found[arm] = measure_images(outputs[arm], originals)
        found[arm] |= measure_answers(design, weights, originals[: lab.pick(200, 20)])
    print(f"{'':<40}" + "".join(f"{arm:>13}" for arm in files))
    for key, title in lines.items():
        print(f"{title:<40}" + "".join(f"{found[arm][key]:>13.3f}" for arm in files))


# %%
print("After 20 steps")
report(young, by_young)

# %%
print("After 750 steps")
report(grown, by_grown)

# %% [markdown]
# What the two tables say together:
#
# - **Young**, the numbers agree with the eye: the replicas are strongest with kernel 3, weaker with
#   kernel 4 and subpixel, and weakest with `nearest`. (A picture's errors are not noise, so compare
#   one arm with another, not with 1.)
# - **Grown**, the replicas of all four are about the same. A pattern is an error, so training has
#   worked against it, and in the pictures it is gone.
# - But the gains are **even more unequal** than before, and from a flat latent the network still
#   draws a pattern! That is no contradiction: no garment has such a latent, and training sees only
#   those that garments have.
# - `nearest` has zeros in the last four lines, whatever it learns. That does not make it the best
#   in the first line.
#
# So "this layer can draw checkerboards" and "this network draws them" are two statements, and only
# the second one needs an experiment.
#
# **What these numbers do not say.** Each arm was trained once. Another seed gives other numbers,
# and the differences in PSNR between four runs may be chance. To say "kernel 4 is better than
# kernel 3" takes many seeds, and a rule that was written down before the first of them. That is
# [the study of this project](../docs/study/README.md): eleven ways up, two tasks, up to twelve
# seeds, a part of it in both frameworks. Try a small one yourself:
#
# ```
# python -m deconv.study --preset quick
# ```
#
# ## Where to go next
#
# - `docs/arithmetic.md`, section 8: counts and gains, derived.
# - `deconv/arithmetic/equivalences.py` proves which ways up are the same layer.
# - `03_two_frameworks` asks what PyTorch and TensorFlow do differently with all this.
# - [The checklist](../docs/checklist.md) says what you can do now, and which exercise checks it.
