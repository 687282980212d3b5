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
# # 5. The network that nobody trained
#
# An *autoencoder* is a network that draws its input again. Ours has 37,569 numbers, and training
# finds them in ten epochs. Here you write them down yourself, layer by layer. Nearly all are 0, and
# the pictures are better than those of the trained network.
#
# Afterwards you can
#
# - write weights for all four layers that take a picture apart and put it together again;
# - tell a good reconstruction from a good code: what a *bottleneck* is, and what the best linear
#   one (PCA) costs;
# - read a PSNR: four ways to compute or use it wrongly, and what it cannot see.
#
# You need the stamps of `01_arithmetic`. Running everything takes five to eight minutes on 2 cores,
# nearly all of it for the trainings in sections 5 and 8. On a busy machine, write 2 for the 10
# epochs and 1 for the 4. The trained networks are then worse, and the rest stays the same. The
# exercises take about two hours.
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
# ## 1. Is there room?
#
# The encoder of our network halves the picture twice and ends with 64 channels. The grid that it
# hands on is called the *latent*.

# %%
from deconv.exercises import check, hint, progress, solution, task

task("numbers-per-pixel")

# %%
answer = ...
check("numbers-per-pixel", answer)

# %% jupyter={"outputs_hidden": true}
from deconv.architecture import layers

print("picture         (1, 28, 28)       784 numbers")
for layer in layers():
    numbers = layer.output[0] * layer.output[1] * layer.output[2]
    print(f"{layer.name:<16}{layer.output!s:<14}{numbers:>7,} numbers")

# %% [markdown]
# The latent, after `encoder.conv2`, has four numbers for every pixel. A latent that has more
# numbers than the picture is *overcomplete*.
#
# So nothing has to be learned about garments. It is enough to put each pixel somewhere, and to put
# it back. That is the whole plan.

# %% [markdown]
# ## 2. Down: take the picture apart
#
# Cut a picture into blocks of 2×2 pixels. All top left pixels make one small picture, all top right
# pixels another one, and so on. Four small pictures hold every pixel once.

# %%
from deconv.config import RunConfig
from deconv.data.splits import TITLES, load_splits
from deconv.drawing.teaching import image_grid
from deconv.metrics import to_unit_range

splits = load_splits(RunConfig(dataset=lab.dataset))
print(TITLES[splits.name], "| training images:", len(splits.train), "| test:", len(splits.test))
images = to_unit_range(splits.test)  # (N, 28, 28, 1), black is -1 and white is 1
pullover = images[1, ..., 0]
places = {"top left": (0, 0), "top right": (0, 1), "bottom left": (1, 0), "bottom right": (1, 1)}
small = [pullover[row::2, column::2] for row, column in places.values()]
captions = ["28×28", *(f"{name}, 14×14" for name in places)]
image_grid([pullover, *small], 5, captions=captions, title="A picture, taken apart")

# %% [markdown]
# A convolution can do this. Ours has a kernel of 3×3, stride 2 and padding 1, and reads the rows
# 2i − 1, 2i and 2i + 1 to make row i. One number of the kernel decides which pixel is taken.

# %%
task("file-a-pixel")

# %%
answer = ...
check("file-a-pixel", answer)

# %% [markdown]
# `conv1` needs four such kernels, all with the factor 1. After it comes a ReLU, which makes
# negative numbers 0, and dark pixels are negative. A *bias* of 1, a number that is added to every
# pixel, lifts all of them to 0 … 2. So the ReLU changes nothing.
#
# `conv2` does the same again with each of the four maps: 16 maps of 7×7. Write both layers as one
# function.

# %%
task("build-filing")


# %%
def file_away(channels): ...


check("build-filing", file_away)

# %% [markdown]
# From here on the notebook goes on with the numbers of this project, so that it runs even while
# yours are not done. These are the 16 maps of the pullover. Each is a small pullover: it holds one
# pixel of every 4×4 block.

