"""From scratch is the same network: the third witness agrees with the other two."""

from itertools import count, islice
from typing import Any

import numpy as np
import pytest

from deconv import scratch
from deconv.autoencoder import backward, forward, loss_fn
from deconv.compare import compare
from deconv.config import RunConfig
from deconv.data.batches import EpochBatches
from deconv.data.splits import load_splits
from deconv.errors import ConfigError, TrainingError
from deconv.metrics import scores, to_unit_range
from deconv.weights import initial_weights, read_weights

pytestmark = pytest.mark.usefixtures("few_garments")


@pytest.fixture(scope="module")
def splits(few_garments):
    return load_splits(RunConfig(dataset="synthetic"))


def test_same_pictures_loss_and_gradients(framework, images):
    rng = np.random.default_rng(1)
    weights = {
        name: array if array.ndim == 4 else rng.normal(0, 0.1, array.shape).astype(np.float32)
        for name, array in initial_weights(3).items()
    }
    pictures = images.reshape(-1, 1, 28, 28)
    activations = forward(weights, pictures)
    gradients = backward(weights, activations, pictures)
    model = framework.build(weights)
    loss, expected = framework.loss_and_gradients(model, images)
    np.testing.assert_allclose(
        activations.deconv2.reshape(images.shape), framework.forward(model, images), atol=1e-5
    )
    assert loss_fn(activations.deconv2, pictures) == pytest.approx(loss, rel=1e-5)
    assert gradients.keys() == expected.keys()
    for name, gradient in gradients.items():
        assert gradient.dtype == np.float32
        difference = np.linalg.norm(gradient - expected[name])
        assert difference <= 1e-4 * np.linalg.norm(gradient), name


class SGD:
    """Plain gradient descent with learning rate 0.1."""

    def step(self, weights, gradients):
        for name, gradient in gradients.items():
            weights[name] -= np.float32(0.1) * gradient


def losses(splits, optimizer, count):
    """Loss of each of the first steps from scratch."""
    order = EpochBatches(len(splits.train), RunConfig().batch_size, seed=0)
    weights, batches = initial_weights(0), scratch.Batches(to_unit_range(splits.train), order)
    return [scratch.train_step(weights, optimizer, *pair) for pair in islice(batches, count)]


def test_lockstep_with_sgd(framework, splits):
    ours = losses(splits, SGD(), 100)
    assert len(ours) == 100
    assert ours[-1] < 0.8 * ours[0]
    np.testing.assert_allclose(ours, framework.losses(splits, 100, sgd=True), rtol=1e-4)


def test_lockstep_with_adam(framework, splits):
    ours = losses(splits, scratch.Adam(RunConfig().learning_rate, weight_decay=0.1), 50)
    theirs = framework.losses(splits, 50, weight_decay=0.1)
    np.testing.assert_allclose(ours[:10], theirs[:10], rtol=1e-4)
    np.testing.assert_allclose(ours, theirs, rtol=1e-2)


def test_a_run_is_recorded_resumed_and_compared_like_the_others(tmp_path, splits, monkeypatch):
    config: dict[str, Any] = {"epochs": 2, "limit": 320, "dataset": "synthetic"}
    record = scratch.train(RunConfig(**config, artifact_dir=tmp_path))
    folder = tmp_path / "numpy_deconv"
    weights = (folder / "weights.safetensors").read_bytes()
    images = to_unit_range(splits.test)
    measured = scores(
        scratch.reconstruct(read_weights(folder / "weights.safetensors"), images), images
    )
    assert record.test_psnr == pytest.approx(measured.psnr, abs=1e-9)

    ((run,),) = [group.runs for group in compare([folder])]
    assert run.label == "NumPy"
    assert abs(run.claim_error) < 1e-9

    steps, step = count(), scratch.train_step

    def interrupted(*arguments):
        if next(steps) == 12:  # ten batches an epoch: stops within the second
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(scratch, "train_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scratch.train(RunConfig(**config, artifact_dir=tmp_path / "resumed"))
    monkeypatch.undo()
    scratch.train(RunConfig(**config, artifact_dir=tmp_path / "resumed", resume=True))
    resumed = tmp_path / "resumed" / "numpy_deconv" / "weights.safetensors"
    assert resumed.read_bytes() == weights


def test_a_rate_that_explodes_is_named(tmp_path):
    config = RunConfig(
        dataset="synthetic", limit=32, epochs=1, learning_rate=1e38, artifact_dir=tmp_path
    )
    with pytest.raises(TrainingError, match="no longer a finite number"):
        scratch.train(config)
    assert not (tmp_path / "numpy_deconv" / "weights.safetensors").exists()


@pytest.mark.parametrize(
    "wrong",
    [{"device": "cuda"}, {"upsampler": "nearest"}, {"precision": "bfloat16"}, {"compile": "on"}],
)
def test_what_there_is_not_from_scratch_is_refused(wrong, tmp_path):
    with pytest.raises(ConfigError, match=f"--{next(iter(wrong))}.*from scratch there is only"):
        scratch.train(RunConfig(**wrong, dataset="synthetic", artifact_dir=tmp_path / "out"))
    assert not (tmp_path / "out").exists()
