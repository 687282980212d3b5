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
# # 6. Backwards: the gradient of every number
#
# `loss.backward()` is one line in PyTorch, and `tape.gradient` is one in TensorFlow. Here you write
# what is behind them: for each of the 37,569 numbers of our autoencoder, how fast the loss grows
# with it.
#
# Afterwards you can
#
# - derive the gradient of a layer from what it computes, index by index;
# - say why the way back through a convolution is a transposed convolution, and the other way round;
# - check any gradient without trusting anybody, and say why a training that works does not prove
#   that its gradient is right.
#
# You need the stamps of `01_arithmetic` and the word *derivative* from school. Running everything
# takes less than a minute on 2 cores. If yours takes much longer, close other programs, or write
# less than 150 steps into section 11. The exercises take about three hours; do them in two
# sittings.
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
# ## 1. One number and the loss
#
# The *loss* says how bad the network is: the mean of the squared differences between what it draws
# and what it should draw. Here it shall draw what it sees.
#
# We change one single number of an untrained network, and nothing else: the last bias, which makes
# the whole picture brighter or darker.
#
# `lab.pick(a, b)` is `a` here. Only the project's quick tests take `b`. To change the setting,
# change `a`.

# %%
import numpy as np

from deconv import autoencoder
from deconv.autoencoder import forward, loss_fn
from deconv.config import RunConfig
from deconv.data.splits import TITLES, load_splits
from deconv.metrics import to_unit_range
from deconv.weights import initial_weights

splits = load_splits(RunConfig(dataset=lab.dataset))
print(TITLES[splits.name])
images = to_unit_range(splits.train[:16]).reshape(-1, 1, 28, 28).astype(float)  # (N, C, H, W)
weights = {name: array.astype(float) for name, array in initial_weights(seed=0).items()}


def loss_with(name, place, value, weights=weights):
    """The loss, if one number of the weights had this value."""
    moved = weights | {name: weights[name].copy()}
    moved[name][place] = value
    return loss_fn(forward(moved, images).deconv2, images)


print("loss:", loss_with("decoder.deconv2.bias", 0, 0.0))

# %%
from deconv.drawing import plots

values = np.linspace(-2, 1.5, lab.pick(36, 8))
losses = [loss_with("decoder.deconv2.bias", 0, value) for value in values]
here, ahead = (loss_with("decoder.deconv2.bias", 0, value) for value in (0, 0.001))
slope = (ahead - here) / 0.001

figure, (axes,) = plots.charts(1, "The loss, if the last bias were another number")
axes.plot(values, losses, c=plots.BLUE, label="loss")
near = np.array([-0.6, 0.6])
axes.plot(near, here + slope * near, "--", c=plots.VERMILION, label=f"slope at 0: {slope:.2f}")
axes.plot(0, here, "o", c=plots.VERMILION)
plots.style(axes, "the last bias", "loss (mean squared error)")
axes.legend(frameon=False)
figure

# %% [markdown]
# The slope is positive: more bias, more loss. So training makes this bias smaller. The *gradient*
# is nothing but this slope, for every number of the network, each with all others left as they are.
#
# How many slopes are that, in a smaller network of this kind?

# %%
from deconv.exercises import check, hint, progress, solution, task

task("parameters-of-the-network")

# %%
answer = ...
check("parameters-of-the-network", answer)

# %% [markdown]
# ## 2. A witness that needs no derivation
#
# To get a slope, move the number a step up and a step down, and divide the difference of the two
# losses by the distance. This is called a *finite difference*. Write it for any function of any
# array.

# %%
task("finite-difference")


# %%
def finite_difference(f, x, step): ...


check("finite-difference", finite_difference)

# %% [markdown]
# How large should the step be? We know the exact slope from the project's own gradient, which you
# will write yourself in section 8. Here is the error for steps from 1 down to a ten-billionth, in
# numbers of 64 and of 32 bits.

