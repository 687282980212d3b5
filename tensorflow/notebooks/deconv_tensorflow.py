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
# # Learning to upsample, in TensorFlow
#
# You will train a small network that shrinks a picture to a 7×7 grid and draws it again at
# 28×28. The way up is made of *transposed convolutions*. You will see what they compute, what
# they learn, and what goes wrong with them.
#
# - **The twin.** `pytorch/notebooks/deconv_pytorch.ipynb` does the same in PyTorch,
#   cell for cell. Open both and compare.
# - **What you need.** One year of Python, and the set-up of the README (`make setup`). No GPU:
#   the notebook takes a few minutes on a laptop.
# - **Predict, then check.** Where it says **Predict**, stop and write your guess down. Then run
#   the next cell. A wrong guess is worth more than no guess.

# %%
import inspect
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# The code of this project is imported from its root folder: find it, and work from there.
here = Path.cwd()
root = next(folder for folder in (here, *here.parents) if (folder / "deconv/config.py").is_file())
os.chdir(root)
sys.path.insert(0, str(root))

from deconv import startup

startup.prepare()  # before a framework is loaded: its threads wait less where the machine is busy

import keras
import numpy as np
import tensorflow as tf
from IPython import get_ipython
from matplotlib.figure import Figure
from tensorflow.src import engine, utils
from tensorflow.src.config import Config
from tensorflow.src.data import build_datasets
from tensorflow.src.inference import load_model, reconstruct
from tensorflow.src.model import build_model, transposed_decoder
from tensorflow.src.optimizer import build_optimizer
from tensorflow.src.train import train
from tensorflow.src.utils import activations, from_numpy, load_weights, to_numpy

from deconv import metrics
from deconv.arithmetic import conv_input_sizes, output_size
from deconv.data.splits import CLASS_NAMES, TITLES, load_splits
from deconv.data.synthetic import draw_garments
from deconv.drawing import plots
from deconv.drawing.teaching import image_grid, number_grids, psnr_by_size, stamps
from deconv.metrics import to_unit_range
from deconv.running.record import read_history
from deconv.weights import initial_weights, read_weights

# Show a figure that a cell ends with.
get_ipython().display_formatter.formatters["image/png"].for_type(Figure, plots.png)

# %% [markdown]
# All settings are in one object. Its fields are the flags of `python -m tensorflow.src.train`.
# With `dataset="auto"` the notebook uses Fashion-MNIST if it is on your disk or can be
# downloaded, and drawn garments otherwise.

# %%
QUICK = os.environ.get("DECONV_QUICK") == "1"  # the tests set it, to run everything in seconds

config = Config(
    dataset="synthetic" if QUICK else "auto",
    epochs=1 if QUICK else 10,
    limit=640 if QUICK else None,
    compile="off" if QUICK else "auto",
    artifact_dir=Path(os.environ.get("DECONV_NOTEBOOK_DIR", "artifacts/notebooks")),
)
run_folder = config.artifact_dir / "tensorflow_deconv"

# %% [markdown]
# ## 1. Why learn to upsample?
#
# A network that names what is in a picture makes the picture smaller, layer by layer. But often
# the answer is a picture itself: a mask, a sharper photograph, a face that never existed. Then
# some layer has to go from a small grid to a large one.
#
# A **transposed convolution** does this by stamping. The kernel is the stamp. Every input pixel
# prints it on the output, multiplied by the pixel's value. Where stamps overlap, they add up. The
# **stride** is how far the stamp moves from one input pixel to the next.
#
# **Predict.** Input and kernel are both `[[0, 1], [2, 3]]`, and the stride is 1. How large is the
# output? Which number stands in its middle?

# %%
corner = np.array([[0, 1], [2, 3]])
stamps(corner, corner)

# %% [markdown]
# Four stamps overlap in the middle: 0·3 + 1·2 + 2·1 + 3·0 = 4. Now TensorFlow. It takes several
# images at once, a *batch*, and an image may have several *channels*, as a colour picture has
# three. So images are `(batch, height, width, channels)`, and the kernel of a transposed
# convolution is `(height, width, out, in)`, with the channels that go out and those that come in.


