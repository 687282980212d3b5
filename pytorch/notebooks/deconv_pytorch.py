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
# # Learning to upsample, in PyTorch
#
# Often the answer of a network is a picture: a mask, a sharper photograph, a face that never
# existed. Then some layer has to make a large grid of a small one. The usual one is the
# *transposed convolution*. Here you take it apart, train a network that has two of them, and see
# what goes wrong.
#
# Afterwards you can
#
# - compute a transposed convolution by hand, and choose its numbers so that the size fits;
# - say why it is called *transposed*, and why *deconvolution* promises too much;
# - train an autoencoder, and judge its pictures by PSNR;
# - say where a checkerboard comes from, measure it, and avoid it.
#
# **How long.** Three to four hours with all exercises. The trainings take five to eight minutes on
# a computer with two free cores and no GPU. If yours takes much longer, close other programs, or
# write a smaller number of epochs into section 8.
#
# **The twin.** `tensorflow/notebooks/deconv_tensorflow.ipynb` does the same in TensorFlow,
# cell for cell. Open both and compare.

# %% [markdown]
# ## 1. Stamps
#
# A transposed convolution prints stamps. The stamp is a small grid of numbers, the *kernel*. Every
# pixel of the input prints the whole kernel on the output, multiplied by the pixel's own value.
# Where prints overlap, they add up. That is all.
#
# Try it with an input and a kernel that are both `[[0, 1], [2, 3]]`. (The first cell only finds
# the project. The picture comes after it.)

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

# %%
import numpy as np

from deconv.drawing.teaching import stamps

corner = np.array([[0, 1], [2, 3]])
stamps(corner, corner)

# %% [markdown]
# In the middle all four prints meet: 0·3 + 1·2 + 2·1 + 3·0 = 4.
#
# Now the same in PyTorch. Its arrays have four axes, and section 6 says why. Until then
# `upsample` takes care of them. Its last three arguments are what sections 2 to 4 are about.

# %%
import torch


def upsample(image, kernel, stride=1, padding=0, output_padding=0):
    """Transposed convolution of one grey picture (H, W) with one kernel (h, w), in PyTorch."""
    x = torch.tensor(image, dtype=torch.float32)[None, None]  # (1, 1, H, W)
    w = torch.tensor(kernel, dtype=torch.float32)[None, None]  # (1, 1, h, w)
    y = torch.nn.functional.conv_transpose2d(x, w, None, stride, padding, output_padding)
    return y[0, 0].numpy()


print(upsample(corner, corner))

# %% [markdown]
# **Exercises.** A cell with `task` asks you something. Write your answer into the cell below it,
# in place of the dots, and run that cell: it says whether you are right, and if not, what is
# wrong. `hint("stamp-middle")` helps, `solution("stamp-middle")` shows the answer. A wrong guess
# is worth more than no guess.
#
# **Your own numbers.** Everybody gets the same ones. `from deconv.exercises import seed` and
# `seed("your name")`, in a cell of its own before the first exercise, give you others.

# %%
from deconv.exercises import check, hint, solution, task  # noqa: F401

task("stamp-middle")

# %%
answer = ...
check("stamp-middle", answer)

# %% [markdown]
# ## 2. Stride
#
# The *stride* says how far apart the prints of two neighbouring pixels lie. So far it was 1. With
# stride 2 they lie two pixels apart, and the output becomes about twice as large as the input.

# %%
stamps(corner, np.ones((3, 3), int), stride=2)

# %% [markdown]
# The last print begins (input − 1) · stride pixels after the first one, and is one kernel long:
#
# $$\text{output} = (\text{input} - 1) \cdot \text{stride} + \text{kernel}$$
#
# Here that is (2 − 1)·2 + 3 = 5.

# %%
task("stamp-size")

# %%
answer = ...
check("stamp-size", answer)

# %%
task("stride-two-stamp")

# %%
answer = ...
check("stride-two-stamp", answer)

# %% [markdown]
# The usual rules for enlarging a picture are transposed convolutions whose kernel somebody chose:
#
# - a 2×2 kernel of ones with stride 2 repeats every pixel (*nearest neighbour*);
# - a 3×3 triangle with stride 2 puts means between the pixels (*linear interpolation*).
#
# Any other kernel is another rule. **So the rule can be learned:** it is a few numbers, and
# training can choose them.

# %%
from deconv.data.synthetic import draw_garments
from deconv.drawing.teaching import image_grid

garment = draw_garments(1, seed=3)[0][0] / 255
coarse = garment.reshape(7, 4, 7, 4).mean(axis=(1, 3))  # (28, 28) to (7, 7): means of 4×4 pixels

triangle = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])
pictures = {
    "input, 7×7": coarse,
    "2×2 ones, 14×14": upsample(coarse, np.ones((2, 2)), stride=2),
    "3×3 triangle, 15×15": upsample(coarse, triangle, stride=2),
    "3×3 random, 15×15": upsample(coarse, np.random.default_rng(0).uniform(0, 0.8, (3, 3)), 2),
}
image_grid(
    list(pictures.values()),
    columns=4,
    captions=list(pictures),
    limits=(0, 1),
    title="One picture, three kernels, stride 2",
)

# %% [markdown]
# The random kernel draws a pattern that is not in the picture. Section 7 says where it comes from.

# %% [markdown]
# ## 3. Padding
#
# Two pixels have become five. That is more than twice as many, because the prints at the border
# stick out. *Padding* cuts them: padding 1 takes one row away at the top and one at the bottom,
# and one column at either side.

# %%
from deconv.drawing.teaching import padded_stamps

square = np.array([[1, 2], [3, 4]])
ones = np.ones((3, 3), int)
padded_stamps(square, ones, stride=2, padding=1)

# %%
print(upsample(square, ones, stride=2, padding=1))

# %% [markdown]
# Padding is best known from the ordinary convolution, where it puts a frame of zeros *around* the
# picture. Here it takes a frame *away*. Section 5 shows that the two belong together.

# %%
task("padding-size")

# %%
answer = ...
check("padding-size", answer)

# %% [markdown]
# ## 4. Output padding
#
# Without padding two pixels become five, with padding 1 they become three. To double a picture we
# want four. *Output padding* 1 keeps one row at the bottom and one column at the right that
# padding would have cut:

# %%
from deconv.arithmetic import conv_input_sizes, output_size

