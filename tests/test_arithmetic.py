"""The arithmetic by hand: numbers small enough to check with a pencil."""

from typing import Any

import numpy as np
import pytest

from deconv.arithmetic import (
    METHODS,
    conv2d,
    conv2d_backward,
    conv_input_sizes,
    conv_inverse,
    conv_matrix,
    conv_output_size,
    conv_transpose2d,
    conv_transpose2d_backward,
    find_paddings,
    output_size,
    sparse_conv_matrix,
)
from deconv.errors import UserError

every_method = pytest.mark.parametrize("method", METHODS)


def image(rows) -> np.ndarray:
    """One image, or one kernel, of one channel."""
    return np.array(rows)[None, None]


COUNTING = image([[1, 2, 3], [4, 5, 6], [7, 8, 9]])  # no symmetry: a missing flip shows


@every_method
def test_the_worked_example(method):
    x = k = image([[0, 1], [2, 3]])
    expected = [[0, 0, 1], [0, 4, 6], [4, 12, 9]]
    assert conv_transpose2d(x, k, method=method)[0, 0].tolist() == expected


@every_method
def test_a_single_one_stamps_the_kernel_unflipped(method):
    y = conv_transpose2d(image([[0, 0], [0, 1]]), COUNTING, stride=2, method=method)
    assert y[0, 0, 2:, 2:].tolist() == COUNTING[0, 0].tolist()
    assert y[0, 0, :2].sum() == y[0, 0, :, :2].sum() == 0


# The three classic examples (Dumoulin and Visin 2018, figures 2.1, 4.1 and 4.5).

MATRIX_4_TO_2 = [
    [1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 0, 0, 0, 0],
    [0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 0, 0, 0],
    [0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0],
    [0, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9],
]


def test_classic_1_direct_4_to_2_and_back_through_the_transposed_matrix():
    x = image(np.arange(16).reshape(4, 4))
    y = conv2d(x, COUNTING)
    assert y[0, 0].tolist() == [[303, 348], [483, 528]]

    matrix = conv_matrix(COUNTING, 4)
    assert matrix.tolist() == MATRIX_4_TO_2
    assert (sparse_conv_matrix(COUNTING, 4).toarray() == matrix).all()
    assert (matrix @ x.ravel()).tolist() == y.ravel().tolist()

    back = conv_transpose2d(y, COUNTING)
    assert back.shape == (1, 1, 4, 4)
    assert (matrix.T @ y.ravel()).tolist() == back.ravel().tolist()


@every_method
def test_classic_2_padded_to_6_gives_4(method):
    padded = np.zeros((6, 6), dtype=int)
    padded[2:4, 2:4] = [[1, 2], [3, 4]]
    y = conv_transpose2d(image([[1, 2], [3, 4]]), COUNTING, method=method)
    assert y[0, 0].tolist() == slide(padded, COUNTING[0, 0, ::-1, ::-1])
    assert y[0, 0].tolist() == [
        [1, 4, 7, 6],
        [7, 23, 33, 24],
        [19, 53, 63, 42],
        [21, 52, 59, 36],
    ]


@every_method
def test_classic_3_stretched_and_padded_to_7_gives_5(method):
    stretched = np.zeros((7, 7), dtype=int)
    stretched[2:5:2, 2:5:2] = [[1, 2], [3, 4]]
    y = conv_transpose2d(image([[1, 2], [3, 4]]), COUNTING, stride=2, method=method)
    assert y[0, 0].tolist() == slide(stretched, COUNTING[0, 0, ::-1, ::-1])
    assert y[0, 0].tolist() == [
        [1, 2, 5, 4, 6],
        [4, 5, 14, 10, 12],
        [10, 14, 36, 24, 30],
        [12, 15, 34, 20, 24],
        [21, 24, 55, 32, 36],
    ]


def slide(padded: np.ndarray, kernel: np.ndarray) -> list[list[int]]:
    """A direct convolution as plainly as it can be said."""
    height, width = (n - 2 for n in padded.shape)
    return [
        [int((padded[i : i + 3, j : j + 3] * kernel).sum()) for j in range(width)]
        for i in range(height)
    ]


def test_transposed_is_not_inverse():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 1, 5, 5)), rng.standard_normal((1, 1, 3, 3))
    options: dict[str, Any] = {"stride": 2, "padding": 1}
    y = conv2d(x, w, **options)

    def error(guess: np.ndarray) -> float:
        return float(np.linalg.norm(guess - x) / np.linalg.norm(x))

    transposed = conv_transpose2d(y, w, **options)
    best = conv_inverse(y, w, 5, **options)
    assert transposed.shape == x.shape
    assert error(transposed) > 1  # worse than answering 0 everywhere
    assert not np.allclose(conv2d(transposed, w, **options), y)
    # 9 outputs cannot determine 25 inputs, but least squares explains all 9 of them.
    assert 0.1 < error(best) < 1
    np.testing.assert_allclose(conv2d(best, w, **options), y, atol=1e-10)


