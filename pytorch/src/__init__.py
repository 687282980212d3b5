"""The autoencoder in PyTorch; `tensorflow/src` is the same, file for file."""

import sys

if __name__ != "pytorch.src":  # started in the folder `pytorch`
    print("error: run it in the project root: python -m pytorch.src.train", file=sys.stderr)
    sys.exit(2)

import deconv  # noqa: F401  before torch: see deconv/startup.py
