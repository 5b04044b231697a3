"""The least-squares experts: which samples each regresses on, and how fast it forgets.

Plane 0 is the channel that is coded; the planes after it are known whole: channels coded before, the picture before.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.lanes import zeros
from hybridcodec.residual.least_squares import LAG, PAD, SOLVE_EVERY, Expert, count_sums, shape_of_sums
from hybridcodec.residual.wide.planes import PAD as FURTHER

Context = list[tuple[int, int, int]]

ALONE: Final = ((6, 0.5), (12, 0.75), (24, 0.75), (36, 0.92))
"""Nearest samples, and forgetting factor, of the experts of a plane that stands alone."""
AMONG: Final = ((6, 0.5), (24, 0.75), (36, 0.92))
"""The same of those that see their own plane alone where there are others."""
ACROSS: Final = ((6, 5, 5, 0.55), (12, 9, 9, 0.8), (20, 9, 9, 0.92))
"""Nearest samples, samples of the first and of each further plane, forgetting factor, of those that see others."""
MOST_OTHERS: Final = 3
"""Planes beside its own that an expert sees."""

_CROSS: Final = [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def nearest(count: int) -> Context:
    """The `count` nearest places of the own plane that are known when a place is coded."""
    places = [
        (dy, dx)
        for dy in range(-FURTHER, 1)
        for dx in range(-FURTHER, FURTHER + 1)
        if (dy < 0 and dx < LAG * -dy) or (dy == 0 and dx < 0)
    ]
    places.sort(key=lambda place: (place[0] ** 2 + place[1] ** 2, -place[0], place[1]))
    return [(0, dy, dx) for dy, dx in places[:count]]


def contexts(others: int) -> list[tuple[Context, float]]:
    """Contexts and forgetting factors of the experts of a plane that has so many others beside it."""
    if not others:
        return [(nearest(own), forget) for own, forget in ALONE]
    chosen = [(nearest(own), forget) for own, forget in AMONG]
    for own, first, further, forget in ACROSS:
        seen = [(p, dy, dx) for p in range(1, others + 1) for dy, dx in _CROSS[: first if p == 1 else further]]
        chosen.append((nearest(own) + seen, forget))
    return chosen


def make(others: int, lanes: int) -> tuple[Expert, ...]:
    """Return experts at their start."""
    return tuple(_expert(np.array(context, np.int32), forget, lanes) for context, forget in contexts(others))


def entries(others: int) -> int:
    """Sums that the largest expert keeps."""
    return max(count_sums(np.array(context)) for context, _ in contexts(others))


def _expert(context: NDArray[np.int32], forget: float, lanes: int) -> Expert:
    n = len(context)
    sums, history = zeros(shape_of_sums(context, lanes)), zeros((SOLVE_EVERY, n + 1, lanes), PAD)
    return Expert(context, forget, sums, history, zeros((n + 1, lanes), PAD))
