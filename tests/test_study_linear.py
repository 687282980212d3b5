"""Codes without a network: PCA against its own theory, bicubic resizing against Pillow's."""

import numpy as np
import pytest
from PIL import Image

from deconv import metrics
from deconv.config import RunConfig
from deconv.data.archives import find_data_dir, missing_archives
from deconv.data.splits import load_splits
from deconv.data.synthetic import draw_garments
from deconv.errors import ConfigError, DataError, ImageError
from deconv.study.linear import (
    PIXELS,
    baselines,
    bicubic,
    pca,
    predicted_mse,
    reconstruct,
)


@pytest.fixture(scope="module")
def garments() -> np.ndarray:
    """1,000 drawn garments: float32 `(1000, 28, 28, 1)` in [-1, 1]."""
    return metrics.to_unit_range(draw_garments(1000, seed=6)[0])


@pytest.fixture(scope="module")
def components(garments):
    return pca(garments)


def test_images_on_a_line_have_one_component():
    rng = np.random.default_rng(0)
    direction = rng.uniform(-1, 1, PIXELS)
    direction /= np.abs(direction).max()
    places = rng.uniform(-0.4, 0.4, (50, 1))
    images = (0.5 + places * direction).reshape(-1, 28, 28)
    found = pca(images)
    unit = direction / np.linalg.norm(direction)
    assert np.abs(found.components[0] @ unit) == pytest.approx(1)
    assert found.components[0][np.abs(unit).argmax()] > 0
    assert found.eigenvalues[0] == pytest.approx(places.var() * (direction**2).sum())
    assert found.eigenvalues[1:] == pytest.approx(0, abs=1e-12)
    assert reconstruct(found, images, 1) == pytest.approx(images)
    assert found.mean == pytest.approx(images.mean(0).ravel())


def test_components_are_orthonormal_and_their_variances_fall(components):
    product = components.components @ components.components.T
    np.testing.assert_allclose(product, np.eye(PIXELS), rtol=0, atol=1e-10)
    assert (np.diff(components.eigenvalues) <= 0).all()
    assert components.eigenvalues.min() >= 0


@pytest.mark.parametrize("numbers", [0, 1, 8, 100, PIXELS])
def test_the_error_on_the_training_images_is_the_tail_of_the_eigenvalues(
    garments, components, numbers
):
    error = np.square(reconstruct(components, garments, numbers) - garments[..., 0]).mean()
    assert error == pytest.approx(predicted_mse(components, numbers), abs=1e-12)


def test_no_other_linear_code_is_better(garments, components):
    """Random codes of 8 numbers, each with the decoder that suits it best."""
    pixels = garments.reshape(-1, PIXELS) - components.mean
    rng = np.random.default_rng(0)
    for encoder in (rng.standard_normal((8, PIXELS)), components.components[1:9]):
        codes = pixels @ encoder.T
        decoder, *_ = np.linalg.lstsq(codes, pixels)
        error = np.square(codes @ decoder - pixels).mean()
        assert error > predicted_mse(components, 8)


def test_the_first_components_are_the_same_whichever_are_asked_for(garments, components):
    few = reconstruct(components, garments[:3], 5)
    more = reconstruct(components, garments[:3], 6)
    pixels = garments[:3].reshape(3, PIXELS) - components.mean
    sixth = np.outer(pixels @ components.components[5], components.components[5])
    assert (more - few).reshape(3, PIXELS) == pytest.approx(sixth, abs=1e-10)


@pytest.mark.parametrize("side", [3, 8, 14, 23, 28])
def test_bicubic_is_what_pillow_makes_of_every_image(garments, side):
    for image, result in zip(garments[:5, ..., 0], bicubic(garments[:5], side), strict=True):
        small = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
        large = small.resize((28, 28), Image.Resampling.BICUBIC)
        assert result == pytest.approx(np.asarray(large), abs=1e-5)


@pytest.mark.parametrize("side", [2, 4, 7, 14])
def test_bicubic_moves_nothing(side):
    """Half-pixel centres: what is symmetric stays symmetric, and flat stays flat."""
    y, x = (np.mgrid[:28, :28] - 13.5) / 14
    image = np.exp(-3 * (x**2 + 2 * y**2))[None]
    result = bicubic(image, side)
    assert result == pytest.approx(result[:, ::-1, ::-1], abs=1e-6)
    assert bicubic(np.full((1, 28, 28), 0.3), side) == pytest.approx(0.3, abs=1e-6)


def test_bicubic_does_not_alias():
    """A checkerboard of single pixels has a mean of 0, and a small picture of it is grey."""
    board = (-1.0) ** np.add.outer(np.arange(28), np.arange(28))[None]
    assert np.abs(bicubic(board, 7)).max() < 0.05


def test_the_rows_say_what_each_code_is_worth(garments, components):
    train, images = garments[:800], garments[800:]
    rows = baselines(train, images, numbers=(8, 32, 128, PIXELS))
    assert [row.numbers for row in rows if row.method == "pca"] == [8, 32, 128, 784]
    assert [row.numbers for row in rows if row.method == "bicubic"] == [9, 36, 121, 784]
    for method in ("pca", "bicubic"):
        of_method = [row for row in rows if row.method == method]
        assert of_method == sorted(of_method, key=lambda row: row.psnr)
        assert of_method == sorted(of_method, key=lambda row: row.ssim)
        assert of_method[-1].psnr > 200  # all the numbers there are: rounding errors alone
    eighth = reconstruct(pca(train), images, 8).clip(-1, 1)
    scores = metrics.scores(eighth, images[..., 0].astype(np.float64))
    assert rows[0][2:] == pytest.approx((scores.mse, scores.psnr, scores.ssim))


@pytest.mark.parametrize("numbers", [-1, 785])
def test_components_that_are_not_there_are_refused(garments, components, numbers):
    with pytest.raises(ConfigError, match=f"784 components, but {numbers}"):
        reconstruct(components, garments, numbers)
    with pytest.raises(ConfigError):
        predicted_mse(components, numbers)


@pytest.mark.parametrize("side", [0, 29])
def test_pictures_larger_than_the_image_are_refused(garments, side):
    with pytest.raises(ConfigError, match=f"but is {side}"):
        bicubic(garments, side)


def test_arrays_that_are_no_images_are_refused():
    with pytest.raises(ImageError, match="uint8"):
        pca(np.zeros((3, 28, 28), np.uint8))
    with pytest.raises(ImageError, match="shape"):
        bicubic(np.zeros((3, 14, 14)), 7)


@pytest.mark.slow
def test_32_numbers_of_fashion_mnist():
    """The figures of the real photographs, where they are."""
    try:
        absent = missing_archives(find_data_dir(None))
    except DataError as error:
        pytest.skip(str(error))
    if absent:
        pytest.skip(f"Fashion-MNIST is not here: {', '.join(absent)} missing")
    splits = load_splits(RunConfig(dataset="fashion-mnist"))
    found = pca(metrics.to_unit_range(splits.train))
    images = metrics.to_unit_range(splits.validation)
    errors = metrics.mse(reconstruct(found, images, 32).clip(-1, 1), images[..., 0].astype(float))
    assert errors.mean() == pytest.approx(predicted_mse(found, 32), rel=0.05)
