"""The weights themselves: which of them are not zero, and why.

A kernel of 3 with stride 2 and padding 1 joins rows 2i−1, 2i and 2i+1 of the large map
to row i of the small one, by its taps 0, 1 and 2. So taps 1 and 2 alone join every row
of the large map to exactly one row of the small one: tap 1 the even rows, tap 2 the odd
ones, and none of them lies in the padding. All kernels here use only these: a tap in
each direction says which of the four phases of a 2×2 block is meant.
"""

from collections.abc import Iterator

import numpy as np

from deconv.architecture import Weights, layers, parameter_shapes
from deconv.errors import ConfigError
from deconv.handmade.lines import PIECES, BrokenLine, count_levels, exact_line, fit, halves

PHASES = ((0, 0), (0, 1), (1, 0), (1, 1))
"""Row and column of a pixel in its 2×2 block, in reading order."""


def write_by_hand(pixels: np.ndarray, lines: int = 1) -> Weights:
    """Return canonical weights, with one broken line or two.

    One line is in the decoder, 8 pieces that fit the grey levels of `pixels` (uint8 images).
    The second is in the encoder. Together they have 15 pieces, and fit every grey level.
    """
    if lines == 2:
        return by_hand(*halves(exact_line()))
    line = fit(count_levels(pixels))
    straight = BrokenLine(np.array([-1.0, 1.0]), np.array([0.0, 2.0]))  # x + 1: passes ReLU
    return by_hand(straight, BrokenLine(line.x + 1, line.y))


def by_hand(encoder: BrokenLine, decoder: BrokenLine) -> Weights:
    """Return canonical weights that make `tanh(decoder(encoder(x)))` of every pixel x.

    Both have at most 8 pieces, and `encoder` begins at the corner (-1, 0): ReLU stands
    behind it. Raises `ConfigError` for others.
    """
    into, out = encoder.as_relus(), decoder.as_relus()
    if max(len(into.bends), len(out.bends)) > PIECES or into.thresholds[0] != -1 or into.offset:
        raise ConfigError(
            f"each line has at most {PIECES} pieces, and the encoder's begins at (-1, 0); these "
            f"have {len(into.bends)} and {len(out.bends)}, and the encoder's begins at "
            f"({into.thresholds[0]:g}, {into.offset:g})"
        )
    weights = {name: np.zeros(shape, np.float32) for name, shape in parameter_shapes().items()}

    for channel, (row, column), k in channels(len(into.bends)):
        weights["encoder.conv1.weight"][channel, 0, 1 + row, 1 + column] = 1
        weights["encoder.conv1.bias"][channel] = -into.thresholds[k]

    for block, (row, column) in enumerate(PHASES):  # where the 2×2 block is in its 4×4 block
        for channel, phase, k in channels(len(into.bends)):
            latent = 4 * block + PHASES.index(phase)
            weights["encoder.conv2.weight"][latent, channel, 1 + row, 1 + column] = into.bends[k]
        for channel, phase, _ in channels(len(out.bends)):
            latent = 4 * block + PHASES.index(phase)
            weights["decoder.deconv1.weight"][latent, channel, 1 + row, 1 + column] = 1

    for channel, (row, column), k in channels(len(out.bends)):
        weights["decoder.deconv1.bias"][channel] = -out.thresholds[k]
        weights["decoder.deconv2.weight"][channel, 0, 1 + row, 1 + column] = out.bends[k]
    weights["decoder.deconv2.bias"][:] = out.offset
    return weights


def channels(pieces: int) -> Iterator[tuple[int, tuple[int, int], int]]:
    """Give channel, phase and piece: the pieces of the first phase first."""
    for number, phase in enumerate(PHASES):
        for k in range(pieces):
            yield number * pieces + k, phase, k


def count_nonzero(weights: Weights) -> dict[str, tuple[int, int]]:
    """Return for each layer how many of its numbers are not zero, and how many it has."""
    return {
        layer.name: (
            sum(
                int(np.count_nonzero(weights[f"{layer.name}.{kind}"]))
                for kind in ("weight", "bias")
            ),
            layer.parameters,
        )
        for layer in layers()
    }
