"""What cannot be is refused in one sentence, and what is said about the rest is true."""

import itertools
import re
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deconv import cli
from deconv.arithmetic import (
    conv2d,
    conv2d_backward,
    conv_input_sizes,
    conv_inverse,
    conv_macs,
    conv_matrix,
    conv_output_size,
    conv_transpose2d,
    find_paddings,
    macs,
    output_size,
    overlap_count,
    phase_gains,
    sparse_conv_matrix,
)
from deconv.arithmetic.__main__ import ArithmeticConfig
from deconv.arithmetic.drawing.scene import Scene
from deconv.arithmetic.drawing.views import VIEWS
from deconv.arithmetic.summary import summary
from deconv.errors import ConfigError

X, W = np.ones((2, 4, 5, 5)), np.ones((4, 3, 3, 3))
Y = np.ones((2, 4, 3, 3))
NO_WHOLE_NUMBERS: list[Any] = [0.5, 2.0, True, False, np.True_, "2", None, np.array([2, 2]), 10**9]
BAD = {
    "output_size": lambda bad: output_size(4, 3, 2, 1, bad),
    "conv_output_size": lambda bad: conv_output_size(bad, 3),
    "conv_input_sizes": lambda bad: conv_input_sizes(4, bad),
    "find_paddings": lambda bad: find_paddings(4, bad, 3),
    "overlap_count": lambda bad: overlap_count(4, 3, dilation=(1, bad)),
    "phase_gains stride": lambda bad: phase_gains(W, stride=bad),
    "phase_gains padding": lambda bad: phase_gains(W, padding=bad),
    "conv_transpose2d": lambda bad: conv_transpose2d(X, W, stride=bad),
    "conv2d groups": lambda bad: conv2d(X, W, groups=bad),
    "conv_matrix": lambda bad: conv_matrix(W, bad),
    "macs in_channels": lambda bad: macs(4, 3, in_channels=bad),
    "macs groups": lambda bad: macs(4, 3, groups=bad),
    "conv_macs out_channels": lambda bad: conv_macs(4, 3, out_channels=bad),
}


def refused(call: Any, message: str | None = None) -> None:
    """Assert that `call` raises a `ConfigError` with one line that matches `message`."""
    with pytest.raises(ConfigError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("bad", [*NO_WHOLE_NUMBERS, -1], ids=repr)
@pytest.mark.parametrize("call", BAD.values(), ids=BAD)
def test_what_is_no_whole_number_is_refused(call, bad):
    refused(lambda: call(bad), "must be a whole number")


@pytest.mark.parametrize("digits", [30, 5000])
@pytest.mark.parametrize("call", BAD.values(), ids=BAD)
def test_numbers_too_large_to_compute_with_are_refused(call, digits):
    for sign in (1, -1):  # Python refuses to print numbers of more than 4,300 digits
        refused(lambda sign=sign: call(sign * 10**digits), "must be a whole number between . and")


@pytest.mark.filterwarnings("error")
def test_whole_numbers_of_numpy_are_whole_numbers_and_do_not_overflow():
    tiny: Any = np.uint8
    wide: Any = np.int64
    assert output_size(tiny(200), tiny(3), tiny(2)) == 401
    assert type(output_size(tiny(200), tiny(3), tiny(2))) is int
    assert conv_output_size(tiny(255), tiny(3), padding=tiny(2)) == 257
    assert conv_input_sizes(tiny(200), tiny(3), tiny(2)) == [401, 402]
    assert find_paddings(tiny(200), wide(401), tiny(3), tiny(2)) == [(0, 0)]
    assert macs(4, 3, in_channels=tiny(200), out_channels=tiny(200))["scatter"] == 16 * 9 * 40_000
    assert overlap_count((tiny(4), wide(4)), tiny(3)).shape == (6, 6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: output_size(4, 3, 2, 1, 0.5), "output_padding must be .* is 0.5"),  # type: ignore[arg-type]  # on purpose
        (lambda: macs(4, 3, in_channels=3, out_channels=4, groups=2), "divide in_channels 3 and"),
        (lambda: macs(4, 3, in_channels=4, out_channels=3, groups=2), "out_channels 3, but is 2"),
        (lambda: macs(4, 3, in_channels=-3), "in_channels must be .* at least 1, but is -3"),
        (lambda: macs(4, 3, groups=0), "groups must be .* at least 1, but is 0"),
        (lambda: conv_macs(4, 3, groups=0), "groups must be .* at least 1, but is 0"),
        (lambda: conv_macs(4, 3, in_channels=4, groups=2), "out_channels 1, but is 2"),
        (lambda: phase_gains(W, stride=0), "stride must be .* at least 1, but is 0"),
        (lambda: phase_gains(W, padding=-1), "padding must be .* at least 0, but is -1"),
        (lambda: phase_gains(W[:, :, :0]), "kernel must be .* at least 1, but is 0"),
        (lambda: conv_inverse(X, W, 5), r"y must have the shape .* \(4, 3, 3\) .* \(2, 4, 5, 5\)"),
        (lambda: conv_inverse(Y[0], W, 5), r"y must have 4 axes .* \(4, 3, 3\)"),
        (lambda: conv_inverse(Y.astype(np.float16), W, 5), "no least squares .* float16"),
        (lambda: conv_inverse(Y, W * np.nan, 5), "no least squares|finite"),
        (lambda: sparse_conv_matrix(W.astype(np.float16), 5), "SciPy stores no float16"),
        (lambda: conv2d([[1]], W), "images must be a NumPy array, but is of type list"),  # type: ignore[arg-type]  # on purpose
        (lambda: conv2d_backward(X, W[:, :1], [1], groups=4), "gradient must be a NumPy array"),  # type: ignore[arg-type]  # on purpose
        (lambda: conv2d(X.astype(str), W), "images must hold numbers"),
        (lambda: conv_transpose2d(X, W[:, :0]), r"must have channels, .* \(4, 0, 3, 3\)"),
        (lambda: conv_transpose2d(X, W, method=[]), "method must be one of"),  # type: ignore[arg-type]  # on purpose
    ],
)
def test_what_cannot_be_is_refused(call, message):
    refused(call, message)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool, np.float32, np.float16, object])