# %%
from deconv.autoencoder import forward
from deconv.handmade import write_by_hand

weights = write_by_hand(splits.train)
maps = forward(weights, pullover[None, None])  # what every layer hands on
print("latent:", maps.conv2.shape, "of which not all 0:", maps.conv2[0].any(axis=(1, 2)).sum())
image_grid(maps.conv2[0, :16], 8, limits=(0, 2), title="16 of the 64 maps of the latent, 7×7 each")

# %% [markdown]
# ## 3. Up: put it back
#
# A transposed convolution joins row i with the same rows 2i − 1, 2i and 2i + 1, but goes the other
# way: it reads row i, and prints on those three.

# %%
task("put-it-back")

# %%
answer = ...
check("put-it-back", answer)

# %% [markdown]
# So each transposed layer takes the kernels of the layer that it undoes. Without ReLU and tanh,
# down and up again is exact:

# %%
import numpy as np

from deconv.arithmetic import conv2d, conv_transpose2d

DOWN = {"stride": 2, "padding": 1}
UP = {"stride": 2, "padding": 1, "output_padding": 1}
w = weights["encoder.conv1.weight"][:4]  # (4, 1, 3, 3)
there = conv2d(pullover[None, None], w, **DOWN)  # (1, 4, 14, 14)
back = conv_transpose2d(there, w, **UP)  # (1, 1, 28, 28)
print("largest difference:", np.abs(back[0, 0] - pullover).max())

# %% [markdown]
# In general, a transposed convolution is not an inverse. Here it is one, and you can see why. As a
# matrix (`01_arithmetic`), this layer has a single 1 in every row and in every column: it moves
# pixels and does nothing else. For such a matrix, transposing *is* inverting.

# %% [markdown]
# ## 4. tanh is in the way
#
# The last thing that our network does to every pixel is tanh. We cannot leave it out.

# %%
from deconv import metrics

squashed = np.tanh(pullover)
decibels = metrics.psnr(squashed[None], pullover[None])[0]
captions = ["original", f"tanh of it: {decibels:.1f} dB"]
image_grid([pullover, squashed], 2, captions=captions, title="What tanh does to a picture")

# %% [markdown]
# *PSNR* says in decibels (dB) how close two pictures are; more is better, and 6 dB more is half the
# error (the root of its mean square). Section 9 looks at it closely.
#
# White has become light grey, and black dark grey. What comes before tanh must undo it: it must
# compute artanh of the pixel, because tanh(artanh(x)) = x. But our layers can only multiply, add,
# and cut off with ReLU. That makes lines with corners.

# %%
task("broken-line")

# %%
answer = ...
check("broken-line", answer)

# %% [markdown]
# The decoder has 32 channels between its two layers, and four maps to carry. So there can be eight
# copies of each map, each with its own bias −t and its own ReLU: eight pieces of a line. Where
# should the line bend?

# %%
task("place-the-corners")

# %%
answer = ...
check("place-the-corners", answer)

# %% [markdown]
# Half of the pixels in Fashion-MNIST are black, and some grey levels are rare. `fit` counts them
# and then moves the nine corners until the squared error after tanh is smallest (*least squares*).
# This is the only place where the hand-made network looks at the training images, and it looks at
# nothing but how frequent each grey level is.

# %%
from deconv.handmade import BrokenLine, fit
from deconv.handmade.lines import count_levels
from deconv.handmade.pictures import growing_line

line = fit(count_levels(splits.train))
growing_line(line)

# %% [markdown]
# The pixels have been lifted by 1, so the line is moved by 1 as well. Then it is a sum of ReLUs,
# with one threshold and one *bend* for each piece. The bend is the change of the slope, like a, b
# and c in `broken-line`. Now write both transposed layers.

# %%
task("decoder-by-hand")


# %%
def decoder(thresholds, bends, offset): ...


check("decoder-by-hand", decoder)

