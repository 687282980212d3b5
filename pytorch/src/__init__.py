"""The autoencoder in PyTorch; `tensorflow/src` is the same, file for file."""