def test_gains_do_not_overflow(dtype):
    gains = phase_gains(np.full((1, 1, 3, 3), 100).astype(dtype), stride=2, padding=1)
    one = 1 if dtype is bool else 100
    assert gains[0, 0].tolist() == [[one, 2 * one], [2 * one, 4 * one]]
    assert gains.dtype == dtype or gains.dtype.itemsize == 8


def test_unequal_counts_do_not_prevent_equal_gains():
    """[½, 1, ½] ⊗ [½, 1, ½]: what an even output needs is a tap in every phase."""
    w = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])[None, None]
    counts = overlap_count(6, 3, stride=2, padding=1, output_padding=1)
    assert counts[2:4, 2:4].tolist() == [[1, 2], [2, 4]]
    assert phase_gains(w, stride=2, padding=1)[0, 0].tolist() == [[1, 1], [1, 1]]
    flat = np.ones((1, 1, 6, 6))
    y = conv_transpose2d(flat, w, stride=2, padding=1, output_padding=1)[0, 0]
    assert (y[:-1, :-1] == 1).all()


@pytest.mark.parametrize("kernel", range(1, 6))
@pytest.mark.parametrize("stride", range(1, 5))
@pytest.mark.parametrize("dilation", range(1, 4))
def test_gains_can_be_equal_exactly_if_every_phase_has_a_tap(kernel, stride, dilation):
    where = {"stride": stride, "dilation": dilation}
    taps = phase_gains(np.ones((1, 1, kernel, kernel)), **where)[0, 0]
    phase = np.arange(kernel) * dilation % stride
    w = 1 / taps[np.ix_(phase, phase)]  # every tap an equal part of its phase
    gains = phase_gains(w[None, None], **where)
    assert (gains == pytest.approx(1)) == (taps > 0).all()


def test_the_checkerboards_of_channels_can_cancel():
    w = np.stack([np.ones((1, 3, 3)), -np.ones((1, 3, 3))])
    assert np.ptp(phase_gains(w, stride=2, padding=1), axis=(2, 3)).tolist() == [[3], [3]]
    y = conv_transpose2d(np.ones((1, 2, 4, 4)), w, stride=2, padding=1)
    assert not y.any()


def test_what_is_said_about_the_number_of_products():
    """`macs` and §9 of the page; counted in `test_arithmetic_cost.py`."""
    fewer = set()
    numbers = itertools.product(range(1, 5), range(1, 5), range(1, 4), range(4), range(3), (1, 2))
    for small, kernel, stride, padding, extra, dilation in numbers:
        try:
            large = output_size(small, kernel, stride, padding, extra, dilation)
        except ConfigError:
            continue
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        counted = macs(small, kernel, **options, output_padding=extra)
        assert counted["padded"] * small**2 == counted["scatter"] * large**2
        assert counted["scatter"] == counted["gradient"]
        assert counted["matrix"] <= min(counted.values())
        if large == stride * small:
            assert counted["subpixel"] == counted["scatter"]
        fewer.add(np.sign(counted["subpixel"] - counted["scatter"]))
    assert fewer == {-1, 0, 1}  # neither always does fewer