# %% [markdown]
# If both functions are right, you have written a whole network, with 4, 16 and 32 channels. Here it
# draws a hundred test images.

# %%
thresholds, bends, offset = BrokenLine(line.x + 1, line.y).as_relus()

try:
    yours = {
        "encoder.conv1.weight": file_away(1),
        "encoder.conv1.bias": np.ones(4),
        "encoder.conv2.weight": file_away(4),
        "encoder.conv2.bias": np.zeros(16),
        **decoder(thresholds, bends, offset),
    }
    drawn = forward(yours, images[:100].reshape(-1, 1, 28, 28)).deconv2
    print(f"Your network: {metrics.psnr(drawn[:, 0], images[:100, ..., 0]).mean():.1f} dB")
except Exception:  # the checks above have said what is wrong; the notebook goes on
    print("Your network does not run yet: see build-filing and decoder-by-hand.")

# %% [markdown]
# The kernels of the project's network, for comparison. Open the cell's output when yours are done.

# %% jupyter={"outputs_hidden": true}
from deconv.handmade.pictures import kernels

kernels(weights)

# %% [markdown]
# ## 5. Better than training
#
# Three numbers for each network, all as means over 2,000 test images. The PSNR is computed for each
# image, and then the mean is taken (section 9 says what else one could do). *SSIM* compares
# brightness, contrast and structure in small windows; 1 is perfect. A pixel is *exact* if it has
# the right one of 256 grey levels after rounding.

# %%
from deconv.handmade import count_nonzero
from deconv.handmade.trials import attempt

some, every = map(sum, zip(*count_nonzero(weights).values(), strict=True))
print(f"{some} of {every:,} numbers are not 0")

tested = splits.test[: lab.pick(2_000, 100)]
by_hand = attempt(weights, tested)
print(f"PSNR {by_hand.scores.psnr:.2f} dB   SSIM {by_hand.scores.ssim:.4f}")
print(f"exact pixels: {by_hand.exact:.1%}")

# %% [markdown]
# Now the same network, trained: from random weights, with the project's usual settings. It trains
# in PyTorch, or in TensorFlow if you write its name.

# %%
from benchmarks.framework import Framework
from deconv.weights import read_weights

framework = Framework("pytorch")  # or "tensorflow"
run = f"{framework.name}_deconv"
config = framework.config.Config(
    dataset=lab.dataset,
    epochs=lab.pick(10, 1),
    limit=lab.pick(None, 320),
    artifact_dir=lab.folder / "nobody_trained_it",
)
framework.train.train(config)
trained = read_weights(config.artifact_dir / run / "weights.safetensors")

# %% [markdown]
# The same three numbers, for the same test images:

# %%
by_training = attempt(trained, tested)
print(f"PSNR {by_training.scores.psnr:.2f} dB   SSIM {by_training.scores.ssim:.4f}")
print(f"exact pixels: {by_training.exact:.1%}")

# %%
from deconv.drawing import plots
from deconv.scratch import reconstruct

outputs = {
    "by hand": reconstruct(weights, images[:10]),
    "trained": reconstruct(trained, images[:10]),
}
plots.reconstructions_compared(images[:10], outputs, "The first ten test images")

# %% [markdown]
# Both kinds of error are too small to see. Ten epochs on Fashion-MNIST give 48 to 51 dB, depending
# on the seed and the processor, and your hour of thought gives 55 dB: about half the error (the
# root of its mean square). The same network *can* do it. What training lacks is neither layers nor
# channels.

# %% [markdown]
# ## 6. What it knows
#
# **Predict**, before you look at the next picture:

# %%
task("noise-by-hand")

# %%
answer = ...
check("noise-by-hand", answer)

# %% jupyter={"outputs_hidden": true}
from deconv.handmade.trials import kinds

pictures = kinds(splits.test)
print(f"{'':<22}{'by hand':>12}{'trained':>12}")
for name, strange in pictures.items():
    some = strange[: lab.pick(500, 20)]
    psnr = [attempt(those, some).scores.psnr for those in (weights, trained)]
    print(f"{name:<22}{psnr[0]:>9.1f} dB{psnr[1]:>9.1f} dB")