# %%
def upsample(image, kernel, stride):
    """Transposed convolution of one grey image (H, W) with one kernel (h, w), in TensorFlow."""
    x = tf.constant(image, tf.float32)[None, :, :, None]  # (1, H, W, 1)
    w = tf.constant(kernel, tf.float32)[:, :, None, None]  # (h, w, 1, 1)
    return keras.ops.conv_transpose(x, w, strides=stride, padding="valid")[0, :, :, 0].numpy()


print(upsample(corner, corner, stride=1))

# %% [markdown]
# The usual rules for enlarging a picture are transposed convolutions whose kernel somebody chose:
#
# - a 2×2 kernel of ones with stride 2 repeats every pixel (*nearest neighbour*);
# - a 3×3 triangle with stride 2 puts averages between the pixels (*linear interpolation*).
#
# Any other kernel is another rule. **That is why learning makes sense here:** the rule is a few
# numbers, and training can choose them.

# %%
garment = draw_garments(1, seed=3)[0][0] / 255
small = garment.reshape(7, 4, 7, 4).mean(axis=(1, 3))  # (28, 28) to (7, 7): means of 4×4 blocks

triangle = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])
dice = np.random.default_rng(0).uniform(0, 0.8, (3, 3))
pictures = {
    "7×7 pixels": small,
    "2×2 ones: repeat": upsample(small, np.ones((2, 2)), stride=2),
    "3×3 triangle: average": upsample(small, triangle, stride=2),
    "3×3 thrown with dice": upsample(small, dice, stride=2),
}
image_grid(list(pictures.values()), 4, captions=list(pictures), limits=(0, 1))

# %% [markdown]
# The kernel thrown with dice draws a pattern that is not in the picture. Remember it: section 9
# says where it comes from.
#
# A word on names. This layer is also called *deconvolution*. That promises too much: it undoes the
# change of size, not the change of values.

# %% [markdown]
# ## 2. The data
#
# Fashion-MNIST holds 70,000 grey pictures of 28×28 pixels, in ten classes
# ([Xiao, Rasul and Vollgraf 2017](https://arxiv.org/abs/1708.07747)). They are split in three:
# *training* images to learn from, *validation* images to choose the best weights on the way, and
# *test* images, by which nothing is chosen.

# %%
splits = load_splits(config)
print(TITLES[splits.name])
for name in ("train", "validation", "test"):
    images = getattr(splits, name)
    print(f"{name:<11}{images.shape}  {images.dtype}")

# %%
examples = [splits.train[splits.train_labels == label][:3] for label in range(10)]
image_grid(
    [examples[label][row] for row in range(3) for label in range(10)],
    columns=10,
    headings=CLASS_NAMES,
    limits=(0, 255),
)

# %% [markdown]
# Before training, the pixels 0…255 become numbers from -1 to 1. The last layer ends in `tanh`,
# whose values lie between -1 and 1 too, so it can reach every pixel.
#
# The network is an **autoencoder**: it shall draw what it sees. So the target is the image itself,
# and a batch is a pair `(images, images)`. A batch holds 32 images here. Going once through all
# training images, batch by batch, is an *epoch*.
#
# **Predict.** What is the shape of one batch of images? Mind the place of the channel axis.

# %%
training, validation, test = build_datasets(config, splits)
images, targets = next(iter(training))
print("images ", tuple(images.shape), " from", np.min(images), "to", np.max(images))
print("targets", tuple(targets.shape), " the same as the images:", np.all(images == targets))

# %% [markdown]
# TensorFlow puts the channel axis last, PyTorch puts it first. In this project only the insides of
# the two packages differ. Whatever goes in or comes out is a NumPy array `(N, 28, 28, 1)`.

