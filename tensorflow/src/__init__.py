"""The autoencoder in TensorFlow. `pytorch/src` is the same, name by name, in PyTorch."""