shown = to_unit_range(np.concatenate([those[:2] for those in pictures.values()]))
outputs = {"by hand": reconstruct(weights, shown), "trained": reconstruct(trained, shown)}
plots.reconstructions_compared(shown, outputs, "Two test images, shifted, inverted, and noise")

# %% [markdown]
# <details><summary>Answer: what this proves, and what it does not</summary>
#
# - *This autoencoder does not have to compress.* One number of the latent for each pixel is enough.
# - *It does not have to find features.* No number of the hand-made network looks at two pixels at
#   once. There is no edge, no texture and no garment in it.
# - So a good reconstruction says nothing about whether a network has understood its pictures. This
#   one draws noise, too.
# - The hand-made network is of no use for anything else. It cannot take noise away, and it cannot
#   add what is missing. For that, a network has to know what pictures look like.
#
# The hand-made network is worst on inverted pictures. Its line was fitted to how frequent each grey
# level is in Fashion-MNIST, where white is rare. Here white is frequent, in place of black. That is
# all that it knows of Fashion-MNIST.
#
# The trained network is worse on noise. Training has made its errors small on garments, and nothing
# has made them small elsewhere. That is all it knows of garments, as far as this test can tell.
# </details>

# %% [markdown]
# **Every pixel exact.** Eight pieces are all that the decoder has room for. But `conv1` has 32
# channels too, and so far it uses four. If the encoder makes a broken line as well, the two come
# one after the other: 15 pieces together. Then no grey level is off by half a level or more.

# %%
exact = attempt(write_by_hand(splits.train, lines=2), tested)
print(f"PSNR {exact.scores.psnr:.2f} dB   SSIM {exact.scores.ssim:.6f}")
print(f"exact pixels: {exact.exact:.4%}")

# %% [markdown]
# [docs/handmade.md](../docs/handmade.md) shows how, with a short proof for all 256 levels.

# %% [markdown]
# ## 7. Take the room away: PCA
#
# What if the latent must be smaller than the picture? The hand-made network has no answer. Leave
# out some of its 16 maps, and it leaves out pixels:

# %%
latent = maps.conv2[0, :16].copy()
dotted = []
for kept in (16, 12, 8, 4):
    less = np.zeros((1, 16, 7, 7))
    less[0, :kept] = latent[:kept]
    up = conv_transpose2d(less, weights["encoder.conv2.weight"][:16, :4], **UP)
    dotted.append(conv_transpose2d(up, w, **UP)[0, 0] - 1)  # minus the bias
captions = [f"{49 * kept} numbers" for kept in (16, 12, 8, 4)]
image_grid(dotted, 4, captions=captions, title="Fewer numbers, by hand")

# %% [markdown]
# A better idea uses that neighbouring pixels are alike. A picture is a list of 784 numbers, and so
# is a direction: what is added to each pixel on a step that way. Look for the direction in which
# pictures differ most from their mean. Then for the next one, at right angles to the first (the
# products of their numbers add up to 0), and so on. Keep only how far each picture goes in them.
# These directions are called *principal components* (PCA: principal component analysis).

# %%
task("build-pca")


# %%
def squeeze(rows, k): ...


check("build-pca", squeeze)

# %% [markdown]
# For many pictures there is a faster way than the one in the hint. The *covariance* is a table of
# 784×784 numbers that says which pixels rise and fall together. The directions are its
# *eigenvectors*: multiplied by the table, such a list becomes longer or shorter, but keeps its
# direction. `deconv.study.linear` finds them with `np.linalg.eigh`.

# %%
from deconv.study import linear

