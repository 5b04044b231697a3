"""Which samples the least-squares experts regress on, as training chooses them; a model file carries its own copy."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Context = list[tuple[int, int, int]]

OTHERS: Final[list[Context]] = [
    [(1, 0, -1), (1, -1, 0), (2, 0, -1), (2, -1, 0)],
    [(0, 0, 0), (0, 0, -1), (0, -1, 0), (0, -1, 1), (2, 0, -1), (2, -1, 0)],
    [(0, 0, 0), (0, 0, -1), (0, -1, 0), (1, 0, 0), (1, 0, -1), (1, -1, 0)],
]
MORE: Final[list[Context]] = [
    [(1, -1, 1), (2, -1, 1)],
    [(0, -1, -1), (0, 0, -2)],
    [(0, -1, 1), (1, -1, 1)],
]


def narrow(channel: int) -> Context:
    """The nearest samples of the channel, those of the others, and the base picture at this place."""
    own = [(0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0)]
    return [(channel, dy, dx) for dy, dx in own] + OTHERS[channel] + [(3 + channel, 0, 0)]


def wide(channel: int) -> Context:
    """More samples around."""
    return [*narrow(channel), (channel, -1, 2), (channel, -2, -1), *MORE[channel]]


def experts_of(channel: int) -> list[tuple[Context, float]]:
    """Contexts and forgetting factors of the experts of a channel, in coding order of channels."""
    return [(narrow(channel), 0.7), (wide(channel), 0.92)]


def as_array(context: Context) -> NDArray[np.int32]:
    """(n, 3) plane, dy, dx."""
    return np.array(context, np.int32)
