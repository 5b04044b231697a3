"""How the outputs of the network should have been, now that the samples are known: gradients of -ln p.

p is what the mixture gives the sample, and a floor that every column of a row has. Shares, means, widths and masses are
the integers that code the sample; from there on it is float32, every operation rounded by itself, in the order written.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.adaptive.mixture import (
    COMPONENTS,
    FULL,
    INVERSE_BITS,
    LOG_SCALE_LOW,
    MEAN_UNIT,
    MIX_BITS,
    TABLE_REACH,
    TABLE_SIZE,
    TABLE_UNIT,
    TOTAL_BITS,
)
from hybridcodec.residual.adaptive.wavefront import Span, whole

BEFORE: Final = 4
"""Entries of a cumulative table that a slope reaches back, and one less than it reaches on."""
_TOTAL: Final = 1 << TOTAL_BITS
_REACH: Final = TABLE_REACH * TABLE_UNIT
_SHARE: Final = np.float32(2.0**-MIX_BITS)
_MASS: Final = np.float32(1 / _TOTAL)
_BOTH: Final = np.float32(2.0 ** -(MIX_BITS + TOTAL_BITS))
_GIVEN: Final = np.float32(FULL / _TOTAL)
_FLOOR: Final = np.float32(1.5 / _TOTAL)
_STEEP: Final = np.float32(TABLE_UNIT / (2 * BEFORE + 1)) * _MASS
"""From the difference of entries to a density."""
_PLACE: Final = np.float32(1 / TABLE_UNIT)
_RATIO: Final = np.float32(2.0**-19)
"""Unit of scale times inverse width: the scale in widths."""
_ZERO, _ONE = np.float32(0), np.float32(1)

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


class Room(NamedTuple):
    """Working memory: of each component's edges (COMPONENTS, 5, lanes), and of chances (2, lanes)."""

    edges: I32
    chances: F32


class Foretold(NamedTuple):
    """What the gradients of a step's samples are made of.

    Attributes:
        outputs: (9 or more, lanes) of the network.
        mixed: (9, lanes) from `mixture.mix`.
        curves: (COMPONENTS, TABLE_SIZE, 2) from `curves_of`.
        scale: (lanes,).
        logs: over the scale.
        steps: widths that there are.
        top: largest sample value.
        clip: largest magnitude of the gradient of a mean or a log scale.
        room: working memory.
    """

    outputs: I32
    mixed: I32
    curves: I32
    scale: I32
    logs: I32
    steps: int
    top: int
    clip: np.float32
    room: Room


def curves_of(cumulative: I32) -> I32:
    """Return (COMPONENTS, TABLE_SIZE, 2): entries of cumulative tables, and how they rise around; 0 at the ends."""
    last = TABLE_SIZE - 1
    entries = np.arange(TABLE_SIZE)
    slopes = cumulative[:, np.minimum(entries + BEFORE + 1, last)] - cumulative[:, np.maximum(entries - BEFORE, 0)]
    slopes[:, [0, last]] = 0
    return np.ascontiguousarray(np.stack([cumulative, slopes], axis=2), dtype=np.int32)


@kernel(nogil=True, error_model="numpy")
def follow(told: Foretold, samples: I32, span: Span, gradients: F32) -> None:
    """Write the gradients of the outputs to gradients (9, lanes): nothing in lanes of whole vectors beside the span."""
    begin, end = whole(span)
    gradients[:, begin : span.low] = 0
    gradients[:, span.high : end] = 0
    low, high, room = span.low, span.high, told.room
    sample = samples[low:high]
    for k in range(COMPONENTS):
        mean, inverse = told.mixed[COMPONENTS + k, low:high], told.mixed[2 * COMPONENTS + k, low:high]
        _look_up(told.curves[k], sample, mean, inverse, told.top, room.edges[k, :, low:high])
    _weigh(room.edges[:, :, low:high], told.mixed[:COMPONENTS, low:high], room.chances[:, low:high])
    for k in range(COMPONENTS):
        _follow_one(told, k, span, gradients)


