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
# # 4. What *deconvolution* means, three times
#
# Ask three people what a deconvolution is. An astronomer sharpens a blurred photograph. Somebody
# who trains networks makes a small map larger. Somebody who wants to understand a network draws
# what one of its channels has seen. All three say *deconvolution*, and they do three different
# things. After this notebook you can
#
# - sharpen a blurred, noisy picture in two ways, and say what makes it hard;
# - say what a transposed convolution gives back, and what it does not;
# - project a channel of a trained network back to the pixels, as Zeiler and Fergus do, and say what
#   such a picture proves and what it does not;
# - choose the right one of the three.
#
# **How long.** An hour with all exercises. The computer needs one to two minutes on 2 cores. If
# yours takes much longer, close other programs, or write less than `20_000` images into section 1:
# the networks are then worse.
#
# The networks here are in PyTorch alone. Section 4 goes into one: it sends a number of a feature
# map back to the pixels through the encoder's own kernels, and asks PyTorch for the gradient. In
# TensorFlow it would be the same arithmetic in other words.
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
# ## 1. A blurred garment
#
# A lens out of focus spreads every point of a scene over its neighbours. How it spreads one point
# is called the *point spread function*. Blurring is a convolution with it. Then the camera adds
# noise.
#
# Here pixels go from 0 (black) to 1 (white). The pictures get a black frame, so that nothing is
# lost at their edges.

# %%
import numpy as np
from scipy.signal import fftconvolve

from deconv import metrics
from deconv.config import RunConfig
from deconv.data.splits import TITLES, load_splits
from deconv.drawing import plots
from deconv.drawing.teaching import image_grid

splits = load_splits(RunConfig(dataset=lab.dataset, limit=lab.pick(20_000, 320)))
print(TITLES[splits.name])

FRAME, NOISE = 8, 0.02
taps = np.exp(-0.5 * (np.arange(-4, 5) / 1.5) ** 2)
spread_of_a_point = np.outer(taps, taps) / taps.sum() ** 2  # 9×9, Gaussian, its sum is 1


def photograph(image, seed):
    """Blur an image (28, 28) of 0…255 and add noise; return the scene and the photograph."""
    scene = np.pad(image / 255, FRAME)
    noise = NOISE * np.random.default_rng(seed).standard_normal(scene.shape)
    return scene, fftconvolve(scene, spread_of_a_point, mode="same") + noise


# %% [markdown]
# PSNR says how near a picture is to the scene, in decibels: more is better, and 6 dB more is half
# the error (the root of its mean square).


# %%
def psnr(picture, scene):
    """PSNR in dB without the frame, with values below 0 and above 1 cut off."""
    inside = (slice(FRAME, -FRAME),) * 2
    pair = [2 * x[inside].clip(0, 1)[None] - 1 for x in (picture, scene)]  # [0, 1] to [-1, 1]
    return float(metrics.psnr(*pair)[0])


garment = splits.validation[55]
scene, photo = photograph(garment, seed=0)
image_grid(
    [scene, spread_of_a_point / spread_of_a_point.max(), photo],
    columns=3,
    captions=["scene", "one point, spread (9×9)", f"photograph, {psnr(photo, scene):.1f} dB"],
    limits=(0, 1),
    title="A lens out of focus, and noise",
)

# %% [markdown]
# Now we want the scene back. You know the photograph and the point spread function. Guess first.

# %%
from deconv.exercises import check, hint, progress, solution, task  # noqa: F401

task("which-deconvolution")

# %%
answer = ...
check("which-deconvolution", answer)

# %% [markdown]
# ## 2. True deconvolution
#
# A *frequency* says how often a pattern repeats per pixel, and a *spectrum* says how much of each
# frequency a picture holds (both as in `02_checkerboards`). To convolve is to multiply spectra:
# each frequency of the scene is multiplied by a number, the *response* of the lens. So it should be
# undone by a division. Try it.

# %%
from skimage.restoration import uft


def divide(photo):
    """Divide the spectrum of the photograph by the response of the lens."""
    response = uft.ir2tf(spread_of_a_point, photo.shape, is_real=False)
    return np.fft.ifft2(np.fft.fft2(photo) / response).real


