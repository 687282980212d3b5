"""`benchmarks.ceiling`: its trainings are the trainer's but for one thing, its optimizers turn."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import ceiling
from benchmarks.ceiling import CeilingConfig, Variant, key_of, measure, rates, start
from benchmarks.framework import Framework
from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.errors import ArtifactError, ConfigError
from deconv.handmade import write_by_hand
from deconv.running.record import read_history

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("few_garments")

ROWS, COLUMNS, STEPS = 9, 9, 15


@pytest.fixture(scope="module")
def splits(few_garments):
    return load_splits(RunConfig(dataset="synthetic", limit=320))


@pytest.mark.slow
def test_a_variant_without_a_change_is_the_trainer(splits, tmp_path):
    pytorch = Framework("pytorch")
    settings = {"dataset": "synthetic", "limit": 320, "epochs": 2, "device": "cpu"}
    pytorch.train.train(pytorch.config.Config(artifact_dir=tmp_path, **settings))
    history = read_history(tmp_path / "pytorch_deconv")
    found = ceiling.train(Variant(epochs=2), 0, splits)
    assert found["psnr"] == pytest.approx(history[-1].validation_psnr, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [{"optimizer": "muon"}, {"optimizer": "soap"}, {"betas": (0.9, 0.999)}, {"fall": 2.0},
     {"last_batch": 128}, {"memory": 10}, {"near": 1e-3}, {"rate": 3e-3}],
    ids=str,
)  # fmt: skip
def test_a_variant_with_a_change_is_not(splits, change):
    plain = Variant(epochs=2)
    same, other = (ceiling.train(v, 0, splits) for v in (plain, replace(plain, **change)))
    assert np.isfinite(other["psnr"])
    assert abs(other["psnr"] - same["psnr"]) > 0.01


def test_every_variant_can_start(splits):
    for variant in ceiling.VARIANTS.values():
        taken = rates(variant, variant.epochs * 100)
        assert taken.max() == pytest.approx(variant.rate)
        assert 0 <= taken[-1] < 0.01 * variant.rate
        assert start(variant, 0, splits).keys() == start(Variant(), 0, splits).keys()
    np.testing.assert_allclose(rates(Variant(), 500), RunConfig().learning_rates(500), rtol=1e-6)


def test_near_is_as_near_as_it_says(splits):
    begun = start(Variant(near=0.01), 0, splits)
    exact = write_by_hand(splits.train)
    differences = np.concatenate([(begun[name] - exact[name]).ravel() for name in exact])
    assert differences.std() == pytest.approx(0.01, rel=0.02)


@pytest.mark.parametrize("name", ["Muon", "Soap"])
def test_what_is_turned_is_moved_alike(name):
    """A loss in turned coordinates gives the same path, turned. Adam's would be another."""
    from benchmarks import preconditioned

    generator = torch.Generator().manual_seed(0)
    left, right, target = (
        torch.randn(shape, generator=generator, dtype=torch.float64)
        for shape in ((ROWS, ROWS), (COLUMNS, COLUMNS), (ROWS, COLUMNS))
    )
    left, right = torch.linalg.qr(left)[0], torch.linalg.qr(right)[0]
    steep = torch.linspace(0.1, 3, ROWS * COLUMNS, dtype=torch.float64).view(ROWS, COLUMNS)

    def path(turned):
        kernel = torch.nn.Parameter(torch.zeros(ROWS, COLUMNS // 9, 3, 3, dtype=torch.float64))
        optimizer = getattr(preconditioned, name)(torch.nn.ParameterList([kernel]), 0.01)
        for _ in range(STEPS):
            matrix = kernel.flatten(1)
            matrix = left.T @ matrix @ right if turned else matrix
            optimizer.zero_grad()
            (steep * (matrix - target) ** 2).sum().backward()
            optimizer.step()
        end = kernel.detach().flatten(1)
        return left.T @ end @ right if turned else end

    plain, turned = path(False), path(True)
    assert plain.abs().max() > 0.05
    torch.testing.assert_close(turned, plain, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("shape", [(64, 288), (32, 9)])
def test_muon_makes_all_directions_about_equally_long(shape):
    from benchmarks.preconditioned import orthogonal

    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    u, values, v = torch.linalg.svd(matrix, full_matrices=False)
    assert values.max() / values.min() > 2
    turned = u.T @ orthogonal(matrix) @ v.T
    assert ((turned.diagonal() > 0.6) & (turned.diagonal() < 1.3)).all()
    assert (turned - turned.diagonal().diag()).abs().max() < 1e-3


def test_what_was_trained_before_is_not_trained_again(tmp_path, splits, capsys):
    config = CeilingConfig(
        ("as the trainer",), seeds=2, limit=320, dataset="synthetic", output=tmp_path
    )
    before = {
        key_of("as the trainer", seed, splits): {"psnr": 40.0 + seed, "seconds": 90}
        for seed in range(2)
    }
    (tmp_path / "ceiling.json").write_text(json.dumps(before))
    measure(config)
    assert "as the trainer  40.50 dB       1.5   40.00, 41.00" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["my notes", "3", '"words"'])
def test_a_file_of_others_is_refused_and_kept(tmp_path, splits, text):
    (tmp_path / "ceiling.json").write_text(text)
    config = CeilingConfig(seeds=1, limit=320, dataset="synthetic", output=tmp_path)
    with pytest.raises(ArtifactError, match="is not what this command writes"):
        measure(config)
    assert (tmp_path / "ceiling.json").read_text() == text


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"seeds": 0}, "--seeds must be at least 1"), ({"variants": ("SGD",)}, "there is no 'SGD'")],
)
def test_what_cannot_be_measured_is_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        CeilingConfig(**settings)
