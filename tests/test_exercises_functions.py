"""What students write, in their own words, and what the checks say about it."""

import linecache
import time

import numpy as np
import pytest

from deconv.exercises.course import catalogue


def judged(name, source, function):
    """The verdict on a function that is written in a cell of its own."""
    file = f"<cell of {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace = {"np": np}
    exec(compile(source, file, "exec"), namespace)
    return catalogue()[name].question("").judge(namespace[function])


STAMP = """
def stamp(x, w, stride):
    rows = (x.shape[0] - 1) * stride + w.shape[0]
    columns = (x.shape[1] - 1) * stride + w.shape[1]
    y = np.zeros((rows, columns))
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            for a in range(w.shape[0]):
                for b in range(w.shape[1]):
                    y[i * stride + a, j * stride + b] += x[i, j] * w[a, b]
    return y
"""
STEP_2 = """
def upsample(x, w, stride, padding, output_padding):
    out = [(n - 1) * stride + k + output_padding for n, k in zip(x.shape, w.shape)]
    y = np.zeros(out)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i*stride:i*stride+w.shape[0], j*stride:j*stride+w.shape[1]] += x[i, j] * w
    return y[padding:out[0] - padding, padding:out[1] - padding]
"""
STEP_3 = """
def conv_transpose(x, w, stride, padding, output_padding):
    n, channels, height, width = x.shape
    _, out, kh, kw = w.shape
    rows = (height - 1) * stride + kh + output_padding
    columns = (width - 1) * stride + kw + output_padding
    y = np.zeros((n, out, rows, columns))
    for image in range(n):
        for o in range(out):
            for c in range(channels):
                for i in range(height):
                    for j in range(width):
                        y[image, o, i*stride:i*stride+kh, j*stride:j*stride+kw] += (
                            x[image, c, i, j] * w[c, o])
    return y[:, :, padding:rows - padding, padding:columns - padding]
"""
SIZE = """
def size(n, kernel, stride, padding, output_padding, dilation):
    return (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
"""
PSNR = """
def mean_psnr(reconstructions, images):
    values = []
    for one, other in zip(reconstructions, images):
        mse = np.mean((one - other) ** 2)
        values.append(20 * np.log10(2 / mse ** 0.5))
    return sum(values) / len(values)
"""