padded_stamps(square, ones, stride=2, padding=1, output_padding=1)

# %%
print(upsample(square, ones, stride=2, padding=1, output_padding=1))

# %% [markdown]
# So it adds no zeros here: what it brings back has been printed like everything else. (Only where
# padding has cut less than that do zeros fill the rest.) The whole formula is now
#
# $$\text{output} = (\text{input} - 1) \cdot \text{stride} - 2 \cdot \text{padding} +
# \text{kernel} + \text{output padding}$$
#
# *In PyTorch* all of these are arguments of the layer, `nn.ConvTranspose2d`.

# %%
task("size-by-hand")

# %%
answer = ...
check("size-by-hand", answer)

# %% [markdown]
# Why does it need a number of its own? Ask the other way round. An *ordinary* (or *direct*)
# convolution lays its kernel on the picture, multiplies each pixel by the number that lies on it,
# and adds up: that is one pixel of the output. Then the kernel moves on by *stride* pixels. With
# padding, a frame of zeros is put around the picture before. (⌊ ⌋ rounds down.)
#
# $$\text{output} = \left\lfloor \frac{\text{input} + 2 \cdot \text{padding} -
# \text{kernel}}{\text{stride}} \right\rfloor + 1$$
#
# Which sizes does it turn into 7, with kernel 3, stride 2 and padding 1?

# %%
print(conv_input_sizes(7, kernel=3, stride=2, padding=1))

# %% [markdown]
# Both. A convolution with a stride forgets which of them it was, because it rounds down. So the way
# back is not unique, and output padding chooses: 0 leads from 7 to 13, and 1 leads to 14.

# %%
task("sizes-that-meet")

# %%
answer = ...
check("sizes-that-meet", answer)

# %%
task("why-output-padding-value")

# %%
answer = ...
check("why-output-padding-value", answer)

# %% [markdown]
# Some settings to compare. In each row 7 pixels come in:

# %%
print("kernel  stride  padding  output padding     7 becomes")
for kernel, stride, padding, more in [
    (3, 1, 1, 0),
    (3, 2, 0, 0),
    (3, 2, 1, 0),
    (3, 2, 1, 1),
    (4, 2, 1, 0),
    (5, 2, 2, 1),
    (6, 3, 2, 1),
]:
    size = output_size(7, kernel, stride, padding, more)
    print(f"{kernel:>6}{stride:>8}{padding:>9}{more:>16}{size:>14}")

# %%
task("kernel-four")

# %%
answer = ...
check("kernel-four", answer)

# %% [markdown]
# ## 5. Why "transposed"?
#
# Write the pixels of a picture in one long column, row after row. Then an ordinary convolution is
# a *matrix*, by which that column is multiplied: each row of it holds the numbers with which one
# pixel of the output reads the input. A 3×3 kernel makes 2×2 pixels of 4×4, so its matrix has 4
# rows and 16 columns. Empty cells are zeros.
#
# To *transpose* a matrix is to make its rows columns.

# %%
from deconv.arithmetic import conv_matrix
from deconv.drawing.teaching import number_grids

kernel = np.arange(1, 10).reshape(3, 3)
matrix = conv_matrix(kernel[None, None], 4)  # (4, 16)
filled = np.where(matrix == 0, np.nan, matrix)  # NaN leaves a cell empty
number_grids(
    [kernel, filled, filled.T, filled.T[:, 1].reshape(4, 4)],
    ["kernel", "the matrix M: 16 pixels in, 4 out", "Mᵀ: 4 in, 16 out", "its 2nd column"],
    title="A convolution from 4×4 to 2×2 as a matrix, its transpose, and a column of that as 4×4",
    largest=26,
)

# %%
task("matrix-shape")

# %%
answer = ...
check("matrix-shape", answer)

# %% [markdown]
# Now use both: `M` makes 4 pixels of 16, and `Mᵀ` makes 16 of these 4.

# %%
picture = np.arange(16).reshape(4, 4)
down = (matrix @ picture.ravel()).reshape(2, 2)
up = (matrix.T @ down.ravel()).reshape(4, 4)
print("Mᵀ · down is what the stamps print:", np.array_equal(up, upsample(down, kernel)))

# %% [markdown]
# They are the same. **To multiply by Mᵀ is to print stamps:** each column of `Mᵀ` is the kernel in
# one place. Hence the name *transposed convolution*. Kernel, stride and padding are those of the
# ordinary convolution that is transposed. This is why its padding takes away what the other one
# adds.
#
# The layer is also called *deconvolution*, which sounds like the inverse. Is it?

# %%
task("there-and-back")

# %%
answer = ...
check("there-and-back", answer)

# %% jupyter={"outputs_hidden": true}
number_grids(
    [picture, down, up],
    ["picture", "M · picture", "Mᵀ · M · picture"],
    title="Down with a convolution, and up again with the transposed one",
)

# %% [markdown]
# <details><summary>Answer</summary>
#
# The size comes back, the values do not. No layer could bring them back: 4 numbers cannot hold
# what 16 different ones were. *Deconvolution* promises too much.
# </details>
#
# There is a second way to meet the transposed convolution. Training asks of every number: how fast
# would the error grow with it? The answer is called its *gradient*. Training finds the gradients
# from the end of the network to its beginning. In a convolution, each output pixel hands its
# gradient back to the pixels that it has read, each times the *weight*, the number of the kernel,
# with which it has read it. That is a stamp again:

# %%
x = torch.zeros(1, 1, 4, 4, requires_grad=True)
w = torch.tensor(kernel, dtype=torch.float32)[None, None]
y = torch.nn.functional.conv2d(x, w)  # (1, 1, 2, 2)
y.backward(torch.tensor(square, dtype=torch.float32)[None, None])  # the gradient of y
print(f"the gradient of x:\n{x.grad[0, 0].numpy()}")
print(f"stamps:\n{upsample(square, kernel)}")

# %% [markdown]
# So every program that trains convolutions has always computed transposed ones. There are more
# ways to see this layer, five in all. `docs/arithmetic.md` derives them from one line:
# [the matrix](../../docs/arithmetic.md#3-the-matrix),
# [the gradient](../../docs/arithmetic.md#gradient-the-chain-rule-through-a-direct-convolution),
# [transposed is not inverse](../../docs/arithmetic.md#6-transposed-is-not-inverse). In
# [01_arithmetic](../../notebooks/01_arithmetic.ipynb) you build the layer yourself.

