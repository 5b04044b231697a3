"""Earlier places that look alike, as further contexts: only where an encoder may; every pixel stays exact all the same.

Two signatures of the pixels around find earlier places in buckets; the two whose surroundings agree most tell what
they have where the pixel stands, and around it, to the right and below too. `recall` comes before `foresee`, `remember`
after `learn`. What is not coded yet counts as 0.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.page.contexts import hashed, joined, last
from hybridcodec.residual.page.layout import (
    ACROSS,
    AGREED,
    AGREEMENTS,
    BLOCK,
    BLOCK_PLACE,
    BUCKET,
    BUCKETS,
    CANDIDATES,
    COLUMN,
    CONTEXTS,
    FOLLOWED,
    FOUND,
    INPUTS,
    MARGIN,
    NEAR,
    PAIR_SIZE,
    PAIRS,
    PATTERN_SIZE,
    PATTERNS,
    ROW,
    SEEN,
    SEEN_PLACES,
    SIGNATURES,
    SIMILARITY,
    SURROUNDINGS,
    TABLES,
    VOTES,
    WINDOWS,
)
from hybridcodec.residual.page.logistic import stretch

SIMILAR_INPUTS: Final = 3 * CANDIDATES + 1
FIRST_WEIGHT: Final = 3932
"""Of these inputs, in 1/65536."""
NEW: Final = 1 << 29
"""Chance and count of a table's entry that has seen nothing: the chance from bit 8 on, in 1/2^22."""
CERTAIN: Final = 600
"""Chances go towards this of 2^22, or as much below 2^22."""
COUNT_LIMIT: Final = 60

