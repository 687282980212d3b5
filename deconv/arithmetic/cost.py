"""What each view multiplies.

One multiply-accumulate (MAC) is one product added to one sum. The views give
the same numbers for very different work: most of what the padded view
multiplies is a zero that it inserted itself.
"""

from deconv.arithmetic.geometry import IntOrPair, conv_geometry, transposed_geometry
from deconv.arithmetic.matrix import triples
from deconv.arithmetic.sizes import whole
from deconv.arithmetic.transposed import phases
from deconv.errors import ConfigError


def conv_macs(
    size: IntOrPair,
    kernel: IntOrPair,
    *,
    in_channels: int = 1,
    out_channels: int = 1,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> int:
    """MACs of a direct convolution of one image: `out·h·w · (in/groups)·kh·kw`.

    Raises `ConfigError` (a `ValueError`) for a layer that cannot be.
    """
    rows, cols = conv_geometry(size, kernel, stride, padding, dilation)
    in_channels, out_channels, groups = _channels(in_channels, out_channels, groups)
    pairs = in_channels * out_channels // groups
    return pairs * rows.small * rows.kernel * cols.small * cols.kernel


def macs(
    size: IntOrPair,
    kernel: IntOrPair,
    *,
    in_channels: int = 1,
    out_channels: int = 1,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> dict[str, int]:
    """MACs of a transposed convolution of one image, for each view.

    - `scatter`, `gradient`: every input pixel times every tap, cut or not.
    - `matrix`: only what is stored in the sparse matrix, so every product that
      really enters the output; `dense matrix` is every entry.
    - `padded`: every output pixel times every tap, so (large/small)² times as
      much as `scatter`, with the sides of the two maps.
    - `subpixel`: every output pixel times the taps of its phase, also where they
      meet the zeros around the input. Where the output is exactly `stride` times
      as large as the input, this is the number of `scatter`.

    Raises `ConfigError` (a `ValueError`) for a layer that cannot be.
    """
    geometry = transposed_geometry(size, kernel, stride, padding, output_padding, dilation)
    rows, cols = geometry
    in_channels, out_channels, groups = _channels(in_channels, out_channels, groups)
    pairs = in_channels * out_channels // groups
    stamps = rows.small * rows.kernel * cols.small * cols.kernel
    stored = len(triples(rows)[0]) * len(triples(cols)[0])
    by_phase = [
        sum(phase.axis.small * phase.axis.kernel for phase in phases(axis)) for axis in geometry
    ]
    return {
        "scatter": pairs * stamps,
        "matrix": pairs * stored,
        "dense matrix": (
            in_channels * rows.small * cols.small * out_channels * rows.large * cols.large
        ),
        "padded": pairs * rows.large * rows.kernel * cols.large * cols.kernel,
        "gradient": pairs * stamps,
        "subpixel": pairs * by_phase[0] * by_phase[1],
    }


def _channels(in_channels: int, out_channels: int, groups: int) -> tuple[int, int, int]:
    """The three as Python's integers; raises `ConfigError` unless `groups` divides the others."""
    in_channels, out_channels, groups = (
        whole("in_channels", in_channels, 1),
        whole("out_channels", out_channels, 1),
        whole("groups", groups, 1),
    )
    if in_channels % groups or out_channels % groups:
        raise ConfigError(
            f"groups must divide in_channels {in_channels} and out_channels {out_channels}, "
            f"but is {groups}"
        )
    return in_channels, out_channels, groups