# input, kernel, stride, padding, output_padding, dilation
SUMMARIES = {
    (3, 5, 1, 2, 0, 2): "too small to show it, but in a larger one the counts .* are all 5$",
    (1, 3, 2, 0, 0, 1): "too small to show it, .* repeat 2 1: equal weights draw a checkerboard$",
    (2, 2, 2, 0, 0, 1): "^  the counts along an axis are all 1$",
    (4, 4, 2, 1, 0, 1): "^  away from the border, the counts along an axis are all 2$",
    (3, 3, 2, 0, 0, 2): "^  away from .* repeat 3 0: some pixels get no stamp and stay 0",
}


@pytest.mark.parametrize(("numbers", "sentence"), SUMMARIES.items(), ids=str)
def test_what_the_summary_says_about_the_counts(numbers, sentence):
    printed = summary(Scene.of(*numbers).axis, numbers[4])
    (line,) = (line for line in printed.splitlines() if "the counts along an axis" in line)
    assert re.search(sentence, line), line


@pytest.mark.parametrize("numbers", SUMMARIES, ids=str)
def test_one_pixel_is_no_pixels(numbers):
    assert " 1 pixels" not in summary(Scene.of(*numbers).axis, numbers[4])


PAGES = {
    ("subpixel", (4, 3, 2, 1, 1, 1)): "Subpixel: 4 small convolutions of the input as it is, inter",
    ("subpixel", (3, 3, 2, 0, 0, 2)): "1 small convolution of the input as it is, interleaved with",
    ("subpixel", (3, 3, 1, 0, 0, 1)): "Subpixel: 1 convolution of the input as it is.",
    ("subpixel", (1, 1, 4, 0, 0, 1)): "Subpixel: 1 small convolution of the input as it is.",
    ("padded", (4, 3, 2, 1, 1, 1)): "input, stretched and framed to 10×10",
    ("padded", (2, 3, 1, 0, 0, 1)): "input, framed to 6×6",
    ("padded", (5, 3, 1, 3, 0, 1)): "input, cut to 3×3",
    ("padded", (1, 3, 2, 0, 0, 1)): "input, framed to 5×5",
}


@pytest.mark.parametrize(("case", "words"), PAGES.items(), ids=str)
def test_pages_say_what_is_done(case, words):
    view, numbers = case
    page = VIEWS[view].page(Scene.of(*numbers), 0, 1)
    assert words in f"{page.subtitle} {page.columns[0][0].title}"
    assert ("stretch" in page.subtitle) == ("stretched" in words)


PARTS = ("input", "kernel", "stride", "padding", "output_padding", "dilation")
ODD: list[Any] = [-1, 0, 15, 16, 17, 79, 80, 81, 10**6, 10**9, 10**30, 10**5000, True, 1.5, "3"]


@settings(max_examples=300, derandomize=True, database=None)
@given(numbers=st.tuples(*[st.integers(1, 5) | st.sampled_from(ODD)] * len(PARTS)))
def test_every_configuration_is_refused_or_drawn_within_a_second(numbers):
    def scene() -> Scene:
        return ArithmeticConfig(**dict(zip(PARTS, numbers, strict=True))).scene()

    start = time.process_time()
    try:
        drawn = scene()
    except ConfigError:
        refused(scene)
    else:
        assert summary(drawn.axis, numbers[4])
        for view in VIEWS.values():
            count = view.steps(drawn)
            assert view.page(drawn, count - 1, count).title
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    "flags",
    [
        "--input 1 --stride 1000000000",
        "--input 1 --stride 1000",
        f"--dilation {10**29}",
        f"--kernel 1 --padding 0 --dilation {10**29}",
        f"--input {'9' * 5000}",
        "--input 1e3",
        "--input -1",
        "--stride 0x10",
        "--padding true",
        "--kernel nan",
        "--input 16 --stride 6 --padding 20",
    ],
    ids=lambda flags: flags[:40],
)
def test_the_command_refuses_in_one_line(flags, capsys):
    start = time.process_time()
    with pytest.raises(SystemExit) as stop:
        cli.run(lambda: cli.parse(ArithmeticConfig, flags.split()).scene())
    assert time.process_time() - start < 1
    assert stop.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
