"""How large a feature map becomes, and which paddings lead where.

Which pixels meet is decided on each axis by itself, so this file looks at one
axis. One relation decides everything. A convolution with a stride links a large map to a
small one: small position `i` and large position `h` meet at kernel tap `k` when

    h = i·stride + k·dilation − padding                                   (1)

The direct convolution reads `h` and writes `i`. The transposed convolution
reads `i` and writes `h`. Same triples `(i, k, h)`, opposite direction: that is
all that "transposed" means. The sizes follow by asking which `h` and `i` exist.

Source: Dumoulin and Visin 2018 (arXiv 1603.07285): relationship 6 is the direct
size, 15 adds dilation to it, and 14 is the transposed size, with
`output_padding` called `a`.
"""

from numbers import Integral

from deconv.errors import ConfigError

LARGEST = 10_000_000
"""Beyond any map, and small enough that no product of two overflows 64 bits."""


def conv_output_size(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Size after a direct convolution of `size` pixels.

    The kernel with its holes reaches over `dilation·(kernel − 1) + 1` pixels.
    It starts at the first pixel of the padded input and steps by `stride` as
    long as it fits:

        out = ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1

    The floor means that up to `stride − 1` last pixels may never be read.
    Raises `ConfigError` (a `ValueError`) where the kernel does not fit once.
    """
    size, kernel, stride, padding, dilation = _axis(size, kernel, stride, padding, dilation)
    reach = dilation * (kernel - 1) + 1
    padded = size + 2 * padding
    if reach > padded:
        raise ConfigError(
            f"a kernel of {kernel} with dilation {dilation} reaches over {reach} pixels, but the "
            f"input of {size} with padding {padding} has {padded}: enlarge the input or the padding"
        )
    return (padded - reach) // stride + 1


def output_size(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    dilation: int = 1,
) -> int:
    """Size after a transposed convolution of `size` pixels.

    By (1) the stamp of the last input pixel begins `(size − 1)·stride` after
    the stamp of the first and is `dilation·(kernel − 1) + 1` long. `padding`
    cuts both ends, `output_padding` gives some back at the far end:

        out = (size − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1

    Raises `ConfigError` (a `ValueError`) where nothing would be left, or where
    `output_padding` is not below the larger of stride and dilation, which is
    what PyTorch allows. From one stride on, a convolution would make more than
    `size` pixels of the result, because each further stride is one step more.
    """
    size, kernel, stride, padding, dilation = _axis(size, kernel, stride, padding, dilation)
    output_padding = whole("output_padding", output_padding, 0)
    out = (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
    if output_padding >= max(stride, dilation):
        message = (
            f"output_padding must be below the larger of stride {stride} and dilation {dilation}, "
            f"but is {output_padding}"
        )
        if stride >= dilation and out > 0:
            there = size + output_padding // stride
            message += f": of the {out} pixels, a convolution would make {there}, not {size}"
        raise ConfigError(message)
    if out < 1:
        raise ConfigError(
            f"the output would have {out} pixels: ({size} − 1)·{stride} − 2·{padding} + "
            f"{dilation}·({kernel} − 1) + {output_padding} + 1 = {out}; use less padding"
        )
    return out


def conv_input_sizes(
    size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> list[int]:
    """Every input size that a direct convolution maps to `size`: why `output_padding` exists.

    The floor in `conv_output_size` makes up to `stride` inputs end at the same
    size. A 3-wide kernel with stride 2 and padding 1 takes both 13 and 14 to 7,
    so "the transpose of this layer" applied to 7 could mean 13 or 14.
    `output_padding` chooses: it is what the wanted size exceeds the smallest by.
    Raises `ConfigError` (a `ValueError`) where there is none.
    """
    size, kernel, stride, padding, dilation = _axis(size, kernel, stride, padding, dilation)
    smallest = (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1
    sizes = list(range(max(1, smallest), smallest + stride))
    if not sizes:
        raise ConfigError(
            f"no input becomes {pixels(size)} with kernel {kernel}, stride {stride}, padding "
            f"{padding}, dilation {dilation}: the padding alone gives more; use less padding"
        )
    return sizes


def find_paddings(
    size: int, target: int, kernel: int, stride: int = 1, dilation: int = 1
) -> list[tuple[int, int]]:
    """Every `(padding, output_padding)` that lets a transposed convolution map `size` to `target`.

    Without either the output has `full = (size − 1)·stride + dilation·(kernel − 1) + 1`
    pixels. Each step of `padding` takes 2 away and `output_padding` gives back
    fewer than `max(stride, dilation)`, so the solutions are the whole numbers in

        target = full − 2·padding + output_padding

    Raises `ConfigError` (a `ValueError`) that says why where there is none.
    """
    size, kernel, stride, _, dilation = _axis(size, kernel, stride, 0, dilation)
    target = whole("target size", target, 1)
    full = (size - 1) * stride + dilation * (kernel - 1) + 1
    largest = max(stride, dilation) - 1
    solutions = [
        ((full + extra - target) // 2, extra)
        for extra in range(largest + 1)
        if full + extra >= target and (full + extra - target) % 2 == 0
    ]
    if not solutions:
        reason = (
            f"the largest output is {full + largest}"
            if target > full + largest
            else f"padding takes away 2 at a time from {full}"
        )
        raise ConfigError(
            f"no padding maps {size} to {target} with kernel {kernel}, stride {stride} and "
            f"dilation {dilation}: {reason}"
        )
    return solutions


def _axis(
    size: int, kernel: int, stride: int, padding: int, dilation: int
) -> tuple[int, int, int, int, int]:
    """The numbers of one axis as Python's integers; raises `ConfigError` as `whole`."""
    return (
        whole("size", size, 1),
        whole("kernel", kernel, 1),
        whole("stride", stride, 1),
        whole("padding", padding, 0),
        whole("dilation", dilation, 1),
    )


def whole(name: str, value: int, smallest: int) -> int:
    """`value` as Python's integer, which never overflows as NumPy's do.

    Raises `ConfigError` unless it is a whole number between `smallest` and
    `LARGEST`. True and False are not numbers here.
    """
    if not is_whole(value) or smallest > value >= -LARGEST:
        raise ConfigError(
            f"{name} must be a whole number of at least {smallest}, but is {in_short(value)}"
        )
    if not smallest <= value <= LARGEST:  # perhaps of thousands of digits, so it is not printed
        raise ConfigError(f"{name} must be a whole number between {smallest} and {LARGEST}")
    return int(value)


def is_whole(value: object) -> bool:
    """Whether this is an integer of Python or of NumPy."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def in_short(value: object) -> str:
    """What a message shows of a value of any kind: one line."""
    return f"{' '.join(repr(value).split()):.60}"


def pixels(count: int) -> str:
    """A number of pixels, in words."""
    return f"{count} pixel" + "s" * (count != 1)