def test_least_squares_inverts_where_nothing_is_lost():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 1, 4, 4)), rng.standard_normal((1, 1, 3, 3))
    y = conv2d(x, w, padding=2)  # 36 outputs for 16 inputs
    np.testing.assert_allclose(conv_inverse(y, w, 4, padding=2), x, atol=1e-10)
    assert not np.allclose(conv_transpose2d(y, w, padding=2), x)


def test_sizes_of_the_baseline():
    assert [conv_output_size(n, 3, stride=2, padding=1) for n in (28, 14)] == [14, 7]
    upsample = {"kernel": 3, "stride": 2, "padding": 1}
    assert [output_size(n, **upsample, output_padding=1) for n in (7, 14)] == [14, 28]
    assert [output_size(n, **upsample) for n in (7, 13)] == [13, 25]


def test_several_inputs_share_an_output_and_output_padding_chooses():
    layer = {"kernel": 3, "stride": 2, "padding": 1}
    assert conv_input_sizes(7, **layer) == [13, 14]
    assert [output_size(7, **layer, output_padding=extra) for extra in (0, 1)] == [13, 14]
    assert conv_input_sizes(2, kernel=5, stride=3, padding=4) == [1, 2]  # 0 is no size


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(3, 1, 0), (3, 2, 1), (5, 3, 2)])
@pytest.mark.parametrize("more", [0, 1, 4])
def test_too_much_output_padding_says_what_a_convolution_would_make(kernel, stride, padding, more):
    layer = {"kernel": kernel, "stride": stride, "padding": padding}
    large = output_size(7, **layer) + stride + more
    made = conv_output_size(large, **layer)
    sentence = f"of the {large} pixels, a convolution would make {made}, not 7$"
    with pytest.raises(UserError, match=sentence):
        output_size(7, **layer, output_padding=stride + more)


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("dilation", [1, 2])
def test_input_sizes_are_all_of_them(kernel, stride, dilation):
    layer = {"kernel": kernel, "stride": stride, "padding": kernel // 2, "dilation": dilation}
    first = max(1, dilation * (kernel - 1) + 1 - 2 * (kernel // 2))
    for size in range(1, 6):
        found = [n for n in range(first, 60) if conv_output_size(n, **layer) == size]
        if found:
            assert conv_input_sizes(size, **layer) == found


def test_the_paddings_of_a_doubling_layer():
    assert find_paddings(7, 14, kernel=3, stride=2) == [(1, 1)]
    assert find_paddings(7, 14, kernel=4, stride=2) == [(1, 0)]
    assert find_paddings(2, 7, kernel=3, stride=3) == [(0, 1)]
    assert find_paddings(3, 3, kernel=3, stride=4) == [(4, 0), (5, 2)]


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 2, 1), (2, 1, 3), (4, 3, 2)])
def test_paddings_are_all_of_them(kernel, stride, dilation):
    for target in range(1, 20):
        layer = {"kernel": kernel, "stride": stride, "dilation": dilation}
        found = []
        for extra in range(max(stride, dilation)):
            full = output_size(4, **layer, output_padding=extra)
            choices = range((full - 1) // 2 + 1)
            found += [
                (padding, extra)
                for padding in choices
                if output_size(4, **layer, padding=padding, output_padding=extra) == target
            ]
        if found:
            assert find_paddings(4, target, **layer) == found
        else:
            with pytest.raises(ValueError, match=f"no padding maps 4 to {target} "):
                find_paddings(4, target, **layer)


X, W = np.ones((2, 4, 5, 5)), np.ones((4, 3, 3, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: output_size(2, 3, padding=3), r"the output would have -2 pixels: \(2 − 1\)·1 −"),
        (lambda: output_size(2, 3, stride=2, output_padding=2), "below .* stride 2 .* but is 2"),
        (lambda: output_size(2, 3, output_padding=-1), "at least 0.* but is -1"),
        (lambda: output_size(2, 3, stride=0), "stride must be .* at least 1, but is 0"),
        (lambda: output_size(2, 3, padding=-1), "padding must be .* at least 0, but is -1"),
        (lambda: output_size(2, 3, dilation=1.5), "dilation must be a whole number .* is 1.5"),  # type: ignore[arg-type]  # on purpose
        (lambda: conv_output_size(2, 5, padding=1), "kernel of 5 .* input of 2 .* has 4"),
        (lambda: conv_output_size(4, 3, dilation=2), "reaches over 5 pixels"),
        (lambda: conv_input_sizes(1, 3, padding=4), "no input becomes 1 pixel with kernel 3"),
        (lambda: find_paddings(4, 9, 3), "no padding maps 4 to 9 .* largest output is 6"),
        (lambda: find_paddings(4, 5, 3), "2 at a time from 6"),
        (lambda: find_paddings(4, 0, 3), "target size must be .* at least 1, but is 0"),
        (lambda: conv2d(X, W), r"4 channels, .* \(4, 3, 3, 3\) in 1 group\(s\) reads 3"),
        (lambda: conv2d(X, W[:, :2], groups=3), "groups must divide .* but is 3"),
        (lambda: conv_transpose2d(X, W[:3]), r"4 channels, .* \(3, 3, 3, 3\) .* reads 3"),
        (lambda: conv_transpose2d(X, W, groups=0), "groups must be .* at least 1, but is 0"),
        (lambda: conv_transpose2d(X[0], W), r"images must have 4 axes .* \(4, 5, 5\)"),
        (lambda: conv_transpose2d(X, W, stride=(1, 2, 3)), r"stride must be .* \(1, 2, 3\)"),  # type: ignore[arg-type]  # on purpose
        (lambda: conv_transpose2d(X, W, method="magic"), "scatter, .* but is 'magic'"),  # type: ignore[arg-type]  # on purpose
        (lambda: conv_matrix(W[0], 5), "4 axes"),
        (lambda: sparse_conv_matrix(W[0], 5), "4 axes"),
        (lambda: conv_inverse(X, W, 5), r"y must have .* \(4, 3, 3\) .* has \(2, 4, 5, 5\)"),
        (lambda: conv2d_backward(X, W[:, :1], X, groups=4), r"\(2, 4, 3, 3\), but .* 5, 5\)"),
        (lambda: conv_transpose2d_backward(X, W, X), r"\(2, 3, 7, 7\), but has \(2, 4, 5, 5\)"),
    ],
)
def test_wrong_geometry_says_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert isinstance(caught.value, UserError)
    assert "\n" not in str(caught.value)


