"""Several processes train one model together, each with its share of every batch.

`torchrun` starts them and tells each in environment variables which one it is.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from deconv.errors import DeviceError, TrainingError
from deconv.workers import LOST, Workers


def join_workers(device: torch.device) -> Workers:
    """Meet the other processes that `torchrun` started; without it, be the only worker.

    CUDA devices talk through nccl, CPUs through gloo. Raises `DeviceError` for a
    device that neither knows.
    """
    if "WORLD_SIZE" not in os.environ:
        return Workers()
    if device.type not in ("cpu", "cuda"):
        raise DeviceError(f"several workers cannot train on {device.type}; give --device cpu")
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")

    def agree(answer: bool) -> bool:
        votes = torch.tensor(float(answer), device=device)
        distributed.all_reduce(votes)
        return bool(votes)

    @contextmanager
    def group() -> Iterator[None]:
        try:
            yield
            distributed.barrier()  # who leaves first would break the others' connections
        finally:
            distributed.destroy_process_group()

    return Workers(distributed.get_rank(), distributed.get_world_size(), agree, group)


def share_model(model: nn.Module, workers: Workers) -> nn.Module:
    """Return the model as it is trained: with several workers, wrapped for their gradients."""
    return model if workers.count == 1 else DistributedDataParallel(model)


def share_step(step: Callable, workers: Workers) -> Callable:
    """Return `step`, or with several workers one that takes a step over all their shares.

    Its result, the loss, is the mean over the whole batch, the same for all workers.
    """
    return step if workers.count == 1 else distributed_step


def distributed_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    targets: torch.Tensor,
) -> torch.Tensor:
    """Move the weights once, the same way on every worker; return the loss of the whole batch.

    Shares may differ in size, so each worker differentiates the sum of its squared
    errors, not their mean. Backward leaves the mean over workers of these gradients;
    workers over pixels makes it the gradient of the mean over all pixels.
    """
    try:
        optimizer.zero_grad()
        error = (model(images) - targets).square().sum()
        error.backward()
        total = torch.stack([error.detach(), error.new_tensor(targets.numel())])
        distributed.all_reduce(total)
        for gradient in (p.grad for p in model.parameters() if p.grad is not None):
            gradient *= distributed.get_world_size() / total[1]
        optimizer.step()
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as failure:  # gloo has no exception of its own
        raise TrainingError(LOST) from failure
    return total[0] / total[1]
