"""The training loop, in sight: forward, loss, backward, step."""

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from torch import nn

from deconv.config import BETAS, EPSILON
from deconv.errors import ConfigError
from deconv.metrics import Scores
from deconv.weights import Weights

from .config import Config, detect_device
from .utils import psnr, ssim


def build_optimizer(model: nn.Module, config: Config) -> torch.optim.Optimizer:
    """Return AdamW; with `weight_decay=0` it is Adam (Kingma and Ba 2015, Algorithm 1)."""
    return torch.optim.AdamW(
        model.parameters(),
        lr=config.learning_rate,
        betas=BETAS,
        eps=EPSILON,
        weight_decay=config.weight_decay,
        fused=True,
    )


def export_optimizer(model: nn.Module, optimizer: torch.optim.Optimizer) -> Weights:
    """Copy Adam's state out, canonical layout: averages `m.NAME` and `v.NAME`, and `step`."""
    state = {}
    for name, parameter in model.named_parameters():
        own = optimizer.state[parameter]
        state[f"m.{name}"] = own["exp_avg"].cpu().numpy().copy()
        state[f"v.{name}"] = own["exp_avg_sq"].cpu().numpy().copy()
        state["step"] = own["step"].cpu().numpy().copy()
    return state


def load_optimizer(
    model: nn.Module, optimizer: torch.optim.Optimizer, state: Mapping[str, np.ndarray]
) -> None:
    """Put a state that `export_optimizer` of either framework gave into the optimizer."""
    for name, parameter in model.named_parameters():
        like = torch.empty_like(parameter, requires_grad=False)  # same device, same memory order
        optimizer.state[parameter] = {
            "step": torch.tensor(state["step"], dtype=torch.float32, device=parameter.device),
            "exp_avg": like.clone().copy_(torch.from_numpy(state[f"m.{name}"])),
            "exp_avg_sq": like.clone().copy_(torch.from_numpy(state[f"v.{name}"])),
        }


def choose_step(config: Config) -> Callable:
    """Return `train_step`, compiled if `config.compile` asks for it.

    "auto" does not compile: torch.compile needs a C++ compiler and tens of
    seconds, which ten epochs of this small model do not earn back. Raises
    `ConfigError` where it does not work.
    """
    if config.compile != "on":
        return train_step
    try:
        torch.compile(torch.neg)(torch.zeros(1, device=detect_device(config.device)))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"--compile on: torch.compile does not work here ({reason})") from error
    return torch.compile(train_step)


def loss_fn(reconstructions: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Mean squared error over every pixel of the batch: a scalar."""
    return (reconstructions - images).square().mean()


def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    targets: torch.Tensor,
) -> torch.Tensor:
    """Move the weights once against the gradient of the loss; return the loss before the move."""
    optimizer.zero_grad()
    loss = loss_fn(model(images), targets)
    loss.backward()
    optimizer.step()
    return loss.detach()


@torch.inference_mode()
def eval_step(
    model: nn.Module, images: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return MSE, PSNR and SSIM of each image of the batch: three tensors `(B,)`."""
    reconstructions = model(images)
    error = (reconstructions - targets).square().mean((1, 2, 3))
    return (
        error,
        psnr(reconstructions, targets, reduction="none"),
        ssim(reconstructions, targets, reduction="none"),
    )


def train_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Iterable[tuple[torch.Tensor, torch.Tensor]],
    rates: np.ndarray,
    step: Callable = train_step,
    after_step: Callable[[int, torch.Tensor], None] | None = None,
) -> float:
    """Take one step per batch, each with its own learning rate; return the mean loss per image.

    `rates` holds one learning rate a batch. `step` is `train_step`, or that
    compiled. `after_step` is called with the number of images and the loss. The
    losses stay on the device: reading one after every step would make the program
    wait for the device.
    """
    model.train()
    losses, sizes = [], []
    for (images, targets), rate in zip(batches, rates, strict=True):
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        losses.append(step(model, optimizer, images, targets))
        sizes.append(len(images))
        if after_step is not None:
            after_step(len(images), losses[-1])
    if not any(sizes):  # more workers than images in a batch
        return math.nan
    return float(np.average(torch.stack(losses).cpu(), weights=sizes))


def evaluate(model: nn.Module, batches: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> Scores:
    """Return MSE, PSNR and SSIM, each the mean over images (not over batches)."""
    model.eval()
    values = [torch.stack(eval_step(model, images, targets)) for images, targets in batches]
    means = torch.cat(values, dim=1).cpu().double().mean(1)  # (3, N) to (3,)
    return Scores(*means.tolist())