# %%
name, place = "decoder.deconv2.weight", (0, 0, 1, 1)
exact = autoencoder.backward(weights, forward(weights, images), images)[name][place]
steps = np.logspace(-10, 0, lab.pick(21, 6))


def difference(step, kind):
    """The slope from two losses, computed in numbers of this kind."""
    at = {key: array.astype(kind) for key, array in weights.items()}
    pictures, losses = images.astype(kind), []
    for sign in (1, -1):
        moved = at | {name: at[name].copy()}
        moved[name][place] += kind(sign * step)
        losses.append(kind(loss_fn(forward(moved, pictures).deconv2, pictures)))
    return (losses[0] - losses[1]) / (2 * step)


figure, (axes,) = plots.charts(1, "How wrong is a finite difference?")
for kind, look, colour in ((np.float64, "o-", plots.BLUE), (np.float32, "s--", plots.ORANGE)):
    wrong = np.maximum([abs(difference(step, kind) / exact - 1) for step in steps], 1e-12)
    axes.loglog(steps, wrong, look, c=colour, ms=4, label=f"{np.finfo(kind).bits} bits")
plots.style(axes, "step", "relative error of the slope")
axes.legend(frameon=False)
figure

# %% [markdown]
# On the right the step is so large that the loss bends on the way. On the left it is so small that
# both losses agree in nearly all their digits, and their difference is what rounding has left. In
# between, with 64 bits, eight or more digits are right. So gradients are checked with 64 bits and
# steps of 10⁻⁵ to 10⁻³.
#
# Why not always do it this way? Because it is slow:

# %%
from time import perf_counter

began = perf_counter()
a = forward(weights, images)
forwards = perf_counter() - began
autoencoder.backward(weights, a, images)
backwards = perf_counter() - began - forwards
everything = 2 * 37_569 * forwards / 60
print(f"one way forward: {1000 * forwards:.0f} ms, for {len(images)} images")
print(f"all slopes by finite differences: {everything:.0f} minutes")
print(f"all slopes by one way back: {1000 * backwards:.0f} ms")

# %% [markdown]
# One way back gives all 37,569 slopes for the price of a few ways forward. Without it, training
# would take tens of thousands of times as long. Its name is *backpropagation*.

# %% [markdown]
# ## 3. From the end: loss and tanh
#
# The way back is the *chain rule*: if the loss depends on y, and y on x, then
#
# $$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} \cdot
# \frac{\partial y}{\partial x}$$
#
# ∂L/∂x is the slope of L if x alone moves. From now on *grad* is the gradient with respect to what
# a layer hands on, ∂L/∂y. It has the shape of y. Each layer gets it from the layer behind it, and
# hands ∂L/∂x on to the layer before it. First with numbers:

# %%
task("one-weight")

# %%
answer = ...
check("one-weight", answer)

# %% [markdown]
# Now with arrays. The last thing that happened is the loss. Let y be the outputs, t the targets,
# both (N, C, H, W), and P the number of all their pixels:
#
# ```
# L = 1/P · Σ (y − t)²
# ```

# %%
task("backward-loss")


# %%
def backward_loss(outputs, targets): ...


check("backward-loss", backward_loss)

# %% [markdown]
# <details><summary>Derivation</summary>
#
# One pixel y of all occurs in one term of the sum. The others are constants for it.
#
# ```
# ∂L/∂y = 1/P · ∂(y − t)²/∂y = 2·(y − t) / P        (N, C, H, W), as y
# ```
# </details>
#
# Before the loss came tanh, and between the layers stand ReLUs. Both work on every number by
# itself.

# %%
task("backward-tanh")


# %%
def backward_tanh(grad, y): ...


check("backward-tanh", backward_tanh)

# %%
task("backward-relu")


# %%
def backward_relu(grad, y): ...


check("backward-relu", backward_relu)

