"""What needs no network: the linear map is the best one, the others are what they are called."""

import numpy as np
import pytest
from PIL import Image

from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.data.tasks import inputs
from deconv.metrics import psnr, to_unit_range
from deconv.study import linear
from deconv.study.references import references, super_resolved


@pytest.fixture(scope="module")
def splits(few_garments):
    return load_splits(RunConfig(dataset="synthetic"))


def test_no_linear_map_is_better_on_the_images_it_was_fitted_to(splits):
    train = to_unit_range(splits.train[:400])
    found = super_resolved(train, train)
    errors = {name: x - train[..., 0] for name, x in found.items()}
    assert (
        np.square(errors["best linear map"]).mean() < np.square(errors["bicubic resizing"]).mean()
    )
    # What is left has nothing in common with any input, so no weight can make it smaller.
    given = inputs("super-resolve", train).reshape(len(train), 49)
    left = errors["best linear map"].reshape(len(train), 784)
    assert np.abs(given.T @ left).max() < 1e-4 * len(train)
    assert np.abs(left.sum(0)).max() < 1e-4 * len(train)


def test_bicubic_resizing_is_pillows(splits):
    test = to_unit_range(splits.test[:1])
    small = Image.fromarray(inputs("super-resolve", test)[0, ..., 0])
    expected = np.asarray(small.resize((28, 28), Image.Resampling.BICUBIC))
    np.testing.assert_allclose(
        super_resolved(test, test)["bicubic resizing"][0], expected, atol=1e-5
    )


def test_measures_are_those_of_the_test_images_and_of_as_many_training_images(splits):
    (name,) = found = references("reconstruct --latent 32", splits, 300)
    test = to_unit_range(splits.test)
    components = linear.pca(to_unit_range(splits.train[:300]))
    drawn = linear.reconstruct(components, test, 32).clip(-1, 1)
    assert found[name]["psnr"] == pytest.approx(psnr(drawn, test[..., 0]).mean())
    assert not references("segment", splits, 300)
