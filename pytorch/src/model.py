"""The autoencoder: two convolutions halve the image twice, two layers double it back.

Shapes in comments are (B, C, H, W): batch, channels, height, width.
"""

import torch
from torch import nn

from deconv.architecture import BASELINE

from .config import Config
from .variants import Variant


class Encoder(nn.Module):
    """28×28 image to 7×7×64 latent."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, stride=2, padding=1)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(32, 64, 3, stride=2, padding=1)
        self.relu2 = nn.ReLU()

    def forward(self, images: torch.Tensor) -> torch.Tensor:  # (B, 1, 28, 28)
        """Shrink."""
        x = self.relu1(self.conv1(images))  # (B, 32, 14, 14)
        return self.relu2(self.conv2(x))  # (B, 64, 7, 7)


class TransposedDecoder(nn.Module):
    """Up by transposed convolution: every input value stamps the kernel on the output.

    output = (input - 1)·2 - 2·padding + 3 + output_padding = 2·input. Without
    output padding the result is one pixel short, 7→13→25: several sizes shrink
    to the same one, and output padding says which of them to go back to.
    """

    def __init__(self) -> None:
        super().__init__()
        self.deconv1 = nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1)
        self.relu1 = nn.ReLU()
        self.deconv2 = nn.ConvTranspose2d(32, 1, 3, stride=2, padding=1, output_padding=1)
        self.tanh = nn.Tanh()

    def forward(self, latent: torch.Tensor) -> torch.Tensor:  # (B, 64, 7, 7)
        """Draw."""
        x = self.relu1(self.deconv1(latent))  # (B, 32, 14, 14)
        x = self.deconv2(x)  # (B, 1, 28, 28)
        return self.tanh(x.float())


class Autoencoder(nn.Module):
    """Image to latent to image.

    Images `(B, 1, 28, 28)` in [-1, 1] in, the same out in float32, whatever the
    precision of the products inside.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.decoder = TransposedDecoder()
        self.precision = config.precision

    def forward(self, images: torch.Tensor) -> torch.Tensor:  # (B, 1, 28, 28)
        """Reconstruct."""
        mixed = self.precision == "bfloat16"
        with torch.autocast(images.device.type, torch.bfloat16, enabled=mixed):
            latent = self.encoder(images)  # (B, 64, 7, 7)
            return self.decoder(latent)  # (B, 1, 28, 28)


def build_model(config: Config) -> nn.Module:
    """Return the autoencoder, or the variant of it that is asked for, on the CPU.

    With PyTorch's own initial weights. Channels-last memory is faster for convolutions
    and changes no shape and no value.
    """
    torch.backends.cudnn.allow_tf32 = False  # float32 means float32, on NVIDIA GPUs too
    model = Autoencoder(config) if config.design == BASELINE else Variant(config)
    model.design = config.design  # type: ignore[assignment]
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
