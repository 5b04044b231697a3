"""Tables between odds and their logarithms, integers by rule: no machine's exp or log has a say.

Logarithms of odds are in units of ln(257 / 256). See BITSTREAM.md, "index".
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

REACH: Final = 2880
"""Largest magnitude of a logarithm of odds."""
STRETCH_BITS: Final = 12
"""Bits of the chances whose logarithms are tabulated."""
COUNTS: Final = 1 << 10
"""Answers that a counter can tell apart."""

_FINE: Final = 1 << 32

I32 = NDArray[np.int32]


def _squash() -> I32:
    table = np.zeros(2 * REACH + 1, np.int32)
    odds = _FINE
    for step in range(REACH + 1):
        chance = min((odds << 16) // (odds + _FINE), 65535)
        table[REACH + step], table[REACH - step] = chance, 65536 - chance
        odds = odds * 257 >> 8
    return table


def _stretch() -> I32:
    middles = 16 * np.arange(1 << STRETCH_BITS) + 8
    return np.searchsorted(SQUASH, middles).astype(np.int32) - np.int32(REACH)


SQUASH: Final = _squash()
"""Chance in 1/65536 of a logarithm from -REACH to REACH, at its place + REACH."""
STRETCH: Final = _stretch()
"""The least logarithm whose chance is that of the middle of each of 4096 bins, or more."""
RECIPROCAL: Final = ((2 << 16) // (2 * np.arange(COUNTS) + 3)).astype(np.int32)
"""1 / (n + 3/2) in 1/65536: how far a counter moves at its answer n."""