# %% [markdown]
# <details><summary>Derivation of both</summary>
#
# ```
# y = tanh(x)       ∂y/∂x = 1 − tanh²(x) = 1 − y²      ∂L/∂x = grad · (1 − y²)
# y = ReLU(x)       ∂y/∂x = 1 where x > 0, else 0      ∂L/∂x = grad · (y > 0)
# ```
#
# Both slopes can be told from y. So a network need not keep what went *into* an activation, and
# that saves memory. Where x is exactly 0, a ReLU has a corner and no slope; both frameworks take 0.
# </details>

# %% [markdown]
# ## 4. The transposed layer
#
# Take one channel and one axis. The small map x has positions i, the large map y has positions h,
# and the kernel w has taps k. They meet where
#
# ```
# h = i·stride + k − padding                                        (1)
#
# y[h] = b + Σ w[k]·x[i]      over all pairs (i, k) that (1) sends to h
# ```
#
# In a picture the same holds for rows and for columns: read each of i, k and h as a pair of
# numbers, and each sum over one of them as two loops.
#
# Three things went in: the bias, the input and the kernel. Each has a gradient. The bias first.

# %%
task("backward-bias")


# %%
def backward_bias(grad): ...


check("backward-bias", backward_bias)

# %% [markdown]
# Now the input. Ask for one x[i]: which y[h] has it reached, and with which weight?

# %%
task("backward-input")


# %%
def backward_input(grad, w, stride, padding): ...


check("backward-input", backward_input)

# %% [markdown]
# And the kernel. Ask for one w[k]: in which y[h] does it occur, and times what?

# %%
task("backward-kernel")


# %%
def backward_kernel(x, grad, kernel, stride, padding): ...


check("backward-kernel", backward_kernel)

# %% [markdown]
# <details><summary>Derivation of all three</summary>
#
# The loss depends on all y[h], so the chain rule has a sum:
#
# ```
# ∂L/∂x[i] = Σ_h ∂L/∂y[h] · ∂y[h]/∂x[i]
# ```
#
# and the slopes are read off y[h] = b + Σ w[k]·x[i]:
#
# ```
# ∂y[h]/∂b    = 1                          ∂L/∂b    = Σ_h grad[h]
# ∂y[h]/∂x[i] = w[k] if (1), else 0        ∂L/∂x[i] = Σ_k w[k]·grad[i·stride + k − padding]
# ∂y[h]/∂w[k] = x[i] if (1), else 0        ∂L/∂w[k] = Σ_i x[i]·grad[i·stride + k − padding]
# ```
#
# Where h lies outside of the output, padding has cut the stamp off: no y[h], so no gradient.
# </details>

# %% [markdown]
# ## 5. The convolution
#
# Now the encoder's layer. The *same* relation (1) and the same pairs; but the large map x goes in,
# and the small map y comes out:
#
# ```
# y[i] = b + Σ w[k]·x[h]      over all pairs (h, k) that (1) joins with i
# ```
#
# The bias is as before. What becomes of the two others?

# %%
task("backward-conv-input")


# %%
def backward_conv_input(grad, w, stride, padding, size): ...


check("backward-conv-input", backward_conv_input)

# %%
task("backward-conv-kernel")


# %%
def backward_conv_kernel(x, grad, kernel, stride, padding): ...


check("backward-conv-kernel", backward_conv_kernel)

# %% [markdown]
# <details><summary>Derivation</summary>
#
# ```
# ∂y[i]/∂x[h] = w[k] if (1), else 0     ∂L/∂x[h] = Σ w[k]·grad[i]  over (i, k) that (1) sends to h
# ∂y[i]/∂w[k] = x[h] if (1), else 0     ∂L/∂w[k] = Σ_i grad[i]·x[i·stride + k − padding]
# ```
# </details>

# %% [markdown]
# ## 6. Each is the other's way back
#
# Compare the sums of the last two sections with what the layers themselves compute. (Open the
# output when your functions are right.)

# %% jupyter={"outputs_hidden": true}
from deconv.arithmetic import conv2d, conv2d_backward, conv_transpose2d, conv_transpose2d_backward

