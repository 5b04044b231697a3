"""A colour that nobody proposed: channel after channel, bit after bit, from the highest on.

Counters know which colours came before beside such neighbours. Forecasts from the neighbours, each with the spread of
its errors, say how likely each half of what is left is: so smooth content costs what its noise is, and not more.
"""

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bits import Stream
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanes import apart
from hybridcodec.residual.index.logistic import REACH, SQUASH, STRETCH, STRETCH_BITS
from hybridcodec.residual.index.mixing import LINE, Mixer, claim, decide, hashed
from hybridcodec.residual.index.picture import Around

COUNTED: Final = 7
"""Counters that are asked for a bit."""
FORECASTS: Final = 3
"""Median of the neighbours, left neighbour, neighbour above; each moved by what the first channel was off."""
ACTIVITIES: Final = 16
"""Classes of how much the neighbours differ, for each channel."""
SETS: Final = 4 * (8 + ACTIVITIES)
"""Sets of weights."""
FIRST_ERROR: Final = 1024
"""Mean error at the beginning, in 1/256."""

_OPACITY: Final = 3
_LIMIT: Final = 60
_LEAST_ERROR: Final = 8
_ERROR_BITS: Final = 5
_STEEPNESS: Final = 2844 << 20
"""2 ln 2 / ln(257/256) * 8 * 2^20: a logistic whose mean error is 1 / 256, in halves of a value."""
_FRACTION: Final = 16
_BITS_A_LINE: Final = 4

I64 = NDArray[np.int64]
Int: TypeAlias = Any


class Spreads(NamedTuple):
    """Of the forecasts.

    Attributes:
        errors: (FORECASTS, 4 * ACTIVITIES) mean error in 1/256.
        centres: (FORECASTS,) the forecasts of this channel.
        steepness: (FORECASTS,) of their logistics.
        low: (FORECASTS,) chance of less than what is left.
        high: (FORECASTS,) chance of no more than that.
        middle: (FORECASTS,) chance of its lower half and what is below.
        offsets: (FORECASTS,) how far the first channel was off.
    """

    errors: I64
    centres: I64
    steepness: I64
    low: I64
    high: I64
    middle: I64
    offsets: I64


class Context(NamedTuple):
    """Of a value: which one of its colour, its bits, how much neighbours differ, hash of the values before it."""

    turn: Int
    bits: Int
    activity: Int
    before: np.uint64


def new_spreads() -> Spreads:
    """Return spreads that know nothing."""
    errors = np.full((FORECASTS, 4 * ACTIVITIES), FIRST_ERROR, np.int64)
    return Spreads(apart(errors), *(apart(np.zeros(FORECASTS, np.int64)) for _ in range(6)))


@kernel(nogil=True, forceinline=True)
def code_literal(
    stream: Stream, mixer: Mixer, spreads: Spreads, near: Around, shape: tuple[Int, Int], first_set: Int, colour: Int
) -> Int:
    """Write or read a colour, and return it; `shape` is the number of channels and of bits of each."""
    channels, bits = shape
    found, before = np.int64(0), np.uint64(1)
    spreads.offsets[:] = 0
    for turn in range(channels):
        channel = 1 - turn if channels > 2 and turn < 2 else turn  # green, red, blue, opacity
        place = 8 * (channels - 1 - channel)
        if turn == _OPACITY or channels == 2:
            spreads.offsets[:] = 0
        activity = _forecast(spreads, near, place, (1 << bits) - 1)
        at = turn * ACTIVITIES + activity
        sets = first_set + 8 * turn, first_set + 32 + at
        context = Context(turn, bits, activity, before)
        value = _code_value(stream, mixer, spreads, near, context, sets, colour >> place & 255)
        for k in range(FORECASTS):
            off = value - spreads.centres[k]
            error = spreads.errors[k, at]
            spreads.errors[k, at] = max(error + ((abs(off) << 8) - error >> _ERROR_BITS), _LEAST_ERROR)
            if turn == 0:
                spreads.offsets[k] = off
        before = hashed(before, value + 1)
        found |= value << place
    return found


