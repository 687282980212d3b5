"""The training loop, in sight: forward, loss, backward, step."""

from collections.abc import Callable, Iterable
from functools import partial

import torch
from torch import nn

from deconv.errors import ConfigError
from deconv.metrics import Scores
from deconv.running.epoch import Epoch

from .config import Config
from .optimizer import set_learning_rate
from .utils import psnr, ssim


def loss_fn(reconstructions: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Mean squared error over every pixel of the batch: a scalar."""
    return (reconstructions - images).square().mean()


def train_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    targets: torch.Tensor,
    loss_fn: Callable = loss_fn,
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
    reconstructions = model(images).clamp(-1, 1)  # a linear network has no tanh
    return (
        (reconstructions - targets).square().mean((1, 2, 3)),
        psnr(reconstructions, targets, reduction="none"),
        ssim(reconstructions, targets, reduction="none"),
    )


def train_epoch(
    model: nn.Module, optimizer: torch.optim.Optimizer, epoch: Epoch, step: Callable = train_step
) -> float:
    """Take every step of the epoch; return the mean loss per image.

    `Epoch(batches, rate)` makes an epoch of any batches. `step` is `train_step`, or
    that compiled, or one that several workers take together.
    """
    model.train()
    for images, targets, rate in epoch:
        set_learning_rate(optimizer, rate)
        loss = step(model, optimizer, images, targets)
        epoch.record(loss)
    return epoch.mean_loss()


def evaluate(model: nn.Module, batches: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> Scores:
    """Return MSE, PSNR and SSIM, each the mean over images (not over batches)."""
    model.eval()
    values = [torch.stack(eval_step(model, images, targets)) for images, targets in batches]
    means = torch.cat(values, dim=1).cpu().double().mean(1)  # (3, N) to (3,)
    return Scores(*means.tolist())


def compile_step(
    config: Config, device: torch.device, loss_fn: Callable = loss_fn
) -> tuple[Callable, bool]:
    """Return `train_step` with this loss, compiled if `config.compile` asks, and whether it is.

    "auto" does not compile: torch.compile needs a C++ compiler and tens of
    seconds, which ten epochs of this small model do not earn back. Raises
    `ConfigError` where it does not work.
    """
    step = partial(train_step, loss_fn=loss_fn)
    if config.compile != "on":
        return step, False
    try:
        torch.compile(torch.neg)(torch.zeros(1, device=device))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"--compile on: torch.compile does not work here ({reason})") from error
    return torch.compile(step), True
