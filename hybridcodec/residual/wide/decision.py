"""One question about a sample, is it at least `t`: odds from all that is known, and learning from the answer.

Every expert's logistic distribution says what it thinks of the question, given what is known of the
sample by then; so do their blend, their mixture and six adaptive counters. What they say is mixed in the logistic
domain, by three sets of weights that learn from every answer, and a curve corrects what comes out.

Everything is float64 with + - * / only, in the order written here.

Source: M. Mahoney, Adaptive weighing of context models for lossless data compression (2005).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bits import Stream, code_bit
from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.wide.model import (
    ABOVE,
    BELOW,
    CALM,
    CALM_AT,
    CENTRE,
    CONTEXTS,
    DEPTHS,
    FLATS,
    GROUP,
    HERE,
    HIGH,
    INPUTS,
    INVERSE,
    LOW,
    NODES,
    RATIO,
    SHARE,
    SPREADS,
    STRANDS,
    Desk,
)
from hybridcodec.residual.wide.tables import LN2, LOG, LOG_BITS, REACH, STEPS

FINAL: Final = 0.3
"""Share of what the curve says in the odds."""
LIMIT: Final = 7.6
"""Largest magnitude of an input."""
RATE: Final = 0.003
"""Of the weights' learning."""
MASS: Final = 1e-6
"""Added to the mass on each side of a question: who knows nothing says so."""

_BIAS: Final = 0.3
_THIRD: Final = 1.0 / 3.0
_CURVE_RATE: Final = 0.01
_EDGE: Final = 7.99
_LEAST: Final = 4.0
_MOST: Final = 65532.0
_SEEN: Final = 255.0

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]


@kernel(nogil=True, error_model="numpy", forceinline=True)
def logarithm(x: float, tables: F64) -> float:
    """The natural logarithm of a normal positive number, to 2^-11 of it."""
    bits = np.float64(x).view(np.int64)
    entry = np.uint64((bits >> np.int64(52 - LOG_BITS)) & np.int64((1 << LOG_BITS) - 1)) + np.uint64(LOG)
    return float(float((bits >> np.int64(52)) - np.int64(1023)) * tables[LN2] + tables[entry])


@kernel(nogil=True, error_model="numpy", forceinline=True)
def logistic(z: float, tables: F64) -> float:
    """1 / (1 + exp(-z)), the same beyond REACH as there."""
    at = (min(max(z, -float(REACH)), float(REACH)) + REACH) * STEPS
    k = np.uint64(at)
    return float(tables[k] + (at - float(k)) * (tables[k + np.uint64(1)] - tables[k]))


@kernel(nogil=True, error_model="numpy", forceinline=True)
def distribute(desk: Desk, t: float) -> None:
    """What the logistics say of values below t."""
    room, tables, place = desk.room, desk.tables, t - 0.5
    for i in range(desk.logistics):
        z = (place - room[CENTRE, i]) * room[INVERSE, i]
        at = (min(max(z, -float(REACH)), float(REACH)) + REACH) * STEPS
        k = np.uint64(at)
        room[HERE, i] = tables[k] + (at - float(k)) * (tables[k + np.uint64(1)] - tables[k])


@kernel(nogil=True, error_model="numpy", forceinline=True)
def _describe(desk: Desk, node: int) -> None:
    """Fill the inputs: what logistics, their mixture, and counters say, in the logistic domain."""
    room, bits, tables, count = desk.room, desk.bits, desk.tables, desk.logistics
    up, down = 0.0, 0.0
    for i in range(count):
        room[ABOVE, i] = room[HIGH, i] - room[HERE, i] + MASS
        room[BELOW, i] = room[HERE, i] - room[LOW, i] + MASS
    for k in range(count - 1):
        up += room[SHARE, k] * room[ABOVE, k]
        down += room[SHARE, k] * room[BELOW, k]
    room[ABOVE, count], room[BELOW, count] = up, down
    for q in range(CONTEXTS):
        chance = desk.counters[desk.rows[q], node, 0]
        room[ABOVE, count + 1 + q], room[BELOW, count + 1 + q] = chance, 1.0 - chance
    total = count + 1 + CONTEXTS
    for i in range(total):
        room[RATIO, i] = room[ABOVE, i] / room[BELOW, i]
    ln2 = tables[LN2]
    for i in range(total):
        entry = np.uint64((bits[i] >> np.int64(52 - LOG_BITS)) & np.int64((1 << LOG_BITS) - 1)) + np.uint64(LOG)
        value = float((bits[i] >> np.int64(52)) - np.int64(1023)) * ln2 + tables[entry]
        room[INPUTS, i] = min(max(value, -LIMIT), LIMIT)
    room[INPUTS, total] = _BIAS


