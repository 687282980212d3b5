"""The autoencoder behind the page: what it shows is what the networks compute."""

import numpy as np
import pytest
from test_playground import drawn_models

from deconv import metrics
from deconv.data.archives import TEST_IMAGES, find_data_dir
from deconv.data.idx import read_images
from deconv.metrics import to_unit_range
from deconv.networks import decode, encode
from deconv.playground.garment import FARTHEST, Material
from deconv.playground.material import SHIPPED
from deconv.playground.respond import respond
from deconv.playground.similarity import ssim
from deconv.running.record import WEIGHTS, read_record
from deconv.weights import read_model


@pytest.fixture(scope="module")
def material() -> Material:
    return drawn_models()


def test_reconstructions_are_those_of_the_networks(material):
    answer = respond({"ask": "reconstruct", "image": 2}, material)
    image = to_unit_range(material.images[2:3]).transpose(0, 3, 1, 2)
    assert answer["pixels"] == material.images[2].ravel().tolist()
    for result in answer["results"]:
        used = material.models[result["model"]]
        latent = encode(used.design, used.weights, image)
        expected = decode(used.design, used.weights, latent)
        np.testing.assert_allclose(
            result["output"], (expected.ravel() + 1) * 127.5, rtol=0, atol=0.01
        )
        scored = metrics.scores(expected.transpose(0, 2, 3, 1), image.transpose(0, 2, 3, 1))
        assert result["psnr"] == pytest.approx(scored.psnr, abs=0.006)
        assert result["ssim"] == pytest.approx(scored.ssim, abs=6e-5)
        difference = np.subtract(result["output"], answer["input"])
        np.testing.assert_allclose(result["error"], difference, rtol=0, atol=0.011)


def test_ssim_is_that_of_the_project():
    rng = np.random.default_rng(0)
    pairs = rng.uniform(-1, 1, (5, 2, 28, 28))
    pairs[1, 1] = pairs[1, 0]
    pairs[2] = np.round(pairs[2])
    pairs[3, 1] = -1
    for one, other in pairs:
        assert ssim(one, other) == pytest.approx(metrics.ssim(one[None], other[None])[0], abs=1e-12)


def test_every_layer_shows_its_maps(material):
    for name, latent in (("one", (64, 7, 7)), ("other", (32, 1, 1))):
        layers = respond({"ask": "reconstruct", "maps": name}, material)["maps"]
        shapes = [(one["channels"], one["height"], one["width"]) for one in layers]
        assert shapes == [(32, 14, 14), latent, (32, 14, 14), (1, 28, 28)]
        for one in layers:
            assert [len(levels) for levels in one["maps"]] == [one["height"] * one["width"]] * len(
                one["maps"]
            )
            assert 0 <= min(map(min, one["maps"])) <= max(map(max, one["maps"])) <= 255
        assert max(map(max, layers[0]["maps"])) == 255


def test_a_channel_that_is_off_is_gone_from_the_latent_and_the_picture(material):
    on, off, none = (
        respond({"ask": "reconstruct", "models": ["one"], "maps": "one", "off": channels}, material)
        for channels in ([], [3, 5], list(range(64)))
    )
    lit = [sum(levels) > 0 for levels in on["maps"][1]["maps"]]
    lit[3] = lit[5] = False
    assert [sum(levels) > 0 for levels in off["maps"][1]["maps"]] == lit
    assert off["results"][0]["output"] != on["results"][0]["output"]
    assert np.ptp(none["results"][0]["output"]) < 0.1  # untrained biases are 0: grey


def test_moves_and_blur_do_what_they_say(material):
    bright = np.zeros((28, 28))
    bright[10, 12] = 200

    def after(**changes):
        request = {"ask": "reconstruct", "pixels": bright.ravel().tolist(), "models": [], **changes}
        return np.array(respond(request, material)["input"]).reshape(28, 28)

    assert np.argwhere(after(down=3, right=-2)).tolist() == [[13, 10]]
    assert not after(down=FARTHEST, right=FARTHEST)[:24, :26].any()
    assert np.array_equal(after(), bright)
    blurred = after(blur=1.5)
    assert blurred.sum() == pytest.approx(200, abs=2)
    assert np.unravel_index(blurred.argmax(), blurred.shape) == (10, 12)
    np.testing.assert_allclose(blurred[10, 12:16], blurred[10, 12:8:-1])
    noisy = after(noise=0.2, seed=4)
    assert np.array_equal(noisy, after(noise=0.2, seed=4))
    assert not np.array_equal(noisy, after(noise=0.2, seed=5))
    grey = [127.5] * 784
    spread = respond({"ask": "reconstruct", "pixels": grey, "noise": 0.2, "models": []}, material)[
        "input"
    ]
    assert np.std(spread) == pytest.approx(0.2 * 127.5, rel=0.1)


def test_a_perfect_picture_has_no_psnr(material):
    def echo(model, images):
        return images

    answer = respond({"ask": "reconstruct", "models": ["one"]}, material, echo)
    assert answer["results"][0]["psnr"] is None
    assert answer["results"][0]["ssim"] == 1
    refused = respond({"ask": "reconstruct", "off": [1]}, material, echo)
    assert "only where NumPy computes" in refused["error"]


@pytest.mark.parametrize("name", ["pytorch", "tensorflow"])
def test_the_weights_that_come_with_the_project_are_as_good_as_their_record_says(name):
    folder = SHIPPED / f"{name}_deconv"
    record = read_record(folder)
    told = (record.framework, record.dataset, record.epochs, record.seed)
    assert told == (name, "fashion-mnist", 10, 0)
    archive = find_data_dir(None) / TEST_IMAGES
    if not archive.is_file():
        pytest.skip("Fashion-MNIST is not here: set FASHION_MNIST_DIR")
    design, weights = read_model(folder / WEIGHTS)
    psnr = []
    test = to_unit_range(read_images(archive)).transpose(0, 3, 1, 2)  # (10000, 1, 28, 28)
    for images in np.split(test, 10):
        outputs = decode(design, weights, encode(design, weights, images))
        psnr.append(metrics.psnr(outputs[:, 0], images[:, 0]).mean())
    assert np.mean(psnr) == pytest.approx(record.test_psnr, abs=1e-3)