seen = to_unit_range(splits.train[: lab.pick(20_000, 1_000)])
unseen = images[: lab.pick(2_000, 200)]
components = linear.pca(seen)  # of `seen` alone
parts = [components.mean, *components.components[:11]]
image_grid(
    [part.reshape(28, 28) / np.abs(part).max() for part in parts],
    6,
    captions=["mean", *(f"component {n}" for n in range(1, 12))],
    title="The mean picture and eleven components, each divided by its largest size",
)

# %% [markdown]
# Mid-grey is 0 here. The first components say how wide and how bright a garment is, and whether
# it is a shoe; the later ones draw finer and finer detail.
#
# The factor by which an eigenvector becomes longer is its *eigenvalue*. It says how much the
# pictures vary in this direction. So how large is the mean squared error (MSE) with k components?
# Theory says: the sum of the eigenvalues that are cut off, divided by 784. No other *linear* code,
# made of weighted sums there and back, has a smaller one with k numbers on these images (Eckart and
# Young 1936).

# %%
print("components   predicted MSE   measured   on test images")
for k in (8, 32, 128, 512):
    errors = [
        np.mean((linear.reconstruct(components, those, k)[..., None] - those) ** 2)
        for those in (seen, unseen)
    ]
    predicted = linear.predicted_mse(components, k)
    print(f"{k:>10}{predicted:>16.5f}{errors[0]:>11.5f}{errors[1]:>14.5f}")

# %% [markdown]
# Prediction and measurement are equal, because this is a theorem. It holds for the pictures in
# which the components were found. On test images the error differs a little. With 512 components
# it is larger: the last ones describe details of those other pictures.

# %% [markdown]
# ## 8. Train through a bottleneck
#
# A network is not linear: it has ReLUs. `Config(latent=32)` puts two *dense* layers into the middle
# of ours, in which every output sees every input. The first squeezes 3,136 numbers to 32, the
# second makes 3,136 of them again. Everything is trained together. Such a narrow place is a
# *bottleneck*. To save time, it sees only the 20,000 training images that PCA has seen.

# %%
from dataclasses import replace

epochs, limit = lab.pick(4, 1), lab.pick(20_000, 320)
squeezed = {}
for size in lab.pick((8, 32, 128), (32,)):
    folder = lab.folder / "nobody_trained_it" / f"latent_{size}"
    settings = replace(config, latent=size, epochs=epochs, limit=limit, artifact_dir=folder)
    framework.train.train(settings)
    squeezed[size] = folder / run / "weights.safetensors"

# %%
load, draw = framework.inference.load_model, framework.inference.reconstruct
numbers = (8, 16, 32, 64, 128, 256, 512)
rows = linear.baselines(seen, unseen, numbers)
found = {size: draw(load(path, "cpu"), unseen) for size, path in squeezed.items()}

figure, (axes,) = plots.charts(1, "Squeezed to N numbers: mean test PSNR")
looks = {"pca": ("o-", plots.BLUE, "PCA"), "bicubic": ("s:", plots.GREEN, "fewer pixels, bicubic")}
for method, (look, colour, label) in looks.items():
    points = [(row.numbers, row.psnr) for row in rows if row.method == method]
    axes.plot(*zip(*points, strict=True), look, c=colour, label=label, ms=5)
psnr = [metrics.psnr(output, unseen).mean() for output in found.values()]
axes.plot(list(found), psnr, "D--", c=plots.VERMILION, label=f"network, {epochs} epochs", ms=6)
axes.set_xscale("log", base=2)
axes.set_xticks(numbers, [str(n) for n in numbers])
plots.style(axes, "numbers kept for each picture of 784 pixels", "mean test PSNR (dB)")
axes.legend(frameon=False)
figure

# %% [markdown]
# The dotted line keeps a smaller picture, of about as many pixels, and enlarges it again by
# *bicubic* interpolation, which draws smooth curves through the pixels. It knows nothing of
# garments. PCA knows which pixels go together. The network has seen the same pictures, and its
# ReLUs let it do more than weighted sums: with few numbers it draws better than PCA. With many
# numbers PCA is hard to beat. It is the best of its kind at once, and the network has had four
# epochs to become good.
#
# Every size here compresses, and none comes near the 55 dB of section 5. **That is the price of a
# short code, and an overcomplete latent does not pay it.**