# %% [markdown]
# ## 6. Several channels
#
# A picture in colour has three *channels*: one grid for red, one for green, one for blue. Inside a
# network there are dozens. Each pair of an incoming and an outgoing channel has a kernel of its
# own. An outgoing channel is the sum of what all incoming channels print on it, and one more
# number, its *bias*, is added to every pixel.
#
# PyTorch also takes many pictures at once, a *batch*. So its pictures have the axes `(batch,
# channels, height, width)`, and the kernel of a transposed convolution has `(in, out, height,
# width)`: the channels that come in, and those that go out. (TensorFlow puts the channels last:
# `(batch, height, width, channels)`.)

# %%
rng = np.random.default_rng(0)
colour = rng.normal(size=(3, 4, 4))  # three channels of 4×4
kernels = rng.normal(size=(3, 2, 3, 3))  # from 3 channels to 2
x = torch.tensor(colour)[None]  # (1, 3, 4, 4)
w = torch.tensor(kernels)  # (3, 2, 3, 3)
y = torch.nn.functional.conv_transpose2d(x, w, stride=2)  # (1, 2, 9, 9)
first = y[0, 0].numpy()
by_hand = sum(upsample(colour[channel], kernels[channel, 0], stride=2) for channel in range(3))
print("shapes:", tuple(x.shape), tuple(w.shape), tuple(y.shape))
print("largest difference to the sum of three prints:", f"{np.abs(first - by_hand).max():.0e}")

# %%
task("kernel-shape")

# %%
answer = ...
check("kernel-shape", answer)

# %%
task("output-shape")

# %%
answer = ...
check("output-shape", answer)

# %% [markdown]
# ## 7. Where checkerboards come from
#
# Print with a kernel of ones on an input of ones. Then every output pixel counts how many prints
# lie on it.

# %%
task("overlap-counts")

# %%
answer = ...
check("overlap-counts", answer)

# %% jupyter={"outputs_hidden": true}
flat = np.ones((4, 4), int)
padded_stamps(flat, np.ones((3, 3), int), stride=2, padding=1, output_padding=1)

# %%
padded_stamps(flat, np.ones((4, 4), int), stride=2, padding=1)

# %% [markdown]
# With kernel 3 and stride 2, the counts are 1, 2 and 4: a flat picture becomes a *checkerboard*.
# With kernel 4 they are 4 everywhere but at the border, beyond which there is nothing that prints.
# The rule: where the stride divides the kernel, all pixels get equally many prints
# ([Odena, Dumoulin and Olah 2016](https://doi.org/10.23915/distill.00003)).
#
# But equal counts are not yet equal values, because the numbers of a kernel differ. And the
# triangle of section 2, a kernel of 3, draws no checkerboard. Only the last row and column are
# darker, because nothing prints from beyond the border:

# %%
print(upsample(flat, triangle, stride=2, padding=1, output_padding=1))

# %% [markdown]
# What if the numbers are random, as in a network before its training? There are other ways to
# double a picture. One is to repeat every pixel 2×2 and to convolve after that.

# %%
task("flat-whatever-the-weights")

# %%
answer = ...
check("flat-whatever-the-weights", answer)

# %%
task("checkerboard-period")

# %%
answer = ...
check("checkerboard-period", answer)

# %% jupyter={"outputs_hidden": true}
flat = np.ones((8, 8))
patterns = []
rng = np.random.default_rng(1)
for size, layers in ((3, 1), (4, 1), (4, 2), ("repeat", 1)):
    for _ in range(5):
        output = flat
        for _ in range(layers):
            if size == "repeat":
                repeated = upsample(output, np.ones((2, 2)), stride=2)
                output = upsample(repeated, rng.normal(size=(3, 3)))  # stride 1: a convolution
            else:
                output = upsample(output, rng.normal(size=(size, size)), stride=2)
        middle = len(output) // 2
        inside = output[middle - 4 : middle + 4, middle - 4 : middle + 4]  # away from the border
        patterns.append((inside - inside.mean()) / layers**2)
labels = ["kernel 3", "kernel 4", "kernel 4, twice", "repeat, convolve"]
image_grid(
    patterns,
    columns=5,
    row_labels=labels,
    limits=(-2, 2),
    unit="(kernel 4, twice: black −8, white 8)",
    title="A flat picture after random kernels: difference from the mean",
)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Only the last row is flat, whatever its numbers: all its pixels are computed with the same kernel
# from equal neighbours. In the others, pixels that lie next to each other are computed with
# different numbers of the kernel. Two layers that double give a pattern that repeats every four
# pixels.
# </details>
#
# Training works against such patterns, because they are errors. How far it gets is measured in
# section 14. There is more about them in
# [02_checkerboards](../../notebooks/02_checkerboards.ipynb).

# %% [markdown]
# ## 8. The pictures
#
# Now a network. It learns from Fashion-MNIST: 70,000 grey pictures of 28×28 pixels, in ten classes
# ([Xiao, Rasul and Vollgraf 2017](https://arxiv.org/abs/1708.07747)). They are split in three:
#
# - *training* pictures, to learn from;
# - *validation* pictures, to choose the best moment on the way;
# - *test* pictures, by which nothing is chosen.
#
# All settings are in one object. Its fields are the flags of `python -m pytorch.src.train`.
# Where Fashion-MNIST is not on your disk and cannot be downloaded, `"auto"` takes drawn garments.
#
# `lab.pick(a, b)` is `a` here. Only the project's quick tests take `b`. To change the setting,
# change `a`.

# %%
from deconv.data.splits import CLASS_NAMES, TITLES, load_splits
from pytorch.src.config import Config

config = Config(
    dataset=lab.dataset,
    epochs=lab.pick(10, 1),
    limit=lab.pick(None, 320),  # None: all training pictures
    artifact_dir=lab.folder,
)
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
    unit="(grey levels)",
    title="Three training pictures of each class",
)

# %% [markdown]
# Before training, the grey levels 0…255 become numbers from −1 (black) to 1 (white).

# %%
task("batch-shape")

# %%
answer = ...
check("batch-shape", answer)

# %% jupyter={"outputs_hidden": true}
from pytorch.src.data import build_datasets

training, validation, test = build_datasets(config, splits)
images, targets = next(iter(training))
print("images ", tuple(images.shape), " from", float(images.min()), "to", float(images.max()))
print("targets", tuple(targets.shape), " the same as the images:", bool((images == targets).all()))

