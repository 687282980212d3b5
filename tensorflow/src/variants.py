"""Other networks than the baseline, to compare it with: every design that is not the default.

They have the baseline's layers and names where they share them. Shapes in comments
are (B, H, W, C): batch, height, width, channels; C is the number of channels that
come out, 1 for a picture.
"""

import keras
from keras import layers, ops

from deconv.architecture import SQUEEZED, kernel_size

from .config import Config


def variant(config: Config) -> tuple[keras.Model, keras.Model]:
    """Return encoder and decoder.

    `(B, 28, 28, 1)` in, for super-resolution `(B, 7, 7, 1)`; `(B, 28, 28, C)` out, float32.
    """
    if config.architecture == "linear":
        return linear_encoder(config), linear_decoder(config)
    return encoder(config), decoder(config)


def encoder(config: Config) -> keras.Model:
    """Image to 7×7×64 latent, and with `--latent N` to N numbers."""
    stride = 1 if config.task == "super-resolve" else 2  # those images have 7×7 already
    images = keras.Input((config.side, config.side, 1), name="images")  # (B, 28, 28, 1)
    x = layers.ZeroPadding2D(1, name="pad1")(images)
    x = layers.Conv2D(32, 3, strides=stride, name="conv1")(x)  # (B, 14, 14, 32)
    features = activation(config, "relu1")(x)
    x = layers.ZeroPadding2D(1, name="pad2")(features)
    x = layers.Conv2D(64, 3, strides=stride, name="conv2")(x)  # (B, 7, 7, 64)
    latent = activation(config, "relu2")(x)
    if config.latent:
        x = layers.Permute((3, 1, 2), name="permute")(latent)  # PyTorch's order of the numbers
        x = layers.Flatten(name="flatten")(x)
        latent = layers.Dense(config.latent, name="dense")(x)  # (B, N)
    skips = config.architecture == "skip"
    return keras.Model(images, [latent, features] if skips else latent, name="encoder")


def decoder(config: Config) -> keras.Model:
    """7×7×64 latent to 28×28×C: two doublings, and what the architecture puts around them."""
    channels, architecture = config.out_channels, config.architecture
    given = [keras.Input((config.latent,) if config.latent else (7, 7, 64), name="latent")]
    latent = given[0]
    if config.latent:
        x = layers.Dense(64 * 7 * 7, name="dense")(latent)
        x = layers.Reshape((64, 7, 7), name="reshape")(activation(config, "relu0")(x))
        latent = layers.Permute((2, 3, 1), name="permute")(x)  # (B, 7, 7, 64)
    x = activation(config, "relu1")(doubling(config, 1, latent, 32))  # (B, 14, 14, 32)
    if architecture == "residual":  # He et al. (2016): Y = F(X) + X
        f = layers.Conv2D(32, 3, padding="same", name="residual1")(x)  # same: stride is 1
        f = activation(config, "relu2")(f)
        x = layers.Conv2D(32, 3, padding="same", name="residual2")(f) + x
    if architecture == "attention":  # Hu et al. (2018): a weight for every channel
        weights = layers.Dense(SQUEEZED, "relu", name="squeeze")(ops.mean(x, axis=(1, 2)))
        weights = layers.Dense(32, "sigmoid", name="excite")(weights)  # (B, 32)
        x = x * weights[:, None, None, :]
    if architecture == "skip":  # Ronneberger et al. (2015)
        given.append(keras.Input((14, 14, 32), name="features"))
        x = ops.concatenate([x, given[1]], axis=-1)  # (B, 14, 14, 64)
    y = doubling(config, 2, x, channels)  # (B, 28, 28, C)
    if architecture == "multiscale":  # Denton et al. (2015): a sum of three sizes
        coarse1 = layers.Conv2D(channels, 3, padding="same", name="coarse1")(latent)
        coarse2 = layers.Conv2D(channels, 3, padding="same", name="coarse2")(x)
        quarter = layers.UpSampling2D(4, name="enlarge1")(coarse1)
        y = y + quarter + layers.UpSampling2D(2, name="enlarge2")(coarse2)
    last = "linear" if config.task == "segment" else "tanh"
    y = layers.Activation(last, dtype="float32", name="tanh")(y)
    return keras.Model(given if len(given) > 1 else given[0], y, name="decoder")


