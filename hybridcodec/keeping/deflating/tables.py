"""Tables of RFC 1951: what symbols of lengths and distances stand for, and the fixed codes."""

from typing import Final

import numpy as np

from hybridcodec.keeping.deflating.work import DISTANCES, LENGTHS, LITERALS, SIZES, Numbers

SYMBOLS_OF: Final = np.array([LENGTHS, DISTANCES, SIZES], np.int64)
ORDER: Final = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15], np.int64)
"""In which sizes of the codes of sizes are written."""
_LENGTH_EXTRAS: Final = [0] * 8 + [bits for bits in range(1, 6) for _ in range(4)] + [0]
_DISTANCE_EXTRAS: Final = [0, 0] + [bits for bits in range(14) for _ in range(2)]


def _extras() -> Numbers:
    """Return the extra bits of each symbol of each tree (3, LENGTHS)."""
    found = np.zeros((3, LENGTHS), np.int64)
    found[0, LITERALS + 1 :] = _LENGTH_EXTRAS
    found[1, :DISTANCES] = _DISTANCE_EXTRAS
    found[2, 16:19] = 2, 3, 7
    return found


def _fixed_sizes() -> Numbers:
    """Return the bits of the fixed codes (3, 288); sizes have none."""
    found = np.zeros((3, 288), np.int64)
    found[0] = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8
    found[1, :DISTANCES] = 5
    return found


def _firsts(extras: list[int]) -> Numbers:
    """Return the first value of each symbol."""
    return np.cumsum([0, *(1 << bits for bits in extras[:-1])]).astype(np.int64)


def _length_symbols() -> Numbers:
    """Return the symbol of each length - 3, without that of the first."""
    found = np.repeat(np.arange(28), [1 << bits for bits in _LENGTH_EXTRAS[:-1]]).astype(np.int64)
    found[255] = 28  # the longest has a symbol of its own
    return found


EXTRAS: Final = _extras()
FIXED_SIZES: Final = _fixed_sizes()
LENGTH_FIRSTS: Final = _firsts(_LENGTH_EXTRAS)
DISTANCE_FIRSTS: Final = _firsts(_DISTANCE_EXTRAS)
LENGTH_SYMBOLS: Final = _length_symbols()