@kernel(nogil=True, error_model="numpy", forceinline=True)
def _mix(weights: F64, row: int, room: F64) -> float:
    """Sum of a row of weights x inputs, in GROUP strands that are added in a tree."""
    for j in range(GROUP):
        room[STRANDS, j] = 0.0
    for g in range(0, weights.shape[1], GROUP):
        for j in range(GROUP):
            room[STRANDS, j] += weights[row, g + j] * room[INPUTS, g + j]
    first = (room[STRANDS, 0] + room[STRANDS, 4]) + (room[STRANDS, 2] + room[STRANDS, 6])
    return float(first + ((room[STRANDS, 1] + room[STRANDS, 5]) + (room[STRANDS, 3] + room[STRANDS, 7])))


@kernel(nogil=True, error_model="numpy", forceinline=True)
def _learn(weights: F64, row: int, room: F64, step: float) -> None:
    for i in range(weights.shape[1]):
        weights[row, i] += step * room[INPUTS, i]


@kernel(nogil=True, error_model="numpy", forceinline=True)
def decide(stream: Stream, desk: Desk, node: int, second: int, flat: int, bit: int) -> int:
    """Write or read the answer to a question whose masses stand in the room; learn from it.

    Args:
        stream: of the tile.
        desk: of the channel.
        node: which question it is.
        second: the second row of weights.
        flat: how many neighbours are the same.
        bit: the answer, when writing.
    """
    room, weights, curves, counters, tables = desk.room, desk.weights, desk.curves, desk.counters, desk.tables
    _describe(desk, node)
    curve = node * FLATS + flat
    third = NODES + SPREADS * DEPTHS + desk.rows[CALM_AT] - CALM
    one, two, three = _mix(weights, node, room), _mix(weights, second, room), _mix(weights, third, room)
    mean = (one + two + three) * _THIRD
    chance = logistic(mean, tables)
    at = min(max(mean, -_EDGE), _EDGE) * 2.0 + 16.0
    knot = int(at)
    part = at - float(knot)
    corrected = curves[curve, knot] * (1.0 - part) + curves[curve, knot + 1] * part
    odds = int(min(max((chance + FINAL * (corrected - chance)) * 65536.0, _LEAST), _MOST))
    bit = code_bit(stream.state, stream.words, stream.record, odds, bit)
    answer = float(bit)
    _learn(weights, node, room, RATE * ((answer - chance) + (answer - logistic(one, tables))))
    _learn(weights, second, room, RATE * ((answer - chance) + (answer - logistic(two, tables))))
    _learn(weights, third, room, RATE * ((answer - chance) + (answer - logistic(three, tables))))
    curves[curve, knot] += (answer - curves[curve, knot]) * (_CURVE_RATE * (1.0 - part))
    curves[curve, knot + 1] += (answer - curves[curve, knot + 1]) * (_CURVE_RATE * part)
    target = answer * 0.999 + 0.0005
    for q in range(CONTEXTS):
        row = desk.rows[q]
        seen = counters[row, node, 1]
        counters[row, node, 0] += (target - counters[row, node, 0]) / (seen + 1.6)
        counters[row, node, 1] = min(seen + 1.0, _SEEN)
    return bit
