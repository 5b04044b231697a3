"""Which samples experts regress on and how they weigh them, as training chooses it; a model file has its own copy."""

from collections.abc import Callable
from dataclasses import dataclass
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

_CHANNELS: Final = 3


@dataclass(frozen=True)
class Recipe:
    """What makes an expert, in the units of a model file.

    Attributes:
        context: its regressors, by channel in coding order.
        forget: weight per step of distance, in 1/256.
        ridge: added to the diagonal, in 1/1024.
        floor: error that every sample has beside those around it, in 1/1024 of a sample step.
        own: weight of a sample's own error, in 1/64.
    """

    context: Callable[[int], Context]
    forget: int
    ridge: int
    floor: int
    own: int

    @property
    def settings(self) -> tuple[int, int, int, int]:
        """As a row of a model file."""
        return self.forget, self.ridge, self.floor, self.own


def narrow(channel: int) -> Context:
    """The nearest samples of the channel, those of the others, and the base picture at this place."""
    own = [(0, -1), (-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0)]
    return [(channel, dy, dx) for dy, dx in own] + OTHERS[channel] + [(3 + channel, 0, 0)]


def wide(channel: int) -> Context:
    """More samples around."""
    return [*narrow(channel), (channel, -1, 2), (channel, -2, -1), *MORE[channel]]


def wider(channel: int) -> Context:
    """Up to three samples away, and corners of the other channels."""
    own = [(-2, 1), (-1, -2), (-2, 2), (-2, -2), (0, -3), (-3, 0)]
    others = [(d, -1, dx) for d in _others(channel) for dx in (1, -1)]
    return _once(wide(channel) + [(channel, dy, dx) for dy, dx in own] + others)


def widest(channel: int) -> Context:
    """All that pays: more of the other channels, and the base picture around."""
    base = [(3 + channel, 0, 1), (3 + channel, 1, 0)]
    far = [(d, dy, dx) for d in _others(channel) for dy, dx in ((0, -2), (-2, 0))]
    here = [(3 + d, 0, 0) for d in range(channel)]
    own = [(channel, dy, dx) for dy, dx in ((-1, -3), (-3, -1), (-3, 1), (-2, 3), (-3, 2), (-2, -3))]
    further = [(d, dy, dx) for d in _others(channel) for dy, dx in ((-1, 2), (-2, 1), (-2, -1), (-1, -2))]
    before = [(3 + channel, 0, -1), (3 + channel, -1, 0)]
    return _once(wider(channel) + base + far + here + own + further + before)


def _others(channel: int) -> list[int]:
    return [d for d in range(_CHANNELS) if d != channel]


def _once(context: Context) -> Context:
    return list(dict.fromkeys(context))


def as_array(context: Context) -> NDArray[np.int32]:
    """(n, 3) plane, dy, dx."""
    return np.array(context, np.int32)


NARROW: Final = Recipe(narrow, 192, 307, 410, 64)
PLAIN: Final = Recipe(wide, 230, 31, 614, 32)
WIDER: Final = Recipe(wider, 230, 307, 512, 32)
WIDEST: Final = Recipe(widest, 243, 307, 512, 32)
NARROW_BY_PHASE: Final = Recipe(narrow, 230, 307, 512, 32)
WIDER_BY_PHASE: Final = Recipe(wider, 241, 307, 512, 32)
"""Of four phases, each of which sees a quarter of the places, and so forgets more slowly."""
BLEND: Final = Recipe(lambda _: [], 220, 1024, 512, 32)
"""Of the experts' predictions, whatever they are."""


@dataclass(frozen=True)
class Design:
    """Experts of a model, units of each hidden layer, and experts of four phases, which the network does not see."""

    experts: tuple[Recipe, ...]
    hidden: int
    phased: tuple[Recipe, ...] = ()


DESIGNS: Final = {
    "fast": Design((NARROW, PLAIN), 32),
    "normal": Design((NARROW, WIDER), 56),
    "best": Design((NARROW, WIDER, WIDEST), 96, (NARROW_BY_PHASE, WIDER_BY_PHASE)),
}