quiet = fftconvolve(scene, spread_of_a_point, mode="same")
response = np.abs(uft.ir2tf(spread_of_a_point, photo.shape, is_real=False))
print(f"without noise: {psnr(divide(quiet), scene):.1f} dB")
print(f"with noise of {NOISE}: {psnr(divide(photo), scene):.1f} dB")
print(f"the weakest frequency is multiplied by {response.min():.1e}")

# %% [markdown]
# Without noise the division is perfect. With a noise that you can hardly see, nothing is left of
# the picture. Where the lens lets almost nothing through, what arrives is almost only noise, and it
# is divided by a number near 0.
#
# So every useful method is a compromise: sharpen the frequencies that the lens has kept, and leave
# those alone that are lost. The filter of Wiener (1949) writes this into one factor for each
# frequency, with a *balance* between sharpness and noise.
#
# Let H be the response at one frequency, and Y what the photograph holds of it. Wiener's filter
# makes Y · conj(H) / (|H|² + balance) of it. The numbers of a spectrum are complex; conj turns the
# sign of the imaginary part, and |H| is the size of H. Where H is real, this is
# H·Y / (H² + balance).
#
# Where |H| is large, that is nearly Y / H. Where it is near 0, the result is near 0, too. Wiener
# takes the power (the mean square) of the noise divided by that of the scene as the balance, at
# each frequency. Here it is one number for all.

# %%
task("wiener-by-hand")

# %%
answer = ...
check("wiener-by-hand", answer)

# %%
task("build-wiener")


# %%
def wiener(y, kernel, balance): ...


check("build-wiener", wiener)

# %% [markdown]
# The second method, by [Richardson (1972)](https://doi.org/10.1364/JOSA.62.000055) and
# [Lucy (1974)](https://doi.org/10.1086/111605), guesses a scene and makes the guess better, step by
# step: blur the guess, divide the photograph by that, and multiply the guess by what this says. It
# never makes a pixel negative. Here the number of steps is the compromise.
#
# scikit-image has both. (Its Wiener filter damps fine details more than coarse ones.) How strong
# should the balance be, how many steps? We try it on ten *other* garments. To choose by the very
# scene that we want to find would be cheating.

# %%
from skimage import restoration

others = [photograph(image, seed) for seed, image in enumerate(splits.validation[100:110], 1)]
balances = np.geomspace(1e-5, 1, lab.pick(11, 3))
steps = 2 ** np.arange(lab.pick(10, 3))  # 1, 2, 4, …


def by_wiener(photo, balance):
    return restoration.wiener(photo, spread_of_a_point, balance)


def by_lucy(photo, count):
    photo = photo.clip(0)  # noise makes black negative, which light cannot be
    return restoration.richardson_lucy(photo, spread_of_a_point, count, filter_epsilon=1e-6)


def mean_psnr(restore, setting):
    return np.mean([psnr(restore(photo, setting), scene) for scene, photo in others])


quality_of_balance = [mean_psnr(by_wiener, balance) for balance in balances]
quality_of_steps = [mean_psnr(by_lucy, int(count)) for count in steps]
balance = balances[np.argmax(quality_of_balance)]
step_count = int(steps[np.argmax(quality_of_steps)])
print(f"best balance {balance:.3g}, best number of steps {step_count}")

# %%
figure, (left, right) = plots.charts(2, "Ten other garments: too careful, too bold")
untouched = np.mean([psnr(photo, scene) for scene, photo in others])
for axes, values, found, name in (
    (left, balances, quality_of_balance, "balance (← bold, careful →)"),
    (right, steps, quality_of_steps, "steps (← careful, bold →)"),
):
    axes.semilogx(values, found, "o-", color=plots.BLUE, ms=4)
    axes.axhline(untouched, color=plots.VERMILION, ls="--", label="the photographs themselves")
    axes.set_ylim(untouched - 4, untouched + 5)
    plots.style(axes, name, "mean PSNR (dB)")
left.set_title("Wiener", fontsize=10)
right.set_title("Richardson and Lucy", fontsize=10)
right.legend(fontsize=9, frameon=False)
figure

# %%
from deconv.arithmetic import conv_transpose2d