# %% [markdown]
# Input and target are the same picture: the network shall draw what it sees. That is an
# *autoencoder*.
#
# PyTorch puts the channels first, TensorFlow puts them last. Only the insides of the two packages
# differ in this. Whatever goes in or comes out is a NumPy array `(N, 28, 28, 1)`.

# %% [markdown]
# ## 9. The network
#
# The *encoder* halves the picture twice, with ordinary convolutions. The *decoder* doubles it
# twice, with transposed ones. All four layers have kernel 3, stride 2 and padding 1, and those of
# the decoder output padding 1.
#
# Between two layers stands a *ReLU*: it makes negative numbers 0 and leaves the others alone. At
# the end stands *tanh*, whose values lie between −1 and 1, as those of the pixels do.

# %%
import inspect

from deconv.drawing.network import network
from deconv.metrics import to_unit_range
from deconv.weights import initial_weights
from pytorch.src.model import build_model
from pytorch.src.utils import activations, load_weights

network(config)

# %%
task("shapes-of-the-network")

# %%
answer = ...
check("shapes-of-the-network", answer)

# %%
task("parameters-of-a-layer")

# %%
answer = ...
check("parameters-of-a-layer", answer)

# %% [markdown]
# Does the network really do this? Print what its parts hand on for one test picture:

# %%
model = build_model(config)
load_weights(model, initial_weights(config.seed))  # the same numbers in both frameworks

example = to_unit_range(splits.test[:1])  # (1, 28, 28, 1)
for name, values in activations(model, example).items():
    if name.split(".")[1] in ("conv1", "conv2", "deconv1", "deconv2", "tanh"):
        _, height, width, channels = values.shape
        print(f"{name:<17}{height:>3} × {width:>2} × {channels:<3}{values.size:>7,} numbers")

# %%
task("activations-by-hand")

# %%
answer = ...
check("activations-by-hand", answer)

# %% [markdown]
# What lies between encoder and decoder is called the *latent*. Ours has 7·7·64 = 3,136 numbers, and
# the picture has 784. **So this network does not compress:** there are four latent numbers for
# every pixel. It can still teach us how to go up, because the way from 7×7 to 28×28 has to be
# learned. Section 13 has networks that compress.

# %%
task("latent-numbers")

# %%
answer = ...
check("latent-numbers", answer)

# %% [markdown]
# This is the whole decoder, from `pytorch/src/model.py`. Padding and output padding are arguments
# of PyTorch's layers.

# %%
from pytorch.src.model import TransposedDecoder

print(inspect.getsource(TransposedDecoder))

# %% [markdown]
# ## 10. Training
#
# The *loss* says how wrong the network is. Ours is the difference of two pixels, squared, and the
# mean of that over all pixels: the *mean squared error* (MSE).
#
# What training may change are the *parameters*: the numbers in the kernels, and the biases. The
# framework finds the gradient of the loss for every one of them.
#
# Then the *optimizer* moves each parameter a little against its gradient. How far is set by the
# *learning rate*.
#
# Our optimizer is *Adam* ([Kingma and Ba 2015](https://arxiv.org/abs/1412.6980)). It takes the mean
# of the last gradients, and divides it by their usual size.
#
# This is one step of training, from `pytorch/src/engine.py`:

# %%
from deconv.drawing import plots
from deconv.running.record import read_history
from pytorch.src import engine
from pytorch.src.train import train

print(inspect.getsource(engine.train_step))

# %% [markdown]
# In PyTorch, `zero_grad` forgets the gradients of the step before, `backward` finds the new ones,
# `step` moves the parameters. `detach` hands the loss on as a plain number.
#
# A step uses a batch of 32 pictures. Once through all training pictures is an *epoch*. After each
# epoch the validation pictures are measured, and the parameters with the lowest validation loss
# are kept. The learning rate climbs during the first 2 % of the steps, and then falls to 0.

# %%
task("steps-of-training")

# %%
answer = ...
check("steps-of-training", answer)

# %% [markdown]
# The next cell prints a line for each epoch, with two measures of quality:
#
# - *PSNR* (peak signal-to-noise ratio) says how small the error is, in decibels (dB). More is
#   better, and 6 dB more is half the error (the root of its mean square). It is computed for each
#   picture, and then the mean is taken. Section 11 computes one by hand.
# - *SSIM* (structural similarity) looks at windows of 11×11 pixels. Are they equally bright, do
#   they vary equally much, do they rise and fall together? 1 means yes everywhere.
#
# Above that stands a table of the layers. A *MAC* (multiply-accumulate) is one multiplication with
# the addition that belongs to it.

# %%
record = train(config)

# %%
run_folder = lab.folder / "pytorch_deconv"
plots.curves(read_history(run_folder), f"Training in PyTorch on {TITLES[splits.name]}")

# %% [markdown]
# Both losses should fall together. If the training loss fell and the validation loss rose, the
# network would be learning its training pictures by heart. A bump on the way is normal while the
# learning rate is high. In the first epoch the training loss is much higher: it is the mean over
# the whole epoch, from the first, clumsy steps on. The validation loss is measured at the end of
# the epoch.
#
# A run with the same seed gives the same bytes again, on the same kind of processor with as many
# threads. Another number of threads, another processor or another framework adds the same numbers
# up in another order: the last digits differ, and in thousands of steps that can grow to two or
# three decibels. This is why the twin, with the same first weights and the same batches, ends at
# another PSNR. It does not say that one framework is better: see
# [03_two_frameworks](../../notebooks/03_two_frameworks.ipynb).

# %%
task("what-training-gained")

# %%
answer = ...
check("what-training-gained", answer)

# %%
task("images-per-second")

# %%
answer = ...
check("images-per-second", answer)

# %%
task("as-many-steps")

# %%
answer = ...
check("as-many-steps", answer)

# %% [markdown]
# With other pairs of input and target the same network learns other things:

# %%
task("noisy-pairs")

# %%
answer = ...
check("noisy-pairs", answer)

# %% [markdown]
# ## 11. PSNR
#
# PSNR compares the error with the largest difference that two pixels can have. That is called MAX.
# Here it is 2, from black (−1) to white (1).
#
# $$\text{PSNR} = 10 \cdot \log_{10} \frac{\text{MAX}^2}{\text{MSE}} \text{ dB}$$
#
# Let us compute it by hand for one test picture, and then ask this project's own measure,
# `deconv.metrics`, and PyTorch's side, which uses torchmetrics.

