"""Settings of a TensorFlow run, and where it computes."""

import os
import platform
from dataclasses import dataclass
from typing import Literal

import tensorflow as tf

from deconv.config import DeviceName, RunConfig
from deconv.errors import DeviceError
from deconv.running.processor import cores


@dataclass(frozen=True)
class Config(RunConfig):
    """Train the autoencoder in TensorFlow and leave weights, metrics and pictures in a folder."""


def detect_device(preference: DeviceName = "auto") -> str:
    """Return the device to compute on: with "auto" a GPU if there is one, else the CPU.

    TensorFlow calls CUDA's and Apple's devices both GPU; "mps" asks for Apple's
    (the tensorflow-metal plugin). Raises `DeviceError` when the device asked for
    is not there.
    """
    gpu = bool(tf.config.list_physical_devices("GPU"))
    apple = platform.system() == "Darwin"
    there = {"cuda": gpu and not apple, "mps": gpu and apple, "cpu": True}
    if preference == "auto":
        preference = next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[preference]:
        names = ", ".join(name for name, found in there.items() if found)
        raise DeviceError(f"--device {preference}: TensorFlow finds no such device; it has {names}")
    return "/CPU:0" if preference == "cpu" else "/GPU:0"


def device_type(device: str) -> Literal["cpu", "cuda", "mps"]:
    """Return the word that `--device` and the records have for a device of TensorFlow."""
    if device == "/CPU:0":
        return "cpu"
    return "mps" if platform.system() == "Darwin" else "cuda"


def count_threads(device: str) -> int:
    """Return how many threads share an operation; 0 where a GPU computes.

    Without `TF_NUM_INTRAOP_THREADS`, TensorFlow takes one for each core.
    """
    if device != "/CPU:0":
        return 0
    wish = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    chosen = tf.config.threading.get_intra_op_parallelism_threads()
    return chosen or (int(wish) if wish.isdecimal() else 0) or cores()
