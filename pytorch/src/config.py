"""Settings of a PyTorch run, and where it computes."""

import os
from dataclasses import dataclass

import torch

from deconv.config import DeviceName, RunConfig
from deconv.errors import DeviceError


@dataclass(frozen=True)
class Config(RunConfig):
    """Train the autoencoder in PyTorch and leave weights, metrics and pictures in a folder."""


def detect_device(preference: DeviceName = "auto") -> torch.device:
    """Return the device to compute on: with "auto" the first of CUDA, MPS, CPU that is there.

    Raises `DeviceError` when the device asked for is not there.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if preference == "auto":
        preference = next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[preference]:
        names = ", ".join(name for name, found in there.items() if found)
        raise DeviceError(f"--device {preference}: PyTorch finds no such device; it has {names}")
    local = os.environ.get("LOCAL_RANK", "")
    if preference == "cuda" and local.isdecimal():  # torchrun: each process has its own
        rank, count = int(local), torch.cuda.device_count()
        if rank >= count:
            raise DeviceError(f"worker {rank + 1} of this machine finds only {count} CUDA devices")
        return torch.device("cuda", rank)
    return torch.device(preference)


def count_threads(device: torch.device) -> int:
    """Return how many threads share an operation; 0 where a GPU computes.

    Without `OMP_NUM_THREADS`, PyTorch takes one for each core.
    """
    return torch.get_num_threads() if device.type == "cpu" else 0