# %% [markdown]
# ## 3. The shapes
#
# The **encoder** halves the picture twice with ordinary convolutions. The **decoder** doubles it
# twice with transposed ones. All four have kernel 3, stride 2 and padding 1. ReLU makes negative
# numbers 0 and leaves the others alone.
#
# - `conv1`: 1 channel to 32, then ReLU
# - `conv2`: 32 channels to 64, then ReLU
# - `deconv1`: 64 channels to 32, output padding 1, then ReLU
# - `deconv2`: 32 channels to 1, output padding 1, then tanh
#
# An *ordinary* convolution lays the kernel on the picture, multiplies each pixel by the number that
# lies on it, and adds up: one output number. Then the kernel moves on by *stride* pixels. *Padding*
# puts a frame of zeros round the picture before (⌊ ⌋ rounds down):
#
# $$\text{output} = \left\lfloor \frac{\text{input} + 2 \cdot \text{padding} -
# \text{kernel}}{\text{stride}} \right\rfloor + 1$$
#
# The size after a *transposed* convolution follows from the stamps. The stamp takes input − 1 steps
# of *stride* pixels and is one *kernel* long. *Padding* takes the frame away again: it cuts pixels
# off on both sides. *Output padding* gives some back on one side:
#
# $$\text{output} = (\text{input} - 1) \cdot \text{stride} - 2 \cdot \text{padding} +
# \text{kernel} + \text{output padding}$$
#
# *In Keras* padding is a layer of its own here, `ZeroPadding2D`, and so is cutting, `crop1` and
# `crop2`. Section 9 says why.
#
# **Predict.** Write down height × width × channels after every layer, from the 28×28×1 image to
# the end. The *latent* is the grid between encoder and decoder. How many numbers does it have?

# %%
model = build_model(config)
load_weights(model, initial_weights(config.seed))  # the same numbers in both frameworks

example = to_unit_range(splits.test[:1])  # (1, 28, 28, 1)
for name, values in activations(model, example).items():
    _, height, width, channels = values.shape
    print(f"{name:<26}{height:>3} × {width:>2} × {channels:<3}{values.size:>7,} numbers")

# %% [markdown]
# The latent has 7·7·64 = 3,136 numbers. The picture has 784. **So this network does not
# compress:** it has four latent numbers for every pixel. It can still teach us how to go up,
# because the way from 7×7 to 28×28 has to be learned. Section 7 looks at what happens when
# fewer numbers are allowed.
#
# This is the whole decoder, from `tensorflow/src/model.py`:

# %%
print(inspect.getsource(transposed_decoder))

# %% [markdown]
# ## 4. Training
#
# The loss is the mean squared error (MSE): the difference of two pixels, squared, averaged over
# all pixels. The *weights* are what training may change: the numbers in the kernels, and a *bias*
# for each channel, which is added to it. The *gradient* says for each weight how fast the loss
# would grow with it. The framework finds it by going backwards through the layers. The *optimizer*
# then moves each weight the other way. Ours is *Adam*
# ([Kingma and Ba 2015](https://arxiv.org/abs/1412.6980)): it averages the gradients of the last
# steps and divides them by their usual size. The *learning rate* says how far a weight moves.
#
# One step of training, from `tensorflow/src/engine.py`:

# %%
print(inspect.getsource(engine.train_step.python_function))

# %% [markdown]
# `train` does this for every batch of every epoch. The learning rate climbs during the first 2 %
# of the steps and then falls in a straight line to 0. After each epoch the validation images are
# measured, and the weights with the lowest validation loss are kept.
#
# First it prints the layers with their cost. One *MAC* (multiply-accumulate) is one multiplication
# with its addition.
#
# **Predict.** PSNR is a measure of quality in decibels (dB); more is better, and section 5
# explains it. If the first epoch ends at 39 dB, will the last one end at 41, 50 or 65?

# %%
record = train(config)

# %%
plots.curves(read_history(run_folder), f"TensorFlow on {TITLES[splits.name]}")

# %% [markdown]
# Both losses should fall together. If the training loss fell and the validation loss rose, the
# network would be learning its training pictures by heart (*overfitting*). A bump on the way is
# normal while the learning rate is high: large steps jump around the minimum. Towards the end the
# steps are small and settle into it.
#
# A run with the same seed gives the same bytes again, on the same kind of processor with as many
# threads as before. Another number of threads adds the same numbers up in another order: the last
# digits differ, and in thousands of steps that can grow to a decibel.

# %% [markdown]
# ## 5. PSNR: how close is close?
#
# The *peak signal-to-noise ratio* compares the error with the largest difference that two pixels
# can have. Here that is MAX = 2, from black (-1) to white (1).
#
# $$\text{PSNR} = 10 \cdot \log_{10} \frac{\text{MAX}^2}{\text{MSE}} \text{ dB}$$
#
# Let us compute it by hand for one test image, and then ask this project's own measure
# (`deconv.metrics`) and TensorFlow's side (tf.image).

# %%
model = load_model(run_folder / "weights.safetensors", device="cpu")
originals = to_unit_range(splits.test)  # (N, 28, 28, 1)
outputs = reconstruct(model, originals)  # the same shape

