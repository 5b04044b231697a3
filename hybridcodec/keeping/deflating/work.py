"""What all steps of deflate work on, as one value that kernels take, and the numbers of the format."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Places = NDArray[np.int32]
Numbers = NDArray[np.int64]

LEAST, MOST = 3, 258
"""Bytes of a match."""
AHEAD: Final = MOST + LEAST + 1
"""Bytes that must be known behind a position before it is coded, unless the content ends."""
LITERALS, LENGTHS, DISTANCES, SIZES = 256, 286, 30, 19
"""Bytes; symbols for bytes, the end and lengths; symbols for distances; symbols for sizes of codes."""
HEAP: Final = 2 * LENGTHS + 1

PLACE, FILLED, BASE, BLOCK = 0, 1, 2, 3
"""In the state: the position, end of what is in the window, its begin, begin of the block."""
COUNT, DYNAMIC, FIXED = 4, 5, 6
"""Symbols of the block, and its bits with codes of its own and with the fixed ones."""
HELD, BITS, WRITTEN, CHECKED = 7, 8, 9, 10
"""Bits that are no whole byte yet, how many, bytes written, bytes compared."""
LENGTH, AT = 11, 12
"""Of the match that was found last."""
STATES: Final = 13

GOOD, LAZY, NICE, CHAIN = 0, 1, 2, 3
"""In the plan, of the level: length from which less is tried, up to which more is, that is enough; number of tries."""
FILTERED, WINDOW, SHIFT, MASK = 4, 5, 6, 7
"""Whether short matches are left, bytes of the window, shift and mask of hashes."""


class Work(NamedTuple):
    """What all steps work on. What is called for every byte takes single arrays instead: a tuple costs far more.

    Attributes:
        content: bytes, and `MOST` zeros behind them.
        size: of the content, as an array of one.
        plan: see above.
        state: see above.
        heads: hash -> the last position that has it, plus 1; 0 for none.
        chains: position modulo the window -> the one before it with its hash, plus 1.
        symbols: of the block, which is full when they are: 512 times the distance, plus byte or length - 3.
        counts: (3, HEAP) of symbols and inner nodes in the trees of lengths, distances and sizes.
        sizes: (3, HEAP + 1), bits of their codes.
        codes: (3, LENGTHS), first bit lowest.
        out: room for the stream.
        expected: what it should be; empty where nobody knows.
    """

    content: Bytes
    size: Numbers
    plan: Numbers
    state: Numbers
    heads: Places
    chains: Places
    symbols: Places
    counts: Numbers
    sizes: Numbers
    codes: Numbers
    out: Bytes
    expected: Bytes