DOWN = {"stride": 2, "padding": 1}
UP = {"stride": 2, "padding": 1, "output_padding": 1}
rng = np.random.default_rng(0)
w = rng.normal(size=(5, 4, 3, 3))  # 5 channels of the small map, 4 of the large one
small, large = rng.normal(size=(2, 5, 7, 7)), rng.normal(size=(2, 4, 14, 14))

down = conv2d_backward(large, w, grad=small, **DOWN)
up = conv_transpose2d_backward(small, w, grad=large, **UP)
print("The way back through the convolution is the transposed convolution:")
print(np.allclose(down.x, conv_transpose2d(small, w, **UP)))
print("The way back through the transposed convolution is the convolution:")
print(np.allclose(up.x, conv2d(large, w, **DOWN)))
print("Both have the same gradient for the kernel, input and grad exchanged:")
print(np.allclose(down.w, up.w))

# %% [markdown]
# <details><summary>Why: the matrix</summary>
#
# A convolution multiplies all pixels by a matrix M: y = M·x. Row i of M says what output i reads.
# Column h says which outputs x[h] has reached. The chain rule adds up over those, so it goes down
# the column: the gradient is Mᵀ·grad. To go back *is* to transpose. The transposed convolution has
# its name from there. To go back through it, transpose again, and Mᵀᵀ = M.
#
# For the kernel, the small and the large map play symmetric parts: each tap gets the sum of
# small[i]·large[h]. Which of the two is the input, and which one the gradient, does not matter.
#
# TensorFlow's own words say so as well: its `conv2d_transpose` calls the operation
# `Conv2DBackpropInput`.
# </details>
#
# A small example: a kernel of 3×3 makes 2×2 numbers of 4×4 pixels, so M has 4 rows and 16 columns.
# The line below the matrix is a check that needs no gradient at all. Multiply M·x and g number by
# number and add up; do the same with x and Mᵀ·g. Both give the same number, for every x and every
# g. It is called the *dot product test*. Every layer of multiplications and sums, without its bias,
# must pass it together with its way back.

# %%
from deconv.arithmetic import conv_matrix

kernel = np.arange(1, 10).reshape(1, 1, 3, 3)
m = conv_matrix(kernel, 4)  # (4, 16)
x, g = rng.integers(0, 5, (1, 1, 4, 4)), rng.integers(0, 5, (1, 1, 2, 2))
print(m)
forth, back = conv2d(x, kernel), conv_transpose2d(g, kernel)
print("\nforth · g =", (forth * g).sum(), "  x · back =", (x * back).sum())
print("Mᵀ·g is the transposed convolution of g:", np.array_equal(m.T @ g.ravel(), back.ravel()))

# %% [markdown]
# ## 7. Channels and images
#
# A transposed layer has a kernel for each pair of channels: w is (in, out, kh, kw). Every input
# channel prints on every output channel. All images use the same kernels. Over which of these does
# each gradient add up?

# %%
task("backward-channels")


# %%
def backward_transposed(x, w, grad, stride, padding): ...


check("backward-channels", backward_transposed)

# %% [markdown]
# <details><summary>The sums, with shapes</summary>
#
# ```
# ∂L/∂x  (N, in, h, w)      for each image and input channel: a sum over out (and the taps)
# ∂L/∂w  (in, out, kh, kw)  for each pair of channels: a sum over N (and the pixels of x)
# ∂L/∂b  (out,)             for each output channel: a sum over N, H and W
# ```
#
# The rule behind it: whatever was *used several times* on the way forward gets a *sum* on the way
# back. A pixel is used by all taps and output channels, a kernel by all pixels and images, a bias
# by all of them.
# </details>

# %% [markdown]
# ## 8. The whole way back
#
# The shapes on the way back are those on the way forward, read from the end:

# %%
maps = forward(weights, images)
for name, values in reversed(list(maps._asdict().items())):
    print(f"{name:<9}{values.shape!s:<18} and the gradient with respect to it {values.shape}")
