"""The logistic function and its inverse as tables of integers, made by a rule of integers alone.

Distances (`stretch`) are in 1/256, probabilities in 1/65536; nothing here depends on a machine's exponentials.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

LIMIT: Final = 3071
"""Largest magnitude of a distance that `squash` tells apart: 12 units of 256 steps, less one."""
INPUT_LIMIT: Final = 2047
"""Largest magnitude of a distance that `stretch` gives."""
ONE: Final = 1 << 60
FACTOR: Final = 1148426689630428643
"""e^(-1/256) in 1/ONE."""

I32 = NDArray[np.int32]


@cache
def squash() -> I32:
    """Probabilities of the distances -LIMIT to LIMIT, (6143,), 1 to 65535: nearly 65536 / (1 + e^-(z/256))."""
    upper, power = [], ONE
    for _ in range(LIMIT + 1):
        upper.append(min((2 * 65536 * ONE + ONE + power) // (2 * (ONE + power)), 65535))
        power = power * FACTOR >> 60
    return np.array([65536 - p for p in upper[:0:-1]] + upper, np.int32)


@cache
def stretch() -> I32:
    """Distances of the probabilities (k + 1/2) / 4096, (4096,): the least that `squash` takes so far."""
    found = np.searchsorted(squash(), 16 * np.arange(4096) + 8) - LIMIT
    return np.clip(found, -INPUT_LIMIT, INPUT_LIMIT).astype(np.int32)