# %%
from deconv import metrics
from pytorch.src import utils
from pytorch.src.inference import load_model, reconstruct
from pytorch.src.utils import from_numpy, to_numpy

model = load_model(run_folder / "weights.safetensors", device="cpu")
originals = to_unit_range(splits.test)  # (N, 28, 28, 1)
outputs = reconstruct(model, originals)  # the same shape

mse = np.mean((outputs[0] - originals[0]) ** 2)
by_framework = utils.psnr(from_numpy(outputs[:1]), from_numpy(originals[:1]))
print(f"MSE                     {mse:.6f}")
print(f"PSNR by hand            {10 * np.log10(2**2 / mse):.4f} dB")
print(f"PSNR by deconv.metrics  {metrics.psnr(outputs[:1], originals[:1])[0]:.4f} dB")
print(f"{'PSNR by pytorch/src':<24}{by_framework:.4f} dB")

# %%
task("psnr-by-hand")

# %%
answer = ...
check("psnr-by-hand", answer)

# %%
task("psnr-of-grey-levels")

# %%
answer = ...
check("psnr-of-grey-levels", answer)

# %%
task("what-doubling-costs")

# %%
answer = ...
check("what-doubling-costs", answer)

# %%
task("noise-in-decibels")

# %%
answer = ...
check("noise-in-decibels", answer)

# %% [markdown]
# To get a feeling for decibels, here is a test picture with more and more noise:

# %%
noise = np.random.default_rng(0).standard_normal((28, 28, 1))
strengths = (0, 0.01, 0.03, 0.1, 0.3, 1)  # standard deviations; black to white is 2
noisy = np.array([(originals[0] + strength * noise).clip(-1, 1) for strength in strengths])
decibels = metrics.psnr(noisy, originals[[0] * len(noisy)])
image_grid(
    noisy[..., 0],
    columns=6,
    captions=[f"{value:.1f} dB" if np.isfinite(value) else "no noise" for value in decibels],
    title="PSNR of one picture with noise of standard deviation 0, 0.01, 0.03, 0.1, 0.3, 1",
)

# %% [markdown]
# A mean hides a lot. Here is the PSNR of every single test picture:

# %%
psnr = metrics.psnr(outputs, originals)
plots.psnr_distribution({"PyTorch": psnr}, f"{len(psnr):,} test pictures")

# %% [markdown]
# Their mean is what this project calls *the* PSNR, in the last line of the training too. Others
# take the mean of all MSEs first, and then one PSNR of that.

# %%
task("which-mean-is-higher")

# %%
answer = ...
check("which-mean-is-higher", answer)

# %% jupyter={"outputs_hidden": true}
mean_mse = metrics.mse(outputs, originals).mean()
print(f"mean of the PSNRs     {psnr.mean():.2f} dB")
print(f"PSNR of the mean MSE  {10 * np.log10(2**2 / mean_mse):.2f} dB")

# %% [markdown]
# <details><summary>Answer</summary>
#
# The mean of the PSNRs is higher. In the mean MSE, the worst pictures count most. So a PSNR is
# worth little if nobody says how it was averaged.
# </details>

# %% [markdown]
# ## 12. Reconstructions
#
# The three best test pictures, three in the middle and the three worst:

# %%
order = np.argsort(-psnr)  # best first
half = len(order) // 2
chosen = np.concatenate([order[:3], order[half - 1 : half + 2], order[-3:]])
kinds = ["best"] * 3 + ["median"] * 3 + ["worst"] * 3
errors = np.abs(outputs - originals)
image_grid(
    [*originals[chosen, ..., 0], *outputs[chosen, ..., 0], *(50 * errors - 1)[chosen, ..., 0]],
    columns=9,
    headings=[f"{kind}\n{psnr[i]:.1f} dB" for kind, i in zip(kinds, chosen, strict=True)],
    row_labels=["original", "output", "error × 50"],
    unit="(errors: black 0, white 0.04)",
    title="Test pictures, what the network draws, and how far off it is",
)

# %%
task("easiest-picture")

# %%
answer = ...
check("easiest-picture", answer)

# %% jupyter={"outputs_hidden": true}
by_class = {name: psnr[splits.test_labels == i].mean() for i, name in enumerate(CLASS_NAMES)}
for name in sorted(by_class, key=by_class.get, reverse=True):
    print(f"{name:<12}{by_class[name]:6.2f} dB")

# %% [markdown]
# Half of all pixels are exactly black. What if only the garment counts, and not the black around
# it?

# %%
task("black-is-easy")

# %%
answer = ...
check("black-is-easy", answer)

# %% jupyter={"outputs_hidden": true}
print(f"pixels that are exactly black  {(splits.test == 0).mean():.0%}")
print(f"PSNR of whole pictures         {psnr.mean():.2f} dB")
print(f"PSNR of the garments alone     {metrics.foreground_psnr(outputs, originals).mean():.2f} dB")

# %% [markdown]
# What PSNR sees is not what you see. Take a picture that is moved by one pixel:

# %%
task("shift-by-one")

# %%
answer = ...
check("shift-by-one", answer)

# %% jupyter={"outputs_hidden": true}
moved = np.roll(originals[:1], 1, axis=2)
image_grid(
    [originals[0, ..., 0], moved[0, ..., 0]],
    columns=2,
    captions=[
        "original",
        f"{metrics.psnr(moved, originals[:1])[0]:.1f} dB, "
        f"SSIM {metrics.ssim(moved, originals[:1])[0]:.2f}",
    ],
    title="Moved to the right by one pixel",
)

# %% [markdown]
# ### Feature maps
#
# A *feature map* is one channel of what a layer hands on. Follow one picture on its way up: eight
# of the 64 channels of the latent (7×7), and eight of the 32 channels after the first transposed
# convolution (14×14).

# %%
maps = activations(model, originals[:1])
latent, halfway = maps["encoder.relu2"][0], maps["decoder.relu1"][0]


def liveliest(feature_maps, count=8):
    """The channels (H, W, C) that vary most over the picture, as a list of (H, W)."""
    channels = np.argsort(-feature_maps.std(axis=(0, 1)))[:count]
    return [feature_maps[:, :, channel] for channel in channels]


