"""The autoencoder in PyTorch; `tensorflow/src` is the same, file for file."""

if __name__ != "pytorch.src":  # started in the folder `pytorch`
    raise SystemExit("error: run it in the root of the repository: python -m pytorch.src.train")

import deconv  # noqa: F401  before torch: see deconv/startup.py
