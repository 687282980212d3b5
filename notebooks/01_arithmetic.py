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
# # 1. The arithmetic, by hand and in five ways
#
# A transposed convolution makes a small map larger. After this notebook you can
#
# - compute one with paper and pencil, whatever its stride, padding and output padding;
# - say how large its result is, and why it is called *transposed*;
# - look at it in five ways, and say why all five give the same numbers;
# - write it yourself, in NumPy, in three steps.
#
# **How long.** An hour and a half with all exercises. The computer needs a few seconds.
#
# **How.** Where there is a `task`, guess first. Write your answer into the cell below it and run
# that cell: it says whether you are right, and if not, what is wrong. `hint("first-stamp")` helps,
# `solution("first-stamp")` shows the answer. In the pictures with sliders, predict what a slider
# will do before you move it.
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
# ## 1. Stamps
#
# Think of a rubber stamp. Every pixel of the input prints the same stamp on the output, but each
# as strongly as its own value says. Where prints overlap, they add up. The stamp is called the
# *kernel*.
#
# Here the input is `[[0, 1], [2, 3]]`, and the kernel has the same four numbers. Move **step**: it
# goes from pixel to pixel. Uncheck **whole output** to see only what has been printed so far.

# %%
from deconv.sliders import explore

explore("scatter", x=[[0, 1], [2, 3]], w=[[0, 1], [2, 3]], stride=1, padding=0, step=3)

# %% [markdown]
# In the middle all four prints meet: 0·3 + 1·2 + 2·1 + 3·0 = 4. Now you, without the computer.

# %%
from deconv.exercises import check, hint, solution, task  # noqa: F401

task("first-stamp")

# %%
answer = ...
check("first-stamp", answer)

# %% [markdown]
# The **stride** is how far the stamp moves from one input pixel to the next. Set the slider from 1
# to 2 and to 3: the prints move apart, and the output grows. With a stride as large as the kernel
# they no longer overlap.

# %%
explore("scatter", size=3, kernel=3, stride=2, padding=0)

# %% [markdown]
# ### Build it, step 1 of 3
#
# Two loops and one line. Replace the `...` by your code.

# %%
task("build-stamp")


# %%
def stamp(x, w, stride): ...


check("build-stamp", stamp)

# %% [markdown]
# ## 2. Padding takes away, output padding gives back
#
# The last stamp begins at (input − 1)·stride and is as long as the kernel. So the canvas, on which
# all stamps fit, has (input − 1)·stride + kernel rows. That is often a little too much: with
# kernel 3 and stride 2, 4 pixels become 9, not 8.
#
# **Padding** cuts that many pixels off *every* side. The thick frame in the picture is what
# stays; the grey cells are cut off. Move **padding** to 0, 1, 2.

# %%
explore("scatter", size=4, kernel=3, stride=2, padding=1)

# %% [markdown]
# Isn't padding the thing that makes a picture larger? In an ordinary convolution it is: it puts
# zeros around the input first. A transposed convolution goes the other way, so here the same
# number makes the output smaller.

# %% [markdown]
# All of this can be written in one line. It holds for rows and for columns alike. Input pixel `i`
# and output pixel `h` meet at tap `k` of the kernel (a *tap* is one of its numbers) if
#
# $$h = i \cdot \text{stride} + k - \text{padding}$$
#
# Read it from `i` to `h`: where does a stamp land? Read it from `h` to `i`: whose stamps meet here?

# %%
task("where-a-stamp-lands")

# %%
answer = ...
check("where-a-stamp-lands", answer)

# %%
task("who-stamps-here")

# %%
answer = ...
check("who-stamps-here", answer)

# %% [markdown]
# Padding 1 leaves 7 pixels of 9, padding 0 all 9. Eight is in between, and cannot be reached by
# cutting both sides equally. **Output padding** moves one end of the frame: that many rows at the
# bottom, and columns at the right, are not cut after all. Move **output padding** to 0 and back.