stamped = conv_transpose2d(photo[None, None], spread_of_a_point[None, None], padding=4)[0, 0]
restored = {
    "scene": scene,
    "photograph": photo,
    "divided": divide(photo),
    "Wiener": by_wiener(photo, balance),
    "Richardson, Lucy": by_lucy(photo, step_count),
    "transposed": stamped,
}
captions = [f"{name}\n{psnr(x, scene):.1f} dB" for name, x in restored.items()]
captions[0] = "scene"
image_grid(
    list(restored.values()), 6, headings=captions, limits=(0, 1), title="Four ways back, PSNR in dB"
)

# %% [markdown]
# Both methods bring decibels back and sharpen edges. Neither brings all of it back: what the lens
# has thrown away is gone. The last picture is the *transposed convolution* with the very same
# kernel. It blurs a second time.
#
# And yet there is one inside. One of the steps in Richardson and Lucy's method is a transposed
# convolution. Which one?

# %%
task("richardson-lucy-step")


# %%
def richardson_lucy_step(estimate, y, kernel): ...


check("richardson-lucy-step", richardson_lucy_step)

# %% [markdown]
# The next cell (folded) does the whole method with the two layers of this project, and compares it
# with scikit-image. Open it when your exercise is right.

# %% jupyter={"source_hidden": true}
from deconv.arithmetic import conv2d

kernel, seen = spread_of_a_point[None, None], photo.clip(0)[None, None]
guess = np.full(seen.shape, 0.5)
for _ in range(10):
    ratio = seen / conv2d(guess, kernel, padding=4)  # too dark: above 1, too bright: below 1
    guess *= conv_transpose2d(ratio, kernel, padding=4)  # back to the pixels it came from
theirs = restoration.richardson_lucy(photo.clip(0), spread_of_a_point, 10, clip=False)
print(f"ten steps, largest difference from scikit-image: {np.abs(guess[0, 0] - theirs).max():.1e}")

# %% [markdown]
# So the transposed convolution sends things back to the pixels they came from. It does not undo
# the convolution; here it only carries the corrections, and the loop does the undoing.

# %% [markdown]
# ## 3. The transposed convolution
#
# Our network shrinks a picture with stride 2 and enlarges it with stride 2. What does the enlarging
# layer give back, if it has the *same* kernel as the shrinking one? There is no true inverse,
# because many pictures shrink to the same 14×14 pixels. We compare with the nearest thing to one:
# of these pictures, the one whose squares have the smallest sum (`conv_inverse`, which solves the
# equations).

# %%
from deconv.arithmetic import conv_inverse

layer = {"stride": 2, "padding": 1}
soft = np.outer([1, 2, 1], [1, 2, 1])[None, None] / 16  # a weighted mean of 3×3 pixels
picture = garment[None, None] / 255
small = conv2d(picture, soft, **layer)
transposed = conv_transpose2d(small, soft, output_padding=1, **layer)
inverse = conv_inverse(small, soft, 28, **layer)
for name, back in {"transposed": transposed, "inverse": inverse}.items():
    again = np.abs(conv2d(back, soft, **layer) - small).max()
    print(f"{name:<11}{back.shape[2:]}, shrunk again, it misses the small picture by {again:.1e}")

# %%
image_grid(
    [picture[0, 0], small[0, 0], transposed[0, 0], inverse[0, 0]],
    columns=4,
    captions=["picture, 28×28", "shrunk, 14×14", "transposed, 28×28", "inverse, 28×28"],
    limits=(0, 1),
    title="Shrunk with stride 2, and back",
)

# %% [markdown]
# The transposed layer gives back the *size*. The values are others: four times too dark, because
# each value is spread over four times as many pixels, and blurred once more. The inverse gives back
# values that shrink to exactly the same small picture. (Even it does not find the fine details,
# which are gone.)
#
# Then why do networks use it? Because its kernel is *learned*. It need not undo anything by itself.
# Together with all the other layers it has to draw a good picture, and training finds kernels that
# do. Here is our autoencoder after a short training.

# %%
import torch
from torch.nn import functional

from deconv.metrics import to_unit_range
from deconv.running.epoch import Epoch
from deconv.weights import initial_weights
from pytorch.src.config import Config
from pytorch.src.data import build_datasets
from pytorch.src.engine import train_epoch
from pytorch.src.inference import reconstruct
from pytorch.src.model import build_model
from pytorch.src.optimizer import build_optimizer
from pytorch.src.utils import from_numpy, load_weights, to_numpy