_FIRST: Final = 3 * CONTEXTS + 1
_SIDE: Final = 7
_WIDE: Final = (1 << 15) - 1
_COARSE: Final = 0b101010101010101
_BUCKET_BITS: Final = 18
_EVERY_SECOND, _TWOS, _FOURS, _EIGHTS = (np.uint64(((1 << 64) - 1) // part) for part in (3, 5, 17, 255))
_STRETCH: Final = stretch()
_PACES: Final = 2 * 65536 // (2 * np.arange(COUNT_LIMIT + 1) + 3)
_TOP: Final = 1 << 22

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]


@kernel()
def _window(rows: I64, place: int) -> int:
    """Return the 15 pixels from seven before a place to seven behind it."""
    start = place - _SIDE
    block, shift = start >> 5, 49 - (start & 31)
    return (int(rows[block]) << 32 | int(rows[block + 1])) >> shift & _WIDE


@kernel(inline="always")
def _three(rows: I64, place: int, stride: int) -> int:
    """Return the windows of the three rows above a place, the nearest first."""
    bits = _window(rows, place - stride) << 15 | _window(rows, place - 2 * stride)
    return bits << 15 | _window(rows, place - 3 * stride)


@kernel(inline="always")
def _ones(number: int) -> int:
    """Return how many of 62 bits are set; a compiler knows these lines, and makes one instruction of them."""
    bits = np.uint64(number)
    bits = bits - (bits >> np.uint64(1) & _EVERY_SECOND)
    bits = (bits & _TWOS) + (bits >> np.uint64(2) & _TWOS)
    bits = (bits + (bits >> np.uint64(4))) & _FOURS
    return int(bits * _EIGHTS >> np.uint64(56))


@kernel()
def _different(rows: I64, work: I64, place: int, most: int) -> int:
    """Return how many of the 142 pixels before a place, in ten rows of 15, are others than those before the pixel.

    More than `most` are not counted to the end.
    """
    stride = BLOCK * int(work[ACROSS])
    others = _ones(_window(rows, place) >> (_SIDE + 1) ^ int(work[SURROUNDINGS]))
    for k in range(MARGIN // 3):
        others += _ones(_three(rows, place - 3 * k * stride, stride) ^ int(work[SURROUNDINGS + 1 + k]))
        if others > most:
            break
    return others


@kernel(inline="always")
def _kept(work: I64, k: int) -> int:
    """Return the window of row `k` (1 to MARGIN) above the pixel."""
    return int(work[SURROUNDINGS + 1 + (k - 1) // 3]) >> 15 * (2 - (k - 1) % 3) & _WIDE


@kernel(inline="always")
def _sign(work: I64) -> None:
    """Write the buckets of the pixel's signatures; none where nothing is around it."""
    work[SEEN_PLACES], work[SEEN_PLACES + 1] = -1, -1
    fine = joined(joined(last(int(work[ROW]), 5), int(work[WINDOWS]), 5, 5), int(work[WINDOWS + 1]), 5, 5)
    fine = joined(joined(fine, int(work[WINDOWS + 2]), 5, 5), int(work[WINDOWS + 3]), 5, 5)
    if fine == 0:
        return
    coarse = 0
    for k in range(2, 9, 2):
        own, below = _kept(work, k), _kept(work, k - 1)
        coarse = coarse << 15 | own & (own >> 1 | below) & _COARSE
    coarse = coarse << 2 | (int(work[ROW]) >> 2 & 1) << 1 | int(work[ROW]) & 1
    work[SEEN_PLACES] = SEEN + BUCKET * hashed(fine, 21, _BUCKET_BITS)
    work[SEEN_PLACES + 1] = SEEN + BUCKET * (BUCKETS + hashed(coarse, 22, _BUCKET_BITS))


@kernel()
def _propose(rows: I64, work: I64, place: int, bonus: int) -> None:
    """Keep an earlier place if it is one of the two that agree most."""
    if place < 0 or place == work[FOUND] or place == work[FOUND + 1]:
        return
    agreed = 142 - _different(rows, work, place, 142 + bonus - int(work[AGREED + 1])) + bonus
    if agreed > work[AGREED]:
        work[AGREED + 1], work[FOUND + 1] = work[AGREED], work[FOUND]
        work[AGREED], work[FOUND] = agreed, place
    elif agreed > work[AGREED + 1]:
        work[AGREED + 1], work[FOUND + 1] = agreed, place


@kernel(inline="always")
def _search(rows: I64, learned: I32, work: I64) -> None:
    for m in range(CANDIDATES):
        work[FOUND + m], work[AGREED + m] = -1, -1
    if work[SEEN_PLACES] < 0:
        return
    first, second = int(work[SEEN_PLACES]), int(work[SEEN_PLACES + 1])
    for i in range(BUCKET):
        _propose(rows, work, int(learned[first + i]), 0)
    _propose(rows, work, int(work[FOLLOWED]), 1)
    for i in range(BUCKET):
        place, known = learned[second + i], False
        for k in range(BUCKET):  # what was no better before is none now
            known |= place == learned[first + k]
        if not known:
            _propose(rows, work, int(place), 0)
    _propose(rows, work, int(work[FOLLOWED + 1]), 1)


@kernel()
def _pixel(rows: I64, place: int, here: int) -> int:
    """Return a pixel that is coded before the one at `here`; 0 for others."""
    if place >= here:
        return 0
    return int(rows[place >> 5]) >> (31 - (place & 31)) & 1


@kernel()
def _around(rows: I64, at: int, stride: int) -> tuple[int, int]:
    """Return seven pixels at and around a place, then four that are farther, all of which are coded.

    They are: its own, right, below, left, above, below to the left and to the right; above to the left and to the
    right, two to the right, two below.
    """
    own, above, below = _window(rows, at) >> 5, _window(rows, at - stride) >> 6, _window(rows, at + stride) >> 6
    bits = (own >> 2 & 1) << 6 | (own >> 1 & 1) << 5 | (below >> 1 & 1) << 4 | (own >> 3 & 1) << 3
    bits |= (above >> 1 & 1) << 2 | (below >> 2 & 1) << 1 | below & 1
    last_below = _window(rows, at + 2 * stride) >> _SIDE & 1
    return bits, (above >> 2 & 1) << 3 | (above & 1) << 2 | (own & 1) << 1 | last_below


@kernel()
def _partly_around(rows: I64, at: int, stride: int, here: int) -> tuple[int, int]:
    """Return what `_around` does, where some of those pixels may not be coded yet."""
    bits, more = _pixel(rows, at, here), 0
    for step in (1, stride, -1, -stride, stride - 1, stride + 1):
        bits = 2 * bits + _pixel(rows, at + step, here)
    for step in (-stride - 1, -stride + 1, 2, 2 * stride):
        more = 2 * more + _pixel(rows, at + step, here)
    return bits, more


@kernel(inline="always")
def _read(rows: I64, work: I64, m: int, here: int) -> int:
    """Find the entries of what a candidate has around it; return 2 (2 agreement + known) + its pixel."""
    at, stride, agreed = int(work[FOUND + m]), BLOCK * int(work[ACROSS]), int(work[AGREED + m])
    row, above = int(work[ROW]), int(work[WINDOWS])
    near = row & 1 | (above >> 15 & 1) << 1 | (above >> 14 & 1) << 2 | (above >> 16 & 1) << 3 | (row >> 1 & 1) << 4
    bits, more = _around(rows, at, stride) if at + 2 * stride + _SIDE < here else _partly_around(rows, at, stride, here)
    step = min(max((agreed - 118) // 3, 0), AGREEMENTS - 1)
    known = int(at < here - stride - BLOCK - int(work[COLUMN]))  # the row below it is coded
    work[TABLES + 2 * m] = PAIRS + PAIR_SIZE * m + ((2 * step + known) * 128 + bits) * 8 + (near & 7)
    own, bits = bits >> 6, bits << 4 | more
    rough = min(max((agreed - 130) // 7, 0), 3)
    work[TABLES + 2 * m + 1] = PATTERNS + PATTERN_SIZE * m + ((bits * 32 + near) * 4 + rough) * 2 + known
    return (2 * step + known) * 2 + own


@kernel()
def recall(rows: I64, weights: I32, learned: I32, work: I64) -> None:
    """Search similar places of the pixel, and write what they say into its inputs and SIMILARITY."""
    stride = BLOCK * int(work[ACROSS])
    here = BLOCK * int(work[BLOCK_PLACE]) + (int(work[COLUMN]) & (BLOCK - 1))
    work[SURROUNDINGS] = int(work[ROW]) & (_WIDE >> (_SIDE + 1))
    for k in range(MARGIN // 3):
        work[SURROUNDINGS + 1 + k] = _three(rows, here - 3 * k * stride, stride)
    _sign(work)
    _search(rows, learned, work)
    for i in range(SIMILAR_INPUTS):
        weights[INPUTS, _FIRST + i] = 0
    work[SIMILARITY] = 0
    vote = 0
    for m in range(CANDIDATES):
        work[FOLLOWED + m] = -1
        if work[FOUND + m] < 0:
            continue
        work[FOLLOWED + m] = work[FOUND + m] + 1
        said = _read(rows, work, m, here)
        first = int(learned[work[TABLES + 2 * m]]) >> 8
        weights[INPUTS, _FIRST + 3 * m] = _STRETCH[first >> 10]
        weights[INPUTS, _FIRST + 3 * m + 1] = _STRETCH[learned[work[TABLES + 2 * m + 1]] >> 18]
        weights[INPUTS, _FIRST + 3 * m + 2] = (first >> 11) - 1024
        vote = 3 * vote + 1 + (said & 1)
        if m == 0:
            work[SIMILARITY] = 1 + said
    if work[FOUND] >= 0:
        near = int(work[ROW]) & 3 | (int(work[WINDOWS]) >> 14 & 7) << 2
        work[TABLES + 2 * CANDIDATES] = VOTES + (int(work[SIMILARITY]) * 9 + vote % 9) * NEAR + near
        weights[INPUTS, _FIRST + 3 * CANDIDATES] = _STRETCH[learned[work[TABLES + 2 * CANDIDATES]] >> 18]


@kernel(inline="always")
def _count(learned: I32, place: int, bit: int) -> None:
    chance, count = int(learned[place]) >> 8, int(learned[place]) & 255
    chance += (((_TOP - CERTAIN if bit else CERTAIN) - chance) * int(_PACES[count])) >> 16
    learned[place] = chance << 8 | min(count + 1, COUNT_LIMIT)


@kernel()
def remember(learned: I32, work: I64, bit: int) -> None:
    """Take in the pixel that `recall` was about."""
    for m in range(CANDIDATES):
        if work[FOUND + m] >= 0:
            _count(learned, int(work[TABLES + 2 * m]), bit)
            _count(learned, int(work[TABLES + 2 * m + 1]), bit)
    if work[FOUND] >= 0:
        _count(learned, int(work[TABLES + 2 * CANDIDATES]), bit)
    here = BLOCK * int(work[BLOCK_PLACE]) + (int(work[COLUMN]) & (BLOCK - 1))
    for s in range(SIGNATURES):
        bucket = int(work[SEEN_PLACES + s])
        if bucket >= 0:
            for i in range(BUCKET - 1, 0, -1):
                learned[bucket + i] = learned[bucket + i - 1]
            learned[bucket] = here