# %%
explore("scatter", size=4, kernel=3, stride=2, padding=1, output_padding=1)

# %% [markdown]
# Mind that it does not *add zeros*. The row that it brings back was there all the time, and has
# been stamped on like any other. (Only where padding has cut too little, zeros fill the rest: try
# padding 0.)

# %%
task("what-output-padding-adds")

# %%
answer = ...
check("what-output-padding-adds", answer)

# %% [markdown]
# But why is it needed? Because the ordinary convolution rounds. It lays the kernel on the input,
# moves it by the stride as long as it fits, and forgets what is left over:
#
# $$\text{output} = \left\lfloor \frac{\text{input} + 2 \cdot \text{padding} -
# \text{kernel}}{\text{stride}} \right\rfloor + 1$$
#
# where ⌊ ⌋ rounds down.

# %%
task("conv-size-by-hand")

# %%
answer = ...
check("conv-size-by-hand", answer)

# %% [markdown]
# So several sizes end at the same one, and the way back must choose between them:

# %%
from deconv.arithmetic import conv_input_sizes, output_size

for small in (4, 7, 14):
    sizes = conv_input_sizes(small, kernel=3, stride=2, padding=1)
    print(f"kernel 3, stride 2, padding 1: {sizes} pixels all become {small}")
for extra in (0, 1):
    large = output_size(4, kernel=3, stride=2, padding=1, output_padding=extra)
    print(f"back from 4 with output padding {extra}: {large}")

# %%
task("find-the-padding")

# %%
answer = ...
check("find-the-padding", answer)

# %% [markdown]
# ### Build it, step 2 of 3

# %%
task("build-crop")


# %%
def upsample(x, w, stride, padding, output_padding): ...


check("build-crop", upsample)

# %% [markdown]
# ## 3. Dilation, and the whole formula
#
# **Dilation** pulls the taps of the kernel apart: with dilation 2 there is a hole of one pixel
# between each two. The stamp gets larger, but has no more numbers. Here the holes of one stamp are
# filled by others.

# %%
explore("scatter", size=3, kernel=3, stride=1, padding=0, dilation=2)

# %% [markdown]
# Are they always? Answer before you move the stride.

# %%
task("stride-and-dilation")

# %%
answer = ...
check("stride-and-dilation", answer)

# %% [markdown]
# Now the line of section 2 has everything in it:
#
# $$h = i \cdot \text{stride} + k \cdot \text{dilation} - \text{padding}$$

# %%
task("size-function")


# %%
def size(n, kernel, stride, padding, output_padding, dilation): ...


check("size-function", size)

# %% [markdown]
# ## 4. Channels
#
# A real layer has many maps coming in and many going out: its *channels*. There is one kernel for
# each pair of them. Output channel `o` adds up what every input channel `c` stamps with its own
# kernel `w[c, o]`. Nothing else is new. And several images are computed each on its own.
#
# ### Build it, step 3 of 3

# %%
task("build-channels")


# %%
def conv_transpose(x, w, stride, padding, output_padding): ...


check("build-channels", conv_transpose)

# %% [markdown]
# This is PyTorch's layer, except for dilation, *groups* (channels that do not mix) and the *bias*
# (a number for each output channel, added at the end). TensorFlow's prints the same stamps, but has
# no groups and cuts in its own way: see `03_two_frameworks`. Yours may be slow. Now come four other
# ways to see it. Some of them are faster ways to compute it, too.
#
# ## 5. Why "transposed": a matrix
#
# Every pixel of a convolution's output is a weighted sum of its input's pixels. Whatever is a
# weighted sum can be written as a matrix. Lay the 4×4 pixels of an image out as one long column of
# 16 numbers. An ordinary convolution with a 3×3 kernel makes 2×2 = 4 numbers of them. So it is a
# matrix `M` with 4 rows and 16 columns. Each row says how one output pixel reads the input.

# %%
import numpy as np

from deconv.arithmetic import conv2d, conv_matrix, conv_transpose2d

