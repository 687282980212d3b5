"""What a task makes of images, what it is trained by and measured with, and a run of each."""

import subprocess
import sys
from dataclasses import replace
from math import log
from typing import Any

import numpy as np
import pytest
from test_compare import run_folder

from benchmarks.framework import NAMES
from deconv import metrics
from deconv.compare import read_runs
from deconv.config import InferenceConfig, RunConfig
from deconv.data.splits import load_splits
from deconv.data.tasks import NOISE, PARTS, class_maps, inputs, pairs
from deconv.drawing import outcomes
from deconv.errors import ArtifactError, ConfigError, ImageError
from deconv.inference import infer
from deconv.running.record import read_history, read_record

pytestmark = pytest.mark.usefixtures("few_garments")


@pytest.fixture
def splits():
    return load_splits(RunConfig(dataset="synthetic", limit=64))


# --- inputs and targets ----------------------------------------------------------------


def test_an_autoencoder_is_given_what_it_should_give(splits):
    for part in PARTS:
        given, wanted = pairs("reconstruct", splits, part)
        assert given is wanted
        np.testing.assert_array_equal(given, metrics.to_unit_range(getattr(splits, part)))


def test_noise_is_as_strong_as_stated_and_never_the_same_for_two_images(splits):
    grey = np.zeros((200, 28, 28, 1), np.float32)
    noise = inputs("denoise", grey)
    inside = noise[np.abs(noise) < 1]
    assert inside.size < noise.size  # what leaves the range is cut off
    assert np.abs(noise).max() == 1
    # a normal distribution cut off at two standard deviations
    assert inside.std() == pytest.approx(NOISE * 0.8796, rel=0.01)
    assert not np.array_equal(noise[0], noise[1])
    np.testing.assert_array_equal(noise, inputs("denoise", grey))
    assert not np.array_equal(noise, inputs("denoise", grey, stream=1))
    noisy = {part: pairs("denoise", splits, part, 20) for part in PARTS}
    added = [pair.inputs - pair.targets for pair in noisy.values()]
    assert not np.array_equal(added[0], added[1])  # nor for two parts of the dataset


def test_super_resolution_is_given_means_of_4_by_4():
    images = np.arange(28 * 28, dtype=np.float32).reshape(1, 28, 28, 1) / 784
    small = inputs("super-resolve", images)
    assert small.shape == (1, 7, 7, 1)
    assert small[0, 2, 3, 0] == pytest.approx(images[0, 8:12, 12:16].mean())


def test_a_pixel_has_the_class_of_its_garment_unless_it_is_background():
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 0, 0], images[1, 5, 5] = 1, 255
    maps = class_maps(images, np.array([0, 9], np.uint8))
    assert maps.shape == (2, 28, 28, 1)
    assert (maps[0, 0, 0, 0], maps[1, 5, 5, 0], maps.sum()) == (1, 10, 11)


def test_both_frameworks_are_given_the_same_batches(both, splits):
    for task in ("denoise", "super-resolve", "segment"):
        found = []
        for f in both:
            config = f.config.Config(task=task, dataset="synthetic", limit=64, device="cpu")
            train, _, test = f.data.build_datasets(config, splits)
            found.append([(next(iter(batches))) for batches in (train, test)])
        for one, other in zip(*found, strict=True):
            for a, b in zip(one, other, strict=True):
                own = a.permute(0, 2, 3, 1).numpy()
                np.testing.assert_array_equal(own, b.numpy())


# --- losses and measures ---------------------------------------------------------------


def test_mean_iou_is_intersection_over_union():
    true = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    found = np.array([0, 0, 1, 1, 1, 1, 2, 3])
    # class 0: 2 of 4; class 1: 2 of 4; class 2: 1 of 2; class 3: 0 of 1
    assert metrics.mean_iou(found, true) == pytest.approx((0.5 + 0.5 + 0.5 + 0) / 4)
    assert metrics.mean_iou(true, true) == 1
    with pytest.raises(ImageError, match="differ"):
        metrics.mean_iou(true, true[:3])


def test_losses_are_what_they_are_called(framework, images):
    to, tasks = framework.utils.from_numpy, framework.tasks
    darker = np.maximum(images - 0.25, -1)
    config = framework.config.Config

    def loss(one, other, **settings):
        return float(tasks.choose_loss(config(**settings))(to(one), to(other)))

    assert loss(darker, images, loss="l1") == pytest.approx(np.abs(darker - images).mean())
    similarity = metrics.ssim(darker, images).mean()
    assert loss(darker, images, loss="ssim") == pytest.approx(1 - similarity, abs=1e-5)
    scores = np.zeros((8, 28, 28, 11), np.float32)
    classes = np.full((8, 28, 28, 1), 3, np.uint8)
    assert loss(scores, classes, task="segment") == pytest.approx(log(11), rel=1e-5)
    scores[..., 3] = 50
    assert loss(scores, classes, task="segment") == pytest.approx(0, abs=1e-5)


