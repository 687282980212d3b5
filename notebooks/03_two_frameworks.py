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
# # 3. Two frameworks, and what a fair comparison costs
#
# Somebody trains "the same" network in PyTorch and in TensorFlow, and one of the two is better by a
# decibel. Which framework should you take? Often the question is wrong: the two trainings differed
# in things that nobody wrote down. After this notebook you can
#
# - move trained weights from one framework to the other, and show in numbers that nothing changed;
# - say what `padding="same"` does, and how it is related to `padding=1`;
# - name the settings that have one name and two meanings, and say what each of them costs;
# - tell such a price from noise.
#
# **How long.** An hour with all exercises. The computer needs four to seven minutes on 2 cores,
# most of them in section 5. If yours takes much longer, close other programs, or write 3 in place
# of the 5 seeds there: every interval becomes wider.
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
# ## 1. One file, two networks
#
# This project holds one network twice: in PyTorch (`pytorch/src`) and in TensorFlow with Keras
# (`tensorflow/src`). Both can be used in one notebook. `Framework` puts the same face on both:
# pictures go in and come out as NumPy arrays `(N, 28, 28, 1)` with values from -1 to 1.

# %%
import numpy as np

from benchmarks.framework import Framework
from deconv import metrics
from deconv.config import RunConfig
from deconv.data.splits import TITLES, load_splits
from deconv.drawing import plots
from deconv.drawing.teaching import image_grid
from deconv.metrics import to_unit_range

COUNT = lab.pick(2560, 64)  # training images in this notebook
recipe = RunConfig(dataset=lab.dataset, limit=COUNT, batch_size=32)
splits = load_splits(recipe)
training = to_unit_range(splits.train)  # (COUNT, 28, 28, 1)
pictures = to_unit_range(splits.validation[: lab.pick(1000, 32)])  # what PSNR is measured on
pytorch, tensorflow = Framework("pytorch"), Framework("tensorflow")
print(f"{TITLES[splits.name]}: {len(training)} images to train on, {len(pictures)} to measure")

# %% [markdown]
# Two functions do most of the work here. The first one trains: `orders` holds, for each epoch, the
# order in which the images are shown. It is the same code for both frameworks.
#
# The second one measures. PSNR says how near a reconstruction is to its original, in decibels (dB):
# more is better, and 6 dB more is half the error (the root of its mean square). It is computed for
# each picture, and then the mean is taken.


# %%
def train(framework, model, optimizer, orders, rates=recipe.learning_rates):
    """Take a step for every 32 images; `rates` gives the learning rate of each step."""
    batches = np.concatenate(orders).reshape(-1, 32)
    for chosen, rate in zip(batches, rates(len(batches)), strict=True):
        images = framework.utils.from_numpy(training[chosen])
        framework.optimizer.set_learning_rate(optimizer, float(rate))
        framework.engine.train_step(model, optimizer, images, images)


def quality(framework, model):
    """Mean PSNR in dB of the reconstructed pictures."""
    outputs = framework.inference.reconstruct(model, pictures)
    return float(metrics.psnr(outputs, pictures).mean())


# %% [markdown]
# Now a short training in PyTorch. The result goes into one file, and TensorFlow reads that file.

# %%
from deconv.data.batches import epoch_order
from deconv.weights import initial_weights, read_weights, write_weights

EPOCHS = lab.pick(3, 2)
config = pytorch.config.Config()
model = pytorch.build(initial_weights(seed=0))
optimizer = pytorch.optimizer.build_optimizer(model, config)
train(pytorch, model, optimizer, [epoch_order(COUNT, 0, epoch) for epoch in range(EPOCHS)])

file = lab.folder / "two_frameworks.safetensors"
file.parent.mkdir(parents=True, exist_ok=True)
write_weights(file, pytorch.utils.export_weights(model), splits.name)
weights = read_weights(file)
model, twin = pytorch.build(weights), tensorflow.build(weights)
for name, array in sorted(weights.items()):
    print(f"{name:<24}{array.shape}")

# %% [markdown]
# The file has PyTorch's order of axes. Keras keeps the same numbers in another order, so they have
# to be moved.

# %%
from deconv.exercises import check, hint, progress, solution, task  # noqa: F401

task("build-kernel-axes")


# %%
def to_pytorch(kernel): ...


check("build-kernel-axes", to_pytorch)

