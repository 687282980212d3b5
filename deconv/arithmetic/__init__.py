"""Transposed convolution in plain NumPy: five views of one operation, proven equal.

People explain this layer in ways that seem to have little to do with each
other: it stamps the kernel, it is a transposed matrix, it convolves an input
full of zeros, it is a gradient, it shuffles pixels. All of them are true,
because all of them are one relation between three positions. On each axis, a
small map and a large map meet at kernel tap `k` where

    h = i·stride + k·dilation − padding         i: small map, h: large map

A convolution reads the large map and writes the small one. A transposed
convolution uses the same triples `(i, k, h)` and goes the other way. It undoes
the change of size, not the change of values: it is not an inverse, and the
old name "deconvolution" promises too much.

By hand, with stride 1 and no padding, where pixel 3 stamps `3·K` in the corner:

    X = K = [[0, 1],      conv_transpose2d(X, K) = [[0, 0, 1],
             [2, 3]]                                [0, 4, 6],
                                                    [4, 12, 9]]

To read everything in order: `sizes` (how large), `geometry` (the relation,
checked once), `direct` (the convolution), `matrix` (the matrix that it is),
`transposed` (the five views), `gradients` (training), `checkerboard` (what
goes wrong), `cost` (what each view multiplies), `summary` (all of it about one
layer, in text). The folder `drawing` shows what these compute, as
`python -m deconv.arithmetic --help` explains. Maps are `(N, C, H, W)`; an
argument of two numbers means rows, then columns. Results keep the number format
of what goes in, so a sum of small integers such as uint8 can overflow.
Computing needs NumPy alone.
"""

from deconv.arithmetic.checkerboard import overlap_count, phase_gains
from deconv.arithmetic.cost import conv_macs, macs
from deconv.arithmetic.direct import conv2d
from deconv.arithmetic.gradients import Gradients, conv2d_backward, conv_transpose2d_backward
from deconv.arithmetic.matrix import conv_inverse, conv_matrix, sparse_conv_matrix
from deconv.arithmetic.sizes import conv_input_sizes, conv_output_size, find_paddings, output_size
from deconv.arithmetic.transposed import METHODS, conv_transpose2d

__all__ = [
    "METHODS",
    "Gradients",
    "conv2d",
    "conv2d_backward",
    "conv_input_sizes",
    "conv_inverse",
    "conv_macs",
    "conv_matrix",
    "conv_output_size",
    "conv_transpose2d",
    "conv_transpose2d_backward",
    "find_paddings",
    "macs",
    "output_size",
    "overlap_count",
    "phase_gains",
    "sparse_conv_matrix",
]
