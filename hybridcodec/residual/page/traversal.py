"""The order of a tile's pixels: rows from the top, in blocks of 32; a block that nothing is around is one bit.

A block is *quiet* where the two rows above and the last pixels of its own row are of one colour, as far as the pixels
nearby reach: then one bit says whether all of it has that colour, and if not, the first pixel that has not is told.
All other pixels are foretold one by one. Arrays as `layout` has them.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bits import FAULT, Stream, code_bit
from hybridcodec.machine.ahead import ask_for
from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.page.contexts import find_places
from hybridcodec.residual.page.layout import (
    ABOVE,
    ACROSS,
    AROUND,
    BLOCK,
    BLOCK_PLACE,
    COLUMN,
    COLUMNS,
    CONTEXTS,
    NEXT_PLACES,
    PLACES,
    PLAIN_ROOM,
    QUIET,
    QUIET_PLACES,
    ROW,
    WINDOWS,
)
from hybridcodec.residual.page.matching import recall, remember
from hybridcodec.residual.page.model import FRESH, foresee, learn

SAME_PACE: Final = 7
OTHER_PACE: Final = 6
CHANCE_BITS: Final = 22
"""Of the chances of quiet blocks."""

U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]
I64 = NDArray[np.int64]
I32 = NDArray[np.int32]

_WHOLE: Final = (1 << 32) - 1
_AROUND: Final = (1 << 62) - 1
_ROW: Final = (1 << 62) - 1
_LAST: Final = 255


@kernel()
def _adapted(state: U64, words: U32, record: U32, learned: I32, place: int, pace: int, bit: int) -> int:
    """Code a bit under a chance of its own."""
    chance = int(learned[place])
    found = int(code_bit(state, words, record, min(max(chance >> 6, 1), 65535), bit))
    learned[place] = chance + ((((1 << CHANCE_BITS) - 1) * found - chance) >> pace)
    return found


@kernel(inline="always")
def _look_around(rows: I64, work: I64) -> None:
    place, across = int(work[BLOCK_PLACE]), int(work[ACROSS])
    for k in range(ABOVE):
        place -= across
        before, own, after = rows[place - 1], rows[place], rows[place + 1]
        work[AROUND + k] = (before & 32767) << 47 | own << 15 | after >> 17


@kernel(inline="always")
def _colour(work: I64) -> int:
    """Return 0 or 1 where the surroundings of a block have this colour alone, else -1."""
    first, second, row = work[AROUND], work[AROUND + 1], work[ROW] & _LAST
    if first | second == 0 and row == 0:
        return 0
    if first & second == _AROUND and row == _LAST:
        return 1
    return -1


@kernel(inline="always")
def _quiet_place(work: I64, colour: int) -> int:
    block, around = _WHOLE * colour, _AROUND * colour
    place = 2 * colour + int(work[ROW] & _WHOLE == block)
    place = 2 * place + int(work[AROUND + 2] == around and work[AROUND + 3] == around)
    place = 2 * place + int(work[AROUND + 4] == around and work[AROUND + 5] == around)
    return QUIET + 2 * place + int(work[ROW] >> 32 == block >> 2)


@kernel(inline="always")
def _code_quiet(state: U64, words: U32, record: U32, learned: I32, work: I64, source: int, count: int) -> int:
    """Code the first pixels of a block of `count`: none if it is not quiet, else up to the first other one, or all.

    Returns:
        How many were coded.
    """
    colour = _colour(work)
    if colour < 0:
        return 0
    own = source >> (BLOCK - count)
    same = int(own == (_WHOLE >> (BLOCK - count)) * colour)
    row = int(work[ROW])
    if _adapted(state, words, record, learned, _quiet_place(work, colour), SAME_PACE, same):
        work[ROW] = (row << count | (_WHOLE >> (BLOCK - count)) * colour) & _ROW
        return count
    first = QUIET + QUIET_PLACES + BLOCK * colour
    other = 0
    while other < count - 1:
        bit = (source >> (BLOCK - 1 - other) & 1) ^ colour
        if _adapted(state, words, record, learned, first + other, OTHER_PACE, bit):
            break
        other += 1
    work[ROW] = ((row << other | ((1 << other) - 1) * colour) << 1 | (1 - colour)) & _ROW
    return other + 1


@kernel(inline="always")
def _code_block(
    state: U64, words: U32, record: U32, rows: I64, counters: I32, weights: I32, learned: I32, work: I64
) -> None:
    """Code the block at BLOCK_PLACE."""
    place = int(work[BLOCK_PLACE])
    start, source = BLOCK * (place % int(work[ACROSS]) - 1), int(rows[place])
    count, bits = min(BLOCK, len(work) - COLUMNS - 2 - start), _log(counters.shape[1])
    matching = weights.shape[1] > PLAIN_ROOM
    _look_around(rows, work)
    done = _code_quiet(state, words, record, learned, work, source, count)
    guessed = False
    for i in range(done, count):
        if guessed:
            _go_on(work)
        else:
            find_places(work, int(work[ROW]), start + i, bits, PLACES)
        guess = int(counters[1, work[PLACES + 1]] >= FRESH)  # by twelve pixels, whose counters are near
        if i + 1 < count:
            _look_ahead(counters, work, int(work[ROW]) << 1 | guess, start + i + 1, bits)
        if matching:
            for k in range(ABOVE):
                work[WINDOWS + k] = work[AROUND + k] >> (BLOCK - 1 - i)
            work[COLUMN] = start + i
            rows[place] = (work[ROW] & ((1 << i) - 1)) << (BLOCK - i)
            recall(rows, weights, learned, work)
        bit = int(
            code_bit(state, words, record, foresee(counters, weights, learned, work), source >> (BLOCK - 1 - i) & 1)
        )
        learn(counters, weights, learned, work, bit)
        if matching:
            remember(learned, work, bit)
        work[ROW] = (work[ROW] << 1 | bit) & _ROW
        guessed = bit == guess
    rows[place] = work[ROW] << (BLOCK - count) & _WHOLE


@kernel(inline="always")
def _look_ahead(counters: I32, work: I64, row: int, column: int, bits: int) -> None:
    """Find the next pixel's counters, and ask for them: most are far away, and this pixel's work takes as long."""
    find_places(work, row, column, bits, NEXT_PLACES)
    for c in range(CONTEXTS):
        ask_for(counters, c, work[NEXT_PLACES + c])


@kernel(inline="always")
def _go_on(work: I64) -> None:
    """Take what was found of this pixel before it was reached."""
    for c in range(CONTEXTS):
        work[PLACES + c] = work[NEXT_PLACES + c]


@kernel(inline="always")
def _log(size: int) -> int:
    bits = 0
    while size >> bits > 1:
        bits += 1
    return bits


@kernel(inline="always")
def _grow(rows: I64, work: I64, start: int) -> None:
    """Take the pixels of the row whose blocks begin at `start` into the columns."""
    for x in range(len(work) - COLUMNS - 2):
        pixel = rows[start + (x >> 5)] >> (31 - (x & 31)) & 1
        work[COLUMNS + 1 + x] = (work[COLUMNS + 1 + x] << 1 | pixel) & _WHOLE


@kernel(nogil=True)
def code_rows(stream: Stream, rows: I64, counters: I32, weights: I32, learned: I32, work: I64, count: int) -> None:
    """Write rows of a tile, or read them, from the one that BLOCK_PLACE of `work` stands before; none after a fault.

    Args:
        stream: of a writer or reader.
        rows: blocks of the tile; see `rows`.
        counters: see `layout`, as of all that follow.
        weights: of the mixture.
        learned: the rest of what is learned.
        work: of the pixel.
        count: how many rows.
    """
    state, words, record = stream.state, stream.words, stream.record
    for _ in range(count):
        if state[FAULT]:
            return
        start, across = int(work[BLOCK_PLACE]), int(work[ACROSS])
        work[ROW] = 0
        for block in range(1, across - 1):
            work[BLOCK_PLACE] = start + block
            _code_block(state, words, record, rows, counters, weights, learned, work)
        _grow(rows, work, start + 1)
        work[BLOCK_PLACE] = start + across