# %%
some = [0, 1, 2, 3, 18, 23]
size = 32
lines = {
    "original": unseen[some, ..., 0],
    f"PCA, {size} numbers": linear.reconstruct(components, unseen[some], size).clip(-1, 1),
    f"network, {size} numbers": found[size][some][..., 0],
}
shown = [image for those in lines.values() for image in those]
image_grid(shown, len(some), row_labels=list(lines), title="Test images, from 32 numbers each")

# %% [markdown]
# **What is between the pictures?** Take the latents of a thousand training images. For each number
# of the latent, note its mean and how widely it spreads. Then draw new numbers at random, around
# the same means and as widely spread, and let the decoder make pictures of them.

# %%
from deconv.architecture import BASELINE
from deconv.networks import decode, encode


def dream(design, weights, seed=0):
    """Eight pictures from latents that are drawn at random, number by number."""
    latents = encode(design, weights, seen[:1000].reshape(-1, 1, 28, 28))
    noise = np.random.default_rng(seed).normal(size=(8, *latents.shape[1:]))
    return decode(design, weights, latents.mean(axis=0) + latents.std(axis=0) * noise)[:, 0]


narrow = dream(replace(BASELINE, latent=size), read_weights(squeezed[size]))
wide = dream(BASELINE, weights)
names = ["by hand, 784 numbers used", f"bottleneck, {size} numbers"]
image_grid([*wide, *narrow], 8, row_labels=names, title="Pictures from latents drawn at random")

# %% [markdown]
# From the overcomplete latent comes noise: its numbers are pixels, and pixels drawn one by one are
# no picture. From the bottleneck come things with an outline and a background. They are no good
# garments. But they are closer to garments than noise is: 32 numbers have no room for all pictures,
# and training has spent them on garments.

# %% [markdown]
# ## 9. A closer look at the ruler
#
# Everything so far was judged by PSNR. What does a decibel mean?
#
# $$\text{PSNR} = 10 \cdot \log_{10} \frac{\text{MAX}^2}{\text{MSE}} \text{ dB}$$
#
# MSE is the mean of the squared errors, MAX the distance from black to white: 2 here.

# %%
task("from-decibels")

# %%
answer = ...
check("from-decibels", answer)

# %% [markdown]
# Now write it. Mind that every image has a PSNR of its own.

# %%
task("build-psnr")


# %%
def mean_psnr(reconstructions, images): ...


check("build-psnr", mean_psnr)

# %% [markdown]
# **Pitfalls 1 to 3: the same pictures, other numbers.** Take what the bottleneck of 32 has drawn,
# and change nothing but the way to compute. *predicted* comes from a formula, *measured* from doing
# it, with scikit-image or NumPy. The word *less* in a name is a minus.

# %%
from deconv.compare.report import aligned
from deconv.study.theory.measured import mean_rows, range_rows, table

print(f"as it should be: {metrics.psnr(found[size], unseen).mean():.2f} dB\n")
rows = mean_rows(found[size], unseen) + range_rows(found[size], unseen)
rows = [row for row in rows if "refined" not in row.name]
print(aligned([[line[0], *line[2:4]] for line in table(rows)]))

# %% [markdown]
# - *A wrong MAX.* With pixels from −1 to 1 and MAX = 1 every picture loses 6.02 dB; with MAX = 255
#   it gains 42. Two papers that differ by 6 dB may have measured the same.
# - *The mean of the PSNRs or the PSNR of the mean.* The first row says by how much they differ
#   here. No picture has changed.
# - *One PSNR per batch.* It lies between these two, and moves when the batch size changes. It is
#   what scikit-image and torchmetrics compute of a batch, if you do not ask for something else.

# %%
task("mean-psnr-by-hand")

