"""One layer explained in text: its sizes, its overlaps, its cost, and how to write it down."""

import numpy as np

from deconv.arithmetic.checkerboard import overlap_count
from deconv.arithmetic.cost import macs
from deconv.arithmetic.geometry import Axis
from deconv.arithmetic.matrix import triples
from deconv.arithmetic.sizes import conv_input_sizes, conv_output_size, pixels

WIDEST_MAP = 24


def summary(axis: Axis, output_padding: int) -> str:
    """Everything worth knowing about the square transposed layer over `axis`, line by line."""
    options = {"stride": axis.stride, "padding": axis.padding, "dilation": axis.dilation}
    counted = macs(axis.small, axis.kernel, output_padding=output_padding, **options)
    stamps = overlap_count(axis.small, axis.kernel, output_padding=output_padding, **options)
    return "\n".join(
        [
            f"Transposed convolution {axis.small}×{axis.small} → {axis.large}×{axis.large}",
            "",
            "Size",
            "  (input − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1",
            f"  ({axis.small} − 1)·{axis.stride} − 2·{axis.padding} + "
            f"{axis.dilation}·({axis.kernel} − 1) + {output_padding} + 1 = {axis.large}",
            *(f"  {line}" for line in why_output_padding(axis, output_padding)),
            *(f"  {line}" for line in what_output_padding_adds(axis, output_padding)),
            "",
            "Stamps on each output pixel",
            *(f"  {line}" for line in _overlaps(axis, stamps)),
            "",
            "Multiplications for one image and one pair of channels",
            *(
                f"  {view:<13}{count:>9,}{_ratio(count, counted['matrix'])}"
                for view, count in sorted(counted.items(), key=lambda item: item[1])
            ),
            "",
            "The same layer in the frameworks",
            f"  {pytorch_line(axis, output_padding)}",
            f"  {keras_line(axis, output_padding)}",
            f"  {keras_same(axis)}",
        ]
    )


def pytorch_line(axis: Axis, output_padding: int) -> str:
    """Python code that builds this layer in PyTorch."""
    dilation = f", dilation={axis.dilation}" if axis.dilation > 1 else ""
    return (
        f"torch.nn.ConvTranspose2d(1, 1, kernel_size={axis.kernel}, stride={axis.stride}, "
        f"padding={axis.padding}, output_padding={output_padding}{dilation})"
    )


def keras_line(axis: Axis, output_padding: int) -> str:
    """Python code that builds this layer in Keras, or a sentence that says why it cannot.

    Keras has no `padding=1`; a valid layer, cropped, is the same thing.
    """
    if axis.stride > 1 and axis.dilation > 1:
        return "Keras: no such layer; it does not combine strides with dilation."
    if output_padding >= axis.stride:
        return "Keras: no such layer; its output_padding must be below the stride."
    dilation = f", dilation_rate={axis.dilation}" if axis.dilation > 1 else ""
    layer = (
        f'keras.layers.Conv2DTranspose(1, {axis.kernel}, strides={axis.stride}, padding="valid", '
        f"output_padding={output_padding}{dilation})"
    )
    if not axis.padding:
        return layer
    return f"keras.Sequential([{layer}, keras.layers.Cropping2D({axis.padding})])"


def keras_same(axis: Axis) -> str:
    """Whether Keras' `padding="same"` would be this layer.

    "same" makes the output `stride` times as large as the input. Of the
    `reach − stride` surplus pixels it cuts half, rounded down, at the near end.
    """
    name = 'Keras padding="same"'
    if axis.stride > 1 and axis.dilation > 1:
        return f"{name} does not combine strides with dilation either."
    size, near = axis.small * axis.stride, max(axis.reach - axis.stride, 0) // 2
    if size != axis.large:
        return f"{name} would differ: its output is {size}×{size}."
    if near == axis.padding:
        return f"{name} would be the same layer."
    shift = axis.padding - near
    where = "further down and right" if shift > 0 else "further up and left"
    return f"{name} would differ: same size, but the picture sits {pixels(abs(shift))} {where}."


def why_output_padding(axis: Axis, output_padding: int) -> list[str]:
    """What the output padding of this layer is for, in sentences with its numbers."""
    options = (axis.kernel, axis.stride, axis.padding, axis.dilation)
    if output_padding >= axis.stride:
        others = pixels(conv_output_size(axis.large, *options))
        return [
            f"On the way down, a convolution makes {others} of {axis.large}, not {axis.small}.",
            "So this output padding has no direct layer to undo, and Keras refuses it.",
        ]
    made = f"On the way down, a convolution makes {pixels(axis.small)} of"
    sizes = conv_input_sizes(axis.small, *options)
    if len(sizes) == 1:
        return [f"{made} {sizes[0]} only, so output padding has nothing to choose."]
    several = ", of ".join(str(size) for size in sizes[:-1]) + f" or of {sizes[-1]}"
    least = axis.large - output_padding
    choices = ", ".join(f"{size - least} for {size}" for size in sizes)
    return [
        f"{made} {several}.",
        f"On the way up, output padding says which it shall be: {choices}.",
    ]


def what_output_padding_adds(axis: Axis, output_padding: int) -> list[str]:
    """Where output padding puts its pixels and what stands in them; no sentence without any."""
    if not output_padding:
        return []
    zeros = max(0, axis.padding + axis.large - axis.span)
    rows, columns = (
        f"a {name}" if output_padding == 1 else f"{output_padding} {name}s"
        for name in ("row", "column")
    )
    where = f"It adds {rows} at the bottom and {columns} at the right:"
    sums = f"what padding {axis.padding} would cut off"
    if not zeros:
        return [f"{where} {sums}."]
    if zeros == output_padding:
        return [f"{where} zeros, as no stamp reaches so far."]
    return [f"{where} first {sums}, then zeros, as no stamp reaches so far."]


def _overlaps(axis: Axis, stamps: np.ndarray) -> list[str]:
    """The map of all counts, where it is small enough, and what repeats in it."""
    verdict = _repeats(axis)
    if axis.large > WIDEST_MAP:
        return [verdict]
    width = len(str(stamps.max())) + 1
    return [*("".join(f"{count:>{width}}" for count in row)[1:] for row in stamps), verdict]


def _repeats(axis: Axis) -> str:
    """What the counts along an axis repeat away from the border, if that is in this map."""
    taps = np.bincount(
        (np.arange(axis.kernel) * axis.dilation - axis.padding) % axis.stride,
        minlength=axis.stride,
    )
    if np.ptp(taps):
        verdict = f"the counts along an axis repeat {' '.join(str(count) for count in taps)}: "
        empty = "some pixels get no stamp and stay 0, whatever the weights"
        verdict += "equal weights draw a checkerboard" if taps.all() else empty
    else:
        verdict = f"the counts along an axis are all {taps[0]}"
    phase = np.arange(axis.large) % axis.stride
    counts = np.bincount(triples(axis)[2], minlength=axis.large)
    inside = counts == taps[phase]  # every tap of the phase meets the input
    if len(set(phase[inside])) < axis.stride:
        return f"this map is too small to show it, but in a larger one {verdict}"
    return verdict if inside.all() else f"away from the border, {verdict}"


def _ratio(count: int, needed: int) -> str:
    if not needed or count == needed:
        return ""
    return f"   {count / needed:.1f} × what the output needs"
