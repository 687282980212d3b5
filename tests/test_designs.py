"""Every network there is, written twice and proven equal: same weights in, same numbers out."""

from dataclasses import asdict, fields
from typing import get_args

import numpy as np
import pytest
from random_weights import random_weights

from deconv import networks
from deconv.architecture import BASELINE, Activation, Design, Upsampler, layers, parameter_shapes
from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.data.tasks import class_maps, inputs
from deconv.errors import ConfigError, WeightsError
from deconv.study.plan import CONTROL, TWINS
from deconv.weights import initial_weights, read_model, write_weights

DESIGNS = [
    *(Design(upsampler=arm) for arm in get_args(Upsampler)),
    *(Design(architecture=name) for name in ("residual", "skip", "multiscale", "attention")),
    *(Design(activation=name) for name in get_args(Activation)[1:]),
    Design(latent=8),
    Design(architecture="linear", latent=8),
    Design(task="super-resolve"),
    Design(task="super-resolve", architecture="linear", latent=8),
    Design(task="segment"),
    Design(task="super-resolve", upsampler="nearest", architecture="residual", latent=5),
    Design(task="segment", upsampler="subpixel", architecture="skip", activation="leaky-relu"),
    Design(task="denoise", upsampler="transposed6", architecture="multiscale", latent=3),
]


def spoken(design):
    """What is not the default, as the name of a test."""
    own = [str(v) for k, v in asdict(design).items() if v != getattr(BASELINE, k)]
    return " ".join(own) or "baseline"


def example(design, images):
    """Inputs and targets of the design's task, NHWC."""
    if design.task == "segment":
        grey = ((images[..., 0] + 1) * 127.5).round().astype(np.uint8)
        return images, class_maps(grey, np.arange(8, dtype=np.uint8))
    return inputs(design.task, images), images


@pytest.mark.parametrize("design", DESIGNS, ids=spoken)
def test_same_weights_give_the_same_outputs_and_gradients(both, images, design):
    weights, (given, wanted) = random_weights(design), example(design, images)
    settings = asdict(design)
    models = [f.build(weights, **settings) for f in both]
    one, other = (f.forward(m, given) for f, m in zip(both, models, strict=True))
    assert one.shape == (8, 28, 28, design.out_channels)
    assert np.std(one) > 0.001  # not the same because constant
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
    if design.architecture == "baseline":
        channels_first = given.transpose(0, 3, 1, 2)
        third = networks.decode(design, weights, networks.encode(design, weights, channels_first))
        np.testing.assert_allclose(third.transpose(0, 2, 3, 1), one, rtol=0, atol=1e-5)

    (loss, gradients), (other_loss, other_gradients) = (
        f.loss_and_gradients(m, given, wanted, **settings)
        for f, m in zip(both, models, strict=True)
    )
    assert loss == pytest.approx(other_loss, rel=1e-4)
    assert gradients.keys() == other_gradients.keys() == parameter_shapes(design).keys()
    for name, gradient in gradients.items():
        difference = np.linalg.norm(gradient - other_gradients[name])
        assert difference <= 1e-4 * np.linalg.norm(gradient), name

    for f, model in zip(both, models, strict=True):
        exported = f.utils.export_weights(model)
        assert {n: a.tobytes() for n, a in exported.items()} == {
            n: a.tobytes() for n, a in weights.items()
        }
        shapes = [a.shape[1:] for a in f.utils.activations(model, given).values()]
        for layer in layers(design):
            channels, *area = layer.output
            assert any(np.prod(layer.output) == np.prod(shape) for shape in shapes), layer
            assert not area or (*area, channels) in shapes or layer.out_channels != channels


def names_of_layers(layer):
    """A Keras layer's name, and those of its inputs and of all layers inside it, however deep."""
    inputs = [tensor.name for tensor in getattr(layer, "inputs", ())]  # Sequential hides its own
    return [layer.name, inputs, *map(names_of_layers, getattr(layer, "layers", ()))]


@pytest.mark.parametrize("design", DESIGNS, ids=spoken)
def test_every_layer_in_keras_has_a_name_of_its_own(both, design):
    """Those that Keras gives count on with every network that is built."""
    _, tensorflow = both
    one, other = (names_of_layers(tensorflow.build(**asdict(design))) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("design", DESIGNS, ids=spoken)
def test_a_file_says_which_network_it_holds(design, tmp_path):
    write_weights(tmp_path / "w.safetensors", initial_weights(0, design), design=design)
    assert read_model(tmp_path / "w.safetensors")[0] == design


@pytest.mark.parametrize("arm", ["transposed", "nearest", "subpixel", "transposed6"])
def test_a_file_that_does_not_say_is_told_by_its_shapes(arm, tmp_path):
    from safetensors.numpy import save_file

    save_file(initial_weights(0, Design(upsampler=arm)), tmp_path / "w.safetensors")
    assert read_model(tmp_path / "w.safetensors")[0] == Design(upsampler=arm)


@pytest.mark.parametrize(
    "lie",
    ["{}", "[1]", "not JSON", '{"upsampler": "magic"}', "[" * 100_000,
     '{"task": "reconstruct", "upsampler": "nearest", "architecture": "baseline", '
     '"activation": "relu", "latent": null}',
     '{"task": "reconstruct", "upsampler": "transposed", "architecture": "baseline", '
     '"activation": "relu", "latent": 0.5}',
     '{"task": "reconstruct", "upsampler": "transposed", "architecture": "baseline", '
     '"activation": ["relu"], "latent": null}'],
    ids=lambda lie: lie[:20],
)  # fmt: skip
def test_a_file_that_lies_about_its_network_is_refused(lie, tmp_path):
    from safetensors.numpy import save_file

    save_file(initial_weights(0), tmp_path / "w.safetensors", metadata={"about": lie})
    with pytest.raises(WeightsError, match=r"w\.safetensors"):
        read_model(tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"latent": 0}, "--latent must be from 1 to 3136 numbers, but is 0"),
     ({"architecture": "skip", "task": "super-resolve"}, "nothing between them to skip"),
     ({"architecture": "skip", "latent": 8}, "would bypass --latent"),
     ({"architecture": "linear"}, "needs --latent"),
     ({"architecture": "linear", "latent": 8, "task": "segment"}, "makes pictures only"),
     ({"architecture": "linear", "latent": 8, "upsampler": "nearest"}, "leave out --upsampler")],
)  # fmt: skip
def test_what_a_network_cannot_do_is_refused(wrong, sentence):
    with pytest.raises(ConfigError, match=sentence):
        Design(**wrong)