# %% [markdown]
# Are the two networks the same function? Compare what comes out, how large the loss is (the error
# that training makes small), and the gradients (how fast the loss grows with each weight).

# %%
batch = pictures[:32]
ours, theirs = pytorch.forward(model, batch), tensorflow.forward(twin, batch)
print(f"outputs:   largest difference {np.abs(ours - theirs).max():.1e} (pixels span 2)")

loss, gradients = pytorch.loss_and_gradients(model, batch)
their_loss, their_gradients = tensorflow.loss_and_gradients(twin, batch)
print(f"loss:      {loss:.8f} and {their_loss:.8f}")
for name, gradient in gradients.items():
    apart = np.linalg.norm(gradient - their_gradients[name]) / np.linalg.norm(gradient)
    print(f"gradient:  {name:<24} relative difference {apart:.1e}")

# %%
image_grid(
    [image[..., 0] for row in (batch[:8], ours[:8], theirs[:8]) for image in row],
    columns=8,
    row_labels=["original", "PyTorch", "TensorFlow"],
    title="One file of weights, two frameworks",
)

# %% [markdown]
# A float32 has about seven digits, and sums round differently when they are added in another order.
# That is all that is left. **The same weights make the same network.** So whatever differs between
# two trainings must come from somewhere else, and the rest of this notebook looks for it.

# %% [markdown]
# ## 2. The shift by one pixel
#
# A common difference between the two frameworks hides in one word. Many Keras tutorials write
# `padding="same"`, and many PyTorch tutorials `padding=1`. All sizes agree, and no error is raised.

# %%
task("same-padding")

# %%
answer = ...
check("same-padding", answer)

# %% [markdown]
# You can see where the kernel lies. This one has a single 1, in its middle. So what comes out is
# the pixel under the middle of the kernel, and the picture is a ramp in which every pixel holds
# the number of its column.

# %%
import keras
import torch

ramp = np.tile(np.arange(8, dtype=np.float32), (8, 1))
middle = np.zeros((3, 3), np.float32)
middle[1, 1] = 1

x, w = torch.from_numpy(ramp)[None, None], torch.from_numpy(middle)[None, None]
by_pytorch = torch.nn.functional.conv2d(x, w, stride=2, padding=1)[0, 0, 0]
x, w = ramp[None, :, :, None], middle[:, :, None, None]
by_keras = keras.ops.conv(x, w, strides=2, padding="same", data_format="channels_last")
print("PyTorch, padding=1:    columns", by_pytorch.numpy())
print('Keras, padding="same": columns', by_keras.numpy()[0, 0, :, 0])

# %% [markdown]
# On the way up it is the other end that is cut.

# %%
task("same-shift")

# %%
answer = ...
check("same-shift", answer)

# %% [markdown]
# Here is our network as many Keras tutorials write it. It takes the weights of section 1 without a
# complaint.

# %%
from keras import layers

from deconv.architecture import parameter_shapes


def keras_same(weights=None):
    """The same four layers, each with padding="same"."""
    same = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, 2, padding="same", activation="relu"),
            layers.Conv2D(64, 3, 2, padding="same", activation="relu"),
            layers.Conv2DTranspose(32, 3, 2, padding="same", activation="relu"),
            layers.Conv2DTranspose(1, 3, 2, padding="same", activation="tanh"),
        ]
    )
    if weights:
        arrays = [weights[name] for name in parameter_shapes()]  # in the order of the layers
        same.set_weights([tensorflow.utils.from_canonical(array) for array in arrays])
    same.design = config.design  # which network it is, for `reconstruct`
    return same


# %%
same = keras_same(weights)
all_same = same(batch).numpy()
mixed = pytorch.forward(model.encoder, batch)  # our way down, (32, 7, 7, 64) …
for layer in same.layers[2:]:  # … and the way up with "same"
    mixed = layer(mixed)
mixed = mixed.numpy()
for name, row in {"ours": ours, 'all "same"': all_same, 'mixed: "same" decoder': mixed}.items():
    decibels, apart = metrics.psnr(row, batch).mean(), np.abs(row - ours).max()
    print(f"{name:<22} {decibels:5.2f} dB, largest difference from ours {apart:.2f}")

# %%
image_grid(
    [image[..., 0] for row in (batch, ours, all_same, mixed) for image in row[:8]],
    columns=8,
    row_labels=["original", "ours", "all “same”", "mixed"],
    title="The same weights with another padding",
)

