"""The autoencoder: two convolutions halve the image twice, two layers double it back.

Shapes in comments are (B, C, H, W): batch, channels, height, width.
"""

from collections import OrderedDict

import torch
from torch import nn

from .config import Config, detect_device


def encoder() -> nn.Sequential:
    """28×28 image to 7×7×64 latent."""
    return nn.Sequential(
        OrderedDict(  # (B, 1, 28, 28)
            conv1=nn.Conv2d(1, 32, 3, stride=2, padding=1),  # (B, 32, 14, 14)
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(32, 64, 3, stride=2, padding=1),  # (B, 64, 7, 7)
            relu2=nn.ReLU(),
        )
    )


def transposed_decoder() -> nn.Sequential:
    """Up by transposed convolution: every input value stamps the kernel on the output.

    output = (input - 1)·2 - 2·padding + 3 + output_padding = 2·input. Without
    output padding the result is one pixel short, 7→13→25: several sizes shrink
    to the same one, and output padding says which of them to go back to.
    """
    return nn.Sequential(
        OrderedDict(  # (B, 64, 7, 7)
            deconv1=nn.ConvTranspose2d(
                64, 32, 3, stride=2, padding=1, output_padding=1
            ),  # (B, 32, 14, 14)
            relu1=nn.ReLU(),
            deconv2=nn.ConvTranspose2d(
                32, 1, 3, stride=2, padding=1, output_padding=1
            ),  # (B, 1, 28, 28)
            tanh=_Float32Tanh(),
        )
    )


def resize_decoder() -> nn.Sequential:
    """Up by repeating every pixel, then an ordinary convolution (Odena et al. 2016)."""
    return nn.Sequential(
        OrderedDict(  # (B, 64, 7, 7)
            up1=nn.Upsample(scale_factor=2),  # (B, 64, 14, 14)
            conv1=nn.Conv2d(64, 32, 3, padding=1),  # (B, 32, 14, 14)
            relu1=nn.ReLU(),
            up2=nn.Upsample(scale_factor=2),  # (B, 32, 28, 28)
            conv2=nn.Conv2d(32, 1, 3, padding=1),  # (B, 1, 28, 28)
            tanh=_Float32Tanh(),
        )
    )


def subpixel_decoder() -> nn.Sequential:
    """Up by computing four values per pixel and laying them out 2×2 (Shi et al. 2016)."""
    return nn.Sequential(
        OrderedDict(  # (B, 64, 7, 7)
            conv1=nn.Conv2d(64, 4 * 32, 3, padding=1),  # (B, 128, 7, 7)
            shuffle1=nn.PixelShuffle(2),  # (B, 32, 14, 14)
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(32, 4 * 1, 3, padding=1),  # (B, 4, 14, 14)
            shuffle2=nn.PixelShuffle(2),  # (B, 1, 28, 28)
            tanh=_Float32Tanh(),
        )
    )


class _Float32Tanh(nn.Module):
    """Pixels come out in float32, whatever the precision of the products before."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(x.float())


DECODERS = {
    "transposed": transposed_decoder,
    "resize": resize_decoder,
    "subpixel": subpixel_decoder,
}


def build_model(config: Config) -> nn.Module:
    """Return the autoencoder on the CPU, with PyTorch's own initial weights.

    Images `(B, 1, 28, 28)` in [-1, 1] in, the same out, whatever the precision
    of the products inside. Channels-last memory is faster for convolutions and
    changes no shape and no value.
    """
    torch.backends.cudnn.allow_tf32 = False  # float32 means float32, on NVIDIA GPUs too
    model = nn.Sequential(OrderedDict(encoder=encoder(), decoder=DECODERS[config.upsampler]()))
    if config.precision == "bfloat16":
        device = detect_device(config.device)
        model.forward = torch.autocast(device.type, torch.bfloat16)(model.forward)  # type: ignore[method-assign]
    return model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