error = outputs[0] - originals[0]
mse = np.mean(error**2)
print(f"MSE                    {mse:.6f}")
print(f"PSNR by hand           {10 * np.log10(2**2 / mse):.4f} dB")
print(f"PSNR by deconv.metrics {metrics.psnr(outputs[:1], originals[:1])[0]:.4f} dB")
by_tf_image = utils.psnr(from_numpy(outputs[:1]), from_numpy(originals[:1]))
print(f"PSNR by tf.image       {by_tf_image:.4f} dB")

# %% [markdown]
# **Predict.** Every pixel of a picture is wrong by one grey level of 255. What is the PSNR? What
# does it lose each time the error doubles?

# %%
for levels in (1, 2, 4, 8, 16, 32):
    mse = (2 * levels / 255) ** 2  # 255 levels span the distance from -1 to 1
    print(f"wrong by {levels:>2} of 255 grey levels: {10 * np.log10(2**2 / mse):.1f} dB")

# %% [markdown]
# Twice the error costs 6 dB, because its square is four times as large and 10·log10(4) = 6.02.
# To get a feeling for the numbers, here is one test image with more and more noise:

# %%
noise = np.random.default_rng(0).standard_normal((28, 28, 1))
strengths = (0, 0.01, 0.03, 0.1, 0.3, 1)  # standard deviations; black to white is 2
noisy = np.array([(originals[0] + strength * noise).clip(-1, 1) for strength in strengths])
decibels = metrics.psnr(noisy, originals[[0] * len(noisy)])
captions = [f"{value:.1f} dB" if np.isfinite(value) else "no noise" for value in decibels]
image_grid(noisy[..., 0], columns=6, captions=captions)

# %% [markdown]
# ## 6. Reconstructions: the best, the median, the worst
#
# A mean hides a lot. Here is the PSNR of every single test image.

# %%
psnr = metrics.psnr(outputs, originals)
plots.psnr_distribution({"TensorFlow": psnr})

# %% [markdown]
# **Predict.** Which is higher: the mean of these values, or one PSNR computed from the mean of all
# MSEs? And what if only the garment counts, and not the black around it?

# %%
mean_mse = metrics.mse(outputs, originals).mean()
black = (splits.test == 0).mean()
garments = metrics.foreground_psnr(outputs, originals)
print(f"mean over images of each image's PSNR  {psnr.mean():.2f} dB")
print(f"PSNR of the mean MSE                   {10 * np.log10(2**2 / mean_mse):.2f} dB")
print(f"mean PSNR of the garments alone        {garments.mean():.2f} dB")
print(f"pixels that are exactly black: {black:.0%}")

# %% [markdown]
# The mean over images is what this project calls *the* PSNR, in the line that training ended with
# too. The PSNR of the mean MSE is lower, because the worst pictures weigh most in that mean. And
# the black around a garment is easy: where it counts, it makes the average picture look better.

# %%
order = np.argsort(-psnr)  # best first
half = len(order) // 2
chosen = np.concatenate([order[:3], order[half - 1 : half + 2], order[-3:]])
kinds = ["best"] * 3 + ["median"] * 3 + ["worst"] * 3
errors = 50 * np.abs(outputs - originals) - 1  # enlarged 50 times; black is no error
image_grid(
    [*originals[chosen, ..., 0], *outputs[chosen, ..., 0], *errors[chosen, ..., 0]],
    columns=9,
    headings=[f"{kind}\n{psnr[i]:.1f} dB" for kind, i in zip(kinds, chosen, strict=True)],
    row_labels=["original", "reconstruction", "error × 50"],
)

# %% [markdown]
# **Predict.** Which classes are easy for the network, which are hard? Think of what the best and
# the worst pictures have in common.

# %%
by_class = {name: psnr[splits.test_labels == i].mean() for i, name in enumerate(CLASS_NAMES)}
for name in sorted(by_class, key=by_class.get, reverse=True):
    print(f"{name:<12}{by_class[name]:6.2f} dB")

