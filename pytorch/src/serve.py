"""Reconstruct images for another program: `python -m deconv.playground` starts it.

It speaks on the standard streams; `deconv.playground.serving` says how.
"""

from deconv.playground.serving import serve

from .inference import load_model, reconstruct

if __name__ == "__main__":
    serve(load_model, reconstruct)
