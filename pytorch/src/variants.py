"""Other networks than the baseline, to compare it with: every design that is not the default.

They have the baseline's layers and names where they share them. Shapes in comments
are (B, C, H, W): batch, channels, height, width; C is the number of channels that
come out, 1 for a picture.
"""

import torch
from torch import nn
from torch.nn import functional

from deconv.architecture import SQUEEZED, kernel_size

from .config import Config


class Variant(nn.Module):
    """Image to latent to image, or to a score of every class for every pixel.

    `(B, 1, 28, 28)` in, for super-resolution `(B, 1, 7, 7)`; `(B, C, 28, 28)` out, float32.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        linear = config.architecture == "linear"
        self.encoder = LinearEncoder(config) if linear else Encoder(config)
        self.decoder = LinearDecoder(config) if linear else Decoder(config)
        self.precision, self.skips = config.precision, config.architecture == "skip"

    def forward(self, images: torch.Tensor) -> torch.Tensor:  # (B, 1, 28, 28)
        """Do the task."""
        mixed = self.precision == "bfloat16"
        with torch.autocast(images.device.type, torch.bfloat16, enabled=mixed):
            if self.skips:
                latent, features = self.encoder(images)  # (B, 64, 7, 7), (B, 32, 14, 14)
                return self.decoder(latent, features)
            return self.decoder(self.encoder(images))  # (B, C, 28, 28)


class Encoder(nn.Module):
    """Image to 7×7×64 latent, and with `--latent N` to N numbers."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        stride = 1 if config.task == "super-resolve" else 2  # those images have 7×7 already
        self.conv1 = nn.Conv2d(1, 32, 3, stride=stride, padding=1)
        self.relu1 = activation(config)
        self.conv2 = nn.Conv2d(32, 64, 3, stride=stride, padding=1)
        self.relu2 = activation(config)
        self.dense = nn.Linear(64 * 7 * 7, config.latent) if config.latent else None
        self.skips = config.architecture == "skip"

    def forward(self, images: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        """Shrink."""
        features = self.relu1(self.conv1(images))  # (B, 32, 14, 14)
        latent = self.relu2(self.conv2(features))  # (B, 64, 7, 7)
        if self.dense:
            return self.dense(latent.flatten(1))  # (B, N)
        return (latent, features) if self.skips else latent


class Decoder(nn.Module):
    """7×7×64 latent to 28×28×C: two doublings, and what the architecture puts around them."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        channels, architecture = config.out_channels, config.architecture
        if config.latent:
            self.dense = nn.Linear(config.latent, 64 * 7 * 7)
            self.relu0 = activation(config)
        self.first = self._add(doubling(config, 1, 64, 32))
        self.relu1 = activation(config)
        if architecture == "residual":
            self.residual1 = nn.Conv2d(32, 32, 3, padding=1)
            self.relu2 = activation(config)
            self.residual2 = nn.Conv2d(32, 32, 3, padding=1)
        if architecture == "attention":
            self.squeeze = nn.Linear(32, SQUEEZED)
            self.excite = nn.Linear(SQUEEZED, 32)
        self.second = self._add(doubling(config, 2, 64 if architecture == "skip" else 32, channels))
        if architecture == "multiscale":
            self.coarse1 = nn.Conv2d(64, channels, 3, padding=1)
            self.coarse2 = nn.Conv2d(32, channels, 3, padding=1)
        self.tanh = nn.Identity() if config.task == "segment" else nn.Tanh()
        self.latent, self.architecture = config.latent, architecture

    def _add(self, layers: dict[str, nn.Module]) -> list[str]:
        for name, layer in layers.items():
            self.add_module(name, layer)
        return list(layers)

    def _run(self, names: list[str], x: torch.Tensor) -> torch.Tensor:
        for name in names:
            x = self.get_submodule(name)(x)
        return x

    def forward(self, latent: torch.Tensor, features: torch.Tensor | None = None) -> torch.Tensor:
        """Draw."""
        if self.latent:
            latent = self.relu0(self.dense(latent)).unflatten(1, (64, 7, 7))
        x = self.relu1(self._run(self.first, latent))  # (B, 32, 14, 14)
        if self.architecture == "residual":  # He et al. (2016): Y = F(X) + X
            x = self.residual2(self.relu2(self.residual1(x))) + x
        if self.architecture == "attention":  # Hu et al. (2018): a weight for every channel
            weights = self.excite(torch.relu(self.squeeze(x.mean((2, 3))))).sigmoid()  # (B, 32)
            x = x * weights[..., None, None]
        if features is not None:  # Ronneberger et al. (2015)
            x = torch.cat([x, features], 1)  # (B, 64, 14, 14)
        y = self._run(self.second, x)  # (B, C, 28, 28)
        if self.architecture == "multiscale":  # Denton et al. (2015): a sum of three sizes
            y = y + enlarge(self.coarse1(latent), 4) + enlarge(self.coarse2(x), 2)
        return self.tanh(y.float())


def activation(config: Config) -> nn.Module:
    """Return what stands between two layers."""
    return nn.LeakyReLU(0.01) if config.activation == "leaky-relu" else nn.ReLU()


def enlarge(x: torch.Tensor, factor: int) -> torch.Tensor:
    """Repeat every pixel."""
    return functional.interpolate(x, scale_factor=factor)


def doubling(config: Config, number: int, in_channels: int, out: int) -> dict[str, nn.Module]:
    """Return the layers that double height and width, by name."""
    arm = config.upsampler
    if arm == "fractional":
        return {
            f"zeros{number}": InsertZeros(),
            f"conv{number}": nn.Conv2d(in_channels, out, 3),
        }
    if arm in ("nearest", "bilinear"):  # Odena et al. (2016)
        half_pixels = None if arm == "nearest" else False  # neither aligns corners
        return {
            f"up{number}": nn.Upsample(scale_factor=2, mode=arm, align_corners=half_pixels),
            f"conv{number}": nn.Conv2d(in_channels, out, 3, padding=1),
        }
    if arm in ("subpixel", "subpixel-icnr"):  # Shi et al. (2016)
        return {
            f"conv{number}": nn.Conv2d(in_channels, 4 * out, 3, padding=1),
            f"shuffle{number}": nn.PixelShuffle(2),
        }
    if arm == "transposed-blur":  # 2·input + 1 pixels, of which every 2×2 are averaged
        return {
            f"deconv{number}": nn.ConvTranspose2d(in_channels, out, 3, stride=2),
            f"blur{number}": nn.AvgPool2d(2, stride=1),
        }
    size = kernel_size(arm)
    stamps = nn.ConvTranspose2d(
        in_channels, out, size, stride=2, padding=(size - 1) // 2, output_padding=size % 2
    )
    return {f"deconv{number}": stamps}


class InsertZeros(nn.Module):
    """A zero after every value, and what padding the convolution that follows needs.

    That is `kernel - 1 - padding` before and, for the output padding, one more after.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # (B, C, H, W)
        """Stretch."""
        b, c, h, w = x.shape
        spread = x.new_zeros(b, c, h, 2, w, 2)
        spread[:, :, :, 0, :, 0] = x
        return functional.pad(spread.reshape(b, c, 2 * h, 2 * w), (1, 1, 1, 1))


class LinearEncoder(nn.Module):
    """Every pixel to N numbers: with the decoder below, what PCA does best."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        assert config.latent is not None  # what Design checks
        self.dense = nn.Linear(config.side**2, config.latent)

    def forward(self, images: torch.Tensor) -> torch.Tensor:  # (B, 1, 28, 28)
        """Shrink."""
        return self.dense(images.flatten(1))  # (B, N)


class LinearDecoder(nn.Module):
    """N numbers to every pixel. No tanh: values may leave [-1, 1] a little, and are cut off."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        assert config.latent is not None  # what Design checks
        self.dense = nn.Linear(config.latent, 28 * 28)

    def forward(self, latent: torch.Tensor) -> torch.Tensor:  # (B, N)
        """Draw."""
        return self.dense(latent).unflatten(1, (1, 28, 28)).float()  # (B, 1, 28, 28)
