"""The drawn garments must be a dataset: repeatable, varied, and worth classifying."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from deconv.data.synthetic import draw_garments

TROUSER, PULLOVER, COAT, SNEAKER, BAG, ANKLE_BOOT = 1, 2, 4, 7, 8, 9


@pytest.fixture(scope="module")
def drawn():
    return draw_garments(10_000, seed=0)


def class_means(images, labels):
    return np.stack([images[labels == label].mean(axis=0) for label in range(10)])


def nearest(images, means):
    """Index of the mean picture with the smallest squared distance to each image."""
    distance = [((images - mean) ** 2).sum(axis=(1, 2)) for mean in means]
    return np.argmin(distance, axis=0)


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501])
def test_as_many_images_and_labels_as_asked_for(count):
    images, labels = draw_garments(count, seed=0)
    assert images.shape == (count, 28, 28)
    assert labels.shape == (count,)
    assert images.dtype == labels.dtype == np.uint8


def test_same_seed_draws_the_same():
    images, labels = draw_garments(1000, seed=3)
    again, labels_again = draw_garments(1000, seed=3)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)


def test_another_seed_draws_other_images_in_another_order():
    images, labels = draw_garments(500, seed=0)
    others, other_labels = draw_garments(500, seed=1)
    assert not {image.tobytes() for image in images} & {image.tobytes() for image in others}
    assert (labels != other_labels).any()


@pytest.mark.parametrize("count", [100, 700])
def test_a_smaller_count_gives_the_first_images_of_a_larger_one(drawn, count):
    images, labels = draw_garments(count, seed=0)
    np.testing.assert_array_equal(images, drawn[0][:count])
    np.testing.assert_array_equal(labels, drawn[1][:count])


def test_every_500_labels_hold_50_of_each_class_shuffled(drawn):
    for block in drawn[1].reshape(-1, 500):
        np.testing.assert_array_equal(np.bincount(block), np.full(10, 50))
        assert (block != np.arange(500) % 10).any()
        assert (block != np.sort(block)).any()


def test_no_two_images_are_alike(drawn):
    assert len({image.tobytes() for image in drawn[0]}) == len(drawn[0])


def test_background_is_black_and_garments_are_seen(drawn):
    images, _ = drawn
    corners = images[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 0).mean() > 0.97
    assert images.max(axis=(1, 2)).min() > 25  # the darkest garment
    assert images.max() > 250


def test_brightness_is_near_that_of_fashion_mnist(drawn):
    images = drawn[0] / 255
    assert images.mean() == pytest.approx(0.286, abs=0.03)  # measured on its 60,000 images
    assert images.std() == pytest.approx(0.353, abs=0.03)
    assert (images == 0).mean() == pytest.approx(0.502, abs=0.03)


def test_classes_look_like_their_names(drawn):
    means = class_means(*drawn)
    shape = means > 60
    assert shape[TROUSER, 2:20, 13:15].sum() > 0
    assert not shape[TROUSER, -3:, 13:15].any()  # two legs
    assert not shape[SNEAKER, :6].any()  # low
    assert shape[ANKLE_BOOT, :12, 18:25].any()  # a shaft above the heel ...
    assert not shape[ANKLE_BOOT, :12, :10].any()  # ... and not above the toes
    assert shape[BAG, 16:24, 5:23].all()  # a full box
    middle, beside = means[:, 9:13, 13:15].mean(axis=(1, 2)), means[:, 9:13, 11].mean(axis=1)
    assert middle[COAT] < 0.9 * beside[COAT]  # it opens in front
    assert middle[PULLOVER] > 0.95 * beside[PULLOVER]


def test_nearest_class_mean_tells_classes_apart(drawn):
    images, labels = draw_garments(1000, seed=1)
    guesses = nearest(images.astype(float), class_means(*drawn))
    assert (guesses == labels).mean() > 0.65  # 0.77 measured; chance is 0.1


def test_a_linear_classifier_knows_every_class(drawn):
    def inputs(images):
        return np.column_stack([images.reshape(-1, 784) / 255, np.ones(len(images))])

    images, labels = draw_garments(1000, seed=1)
    train = inputs(drawn[0][:5000])
    penalty = 10 * np.eye(785)
    weights = np.linalg.solve(train.T @ train + penalty, train.T @ np.eye(10)[drawn[1][:5000]])
    guesses = (inputs(images) @ weights).argmax(axis=1)
    recall = [(guesses[labels == label] == label).mean() for label in range(10)]
    assert min(recall) > 0.75, np.round(recall, 2)


def test_each_class_resembles_its_namesake_in_fashion_mnist(drawn):
    folder = os.environ.get("FASHION_MNIST_DIR")
    if not folder:
        pytest.skip("FASHION_MNIST_DIR is not set: no photographs to compare with")
    with gzip.open(Path(folder) / "t10k-images-idx3-ubyte.gz") as file:
        photos = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(Path(folder) / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    guesses = nearest(class_means(*drawn), class_means(photos, labels))
    np.testing.assert_array_equal(guesses, np.arange(10))