# %% [markdown]
# Look at the last row, where only the decoder has `"same"`: the pictures sit too far down and to
# the right. How far? Move them back by some pixels and see when they fit.

# %%
for shift in range(6):
    end = 28 - shift
    error = np.square(mixed[:, shift:, shift:] - ours[:, :end, :end]).mean()
    print(f"moved back by {shift}: mean squared difference from ours {error:.6f}")

# %% [markdown]
# Three pixels. Each layer moves its own map by one pixel. In the last layer that is one pixel of
# the picture; in the layer before, where a map has 14 pixels across, it is two.
#
# And why is "all same" not shifted? Its encoder shifts by three pixels the other way. So hardly
# anybody notices, until a decoder meets the encoder of somebody else. But look at its edges, above
# and on the left: three rows and columns are grey. Our layers cut those off, and training never saw
# them.

# %% [markdown]
# ## 3. Is the other padding worse?
#
# Not by itself, as this exercise shows.

# %%
task("mirror-theorem")

# %%
answer = ...
check("mirror-theorem", answer)

# %% [markdown]
# The next cell is folded. It tries the right one of the four with the whole autoencoder, with
# trained weights, and prints how far it is from our network. Answer first, then open it.

# %% jupyter={"source_hidden": true, "outputs_hidden": true}
turned = {
    name: array[:, :, ::-1, ::-1] if array.ndim == 4 else array for name, array in weights.items()
}  # every kernel turned by 180°
in_the_mirror = keras_same(turned)(batch[:, ::-1, ::-1]).numpy()[:, ::-1, ::-1]
print(f'all "same", same weights:   largest difference {np.abs(all_same - ours).max():.1e}')
print(f'all "same", in the mirror:  largest difference {np.abs(in_the_mirror - ours).max():.1e}')

# %% [markdown]
# <details><summary>Answer: why it is a theorem</summary>
#
# Turn the pictures by 180°, turn every kernel, and turn what comes out: then both networks are
# equal, to the last digits of float32. It holds because *each* layer is the mirror image of ours:
# what `padding=1` does at the near end, `"same"` does at the far end, and a mirror exchanges the
# ends. ReLU and tanh look at one pixel at a time and do not care.
#
# So whatever our network can learn from some pictures, the `"same"` network can learn from the
# turned pictures.
#
# </details>
#
# So neither padding is better in general. On upright garments they could differ a little; the last
# comparison of section 6 has both. But the weights of one are wrong in the other, and that is why
# this project writes its padding out.

# %% [markdown]
# ## 4. In lockstep
#
# Now let both frameworks train in *lockstep*: they start from the same weights and see the same
# batches in the same order. Their *optimizer*, the rule that makes steps of gradients, is Adam with
# the same settings.
#
# Adam keeps two averages for each weight: m of its gradients g, and v of their squares. In each
# step, m becomes β·m + (1 − β)·g, and v becomes β·v + (1 − β)·g².
#
# Both begin at 0, so they are too small at first. In step t, Adam therefore takes
# m̂ = m / (1 − β^t) and v̂ = v / (1 − β^t) in their place. The weight moves by
# −(learning rate)·m̂ / (√v̂ + ε). (ε, *epsilon*, is a tiny number. Section 5 comes back to it.)
#
# This project has β = 0.95 for both averages. The defaults of both frameworks are 0.9 for m and
# 0.999 for v.

# %%
task("adam-first-step")

# %%
answer = ...
check("adam-first-step", answer)

# %% [markdown]
# Here are the losses of the first steps, at a constant learning rate of 0.01.

# %%
steps = lab.pick(300, 50)
one, other = (framework.losses(splits, steps, seed=0) for framework in (pytorch, tensorflow))
print("step   PyTorch     TensorFlow  relative difference")
for step in (1, 2, 3, 4, 5, 10, 20, 30, 40, 50):
    x, y = one[step - 1], other[step - 1]
    print(f"{step:>4}   {x:.8f}  {y:.8f}  {abs(x - y) / x:.1e}")

# %%
figure, (left, right) = plots.charts(2, f"Two equal trainings, {TITLES[splits.name]}, seed 0")
first = np.arange(1, 51)
left.plot(first, one[:50], "-", color=plots.VERMILION, lw=3, alpha=0.5, label="PyTorch")
left.plot(first, other[:50], "--", color=plots.BLUE, lw=1.4, label="TensorFlow")
left.legend(fontsize=9, frameon=False)
plots.style(left, "step", "loss (mean squared error)")
relative = np.maximum.accumulate(np.abs(one - other) / one).clip(1e-9)  # 0 has no logarithm
right.loglog(np.arange(1, steps + 1), relative, color=plots.BLACK)
plots.style(right, "step", "largest relative difference so far")
figure

