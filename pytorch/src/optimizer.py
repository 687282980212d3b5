"""The optimizer, its learning rate, and its state in and out."""

import numpy as np
import torch
from torch import nn

from deconv.config import BETAS, EPSILON
from deconv.running.checkpoint import State

from .config import Config
from .utils import export_weights, load_weights


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


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Take the next steps with this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def export_state(model: nn.Module, optimizer: torch.optim.Optimizer) -> State:
    """Copy weights and Adam's averages out, canonical layout."""
    averages: dict[str, np.ndarray] = {}
    for name, parameter in model.named_parameters():
        own = optimizer.state[parameter]
        averages[f"m.{name}"] = own["exp_avg"].cpu().numpy().copy()
        averages[f"v.{name}"] = own["exp_avg_sq"].cpu().numpy().copy()
        averages["step"] = own["step"].cpu().numpy().copy()
    return State(export_weights(model), averages)


def load_state(model: nn.Module, optimizer: torch.optim.Optimizer, state: State) -> None:
    """Put a state that `export_state` of either framework gave into model and optimizer."""
    load_weights(model, state.weights)
    averages = state.optimizer
    for name, parameter in model.named_parameters():
        like = torch.empty_like(parameter, requires_grad=False)  # same device, same memory order
        optimizer.state[parameter] = {
            "step": torch.tensor(averages["step"], dtype=torch.float32, device=parameter.device),
            "exp_avg": like.clone().copy_(torch.from_numpy(averages[f"m.{name}"])),
            "exp_avg_sq": like.clone().copy_(torch.from_numpy(averages[f"v.{name}"])),
        }
