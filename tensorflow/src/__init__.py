"""The autoencoder in TensorFlow. `pytorch/src` is the same, name by name, in PyTorch."""

if __name__ != "tensorflow.src":  # started in the folder `tensorflow`
    raise SystemExit("error: run it in the root of the repository: python -m tensorflow.src.train")
