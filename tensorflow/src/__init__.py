"""The autoencoder in TensorFlow. `pytorch/src` is the same, name by name, in PyTorch."""

import sys

if __name__ != "tensorflow.src":  # started in the folder `tensorflow`
    print("error: run it in the project root: python -m tensorflow.src.train", file=sys.stderr)
    sys.exit(2)