kernel = np.arange(1, 10).reshape(1, 1, 3, 3)  # (out, in, height, width)
M = conv_matrix(kernel, 4)
print(M.shape)
print(M)

# %% [markdown]
# Find the kernel in each row: `1 2 3`, then `4 5 6` and `7 8 9`, each four places further, which is
# one row of the image further down.
#
# **The first classic example: 4×4 to 2×2, and back.** Down by `M`, up by its transpose `M.T`, in
# which rows and columns have changed places.

# %%
image = np.arange(16).reshape(1, 1, 4, 4)
down = M @ image.ravel()  # 4 numbers
up = M.T @ down  # 16 numbers
print("down:", down.reshape(2, 2), "up:", up.reshape(4, 4), sep="\n")

as_conv = conv2d(image, kernel)
as_transposed = conv_transpose2d(as_conv, kernel)
print("M is the convolution:              ", np.array_equal(down, as_conv.ravel()))
print("M.T is the transposed convolution: ", np.array_equal(up, as_transposed.ravel()))

# %% [markdown]
# The size came back, 4×4. The values did not: `up` is not `image`. A transposed convolution undoes
# the change of size and no more, because the transpose of a matrix is not its inverse. Nothing
# could bring 16 numbers back from 4. That is why *deconvolution*, the layer's other name, promises
# too much.
#
# Both ways in one picture. The large map has the same nine pixels outlined for both: going up, one
# pixel of the small map stamps on them; going down, they are read, each times its tap, and added
# up.

# %%
explore("both", size=2, kernel=3, stride=1, padding=0)

# %%
task("matrix-row")

# %%
answer = ...
check("matrix-row", answer)

# %%
task("build-matrix")


# %%
def build_m(w, n, stride): ...


check("build-matrix", build_m)

# %% [markdown]
# The second way to see the layer, then, is **y = Mᵀ x**. Each row of `Mᵀ` says to which input
# pixels one output pixel listens. Move **step** to go from row to row.

# %%
explore("matrix", size=2, kernel=3, stride=1, padding=0)

# %% [markdown]
# ## 6. A convolution over a stretched input
#
# A stamp spreads one pixel over many. Now ask each *output* pixel instead: whose stamps do I get?
# The taps then come in reverse order: the pixel to my right reaches me with the left part of its
# stamp. So turn the kernel by 180° (*flip* it) and let it read, as an ordinary convolution does.
# At the border it must hang over the input, so frame the input with zeros.
#
# **The second classic example: 2×2, framed to 6×6, becomes 4×4.** With stride 1, framing is all
# that it takes.

# %%
explore("padded", size=2, kernel=3, stride=1, padding=0)

# %% [markdown]
# With a stride, input pixel `i` stands at place `i · stride`. What is between? Nothing, so put
# zeros there: *stretch* the input.
#
# **The third classic example: 2×2, stretched and framed to 7×7, becomes 5×5.** This is why the
# layer is also called *fractionally strided*: the window moves by one pixel of the stretched
# input, which is half a pixel of the input as it was.

# %%
explore("padded", size=2, kernel=3, stride=2, padding=0)

# %% [markdown]
# Look at the sentence under the picture: most products are with a zero that somebody added. It is
# a good way to think, and a slow way to compute.

# %%
task("padded-to")

# %%
answer = ...
check("padded-to", answer)

# %%
task("build-stretched")


# %%
def zero_insertion(x, w, stride): ...


check("build-stretched", zero_insertion)

# %% [markdown]
# ## 7. The way back through a convolution
#
# Training makes one number small, the *loss*. A network learns by *gradients*: they say for each
# pixel or weight how fast the loss grows with it. Say we know them for the small map that an
# ordinary convolution has made. What are they for the large map that it has read?
#
# A pixel `u[h]` was read by several windows, each time with a tap of the kernel. So it is
# responsible for as much of each window's gradient as that tap says. Add that up, and you get the
# very sums of a transposed convolution. In this picture one step sends back what one tap has read.

