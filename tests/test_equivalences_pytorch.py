"""PyTorch's own layers against the transposed convolutions that they are."""

import numpy as np
import pytest

from deconv.arithmetic.equivalences import (
    bilinear_as_transposed,
    blurred_as_transposed,
    nearest_as_transposed,
    subpixel_as_transposed,
)

torch = pytest.importorskip("torch")
nn = torch.nn


def with_kernel(layer, w):
    layer.weight.data = torch.from_numpy(np.ascontiguousarray(w))
    return layer


def convolution(w):
    return with_kernel(nn.Conv2d(w.shape[1], w.shape[0], 3, padding=1, bias=False), w)


def transposed(w, padding):
    options = {"stride": 2, "padding": padding, "bias": False}
    return with_kernel(nn.ConvTranspose2d(*w.shape[:3], **options), w)


def subpixel(w):
    return nn.Sequential(convolution(w), nn.PixelShuffle(2))


def nearest(w):
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), convolution(w))


def bilinear(w):
    resize = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
    return nn.Sequential(resize, convolution(w))


def blurred(w):
    return nn.Sequential(transposed(w, padding=0), nn.AvgPool2d(2, stride=1))


@pytest.mark.parametrize(
    ("layer", "shape", "convert", "padding"),
    [
        (subpixel, (20, 3, 3, 3), subpixel_as_transposed, 2),
        (nearest, (5, 3, 3, 3), nearest_as_transposed, 1),
        (bilinear, (5, 3, 3, 3), bilinear_as_transposed, 2),
        (blurred, (3, 5, 3, 3), blurred_as_transposed, 1),
    ],
)
def test_pytorch_computes_the_same(layer, shape, convert, padding):
    rng = np.random.default_rng(2)
    x = torch.from_numpy(rng.standard_normal((2, 3, 7, 7), np.float32))
    w = rng.standard_normal(shape, np.float32)
    expected = layer(w)(x).detach().numpy()
    result = transposed(convert(w), padding)(x).detach().numpy()
    assert result.shape == expected.shape == (2, 5, 14, 14)
    inside = np.s_[:, :, 2:-2, 2:-2] if layer is bilinear else np.s_[:]
    np.testing.assert_allclose(result[inside], expected[inside], rtol=0, atol=1e-5)