# %% [markdown]
# For 50 steps the two curves lie on each other. Then they part, slowly at first. Nobody has made a
# mistake: numbers are added up in another order, so the last digits differ. Adam divides every
# gradient by its own usual size. Where a gradient is nearly 0, that makes a long step of a
# difference in the last digits. After some hundred steps these are two trainings of the same
# network that end at different weights.
#
# This tells us two things. First: *until here, all is equal.* If the initial weights were others,
# or the order of the images, or the padding, the curves would part in the first steps. That makes
# lockstep a strict test of a comparison. Second: at the end, two equal trainings still differ a
# little. The next section asks what other differences cost. Such a price has to be larger than
# that, and larger than what another seed does.

# %% [markdown]
# ## 5. The price list
#
# From here on, one thing is changed at a time, and everything else stays. A training has four
# parts, and each of them is one small function that can be exchanged:
#
# - `start`: the network with its initial weights;
# - `adam`: the optimizer;
# - `order`: in which order the images are shown;
# - `rates`: the learning rate of each step.
#
# Every variant is trained from the same seeds. A seed decides the initial weights and the order of
# the images. So each price is a mean over the seeds of *differences*: base minus variant, seed by
# seed.

# %%
from deconv.compare.seeds import paired

SEEDS = range(lab.pick(5, 2))


def start(framework, seed):
    return framework.build(initial_weights(seed))


def adam(framework, model):
    return framework.optimizer.build_optimizer(model, framework.config.Config())


def order(seed, epoch):
    return epoch_order(COUNT, seed, epoch)


# %%
def psnr_of(
    seed, framework=pytorch, start=start, adam=adam, order=order, rates=recipe.learning_rates
):
    """Train once and measure."""
    model = start(framework, seed)
    orders = [order(seed, epoch) for epoch in range(EPOCHS)]
    train(framework, model, adam(framework, model), orders, rates)
    if framework is pytorch:
        model.eval()  # batch normalisation: use the running averages
    return quality(framework, model)


# %% [markdown]
# Each variant is printed with its price and the 95 % confidence interval of the price: if we did
# all of this again and again with other seeds, 95 of 100 such intervals would hold the true price.
# **Where the interval holds 0, we cannot see a price.**
#
# The interval is the mean ± 2.8 *standard errors*. A standard error is the standard deviation of
# the differences, divided by √n. (2.8 is for n = 5 seeds; it is larger for fewer.)

# %%
found, prices = {}, {}


def measure(name, against="the base", **parts):
    """Train a variant from every seed, and compare it with another one, seed by seed."""
    found[name] = np.array([psnr_of(seed, **parts) for seed in SEEDS])
    print(f"{name}: {found[name].mean():.2f} dB, seeds", *np.round(found[name], 1))
    if against in found and name != against:
        p = prices[name] = paired(found[against], found[name])
        low, high = p.mean - p.margin, p.mean + p.margin
        print(f"  price {p.mean:+.2f} dB, 95 % interval {low:+.2f} to {high:+.2f} dB")


measure("the base")
spread = found["the base"].std(ddof=1)
print(f"{COUNT} images, {EPOCHS} epochs, {len(SEEDS)} seeds. From seed to seed: ±{spread:.2f} dB")

# %% [markdown]
# The last number is the noise (a standard deviation). Whoever trains each framework once, each with
# a seed of its own, sees differences whose standard deviation is 1.4 times that number (√2, because
# both are noisy), even if nothing else differs at all.
#
# The first row of our price list is therefore a variant that should cost nothing: **everything
# equal, but in TensorFlow.**

# %%
measure("TensorFlow, all else equal", framework=tensorflow)

# %%
task("which-framework-is-better")

# %%
answer = ...
check("which-framework-is-better", answer)

# %% [markdown]
# ### Initial weights
#
# Who says nothing gets the framework's own initial weights. They are drawn at random, in a range
# that depends on `fan_in`: the channels that come in, times the 9 numbers of a kernel. (`fan_out`
# is the same with the channels that go out.) PyTorch takes ±1/√fan_in, and draws the biases too.
# Keras takes ±√(6/(fan_in + fan_out)), and starts the biases at 0. This project takes ±1/√fan_in
# and biases of 0.
#
# Weights can travel between frameworks, so Keras' weights can be trained in PyTorch. All that
# differs then is the first numbers. Here are the largest of each layer.