WRITTEN = {
    "build-stamp": (STAMP, "stamp"),
    "build-crop": (STEP_2, "upsample"),
    "build-channels": (STEP_3, "conv_transpose"),
    "size-function": (SIZE, "size"),
    "build-psnr": (PSNR, "mean_psnr"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_other_right_ways_to_write_it_pass(name):
    assert judged(name, *WRITTEN[name]) == ("right", "")


MISTAKES = [
    ("build-stamp", ("+= x", "= x"), "must add: += and not ="),
    ("build-stamp", ("w[a, b]", "w[-1 - a, -1 - b]"), "is flipped"),
    ("build-stamp", ("[i * stride + a, j * stride", "[i + a, j"), "Stamps are a stride apart"),
    ("build-crop", ("+ k + output_padding", "+ k"), "The output padding is missing"),
    ("build-channels", ("w[c, o]", "w[c, 0]"), "you use the first for all"),
    ("size-function", ("- 2 * padding", "+ 2 * padding"), "you add it"),
    ("size-function", ("dilation * (kernel - 1)", "kernel - 1"), "further than it has taps"),
    ("size-function", ("(n - 1)", "n"), "one step less"),
    ("build-psnr", ("(2 / mse", "(1 / mse"), "MAX = 1"),
    ("build-psnr", ("20 *", "10 *"), "10 should be a 20"),
    ("build-psnr", (" / len(values)", ""), "The mean over the images is missing"),
]


@pytest.mark.parametrize(("name", "change", "said"), MISTAKES)
def test_the_usual_mistakes_are_named(name, change, said):
    source, function = WRITTEN[name]
    assert change[0] in source
    verdict = judged(name, source.replace(*change), function)
    assert verdict.state == "wrong"
    assert said in verdict.message
    assert "The smallest case in which it happens:" in verdict.message


def test_output_padding_that_adds_zeros_is_named():
    source = (
        STAMP
        + """
def upsample(x, w, stride, padding, output_padding):
    y = stamp(x, w, stride)
    y = y[padding:y.shape[0] - padding, padding:y.shape[1] - padding]
    return np.pad(y, ((0, output_padding), (0, output_padding)))
"""
    )
    assert "does not add zeros" in judged("build-crop", source, "upsample").message


def test_the_direct_formula_is_named():
    source = """
def size(n, kernel, stride, padding, output_padding, dilation):
    return (n + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
"""
    assert "formula of the direct convolution" in judged("size-function", source, "size").message


def test_a_mistake_that_nobody_listed_still_shows_the_smallest_case():
    source = STAMP.replace("return y", "return y + (y.size > 6)")
    message = judged("build-stamp", source, "stamp").message
    assert message.startswith("The shape is right. The first number that is not: [0, 0]")
    assert "  x = [[" in message
    assert "  stride = " in message


BODIES = {
    "raises": ("return x[99]", "It stops in line 2, `return x[99]`, with IndexError: index 99"),
    "divides by zero": ("return 1 / 0", "ZeroDivisionError: division by zero"),
    "ends Python": ("raise SystemExit", "with SystemExit"),
    "is interrupted": ("raise KeyboardInterrupt", "You stopped it"),
    "calls itself for ever": ("return stamp(x, w, stride)", "RecursionError"),
    "asks for all memory": ("return np.zeros(10**15)", "MemoryError"),
    "raises what cannot be shown": (
        "class Shy(Exception):\n        __str__ = None\n    raise Shy",
        "with Shy",
    ),
    "forgets to return": ("y = x * 2", "Is there a `return`"),
    "returns text": ("return 'done'", "What it returns is text"),
    "returns itself": ("return stamp", "a function"),
    "returns a generator": ("yield x", "of the type generator"),
    "returns ragged lists": ("return [[1], [2, 3]]", "of the type list"),
    "returns another shape": ("return np.zeros((7, 7))", "the shape (7, 7), but"),
    "returns one number": ("return 3", "It returns one number, but the shape"),
    "returns nan": ("return 0.0 * stride * x * w * np.nan", "not a finite number"),
    "returns complex numbers": ("return x * w * 1j", "complex numbers, and not a number"),
}


@pytest.mark.parametrize("behaviour", BODIES)
def test_a_function_that_misbehaves_is_told_so(behaviour):
    body, said = BODIES[behaviour]
    verdict = judged("build-stamp", f"def stamp(x, w, stride):\n    {body}\n", "stamp")
    assert verdict.state == "wrong"
    assert said in verdict.message
    assert "Traceback" not in verdict.message


def test_a_function_with_other_arguments_is_told_so():
    verdict = judged("build-stamp", "def stamp(x):\n    return x\n", "stamp")
    assert "TypeError: stamp() takes 1 positional argument but 3 were given" in verdict.message


def test_an_asynchronous_function_is_told_so(recwarn):
    verdict = judged("build-stamp", "async def stamp(x, w, s):\n    return x\n", "stamp")
    assert "coroutine" in verdict.message
    assert not [warning for warning in recwarn if "never awaited" in str(warning.message)]


@pytest.mark.parametrize(
    "body",
    [
        "while True:\n        try: print('on and on')\n        except Exception: pass",
        "import time; time.sleep(60)",
    ],
)
def test_a_function_that_never_ends_is_stopped(body):
    begun = time.monotonic()
    verdict = judged("build-stamp", f"def stamp(x, w, stride):\n    {body}\n", "stamp")
    assert "had not ended after 0.8 seconds" in verdict.message
    assert time.monotonic() - begun < 30  # and not 60, on however busy a machine


def test_what_a_function_prints_is_shown_once_and_shortly(capsys):
    source = STAMP.replace("    return y", "    print('shape', y.shape)\n    return 2 * y")
    message = judged("build-stamp", source, "stamp").message
    assert message.count("shape (1, 1)") == 1
    assert capsys.readouterr() == ("", "")
    chatty = "def stamp(x, w, stride):\n    print('much ' * 10**6)\n    return x\n"
    assert len(judged("build-stamp", chatty, "stamp").message) < 2_000


def test_warnings_of_numpy_do_not_reach_the_notebook(capsys, recwarn):
    source = PSNR.replace("np.log10(2 / mse ** 0.5)", "np.log10(0 * mse)")
    assert judged("build-psnr", source, "mean_psnr").state == "wrong"
    assert capsys.readouterr() == ("", "")
    assert len(recwarn) == 0


def test_a_function_that_changes_its_input_is_told_so():
    source = STAMP.replace("    return y", "    x *= 0\n    return y")
    verdict = judged("build-stamp", source, "stamp")
    assert verdict.state == "wrong"
    assert "changes its argument x in place" in verdict.message


def test_the_next_check_gets_the_same_cases_whatever_was_done_to_these():
    spoil = "def stamp(x, w, stride):\n    x *= 0\n    w *= 0\n    return x\n"
    question = catalogue()["build-stamp"].question("")
    namespace: dict = {"np": np}
    exec(spoil + STAMP.replace("stamp", "good"), namespace)
    question.judge(namespace["stamp"])
    assert question.judge(namespace["good"]).state == "right"


def test_a_result_instead_of_the_function_is_told_so():
    verdict = catalogue()["build-stamp"].question("").judge(np.zeros((2, 2)))
    assert "without brackets after its name: stamp, not stamp(…)" in verdict.message


def test_an_answer_that_is_a_function_is_told_so():
    verdict = catalogue()["stamp-size"].question("").judge(lambda: 14)
    assert "a function, not what it returns" in verdict.message