for name, array in reversed(list(weights.items())):
    print(f"{name:<24}{array.shape!s:<16} and its gradient")

# %% [markdown]
# Your loops over pixels are too slow for this network. `conv2d_backward` and
# `conv_transpose2d_backward` compute the same as matrix products. Put everything together:

# %%
task("backward-autoencoder")


# %%
from deconv.arithmetic import conv2d_backward, conv_transpose2d_backward


def backward(weights, a, targets): ...


check("backward-autoencoder", backward)

# %% [markdown]
# If it is not written yet, the notebook goes on with the project's own. This is it; open the cell
# when yours is right.

# %% jupyter={"outputs_hidden": true}
import inspect

print(inspect.getsource(autoencoder.backward))

# %% [markdown]
# ## 9. Three witnesses
#
# Your gradient against finite differences, at five places of each array, and against both
# frameworks, at all places. The largest difference is divided by the largest slope in that array.


# %%
def by_pytorch(weights, images):
    """Every gradient, by PyTorch."""
    import torch

    from pytorch.src.config import Config
    from pytorch.src.engine import loss_fn
    from pytorch.src.model import build_model
    from pytorch.src.utils import load_weights

    model = build_model(Config())
    load_weights(model, weights)
    x = torch.tensor(images)  # (N, 1, 28, 28)
    loss_fn(model(x), x).backward()
    return {name: parameter.grad.numpy() for name, parameter in model.named_parameters()}


# %%
def by_tensorflow(weights, images):
    """Every gradient, by TensorFlow."""
    import tensorflow as tf
    from tensorflow.src.config import Config
    from tensorflow.src.engine import loss_fn
    from tensorflow.src.model import build_model
    from tensorflow.src.utils import canonical_variables, load_weights, to_canonical

    model = build_model(Config())
    load_weights(model, weights)
    variables = canonical_variables(model)
    x = tf.constant(images.transpose(0, 2, 3, 1))  # (N, 28, 28, 1)
    with tf.GradientTape() as tape:
        loss = loss_fn(model(x, training=True), x)
    gradients = tape.gradient(loss, list(variables.values()))
    return dict(zip(variables, (to_canonical(g.numpy()) for g in gradients), strict=True))


# %%
try:
    gradients = backward(weights, maps, images)
    finished = all(gradients[name].shape == array.shape for name, array in weights.items())
except Exception:  # the check above has said what is wrong; the notebook goes on
    finished = False
if not finished:
    print("Your gradient is not finished. This is the project's own.")
    gradients = autoencoder.backward(weights, maps, images)

# %%
rounded = {name: array.astype(np.float32) for name, array in weights.items()}
frameworks = [by(rounded, images.astype(np.float32)) for by in (by_pytorch, by_tensorflow)]


def by_differences(name, place, weights=weights, step=1e-5):
    """One slope from two losses."""
    at = weights[name][place]
    above, below = (loss_with(name, place, at + move, weights) for move in (step, -step))
    return (above - below) / (2 * step)


print(f"{'':<24}{'differences':>13}{'PyTorch':>11}{'TensorFlow':>12}")
for name, gradient in gradients.items():
    places = [tuple(rng.integers(0, gradient.shape)) for _ in range(lab.pick(5, 1))]
    wrong = [max(abs(by_differences(name, place) - gradient[place]) for place in places)]
    wrong += [np.abs(theirs[name] - gradient).max() for theirs in frameworks]
    finite, *others = (value / np.abs(gradient).max() for value in wrong)
    print(f"{name:<24}{finite:>13.0e}{others[0]:>11.0e}{others[1]:>12.0e}")

# %% [markdown]
# The frameworks compute with 32 bits, that is, with about seven digits. The differences, with 64
# bits, mostly come closer. Where they do not, the usual cause is a step that has crossed the corner
# of a ReLU, where the loss has two slopes. **`loss.backward()` holds no secret:** it is these sums,
# in this order.

