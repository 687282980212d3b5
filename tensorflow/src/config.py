"""Settings of a TensorFlow run, and where it computes."""

from __future__ import annotations

from dataclasses import dataclass

from deconv.config import DeviceName, RunConfig
from deconv.errors import DeviceError


@dataclass(frozen=True)
class Config(RunConfig):
    """Train the autoencoder in TensorFlow and leave weights, metrics and pictures in a folder."""


def detect_device(preference: DeviceName = "auto") -> str:
    """Return the device to compute on: with "auto" a GPU if there is one, else the CPU.

    TensorFlow calls CUDA's and Apple's devices both GPU; "mps" asks for Apple's
    (the tensorflow-metal plugin). Raises `DeviceError` when the device asked for
    is not there.
    """
    import platform

    import tensorflow as tf

    gpu = bool(tf.config.list_physical_devices("GPU"))
    apple = platform.system() == "Darwin"
    there = {"cuda": gpu and not apple, "mps": gpu and apple, "cpu": True}
    if preference == "auto":
        preference = next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[preference]:
        names = ", ".join(name for name, found in there.items() if found)
        raise DeviceError(f"--device {preference}: TensorFlow finds no such device; it has {names}")
    return "/CPU:0" if preference == "cpu" else "/GPU:0"
