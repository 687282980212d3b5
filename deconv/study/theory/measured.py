"""Numbers that were predicted, found another way: by NumPy alone, without any training."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal, get_args

import numpy as np
from skimage.metrics import peak_signal_noise_ratio

from deconv import metrics, networks
from deconv.architecture import Design, Upsampler, layers
from deconv.arithmetic import conv_transpose2d, phase_gains
from deconv.arithmetic.upsampling import upsample
from deconv.autoencoder import forward
from deconv.errors import ImageError
from deconv.study import linear
from deconv.study.theory import predictions
from deconv.study.theory.predictions import taps, weight_variance
from deconv.weights import initial_weights

KERNELS: dict[int, Upsampler] = {
    2: "transposed2",
    3: "transposed",
    4: "transposed4",
    6: "transposed6",
}
"""Size of a kernel to the upsampler that has it."""
Part = Literal["layers", "start", "bound", "scores"]


@dataclass(frozen=True)
class Row:
    """One prediction, and what was measured."""

    part: Part
    name: str
    formula: str
    """In words; `predictions` derives it."""
    predicted: float
    measured: float
    digits: int = 0
    """Decimal places that are printed."""
    error: float | None = None
    """Standard error of what was measured, where it is a mean over random draws."""
    flags: str = ""
    """What the command needs beside the part."""

    @property
    def difference(self) -> float:
        """Measured minus predicted."""
        return self.measured - self.predicted

    @property
    def command(self) -> str:
        """What a reader types to measure it again."""
        return f"python -m deconv.study.theory --part {self.part} {self.flags}".strip()


def layer_rows() -> list[Row]:
    """Return sizes, overlaps, parameters and products of the transposed layers."""
    rows = []
    for kernel, arm in KERNELS.items():
        padding, extra = (kernel - 1) // 2, kernel % 2
        design = Design(upsampler=arm)
        decoder = layers(design)[-2:]
        stamp = np.ones((1, 1, kernel, kernel))
        stamps = upsample(np.ones((1, 1, 7, 7)), stamp)[0, 0]
        inside = stamps[4:-4, 4:-4]
        products = 0.0
        for layer, side in zip(decoder, (7, 14), strict=True):
            ones = np.ones((1, layer.in_channels, side, side))
            # Each product is 1 · 1 and, without padding, none is cut off: so their sum counts them.
            products += conv_transpose2d(ones, np.ones(layer.weight_shape), stride=2).sum()
        weights = initial_weights(0, design).values()
        rows += [
            _layer(kernel, "size that 7 pixels become", "(7 − 1)·stride − 2·padding + kernel + "
                   "output_padding", 6 * 2 - 2 * padding + kernel + extra, len(stamps)),
            _layer(kernel, "most over fewest stamps on a pixel, away from the border",
                   "(⌈kernel/stride⌉ / ⌊kernel/stride⌋)²",
                   (max(taps(kernel)) / min(taps(kernel))) ** 2, inside.max() / inside.min()),
            _layer(kernel, "parameters of the autoencoder", "Σ in·out·kernel² + out",
                   sum(layer.parameters for layer in layers(design)),
                   sum(array.size for array in weights)),
            _layer(kernel, "MACs of the decoder, for one image", "Σ inputs·in·out·kernel²",
                   sum(layer.macs for layer in decoder), products),
        ]  # fmt: skip
    return rows


def _layer(kernel: int, name: str, formula: str, predicted: float, measured: float) -> Row:
    return Row("layers", f"kernel {kernel}: {name}", formula, predicted, float(measured))


def start_rows(images: np.ndarray, seeds: int = 100) -> list[Row]:
    """Return gains, output and loss of untrained networks, each the mean over so many seeds.

    `images` are float32 `(N, 28, 28, 1)` in [-1, 1].
    """
    return flat_rows(seeds) + gain_rows(seeds) + loss_rows(images, seeds)


def flat_rows(seeds: int) -> list[Row]:
    """Return how much every way up varies at the start, in both layers, for a flat input.

    `deconv.weights.upsampling_kernel` draws weights so that this is the same for all of them:
    with 1 in all C channels as much as in `transposed`, where 9/4 weights of the variance
    1 / (27·C) meet from every channel.
    """
    rows = []
    for arm in get_args(Upsampler):
        design = Design(upsampler=arm)
        found: dict[str, list[float]] = {"inner": [], "outer": []}
        for seed in range(seeds):
            weights = initial_weights(seed, design)
            for number, (name, channels) in enumerate((("inner", 64), ("outer", 32)), start=1):
                flat = np.ones((1, channels, 7, 7), np.float32)
                output = networks.double(design, weights, flat, number)
                found[name].append(float(np.square(output[..., 4:-4, 4:-4]).mean()))
        for name, squares in found.items():
            what = f"{arm}, {name} layer: mean square of the output for a flat input of 1"
            rows.append(_mean(what, "C·9/4·1/(27·C)", 1 / 12, squares, 4))
    return rows


def gain_rows(seeds: int) -> list[Row]:
    """Return how widely the gains of the first transposed layer's phases are spread at the start.

    A gain is a sum of independent weights of mean 0, one for each tap of its phase, so its
    variance is taps·v. The four gains of a pair of channels are independent, because every
    weight belongs to one phase. The mean of four keeps a quarter of the mean of their
    squares, and three quarters are checkerboard: with any kernel, also where the stride
    divides it.
    """
    rows = []
    for kernel, arm in KERNELS.items():
        design = Design(upsampler=arm)
        layer = layers(design)[-2]
        options = {"stride": 2, "padding": (kernel - 1) // 2}
        counts = phase_gains(np.ones((1, 1, kernel, kernel)), **options)[0, 0]
        gains = [
            phase_gains(initial_weights(seed, design)[f"{layer.name}.weight"], **options)
            for seed in range(seeds)
        ]
        for count in sorted({a * b for a in taps(kernel) for b in taps(kernel)}):
            found = [sqrt((gain[:, :, counts == count] ** 2).mean()) for gain in gains]
            name = f"kernel {kernel}: spread of the gains of a phase with {count} tap"
            predicted = sqrt(count * weight_variance(layer))
            rows.append(_mean(f"{name}{'s' * (count > 1)}", "√(taps·variance of a weight)",
                              predicted, found, 6))  # fmt: skip
        found = [gain.var((2, 3)).mean() / (gain**2).mean() for gain in gains]
        name = f"kernel {kernel}: share of checkerboard in the square of the gains"
        rows.append(_mean(name, "1 − 1/phases", 3 / 4, found, 4))
    return rows


def loss_rows(images: np.ndarray, seeds: int) -> list[Row]:
    """Return output and loss of untrained networks: what they say is nearly 0.

    MSE = E[x²] − 2·E[x·y] + E[y²]. To turn the sign of the last layer's weights turns that of
    the output y and is as likely, so the term in the middle is 0 in the mean over seeds
    (of a single seed it is not: pixels are mostly black, so their mean is far from 0).
    """
    x, rows, losses = images.reshape(-1, 1, 28, 28), [], []
    for kernel, arm in KERNELS.items():
        squares = []
        for seed in range(seeds):
            y = forward(initial_weights(seed, Design(upsampler=arm)), x).deconv2
            squares.append(float(np.square(y).mean()))
            if kernel == 3:
                losses.append(float(np.square(y - x).mean()))
        output = predictions.untrained_output_square(x, kernel)
        name = f"kernel {kernel}: mean square of the untrained output"
        rows.append(_mean(name, "variance of the weights, layer by layer", output, squares, 7))
    pixels = float(np.square(x.astype(np.float64)).mean())
    output = predictions.untrained_output_square(x)
    name, formula = "kernel 3: MSE of the untrained network", "mean square of the pixels"
    both = "that, and mean square of the output"
    return [
        *rows,
        _mean(name, formula, pixels, losses, 5),
        _mean(f"{name}, refined", both, pixels + output, losses, 5),
    ]


def _mean(name: str, formula: str, predicted: float, found: Sequence[float], digits: int) -> Row:
    error = float(np.std(found, ddof=1)) / sqrt(len(found)) if len(found) > 1 else None
    return Row("start", name, formula, predicted, float(np.mean(found)), digits, error)


def bound_rows(
    components: linear.Components, images: np.ndarray, numbers: int, trained: float | None = None
) -> list[Row]:
    """Return the error of the best linear code of so many numbers, on the images it was found in.

    `trained` is the MSE that a trained linear autoencoder with such a latent has on them.
    """
    predicted = linear.predicted_mse(components, numbers)
    output = linear.reconstruct(components, images, numbers)
    measured = float(np.square(output - images.reshape(output.shape)).mean())
    name, formula = f"MSE of {numbers} principal components", "Σ eigenvalues that are cut off / 784"
    rows = [Row("bound", name, formula, predicted, measured, 6)]
    if trained is not None:
        name = f"MSE of a trained linear autoencoder, latent {numbers}"
        rows.append(Row("bound", name, formula, predicted, trained, 6))
    return rows


def score_rows(reconstructions: np.ndarray, images: np.ndarray, flags: str = "") -> list[Row]:
    """Return what different ways to compute a PSNR make of the same reconstructions.

    Both are floats `(N, 28, 28, 1)` in [-1, 1]. `flags` are those of the command that measures
    with these reconstructions. Raises `ImageError` for arrays that `deconv.metrics.mse`
    refuses, and where an image is perfect: its PSNR is infinite, and so is any mean.
    """
    if not metrics.mse(reconstructions, images).all():
        raise ImageError("an image is reconstructed perfectly, so the mean PSNR is infinite")
    rows = mean_rows(reconstructions, images) + range_rows(reconstructions, images)
    return [replace(row, flags=flags) for row in rows + rounding_rows(reconstructions)]


def mean_rows(reconstructions: np.ndarray, images: np.ndarray) -> list[Row]:
    """Return what it makes to take the mean before the logarithm: over all images, over batches."""
    errors, psnr = metrics.mse(reconstructions, images), metrics.psnr(reconstructions, images)
    gap = float(psnr.mean() - _decibels(errors.mean()))
    name = "mean PSNR, less the PSNR of the mean MSE"
    formula = "(10/ln 10)·variance of ln MSE / 2"
    rows = [
        _score(name, formula, predictions.jensen_gap(errors), gap),
        _score(
            f"{name}, refined", "that, and third moment / 6", predictions.jensen_gap(errors, 3), gap
        ),
    ]
    for batch in (10, 100):
        batches = errors[: len(errors) // batch * batch].reshape(-1, batch)
        if len(batches):
            shift = float(_decibels(batches.mean(1)).mean() - psnr.mean())
            name = f"PSNR per batch of {batch}, less the PSNR per image"
            formula = "the gap of a batch's mean MSE, less that of an image's MSE"
            rows.append(_score(name, formula, predictions.batch_shift(errors, batch), shift))
    return rows


def range_rows(reconstructions: np.ndarray, images: np.ndarray) -> list[Row]:
    """Return what a wrong data range makes, measured with scikit-image, image by image."""
    rows = []
    for wrong in (1, 255):
        found = [
            peak_signal_noise_ratio(x, y, data_range=wrong)
            for x, y in zip(images, reconstructions, strict=True)
        ]
        shift = float(np.mean(found) - metrics.psnr(reconstructions, images).mean())
        name = f"PSNR with MAX = {wrong}, less that with MAX = 2"
        formula = f"20·log10({wrong}/2)"
        rows.append(_score(name, formula, predictions.range_shift(wrong), shift))
    return rows


def rounding_rows(reconstructions: np.ndarray) -> list[Row]:
    """Return the PSNR of writing reconstructions as 8-bit pixels, where they are grey.

    Near black and white a network says nearly the same everywhere, and then the error of
    rounding is nearly the same, and not spread evenly.
    """
    grey = reconstructions[np.abs(reconstructions) < 0.9].astype(np.float64)
    if not len(grey):
        return []
    rounded = np.rint((grey + 1) * 127.5) / 127.5 - 1
    measured = float(_decibels(np.square(rounded - grey).mean()))
    name = "PSNR of rounding to 8 bits, in grey pixels"
    return [_score(name, "10·log10(12·255²)", predictions.rounding_psnr(), measured)]


def _score(name: str, formula: str, predicted: float, measured: float) -> Row:
    return Row("scores", f"{name} (dB)", formula, predicted, measured, digits=3)


def _decibels(mse: np.ndarray) -> np.ndarray:
    return 10 * np.log10(metrics.MAX**2 / mse)


def table(rows: Sequence[Row], commands: bool = False) -> list[list[str]]:
    """Return the cells of the table, the first row being their heads.

    A standard error stands behind what was measured by chance; `commands` adds a column.
    """
    cells = [["what", "formula", "predicted", "measured", "difference", "command"]]
    for row in rows:
        error = f" ± {row.error:.{row.digits}f}" if row.error is not None else ""
        numbers = (row.predicted, row.measured, row.difference)
        predicted, measured, difference = (f"{number:z,.{row.digits}f}" for number in numbers)
        command = f"`{row.command}`"
        cells.append([row.name, row.formula, predicted, f"{measured}{error}", difference, command])
    return cells if commands else [row[:-1] for row in cells]
