"""How the outputs of the network should have been, now that the samples are known: gradients of -ln p.

p is what the mixture gives the sample, and a floor that every column of a row has. Shares, means, widths and masses are
the integers that code the sample; from there on it is float32, every operation rounded by itself, in the order written.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanewise import lanewise, narrow, real, where, wide, within
from hybridcodec.residual.adaptive.mixture import (
    COMPONENTS,
    FULL,
    INVERSE_BITS,
    LOG_SCALE_LOW,
    LOGS,
    MEAN_UNIT,
    MIX_BITS,
    TABLE_REACH,
    TABLE_SIZE,
    TABLE_UNIT,
    TOTAL_BITS,
)
from hybridcodec.residual.adaptive.wavefront import Span, whole

EDGES: Final = 6
"""Numbers of a component at the edges of a sample: entries of its table, what stands there and how it rises."""
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
        mixed: (`mixture.ROOM`, lanes) from `mixture.mix`.
        curves: (COMPONENTS, TABLE_SIZE, 2) from `curves_of`.
        scale: (lanes,).
        steps: widths that there are.
        top: largest sample value.
        clip: largest magnitude of the gradient of a mean or a log scale.
        edges: (COMPONENTS, EDGES, lanes) working memory.
    """

    outputs: I32
    mixed: I32
    curves: I32
    scale: I32
    steps: int
    top: int
    clip: np.float32
    edges: I32


def curves_of(cumulative: I32) -> I32:
    """Return (COMPONENTS, TABLE_SIZE, 2): entries of cumulative tables, and how they rise around; 0 at the ends."""
    last = TABLE_SIZE - 1
    entries = np.arange(TABLE_SIZE)
    slopes = cumulative[:, np.minimum(entries + BEFORE + 1, last)] - cumulative[:, np.maximum(entries - BEFORE, 0)]
    slopes[:, [0, last]] = 0
    return np.ascontiguousarray(np.stack([cumulative, slopes], axis=2), dtype=np.int32)


@kernel(nogil=True)
def follow(told: Foretold, samples: I32, span: Span, gradients: F32) -> None:
    """Write the gradients of the outputs to gradients (9, lanes): nothing in lanes of whole vectors beside the span."""
    begin, end = whole(span)
    mixed, outputs, edges, rows = told.mixed, told.outputs, told.edges, gradients
    for k in range(COMPONENTS):
        mean, inverse, around = mixed[COMPONENTS + k], mixed[2 * COMPONENTS + k], edges[k]
        _find_edges(begin, end, (samples, mean, inverse), (around[0], around[1]))
        _look_up(told.curves[k], span, around)
    known = samples, told.top, told.scale, mixed[LOGS], told.steps, told.clip
    shares, widths = (mixed[0], mixed[1], mixed[2]), (mixed[6], mixed[7], mixed[8])
    first, second, third = edges[0], edges[1], edges[2]
    one = first[0], first[1], first[2], first[3], first[4], first[5]
    two = second[0], second[1], second[2], second[3], second[4], second[5]
    three = third[0], third[1], third[2], third[3], third[4], third[5]
    given = *known, *shares, *widths, outputs[6], outputs[7], outputs[8], *one, *two, *three
    out = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7], rows[8]
    _follow(begin, end, given, out)
    gradients[:, begin : span.low] = 0
    gradients[:, span.high : end] = 0


@lanewise
def _find_edges(sample: Any, mean: Any, inverse: Any) -> Any:
    """Entries of a table at both edges of samples, of one component."""
    away, by = sample * MEAN_UNIT - mean, wide(inverse)
    both = (wide(away + edge) * by >> INVERSE_BITS for edge in (-(MEAN_UNIT // 2), MEAN_UNIT // 2))
    return tuple(narrow(within(entry, -_REACH, _REACH)) + _REACH for entry in both)


@kernel(nogil=True)
def _look_up(curve: I32, span: Span, edges: I32) -> None:
    """Write what a component's table holds at both edges of samples, and how it rises there, to edges[2:]."""
    for q in range(span.low, span.high):
        low, high = np.uint64(edges[0, q]), np.uint64(edges[1, q])
        edges[2, q], edges[3, q] = curve[low, 0], curve[low, 1]
        edges[4, q], edges[5, q] = curve[high, 0], curve[high, 1]


@lanewise
def _follow(*given: Any) -> Any:
    """Gradients of three logits, three means, three log scales."""
    sample, top, scale, logs, steps, clip = given[:6]
    shares, widths, outputs = given[6:9], given[9:12], given[12:15]
    edges = [_at_edges(sample, top, *given[k : k + EDGES]) for k in (15, 15 + EDGES, 15 + 2 * EDGES)]
    masses = [share * mass for share, (mass, *_) in zip(shares, edges, strict=True)]
    p = real(masses[0] + masses[1] + masses[2]) * _BOTH  # at most 2^28
    inverse = _ONE / (p * _GIVEN + _FLOOR)
    logits, means, spreads = [], [], []
    for share, width, output, (mass, steep, place, further, beyond) in zip(shares, widths, outputs, edges, strict=True):
        weight = real(share) * _SHARE * inverse
        logits.append(weight * (p - real(mass) * _MASS))
        ratio = real(scale) * real(width) * _RATIO
        means.append(within(weight * (ratio * (real(further - steep) * _STEEP)), -clip, clip))
        over, under = (real(at) * _PLACE * (real(rise) * _STEEP) for at, rise in ((beyond, further), (place, steep)))
        spread = within(weight * (over - under), -clip, clip)
        step = (output + logs >> 3) - LOG_SCALE_LOW
        spreads.append(where(step >= 0, where(step < steps, spread, _ZERO), _ZERO))
    return *logits, *means, *spreads


def _at_edges(sample: Any, top: Any, *entries: Any) -> Any:
    """Mass, slope and place below, slope and place above of samples, which at the ends of the range have all beyond."""
    low, high, under, steep, over, further = entries
    under, steep = (where(sample <= 0, 0, value) for value in (under, steep))
    over, further = where(sample >= top, _TOTAL, over), where(sample >= top, 0, further)
    return over - under, steep, low - _REACH, further, high - _REACH
