"""How the outputs of the network should have been, now that the samples are known: gradients of -ln p.

p is what the mixture gives the sample, and a floor that every column of a row has. Shares, means, widths and masses are
the integers that code the sample; from there on it is float32, every operation rounded by itself, in the order written.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.adaptive.experts import whole
from hybridcodec.residual.regression.mixture import (
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
from hybridcodec.residual.regression.wavefront import Span

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
    """

    outputs: I32
    mixed: I32
    curves: I32
    scale: I32
    logs: I32
    steps: int
    top: int
    clip: np.float32


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
    for q in range(span.low, span.high):
        _follow_one(told, np.int64(samples[q]), q, gradients)


@kernel(nogil=True, error_model="numpy")
def _follow_one(told: Foretold, sample: np.int64, q: int, gradients: F32) -> None:
    mixed, mass, edge = told.mixed, np.int64(0), MEAN_UNIT * sample - MEAN_UNIT // 2
    for k in range(COMPONENTS):
        low, high = _entries(mixed, edge, k, q)
        below = np.int64(0 if sample <= 0 else told.curves[k, low, 0])
        mass += mixed[k, q] * (np.int64(_TOTAL if sample >= told.top else told.curves[k, high, 0]) - below)
    p = np.float32(mass) * _BOTH
    inverse = _ONE / (p * _GIVEN + _FLOOR)
    for k in range(COMPONENTS):
        low, high = _entries(mixed, edge, k, q)
        first, last = sample <= 0, sample >= told.top
        at, steep = np.int32(0 if first else told.curves[k, low, 0]), np.int32(0 if first else told.curves[k, low, 1])
        beyond = np.int32(_TOTAL if last else told.curves[k, high, 0])
        further = np.int32(0 if last else told.curves[k, high, 1])
        share = np.float32(mixed[k, q]) * _SHARE * inverse
        gradients[k, q] = share * (p - np.float32(beyond - at) * _MASS)
        ratio = np.float32(told.scale[q]) * np.float32(mixed[2 * COMPONENTS + k, q]) * _RATIO
        moved = share * (ratio * (np.float32(further - steep) * _STEEP))
        gradients[COMPONENTS + k, q] = _within(moved, told.clip)
        step = ((told.outputs[2 * COMPONENTS + k, q] + 2 * told.logs[told.scale[q]]) >> 3) - LOG_SCALE_LOW
        spread = _ZERO
        if 0 <= step < told.steps:
            above = np.float32(np.int64(high) - _REACH) * _PLACE * (np.float32(further) * _STEEP)
            under = np.float32(np.int64(low) - _REACH) * _PLACE * (np.float32(steep) * _STEEP)
            spread = _within(share * (above - under), told.clip)
        gradients[2 * COMPONENTS + k, q] = spread


@kernel(nogil=True)
def _entries(mixed: I32, edge: np.int64, k: int, q: int) -> tuple[np.uint64, np.uint64]:
    """Entries of component k's table for both edges of a sample; unsigned, so that indices need no check."""
    mean, inverse, reach = np.int64(mixed[COMPONENTS + k, q]), np.int64(mixed[2 * COMPONENTS + k, q]), np.int64(_REACH)
    low, high = ((edge - mean) * inverse) >> INVERSE_BITS, ((edge + MEAN_UNIT - mean) * inverse) >> INVERSE_BITS
    return np.uint64(min(max(low, -reach), reach) + reach), np.uint64(min(max(high, -reach), reach) + reach)


@kernel(nogil=True)
def _within(value: np.float32, limit: np.float32) -> np.float32:
    value = value if value < limit else limit
    return value if value > -limit else -limit
