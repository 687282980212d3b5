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
# # 7. Where next: four things that a decoder is for
#
# So far a decoder drew the picture that had gone in. Here the same few layers do four other things.
# Each example is small, works in both frameworks, and says what it is not. Afterwards you can
#
# - train a decoder that names the class of every pixel, and measure it;
# - enlarge pictures with a learned layer, and compare that with a rule that learned nothing;
# - draw garments that nobody has ever sewn, in two ways;
# - say what the large networks of the literature have in common with these small ones.
#
# **How long.** An hour with all exercises. The computer needs five to eight minutes on 2 cores:
# close other programs, or take fewer images or epochs (`limit`, `epochs`), and the results will be
# somewhat worse.
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
# ## 1. What is where: segmentation
#
# *Segmentation* gives every pixel a class: what it belongs to. The network first shrinks the
# picture to see more of it at a time. Then it must go up again, because the answer is as large as
# the picture. On the way down it has lost where exactly the edges were. U-Net ([Ronneberger,
# Fischer and Brox 2015](https://arxiv.org/abs/1505.04597)) helps it with a *skip*: the decoder also
# gets the encoder's maps of the same size, laid beside its own.

# %%
from deconv.exercises import check, hint, progress, solution, task

task("unet-channels")

# %%
answer = ...
check("unet-channels", answer)

# %% [markdown]
# This project's network has such a skip with `architecture="skip"`. Its last layer makes 11 numbers
# for each pixel: a score for the background, and one for each of the ten kinds of garment. The
# target is made from the data: a pixel that is exactly black is background, any other has the class
# of its picture. Such a map of classes is called a *mask*.
#
# `train` is what `python -m pytorch.src.train` calls. The settings are its flags.
#
# `lab.pick(a, b)` is `a` here. Only the project's quick tests take `b`. To change the setting,
# change `a`.

# %%
import tensorflow.src.inference
import tensorflow.src.train

import pytorch.src.inference
import pytorch.src.train

packages = {"PyTorch": pytorch.src, "TensorFlow": tensorflow.src}


def train(package, folder, **settings):
    """Train with a framework's package as a user would; return the model it has kept."""
    runs = lab.folder / folder
    config = package.config.Config(dataset=lab.dataset, artifact_dir=runs, **settings)
    package.train.train(config)
    run = runs / f"{package.__name__.split('.')[0]}_deconv"
    return package.inference.load_model(run / "weights.safetensors")


# %%
settings = {
    "task": "segment",
    "architecture": "skip",
    "limit": lab.pick(15_000, 160),
    "epochs": lab.pick(3, 1),
}
segmenters = {name: train(p, "segment", **settings) for name, p in packages.items()}

# %% [markdown]
# The measure is *intersection over union* (IoU). Take a class, and mark the pixels that have it in
# the truth, and those that have it in the answer. The IoU is the number of pixels marked twice,
# over the number marked at all. Then take the mean over the classes. Half of the pixels are
# background, so a network that calls everything background would get half of the *pixels* right;
# but its mean IoU would be below 0.05.

# %%
task("build-iou")


# %%
def mean_iou(predicted, classes): ...


check("build-iou", mean_iou)

# %% [markdown]
# Now both networks, on the test images:

# %%
from deconv import metrics
from deconv.data.splits import load_splits
from deconv.data.tasks import pairs

splits = load_splits(pytorch.src.config.Config(dataset=lab.dataset))
given, classes = pairs("segment", splits, "test")  # (N, 28, 28, 1) and (N, 28, 28, 1)
for name, package in packages.items():
    predicted = package.inference.reconstruct(segmenters[name], given).argmax(-1)
    found, truth = predicted > 0, classes[..., 0] > 0
    right = (predicted == classes[..., 0])[truth]
    print(f"{name:<11} mean IoU {metrics.mean_iou(predicted, classes[..., 0]):.3f}")
    print(f"{'':<11} garment or background: {(found == truth).mean():.1%} of the pixels right")
    print(f"{'':<11} which garment: {right.mean():.1%} of the garments' pixels right")

# %%
from deconv.data.tasks import Pairs
from deconv.drawing.outcomes import class_maps

class_maps(Pairs(given[:10], classes[:10]), predicted[:10], "Ten test images, by TensorFlow")