image_grid(
    [*liveliest(latent), *liveliest(halfway), originals[0, ..., 0], outputs[0, ..., 0]],
    columns=8,
    row_labels=["latent, 7×7", "halfway, 14×14", "original, output"],
    limits=None,
    title="Feature maps of one test picture: those that vary most",
)

# %% [markdown]
# The 7×7 maps say roughly where something is. In the 14×14 maps look at neighbours: many maps are
# grids, in which even and odd rows hold different things. Section 7 says how a stride of 2 does
# that. The last layer adds 32 such maps up, each printed with its own kernel, and the grids are
# gone.
#
# Now change a single number of the latent. How many pixels of the output can change?

# %%
task("reach-of-one-number")

# %%
answer = ...
check("reach-of-one-number", answer)


# %% jupyter={"outputs_hidden": true}
def encode(network, images):
    """Pictures (N, 28, 28, 1) to latents (N, 7, 7, 64), or (N, k) in section 13."""
    with torch.inference_mode():
        return to_numpy(network.encoder(from_numpy(images)))


def decode(network, latents):
    """Latents to pictures (N, 28, 28, 1)."""
    x = from_numpy(latents) if latents.ndim == 4 else torch.from_numpy(latents)
    with torch.inference_mode():
        return to_numpy(network.decoder(x))


before = encode(model, originals[4:5])
after = before.repeat(64, axis=0)
after[range(64), 3, 3, range(64)] += 1  # the pixel in the middle, another channel each time
differences = (decode(model, after) - decode(model, before))[..., 0]  # (64, 28, 28)
rows, columns = np.nonzero(np.abs(differences).max(axis=0) > 1e-5)  # less than that is rounding
print(f"rows {rows.min()} to {rows.max()}, columns {columns.min()} to {columns.max()}")

# %% [markdown]
# One number prints 3×3 numbers, and these print (3 − 1)·2 + 3 = 7 pixels along each axis. This is
# what the strongest channels print there:

