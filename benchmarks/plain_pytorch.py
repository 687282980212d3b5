"""The plain recipe in PyTorch, as a tutorial has it: images one by one through transforms."""

import sys
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset

from benchmarks.recipes import AfterStep
from deconv.data.splits import Splits
from pytorch.src._torchvision import import_torchvision
from pytorch.src.utils import from_numpy, to_numpy

transforms = import_torchvision().transforms


class FashionMNIST(Dataset):
    """Gives what `torchvision.datasets.FashionMNIST` gives, the same way."""

    def __init__(self, images: np.ndarray, transform: Callable) -> None:
        self.data, self.transform = torch.from_numpy(images), transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.transform(Image.fromarray(self.data[index].numpy(), mode="L"))


def train(splits: Splits, seed: int, after_step: AfterStep) -> None:
    """Train for ever: two workers, batches of 128, Adam at 0.001."""
    torch.manual_seed(seed)
    to_tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    data = FashionMNIST(splits.train, to_tensor)
    # As in a program of one's own; this process was not started as one.
    context = "fork" if sys.platform == "linux" else None
    loader = DataLoader(
        data, batch_size=128, shuffle=True, num_workers=2, multiprocessing_context=context
    )
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 3, stride=2, padding=1, output_padding=1),
        nn.Tanh(),
    )
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def reconstruct(images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return np.concatenate([to_numpy(model(x)) for x in from_numpy(images).split(1000)])

    while True:
        for images in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), images)
            loss.backward()
            optimizer.step()
            after_step(len(images), reconstruct)