# %% [markdown]
# Where a garment is, the network finds nearly everywhere. Which garment it is, it often gets wrong:
# the pixels of one coat get several classes. A pixel of the output depends on at most 11×11 pixels
# of the picture, its *receptive field*, and in so small a window a sleeve is just a sleeve.
# Networks that segment well are deeper, so that each pixel sees all of the picture.
#
# **What this is not.** Nobody drew these masks: the background of Fashion-MNIST is exactly black,
# so finding the garment is no more than asking which pixels are not black. Only the class has to be
# learned, and to classify a picture as a whole is easier. Photographs of streets or of cells need a
# deeper network that sees more at once, masks drawn by people, and measures that look at edges.

# %% [markdown]
# ## 2. Larger than it was: super-resolution
#
# A picture of 7×7 pixels is to become one of 28×28. Most of the answer is not in the input. But
# garments are alike, so a network can learn which details usually belong to so coarse a picture.
#
# ESPCN ([Shi and others 2016](https://arxiv.org/abs/1609.05158)) computes everything at the *small*
# size. To double it, the last convolution makes four channels for each one that is wanted, and then
# they are *shuffled*: each pixel of the small map becomes a block of 2×2. This is as much a
# transposed convolution as the stamps are ([01_arithmetic](01_arithmetic.ipynb), "A small
# convolution for each phase"). The network below does it twice, from 7 to 14 and from 14 to 28.

# %%
task("subpixel-channel")

# %%
answer = ...
check("subpixel-channel", answer)

# %%
task("build-shuffle")


# %%
def shuffle(x): ...


check("build-shuffle", shuffle)

# %% [markdown]
# Train it in both frameworks:

# %%
settings = {
    "task": "super-resolve",
    "upsampler": "subpixel",
    "limit": lab.pick(12_000, 160),
    "epochs": lab.pick(3, 1),
}
enlargers = {name: train(p, "larger", **settings) for name, p in packages.items()}

# %% [markdown]
# A comparison is worth something only against a good rule. *Bicubic* interpolation draws smooth
# curves through the pixels; it is what many picture viewers use, and it has learned nothing. The
# *PSNR* says in decibels how close a picture comes to the large original: 6 dB more is half the
# error (the root of its mean square). It is taken of each picture first, and then the mean over the
# test pictures.

# %%
import numpy as np
from PIL import Image

small, large = pairs("super-resolve", splits, "test")  # (N, 7, 7, 1) and (N, 28, 28, 1)


def bicubic(image):
    """Enlarge (7, 7, 1) to (28, 28, 1) by Pillow's bicubic rule, cut to [-1, 1]."""
    resized = Image.fromarray(image[..., 0]).resize((28, 28), Image.Resampling.BICUBIC)
    return np.asarray(resized).clip(-1, 1)[..., None]


enlarged = {
    "nearest": small.repeat(4, axis=1).repeat(4, axis=2),
    "bicubic": np.array([bicubic(image) for image in small]),
}
for name, package in packages.items():
    enlarged[name] = package.inference.reconstruct(enlargers[name], small)
for name, pictures in enlarged.items():
    print(f"{name:<11} PSNR {metrics.psnr(pictures, large).mean():.2f} dB")

# %%
from deconv.drawing.plots import reconstructions_compared

shown = {name: pictures[:8] for name, pictures in enlarged.items()}
reconstructions_compared(large[:8], shown, "From 7×7 to 28×28 pixels")

# %% [markdown]
# **What this is not.** The network learned from garments that were shrunk in one known way, as
# means of 4×4 pixels. Photographs were shrunk by lenses, with noise, in ways that nobody knows. And
# a network trained to make the squared error small, and so the PSNR high, answers with the *mean*
# of all the large pictures that fit, which is blurred. Where people want sharp ones, they add a
# second network as a judge, or take a generator like the last one below. Then the details are
# invented: good to look at, and no evidence of anything.

