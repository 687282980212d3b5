"""One pass over the training images, as far as it is still to do."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import Any, SupportsFloat

import numpy as np


class Epoch:
    """Batches, each with its learning rate; looping over it gives what is left of them.

    `batches` gives `(images, targets)`, as a loader does. `rates` holds the learning
    rate of each batch, or one for all of them. Give the loss of every step to `record`.

    An epoch that was interrupted begins with the `losses` and `sizes` (images in a
    batch) of the steps that were taken, and the `seconds` that they took.
    """

    def __init__(
        self,
        batches: Iterable[tuple[Any, Any]],
        rates: float | np.ndarray,
        *,
        losses: Sequence[float] = (),
        sizes: Sequence[int] = (),
        seconds: float = 0.0,
        after_step: Callable[[], None] | None = None,
    ) -> None:
        self.batches, self.rates = batches, rates
        self.losses, self.sizes = list(losses), list(sizes)
        self._unread: list[SupportsFloat] = []  # losses that are still on the device
        self._seconds = seconds
        self._begin: float | None = None
        self._after_step = after_step

    def __iter__(self) -> Iterator[tuple[Any, Any, float]]:
        """Give `(images, targets, learning rate)` of every step that is left."""
        self._begin = time.perf_counter()
        if isinstance(self.rates, float):
            steps = zip(self.batches, repeat(self.rates), strict=False)
        else:
            steps = zip(self.batches, self.rates, strict=True)
        for (images, targets), rate in islice(steps, self.done, None):
            self.sizes.append(len(images))
            yield images, targets, float(rate)
            if self.done < len(self.sizes):
                raise RuntimeError("the loss of a step is missing: give every one to epoch.record")
            if self._after_step:
                self._after_step()
        self._seconds, self._begin = self.seconds, None

    def record(self, loss: SupportsFloat) -> None:
        """Take note of a step's loss. It stays on the device until `read`."""
        self._unread.append(loss)

    def read(self) -> Iterator[float]:
        """Fetch the losses that are still on the device, one by one. This waits for the device."""
        unread, self._unread = self._unread, []
        for loss in unread:
            self.losses.append(float(loss))
            yield self.losses[-1]

    @property
    def done(self) -> int:
        """Steps taken, before an interruption too."""
        return len(self.losses) + len(self._unread)

    @property
    def unread(self) -> int:
        """Losses that are still on the device."""
        return len(self._unread)

    @property
    def latest_loss(self) -> SupportsFloat:
        """Loss of the last step, wherever it is."""
        return self._unread[-1] if self._unread else self.losses[-1]

    @property
    def seconds(self) -> float:
        """Time that the steps took, before an interruption too."""
        running = 0.0 if self._begin is None else time.perf_counter() - self._begin
        return self._seconds + running

    def mean_loss(self) -> float:
        """Return the mean loss per image of the steps taken."""
        list(self.read())
        return float(np.average(self.losses, weights=self.sizes))