# %%
def start_pytorch(framework, seed):
    torch.manual_seed(seed)
    return framework.build()


def start_keras(framework, seed):
    keras.utils.set_random_seed(seed)
    return framework.build(tensorflow.utils.export_weights(tensorflow.build()))


print(f"{'largest weight in':<24}{'ours':>9}{'PyTorch':>9}{'Keras':>9}")
starts = [build(pytorch, 0) for build in (start, start_pytorch, start_keras)]
for name in sorted(weights):
    if name.endswith("weight"):
        arrays = [pytorch.utils.export_weights(network)[name] for network in starts]
        print(f"{name:<24}", *(f"{np.abs(array).max():9.3f}" for array in arrays), sep="")

# %% [markdown]
# The last layer differs most. For a transposed layer, PyTorch takes the channels that go *out* for
# those that come in: 1 and not 32.

# %%
measure("initial weights of PyTorch", start=start_pytorch)
measure("initial weights of Keras", start=start_keras)

# %% [markdown]
# ### Adam's epsilon
#
# Adam divides each step by the usual size of the gradient. *Epsilon* keeps that from being a
# division by zero. It is 1e-8 in PyTorch and 1e-7 in Keras. It also stands in two different places.
# PyTorch computes Algorithm 1 of [Kingma and Ba (2015)](https://arxiv.org/abs/1412.6980).
# Keras computes the form that the paper gives just before its section 2.1.

# %%
task("epsilon-hat")

# %%
answer = ...
check("epsilon-hat", answer)

# %% [markdown]
# So PyTorch can be made to compute Keras' steps, by giving it another epsilon in each step. (With
# our β of 0.95, the two places are nearly the same after some fifty steps. With 0.999 that takes
# thousands.)
#
# We try two values. Keras' default first. Then 0.001, a larger one that some people use to be safe:
# its own price, and then what it costs to have it in the other place. (The folded cell has
# `adam_with`, which does this.)


# %% jupyter={"source_hidden": true}
def adam_with(epsilon, hat):
    """Adam with this epsilon: at PyTorch's place, or with `hat` at Keras' place."""

    def build(framework, model):
        optimizer = adam(framework, model)
        group, step = optimizer.param_groups[0], 0
        group["eps"] = epsilon

        def before_step(*_):
            nonlocal step
            step += 1
            group["eps"] = epsilon / np.sqrt(1 - group["betas"][1] ** step)

        if hat:
            optimizer.register_step_pre_hook(before_step)
        return optimizer

    return build


# %%
measure("epsilon 1e-7 at Keras' place", adam=adam_with(1e-7, hat=True))
measure("epsilon 0.001 at PyTorch's place", adam=adam_with(1e-3, hat=False))
measure(
    "epsilon 0.001 at Keras' place",
    against="epsilon 0.001 at PyTorch's place",
    adam=adam_with(1e-3, hat=True),
)

# %% [markdown]
# ### Batch normalisation
#
# Our network has none, so we put it in. *Batch normalisation*
# ([Ioffe and Szegedy 2015](https://arxiv.org/abs/1502.03167)) subtracts from each channel its mean
# over the batch and divides by its standard deviation. Then it multiplies by a learned scale and
# adds a learned shift, a pair for each channel.
#
# In use there is no batch, so it keeps *running averages* during training and takes those. How fast
# or slowly they move is set by its *momentum*, and by that the two frameworks mean opposite things.

# %%
task("batch-norm-momentum")

# %%
answer = ...
check("batch-norm-momentum", answer)

# %% [markdown]
# The other question is where it stands: before the ReLU, as in the paper, or after it, as in many
# networks since. A description that says "convolution, batch norm, ReLU" is clear. One that says
# "with batch norm" is not.
#
# First we put it before every ReLU, with PyTorch's momentum of 0.1, and see what that alone does.
# Against *this* network we then measure the other place, and Keras' default momentum of 0.99. (The
# defaults of its epsilon differ, too: 1e-5 in PyTorch, 1e-3 in Keras. Here it stays at 1e-5.)


