"""A finished run becomes a row: everything that applies to it, measured from what it left."""

import numpy as np
import pytest

from benchmarks.framework import Framework
from deconv import scratch
from deconv.architecture import Design
from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.metrics import to_unit_range
from deconv.running.checkpoint import CHECKPOINT, PREVIOUS
from deconv.running.record import WEIGHTS, read_record
from deconv.study import linear, measuring
from deconv.study.jobs import Job
from deconv.study.machine import describe
from deconv.study.measures import IMAGE_COLUMNS
from deconv.study.measuring import (
    GAINS,
    MEASURES,
    drawn_blind,
    kernels_of,
    measure_network,
    measure_run,
    weights_before_last_epoch,
)
from deconv.study.responses import DECODER_COLUMNS, SHIFT_COLUMNS, measure_gains
from deconv.weights import initial_weights, read_model

JOB = Job("numpy", "main", dataset="synthetic", epochs=2, limit=128, seed=3)


@pytest.fixture(scope="module")
def run(few_garments, tmp_path_factory):
    """The folder of a run that a trainer has made."""
    measuring.dataset.cache_clear()  # another module's garments
    work = tmp_path_factory.mktemp("work")
    scratch.train(RunConfig(**JOB.settings, artifact_dir=JOB.run_folder(work).parent))
    yield JOB.run_folder(work)
    measuring.dataset.cache_clear()


@pytest.fixture(scope="module")
def measured(run):
    return measure_run(JOB, run)


def test_a_run_has_every_measure_that_applies_to_it(measured):
    during = {f"{when}_{name}" for when in ("initial", "during") for name in GAINS}
    assert {*IMAGE_COLUMNS, *DECODER_COLUMNS, *SHIFT_COLUMNS, *during} <= measured.keys()
    others = {"miou", "validation_miou", "psnr_without_latent", "train_mse"}
    assert measured.keys() == set(MEASURES) - others


def test_it_agrees_with_what_the_trainer_measured(measured, run):
    record = read_record(run)
    assert measured["psnr"] == pytest.approx(record.test_psnr, abs=1e-4)
    assert measured["ssim"] == pytest.approx(record.test_ssim, abs=1e-5)
    assert measured["train_seconds"] == record.train_seconds


def test_gains_are_those_of_the_first_weights_of_the_middle_and_of_the_last(measured, run):
    design, last = read_model(run / WEIGHTS)
    middle = weights_before_last_epoch(run, JOB.epochs)
    assert middle.keys() == last.keys()
    assert any((middle[name] != last[name]).any() for name in last)
    for when, weights in (
        ("initial_", initial_weights(3, design)),
        ("during_", middle),
        ("", last),
    ):
        for name, value in measure_gains(kernels_of(design, weights)).items():
            assert measured[f"{when}{name}"] == value
    assert measured["initial_gain_spread_outer"] == pytest.approx(0.87, abs=0.05)


def test_weights_from_the_middle_of_an_epoch_are_not_taken(run, tmp_path):
    """What stands in the file before the last one, after an interruption."""
    assert weights_before_last_epoch(tmp_path, 2) == {}
    (tmp_path / PREVIOUS).write_bytes((run / CHECKPOINT).read_bytes())  # that of the end
    assert weights_before_last_epoch(tmp_path, 2) == {}
    assert weights_before_last_epoch(tmp_path, 3)


def test_who_tunes_does_not_see_the_test_images(run):
    found = measure_run(Job(**{**vars(JOB), "purpose": "tune"}), run)
    assert "validation_psnr" in found
    assert not {"psnr", "replica_2", "gain_spread_outer"} & found.keys()


def test_a_linear_network_with_the_weights_of_pca_has_its_error(few_garments):
    splits = load_splits(RunConfig(dataset="synthetic"))
    components = linear.pca(to_unit_range(splits.train))
    best = components.components[:8]
    weights = {
        "encoder.dense.weight": best,
        "encoder.dense.bias": -best @ components.mean,
        "decoder.dense.weight": best.T,
        "decoder.dense.bias": components.mean,
    }
    job = Job("pytorch", "linear", architecture="linear", latent=8, dataset="synthetic")
    design = Design(architecture="linear", latent=8)
    found = measure_network(job, design, weights, splits)
    assert found == {"train_mse": pytest.approx(linear.predicted_mse(components, 8), rel=1e-6)}


def test_a_network_without_its_latent_is_what_the_framework_draws_of_zeros(images):
    """And with skips it still sees the image."""
    torch = pytest.importorskip("torch")
    nothing = torch.zeros(8, 64, 7, 7)
    for architecture in ("skip", "baseline"):
        design = Design(architecture=architecture)
        weights = initial_weights(3, design)
        drawn = drawn_blind(design, weights, images)
        model = Framework("pytorch").build(weights, architecture=architecture)
        with torch.inference_mode():
            given = torch.from_numpy(images.transpose(0, 3, 1, 2))
            features = [model.encoder(given)[1]] if architecture == "skip" else []
            wanted = model.decoder(nothing, *features)[:, 0].numpy()
        np.testing.assert_allclose(drawn, wanted, atol=1e-6)
        assert (np.ptp(drawn, axis=0).max() > 0.001) == (architecture == "skip")


def test_a_machine_is_described_in_one_printable_line():
    assert describe("numpy").startswith(f"NumPy {np.__version__}, Python")
    assert describe("numpy").isprintable()
