"""How likely a pixel is 1: what counters of many contexts say, mixed in the logistic domain, then corrected.

Mahoney's context mixing (lpaq), in integers, for two dimensions. `foresee` and `learn` take turns; arrays as `layout`
has them.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.page.layout import (
    BINS,
    BY_MET,
    BY_MIDDLE,
    CHOICES,
    CONTEXTS,
    CORRECTIONS,
    DISTANCES,
    HISTORIES,
    INPUTS,
    MEANINGS,
    MIDDLE,
    NEAR,
    PLACES,
    SIMILARITIES,
    SIMILARITY,
)
from hybridcodec.residual.page.logistic import LIMIT, squash, stretch

PLAIN_INPUTS: Final = 3 * CONTEXTS + 1
COUNT_LIMIT: Final = 255
"""Largest count of a counter: it goes on to learn at this pace."""
CERTAIN: Final = 75
"""Counters go towards this of 2^19, or as much below 2^19."""
FIRST_WEIGHTS: Final = (2912, 0, 1456)
"""Of what a counter says, how sure it is, and what its history says; in 1/65536."""
WEIGHT_LIMIT: Final = 1 << 20
"""Times the largest input, 2047, it has 32 bits; and so has the largest step, 10 * 65535, times that."""
BIAS: Final = 102
"""The input that is always the same."""
PACE: Final = 10
"""Of the weights."""
MEANING_PACE: Final = 7
CORRECTION_PACE: Final = 14
FRESH: Final = 1 << 30 | 1
"""A counter that has seen nothing."""

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]

_SQUASH: Final = squash()
_STRETCH: Final = stretch()
_PACES: Final = 2 * 65536 // (2 * np.arange(COUNT_LIMIT + 1) + 3)
_CHANCE: Final = 12
_WHOLE: Final = 1 << 16


@kernel(inline="always")
def _gather(counters: I32, weights: I32, learned: I32, work: I64) -> int:
    """Write the inputs, and return how many of four contexts of middle size were met before."""
    met = 0
    for c in range(CONTEXTS):
        counter = int(counters[c, work[PLACES + c]])
        chance, count, history = counter >> _CHANCE, (counter >> 4) & 255, counter & 15
        plain, sure, meant = 0, 0, 0
        if count > 0:
            plain = int(_STRETCH[chance >> 7])
            sure = (((chance >> 8) - 1024) * min(count, 30)) >> 5
            meant = int(_STRETCH[learned[MEANINGS + HISTORIES * c + history] >> 4])
        weights[INPUTS, c], weights[INPUTS, CONTEXTS + c], weights[INPUTS, 2 * CONTEXTS + c] = plain, sure, meant
        if 3 <= c < 7 and count > 2:
            met += 1
    weights[INPUTS, 3 * CONTEXTS] = BIAS
    return met


@kernel()
def _mix(weights: I32, choice: int) -> int:
    """Return the distance that the inputs have under a set of weights; each product has 32 bits, see WEIGHT_LIMIT."""
    total = 0
    for i in range(weights.shape[1]):
        total += int(weights[choice, i]) * int(weights[INPUTS, i])
    return min(max(total >> 16, -LIMIT), LIMIT)


@kernel()
def _corrected(learned: I32, row: int, distance: int) -> int:
    place, part = CORRECTIONS + row * (BINS + 1) + ((distance + LIMIT) >> 8), (distance + LIMIT) & 255
    return (int(learned[place]) * (256 - part) + int(learned[place + 1]) * part) >> 8


@kernel()
def foresee(counters: I32, weights: I32, learned: I32, work: I64) -> int:
    """Return the odds of a 1, 1 to 65535 of 65536, of the pixel whose contexts' places were found."""
    met = _gather(counters, weights, learned, work)
    small, middle = int(work[PLACES]), int(work[PLACES + 1]) & (MIDDLE - 1)
    similar = int(work[SIMILARITY])
    work[CHOICES], work[CHOICES + 1], work[CHOICES + 2] = (
        small,
        BY_MET + met * SIMILARITIES + similar,
        BY_MIDDLE + middle,
    )
    total = 0
    for i in range(3):
        distance = _mix(weights, int(work[CHOICES + i]))
        work[DISTANCES + i] = distance
        total += distance
    mean = total // 3
    work[DISTANCES + 3] = mean
    corrected = _corrected(learned, middle, mean) + _corrected(
        learned, MIDDLE + NEAR * similar + (small & (NEAR - 1)), mean
    )
    return min(max((2 * int(_SQUASH[mean + LIMIT]) + corrected + 2) >> 2, 1), _WHOLE - 1)


@kernel()
def _adjust(weights: I32, choice: int, step: int) -> None:
    """Move a set of weights; every number here has 32 bits, so that eight are moved at once."""
    least, most = np.int32(-WEIGHT_LIMIT), np.int32(WEIGHT_LIMIT)
    pace, half = np.int32(step), np.int32(1 << 19)
    for i in range(weights.shape[1]):
        product = np.int32(np.int32(pace * weights[INPUTS, i]) + half)
        weight = np.int32(weights[choice, i] + np.int32(product >> 20))
        weights[choice, i] = min(max(weight, least), most)


@kernel()
def _correct(learned: I32, row: int, distance: int, target: int) -> None:
    place, part = CORRECTIONS + row * (BINS + 1) + ((distance + LIMIT) >> 8), (distance + LIMIT) & 255
    learned[place] += ((target - int(learned[place])) * (256 - part)) >> CORRECTION_PACE
    learned[place + 1] += ((target - int(learned[place + 1])) * part) >> CORRECTION_PACE


@kernel(inline="always")
def _count(counters: I32, learned: I32, work: I64, bit: int) -> None:
    """Take the pixel into its counters and histories."""
    goal = (1 << 19) - CERTAIN if bit else CERTAIN
    for c in range(CONTEXTS):
        place = work[PLACES + c]
        counter = int(counters[c, place])
        chance, count, history = counter >> _CHANCE, (counter >> 4) & 255, counter & 15
        meaning = MEANINGS + HISTORIES * c + history
        learned[meaning] += ((_WHOLE - 1) * bit - int(learned[meaning])) >> MEANING_PACE
        chance += ((goal - chance) * int(_PACES[count]) + 32768) >> 16
        history = 2 * history + bit
        if history >= HISTORIES:
            history = history & 7 | 8
        counters[c, place] = chance << _CHANCE | min(count + 1, COUNT_LIMIT) << 4 | history


@kernel()
def learn(counters: I32, weights: I32, learned: I32, work: I64, bit: int) -> None:
    """Take in the pixel that `foresee` was about."""
    mean = int(work[DISTANCES + 3])
    p = int(_SQUASH[mean + LIMIT])
    for i in range(3):
        own = int(_SQUASH[work[DISTANCES + i] + LIMIT])
        _adjust(weights, int(work[CHOICES + i]), PACE * ((2 * _WHOLE * bit - own - p) >> 1))
    target = (_WHOLE - 1) * bit
    near = NEAR * int(work[SIMILARITY]) + (int(work[CHOICES]) & (NEAR - 1))
    _correct(learned, int(work[CHOICES + 2]) - BY_MIDDLE, mean, target)
    _correct(learned, MIDDLE + near, mean, target)
    _count(counters, learned, work, bit)