config = Config(dataset=splits.name, epochs=2, device="cpu")


def train(model):
    """Train for two epochs; the learning rate climbs, then falls to 0."""
    batches, _, _ = build_datasets(config, splits)
    rates = config.learning_rates(config.epochs * len(batches)).reshape(config.epochs, -1)
    optimizer = build_optimizer(model, config)
    for epoch_rates in rates:
        train_epoch(model, optimizer, Epoch(batches, epoch_rates))
    return model


# %%
model = build_model(config)
load_weights(model, initial_weights(config.seed))
train(model)
pictures = to_unit_range(splits.validation[: lab.pick(500, 20)])  # (N, 28, 28, 1), from -1 to 1
trained = reconstruct(model, pictures)
print(f"trained decoder: {metrics.psnr(trained, pictures).mean():.1f} dB")

# %% [markdown]
# And here is the same encoder with a decoder that nobody trained: each transposed layer has the
# kernel of the encoder's layer that it mirrors. Both kinds of layers keep their kernels in arrays
# of the same shape, so this is one line for each layer. To be fair, each picture gets the
# brightness and the contrast that fit best.

# %%
UP = {"stride": 2, "padding": 1, "output_padding": 1}
encoder = model.encoder
images = from_numpy(pictures)  # (N, 1, 28, 28)
with torch.no_grad():
    sent = functional.conv_transpose2d(encoder(images), encoder.conv2.weight, **UP).relu()
    sent = to_numpy(functional.conv_transpose2d(sent, encoder.conv1.weight, **UP))

mirrored = np.empty_like(pictures)
for number, (drawn, original) in enumerate(zip(sent, pictures, strict=True)):
    contrast, brightness = np.polyfit(drawn.ravel(), original.ravel(), 1)
    mirrored[number] = (contrast * drawn + brightness).clip(-1, 1)
print(f"the encoder's own kernels: {metrics.psnr(mirrored, pictures).mean():.1f} dB")

# %%
image_grid(
    [image[..., 0] for row in (pictures[:8], trained[:8], mirrored[:8]) for image in row],
    columns=8,
    row_labels=["original", "trained", "encoder's kernels"],
    title="Two decoders behind one encoder",
)

# %% [markdown]
# The kernels of the encoder, used on the way back, draw no good copy of the picture. But they draw
# something, and that has a name of its own.
#
# ## 4. The deconvnet
#
# [Zeiler and Fergus (2014)](https://arxiv.org/abs/1311.2901) asked what a channel of a trained
# network has seen. They keep one number of a feature map, set all others to 0, and send it back to
# the pixels, through the layers in reverse:
#
# - a convolution is reversed by the transposed convolution *with the same kernels*;
# - a ReLU is reversed by a ReLU, so that only positive numbers travel;
# - a max pooling (a layer that keeps the largest of each 2×2 pixels) is reversed by *unpooling*.
#   The way forward notes which pixel was the largest (the *switches*), and the way back puts the
#   number there.
#
# They called this a *deconvnet*, after an earlier network
# ([Zeiler et al. 2010](https://doi.org/10.1109/CVPR.2010.5539957)), and so the transposed
# convolution got its wrong name.
#
# Two relatives differ in nothing but the ReLU. The *gradient* of the number says for each pixel how
# fast the number grows with it. At a ReLU, the chain rule lets pass what the ReLU let pass on the
# way forward: it asks for the number that came in there. The deconvnet asks for the number that
# comes back. *Guided backpropagation*
# ([Springenberg et al. 2015](https://arxiv.org/abs/1412.6806)) asks for both.

# %%
task("three-relus")

# %%
answer = ...
check("three-relus", answer)

# %% [markdown]
# Our encoder is two convolutions and two ReLUs, so the way back fits into a few lines. (The rules
# for the ReLU stand in the folded cell.)

# %% jupyter={"source_hidden": true}
RULES = {
    "gradient": lambda back, came: back * (came > 0),
    "deconvnet": lambda back, came: back.clamp(min=0),
    "guided": lambda back, came: back.clamp(min=0) * (came > 0),
}