@kernel(inline="always")
def _forecast(spreads: Spreads, near: Around, place: Int, most: Int) -> Int:
    """Set the centres for a channel; returns how much its neighbours differ, as bits of that."""
    w, n, nw = near.w >> place & 255, near.n >> place & 255, near.nw >> place & 255
    centres, offsets = spreads.centres, spreads.offsets
    centres[0] = max(min(w, n), min(max(w, n), w + n - nw)) + offsets[0]
    centres[1], centres[2] = w + offsets[1], n + offsets[2]
    for k in range(FORECASTS):
        centres[k] = min(max(centres[k], 0), most)
    difference, activity = abs(w - nw) + abs(n - nw) + 1, 0
    while difference > 1:
        difference, activity = difference >> 1, activity + 1
    return activity


@kernel(inline="always")
def _below(spreads: Spreads, k: Int, value: Int) -> Int:
    """Chance, in 1/65536, that a forecast gives to less than `value`."""
    logarithm = (2 * (value - spreads.centres[k]) - 1) * spreads.steepness[k] >> 16
    return np.int64(SQUASH[min(max(logarithm, -REACH), REACH) + REACH])


@kernel(nogil=True, forceinline=True)
def _code_value(
    stream: Stream, mixer: Mixer, spreads: Spreads, near: Around, context: Context, sets: tuple[Int, Int], value: Int
) -> Int:
    """Write or read one channel of a colour."""
    for k in range(FORECASTS):
        spreads.steepness[k] = _STEEPNESS // spreads.errors[k, context.turn * ACTIVITIES + context.activity]
        spreads.low[k], spreads.high[k] = _below(spreads, k, 0), _below(spreads, k, 1 << context.bits)
    places = mixer.places
    low, node, within = np.int64(0), 1, 1
    for bit in range(context.bits - 1, -1, -1):
        if (context.bits - 1 - bit) % _BITS_A_LINE == 0:
            _claim_lines(mixer, spreads, near, context, node)
            within = 1
        for k in range(COUNTED):
            places[k] = places[k] & -LINE | within
        half = 1 << bit
        for k in range(FORECASTS):
            spreads.middle[k] = _below(spreads, k, low + half)
            upper = (spreads.high[k] - spreads.middle[k]) * _FRACTION + half
            whole = (spreads.high[k] - spreads.low[k]) * _FRACTION + 2 * half
            mixer.inputs[COUNTED + k] = STRETCH[(upper << STRETCH_BITS) // whole]
        answer = decide(stream, mixer, sets[0] + bit, sets[1], COUNTED, FORECASTS, _LIMIT, value >> bit & 1)
        node, within = 2 * node + answer, 2 * within + answer
        low += half * answer
        for k in range(FORECASTS):
            if answer:
                spreads.low[k] = spreads.middle[k]
            else:
                spreads.high[k] = spreads.middle[k]
    return low


@kernel(inline="always")
def _claim_lines(mixer: Mixer, spreads: Spreads, near: Around, context: Context, node: Int) -> None:
    """Find the counters of four bits."""
    before = context.before
    state = np.uint64(context.turn << 8 | node)
    west, both = hashed(before, near.w), hashed(hashed(before, near.n), near.w)
    claim(mixer, 0, hashed(hashed(np.uint64(201), before), state))
    claim(mixer, 1, hashed(hashed(np.uint64(202), west), state))
    claim(mixer, 2, hashed(hashed(hashed(np.uint64(203), before), near.n), state))
    claim(mixer, 3, hashed(hashed(np.uint64(204), both), state))
    claim(mixer, 4, hashed(hashed(hashed(both, near.ne), near.nw), state))
    forecast = spreads.centres[0]
    claim(mixer, 5, hashed(hashed(np.uint64(205), forecast << 8 | context.activity >> 1), state))
    claim(mixer, 6, hashed(hashed(np.uint64(207), (forecast + 4 >> 3) << 16 | spreads.offsets[0] + 256), state))
