"""Pictures in, pictures out, from weights of either framework."""

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from PIL import Image

from benchmarks.framework import Framework
from deconv.data.splits import load_splits
from deconv.errors import ImageError
from deconv.weights import initial_weights, write_weights


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.safetensors"
    write_weights(path, initial_weights(4))
    return path


drawn_once = cache(load_splits)  # it takes a second


def infer(framework, monkeypatch, *arguments):
    monkeypatch.setattr("deconv.inference.load_splits", drawn_once)
    monkeypatch.setattr("sys.argv", ["inference", "--dataset", "synthetic", *map(str, arguments)])
    framework.inference.main()


def test_reconstruct_is_the_model(framework, images, weights):
    model = framework.inference.load_model(weights, device="cpu")
    outputs = framework.inference.reconstruct(model, images)
    assert outputs.shape == images.shape
    assert outputs.dtype == np.float32
    expected = framework.forward(framework.build(initial_weights(4)), images)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-6)


def test_tensorflow_computes_where_the_weights_are(weights):
    """A graph whose operations name no device goes to a GPU, whatever was asked for."""
    inference = Framework("tensorflow").inference
    graph = inference._as_graph(inference.load_model(weights, device="cpu")).graph
    devices = {op.device for op in graph.get_operations() if "Conv2D" in op.type}
    assert len(devices) == 1
    assert devices.pop().lower().endswith("cpu:0")


def test_more_images_than_fit_in_one_pass(framework, images, weights, monkeypatch):
    model = framework.inference.load_model(weights, device="cpu")
    whole = framework.inference.reconstruct(model, images)
    monkeypatch.setattr(framework.inference, "CHUNK", 3)
    parts = framework.inference.reconstruct(model, images)
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-6)


def test_new_weights_in_a_model_give_new_pictures(framework, images, weights):
    """What is kept between two calls may not be the weights."""
    model = framework.inference.load_model(weights, device="cpu")
    framework.inference.reconstruct(model, images)
    framework.utils.load_weights(model, initial_weights(5))
    outputs = framework.inference.reconstruct(model, images)
    expected = framework.forward(framework.build(initial_weights(5)), images)
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-6)


def test_many_models_make_no_warning(framework, images, weights, caplog):
    logging.getLogger("tensorflow").addHandler(caplog.handler)
    try:
        for _ in range(7):
            model = framework.inference.load_model(weights, device="cpu")
            framework.inference.reconstruct(model, images)
    finally:
        logging.getLogger("tensorflow").removeHandler(caplog.handler)
    assert not caplog.records


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, 28, 27, 1), np.float32), np.full((1, 28, 28, 1), 2.0, np.float32),
     np.zeros((1, 28, 28, 1), np.uint8), np.full((1, 28, 28, 1), np.nan, np.float32)],
    ids=["shape", "range", "type", "nan"],
)  # fmt: skip
def test_reconstruct_refuses_what_is_not_a_picture(framework, weights, wrong):
    model = framework.inference.load_model(weights, device="cpu")
    with pytest.raises(ImageError):
        framework.inference.reconstruct(model, wrong)


def test_without_a_run_the_picture_comes_here(framework, weights, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    infer(framework, monkeypatch, "--weights", weights, "--artifact-dir", tmp_path / "none")
    assert (tmp_path / "inference.png").exists()


def test_one_model_serves_several_threads(framework, weights):
    """Each thread gets the answer to its own question."""
    model = framework.inference.load_model(weights, device="cpu")
    rng = np.random.default_rng(0)
    questions = [rng.uniform(-1, 1, (5, 28, 28, 1)).astype(np.float32) for _ in range(24)]
    expected = [framework.inference.reconstruct(model, question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda q: framework.inference.reconstruct(model, q), questions)
        for answer, right in zip(answers, expected, strict=True):
            np.testing.assert_allclose(answer, right, rtol=0, atol=1e-6)


def test_all_test_images_as_an_array(framework, weights, tmp_path, monkeypatch, capsys):
    infer(framework, monkeypatch, "--weights", weights, "--array", tmp_path / "out.npy")
    array = np.load(tmp_path / "out.npy")
    assert array.shape == (2000, 28, 28, 1)
    assert array.dtype == np.float32
    assert {p.name for p in tmp_path.iterdir()} == {"weights.safetensors", "out.npy"}


def test_a_picture_of_test_images(framework, weights, tmp_path, monkeypatch, capsys):
    infer(framework, monkeypatch, "--weights", weights, "--output", tmp_path / "out.png")
    said = capsys.readouterr().out
    assert "NOT Fashion-MNIST" in said or "not Fashion-MNIST" in said
    assert str(tmp_path / "out.png") in said
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.width > 500
        assert len(np.unique(np.asarray(picture.convert("L")))) > 20  # not blank


def test_the_default_weights_are_the_runs_own(framework, weights, tmp_path, monkeypatch):
    run = tmp_path / "artifacts" / f"{framework.name}_deconv"
    run.mkdir(parents=True)
    weights.rename(run / "weights.safetensors")
    infer(framework, monkeypatch, "--artifact-dir", tmp_path / "artifacts", "--count", 3)
    assert (run / "inference.png").exists()


def test_own_pictures_are_greyed_and_resized_and_it_says_so(
    framework, weights, tmp_path, monkeypatch, capsys
):
    colour = np.zeros((60, 40, 3), np.uint8)
    colour[10:50, 10:30] = (200, 30, 60)
    for name in ("photo.png", "photo.jpg"):
        Image.fromarray(colour).save(tmp_path / name)
    np.save(tmp_path / "array.npy", np.zeros((2, 28, 28), np.uint8))
    files = [tmp_path / name for name in ("photo.png", "photo.jpg", "array.npy")]
    infer(framework, monkeypatch, *files, "--weights", weights, "--output", tmp_path / "out.png")
    said = capsys.readouterr().out
    assert f"{tmp_path / 'photo.png'}: turned grey and resized from 40×60" in said
    assert "4 of them" in said