# %%
answer = ...
check("mean-psnr-by-hand", answer)

# %% [markdown]
# **Pitfall 4: black is easy.** Each point is a test image. A picture that is mostly black has few
# pixels in which something can go wrong.

# %%
whole = metrics.psnr(found[size], unseen)
garment = metrics.foreground_psnr(found[size], unseen)
black = (unseen[..., 0] <= -1 + 1e-5).mean(axis=(1, 2))

figure, axes = plots.charts(2, "Does a black background help?")
for one, values, name in zip(axes, (whole, garment), ("whole picture", "garment"), strict=True):
    one.plot(black, values, ".", c=plots.BLUE, ms=3, alpha=0.5)
    one.set_ylim(min(garment) - 1, max(whole) + 1)
    one.set_title(f"{name}: mean {values.mean():.1f} dB", fontsize=10)
    plots.style(one, "share of black pixels", f"PSNR of the {name} (dB)")
figure

# %% [markdown]
# Both charts show the same pictures, by the same network. On the left, those that are mostly black
# look as good as the others. On the right only the pixels of the garment count, and they are among
# the worst. Black without errors lifts a picture by −10·log10(1 − share): 7 dB where the share is
# 0.8. So of two data sets whose garments are drawn equally well, the one with more black has the
# higher PSNR.
#
# **Pitfall 5: it does not see what you see.**

# %%
task("three-damages")

# %%
answer = ...
check("three-damages", answer)

# %% [markdown]
# The next cell is folded. It damages a picture in five ways. Answer first, then open it.

# %% jupyter={"source_hidden": true, "outputs_hidden": true}
from scipy.ndimage import gaussian_filter

picture = 0.7 * images[lab.pick(12, 1), ..., 0].astype(float)  # room above white and below black
rng = np.random.default_rng(0)
damages = {
    "brighter": np.ones((28, 28)),
    "noise": rng.standard_normal((28, 28)),
    "blurred": gaussian_filter(picture, 1.5) - picture,
    "moved by one pixel": np.roll(picture, 1, axis=1) - picture,
    "a white square": np.pad(1 - picture[11:16, 11:16], ((11, 12), (11, 12))),
}
error = 10 ** (-24 / 20) * metrics.MAX  # root of the MSE, for 24 dB
damaged = [picture + error * damage / np.sqrt((damage**2).mean()) for damage in damages.values()]
damaged = np.clip([picture, *damaged], -1, 1)
psnr, ssim = (measure(damaged[1:], damaged[[0] * 5]) for measure in (metrics.psnr, metrics.ssim))
captions = [f"{p:.1f} dB, SSIM {s:.2f}" for p, s in zip(psnr, ssim, strict=True)]
image_grid(
    damaged,
    6,
    headings=["original", *damages],
    captions=["", *captions],
    title="Five pictures with the same PSNR",
)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Each difference was made larger or smaller until the PSNR was about 24 dB. You would not call
# these pictures equally good.
# </details>
#
# SSIM agrees with the eye more often, but it is a formula too. It needs to know where black is:

# %%
task("ssim-of-flat-pictures")

# %%
answer = ...
check("ssim-of-flat-pictures", answer)

# %% [markdown]
# ## 10. What to take along
#
# - A network that reconstructs well need not know anything. Ask how many numbers its latent has.
# - The hand-made weights show what these layers can do at least. Training stays some decibels below
#   them, and `python -m benchmarks.ceiling` looks for what stops it.
# - Three things belong to every PSNR: MAX, the order of mean and logarithm, and how much of the
#   pictures is background.
#
# To go on: `python -m deconv.handmade` writes these weights into a folder like that of a training.
# Both frameworks read them, and `python -m deconv.compare` puts them beside trained ones. Next
# notebook: `06_backwards`, in which you write what training needs.
#
# [The checklist](../docs/checklist.md) says what you can do now, and which exercise checks it. The
# next cell lists what you have done here.

# %%
progress()
