"""Which quality gives a size: latents are priced by their tables, nothing is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.variable.schema import QUALITIES
from hybridcodec.entropy import PRECISION

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
DOUBLING: Final = 143.0
"""Levels of quality in which the rate of a usual picture doubles: where a search begins, no more."""
TRIES: Final = 10
CLOSE: Final = 0.002
"""Relative distance at which a search ends."""


class Price:
    """Stands where values are coded, writes nothing and counts bits."""

    def __init__(self) -> None:
        self.bits = 0.0

    def __call__(self, tables: I32, rows: I64, values: I64 | None) -> I64:
        """Count what values take under the rows of tables; see `values.code_values`."""
        assert values is not None, "nothing can be read from a price"
        escape = tables.shape[1] - 1
        magnitude = np.abs(values)
        outside = magnitude > escape // 2
        taken = tables[rows, np.where(outside, escape, values + escape // 2)]
        self.bits += PRECISION * len(values) - float(np.log2(taken, dtype=np.float64).sum())
        beyond = magnitude[outside] - escape // 2 - 1
        classes = np.floor(np.log2(2.0 * beyond + 1.5))  # the sign is the lowest bit: half of the time one more
        self.bits += float((classes // 2 + 2 + classes).sum())
        return values


def search(size_of: Callable[[int], float], target: float, start: int) -> int:
    """Return the quality whose size is nearest to `target`, or the end of the range on its side.

    Args:
        size_of: bytes at a quality 0..QUALITIES - 1; grows with it.
        target: bytes, above 0.
        start: where to begin.
    """
    known: dict[int, float] = {}
    low, high, quality = -1, QUALITIES, start
    for _ in range(TRIES):
        known[quality] = off = math.log2(size_of(quality) / target)
        if abs(off) < math.log2(1 + CLOSE):
            break
        low, high = (max(low, quality), high) if off < 0 else (low, min(high, quality))
        if high - low < 2:
            break
        quality = _next(known, low, high)
    return min(known, key=lambda q: (abs(known[q]), q))


def _next(known: dict[int, float], low: int, high: int) -> int:
    """Return a quality between `low` and `high` where the line through what is known says that the target lies."""
    if low >= 0 and high < QUALITIES:
        guess = low + (high - low) * -known[low] / (known[high] - known[low])
    else:
        at = low if low >= 0 else high
        guess = at - DOUBLING * known[at]
    return int(min(max(round(guess), low + 1), high - 1))
