"""The reading half of the range coder, symbol by symbol, for kernels that run from a stream's first word to its last.

Where `decoder` reads rows of symbols at once, a kernel here finds a symbol's bounds itself: it looks at `distance`, and
`take`s what it found. Nothing is divided, and nothing outside of the words is read, whatever they are.

A kernel gets `state` and `words` of a `BitReader` and looks at `state[FAULT]` now and then: from the first fault on,
nothing changes any more, and every loop that symbols should end needs a bound of its own.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.coder import PRECISION, TOTAL
from hybridcodec.machine.kernels import kernel

LOWER, RANGE, POINT, NEXT, FAULT = range(5)
"""Places of a state: the fault is 0 where there is none."""
IMPOSSIBLE: Final = 3
CUT_SHORT: Final = 4
"""Faults of a stream."""
BOUND_BITS: Final = 24
"""Bounds of symbols are in 2 ** -BOUND_BITS of the range."""
EVEN: Final = TOTAL // 2
"""Odds of a bit that nothing is known of."""

_QUANTILE: Final = np.uint64(BOUND_BITS)
_QUANTILES: Final = np.uint64(1 << BOUND_BITS)
_FREE: Final = np.uint64((1 << BOUND_BITS) - 2)
_PRECISION: Final = np.uint64(PRECISION)
_ONE: Final = np.uint64(1)
_NONE: Final = np.uint64(0)
_WORD: Final = np.uint64(32)
_ONE_WORD: Final = np.uint64(1 << 32)

U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]


@kernel(nogil=True)
def distance(state: U64) -> tuple[np.uint64, np.uint64]:
    """Return where in its range the stream is at, and what a bound is to be multiplied by before it is compared."""
    return state[POINT] - state[LOWER], state[RANGE] >> _QUANTILE


@kernel(nogil=True)
def take(state: U64, words: U32, below: np.uint64, above: np.uint64) -> bool:
    """Take the symbol of these bounds, `below` < `above`, out of the stream; False where it has a fault."""
    if state[FAULT] != 0:
        return False
    scale = state[RANGE] >> _QUANTILE
    lower, width, point = state[LOWER] + scale * below, scale * (above - below), state[POINT]
    if point - lower >= width:
        state[FAULT] = np.uint64(IMPOSSIBLE)
        return False
    if width < _ONE_WORD:
        following = state[NEXT]
        if following > np.uint64(len(words)):  # an encoder writes one word more than symbols push out
            state[FAULT] = np.uint64(CUT_SHORT)
            return False
        word = _NONE
        if following < np.uint64(len(words)):
            word = np.uint64(words[following])
        lower, width, point = lower << _WORD, width << _WORD, point << _WORD | word
        state[NEXT] = following + _ONE
    state[LOWER], state[RANGE], state[POINT] = lower, width, point
    return True


@kernel(nogil=True)
def read_bit(state: U64, words: U32, odds: int) -> int:
    """Read a bit; `odds` of 65536 say how likely a 1 is, from 1 to 65535. After a fault it is 0."""
    bound = (np.uint64(TOTAL - odds) * _FREE >> _PRECISION) + _ONE
    if state[POINT] - state[LOWER] < (state[RANGE] >> _QUANTILE) * bound:
        take(state, words, _NONE, bound)
        return 0
    return 1 if take(state, words, bound, _QUANTILES) else 0


@kernel(nogil=True)
def read_number(state: U64, words: U32, bits: int) -> int:
    """Read a number of `bits` bits, 0 to 62, all equally likely; from the high bit on."""
    found = 0
    for _ in range(bits):
        found = 2 * found + read_bit(state, words, EVEN)
    return found


@kernel(nogil=True)
def read_symbol(state: U64, words: U32, bounds: U64) -> int:
    """Read a symbol of a row whose bounds (columns + 1,) are known; after a fault it is one of them nevertheless."""
    away, scale = distance(state)
    symbol = 0
    while symbol < len(bounds) - 2 and away >= scale * bounds[symbol + 1]:
        symbol += 1
    take(state, words, bounds[symbol], bounds[symbol + 1])
    return symbol


def bounds_of(row: NDArray[np.int32]) -> U64:
    """Return the bounds (columns + 1,) of the symbols of a row of frequencies (columns,)."""
    free, columns = (1 << BOUND_BITS) - len(row), range(1, len(row))
    inner = [(int(row[:symbol].sum()) * free >> PRECISION) + symbol for symbol in columns]
    return np.array([0, *inner, 1 << BOUND_BITS], np.uint64)
