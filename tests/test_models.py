"""One idea, written twice, proven equal: same weights in, same numbers out."""

import numpy as np
import pytest
from random_weights import random_weights

from deconv.architecture import Design, layers, parameter_shapes
from deconv.errors import WeightsError
from deconv.weights import initial_weights, read_weights, write_weights


def test_same_weights_give_the_same_pictures(both, images):
    weights = random_weights()
    one, other = (f.forward(f.build(weights), images) for f in both)
    assert one.shape == images.shape
    assert np.std(one) > 0.01  # not the same because constant
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_same_weights_give_the_same_loss_and_gradients(both, images):
    weights = random_weights()
    (loss, gradients), (other_loss, other_gradients) = (
        f.loss_and_gradients(f.build(weights), images) for f in both
    )
    assert loss == pytest.approx(other_loss, rel=1e-4)
    assert gradients.keys() == other_gradients.keys() == parameter_shapes().keys()
    for name, gradient in gradients.items():
        difference = np.linalg.norm(gradient - other_gradients[name])
        assert difference <= 1e-4 * np.linalg.norm(gradient), name


def test_weights_travel_between_frameworks_in_both_directions(both, images, tmp_path):
    pytorch, tensorflow = both
    for writer, reader in ((pytorch, tensorflow), (tensorflow, pytorch)):
        model = writer.build()  # the framework's own initial weights
        write_weights(tmp_path / "weights.safetensors", writer.utils.export_weights(model))
        copy = reader.build(read_weights(tmp_path / "weights.safetensors"))
        np.testing.assert_allclose(
            writer.forward(model, images), reader.forward(copy, images), rtol=0, atol=1e-5
        )


def test_weights_come_out_as_they_went_in(framework):
    weights = random_weights()
    exported = framework.utils.export_weights(framework.build(weights))
    assert exported.keys() == weights.keys()
    for name, array in weights.items():
        np.testing.assert_array_equal(exported[name], array)


def test_exported_weights_do_not_change_with_the_model(framework, images):
    model = framework.build(initial_weights(0))
    before = framework.utils.export_weights(model)
    kept = {name: array.copy() for name, array in before.items()}
    framework.utils.load_weights(model, initial_weights(1))
    for name, array in before.items():
        np.testing.assert_array_equal(array, kept[name])


def test_float32_stays_float32_on_gpus_too(framework):
    """Both frameworks let NVIDIA GPUs round float32 products to 10 bits, unless told otherwise."""
    framework.build(initial_weights(0))
    if framework.name == "pytorch":
        import torch

        assert not torch.backends.cudnn.allow_tf32
    else:
        import tensorflow as tf

        assert not tf.config.experimental.tensor_float_32_execution_enabled()


def test_shapes_are_those_of_the_layer_table(framework, images):
    model = framework.build()
    found = framework.utils.activations(model, images)
    shapes = [array.shape[1:] for array in found.values()]
    for layer in layers():
        channels, height, width = layer.output
        assert (height, width, channels) in shapes
    assert framework.forward(model.encoder, images).shape == (8, 7, 7, 64)
    np.testing.assert_allclose(
        list(found.values())[-1], framework.forward(model, images), rtol=0, atol=1e-6
    )


def test_weights_of_another_network_are_refused(framework):
    weights = initial_weights(0, Design(upsampler="nearest"))
    with pytest.raises(WeightsError, match=r"they have decoder.conv1.bias .*model has no"):
        framework.build(weights)


def test_bfloat16_gives_nearly_the_same_pictures_in_float32(framework, images):
    weights = random_weights()
    exact = framework.forward(framework.build(weights), images)
    output = framework.build(weights, precision="bfloat16", device="cpu")(
        framework.utils.from_numpy(images)
    )
    assert "float32" in str(output.dtype)
    difference = np.abs(framework.utils.to_numpy(output) - exact).max()
    assert 1e-6 < difference < 0.02  # another precision, the same function


def keras_same_autoencoder(weights):
    """The baseline as most Keras tutorials write it, with `padding="same"`."""
    import keras
    from keras import layers as k

    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            k.Conv2D(32, 3, 2, padding="same", activation="relu"),
            k.Conv2D(64, 3, 2, padding="same", activation="relu"),
            k.Conv2DTranspose(32, 3, 2, padding="same", activation="relu"),
            k.Conv2DTranspose(1, 3, 2, padding="same", activation="tanh"),
        ]
    )
    model.set_weights([a.transpose(2, 3, 1, 0) if a.ndim == 4 else a for a in weights.values()])
    return model


def test_keras_same_padding_is_another_function(both, images):
    """Same shapes, same weights, another picture: its convolutions start one pixel later."""
    pytorch, _ = both
    weights = random_weights()
    ours = pytorch.forward(pytorch.build(weights), images)
    same = keras_same_autoencoder(weights)(images).numpy()
    assert same.shape == ours.shape
    assert np.abs(same - ours).max() > 0.01  # equal functions differ by less than 0.00001


def test_keras_same_padding_starts_one_pixel_later():
    """A kernel with a single 1 in its centre picks every second pixel; see which ones."""
    import keras
    import torch

    ramp = np.arange(6, dtype=np.float32)
    picture = np.broadcast_to(ramp, (6, 6)).copy()
    kernel = np.zeros((3, 3), np.float32)
    kernel[1, 1] = 1

    same = keras.layers.Conv2D(1, 3, 2, padding="same", use_bias=False)
    same.build((None, 6, 6, 1))
    same.set_weights([kernel[..., None, None]])
    keras_row = same(picture[None, ..., None]).numpy()[0, 0, :, 0]
    torch_row = torch.nn.functional.conv2d(
        torch.from_numpy(picture)[None, None], torch.from_numpy(kernel)[None, None], None, 2, 1
    )[0, 0, 0].numpy()
    np.testing.assert_array_equal(torch_row, [0, 2, 4])
    np.testing.assert_array_equal(keras_row, [1, 3, 5])


def test_mirror_theorem(both, images):
    """With kernels flipped in space, Keras' 'same' autoencoder is PyTorch's in a mirror.

    'same' pads after, PyTorch's padding and output padding act before: mirrored
    left-right and up-down, one is the other.
    """
    pytorch, _ = both
    weights = random_weights()
    flipped = {n: a[:, :, ::-1, ::-1] if a.ndim == 4 else a for n, a in weights.items()}
    ours = pytorch.forward(pytorch.build(weights), images)
    mirrored = keras_same_autoencoder(flipped)(images[:, ::-1, ::-1]).numpy()[:, ::-1, ::-1]
    np.testing.assert_allclose(mirrored, ours, rtol=0, atol=1e-5)
