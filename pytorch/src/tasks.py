"""What other tasks and losses than the default are trained by, and how they are measured."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import nan

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from deconv.metrics import Scores, mean_iou

from .config import Config
from .engine import evaluate, loss_fn
from .utils import ssim

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]


def absolute_error(reconstructions: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Mean absolute error over every pixel of the batch: a scalar."""
    return (reconstructions - images).abs().mean()


def dissimilarity(reconstructions: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """1 - SSIM, the mean over the images of the batch: a scalar."""
    return 1 - ssim(reconstructions, images)


def cross_entropy(scores: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Mean over every pixel of -log(probability of its class), by softmax: a scalar.

    Scores `(B, 11, 28, 28)`, classes `(B, 1, 28, 28)`.
    """
    return functional.cross_entropy(scores, classes[:, 0].long())


def choose_loss(config: Config) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Return what training lowers: a function of outputs and targets."""
    if config.task == "segment":
        return cross_entropy
    return {"mse": loss_fn, "l1": absolute_error, "ssim": dissimilarity}[config.loss]


def choose_evaluation(config: Config) -> Callable[[nn.Module, Batches], Scores]:
    """Return what measures a model on batches: `evaluate`, or what the task and loss need."""
    loss = choose_loss(config)
    if loss is loss_fn:
        return evaluate
    measure = evaluate_classes if config.task == "segment" else evaluate

    def evaluate_with_loss(model: nn.Module, batches: Batches) -> Scores:
        return replace(measure(model, batches), loss=mean_loss(model, batches, loss))

    return evaluate_with_loss


@torch.inference_mode()
def evaluate_classes(model: nn.Module, batches: Batches) -> Scores:
    """Return the mean intersection over union of the likeliest class of every pixel."""
    model.eval()
    found = [(model(images).argmax(1), classes[:, 0]) for images, classes in batches]
    predicted, true = (torch.cat(maps).cpu().numpy() for maps in zip(*found, strict=True))
    return Scores(nan, nan, nan, miou=mean_iou(predicted, true))


@torch.inference_mode()
def mean_loss(model: nn.Module, batches: Batches, loss: Callable) -> float:
    """Return a loss, mean over images (not over batches)."""
    model.eval()
    losses = [(float(loss(model(x), y)), len(x)) for x, y in batches]
    values, sizes = zip(*losses, strict=True)
    return float(np.average(values, weights=sizes))