# %%
explore("gradient", size=3, kernel=3, stride=2, padding=1, output_padding=1)

# %% [markdown]
# Let us try it without believing it: make one pixel of `u` larger by 1, and see how much the loss
# grows. (The loss is a weighted sum here, so this is exact.)

# %%
u = np.arange(36).reshape(1, 1, 6, 6)
g = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])[None, None]  # the gradient that comes in


def loss(u):
    return (g * conv2d(u, kernel, stride=2, padding=1)).sum()


grown = np.zeros((6, 6), dtype=int)
for h, v in np.ndindex(6, 6):
    nudged = u.copy()
    nudged[0, 0, h, v] += 1
    grown[h, v] = loss(nudged) - loss(u)

print(grown)
by_transposing = conv_transpose2d(g, kernel, stride=2, padding=1, output_padding=1)
print("the same as the transposed convolution of g:", np.array_equal(grown, by_transposing[0, 0]))

# %% [markdown]
# So every framework that could train convolutions has always contained transposed ones. And the
# other way round: what goes back through a transposed convolution goes through an ordinary one.

# %%
task("gradient-by-hand")

# %%
answer = ...
check("gradient-by-hand", answer)

# %% [markdown]
# ## 8. A small convolution for each phase
#
# With stride 2, look at the output's rows by turns. Even rows only ever meet some rows of the
# kernel, odd rows only the others. Output pixels that use the same taps are a *phase*. With
# stride 2 there are two on each axis, so four in the plane.
#
# Each phase is a small ordinary convolution of the input: no zeros between pixels, no overlaps.
# Interleaved, like the cards of four packs, the phases are the output. That is the fifth view,
# called **subpixel**. Letters and colours tell the phases apart.

# %%
explore("subpixel", size=3, kernel=3, stride=2, padding=1, output_padding=1)

# %%
task("phase-taps")

# %%
answer = ...
check("phase-taps", answer)

# %% [markdown]
# One phase of this layer has a single tap, another has four. Section 1 of the next notebook shows
# what comes of that.
#
# ## 9. Five views, one layer
#
# All five, on a layer as large as a real one: the first one up in this project's network, from
# 64 channels of 7×7 to 32 channels of 14×14. Are the results equal? And what does each view
# multiply? A *MAC* is one multiplication with its addition.

# %%
from deconv.arithmetic import METHODS, macs

rng = np.random.default_rng(0)
x = rng.standard_normal((1, 64, 7, 7))
w = rng.standard_normal((64, 32, 3, 3))  # (in, out, height, width)
options = {"stride": 2, "padding": 1, "output_padding": 1}

first = conv_transpose2d(x, w, **options, method="scatter")
counts = macs(7, 3, in_channels=64, out_channels=32, **options)
print("view       largest difference from scatter        MACs")
for method in METHODS:
    y = conv_transpose2d(x, w, **options, method=method)
    print(f"{method:<11}{np.abs(y - first).max():>32.1e}{counts[method]:>12,}")

# %% [markdown]
# The differences are rounding: the same numbers, added up in another order. Only the padded view
# multiplies more, as most of what it reads is zeros. The matrix multiplies least if its own zeros
# are skipped, as they are here, because it has no entry for what padding cuts off. With its zeros
# it would multiply 19,668,992 times.
#
# Try a layer of your own. **picture** changes the view. Below stand the formula, the code that
# builds this layer in both frameworks, and whether Keras' `padding="same"` would be the same layer.
# It would not. Can you find numbers with which it would?

# %%
explore("subpixel", size=4, kernel=3, stride=2, padding=1, output_padding=1, seed=1)

# %% [markdown]
# ## Where to go next
#
# - `docs/arithmetic.md` derives all of this from the one line of section 3, with gradients of the
#   kernel and the cost in time.
# - `02_checkerboards` asks what happens where stamps overlap unevenly.
# - `06_backwards` does section 7 for a whole network.
# - [The checklist](../docs/checklist.md) says what you can do now, and which exercise checks it.