@pytest.mark.parametrize("name", ["residual", "skip", "multiscale", "attention"])
def test_what_numpy_has_not_is_refused(name, images):
    design = Design(architecture=name)
    with pytest.raises(ConfigError, match="not in NumPy"):
        networks.encode(design, initial_weights(0, design), images.transpose(0, 3, 1, 2))


# --- initial weights -------------------------------------------------------------------


@pytest.mark.parametrize("arm", get_args(Upsampler))
def test_every_arm_starts_with_the_same_output_variance(arm):
    """For a flat input, away from the border, over many draws of the weights."""
    import torch

    from pytorch.src.config import Config
    from pytorch.src.variants import doubling

    config = Config(upsampler=arm)
    flat = torch.ones(1, 64, 5, 5)
    variances = []
    for seed in range(30):
        weights = initial_weights(seed, config)
        parts = doubling(config, 1, 64, 32)
        name = next(name for name in parts if "conv" in name)
        for kind in ("weight", "bias"):
            values = torch.from_numpy(weights[f"decoder.{name}.{kind}"])
            getattr(parts[name], kind).data.copy_(values)
        y = torch.nn.Sequential(*parts.values())(flat)[0, :, 4:6, 4:6]  # one pixel of each phase
        variances.append(float((y.detach() ** 2).mean()))
    # C·v·9/4 with v = 1 / (27·C); 30 draws of 32 channels and 4 phases
    assert np.mean(variances) == pytest.approx(1 / 12, rel=0.12)


def test_designs_of_a_seed_have_what_they_share_in_common():
    baseline = initial_weights(7)
    for design in DESIGNS:
        own = initial_weights(7, design)
        if design.architecture == "linear":
            continue
        for name in ("encoder.conv1.weight", "encoder.conv2.weight"):
            np.testing.assert_array_equal(own[name], baseline[name])
        for name in own.keys() & baseline.keys():
            if design.upsampler == "transposed" and own[name].shape == baseline[name].shape:
                np.testing.assert_array_equal(own[name], baseline[name])


@pytest.mark.parametrize("arm", get_args(Upsampler))
def test_every_way_up_of_a_seed_has_the_same_dense_layers(arm):
    one, other = (initial_weights(7, Design(upsampler=a, latent=8)) for a in (arm, "transposed"))
    for name in ("encoder.conv2.weight", "encoder.dense.weight", "decoder.dense.weight"):
        np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.parametrize(("arm", "original"), TWINS.items())
def test_twins_of_a_seed_begin_as_one_function(framework, images, arm, original):
    one, other = (
        framework.forward(framework.build(initial_weights(1, design), **asdict(design)), images)
        for design in (Design(upsampler=arm), Design(upsampler=original))
    )
    assert np.std(one) > 0.001  # not the same because constant
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_the_control_trains_as_what_it_must_equal(framework, few_garments):
    splits = load_splits(RunConfig(dataset="synthetic", limit=320))
    one, other = (
        framework.losses(splits, 10, task="super-resolve", upsampler=arm)
        for arm in (CONTROL, TWINS[CONTROL])
    )
    assert one[-1] < 0.9 * one[0]  # it learns
    np.testing.assert_allclose(one, other, rtol=1e-4)


def test_icnr_begins_as_a_nearest_neighbour_resize():
    kernel = initial_weights(0, Design(upsampler="subpixel-icnr"))["decoder.conv1.weight"]
    phases = kernel.reshape(32, 4, 64, 3, 3)
    assert (phases == phases[:, :1]).all()
    assert kernel.std() > 0


def test_every_field_of_a_design_is_a_flag_of_both_trainers(both):
    for framework in both:
        names = [field.name for field in fields(framework.config.Config)]
        assert {field.name for field in fields(Design)} <= set(names)


def test_weights_are_read_in_the_order_of_the_layers(tmp_path):
    """The file keeps no order, and readers that counted on one took one layer for another."""
    write_weights(tmp_path / "w.safetensors", initial_weights(0), "synthetic")
    orders = {tuple(read_model(tmp_path / "w.safetensors")[1]) for _ in range(8)}
    assert orders == {tuple(parameter_shapes(BASELINE))}
