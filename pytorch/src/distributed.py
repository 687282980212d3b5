"""Several processes train one model together, each with its share of every batch.

`torchrun` starts them and tells each in environment variables which one it is.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn

from deconv.errors import ConfigError, DeviceError, TrainingError
from deconv.running.workers import ALONE, LOST, MEETING_SECONDS, Workers, check_host, meet, not_met

from .config import Config
from .engine import compile_step, loss_fn
from .tasks import choose_loss


def join_workers(device: torch.device) -> Workers:
    """Meet the other processes that `torchrun` started; without it, be the only worker.

    CUDA devices talk through nccl, CPUs through gloo. Raises `DeviceError` for a
    device that neither knows, `ConfigError` when what torchrun should have set cannot
    be right, and `TrainingError` when the others are not there in time.
    """
    if "WORLD_SIZE" not in os.environ or (count := _number("WORLD_SIZE", 1, 9999)) == 1:
        return ALONE
    needed = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
    if missing := [name for name in needed if name not in os.environ]:
        raise ConfigError(
            f"WORLD_SIZE is set, but {' and '.join(missing)} not: start several workers with "
            "torchrun, or unset WORLD_SIZE"
        )
    rank = _number("RANK", 0, count - 1)
    leader = (os.environ["MASTER_ADDR"], _number("MASTER_PORT", 1, 65535))
    check_host("MASTER_ADDR", leader[0])
    if device.type not in ("cpu", "cuda"):
        raise DeviceError(f"several workers cannot train on {device.type}; give --device cpu")
    if not distributed.is_torchelastic_launched():  # torchrun lets them meet before it starts them
        meet(rank, count, leader)
    # Optimizers import this. Where a group is there already, it keeps hold of it for good, and
    # then gloo's threads outlive the program's end, which sometimes aborts.
    import torch._dynamo  # noqa: F401

    backends = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    patience = timedelta(seconds=MEETING_SECONDS)
    try:
        store, *_ = next(distributed.rendezvous("env://", timeout=patience))
        distributed.init_process_group(backends, store=store, rank=rank, world_size=count)
    except RuntimeError as error:
        raise not_met(rank, leader, error) from error

    def exchange(mine: Any) -> list[Any]:
        every = [None] * count
        with _connected():
            distributed.all_gather_object(every, mine)
        return every

    @contextmanager
    def group() -> Iterator[None]:
        try:
            yield
            exchange(None)  # who leaves first would break the others' connections
        finally:
            distributed.destroy_process_group()

    return Workers(rank, count, exchange, group)


def _number(name: str, low: int, high: int) -> int:
    """Return the number in an environment variable."""
    text = os.environ[name]
    if not (re.fullmatch("[0-9]{1,5}", text) and low <= int(text) <= high):
        raise ConfigError(
            f"{name} is {text!r}, and must be a whole number from {low} to {high}: start several "
            "workers with torchrun, or unset WORLD_SIZE"
        )
    return int(text)


@contextmanager
def _connected() -> Iterator[None]:
    try:
        yield
    except RuntimeError as failure:
        raise TrainingError(LOST) from failure


def choose_step(config: Config, device: torch.device, workers: Workers) -> tuple[Callable, bool]:
    """Return the step of `compile_step`, or with several workers the one they take together.

    And whether it is compiled. Raises `ConfigError` when several workers should.
    """
    if workers.count == 1:
        return compile_step(config, device, choose_loss(config))
    if choose_loss(config) is not loss_fn:
        raise ConfigError("several workers train on the mean squared error only; leave --loss out")
    if config.compile == "on":
        raise ConfigError("--compile on: several workers train without compiling; leave it out")
    return distributed_step, False


def distributed_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    targets: torch.Tensor,
) -> torch.Tensor:
    """Move the weights once, the same way on every worker; return the loss of the whole batch.

    Every worker has the whole batch and takes its share of it. Shares may differ in
    size, so each worker differentiates the sum of its squared errors, not their mean.
    What all sums add up to, over all pixels, is the mean.
    """
    share = slice(distributed.get_rank(), None, distributed.get_world_size())
    optimizer.zero_grad()
    error = (model(images[share]) - targets[share]).square().sum()
    error.backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    values = [*gradients, error.detach()]
    sums = torch.cat([value.flatten() for value in values])
    with _connected():
        distributed.all_reduce(sums)  # all in one exchange
    *totals, total_error = sums.split([value.numel() for value in values])
    for gradient, total in zip(gradients, totals, strict=True):
        gradient.copy_(total.view_as(gradient) / targets.numel())
    optimizer.step()
    return (total_error / targets.numel()).squeeze()
