"""What can be known of a network and of its scores before anything is trained or measured.

Each function derives one formula. `deconv.study.theory` holds them against measurements.
"""

from math import e, log, log10

import numpy as np

from deconv.architecture import Layer
from deconv.arithmetic import conv2d
from deconv.arithmetic.upsampling import upsample
from deconv.autoencoder import DOWN

DECIBELS = 10 / log(10)
"""10·log10(x) is this times ln(x)."""


def taps(kernel: int, stride: int = 2) -> list[int]:
    """Return how many taps of a kernel fall on each phase, along one axis.

    Tap k falls on phase (k − padding) mod stride, so phase r has those of r, r + stride,
    r + 2·stride, … that are below the kernel's size: ⌈(kernel − r) / stride⌉. The padding
    only changes which phase is called the first. Two axes multiply: kernel 3 with stride
    2 has 2 and 1 along an axis, and so 4, 2, 2 and 1 in the plane (Odena et al. 2016).
    """
    return [-(-(kernel - r) // stride) for r in range(stride)]


def weight_variance(layer: Layer) -> float:
    """Return the variance of a weight of a convolution or transposed one, as it is drawn.

    Uniform numbers between ±b have the variance b²/3, and b² = 1 / (in_channels·kernel²) in
    `deconv.weights.initial_weights`.
    """
    return 1 / (3 * layer.in_channels * layer.kernel**2)


def untrained_output_square(images: np.ndarray, kernel: int = 3) -> float:
    """Return the mean square of the untrained network's output, expected over its weights.

    `images (N, 1, 28, 28)`; `kernel` is that of the transposed layers. Let z = Σ w·a be what
    a layer adds up at one place, with independent weights of mean 0 and variance v. For
    given a, the products of different weights cancel in the mean, so E[z²] = v·Σ E[a²]:
    the squares go through the same layer as the values, with v in place of every weight.
    To turn the sign of all its weights turns that of z, and is as likely. So z is
    symmetric, ReLU lets half of its square pass, and E[a²] = E[z²]/2 in the next layer.
    (He et al. 2015, arXiv:1502.01852, equations 7 to 9, where all places are alike; here
    place by place, so with borders and phases.)

    All channels of a map expect the same, and v·channels = 1 / (3·kernel²): the width cancels.
    tanh is left out; it takes away about the share 2·E[z⁴] / (3·E[z²]) of the square.
    """
    flat, stamp = (np.full((1, 1, size, size), 1 / (3 * size**2)) for size in (3, kernel))
    square = images.astype(np.float64) ** 2
    square = conv2d(square, flat, **DOWN) / 2
    square = conv2d(square, flat, **DOWN) / 2
    square = upsample(square, stamp) / 2
    return float(upsample(square, stamp).mean())


def jensen_gap(errors: np.ndarray, order: int = 2) -> float:
    """Return by how many decibels one PSNR of the mean MSE is below the mean of the PSNRs.

    `errors (N,)` are the images' MSEs. With L = ln(MSE), the mean PSNR is a constant minus
    (10 / ln 10)·E[L], and that of the mean MSE the same constant minus
    (10 / ln 10)·ln E[exp L]. The difference, above 0 by Jensen's inequality, is the
    cumulant generating function of L at 1 less its first term:

        gap = (10 / ln 10)·(κ₂/2! + κ₃/3! + …)

    with the variance κ₂ and the third central moment κ₃ of L. `order` 2 is exact where L is
    normally distributed; `order` 3 follows one that leans to a side.
    """
    logs = np.log(errors)
    away = logs - logs.mean()
    cumulants = (away**2).mean() / 2 + ((away**3).mean() / 6 if order == 3 else 0)
    return float(DECIBELS * cumulants)


def batch_shift(errors: np.ndarray, batch: int) -> float:
    """Return how many decibels one PSNR per batch is above the mean of the images' PSNRs.

    It is below, so this is negative. The mean M of B out of N MSEs has the relative variance
    c²/B·(N − B)/(N − 1), where c is the ratio of their standard deviation and mean (drawn
    without replacement). To the second order, E[ln M] is ln E[M] less half of it. So

        shift = −gap + (10 / ln 10)·c²/(2B)·(N − B)/(N − 1)

    For MSEs that are log-normal with the variance σ² of the logarithm, c² = exp(σ²) − 1,
    and the gap is that of `jensen_gap`.
    """
    n, variance = len(errors), np.log(errors).var()
    relative = (e**variance - 1) / batch * (n - batch) / (n - 1)
    return float(DECIBELS * (relative - variance) / 2)


def range_shift(wrong: float, right: float = 2.0) -> float:
    """Return how many decibels a wrong data range adds to every PSNR, whatever the images.

    PSNR is 20·log10(MAX) − 10·log10(MSE), and only the first term knows of MAX.
    """
    return 20 * log10(wrong / right)


def rounding_psnr() -> float:
    """Return the PSNR of an image in [-1, 1] that was rounded to 256 grey levels.

    Levels are q = 2/255 apart. Where the values spread over many of them, the error of
    rounding is uniform between ±q/2, so its mean square is q²/12, and

        10·log10(2² / (q²/12)) = 10·log10(12·255²)

    (Bennett 1948, Bell System Technical Journal 27, 446-472.)
    """
    return 10 * log10(12 * 255**2)