# %% [markdown]
# ## 3. What never was: a generator
#
# A decoder makes a picture from a few numbers, its *code*. So choose them at random! That is called
# to *sample*.
#
# For an ordinary autoencoder it fails: most codes lie where no garment is. A *variational
# autoencoder* ([Kingma and Welling 2014](https://arxiv.org/abs/1312.6114)) is trained so that it
# works: codes of garments are to be spread like the samples.
#
# Its encoder gives two numbers for each number of the code. One is the *mean* μ, around which the
# number shall lie. The other is the *variance* σ², which says how far from it: σ is the typical
# distance. The decoder gets a number that is sampled with this mean and this variance.
#
# Later we sample without a picture, always by the same rule: mean 0 and variance 1. That is the
# *standard normal distribution*: small numbers are frequent, large ones are rare.
#
# So the loss has two parts. The first is the error of the picture. The second is large where μ and
# σ² are far from 0 and 1. It is called *KL divergence*, after Kullback and Leibler.
#
# $$\text{loss} = \frac{784}{2} \ln \text{MSE} \; + \; \frac{1}{2} \sum_{k} \left( \mu_k^2 +
# \sigma_k^2 - \ln \sigma_k^2 - 1 \right)$$
#
# (The logarithm is there because the size of the error that the decoder has to expect is fitted as
# well: [Rybkin, Daniilidis and Levine 2021](https://arxiv.org/abs/2006.13202).)
#
# DCGAN ([Radford, Metz and Chintala 2016](https://arxiv.org/abs/1511.06434)) is the best-known
# generator of transposed convolutions. It has a decoder like ours, and a second network as its
# judge.

# %%
task("dcgan-sizes")

# %%
answer = ...
check("dcgan-sizes", answer)

# %% [markdown]
# All parts are there: this project's encoder with 16 numbers, for 8 means and 8 logarithms of
# variances, and its decoder with 8. Only what happens between them is new. Here it is in both
# frameworks.

# %%
import torch

numbers = 8  # in the code of a picture


class TorchGenerator(torch.nn.Module):
    """Images (B, 1, 28, 28) to images, means and logarithms of variances (B, 8)."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, images):
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        code = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        return self.decoder(code), mean, log_variance


# %%
import keras


class KerasGenerator(keras.Model):
    """Images (B, 28, 28, 1) to images, means and logarithms of variances (B, 8)."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def call(self, images, training=False):
        mean, log_variance = keras.ops.split(self.encoder(images), 2, axis=1)
        noise = tensorflow.random.normal(tensorflow.shape(mean))
        code = mean + keras.ops.exp(log_variance / 2) * noise
        return self.decoder(code), mean, log_variance


# %%
def torch_loss(outputs, images):
    """Error of the pictures, and distance of their codes from the standard normal distribution."""
    pictures, mean, log_variance = outputs
    error = 784 / 2 * torch.log(torch.mean((pictures - images) ** 2))
    distance = (mean**2 + torch.exp(log_variance) - log_variance - 1).sum(1).mean() / 2
    return error + distance


def keras_loss(outputs, images):
    """The same, in Keras' words."""
    pictures, mean, log_variance = outputs
    error = 784 / 2 * keras.ops.log(keras.ops.mean((pictures - images) ** 2))
    distance = keras.ops.sum(mean**2 + keras.ops.exp(log_variance) - log_variance - 1, axis=1)
    return error + keras.ops.mean(distance) / 2


# %% [markdown]
# Both begin with the same weights and see the same batches. Each samples noise of its own, so they
# part with the first step.

# %%
from functools import partial

from deconv.running.console import Progress
from deconv.running.epoch import Epoch
from deconv.weights import initial_weights


def fit(name, model, batches, **loss):
    """Train with the loop of the framework's package; batches are pairs of NumPy arrays."""
    package = packages[name]
    config = package.config.Config(learning_rate=2e-3)
    tensors = (map(package.utils.from_numpy, batch) for batch in batches)
    with Progress(name, 64 * steps) as bar:
        epoch = Epoch(tensors, config.learning_rates(steps), after_step=lambda: bar.update(64))
        optimizer = package.optimizer.build_optimizer(model, config)
        step = partial(package.engine.train_step, **loss)
        package.engine.train_epoch(model, optimizer, epoch, step)
    print(f"{name}: {steps:,} steps in {epoch.seconds:.0f} s")


# %%
def part(package, latent):
    """This project's autoencoder with so many numbers in the middle, not yet trained."""
    config = package.config.Config(latent=latent)
    model = package.model.build_model(config)
    package.utils.load_weights(model, initial_weights(0, config))
    return model


# %%
images = metrics.to_unit_range(splits.train)
size, steps = 64, lab.pick(1_200, 10)