# %%
strongest = np.argsort(-np.abs(differences).max(axis=(1, 2)))[:20]
window = differences[strongest, rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
image_grid(
    window / np.abs(window).max(axis=(1, 2), keepdims=True),
    columns=10,
    captions=[f"channel {channel}" for channel in strongest],
    unit="times the largest change of that channel; grey: no change",
    title="What changes if one latent number grows by 1",
)

# %% [markdown]
# In many channels few of the 49 pixels change much. With four latent numbers for every pixel, the
# network can afford to file pixels away, one here and one there, and to put them back in their
# places.

# %% [markdown]
# ## 13. A bottleneck that compresses
#
# What if the decoder gets only *k* numbers for a picture? Two *dense* layers are put between
# encoder and decoder. In a dense layer, every output is a sum over all inputs, with weights of
# its own. The first makes k numbers of the 3,136, the second makes 3,136 of the k. Such a narrow
# place is a *bottleneck*. In this project it is a setting, `latent=k`.

# %%
from dataclasses import replace

from deconv.drawing.teaching import psnr_by_size
from deconv.running.epoch import Epoch
from deconv.study.linear import pca
from deconv.study.linear import reconstruct as from_components
from pytorch.src.config import detect_device
from pytorch.src.optimizer import build_optimizer

network(replace(config, latent=32))

# %%
task("bottleneck-parameters")

# %%
answer = ...
check("bottleneck-parameters", answer)

# %% [markdown]
# We train three of them, for k = 8, 32 and 128, with fewer pictures than before. This is `train` of
# section 10, put together from its parts, without records and without validation:


# %%
def train_small(epochs, limit, **changes):
    """Train another network on the first `limit` training pictures, and return it."""
    epochs, limit = lab.pick(epochs, 1), lab.pick(limit, 160)
    small = replace(config, epochs=epochs, limit=limit, **changes)
    net = build_model(small)
    load_weights(net, initial_weights(small.seed, small))
    net.to(detect_device(small.device))
    optimizer = build_optimizer(net, small)
    batches, _, _ = build_datasets(small)
    rates = small.learning_rates(epochs * len(batches))  # one for each step
    for rates_of_epoch in rates.reshape(epochs, len(batches)):
        engine.train_epoch(net, optimizer, Epoch(batches, rates_of_epoch))
    return net.cpu()


squeezed = {k: train_small(2, 15_000, latent=k) for k in lab.pick((8, 32, 128), (32,))}

# %% [markdown]
# What is that worth? Compare it with k numbers that need no network. *Principal component analysis*
# (PCA) finds the k directions in which pictures differ most, and keeps only how far each picture
# goes in them.

# %%
task("latent-or-pixels")

# %%
answer = ...
check("latent-or-pixels", answer)

# %% jupyter={"outputs_hidden": true}
sizes = (8, 16, 32, 64, 128, 256, 512)
fitted_on, tested_on = to_unit_range(splits.train[:15_000]), originals[:1000]
components = pca(fitted_on)
from_pixels = {k: from_components(components, tested_on, k)[..., None].clip(-1, 1) for k in sizes}
from_bottleneck = {k: reconstruct(net, tested_on) for k, net in squeezed.items()}

# %% [markdown]
# PCA can also squeeze the 3,136 latent numbers of the network of section 10, which nobody has asked
# to compress. Its decoder then draws what is left.

# %%
rows = encode(model, fitted_on[:2000]).reshape(-1, 3136)
mean = rows.mean(axis=0)
_, _, directions = np.linalg.svd(rows - mean, full_matrices=False)  # the strongest first
directions = directions[:512]  # (512, 3136), each of length 1
kept = (encode(model, tested_on).reshape(-1, 3136) - mean) @ directions.T  # (1000, 512)
from_latent = {}
for k in sizes:
    latent = kept[:, :k] @ directions[:k] + mean  # (1000, 3136)
    from_latent[k] = decode(model, latent.reshape(-1, 7, 7, 64))


# %%
def quality(pictures):
    """Mean PSNR for every size; NaN where there are no pictures."""
    return [metrics.psnr(pictures[k], tested_on).mean() if k in pictures else np.nan for k in sizes]


psnr_by_size(
    sizes,
    {
        "trained through k numbers": quality(from_bottleneck),
        "PCA of the pixels": quality(from_pixels),
        "PCA of the latent of section 10": quality(from_latent),
    },
    ceiling=psnr[:1000].mean(),
    image_size=784,
    title="What k numbers for a picture are worth",
)

# %%
columns = {"original": originals}
for k in squeezed:
    columns |= {f"PCA, {k}": from_pixels[k], f"trained, {k}": from_bottleneck[k]}
image_grid(
    [pictures[i, ..., 0] for i in range(4) for pictures in columns.values()],
    columns=len(columns),
    headings=list(columns),
    title="Four test pictures, squeezed through k numbers",
)

# %% [markdown]
# With 8 and with 32 numbers the trained networks are better than PCA: they can bend, where PCA only
# adds. Both have seen the same 15,000 pictures. With 8,000, the network with 32 numbers was not
# better. With 128 numbers PCA is ahead, and a training this short does not catch up.
#
# PCA of the latent is worse than PCA of the pixels, at every size. (It was fitted on 2,000 pictures
# and not on 15,000. With many numbers that may be part of the reason; with 8 it hardly is.) Nobody
# has asked the network of section 10 to compress, so its latent is no shorter way to describe a
# picture than the picture itself.
#
# ### Between two garments
#
# What lies between two latents? Average them, step by step, and draw what the decoder makes of it.

# %%
task("between-two-garments")

# %%
answer = ...
check("between-two-garments", answer)

# %% jupyter={"outputs_hidden": true}
net = squeezed[32]
first, last = (list(splits.test_labels).index(CLASS_NAMES.index(n)) for n in ("Trouser", "Dress"))
ends = encode(net, originals[[first, last]])  # (2, 32)
share = np.linspace(0, 1, 8, dtype=np.float32)[:, None]  # (8, 1)
between = decode(net, (1 - share) * ends[0] + share * ends[1])
share = share[..., None, None]  # (8, 1, 1, 1)
blended = (1 - share) * originals[first] + share * originals[last]
image_grid(
    [*between[..., 0], *blended[..., 0]],
    columns=8,
    row_labels=["between the latents", "between the pixels"],
    title="From a trouser to a dress",
)

# %% [markdown]
# ### Neighbours
#
# Which training pictures are nearest to a test picture? Measure the distance between the latents,
# 32 numbers each, and between the pixels, 784 numbers each.

# %%
library, queries = to_unit_range(splits.train[:5000]), originals[:500]


def nearest(rows, of, count=5):
    """For each of some rows (M, D), which `count` of the other rows (N, D) are nearest."""
    distances = (rows**2).sum(axis=1) - 2 * of @ rows.T  # and the square of `of`, the same for all
    return np.argsort(distances, axis=1)[:, :count]


by_latent = nearest(encode(net, library), encode(net, queries))
by_pixels = nearest(library.reshape(-1, 784), queries.reshape(-1, 784))
for name, found in (("latents", by_latent), ("pixels ", by_pixels)):
    same = splits.train_labels[found[:, 0]] == splits.test_labels[:500]
    print(f"nearest by {name}: of the same class in {same.mean():.0%} of 500 pictures")

# %%
image_grid(
    [
        picture[..., 0]
        for i in range(4)
        for picture in (queries[i], *library[by_latent[i]], *library[by_pixels[i]])
    ],
    columns=11,
    headings=["test picture", "by latent", "", "", "", "", "by pixels"],
    title="The five nearest training pictures, by 32 latent numbers and by 784 pixels",
)

# %% [markdown]
# Neighbours by latent are of the same class about as often as neighbours by pixels, with 32 numbers
# in place of 784.

# %% [markdown]
# ## 14. Four ways up, side by side
#
# There are other ways to double a map than a transposed convolution with kernel 3:
#
# - *kernel 4*: a transposed convolution whose kernel is a multiple of the stride;
# - *resize*: repeat every pixel 2×2, then an ordinary convolution;
# - *subpixel*: an ordinary convolution makes four values for each pixel, and they are laid out
#   2×2 ([Shi et al. 2016](https://arxiv.org/abs/1609.05158)).
#
# What do they cost?

# %%
task("ways-up-parameters")

# %%
answer = ...
check("ways-up-parameters", answer)

# %%
task("macs-of-a-layer")

# %%
answer = ...
check("macs-of-a-layer", answer)

# %% [markdown]
# Four networks, which differ only in this, see the same 10,000 pictures twice.

# %%
from deconv.architecture import layers
from deconv.study.measures import phase_rmse
from deconv.study.spectra import replicas

ways_up = {
    "transposed": "kernel 3",
    "transposed4": "kernel 4",
    "nearest": "resize",
    "subpixel": "subpixel",
}
trained = {
    way: train_small(2, 10_000, upsampler=way) for way in lab.pick(list(ways_up), ["nearest"])
}

# %% [markdown]
# How much checkerboard is left? One that the last layer makes repeats every 2 pixels. One of the
# layer before repeats every 4. So `replicas` splits the errors into waves, and compares those of
# these periods with waves that are a little longer or shorter. 1 means that nothing stands out.

# %%
print("way up     parameters        MACs       PSNR  period 2  period 4")
for way, net in trained.items():
    parts = layers(net.design)
    parameters, macs = sum(part.parameters for part in parts), sum(part.macs for part in parts)
    drawn = reconstruct(net, originals)
    decibels = metrics.psnr(drawn, originals).mean()
    found = replicas((drawn - originals)[..., 0])
    print(f"{ways_up[way]:<11}{parameters:>10,}{macs:>12,}{decibels:>8.2f} dB", end="")
    print(f"{found.outer:>10.2f}{found.inner:>10.2f}")

# %% [markdown]
# Another way to ask: give the decoder the same 64 numbers in all 7×7 places, the mean of many
# latents. Whatever pattern it draws then is its own.


# %%
def own_pattern(net):
    """What a decoder draws of a flat latent, in grey levels, away from the border: (12, 12)."""
    numbers = encode(net, originals[:200]).mean(axis=(0, 1, 2))  # (64,)
    drawn = decode(net, np.broadcast_to(numbers, (1, 7, 7, 64)).astype(np.float32))
    return 127.5 * drawn[0, 8:20, 8:20, 0]  # black to white is 255 grey levels, and 2 here


patterns = []
for way in trained:
    fresh = build_model(replace(config, upsampler=way))
    load_weights(fresh, initial_weights(config.seed, fresh.design))
    patterns += [own_pattern(fresh)]
patterns += [own_pattern(net) for net in trained.values()]
image_grid(
    [pattern - pattern.mean() for pattern in patterns],
    columns=len(trained),
    headings=[ways_up[way] for way in trained],
    row_labels=["before training", "after it"],
    captions=[f"{np.ptp(pattern):.1f} levels" for pattern in patterns],
    limits=(-10, 10),
    unit="grey levels, beyond that cut off; under a picture: lightest minus darkest pixel",
    title="What the decoders draw of a flat latent: difference from the mean",
)

# %% [markdown]
# Before training every decoder but *resize* draws a pattern, as in section 7. Afterwards it is even
# stronger. No picture has such a latent, so nothing has taught the decoder better. But in the
# pictures themselves the loss punishes a pattern, and the channels learn to cancel it: in the table
# nothing stands out for kernel 3, kernel 4 and subpixel. How soon depends on the training: with
# 8,000 pictures in place of 10,000, kernel 4 and subpixel still showed a pattern.
#
# It is *resize* whose errors stand out, though it cannot draw a checkerboard. Just because of that
# it cannot draw fine stripes either, which have a period of 2 as well: a pixel that is repeated is
# flat. So it is the safest of the four against patterns, and the least exact. But this is one
# seed, one learning rate for all and a short training: a first look, and no verdict.
#
# And the network of section 10, which has learned for longer?

# %%
errors = (outputs - originals)[..., 0]
found = replicas(errors)
print(f"The network of section 10: period 2 {found.outer:.2f}, period 4 {found.inner:.2f}")
print("Typical error in grey levels, even and odd rows (down) and columns (across):")
print((127.5 * phase_rmse(errors, 2)).round(2))

# %% [markdown]
# Near 1, nothing stands out. Above 1, something with that period is left in the errors: a pattern
# that was added, or, as with *resize*, stripes that are missing. The second table tells more. The
# four kinds of pixels are not equally good, so here some of it comes from the stride. But nobody
# sees it: the errors are about one grey level. A pixel in an even row and an even column gets one
# print per channel, and where both are odd it gets four. So different parts of the kernel draw
# them.

# %% [markdown]
# ## 15. The other framework's weights
#
# Training has left its weights in a file. It holds nothing but named arrays, so reading it runs no
# code, and it does not matter which framework wrote it.

# %%
import subprocess
import tempfile

from deconv.weights import read_weights

saved = read_weights(run_folder / "weights.safetensors")
for name, array in sorted(saved.items()):
    print(f"{name:<24}{array.shape!s:<18}{array.size:>7,}")
print(f"{'':<42}{sum(array.size for array in saved.values()):>7,}")

# %% [markdown]
# The kernels in the file have PyTorch's order of axes. TensorFlow moves the axes to its own order
# when it reads the file. Nothing is flipped.
#
# Now TensorFlow builds its own model, loads *our* weights and draws the same test pictures. How far
# from ours will its pixels be?

# %%
task("how-far-apart")

# %%
answer = ...
check("how-far-apart", answer)

# %% jupyter={"outputs_hidden": true}
with tempfile.TemporaryDirectory() as scratch:  # in a process of its own, as in a shell
    pictures, drawn = Path(scratch) / "pictures.npy", Path(scratch) / "drawn.npy"
    np.save(pictures, splits.test)
    command = [sys.executable, "-m", "tensorflow.src.inference", str(pictures)]
    command += ["--weights", str(run_folder / "weights.safetensors"), "--array", str(drawn)]
    subprocess.run([*command, "--device", "cpu"], check=True)
    theirs = np.load(drawn)

print("images compared:   ", len(theirs))
print("largest difference:", np.abs(theirs - outputs).max())
print(f"PSNR, PyTorch: {psnr.mean():.6f} dB")
print(f"PSNR, TensorFlow: {metrics.psnr(theirs, originals).mean():.6f} dB")

# %% [markdown]
# <details><summary>Answer</summary>
#
# Pixels span 2, and float32 has about seven digits: what is left is rounding. **One idea, written
# twice, is one function.**
# </details>
#
# A run of the other framework is loaded in the same way,
# `load_model("artifacts/notebooks/tensorflow_deconv/weights.safetensors")`. What it takes to make
# two layers of different frameworks equal is easiest to see by doing it:

# %%
task("layer-that-fits")

# %%
answer = ...
check("layer-that-fits", answer)

# %% [markdown]
# ## 16. Where to go next
#
# **Change something.** `train_small(2, 10_000, task="denoise")` learns to take noise away.
# `task="super-resolve"` makes 28×28 pixels of 7×7, and `architecture="skip"` adds shortcuts from
# the encoder to the decoder. 5,000 pictures in place of 10,000 show what fewer cost.
#
# **In this project.** [05_nobody_trained_it](../../notebooks/05_nobody_trained_it.ipynb) writes the
# weights of this network by hand. [03_two_frameworks](../../notebooks/03_two_frameworks.ipynb) asks
# how equal the two frameworks are. [06_backwards](../../notebooks/06_backwards.ipynb) derives every
# gradient. [07_where_next](../../notebooks/07_where_next.ipynb) has small working examples of what
# follows.
#
# **In the world.** The way up is the same everywhere. What changes is what comes in and what is
# asked for.
#
# - *Segmentation*, a class for every pixel. FCN
#   ([Long et al. 2015](https://arxiv.org/abs/1411.4038)) enlarges the features of a classifier with
#   transposed convolutions that start as linear interpolation. U-Net
#   ([Ronneberger et al. 2015](https://arxiv.org/abs/1505.04597)) goes up with kernel 2 and
#   stride 2, and adds shortcuts from the encoder.
# - *Generators*, pictures from noise. DCGAN
#   ([Radford et al. 2016](https://arxiv.org/abs/1511.06434)) turns 100 random numbers into a 4×4
#   grid, and four transposed convolutions make 64×64 of it.
# - *Super-resolution*, a larger photograph from a small one. Subpixel convolution was invented for
#   it ([Shi et al. 2016](https://arxiv.org/abs/1609.05158)).
# - *Diffusion*, a picture from a latent without its noise. In latent diffusion
#   ([Rombach et al. 2022](https://arxiv.org/abs/2112.10752)) the decoder goes up by repeating every
#   pixel and convolving after that: our *resize*.
#
# [The checklist](../../docs/checklist.md) says what you can do now, and which exercise checks it.
