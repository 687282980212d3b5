"""Two optimizers that turn the gradient before they take a step, for `benchmarks.ceiling`.

Adam scales the step of every weight by itself, as if weights had nothing to do with each
other. In a kernel they do: along some of their combinations the loss is steep, along others
it is flat. Both optimizers here take a kernel for a matrix and look for such combinations of
its rows and of its columns. Biases are left to Adam.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from deconv.config import BETAS, EPSILON

State = dict[str, Any]
"""What an optimizer remembers of one parameter."""


class Matrixwise(torch.optim.Optimizer):
    """Moves kernels by `kernel_move`, which sees them as matrices, and biases like Adam."""

    def __init__(self, model: nn.Module, learning_rate: float) -> None:
        """Take note of all parameters."""
        super().__init__(model.parameters(), {"lr": learning_rate})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter once."""
        for group in self.param_groups:
            for parameter in group["params"]:
                state, gradient = self.state[parameter], parameter.grad
                state["step"] = state.get("step", 0) + 1
                if gradient.ndim == 4:
                    move = self.kernel_move(gradient.contiguous().flatten(1), state)
                else:
                    first = average("m", gradient, BETAS[0], state)
                    second = average("v", gradient**2, BETAS[1], state)
                    move = first / (second.sqrt() + EPSILON)
                parameter.sub_(move.view(gradient.shape), alpha=group["lr"])

    def kernel_move(self, gradient: torch.Tensor, state: State) -> torch.Tensor:
        """Return the step for a learning rate of 1, `(rows, columns)`: one row an outer channel."""
        raise NotImplementedError


def average(name: str, value: torch.Tensor, beta: float, state: State) -> torch.Tensor:
    """Take a value into a running average that began at 0; return the average with that undone."""
    total = state.setdefault(name, torch.zeros_like(value)).lerp_(value, 1 - beta)
    return total / (1 - beta ** state["step"])


class Muon(Matrixwise):
    """Makes all directions of a step equally long (Jordan et al. 2024, "Muon").

    The averaged gradient is replaced by the nearest matrix whose singular values are equal.
    The length is that of a step of Adam (Liu et al. 2025, arXiv:2502.16982, equation 4).
    """

    def kernel_move(self, gradient: torch.Tensor, state: State) -> torch.Tensor:
        """Return the step for a learning rate of 1."""
        ahead = gradient.lerp(average("m", gradient, BETAS[0], state), BETAS[0])  # Nesterov
        return orthogonal(ahead) * (0.2 * max(gradient.shape) ** 0.5)


def orthogonal(matrix: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """Return nearly the matrix with the same singular vectors, and singular values near 1.

    Newton and Schulz's iteration, with Jordan's coefficients: fast, and exact to about 0.3.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + EPSILON)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


class Soap(Matrixwise):
    """Adam in turned coordinates (Vyas et al. 2024, "SOAP", arXiv:2409.11321, Algorithm 3).

    They are the eigenvectors of Shampoo's two matrices: the averages of G·Gᵀ and Gᵀ·G.
    """

    EVERY = 10
    """Steps from one turning of the coordinates to the next."""

    def kernel_move(self, gradient: torch.Tensor, state: State) -> torch.Tensor:
        """Return the step for a learning rate of 1."""
        rows = average("rows", gradient @ gradient.T, BETAS[1], state)
        columns = average("columns", gradient.T @ gradient, BETAS[1], state)
        if state["step"] == 1:
            state["left"], state["right"] = (torch.linalg.eigh(m)[1] for m in (rows, columns))
        elif state["step"] % self.EVERY == 0:  # one step of the power iteration, cheaper than eigh
            state["left"] = torch.linalg.qr(rows @ state["left"])[0]
            state["right"] = torch.linalg.qr(columns @ state["right"])[0]
        left, right = state["left"], state["right"]
        first = left.T @ average("m", gradient, BETAS[0], state) @ right
        second = average("v", (left.T @ gradient @ right) ** 2, BETAS[1], state)
        return left @ (first / (second.sqrt() + EPSILON)) @ right.T