def activation(config: Config, name: str) -> layers.Layer:
    """Return what stands between two layers; Keras' own slope would be 0.3, not 0.01."""
    return layers.ReLU(negative_slope=0.01 if config.activation == "leaky-relu" else 0, name=name)


def doubling(config: Config, number: int, x: keras.KerasTensor, out: int) -> keras.KerasTensor:
    """Return a map of twice the height and width."""
    arm, side = config.upsampler, x.shape[1]
    if arm == "fractional":
        x = insert_zeros(x)
        return layers.Conv2D(out, 3, name=f"conv{number}")(x)
    if arm in ("nearest", "bilinear"):  # Odena et al. (2016); half pixels, as PyTorch
        x = layers.UpSampling2D(2, interpolation=arm, name=f"up{number}")(x)
        return layers.Conv2D(out, 3, padding="same", name=f"conv{number}")(x)
    if arm in ("subpixel", "subpixel-icnr"):  # Shi et al. (2016)
        x = layers.Conv2D(4 * out, 3, padding="same", name=f"conv{number}")(x)
        return pixel_shuffle(x)
    size = kernel_size(arm)
    x = layers.Conv2DTranspose(out, size, strides=2, name=f"deconv{number}")(x)
    if arm == "transposed-blur":  # 2·input + 1 pixels, of which every 2×2 are averaged
        return layers.AveragePooling2D(2, strides=1, name=f"blur{number}")(x)
    cut = (size - 1) // 2  # PyTorch's padding; its output padding is what more is left at the end
    _, rows, _ = ops.split(x, [cut, cut + 2 * side], axis=1)  # a slice's gradient is slower
    return ops.split(rows, [cut, cut + 2 * side], axis=2)[1]


def insert_zeros(x: keras.KerasTensor) -> keras.KerasTensor:
    """Put a zero after every value, and around it what padding the convolution needs.

    That is `kernel - 1 - padding` before and, for the output padding, one more after.
    """
    _, h, w, c = x.shape
    x = ops.reshape(x, (-1, h, 1, w, 1, c))
    x = ops.pad(x, ((0, 0), (0, 0), (0, 1), (0, 0), (0, 1), (0, 0)))
    return ops.pad(ops.reshape(x, (-1, 2 * h, 2 * w, c)), ((0, 0), (1, 1), (1, 1), (0, 0)))


def pixel_shuffle(x: keras.KerasTensor) -> keras.KerasTensor:
    """Lay the four values of each pixel out 2×2, reading channels in PyTorch's order.

    There the output channel counts first and the place in the 2×2 block second;
    `tf.nn.depth_to_space` has them the other way round.
    """
    _, h, w, channels = x.shape
    x = ops.reshape(x, (-1, h, w, channels // 4, 2, 2))
    x = ops.transpose(x, (0, 1, 4, 2, 5, 3))  # (B, H, 2, W, 2, C)
    return ops.reshape(x, (-1, 2 * h, 2 * w, channels // 4))


def linear_encoder(config: Config) -> keras.Model:
    """Every pixel to N numbers: with the decoder below, what PCA does best."""
    images = keras.Input((config.side, config.side, 1), name="images")
    pixels = layers.Flatten(name="flatten")(images)  # (B, 784)
    latent = layers.Dense(config.latent, name="dense")(pixels)  # (B, N)
    return keras.Model(images, latent, name="encoder")


def linear_decoder(config: Config) -> keras.Model:
    """N numbers to every pixel. No tanh: values may leave [-1, 1] a little, and are cut off."""
    latent = keras.Input((config.latent,), name="latent")
    x = layers.Dense(28 * 28, name="dense")(latent)
    x = layers.Reshape((28, 28, 1), name="image", dtype="float32")(x)  # (B, 28, 28, 1)
    return keras.Model(latent, x, name="decoder")