FORMATS = [np.float16, np.float32, np.float64, np.int32]


@pytest.mark.parametrize("dtype", FORMATS)
@every_method
def test_the_number_format_stays(dtype, method):
    x, w = X.astype(dtype), W.astype(dtype)
    assert conv_transpose2d(x, w, stride=2, method=method).dtype == dtype
    y = conv2d(x, w.swapaxes(0, 1), stride=2)
    assert y.dtype == dtype
    if dtype is not np.int32:  # sums of whole numbers are widened
        gradients = conv2d_backward(x, w.swapaxes(0, 1), y, stride=2)
        assert {one.dtype for one in gradients} == {np.dtype(dtype)}


@pytest.mark.parametrize("dtype", FORMATS)
@every_method
def test_small_whole_numbers_are_exact_in_every_format(dtype, method):
    rng = np.random.default_rng(0)
    x, w = rng.integers(-3, 4, (2, 4, 3, 5)), rng.integers(-3, 4, (4, 3, 3, 2))
    options = {"stride": 2, "padding": 1, "output_padding": 1}
    expected = conv_transpose2d(x, w, **options, method="scatter")
    y = conv_transpose2d(x.astype(dtype), w.astype(dtype), **options, method=method)
    assert y.tolist() == expected.tolist()


@every_method
def test_formats_that_meet_give_the_wider_one(method):
    narrow, wide = np.float16, np.float32
    for one, other in ((narrow, wide), (wide, narrow)):
        assert conv_transpose2d(X.astype(one), W.astype(other), method=method).dtype == wide


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("groups", [1, 2])
@every_method
def test_no_images_give_no_images(dtype, groups, method):
    none, w = np.zeros((0, 4, 5, 6), dtype), np.ones((4, 3, 3, 3), dtype)
    y = conv_transpose2d(none, w, stride=2, groups=groups, method=method)
    assert (y.shape, y.dtype) == ((0, 3 * groups, 11, 13), dtype)


def test_no_images_go_through_everything_else():
    none, w = np.zeros((0, 4, 5, 6)), np.ones((3, 4, 3, 3))
    y = conv2d(none, w)
    assert y.shape == (0, 3, 3, 4)
    assert conv_inverse(y, w, (5, 6)).shape == none.shape
    for x, grad, backward in ((none, y, conv2d_backward), (y, none, conv_transpose2d_backward)):
        gradients = backward(x, w, grad)
        assert [one.shape for one in gradients] == [x.shape, w.shape, grad.shape[1:2]]
        assert not gradients.w.any()
        assert not gradients.b.any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64, object])
def test_the_matrix_has_the_number_format_of_the_kernel(dtype):
    matrix = conv_matrix(COUNTING.astype(dtype), 4)
    assert matrix.dtype == dtype
    assert matrix.tolist() == MATRIX_4_TO_2


def test_sparse_and_dense_matrix_are_equal_and_the_sparse_one_stores_no_zeros():
    w = np.random.default_rng(0).standard_normal((3, 2, 3, 2))
    options: dict[str, Any] = {"stride": (2, 1), "padding": 1, "dilation": (1, 2)}
    sparse, dense = sparse_conv_matrix(w, (5, 6), **options), conv_matrix(w, (5, 6), **options)
    assert (sparse.toarray() == dense).all()
    assert sparse.nnz == np.count_nonzero(dense)
    x = np.random.default_rng(1).standard_normal((1, 2, 5, 6))
    np.testing.assert_allclose(dense @ x.ravel(), conv2d(x, w, **options).ravel(), atol=1e-12)