def random_batches(seed=0):
    """Batches of training images, as many as there are steps; the same for the same seed."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        yield images[rng.integers(len(images), size=size)]


generators, losses = {}, {"PyTorch": torch_loss, "TensorFlow": keras_loss}
for name, kind in [("PyTorch", TorchGenerator), ("TensorFlow", KerasGenerator)]:
    package = packages[name]
    package.utils.seed_everything(0)
    encoder, decoder = part(package, 2 * numbers).encoder, part(package, numbers).decoder
    generators[name] = kind(encoder, decoder)
    both = ((batch, batch) for batch in random_batches())
    fit(name, generators[name], both, loss_fn=losses[name])

# %% [markdown]
# Now sample. In each column both decoders get the same 8 numbers.

# %%
from deconv.drawing.teaching import image_grid


def draw(name, codes):
    """Pictures (N, 28, 28) that a decoder makes of codes (N, 8)."""
    package, decoder = packages[name], generators[name].decoder
    pictures = decoder(torch.from_numpy(codes) if name == "PyTorch" else codes)
    return package.utils.to_numpy(pictures)[..., 0]


codes = np.random.default_rng(1).standard_normal((8, numbers)).astype(np.float32)
drawn = {name: draw(name, codes) for name in packages}
image_grid(
    [*drawn["PyTorch"], *drawn["TensorFlow"]],
    8,
    row_labels=list(packages),
    title="Garments that were never sewn",
)

# %% [markdown]
# How sharp are they? A rough measure is how much neighbouring pixels differ.


# %%
def contrast(pictures):
    """Mean difference of pixels that lie beside each other; black to white is 2."""
    return np.abs(np.diff(pictures, axis=-1)).mean()


codes = np.random.default_rng(2).standard_normal((1_000, numbers)).astype(np.float32)
print(f"test images          {contrast(metrics.to_unit_range(splits.test)[..., 0]):.3f}")
for name in packages:
    print(f"drawn by {name:<12}{contrast(draw(name, codes)):.3f}")

# %% [markdown]
# **What this is not.** No DCGAN: nobody judges the pictures, and they are as blurred as the numbers
# say, for a code stands for many garments and the decoder draws their mean. And no measure of how
# *good* a generator is: for that, one compares how whole sets of pictures are spread, and even then
# people disagree.

# %% [markdown]
# ## 4. From noise to a picture: diffusion
#
# *Diffusion models* ([Ho, Jain and Abbeel 2020](https://arxiv.org/abs/2006.11239)) learn the way
# back from noise. Picture and noise are mixed, pixel by pixel. Take both to have the variance 1: a
# share ᾱ of the mixture's variance shall come from the picture and the rest from the noise, so that
# the mixture has the variance 1 too. (Our pictures have less than that, so the shares are not
# exact. Training does not mind.) A network sees the mixture and guesses the noise. That is all it
# learns.

# %%
task("noisy-step")

# %%
answer = ...
check("noisy-step", answer)

# %% [markdown]
# So for every pixel
#
# $$\text{mixture} = \sqrt{\bar\alpha} \cdot \text{picture} + \sqrt{1 - \bar\alpha} \cdot
# \text{noise}$$
#
# How large the share is depends on the time, which runs from 0 (the picture) to 1 (the noise).


# %%
def share(t):
    """How much of the variance is the picture's at time t: 1 at 0, nearly nothing at 1."""
    return np.cos(np.pi / 2 * 0.98 * np.asarray(t, np.float32)) ** 2


def mix(pictures, noise, t):
    """The mixtures of pictures and noise (N, 28, 28, 1) at times t, (N,) or a number."""
    kept = share(t).reshape(-1, 1, 1, 1)
    return np.sqrt(kept) * pictures + np.sqrt(1 - kept) * noise


rng = np.random.default_rng(0)
times = np.linspace(0, 1, 9)
noise = rng.standard_normal((9, 28, 28, 1), np.float32)
image_grid(
    [*mix(images[[3] * 9], noise, times)[..., 0]],
    9,
    headings=[f"ᾱ = {kept:.2f}" for kept in share(times)],
    title="A picture on its way to noise",
)

# %% [markdown]
# The denoiser goes down and up with skips again. It gets two channels: the mixture, and the time,
# the same number everywhere, so that it knows how much noise to expect. Kernel 4 with stride 2
# halves and doubles, and with it Keras' "same" padding is PyTorch's `padding=1`. The kernel of 5×5
# in the middle covers half of the 7×7 map.