def test_a_loss_is_measured_on_every_image_alike(framework, images):
    """Batches of 5 and 3: the mean over images is not the mean over batches."""
    config = framework.config.Config(loss="l1", device="cpu")
    model = framework.build()
    batches = [(framework.utils.from_numpy(part),) * 2 for part in (images[:5], images[5:])]
    found = framework.tasks.choose_evaluation(config)(model, batches)
    outputs = framework.forward(model, images)
    assert found.criterion == pytest.approx(np.abs(outputs - images).mean(), rel=1e-5)
    assert found.psnr == pytest.approx(metrics.psnr(outputs, images).mean(), rel=1e-5)


def test_classes_are_not_trained_by_a_loss_of_pictures():
    with pytest.raises(ConfigError, match="cross-entropy; leave out --loss"):
        RunConfig(task="segment", loss="l1")


# --- runs ------------------------------------------------------------------------------

RUNS: dict[str, dict[str, Any]] = {
    "segment": {"task": "segment", "upsampler": "nearest"},
    "super-resolve": {"task": "super-resolve", "architecture": "multiscale", "loss": "l1"},
    "denoise": {"task": "denoise", "latent": 8, "activation": "leaky-relu"},
    "attention": {"architecture": "attention", "upsampler": "subpixel", "loss": "ssim"},
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "name"),
    [(f, n) for f in NAMES for n in RUNS],
    indirect=["framework"],
)
def test_a_run_of_another_kind_is_kept_resumed_and_used(framework, name, tmp_path, capsys):
    settings = RUNS[name] | {"dataset": "synthetic", "limit": 320, "epochs": 2, "device": "cpu"}
    config = framework.config.Config(**settings, artifact_dir=tmp_path, checkpoint_seconds=0)
    record = framework.train.train(config)
    folder = tmp_path / f"{framework.name}_deconv"
    assert read_record(folder) == record
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    first, second = read_history(folder)
    assert second.validation_loss < first.validation_loss
    capsys.readouterr()

    framework.train.train(replace(config, resume=True))  # from its last checkpoint
    after = (folder / "weights.safetensors").read_bytes()
    assert after == before["weights.safetensors"]

    model = framework.inference.load_model(folder / "weights.safetensors", "cpu")
    assert model.design == config.design
    use = InferenceConfig(dataset="synthetic", artifact_dir=tmp_path, count=3)
    infer(use, framework.name, framework.inference.load_model, framework.inference.reconstruct)
    assert (folder / "inference.png").read_bytes()[:4] == b"\x89PNG"
    said = capsys.readouterr().out
    assert ("mean IoU" in said) == (name == "segment")
    if framework.name == "tensorflow":
        check_keras_file(folder, model, config.design.side, tmp_path)


def check_keras_file(folder, model, side, tmp_path):
    """Keras alone must load it, without this project's code, and compute the same."""
    images = np.random.default_rng(0).uniform(-1, 1, (4, side, side, 1)).astype(np.float32)
    np.save(tmp_path / "images.npy", images)
    code = (
        "import sys, keras, numpy as np; "
        "model = keras.models.load_model(sys.argv[1]); "
        "np.save(sys.argv[2], model(np.load(sys.argv[3])))"
    )
    files = [folder / "model.keras", tmp_path / "out.npy", tmp_path / "images.npy"]
    subprocess.run([sys.executable, "-c", code, *files], cwd=tmp_path, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), model(images), rtol=0, atol=1e-5)


def test_own_pictures_have_no_classes_to_compare_with(splits):
    given, wanted = pairs("segment", splits, "test", 4)
    scores = np.eye(11, dtype=np.float32)[wanted[..., 0]]
    rows = outcomes.outcome("segment", outcomes.Pairs(given, wanted), scores).axes
    unknown = outcomes.outcome("segment", outcomes.Pairs(given, np.empty(0)), scores).axes
    assert (len(rows), len(unknown)) == (3 * 4, 2 * 4)
    assert [axes.get_title(loc="left") for axes in rows[:2]] == ["scale: black −1, white 1", ""]


def test_class_maps_are_not_compared_by_psnr(tmp_path):
    folder = run_folder(tmp_path / "a", task="segment")
    with pytest.raises(ArtifactError, match="task 'segment', but only"):
        read_runs([folder])