# %%
def forward(encoder, images):
    """What each ReLU of the encoder got: (N, 32, 14, 14) and (N, 64, 7, 7)."""
    first = encoder.conv1(images)
    return first, encoder.conv2(first.relu())


@torch.no_grad()
def project(encoder, images, signal, rule):
    """Send a signal (N, 64, 7, 7) back from behind the last ReLU to the pixels."""
    first, second = forward(encoder, images)
    signal = RULES[rule](signal, second)
    signal = functional.conv_transpose2d(signal, encoder.conv2.weight, **UP)
    signal = RULES[rule](signal, first)
    return functional.conv_transpose2d(signal, encoder.conv1.weight, **UP)


with torch.no_grad():
    latents = forward(encoder, images)[1].relu().contiguous()

# %% [markdown]
# Is the first rule really the gradient? PyTorch can say. We take the largest number of one
# *latent*, which is what the encoder hands on.

# %%
leaf = images[:1].clone().requires_grad_()
encoder(leaf).max().backward()
one_number = torch.zeros_like(latents[:1])
one_number.view(-1)[latents[0].argmax()] = 1
by_hand = project(encoder, images[:1], one_number, "gradient")
print(f"largest difference from PyTorch's gradient: {(by_hand - leaf.grad).abs().max():.1e}")

# %% [markdown]
# Now the three pictures, or *projections*. For the eight channels of the latent that reach the
# largest numbers, we look for the garment that excites the channel most (makes its number largest),
# and for the place in it. One latent number sees 7×7 pixels. Each projection is scaled so that its
# largest value, with or without a minus, is white or black, and 0 is mid-grey.

# %%
strength = latents.amax((2, 3))  # (N, 64): how much each channel is excited by each picture
channels = strength.amax(0).argsort(descending=True)[:8]


def strongest(channel, rank=0):
    """The picture that excites a channel most (or comes next), and where: number, row, column."""
    number = strength[:, channel].argsort(descending=True)[rank]
    place = latents[number, channel].argmax()
    return int(number), int(place) // 7, int(place) % 7


def window(picture, row, column):
    """The 7×7 pixels that a latent number sees; beyond the edge there is 0."""
    return np.pad(picture, 3)[4 * row : 4 * row + 7, 4 * column : 4 * column + 7]


# %%
def patches(channel, rank=0):
    """What the number sees, and its three projections: a dictionary of (7, 7)."""
    number, row, column = strongest(channel, rank)
    signal = torch.zeros_like(latents[:1])
    signal[0, channel, row, column] = latents[number, channel, row, column]
    found = {"seen": window(pictures[number, ..., 0], row, column)}
    for rule in RULES:
        back = project(encoder, images[number : number + 1], signal, rule)[0, 0].numpy()
        back = window(back, row, column)
        found[rule] = back / max(np.abs(back).max(), 1e-12)
    return found


grid = [patches(channel) for channel in channels]
image_grid(
    [found[name] for name in ("seen", *RULES) for found in grid],
    columns=8,
    headings=[f"channel {int(channel)}" for channel in channels],
    row_labels=["seen", *RULES],
    title="One number of each channel, projected back (7×7 pixels)",
    unit="times the largest value",
)

# %% [markdown]
# ### What follows from a stride
#
# Where are the switches? Our encoder has none: it has no pooling, it halves by a stride. A kernel
# with a stride reads *all* pixels, always with the same weights. There is no "which one was it" to
# note, and its transposed layer puts every number at fixed places.
#
# But then look at the rule of the deconvnet's ReLU. It asks only for the number that comes back.
# So nothing in the whole way back knows the picture any more. Compare the projections of one
# channel from five different pictures.
#
# The *correlation* of two pictures is 1 if they differ only in brightness and contrast, 0 if they
# have nothing in common, and −1 if one is the negative of the other.

# %%
channel = int(channels[0])
five = [patches(channel, rank) for rank in range(5)]
for rule in RULES:
    flat = np.array([found[rule].ravel() for found in five])
    print(f"{rule:<10} smallest correlation between two pictures: {np.corrcoef(flat).min():+.3f}")
image_grid(
    [found[name] for name in ("seen", *RULES) for found in five],
    columns=5,
    headings=[f"picture {rank + 1}" for rank in range(5)],
    row_labels=["seen", *RULES],
    title=f"Channel {channel} in five pictures",
    unit="times the largest value",
)