# %% [markdown]
# ## 10. What flows back
#
# One training image, an untrained network. Grey is 0, and each map spans its own range. First the
# picture, what the network draws, and the gradient with respect to both: it says how fast the loss
# grows with each pixel. (The picture is input and target. Here only the input may change.)

# %% jupyter={"source_hidden": true}
one = forward(weights, images[:1])
grad = 2 * (one.deconv2 - images[:1]) / 784
flow = {"output": grad}
grad = grad * (1 - one.deconv2**2)
grad = conv_transpose2d_backward(one.deconv1, weights["decoder.deconv2.weight"], grad, **UP).x
flow["deconv1, 14×14"] = grad
grad = grad * (one.deconv1 > 0)
grad = conv_transpose2d_backward(one.conv2, weights["decoder.deconv1.weight"], grad, **UP).x
flow["conv2, 7×7"] = grad
grad = grad * (one.conv2 > 0)
grad = conv2d_backward(one.conv1, weights["encoder.conv2.weight"], grad, **DOWN).x
flow["conv1, 14×14"] = grad
grad = grad * (one.conv1 > 0)
flow["input"] = conv2d_backward(one.images, weights["encoder.conv1.weight"], grad, **DOWN).x


# %%
from deconv.drawing.teaching import image_grid


def scaled(values):
    """Divide by the largest size, so that 0 stays grey."""
    return values / np.abs(values).max()


ends = {
    "picture": images[0, 0],
    "output": scaled(one.deconv2[0, 0]),
    "gradient of the output": scaled(flow["output"][0, 0]),
    "gradient of the picture": scaled(flow["input"][0, 0]),
}
title = "All but the first are divided by their largest size"
image_grid(list(ends.values()), 4, captions=list(ends), title=title)

# %%
rows = {name: flow[name][0] for name in ("deconv1, 14×14", "conv2, 7×7", "conv1, 14×14")}
liveliest = [
    scaled(channels[place])
    for channels in rows.values()
    for place in np.argsort(-channels.std(axis=(1, 2)))[:8]
]
title = "Gradients of the eight liveliest channels, each divided by its largest size"
image_grid(liveliest, 8, row_labels=list(rows), title=title)

# %%
for name, values in flow.items():
    print(f"{name:<16} root of the mean square: {np.sqrt((values**2).mean()):.2e}")

# %% [markdown]
# The gradient of the output is the error itself: at first it looks like a negative of the picture,
# because the untrained network draws grey.
#
# Now look at the rows. The upper two have come back through transposed layers, that is, by
# convolutions, and show no checkerboard. The lowest row has come back through the convolution
# `conv2`, that is, by a transposed convolution with kernel 3 and stride 2. It is full of
# checkerboards. Its stamps overlap unevenly, and neighbouring pixels get the sums of other taps, as
# in `02_checkerboards`. So an encoder with a stride has such patterns in its gradients, whatever
# the decoder is ([Odena, Dumoulin and Olah 2016](https://doi.org/10.23915/distill.00003)).
#
# And the gradient becomes smaller: at `conv1` its numbers are less than a hundredth as large. In
# deep networks it can vanish. Initial weights of the right size, shortcuts past some of the layers,
# and layers that keep the numbers at one size help against that.

# %% [markdown]
# ## 11. Wrong gradients that learn
#
# Suppose your gradient has a mistake. Would you notice it, because training fails? All trainings
# here use *Adam*, an optimizer: a rule that makes steps of gradients.

# %%
task("what-adam-forgives")

# %%
answer = ...
check("what-adam-forgives", answer)

# %% [markdown]
# Five gradients, four of them wrong. Each trains the same network with Adam, on the same batches.

# %%
right = autoencoder.backward
TINY = 1e-30  # makes a 0 positive and changes nothing else


def no_tanh(w, a, t):
    return right(w, a, a.deconv2 - (a.deconv2 - t) / (1 - a.deconv2**2))


