"""Between PyTorch and the rest of the project: arrays, weights, seeds, metrics.

At the border every picture is NumPy, float32, `(N, 28, 28, 1)` in [-1, 1];
inside, PyTorch wants channels first.
"""

import random
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import torch
from torch import nn

from deconv.architecture import Weights
from deconv.weights import check_fit

from ._torchvision import import_torchvision


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and PyTorch, and make PyTorch use repeatable algorithms."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)


def from_numpy(images: np.ndarray, device: torch.device | str = "cpu") -> torch.Tensor:
    """Turn `(N, H, W, C)` into a tensor `(N, C, H, W)` on `device`, laid out channels last."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).to(device)


def to_numpy(images: torch.Tensor) -> np.ndarray:
    """Turn a tensor `(N, C, H, W)` into float32 `(N, H, W, C)`; `(N, C)` stays as it is."""
    last = images.permute(0, 2, 3, 1) if images.ndim == 4 else images
    return last.detach().float().cpu().contiguous().numpy()


def load_weights(model: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Copy canonical weights into the model.

    Raises `WeightsError` when they are not the weights of this model.
    """
    check_fit(weights, export_weights(model))
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})


def export_weights(model: nn.Module) -> Weights:
    """Copy the model's parameters out, in the canonical layout (which is PyTorch's own)."""
    return {
        name: tensor.detach().float().cpu().contiguous().numpy().copy()
        for name, tensor in model.state_dict().items()
    }


def activations(model: nn.Module, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return what every layer hands on: name to float32 `(N, H, W, C)`, in order."""
    found: dict[str, np.ndarray] = {}

    def keep(name: str) -> Callable[[nn.Module, object, torch.Tensor], None]:
        return lambda layer, inputs, output: found.update({name: to_numpy(output)})

    layers = [(name, layer) for name, layer in model.named_modules() if not [*layer.children()]]
    hooks = [layer.register_forward_hook(keep(name)) for name, layer in layers]
    with torch.inference_mode():
        model(from_numpy(images, next(model.parameters()).device))
    for hook in hooks:
        hook.remove()
    return found


def psnr(
    reconstructions: torch.Tensor,
    images: torch.Tensor,
    reduction: Literal["mean", "none"] = "mean",
) -> torch.Tensor:
    """Peak signal-to-noise ratio in dB: per image, then the mean unless `reduction="none"`.

    `10·log10(2² / MSE)`, because pixels span [-1, 1]. torchmetrics would take
    one MSE over the whole batch, so it is told to keep the images apart.
    """
    import_torchvision()
    from torchmetrics.functional.image import peak_signal_noise_ratio

    values = peak_signal_noise_ratio(
        reconstructions, images, data_range=2.0, reduction="none", dim=(1, 2, 3)
    )
    return values.mean() if reduction == "mean" else values


def ssim(
    reconstructions: torch.Tensor,
    images: torch.Tensor,
    reduction: Literal["mean", "none"] = "mean",
) -> torch.Tensor:
    """Structural similarity: per image, then the mean unless `reduction="none"`.

    Its definition wants pixels from 0 up, so [-1, 1] becomes [0, 1]. Gaussian window
    11×11, sigma 1.5. torchmetrics also averages a border that it fills by reflection;
    tf.image and scikit-image do not, so 5 pixels are cropped.
    """
    import_torchvision()
    from torchmetrics.functional.image import structural_similarity_index_measure

    _, full = structural_similarity_index_measure(
        (reconstructions + 1) / 2,
        (images + 1) / 2,
        sigma=1.5,
        kernel_size=11,
        data_range=1.0,
        reduction="none",
        return_full_image=True,
    )
    values = full[..., 5:-5, 5:-5].mean((1, 2, 3))
    return values.mean() if reduction == "mean" else values