# %% [markdown]
# With strides instead of pooling, **the deconvnet draws the channel, not the picture**: the same
# pattern every time. (At the edge of a picture some of it would be cut off.) The other two ask the
# forward signal, so they change with the picture, here only a little. This is why Springenberg and
# others, whose network had no pooling either, asked both questions and called that *guided*.
#
# ### With pooling, and with switches
#
# To see the deconvnet as it was meant, we need a network that pools. Same autoencoder, but its
# encoder convolves with stride 1 and then takes the largest of each 2×2 pixels.

# %%
task("unpooling")

# %%
answer = ...
check("unpooling", answer)


# %%
class PoolingEncoder(torch.nn.Module):
    """Our encoder with max pooling instead of strides."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = torch.nn.Conv2d(32, 64, 3, padding=1)

    def forward(self, images):
        return self.with_switches(images)[0]

    def with_switches(self, images):
        """Return the latent (N, 64, 7, 7), and which pixel was the largest in both poolings."""
        x, first = functional.max_pool2d(self.conv1(images).relu(), 2, return_indices=True)
        x, second = functional.max_pool2d(self.conv2(x).relu(), 2, return_indices=True)
        return x, (first, second)


torch.manual_seed(0)
pooling = build_model(config)
pooling.encoder = PoolingEncoder()
train(pooling)
outputs = reconstruct(pooling, pictures)
print(f"pooling instead of strides: {metrics.psnr(outputs, pictures).mean():.1f} dB")

# %% [markdown]
# That is far less than with strides. A likely reason: the latent no longer says *where* in its 2×2
# pixels the largest number was, and the decoder does not get the switches. (No fair price: this
# network also began with PyTorch's own initial weights.)


# %%
@torch.no_grad()
def deconvnet(encoder, signal, switches):
    """The deconvnet of Zeiler and Fergus: unpool, ReLU, transposed convolution, twice."""
    for layer, places in ((encoder.conv2, switches[1]), (encoder.conv1, switches[0])):
        signal = functional.max_unpool2d(signal, places, 2).clamp(min=0)
        signal = functional.conv_transpose2d(signal, layer.weight, padding=1)
    return signal


def corners(places):
    """Switches that always say: upper left."""
    side = 2 * places.shape[-1]
    upper_left = torch.arange(side**2).reshape(side, side)[::2, ::2]
    return upper_left.expand_as(places).contiguous()


# %% [markdown]
# We send the whole latent back, all its numbers at once: with its own switches, with switches that
# always point to the same corner, and with the switches of the *next* picture.

# %%
with torch.no_grad():
    latent, switches = pooling.encoder.with_switches(images)
sent = {
    "its switches": switches,
    "always the corner": [corners(places) for places in switches],
    "next one's switches": [places.roll(-1, 0) for places in switches],
}
drawn = {name: deconvnet(pooling.encoder, latent, places)[:, 0] for name, places in sent.items()}


def alike(some, others):
    """Mean correlation of pictures, each with its partner."""
    some, others = (torch.as_tensor(x).flatten(1) for x in (some, others))
    some, others = (x - x.mean(1, keepdim=True) for x in (some, others))
    return float(functional.cosine_similarity(some, others).mean())


shown = images[:, 0]
for name, pictures_drawn in drawn.items():
    like, next_one = alike(pictures_drawn, shown), alike(pictures_drawn, shown.roll(-1, 0))
    print(f"{name:<20} correlation with the picture {like:+.2f}, with the next one {next_one:+.2f}")

# %%
scaled = [x / x.abs().amax((1, 2), keepdim=True) for x in drawn.values()]
image_grid(
    [image.numpy() for row in (shown, *scaled) for image in row[:8]],
    columns=8,
    row_labels=["picture", *drawn],
    title="The deconvnet with three kinds of switches",
    unit="times the largest value",
)

# %% [markdown]
# With its own switches, the deconvnet draws the garment with its edges. Without them, a coarse
# shadow is left. And with the switches of the next picture it draws a mixture: more like the next
# one than before (compare the last column), but the coarse brightness is still its own. The numbers
# of the latent say how much, the switches say where exactly.
#
# ### What such a picture proves
#
# These pictures look as if the network had understood the garment. A simple check, by
# [Adebayo et al. (2018)](https://arxiv.org/abs/1810.03292): do the same with a network that nobody
# has trained. If the picture is as good, it cannot be about what the network has learned. They
# found that guided backpropagation hardly changes when the upper layers get random weights.

# %%
fresh = build_model(config)
load_weights(fresh, initial_weights(1))
torch.manual_seed(1)
fresh_pooling = PoolingEncoder()
with torch.no_grad():
    fresh_latents = forward(fresh.encoder, images)[1].relu()
    fresh_latent, fresh_switches = fresh_pooling.with_switches(images)

pairs = {
    f"{rule}, strides": (
        project(encoder, images, latents, rule),
        project(fresh.encoder, images, fresh_latents, rule),
    )
    for rule in RULES
}
pairs["deconvnet, pooling"] = (
    deconvnet(pooling.encoder, latent, switches),
    deconvnet(fresh_pooling, fresh_latent, fresh_switches),
)
print(f"{'correlation with the picture:':<32}trained   untrained")
for name, (after, before) in pairs.items():
    print(f"{name:<32}{alike(after, images):+.2f}     {alike(before, images):+.2f}")

# %%
rows, labels = [images], ["picture"]
for name, (after, before) in pairs.items():
    rows += [after, before]
    labels += [name, "untrained"]
scaled = [x[:, 0] / x[:, 0].abs().amax((1, 2), keepdim=True) for x in rows]
image_grid(
    [image.numpy() for row in scaled for image in row[:8]],
    columns=8,
    row_labels=labels,
    title="Trained, and below it untrained",
    unit="times the largest value",
)

# %% [markdown]
# A network that nobody has trained draws garments, too. The one with pooling does it nearly as well
# as the trained one: its switches come from the picture, whatever the weights are. So the garment
# in such a picture is no proof that the network has learned what a garment is.
#
# A second check. The gradient *promises* something: how much the number grows if the pixels
# change a little. So take the strongest number of each picture, move the picture a very small step
# in the direction of each projection, all steps equally long, and measure.

# %%
STEP = 1e-2
flat = latents.flatten(1)
place = flat.argmax(1, keepdim=True)
signal = torch.zeros_like(flat).scatter(1, place, 1.0).view_as(latents)
gradient = project(encoder, images, signal, "gradient")
for rule in RULES:
    direction = functional.normalize(project(encoder, images, signal, rule).flatten(1))
    moved = images + STEP * direction.view_as(images)
    with torch.no_grad():
        grown = forward(encoder, moved)[1].relu().flatten(1).gather(1, place)
    growth = ((grown - flat.gather(1, place)) / STEP).mean()
    promised = gradient.flatten(1).norm(dim=1).mean()
    print(f"{rule:<10} grows by {growth:.3f} for each unit of length (promised: {promised:.3f})")

# %% [markdown]
# The gradient keeps its promise. It is the direction in which the number grows fastest, so the
# other two cannot do better. They are not far behind here, in a network with two ReLUs. But they
# are pictures, and not derivatives.
#
# ## 5. Which one is right?
#
# - **A picture is blurred, and you know how.** A true deconvolution: Wiener if it must be quick,
#   Richardson and Lucy if the picture counts light and cannot be negative. Choose the balance or
#   the number of steps on other pictures. No network is needed, and a transposed convolution blurs
#   once more.
# - **A network must make a map larger, and you have examples of what should come out.** A
#   transposed convolution (or another way up, see `02_checkerboards`). It gives the size, and
#   training gives the kernel. Do not call it deconvolution: it undoes no convolution.
# - **You want to know how a number of the network depends on the pixels.** The gradient. It is the
#   only one of the three projections that promises a number, and it keeps the promise.
# - **You want to see which part of *this* picture has excited a channel.** A deconvnet where the
#   network has max pooling, guided backpropagation where it has strides (with the warning of
#   Adebayo et al.). Read them as sketches, not as proofs. Always draw those of an untrained network
#   beside them, and believe only what these do not show.
#
# More: `docs/arithmetic.md`, section 6 (transposed is not inverse), and `docs/questions.md` (the
# question of the name). [The checklist](../docs/checklist.md) says what you can do now, and which
# exercise checks it. The next cell lists what you have done here.

# %%
progress()
