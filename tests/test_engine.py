"""Both engines take the same steps on the same batches."""

from typing import Any

import numpy as np
import pytest

from deconv.config import EPSILON, RunConfig
from deconv.data.batches import EpochBatches, epoch_order
from deconv.data.splits import load_splits
from deconv.metrics import scores, to_unit_range
from deconv.running.epoch import Epoch
from deconv.weights import initial_weights

SETTINGS: dict[str, Any] = {"dataset": "synthetic", "device": "cpu"}


@pytest.fixture(scope="module")
def splits():
    return load_splits(RunConfig(dataset="synthetic"))


def test_lockstep_with_sgd(both, splits):
    one, other = (f.losses(splits, 100, sgd=True) for f in both)
    assert one[-1] < 0.8 * one[0]  # it learns
    np.testing.assert_allclose(one, other, rtol=1e-4)


def test_lockstep_with_adam(both, splits):
    one, other = (f.losses(splits, 50) for f in both)
    assert one[-1] < 0.8 * one[0]
    np.testing.assert_allclose(one[:10], other[:10], rtol=1e-4)
    np.testing.assert_allclose(one, other, rtol=1e-2)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_one_adam_step_is_the_one_of_the_paper(framework, images, decay):
    """Kingma and Ba (2015), Algorithm 1, worked out here; its first step has its own epsilon."""
    config = framework.config.Config(learning_rate=0.01, weight_decay=decay, **SETTINGS)
    before = initial_weights(0)
    _, gradients = framework.loss_and_gradients(framework.build(before), images)
    model = framework.build(before)
    batch = framework.utils.from_numpy(images)
    optimizer = framework.optimizer.build_optimizer(model, config)
    framework.engine.train_step(model, optimizer, batch, batch)
    after = framework.utils.export_weights(model)
    for name, gradient in gradients.items():
        # m and v, corrected, are the gradient and its square in the first step
        step = 0.01 * gradient / (np.abs(gradient) + EPSILON)
        expected = before[name] * (1 - 0.01 * decay) - step
        np.testing.assert_allclose(after[name], expected, rtol=0, atol=2e-5, err_msg=name)


def test_both_see_the_same_batches_for_two_epochs(both, splits):
    config = RunConfig(batch_size=4000, **SETTINGS)
    loaders = [f.data.build_datasets(config, splits)[0] for f in both]
    for epoch in range(2):
        one, other = (
            [f.utils.to_numpy(images) for images, _ in loader]
            for f, loader in zip(both, loaders, strict=True)
        )
        assert [len(batch) for batch in one] == [4000, 4000, 1000]  # the last is kept
        order = epoch_order(9000, config.seed, epoch)
        expected = to_unit_range(splits.train[order])
        np.testing.assert_array_equal(np.concatenate(one), expected)
        np.testing.assert_array_equal(np.concatenate(other), expected)


def test_targets_are_the_images_and_every_evaluation_image_comes_once(framework, splits):
    config = framework.config.Config(**SETTINGS)
    train, validation, test = framework.data.build_datasets(config, splits)
    images, targets = next(iter(train))
    np.testing.assert_array_equal(
        framework.utils.to_numpy(images), framework.utils.to_numpy(targets)
    )
    for loader, expected in ((validation, splits.validation), (test, splits.test)):
        seen = np.concatenate([framework.utils.to_numpy(batch) for batch, _ in loader])
        np.testing.assert_array_equal(seen, to_unit_range(expected))


def test_order_is_shuffled_before_batching():
    first, second = (list(EpochBatches(10, 4, seed=0, epoch=epoch)) for epoch in (0, 1))
    assert [len(batch) for batch in first] == [4, 4, 2]
    assert sorted(np.concatenate(first)) == list(range(10))
    assert {frozenset(batch) for batch in first} != {frozenset(batch) for batch in second}


def test_order_depends_on_seed_and_epoch_alone():
    np.testing.assert_array_equal(epoch_order(50, 1, 2), epoch_order(50, 1, 2))
    assert (epoch_order(50, 1, 2) != epoch_order(50, 1, 3)).any()
    assert (epoch_order(50, 1, 2) != epoch_order(50, 2, 2)).any()
    batches = EpochBatches(50, 50, seed=1)
    np.testing.assert_array_equal(next(iter(batches)), epoch_order(50, 1, 0))
    np.testing.assert_array_equal(next(iter(batches)), epoch_order(50, 1, 1))


def test_means_are_weighted_by_sample(framework, images):
    """Batches of 5 and 3: the mean over images is not the mean over the batches' means."""
    model = framework.build(initial_weights(0))
    halves = [framework.utils.from_numpy(part) for part in (images[:5], images[5:])]
    found = framework.engine.evaluate(model, [(half, half) for half in halves])
    expected = scores(framework.forward(model, images), images)
    assert found.mse == pytest.approx(expected.mse, rel=1e-5)
    assert found.psnr == pytest.approx(expected.psnr, abs=1e-3)
    assert found.ssim == pytest.approx(expected.ssim, abs=1e-4)

    optimizer = framework.optimizer.build_optimizer(model, framework.config.Config(**SETTINGS))
    epoch = Epoch([(half, half) for half in halves], 0.0)  # learning rate 0: the weights stay
    loss = framework.engine.train_epoch(model, optimizer, epoch)
    assert loss == pytest.approx(expected.mse, rel=1e-5)


def test_train_epoch_follows_the_learning_rates(framework, images):
    batch = framework.utils.from_numpy(images)
    model = framework.build(initial_weights(0))
    config = framework.config.Config(**SETTINGS)
    optimizer = framework.optimizer.build_optimizer(model, config)
    framework.engine.train_epoch(model, optimizer, Epoch([(batch, batch)] * 2, np.zeros(2)))
    unmoved = framework.utils.export_weights(model)
    framework.engine.train_epoch(model, optimizer, Epoch([(batch, batch)] * 2, np.array([0, 0.01])))
    moved = framework.utils.export_weights(model)
    for name, array in initial_weights(0).items():
        np.testing.assert_array_equal(unmoved[name], array)
        assert (moved[name] != array).any(), name


def test_metrics_are_those_of_the_arbiter(framework, images):
    """torchmetrics and tf.image, told what to do, agree with deconv.metrics."""
    from deconv import metrics

    noisy = np.clip(images + np.random.default_rng(0).normal(0, 0.1, images.shape), -1, 1)
    noisy = noisy.astype(np.float32)
    tensors = framework.utils.from_numpy(noisy), framework.utils.from_numpy(images)
    for name, tolerance in (("psnr", 1e-3), ("ssim", 1e-4)):
        values = np.asarray(getattr(framework.utils, name)(*tensors, reduction="none"))
        expected = getattr(metrics, name)(noisy, images)
        np.testing.assert_allclose(values, expected, atol=tolerance)
        mean = float(getattr(framework.utils, name)(*tensors))
        assert mean == pytest.approx(expected.mean(), abs=tolerance)
