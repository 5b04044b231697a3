"""What a pixel is foretold from: neighbourhoods of 6 to 54 pixels, long rows and columns, lengths of runs.

Of the rows above, bit 15 is the pixel's own column, bit 16 the one to its left.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.page.layout import AROUND, BLOCK, COLUMNS

DIRECT_BITS: Final = 16
"""Bits of the largest context that is a place in its table; larger ones are hashed."""

_FIRST: Final = 0x1E3779B97F4A7C15
_SECOND: Final = 0x3F58476D1CE4E5B9
_THIRD: Final = 0x56E8FEB86659FD93
_FOLD: Final = 29
_FOLDED: Final = (1 << 35) - 1

I64 = NDArray[np.int64]

_WHOLE: Final = (1 << 32) - 1
_DE_BRUIJN: Final = 0x077CB531
"""Of its five-bit parts no two are alike."""
_BIT_NUMBERS: Final = np.argsort((_DE_BRUIJN << np.arange(32) & _WHOLE) >> 27)


@kernel()
def last(row: int, count: int) -> int:
    """Return the last `count` pixels of the pixel's own row, or of a column."""
    return row & ((1 << count) - 1)


@kernel()
def joined(key: int, window: int, left: int, right: int) -> int:
    """Return `key` followed by the pixels from `left` columns before to `right` columns behind of a window."""
    count = left + right + 1
    return key << count | (window >> (15 - right)) & ((1 << count) - 1)


@kernel()
def hashed(key: int, context: int, bits: int) -> int:
    """Return the place of a key of 63 bits or less among 2 ** `bits`; all products are taken modulo 2^64."""
    mixed = (key + context * _SECOND) * _FIRST
    mixed = (mixed ^ (mixed >> _FOLD) & _FOLDED) * _SECOND
    return (mixed >> (64 - bits)) & ((1 << bits) - 1)


@kernel(inline="always")
def _lowest(bits: int) -> int:
    """Return the number of the lowest bit that is set, of bits below 32 of which one is."""
    return int(_BIT_NUMBERS[((bits & -bits) * _DE_BRUIJN & _WHOLE) >> 27])


@kernel(inline="always")
def run_up(line: int, start: int, most: int) -> int:
    """Return how many pixels of a line, at most `most` (1 to 31), are alike from bit `start` on."""
    line >>= start
    return _lowest(line ^ -(line & 1) | 1 << most)


@kernel(inline="always")
def run_down(line: int, start: int) -> int:
    """Return how many pixels of a line are alike from bit `start` (1 to 31) down to bit 1."""
    others = (line ^ -(line >> start & 1)) & ((1 << start) - 2) | 1
    others |= others >> 1
    others |= others >> 2
    others |= others >> 4
    others |= others >> 8
    return start - _lowest(others + 1) + 1


@kernel()
def find_places(work: I64, row: int, column: int, bits: int, at: int) -> None:
    """Write the places of a pixel's contexts.

    Args:
        work: with what is around the pixel's block, and the columns above.
        row: the last pixels before it, which may be a guess.
        column: of the pixel.
        bits: of the tables' sizes, 2 ** `bits`; at least DIRECT_BITS.
        at: where in `work` they are written.
    """
    x, shift = COLUMNS + column, BLOCK - 1 - (column & (BLOCK - 1))
    a, b, c = int(work[AROUND]) >> shift, int(work[AROUND + 1]) >> shift, int(work[AROUND + 2]) >> shift
    d, e, f = int(work[AROUND + 3]) >> shift, int(work[AROUND + 4]) >> shift, int(work[AROUND + 5]) >> shift
    work[at] = joined(joined(last(row, 2), a, 1, 1), b, 0, 0)
    work[at + 1] = joined(joined(last(row, 4), a, 2, 2), b, 1, 1)
    work[at + 2] = joined(joined(last(row, 4), a, 3, 3), b, 2, 2)
    near = joined(joined(last(row, 5), a, 4, 4), b, 3, 3)
    work[at + 3] = hashed(joined(near, c, 0, 1), 3, bits)
    near = joined(joined(joined(last(row, 5), a, 4, 4), b, 4, 4), c, 2, 2)
    work[at + 4] = hashed(joined(near, d, 0, 1), 4, bits)
    near = joined(joined(joined(last(row, 6), a, 5, 5), b, 5, 4), c, 4, 4)
    work[at + 5] = hashed(joined(near, d, 2, 2), 5, bits)
    near = joined(joined(joined(last(row, 7), a, 6, 6), b, 5, 5), c, 5, 5)
    far = joined(joined(0, d, 3, 3), e, 1, 1)
    work[at + 6] = hashed(near + far * _THIRD, 6, bits)
    work[at + 7] = hashed(joined(last(row, 16), a, 5, 14), 7, bits)
    before, own, after = int(work[x]), int(work[x + 1]), int(work[x + 2])
    long = (last(own, 20) << 6 | last(before, 6)) << 6 | last(after, 6)
    work[at + 8] = hashed(long << 3 | last(row, 3), 8, bits)
    tower = joined(joined(joined(last(row, 3), a, 2, 2), b, 1, 1), c, 1, 1)
    work[at + 9] = hashed(joined(joined(joined(tower, d, 1, 1), e, 1, 1), f, 1, 1), 9, bits)
    work[at + 10] = hashed(joined(joined(last(row, 10), a, 8, 8), b, 1, 1), 10, bits)
    rising = joined(joined(joined(last(row, 4), a, 2, 5), b, 2, 6), c, 2, 5)
    work[at + 11] = hashed(joined(rising, d, 0, 3), 11, bits)
    falling = joined(joined(joined(last(row, 5), a, 6, 1), b, 6, 1), c, 5, 0)
    work[at + 12] = hashed(joined(falling, d, 4, 0), 12, bits)
    work[at + 13] = hashed(joined(joined(joined(last(row, 3), a, 3, 3), b, 4, 4), c, 3, 3), 13, bits)
    _find_runs(work, row, column, bits, at + 14)


@kernel(inline="always")
def _find_runs(work: I64, row: int, column: int, bits: int, at: int) -> None:
    """Write the places of the contexts that reach further: lengths of runs, and three columns."""
    x, shift = COLUMNS + column, BLOCK - 1 - (column & (BLOCK - 1))
    a, b, c = int(work[AROUND]) >> shift, int(work[AROUND + 1]) >> shift, int(work[AROUND + 2]) >> shift
    d, e = int(work[AROUND + 3]) >> shift, int(work[AROUND + 4]) >> shift
    before, own, after = int(work[x]), int(work[x + 1]), int(work[x + 2])
    across = (run_up(row, 0, 30) << 5 | run_up(a, 16, 15)) << 5 | run_down(a, 15)
    work[at] = hashed(joined(joined(across << 1 | last(row, 1), a, 1, 1), b, 1, 1), 14, bits)
    three = (last(own, 12) << 12 | last(before, 12)) << 12 | last(after, 12)
    work[at + 1] = hashed(three << 2 | last(row, 2), 15, bits)
    down = run_up(own, 0, 31)
    second = run_up(own, down, min(15, 31 - down)) if down < 31 else 0
    down = ((down << 5 | second) << 5 | run_up(after, 0, 31)) << 5 | run_up(before, 0, 31)
    work[at + 2] = hashed(joined(down << 2 | last(row, 2), a, 1, 1), 16, bits)
    right = joined(joined(joined(last(row, 2), a, 1, 6), b, 0, 6), c, 0, 6)
    work[at + 3] = hashed(joined(joined(right, d, 1, 4), e, 0, 3), 17, bits)