# %%
def start_normalised(after_relu=False, momentum=0.1):
    """Our network with batch normalisation at each of its three ReLUs, in PyTorch's words."""

    def build(framework, seed):
        model = start(framework, seed)
        encoder, decoder = model.encoder, model.decoder
        for part, name, channels in (
            (encoder, "relu1", 32),
            (encoder, "relu2", 64),
            (decoder, "relu1", 32),
        ):
            pair = [torch.nn.BatchNorm2d(channels, momentum=momentum), torch.nn.ReLU()]
            setattr(part, name, torch.nn.Sequential(*(pair[::-1] if after_relu else pair)))
        return model

    return build


base = "batch norm before ReLU"
measure(base, start=start_normalised())
measure("batch norm after ReLU", base, start=start_normalised(after_relu=True))
measure("batch norm, momentum of Keras", base, start=start_normalised(momentum=0.01))

# %% [markdown]
# ### Shuffling
#
# The base shows all images in a new order in each epoch, as PyTorch's `DataLoader(shuffle=True)`
# does. With `tf.data` you choose yourself:
#
# - `shuffle(…, reshuffle_each_iteration=False)`, or a `cache()` after the shuffle: one order for
#   all epochs;
# - `shuffle(1000)`: not all images are mixed, only those in a window of 1,000 that moves over the
#   data. That is fine where the file is mixed already, as Fashion-MNIST's is. Where it is sorted by
#   class, each batch shows the same kind of garment.
#
# We train on fewer images than 55,000, so the window shrinks with them. The batch does not: sorted
# by class, a class lasts 8 steps here, and about 170 in the whole set. So this is not the price at
# full size. (That a window is fine for a mixed file we do not measure here.)

# %%
import tensorflow as tf

