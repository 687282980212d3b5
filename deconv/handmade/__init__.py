"""The network that nobody trained: the autoencoder's weights, written down by hand.

What can this architecture do at all? Training gives a lower bound and no reason. Here
the 37,569 numbers are found by thinking: most are 0, the others move pixels to where
they are needed, and a few bend a straight line until tanh undoes the bend. The pictures
are better than those of ten epochs of training, which says something about training, and
something about pictures that a network did not have to understand. See docs/handmade.md.
"""

from deconv.handmade.lines import BrokenLine, exact_line, fit, halves
from deconv.handmade.weights import by_hand, count_nonzero, write_by_hand

__all__ = [
    "BrokenLine",
    "by_hand",
    "count_nonzero",
    "exact_line",
    "fit",
    "halves",
    "write_by_hand",
]