# %%
class Denoiser(torch.nn.Module):
    """Mixture and time (B, 2, 28, 28) to a guess of the noise (B, 1, 28, 28)."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(2, 24, 4, stride=2, padding=1)
        self.conv2 = torch.nn.Conv2d(24, 48, 4, stride=2, padding=1)
        self.middle = torch.nn.Conv2d(48, 48, 5, padding=2)
        self.deconv1 = torch.nn.ConvTranspose2d(96, 24, 4, stride=2, padding=1)
        self.deconv2 = torch.nn.ConvTranspose2d(48, 12, 4, stride=2, padding=1)
        self.last = torch.nn.Conv2d(14, 1, 3, padding=1)

    def forward(self, x):
        a = self.conv1(x).relu()  # (B, 24, 14, 14)
        b = self.conv2(a).relu()  # (B, 48, 7, 7)
        c = self.middle(b).relu()  # (B, 48, 7, 7)
        d = self.deconv1(torch.cat([c, b], 1)).relu()  # (B, 24, 14, 14)
        e = self.deconv2(torch.cat([d, a], 1)).relu()  # (B, 12, 28, 28)
        return self.last(torch.cat([e, x], 1))  # (B, 1, 28, 28)


# %%
from keras import layers


def keras_denoiser():
    """The same in Keras, channels last: (B, 28, 28, 2) to (B, 28, 28, 1)."""
    usual = {"padding": "same", "activation": "relu"}
    x = keras.Input((28, 28, 2))
    a = layers.Conv2D(24, 4, strides=2, name="conv1", **usual)(x)  # (B, 14, 14, 24)
    b = layers.Conv2D(48, 4, strides=2, name="conv2", **usual)(a)  # (B, 7, 7, 48)
    c = layers.Conv2D(48, 5, name="middle", **usual)(b)  # (B, 7, 7, 48)
    c = layers.Concatenate()([c, b])
    d = layers.Conv2DTranspose(24, 4, strides=2, name="deconv1", **usual)(c)  # (B, 14, 14, 24)
    d = layers.Concatenate()([d, a])
    e = layers.Conv2DTranspose(12, 4, strides=2, name="deconv2", **usual)(d)  # (B, 28, 28, 12)
    e = layers.Concatenate()([e, x])
    return keras.Model(x, layers.Conv2D(1, 3, padding="same", name="last")(e))


# %% [markdown]
# PyTorch chooses the initial weights at random, and Keras gets them too, with the axes of each
# kernel where Keras has them. Then both compute the same:

# %%
torch.manual_seed(0)
denoisers = {"PyTorch": Denoiser(), "TensorFlow": keras_denoiser()}
weights = pytorch.src.utils.export_weights(denoisers["PyTorch"])
for layer in ("conv1", "conv2", "middle", "deconv1", "deconv2", "last"):
    kernel = tensorflow.src.utils.from_canonical(weights[f"{layer}.weight"])
    denoisers["TensorFlow"].get_layer(layer).set_weights([kernel, weights[f"{layer}.bias"]])


def guess(name, mixtures, t):
    """The noise (N, 28, 28, 1) that a denoiser sees in mixtures of time t, (N,) or a number."""
    level = np.broadcast_to(np.asarray(t, np.float32).reshape(-1, 1, 1, 1), mixtures.shape)
    utils = packages[name].utils
    x = utils.from_numpy(np.concatenate([mixtures, 2 * level - 1], axis=-1))
    with torch.no_grad():
        return utils.to_numpy(denoisers[name](x))


some = rng.standard_normal((4, 28, 28, 1), np.float32)
difference = np.abs(guess("PyTorch", some, 0.5) - guess("TensorFlow", some, 0.5)).max()
print(f"{sum(array.size for array in weights.values()):,} weights; difference {difference:.1e}")


# %%
def noisy_batches(seed=1):
    """Pairs to learn from: mixture and time (B, 28, 28, 2), and the noise (B, 28, 28, 1)."""
    rng = np.random.default_rng(seed)
    for pictures in random_batches(seed):
        t = rng.uniform(size=(size, 1, 1, 1)).astype(np.float32)
        noise = rng.standard_normal(pictures.shape, np.float32)
        level = np.broadcast_to(2 * t - 1, pictures.shape)
        yield np.concatenate([mix(pictures, noise, t), level], axis=-1), noise


for name in packages:
    fit(name, denoisers[name], noisy_batches())

# %% [markdown]
# First in one step. Take a test picture, mix noise in, and let the network guess the noise. The
# picture follows from the guess:

# %%
task("estimate-the-picture")

# %%
answer = ...
check("estimate-the-picture", answer)

# %% [markdown]
# The same for whole pictures, with five shares of noise:


# %%
def estimate(name, mixtures, t):
    """The pictures that follow from the noise that is guessed, cut to [-1, 1]."""
    kept = share(t)
    return ((mixtures - np.sqrt(1 - kept) * guess(name, mixtures, t)) / np.sqrt(kept)).clip(-1, 1)


originals = metrics.to_unit_range(splits.test[:500])
noise = rng.standard_normal(originals.shape, np.float32)
rows = {"mixture": [], "PyTorch": [], "TensorFlow": []}
for t in (0.1, 0.3, 0.5, 0.7, 0.9):
    mixtures = mix(originals, noise, t)
    rows["mixture"].append(mixtures[0, ..., 0])
    print(f"ᾱ = {share(t):.2f}", end="")
    for name in packages:
        pictures = estimate(name, mixtures, t)
        rows[name].append(pictures[0, ..., 0])
        print(f"   {name} {metrics.psnr(pictures, originals).mean():5.2f} dB", end="")
    print()

# %%
image_grid(
    [picture for row in rows.values() for picture in row],
    5,
    row_labels=list(rows),
    headings=[f"ᾱ = {share(t):.2f}" for t in (0.1, 0.3, 0.5, 0.7, 0.9)],
    title="One test picture: the noise taken away in a single step",
)

# %% [markdown]
# The more noise, the more the network has to make up, and the more its answer is a mean of all that
# might have been there. So go from pure noise in *many* small steps: guess the noise, and move to a
# mixture with a little less of it ([Song, Meng and Ermon 2021](https://arxiv.org/abs/2010.02502)).
# What the network makes up in one step it finds in its input at the next.


# %%
from itertools import pairwise


def generate(name, noise, count):
    """Pictures (N, 28, 28, 1) from noise, in so many steps; also each step's mixture."""
    mixtures, kept = noise, [noise]
    times = np.linspace(1, 0, count + 1)
    for t, after in pairwise(times):
        pictures = estimate(name, mixtures, t)
        noise = (mixtures - np.sqrt(share(t)) * pictures) / np.sqrt(1 - share(t))
        mixtures = mix(pictures, noise, after)
        kept.append(mixtures)
    return mixtures, kept