# %% [markdown]
# ## 7. A bottleneck that compresses
#
# With four latent numbers for every pixel, a good reconstruction is no wonder. What if the decoder
# gets only *k* numbers for a picture?
#
# *Principal component analysis* (PCA) is the simplest way to squeeze: find the *k* directions in
# which the latents of some training images differ most, and keep only how far each latent goes in
# these directions. To be fair, the same is done with the plain pixels, without any network.
#
# **Predict.** With the same number of numbers, which pictures will be better: those squeezed as
# latents of our network, or those squeezed as plain pixels?


# %%
def principal_directions(rows):
    """PCA: the mean row, and the directions of largest variance, the largest first."""
    mean = rows.mean(axis=0)
    return mean, np.linalg.svd(rows - mean, full_matrices=False)[2]


def squeeze(rows, k, mean, directions):
    """Keep k numbers of each row, and write the row again from those."""
    kept = (rows - mean) @ directions[:k].T  # (N, k)
    return kept @ directions[:k] + mean


def encode(images):
    """Images (N, 28, 28, 1) to latents, one row of 3136 numbers each."""
    return to_numpy(model.encoder(from_numpy(images))).reshape(len(images), -1)


def decode(latents):
    """Rows of 3136 numbers to images (N, 28, 28, 1)."""
    return to_numpy(model.decoder(from_numpy(latents.reshape(-1, 7, 7, 64))))


# %%
fitted_on = to_unit_range(splits.train[: 200 if QUICK else 2000])
tested_on = originals[:500]
latent_pca = principal_directions(encode(fitted_on))
pixel_pca = principal_directions(fitted_on.reshape(len(fitted_on), -1))

sizes = (4, 8, 16, 32, 64, 128, 256, 512)
from_latents, from_pixels = {}, {}
for k in sizes:
    from_latents[k] = decode(squeeze(encode(tested_on), k, *latent_pca))
    pixels = squeeze(tested_on.reshape(len(tested_on), -1), k, *pixel_pca)
    from_pixels[k] = pixels.reshape(tested_on.shape).clip(-1, 1)

quality = {
    "k numbers of the latent": [metrics.psnr(from_latents[k], tested_on).mean() for k in sizes],
    "k numbers of the pixels": [metrics.psnr(from_pixels[k], tested_on).mean() for k in sizes],
}
psnr_by_size(sizes, quality, ceiling=psnr[:500].mean(), image_size=784)

# %%
shown = (4, 16, 64, 256, 512)
image_grid(
    [
        image[..., 0]
        for i in (0, 1, 2)
        for image in (originals[i], *(from_latents[k][i] for k in shown), outputs[i])
    ],
    columns=7,
    headings=["original", *(f"{k} numbers" for k in shown), "all 3136"],
)

# %% [markdown]
# Every size below 784 compresses, and the price is plain to see. After ten epochs on Fashion-MNIST
# the plain pixels do better than the latent at every size. Nobody asked this network to compress,
# so its latent is no shorter way to describe a picture than the picture itself. An autoencoder
# that shall compress must be *trained through* its bottleneck. Exercise 5 does that.

# %% [markdown]
# ## 8. Feature maps on their way up
#
# A *feature map* is one channel of what a layer hands on. Follow one picture through the decoder:
# eight of the 64 channels of the latent (7×7), eight of the 32 channels after the first transposed
# convolution (14×14), and the result. Each map spans its own range from black to white.

# %%
maps = activations(model, originals[:1])
latent = [values[0] for name, values in maps.items() if name.startswith("encoder")][-1]
halfway = [values[0] for values in maps.values() if values.shape[1] == 14][-1]


def liveliest(feature_maps, count):
    """The channels (H, W, C) that vary most over the picture, as a list of (H, W)."""
    channels = np.argsort(-feature_maps.std(axis=(0, 1)))[:count]
    return [feature_maps[:, :, channel] for channel in channels]


image_grid(
    [*liveliest(latent, 8), *liveliest(halfway, 8), originals[0, ..., 0], outputs[0, ..., 0]],
    columns=8,
    row_labels=["latent, 7×7", "halfway, 14×14", "original, output"],
    limits=None,
)

# %% [markdown]
# The 7×7 maps say roughly where something is. In the 14×14 maps look at neighbours: many maps are
# grids, in which even and odd rows or columns hold different things. Section 9 explains how a
# stride of 2 does that. The last layer adds 32 such maps up, each stamped with its own kernel, and
# the grids are gone.
#
# **Predict.** We change a single number of the latent. How many pixels of the output can change?
# Use the formula of section 3 without padding: one number becomes a stamp of 3×3, and those 3×3
# numbers become …