def no_relu(w, a, t):
    shown = {name: getattr(a, name) + TINY for name in ("conv1", "conv2", "deconv1")}
    return right(w, a._replace(**shown), t)


def flipped(w, a, t):
    kernels = {name: kernel[..., ::-1, ::-1] for name, kernel in w.items() if kernel.ndim == 4}
    return right(w | kernels, a, t)


def too_large(w, a, t):
    return {name: 784 * gradient for name, gradient in right(w, a, t).items()}


# %%
from deconv.scratch import Adam


def learn(gradient, rate=0.003):
    """The loss in every step, with a batch of 32 new images each time."""
    learned, losses = initial_weights(seed=0), []
    optimizer = Adam(rate)
    for step in range(lab.pick(150, 4)):
        batch = to_unit_range(splits.train[32 * step :][:32]).reshape(-1, 1, 28, 28)
        a = forward(learned, batch)
        losses.append(loss_fn(a.deconv2, batch))
        optimizer.step(learned, gradient(learned, a, batch))
    return losses, learned


variants = {
    "right": right,
    "784 times too large": too_large,
    "without the slope of tanh": no_tanh,
    "without the ReLUs": no_relu,
    "kernels flipped": flipped,
}
runs = {name: learn(gradient) for name, gradient in variants.items()}

# %% jupyter={"outputs_hidden": true}
figure, (axes,) = plots.charts(1, "Training with Adam, by right and by wrong gradients")
colours = (plots.BLACK, plots.ORANGE, plots.BLUE, plots.GREEN, plots.VERMILION)
looks = zip(colours, ("-", "--", "-.", ":", "-"), strict=True)
for (name, (losses, _)), (colour, look) in zip(runs.items(), looks, strict=True):
    axes.semilogy(losses, look, c=colour, label=name, lw=1.6)
plots.style(axes, "step", "loss (mean squared error)")
axes.legend(frameon=False)
figure

# %% [markdown]
# Now put all five before the witness of section 2, with the weights of the first run: one slope of
# each array is enough. (With untrained weights the forgotten tanh would hardly show. The outputs
# are near 0 then, where the slope of tanh is 1. So check where the numbers are not small.)

# %%
trained = {name: array.astype(float) for name, array in runs["right"][1].items()}
maps = forward(trained, images)
correct = right(trained, maps, images)

print(f"{'':<28}largest relative error of a slope")
for name, gradient in variants.items():
    found, wrong = gradient(trained, maps, images), []
    for key, array in correct.items():
        place = np.unravel_index(np.abs(array).argmax(), array.shape)
        wrong.append(abs(found[key][place] / by_differences(key, place, trained) - 1))
    print(f"{name:<28}{max(wrong):.0e}")

# %% [markdown]
# <details><summary>Answer</summary>
#
# All five learn. For a while one of the wrong ones is even ahead. Only a careful comparison shows
# which curve is the right one, and nobody has the right curve to compare with. A gradient that
# points *roughly* downhill is enough for a loss that falls. So a falling loss does not prove a
# gradient. A few finite differences find these mistakes at once.
# </details>
#
# ## 12. What to take along
#
# - The way back has the shapes of the way forward, and the same pairs (i, k, h). What was used
#   several times gets a sum.
# - To go back through a convolution is to print; to go back through a transposed convolution is to
#   read. Each is the other's transpose.
# - Check gradients with finite differences, in 64 bits, with steps of 10⁻⁵ to 10⁻³.
#
# To go on: [`deconv/autoencoder.py`](../deconv/autoencoder.py) is the whole network, forward and
# backward, and `python -m deconv.scratch` trains it without any framework.
# [`deconv/arithmetic/gradients.py`](../deconv/arithmetic/gradients.py) has the matrix
# products that stand for your loops.
#
# [The checklist](../docs/checklist.md) says what you can do now, and which exercise checks it. The
# next cell lists what you have done here.

# %%
progress()