@kernel(nogil=True)
def _look_up(curve: I32, sample: I32, mean: I32, inverse: I32, top: int, edges: I32) -> None:
    """Write of one component (5, n): its mass, and slope and place at both edges of each sample."""
    mass, steep, place, further, beyond = edges[0], edges[1], edges[2], edges[3], edges[4]
    reach, half = np.int64(_REACH), np.int64(MEAN_UNIT // 2)
    for q in range(len(sample)):
        away, by = MEAN_UNIT * np.int64(sample[q]) - mean[q], np.int64(inverse[q])
        place[q] = min(max(((away - half) * by) >> INVERSE_BITS, -reach), reach)
        beyond[q] = min(max(((away + half) * by) >> INVERSE_BITS, -reach), reach)
    for q in range(len(sample)):
        low, high = np.uint64(place[q] + reach), np.uint64(beyond[q] + reach)
        first, last = sample[q] <= 0, sample[q] >= top
        under, over = curve[low, 0], curve[high, 0]
        mass[q] = (np.int32(_TOTAL) if last else over) - (np.int32(0) if first else under)
        under, over = curve[low, 1], curve[high, 1]
        steep[q] = np.int32(0) if first else under
        further[q] = np.int32(0) if last else over


@kernel(nogil=True, error_model="numpy")
def _weigh(edges: I32, shares: I32, chances: F32) -> None:
    """Write what the mixture gives each sample, and the inverse of what a row gives it, to chances (2, n)."""
    p, inverse = chances[0], chances[1]
    for q in range(len(p)):
        mass = np.int32(0)
        for k in range(COMPONENTS):
            mass = np.int32(mass + np.int32(shares[k, q] * edges[k, 0, q]))  # at most 2^28
        p[q] = np.float32(mass) * _BOTH
        inverse[q] = _ONE / (p[q] * _GIVEN + _FLOOR)


@kernel(nogil=True, error_model="numpy")
def _follow_one(told: Foretold, k: int, span: Span, gradients: F32) -> None:
    """Write the gradients of component k."""
    low, high, clip = span.low, span.high, told.clip
    edges, p, inverse = told.room.edges[k, :, low:high], told.room.chances[0, low:high], told.room.chances[1, low:high]
    mass, steep, place, further, beyond = edges[0], edges[1], edges[2], edges[3], edges[4]
    share, by, scale = told.mixed[k, low:high], told.mixed[2 * COMPONENTS + k, low:high], told.scale[low:high]
    logit, mean = gradients[k, low:high], gradients[COMPONENTS + k, low:high]
    spread, out = gradients[2 * COMPONENTS + k, low:high], told.outputs[2 * COMPONENTS + k, low:high]
    for q in range(high - low):
        weight = np.float32(share[q]) * _SHARE * inverse[q]
        logit[q] = weight * (p[q] - np.float32(mass[q]) * _MASS)
        ratio = np.float32(scale[q]) * np.float32(by[q]) * _RATIO
        mean[q] = _within(weight * (ratio * (np.float32(further[q] - steep[q]) * _STEEP)), clip)
        over = np.float32(beyond[q]) * _PLACE * (np.float32(further[q]) * _STEEP)
        under = np.float32(place[q]) * _PLACE * (np.float32(steep[q]) * _STEEP)
        spread[q] = _within(weight * (over - under), clip)
    for q in range(high - low):
        step = ((out[q] + 2 * told.logs[np.uint64(scale[q])]) >> 3) - LOG_SCALE_LOW
        spread[q] = spread[q] if 0 <= step < told.steps else _ZERO


@kernel(nogil=True)
def _within(value: np.float32, limit: np.float32) -> np.float32:
    value = value if value < limit else limit
    return value if value > -limit else -limit