# %%
before = encode(originals[4:5]).reshape(1, 7, 7, 64)
differences = np.empty((64, 28, 28))
for channel in range(64):
    after = before.copy()
    after[0, 3, 3, channel] += 1  # the middle of the grid
    differences[channel] = (decode(after) - decode(before))[0, ..., 0]

rows, columns = np.nonzero(np.abs(differences).max(axis=0))
print(f"rows {rows.min()} to {rows.max()}, columns {columns.min()} to {columns.max()}")

# %% [markdown]
# 3×3 becomes (3 − 1)·2 + 3 = 7, so a square of 7×7 pixels: the *reach* of one latent number.
# And this is what the strongest channels print there. Mid-grey is no change.

# %%
strongest = np.argsort(-np.abs(differences).max(axis=(1, 2)))[:20]
window = differences[strongest, rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
window = window / np.abs(window).max(axis=(1, 2), keepdims=True)
image_grid(window, columns=10, captions=[f"channel {channel}" for channel in strongest])

# %%
energy = np.sort((differences**2).reshape(64, -1))[:, ::-1]  # the strongest pixel first
share = energy[:, :4].sum(axis=1) / energy.sum(axis=1).clip(1e-12)
print(f"4 of 49 pixels hold {4 / 49:.0%} of an even print.")
print(f"The 4 strongest pixels hold {np.median(share):.0%} of the squared change (median channel).")

# %% [markdown]
# After ten epochs on Fashion-MNIST some channels print hardly more than one pixel, and half of the
# channels put most of their change into four. With four latent numbers for every pixel, the network
# can afford to file pixels away, one here and one there, and to put them back in their places.
# This fits what section 7 has found: the latent compresses no better than the pixels do.

# %% [markdown]
# ## 9. Kernel, stride and output padding: size and checkerboards
#
# The formula once more, with the numbers of our first transposed convolution:
# (7 − 1)·2 − 2·1 + 3 + 1 = 14.
#
# **Predict.** What does each of these make of 7 pixels? Cover the last column.

# %%
print("kernel  stride  padding  output padding     7 becomes")
for kernel, stride, padding, extra in [
    (3, 1, 1, 0),
    (3, 2, 0, 0),
    (3, 2, 1, 0),
    (3, 2, 1, 1),
    (2, 2, 0, 0),
    (4, 2, 1, 0),
    (5, 2, 2, 1),
    (6, 3, 2, 1),
    (8, 4, 2, 0),
]:
    size = output_size(7, kernel, stride, padding, extra)
    print(f"{kernel:>6}{stride:>8}{padding:>9}{extra:>16}{size:>14}")

# %% [markdown]
# Why is there an output padding at all? Ask the other way round: which sizes does the *ordinary*
# convolution with kernel 3, stride 2 and padding 1 turn into 7?

# %%
print(conv_input_sizes(7, kernel=3, stride=2, padding=1))

# %% [markdown]
# Both. A convolution with stride 2 forgets whether its input had an odd or an even size, so the
# way back is not unique. Output padding chooses: 0 gives 13, 1 gives 14.
#
# *In Keras* `padding="same"` gives 14 too, but not with the same pixels: it cuts the last row and
# column where PyTorch cuts the first. That shifts everything by one pixel. So our layer stamps
# all of 15×15 (`padding="valid"`), and `crop1` cuts the first row and column, as `Cropping2D`
# would. The encoder pads in layers of its own for the same reason: `same` would put zeros only at
# the bottom and at the right.
#
# Now the pattern of section 1. **Predict.** A flat picture of ones, stamped with a kernel of ones:
# every output pixel counts how many stamps cover it. What do you see for kernel 3 with stride 2?
# What for kernel 4 with stride 2?

# %%
flat = np.ones((4, 4))
number_grids(
    [upsample(flat, np.ones((3, 3)), stride=2), upsample(flat, np.ones((4, 4)), stride=2)],
    ["kernel 3, stride 2", "kernel 4, stride 2"],
)

# %% [markdown]
# Kernel 3 with stride 2 counts 1, 2, 4: a flat input becomes a **checkerboard**. Kernel 4 counts 4
# everywhere but at the border. The rule: where the stride divides the kernel size, all pixels get
# the same number of stamps
# ([Odena, Dumoulin and Olah 2016](https://doi.org/10.23915/distill.00003)).
#
# Equal counts are not yet equal values, because the weights of a kernel differ. There are other
# ways up. Two of those in this project: *nearest* repeats every pixel and convolves after that;
# *subpixel* computes four values for every pixel and lays them out 2×2.
#
# **Predict.** Fresh decoders with random weights get a flat latent of ones. Which of the three ways
# up give a flat picture?

# %%
patterns, spreads = [], []
ways_up = [Config(upsampler=name) for name in ("transposed", "subpixel", "nearest")]
labels = [way.upsampler for way in ways_up]
for way in ways_up:
    for seed in range(6):
        fresh = build_model(way)
        load_weights(fresh, initial_weights(seed, way))
        output = to_numpy(fresh.decoder(from_numpy(np.ones((1, 7, 7, 64), np.float32))))
        inside = output[0, 6:22, 6:22, 0]  # away from the border
        patterns.append(inside - inside.mean())
        spreads.append(f"spread {np.ptp(inside):.2f}")
image_grid(patterns, columns=6, captions=spreads, row_labels=labels, limits=(-0.4, 0.4))

# %% [markdown]
# Only *nearest* is flat, whatever its weights: all its pixels are computed with the same kernel.
# The other two compute neighbouring pixels with different weights. They start with a pattern that
# repeats every four pixels, because they double twice.
#
# Training works against the pattern, because the loss punishes it. Here are the three after
# ten steps with 64 images each.

# %%
young = []
for way in ways_up:
    learner = build_model(way)
    load_weights(learner, initial_weights(config.seed, way))
    optimizer = build_optimizer(learner, config)
    for start in range(0, 640, 64):
        batch = from_numpy(to_unit_range(splits.train[start : start + 64]))
        engine.train_step(learner, optimizer, batch, batch)
    young.append(reconstruct(learner, originals[:8]))

image_grid(
    [image[..., 0] for row in (originals[:8], *young) for image in row],
    columns=8,
    row_labels=["original", *labels],
)

# %% [markdown]
# Does a trace stay when training is over? We sort the pixels of all test images by row and column
# being even or odd. A checkerboard would make some kinds too bright and others too dark, so look
# at the *mean error* of each kind, output minus original. Plus and minus cancel in it; in the MSE
# they do not.

# %%
errors = outputs - originals
for row, row_name in enumerate(("even row", "odd row")):
    for column, column_name in enumerate(("even column", "odd column")):
        of_kind = errors[:, row::2, column::2]
        grey_levels = 255 / 2 * of_kind.mean()  # black to white is 255 grey levels, and 2 here
        print(f"{row_name:<9} {column_name:<12} mean error {grey_levels:+.3f} grey levels", end="")
        print(f"  MSE {(of_kind**2).mean():.7f}")

# %% [markdown]
# After ten epochs on Fashion-MNIST the mean errors are a small part of one grey level: nothing is
# left to see. But the four kinds are not equally good, as their MSE says. A pixel in an even row
# and an even column is reached by one stamp per channel, where one of the two is odd by two,
# where both are odd by four. So four different sets of weights compute the four kinds of pixels.
# The encoder reads them with different weights too, because its stride is also 2.

# %% [markdown]
# ## 10. Saving, reloading, and the other framework's weights
#
# Training has left its weights in a file. It holds nothing but named arrays, so reading it runs no
# code, and it does not matter which framework wrote it.

# %%
saved = read_weights(run_folder / "weights.safetensors")
for name, array in sorted(saved.items()):
    print(f"{name:<24}{array.shape!s:<18}{array.size:>7,}")
print(f"{'':<42}{sum(array.size for array in saved.values()):>7,}")

# %%
reloaded = load_model(run_folder / "weights.safetensors", device="cpu")
difference = np.abs(reconstruct(reloaded, originals) - outputs).max()
print("largest difference after reloading:", difference)

# %% [markdown]
# The kernels in the file have PyTorch's order of axes. TensorFlow has moved the axes from its own
# order when it wrote the file. Nothing is flipped.
#
# **Predict.** PyTorch builds its own model, loads *our* weights and reconstructs the same test
# images. How far from our result will its pixels be? It runs in a process of its own, as you would
# start it in a shell.

# %%
with tempfile.TemporaryDirectory() as scratch:
    file = Path(scratch) / "reconstructions.npy"
    command = [sys.executable, "-m", "pytorch.src.inference", "--dataset", splits.name]
    command += ["--weights", str(run_folder / "weights.safetensors"), "--array", str(file)]
    command += ["--device", "cpu"]
    subprocess.run(command, check=True)
    theirs = np.load(file)

print("images compared:   ", len(theirs))
print("largest difference:", np.abs(theirs - outputs).max())
print(f"mean PSNR, TensorFlow: {metrics.psnr(outputs, originals).mean():.6f} dB")
print(f"mean PSNR, PyTorch:    {metrics.psnr(theirs, originals).mean():.6f} dB")

# %% [markdown]
# Pixels span 2, and a float32 has about seven digits: what is left is rounding. **One idea, written
# twice, is one function.** A run of the other framework is loaded the same way, with
# `load_model("artifacts/notebooks/pytorch_deconv/weights.safetensors")`.

# %% [markdown]
# ## 11. Exercises
#
# 1. **By hand.** Kernel 4, stride 2, padding 1: what become of 7 and of 14? Why does this layer
#    need no output padding?
# 2. **Another way up.** Train with `dataclasses.replace(config, upsampler="nearest",
#    artifact_dir=Path("artifacts/nearest"))`, and in the same way with `"subpixel"`. Compare PSNR,
#    parameters and MACs. Which one would you choose, and for what?
# 3. **Fewer pictures.** Train with `limit=5000` and `epochs=10`, and then with `limit=5000` and
#    `epochs=109`, which takes as many steps as all pictures took in ten epochs. How many dB do
#    fewer steps cost, and how many do fewer pictures? Where does the validation loss stay behind?
# 4. **What the eye does not see.** Shift a test image by one pixel (`np.roll`) and compute
#    `metrics.psnr` and `metrics.ssim` against the original. You see hardly a difference. Why does
#    PSNR?
# 5. **A trained bottleneck.** Between encoder and decoder, put a layer that maps the 3,136 numbers
#    to 64 and one that maps them back. Give the new model its own optimizer, as in section 9, and
#    train it: `engine.train_epoch(model, optimizer, Epoch(batches, 0.001))`, where `Epoch` comes
#    from `deconv.running.epoch` and 0.001 is the learning rate.
#    Does it beat PCA with 64 numbers? How long does it need for that?
# 6. **Denoising.** Make a new `learner` and its `optimizer`, as in section 9. For each batch of
#    images draw (in TensorFlow) `noisy = images + 0.3 * tf.random.normal(images.shape)` and take
#    a step from noisy images to clean targets: `engine.train_step(learner, optimizer, noisy,
#    images)`. Try the result on the row of noisy pictures in section 5.
# 7. **Between two garments.** Encode a trouser and a dress, average their latents, and decode.
#    Then average the pixels instead. How different are the two pictures? What does that say about
#    the latent?

# %% [markdown]
# ## 12. Where to go next
#
# The way up is the same everywhere; what changes is what comes in and what is asked for.
#
# - **Segmentation**, a class for every pixel. FCN
#   ([Long et al. 2015](https://arxiv.org/abs/1411.4038)) enlarges the features of a classifier with
#   transposed convolutions that start as linear interpolation. U-Net
#   ([Ronneberger et al. 2015](https://arxiv.org/abs/1505.04597)) goes up with kernel 2 and
#   stride 2, and adds shortcuts from the encoder.
# - **GAN generators**, pictures from noise. DCGAN
#   ([Radford et al. 2016](https://arxiv.org/abs/1511.06434)) turns 100 random numbers into a 4×4
#   grid, and four transposed convolutions make 64×64 of it.
# - **Super-resolution**, a larger photograph from a small one. Subpixel convolution was invented
#   for it ([Shi et al. 2016](https://arxiv.org/abs/1609.05158)).
# - **Diffusion decoders**, a picture from a cleaned latent. In latent diffusion
#   ([Rombach et al. 2022](https://arxiv.org/abs/2112.10752)) the decoder goes up by repeating every
#   pixel and convolving after that: our *nearest*.
#
# In this repository: `deconv/arithmetic` proves five views of the transposed convolution equal, in
# plain NumPy; `python -m deconv.compare artifacts/notebooks/*_deconv` sets the runs of the two
# notebooks side by side.
