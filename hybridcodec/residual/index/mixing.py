"""One yes/no question: counters of past answers, mixed in the logistic domain by weights that learn, give its odds.

A counter is found by a hash of what it looks at. Most stand alone, and nothing tells two of the same place apart;
those of values stand in lines, which have a check. Two sets of weights mix, chosen by different things; each learns by
itself.

Source: M. Mahoney, Adaptive weighing of context models for lossless data compression (2005).
"""

from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bits import Stream, code_bit
from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.index.logistic import REACH, RECIPROCAL, SQUASH, STRETCH

INPUTS: Final = 11
"""Most inputs of a question, the constant one among them."""
UNKNOWN: Final = 1 << 31
"""A counter that has seen nothing: chance in 22 bits, then answers in 10."""

LINE: Final = 16
"""Counters of four bits of a value: of what came before in them, from 1 on; the first is a check."""

_RATE: Final = 10
_RATE_BITS: Final = 18
_WEIGHT_LIMIT: Final = 1 << 20
_CONSTANT: Final = 77
LEAST: Final = 2
"""Least odds, in 1/65536."""
_CHANCE_TOP: Final = (1 << 22) - 1
_CHANCELEAST: Final = 840
_ANSWERS: Final = np.uint32(1023)
_ANSWER_BITS: Final = np.uint32(10)
_CHECK: Final = np.uint64((1 << 32) - 1)
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_FOLD: Final = np.uint64(29)

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
Int: TypeAlias = Any


class Mixer(NamedTuple):
    """What learns from answers, and room for the question at hand.

    Attributes:
        counters: 22 bits of chance and 10 of answers: 2^k that stand alone, then 2^l lines.
        weights: (sets, INPUTS), in 1/65536.
        places: the counters of this question.
        inputs: logarithms of odds.
        shift: 64 - k.
        lines: 2^k.
        line_shift: 64 - l.
    """

    counters: U32
    weights: I32
    places: I64
    inputs: I64
    shift: np.uint64
    lines: Int
    line_shift: np.uint64


@kernel(inline="always")
def hashed(seed: np.uint64, value: Int) -> np.uint64:
    """Take one more value into a hash."""
    mixed = (seed ^ np.uint64(value)) * _MULTIPLIER
    return mixed ^ (mixed >> _FOLD)


@kernel(nogil=True, forceinline=True)
def claim(mixer: Mixer, k: Int, context: np.uint64) -> None:
    """Set place k to the line of a context; where it has none, the less used one of two becomes its line."""
    counters = mixer.counters
    line = mixer.lines + np.int64(context >> mixer.line_shift) * LINE
    other = line ^ LINE
    check = np.uint32(context & _CHECK)
    if counters[line] != check:
        known = counters[other] == check
        if known or counters[other + 1] & _ANSWERS < counters[line + 1] & _ANSWERS:
            line = other
        if not known:
            counters[line] = check
            counters[line + 1 : line + LINE] = np.uint32(UNKNOWN)
    mixer.places[k] = line


@kernel(nogil=True, forceinline=True)
def decide(
    stream: Stream, mixer: Mixer, first: Int, second: Int, counted: Int, given: Int, limit: Int, bit: Int
) -> Int:
    """Write or read one answer and learn from it.

    Args:
        stream: to write to or read from.
        mixer: its first `counted` places say which counters know, its next `given` inputs are there already.
        first: a set of weights.
        second: another.
        counted: inputs that come from counters.
        given: inputs that do not.
        limit: answers after which a counter does not get slower.
        bit: to be written.
    """
    counters, weights, places, inputs = mixer.counters, mixer.weights, mixer.places, mixer.inputs
    last = counted + given
    inputs[last] = _CONSTANT
    for k in range(counted):
        counter = counters[places[k]]
        inputs[k] = STRETCH[counter >> np.uint32(20)] if counter & _ANSWERS else 0
    one, two = np.int64(0), np.int64(0)
    for k in range(last + 1):
        one += np.int64(weights[first, k]) * inputs[k]
        two += np.int64(weights[second, k]) * inputs[k]
    odds: Int = np.int64(SQUASH[_reached(one + two >> 17)])
    odds = min(max(odds, LEAST), 65536 - LEAST)
    bit = code_bit(stream.state, stream.words, stream.record, odds, bit)
    answer = np.int64(bit) << 16
    error_one, error_two = answer - SQUASH[_reached(one >> 16)], answer - SQUASH[_reached(two >> 16)]
    for k in range(last + 1):
        weights[first, k] = _learned(weights[first, k], error_one * inputs[k])
        weights[second, k] = _learned(weights[second, k], error_two * inputs[k])
    target = _CHANCE_TOP - _CHANCELEAST if bit else _CHANCELEAST
    for k in range(counted):
        counter = counters[places[k]]
        seen, chance = np.int64(counter & _ANSWERS), np.int64(counter >> _ANSWER_BITS)
        chance += (target - chance) * RECIPROCAL[seen] >> 16
        counters[places[k]] = np.uint32(chance << 10 | min(seen + 1, limit))
    return bit


@kernel(inline="always")
def _reached(logarithm: Int) -> Int:
    return min(max(logarithm, -REACH), REACH) + REACH


@kernel(inline="always")
def _learned(weight: Int, slope: Int) -> Int:
    moved = np.int64(weight) + (slope * _RATE + (1 << (_RATE_BITS - 1)) >> _RATE_BITS)
    return min(max(moved, -_WEIGHT_LIMIT), _WEIGHT_LIMIT)