labels = splits.train_labels
window = max(1, 1000 * COUNT // 55_000)


def order_once(seed, epoch):
    return epoch_order(COUNT, seed, 0)


def order_in_a_window(seed, epoch):
    by_class = tf.data.Dataset.from_tensor_slices(np.argsort(labels, kind="stable"))
    return np.array(list(by_class.shuffle(window, seed=100 * seed + epoch).as_numpy_iterator()))


measure("shuffled once for all epochs", order=order_once)
measure("sorted by class, shuffled in a window", order=order_in_a_window)

# %% [markdown]
# ### Weight decay
#
# *Weight decay* pulls all weights towards zero. *AdamW*
# ([Loshchilov and Hutter 2019](https://arxiv.org/abs/1711.05101)) does it beside Adam's step.

# %%
task("weight-decay")

# %%
answer = ...
check("weight-decay", answer)

# %% [markdown]
# The default of `torch.optim.AdamW` is 0.01, that of `keras.optimizers.AdamW` is 0.004. Who leaves
# it at the default has another training in each framework.
#
# There is one more trap. `Adam(…, weight_decay=0.01)`, without the W, exists in both. In Keras it
# does the same as AdamW. In PyTorch it adds the decay to the *gradient*, so it goes through Adam's
# division. That is another method, and the same number means something else in it.

# %%
from deconv.config import BETAS, EPSILON


def decayed(kind, weight_decay):
    """One of PyTorch's optimizers with our settings and a weight decay."""

    def build(framework, model):
        return kind(model.parameters(), betas=BETAS, eps=EPSILON, weight_decay=weight_decay)

    return build


measure("weight decay 0.01 (AdamW of PyTorch)", adam=decayed(torch.optim.AdamW, 0.01))
measure("weight decay 0.004 (AdamW of Keras)", adam=decayed(torch.optim.AdamW, 0.004))
measure("weight decay 0.01 (Adam of PyTorch)", adam=decayed(torch.optim.Adam, 0.01))

# %% [markdown]
# ### All prices

# %%
figure, (axes,) = plots.charts(1, f"What each change costs: {COUNT} images, {EPOCHS} epochs")
figure.set_figheight(5)
for row, p in enumerate(prices.values()):
    sure = abs(p.mean) > p.margin
    look = {"fmt": "D", "color": plots.VERMILION} if sure else {"fmt": "o", "color": plots.BLUE}
    axes.errorbar(p.mean, row, xerr=p.margin, capsize=4, **look)
    value = f"{p.mean:+z.2f}".replace("-", "−")
    axes.text(1.02, row, value, transform=axes.get_yaxis_transform(), va="center", fontsize=9)
axes.axvspan(-spread, spread, color="#eeeeee", zorder=0)
axes.axvline(0, color=plots.BLACK, lw=1)
axes.set_yticks(range(len(prices)), list(prices), fontsize=9)
axes.invert_yaxis()
plots.style(axes, "price in dB (to the right: worse), with its 95 % interval", "")
figure

# %% [markdown]
# How to read it: a red diamond is a price whose interval does not hold 0, a blue circle one whose
# interval does. The grey band is the noise of one training, ± one standard deviation from seed to
# seed. Most prices are against the base. Three are against a row above them, because they are about
# a detail of it: epsilon 0.001 in the other place, and batch norm in the other place or with the
# other momentum.
#
# Why are some of them so large, and others not, *here*?
#
# - *Adam with weight decay 0.01.* For most weights the gradient is smaller than the decay. Adam
#   divides by the usual size of both together, so it makes full steps towards zero.
# - *Epsilon 0.001.* Most gradients are smaller than that. Then epsilon is most of what Adam divides
#   by, and all its steps become shorter.
# - *Sorted images.* A batch shows one kind of garment or two. Each step probably
#   undoes some of what was learned of the others.
# - *Keras' momentum.* There are 240 steps, and 0.99^240 is 0.09: so much of the running averages is
#   still what they began with. In a long training this is gone.
# - *AdamW's decay.* It takes away the learning rate times 0.01 of a weight in each step. In so few
#   steps that hardly moves it.
# - *Initial weights.* The same seed is no longer the same start. So little cancels in the
#   differences, and the intervals are wide.
#
# Two warnings. Of lists with 14 such intervals, as many as half have at least one that misses the
# truth by chance. And all of this holds for this network, these pictures, and so short a training:
# a price that is large after three epochs may be gone after thirty, and the other way round.

# %% [markdown]
# ## 6. The comparison that people publish
#
# Now everything at once. Two tutorials: the same layers, the same images, the same batches, Adam
# with 0.001. Each takes what its framework does by default: own initial weights, own epsilon,
# `padding=1` here and `"same"` there.


# %%
def constant(steps):
    return np.full(steps, 1e-3)


def plain_adam(framework, model):
    if framework is pytorch:
        return torch.optim.Adam(model.parameters(), lr=1e-3)
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    return optimizer


def start_same(framework, seed):
    keras.utils.set_random_seed(seed)
    return keras_same()


tutorial = "tutorial in PyTorch"
measure(tutorial, start=start_pytorch, adam=plain_adam, rates=constant)
measure(
    "tutorial in Keras",
    tutorial,
    framework=tensorflow,
    start=start_same,
    adam=plain_adam,
    rates=constant,
)

# %% [markdown]
# Compare this with the row "TensorFlow, all else equal". The same two frameworks, the same network,
# and another answer to the question which one is better. The difference between the tutorials is
# real: train them again and it will be there again. But is it a difference between the frameworks?
#
# The price list names no suspect: both rows about initial weights have an interval that holds 0.
# But these intervals are wide, so a price of a decibel or two could hide in them. The other two
# suspects are weak. Keras' epsilon cost next to nothing there, and `"same"` is our own layer in a
# mirror. (The list was made with another learning rate and other settings of Adam, so this is a
# guess and no proof.)
#
# One last training tests it. The Keras tutorial stays as it is, with its own epsilon and its
# `"same"`. Only its first weights now come from PyTorch.


# %%
def start_same_from_pytorch(framework, seed):
    return keras_same(pytorch.utils.export_weights(start_pytorch(pytorch, seed)))


measure(
    "tutorial in Keras, first weights from PyTorch",
    tutorial,
    framework=tensorflow,
    start=start_same_from_pytorch,
    adam=plain_adam,
    rates=constant,
)

# %% [markdown]
# What is left is the price of the other framework, the other padding and the other epsilon
# together. Does its interval hold 0? Then we cannot see a price, and nearly all of the difference
# came from the first weights.
#
# Before you compare two frameworks (or two papers), write these down for both: initial weights;
# optimizer with *all* its numbers, and where epsilon stands; the order of the images; where batch
# normalisation stands and its momentum; weight decay and which kind; the padding. Then run several
# seeds, compare seed by seed, and say how large the noise is. Best of all, start in lockstep.
#
# - `docs/equal.md` has the same for whole trainings: how equal is equal, and where it ends.
# - `python -m deconv.compare` prints the statistics of this notebook for your own runs.
# - [The checklist](../docs/checklist.md) says what you can do now, and which exercise checks it.
#
# The next cell lists what you have done here.

# %%
progress()
