"""At which frequencies errors lie: does an upsampler leave replicas behind?

A layer with stride 2 puts zeros between pixels, and zeros inserted repeat the
spectrum: what the small map holds around frequency 0 appears once more around
half of the sampling rate (a replica; the image of sampling theory). A good kernel
filters replicas out; what it leaves is seen as a checkerboard. In this network the
place tells the layer. Frequencies are counted in cycles per pixel of the 28×28
image, and each replica is centred on multiples of ¼ on both axes:

- outer layer (14 → 28): patterns of period 2. Both multiples are 0 or ½.
- inner layer (7 → 14): patterns of period 4. At least one of them is ¼ (or ¾).

Only the tanh at the end mixes the two: the square of a period-4 pattern has
period 2. Where tanh is steep or flat, that is small.

Borders. A transform takes the image to be periodic, so the jump from its last to
its first pixel would leak to all frequencies, as an error in the border would.
A Hann window fades the border out. It spreads a frequency that fits 28 pixels
(multiples of ¼ do) over exactly three neighbouring bins, and nothing goes further.

Sources: Odena, Dumoulin and Olah 2016; Sugawara, Shiota and Kiya 2018 (arXiv
1806.02658); Durall, Keuper and Keuper 2020 (arXiv 2003.01826) for radial spectra.
"""

from typing import NamedTuple

import numpy as np

SIZE = 28
CELL = SIZE // 4
"""Bins from one multiple of ¼ to the next."""
CENTRE = np.array([-1, 0, 1])
"""Bins of a replica, counted from its frequency: what the window makes of one frequency."""
BESIDE = np.array([-3, -2, 2, 3])
"""The others up to the middle between two multiples of ¼."""
RINGS = 10
"""Rings of two bins each, from frequency 0 to the corner (½, ½)."""


class Replicas(NamedTuple):
    """Energy of an error at the replicas over that beside them; 1 where nothing stands out."""

    outer: float
    """Replicas of the outer layer: period 2."""
    inner: float
    """Replicas of the inner layer: period 4."""


def power_spectrum(images: np.ndarray) -> np.ndarray:
    """Mean over images of the squared spectrum under a Hann window: float64 `(28, 28)`.

    For `images (N, 28, 28)`. Bin `[a, b]` has the frequency a/28 down and b/28 across,
    in cycles per pixel; from bin 14 on, think of it as (a − 28)/28. White noise of
    variance σ² has `(σ · Σw²)²` in all bins, where `Σw² = 10.5` is the sum over the window.
    """
    spectra = np.fft.fft2(images * np.outer(_hann(), _hann()))
    return (spectra.real**2 + spectra.imag**2).mean(0)


def replicas(errors: np.ndarray) -> Replicas:
    """Compare the energy of errors `(N, 28, 28)` at the replicas with what is beside them.

    Of each replica, the mean power in the 3×3 bins around its frequency, summed over
    the 3 replicas of the outer layer or the 12 of the inner one. Divided by the same
    sum of what one expects there: the geometric mean of the bins that are 2 or 3 bins
    away on one axis. (Geometric, because spectra of pictures fall with a power of the
    frequency; and not on an axis where the replica has frequency 0, because there the
    edges of a garment have their energy.)

    White noise has 1 and 1. A checkerboard `A·(−1)^h` added to white noise of standard
    deviation σ makes the first `1 + 28²/27 · (A/σ)²`. Errors of pictures are not white:
    garments that are blurred, or moved by half a pixel, have 0.7 to 1.1. So read
    differences between layers, not the distance from 1. NaN without any error.
    """
    power = power_spectrum(errors)
    found, expected = {True: 0.0, False: 0.0}, {True: 0.0, False: 0.0}
    for a in range(4):
        for b in range(4):
            if a == b == 0:
                continue  # the picture itself
            inner = a % 2 == 1 or b % 2 == 1
            centre, beside = _cell(power, a * CELL, b * CELL)
            found[inner] += centre
            expected[inner] += beside
    return Replicas(*(_ratio(found[inner], expected[inner]) for inner in (False, True)))


def radial_ratio(reconstructions: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Power of the reconstructions over that of the images, ring by ring: float64 `(10,)`.

    For two arrays `(N, 28, 28)` in [-1, 1]. Ring `j` holds the frequencies of length from
    j/14 to (j + 1)/14 cycles per pixel; from ring 7 on, only the corners are left. 1 is
    perfect, below 1 too smooth, above 1 too rough. Black counts as 0, so that the
    window leaves a black background alone. NaN where the images have nothing.
    """
    frequencies = np.fft.fftfreq(SIZE, 1 / SIZE)
    ring = (np.hypot(frequencies[:, None], frequencies) // 2).astype(int).ravel()
    energy, reference = (
        np.bincount(ring, power_spectrum(each + 1).ravel(), RINGS)
        for each in (reconstructions, images)
    )
    return np.array([_ratio(*pair) for pair in zip(energy, reference, strict=True)])


def _hann() -> np.ndarray:
    """The Hann window, symmetric about the middle of the image: `(28,)`."""
    return np.sin(np.pi * (np.arange(SIZE) + 0.5) / SIZE) ** 2


def _cell(power: np.ndarray, row: int, col: int) -> tuple[float, float]:
    """Mean power around a replica at bin `(row, col)`, and what the bins beside it expect."""

    def bins(rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        return power[np.ix_((row + rows) % SIZE, (col + cols) % SIZE)]

    beside = [bins(BESIDE, CENTRE)] * (row > 0) + [bins(CENTRE, BESIDE)] * (col > 0)
    with np.errstate(divide="ignore"):
        expected = np.exp(np.mean([np.log(each).mean() for each in beside]))
    return float(bins(CENTRE, CENTRE).mean()), float(expected)


def _ratio(one: float, other: float) -> float:
    return float(one / other) if other else float("nan")