start = rng.standard_normal((8, 28, 28, 1), np.float32)
made = {name: generate(name, start, lab.pick(100, 5)) for name in packages}
image_grid(
    [picture for name in packages for picture in made[name][0][..., 0]],
    8,
    row_labels=list(packages),
    title="Garments made of noise",
)

# %%
way = made["PyTorch"][1]
stops = np.linspace(0, len(way) - 1, 6).astype(int)
image_grid(
    [way[stop][i, ..., 0] for i in range(3) for stop in stops],
    6,
    headings=[f"step {stop}" for stop in stops],
    title="The way of three of them, in PyTorch",
)

# %%
print(f"test images          {contrast(metrics.to_unit_range(splits.test)[..., 0]):.3f}")
start = rng.standard_normal((64, 28, 28, 1), np.float32)
for name in packages:
    pictures = generate(name, start, lab.pick(100, 5))[0]
    print(f"made by {name:<13}{contrast(pictures[..., 0]):.3f}")

# %% [markdown]
# A number above that of the test images is no praise: grain that was left over counts as well.
#
# **What this is not.** The models that draw from a sentence have thousands of times as many
# weights, often work on the latents of an autoencoder ([Rombach and others
# 2022](https://arxiv.org/abs/2112.10752)), and are told *what* to draw. This one has trained for a
# minute: outlines come out, grain stays, and many of its garments fit nobody. But the parts are the
# same: down, up, skips, and a decoder that is asked again and again.

# %% [markdown]
# ## Where to go next
#
# - Ask for one class: give the denoiser a third channel with the number of the class.
# - Take the skips out of the segmentation (`architecture="baseline"`) and see which pixels suffer.
# - Use another way up in the first three (`upsampler="nearest"`): where does it matter?
# - Compare the ways up with many seeds, as a study does: `python -m deconv.study --help`.
# - [Sources](../docs/bibliography.md) lists what to read.
# - [The checklist](../docs/checklist.md) says what you can do now, and which exercise checks it.
#   The next cell lists what you have done here.

# %%
progress()
