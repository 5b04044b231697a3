"""Colours that a pixel may have: those that came after like surroundings before, and its neighbours, best first.

Seven surroundings, from two neighbours to thirty, each remember one colour a place of a hash table, with a check
against chance and with how often it was right. Every source has a reliability that adapts.
"""

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.index.logistic import STRETCH
from hybridcodec.residual.index.mixing import hashed
from hybridcodec.residual.index.picture import Around

SURROUNDINGS: Final = 7
SOURCES: Final = SURROUNDINGS + 4
"""Surroundings, and the neighbours to the left, above, above left, above right."""
MOST: Final = 8
"""Largest confidence of a remembered colour."""
ABSENT: Final = -1
"""No colour."""

_VOTE: Final = 1024
_RELIABLE: Final = 65470
_UNRELIABLE: Final = 66
_RELIABILITY_RATE: Final = 328
_CHECK: Final = np.uint64((1 << 24) - 1)
_BYTE: Final = np.uint64(255)
_8: Final = np.uint64(8)
_32: Final = np.uint64(32)

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
Int: TypeAlias = Any


class Memory(NamedTuple):
    """What was seen.

    Attributes:
        slots: (SURROUNDINGS, 2^k): colour in 32 bits, check in 24, confidence in 8.
        reliability: (SOURCES, MOST + 1) chance that a source of some confidence is right, in 1/65536.
        shift: 64 - k.
    """

    slots: U64
    reliability: I32
    shift: np.uint64


class Proposals(NamedTuple):
    """Of the pixel at hand.

    Attributes:
        hashes: (SURROUNDINGS,) of its surroundings.
        proposed: (SOURCES,) colour of each source, or ABSENT.
        confidence: (SOURCES,) of each source.
        candidates: (SOURCES,) different colours, best first.
        votes: (SOURCES,) for each of them.
        sources: (SOURCES,) bits that tell which sources named it.
    """

    hashes: U64
    proposed: I64
    confidence: I64
    candidates: I64
    votes: I64
    sources: I64


@kernel(nogil=True, forceinline=True)
def surround(colours: U32, y: Int, x: Int, near: Around, hashes: U64) -> None:
    """Hash the surroundings of a pixel, the largest first."""
    two = hashed(hashed(np.uint64(1), near.w), near.n)
    four = hashed(hashed(two, near.nw), near.ne)
    six = hashed(hashed(four, near.ww), near.nn)
    ten = hashed(hashed(hashed(hashed(six, near.nee), near.nww), near.nne), near.www)
    large = ten
    for k in range(4, 9):
        large = hashed(large, colours[y, x - k])
    for k in range(3, 6):
        large = hashed(large, colours[y - 1, x + k])
    for k in range(-3, 4):
        large = hashed(large, colours[y - 2, x + k])
    for k in range(-2, 3):
        large = hashed(large, colours[y - 3, x + k])
    row = np.uint64(7)
    for k in range(1, 7):
        row = hashed(row, colours[y, x - k])
    column = hashed(hashed(hashed(hashed(np.uint64(9), near.n), near.nn), colours[y - 3, x]), near.w)
    hashes[0], hashes[1], hashes[2], hashes[3], hashes[4] = large, ten, six, four, two
    hashes[5], hashes[6] = row, column


@kernel(nogil=True, forceinline=True)
def propose(memory: Memory, near: Around, known_not: Int, found: Proposals) -> Int:
    """Ask all sources and rank what they say; `known_not` is a colour that it is not, or ABSENT. Returns how many."""
    slots, proposed, confidence = memory.slots, found.proposed, found.confidence
    for k in range(SURROUNDINGS):
        slot = slots[k, found.hashes[k] >> memory.shift]
        known = slot >> _8 & _CHECK == found.hashes[k] & _CHECK and slot & _BYTE != 0
        proposed[k] = np.int64(slot >> _32) if known else ABSENT
        confidence[k] = np.int64(slot & _BYTE) if known else 0
    proposed[SURROUNDINGS], proposed[SURROUNDINGS + 1] = near.w, near.n
    proposed[SURROUNDINGS + 2], proposed[SURROUNDINGS + 3] = near.nw, near.ne
    candidates, votes, sources = found.candidates, found.votes, found.sources
    count = 0
    for k in range(SOURCES):
        if proposed[k] in (ABSENT, known_not):
            continue
        at = 0
        while at < count and candidates[at] != proposed[k]:
            at += 1
        if at == count:
            count += 1
            candidates[at], votes[at], sources[at] = proposed[k], 0, 0
        votes[at] += _VOTE + STRETCH[memory.reliability[k, confidence[k]] >> 4]
        sources[at] |= 1 << k
    _rank(candidates, votes, sources, count)
    return count


@kernel(inline="always")
def _rank(candidates: I64, votes: I64, sources: I64, count: Int) -> None:
    """Sort by votes, the earlier first where they are equal."""
    for i in range(1, count):
        colour, vote, source = candidates[i], votes[i], sources[i]
        j = i
        while j > 0 and votes[j - 1] < vote:
            candidates[j], votes[j], sources[j] = candidates[j - 1], votes[j - 1], sources[j - 1]
            j -= 1
        candidates[j], votes[j], sources[j] = colour, vote, source


@kernel(nogil=True, forceinline=True)
def remember(memory: Memory, found: Proposals, known_not: Int, colour: Int) -> None:
    """Learn which sources were right about a pixel, and what followed its surroundings."""
    slots, reliability = memory.slots, memory.reliability
    for k in range(SOURCES):
        if found.proposed[k] not in (ABSENT, known_not):
            chance = reliability[k, found.confidence[k]]
            target = _RELIABLE if found.proposed[k] == colour else _UNRELIABLE
            reliability[k, found.confidence[k]] = chance + ((target - chance) * _RELIABILITY_RATE >> 16)
    for k in range(SURROUNDINGS):
        kept, confidence = colour, 1
        if found.proposed[k] == colour:
            confidence = min(found.confidence[k] + 1, MOST)
        elif found.confidence[k] > 1:
            kept, confidence = found.proposed[k], found.confidence[k] >> 1
        check = found.hashes[k] & _CHECK
        slots[k, found.hashes[k] >> memory.shift] = np.uint64(kept) << _32 | check << _8 | np.uint64(confidence)
