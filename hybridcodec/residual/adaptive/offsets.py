"""Tables of offsets that follow the tile: what is added to the outputs of the network, by contexts of a sub-pixel.

Six contexts look at a place, each finds a row of its own, and the rows' sum moves the outputs. Once samples are known,
the rows that were used go against the gradients, each output in units of the size that its gradients have had lately.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.tables import VECTOR, sum_rows, take_from_rows
from hybridcodec.residual.adaptive.features import LIMIT
from hybridcodec.residual.adaptive.mixture import OUTPUT_LIMIT, OUTPUT_UNIT
from hybridcodec.residual.adaptive.model import Rates, Thresholds
from hybridcodec.residual.adaptive.network import OUTPUTS
from hybridcodec.residual.adaptive.wavefront import LEAD, PAD, Span, whole
from hybridcodec.residual.least_squares import LAG

SIZES: Final = (81, 32, 200, 64, 128, 200)
"""Rows of each context's table."""
FIRST: Final = (0, 81, 113, 313, 377, 505)
ROWS: Final = 705
CONTEXTS: Final = len(SIZES)
ERRORS_AT: Final = 10
"""Where features hold the errors around: each, then its magnitude."""
LOG_AT: Final = 22
"""Where they hold the logarithm of the scale."""
_FURTHEST: Final = np.float32(2 * OUTPUT_LIMIT)
_UNIT: Final = np.float32(OUTPUT_UNIT)
_HALF: Final = np.float32(0.5)

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


class Offsets(NamedTuple):
    """Tables of a channel.

    Attributes:
        rows: (ROWS, VECTOR) offsets of outputs, zero at first; all contexts' rows below each other.
        places: (lanes, CONTEXTS) rows that the current step uses.
        power: (OUTPUTS,) mean squares of gradients.
        moves: (lanes, VECTOR) working memory; columns beyond OUTPUTS stay zero.
    """

    rows: F32
    places: NDArray[np.uint64]
    power: F32
    moves: F32
    parts: F32
    """(VECTOR,) working memory."""


def classes_of(limits: Thresholds) -> I32:
    """Return the classes of features from -LIMIT to LIMIT, (4, 2 LIMIT + 1): of errors 3 and 5, of log scales 8, 16."""
    v = np.arange(-LIMIT, LIMIT + 1)
    bounds = (-limits.large, -limits.small, limits.small + 1, limits.large + 1)
    sign = (v >= -limits.sign).astype(np.int32) + (v > limits.sign)
    fifth = sum((v >= bound).astype(np.int32) for bound in bounds)
    coarse, fine = ((v + 64) // limits.coarse).clip(0, 7), ((v + 64) // limits.fine).clip(0, 15)
    return np.array([sign, fifth, coarse, fine], np.int32)


@kernel(nogil=True)
def find(features: I32, centre: I32, channel: int, span: Span, classes: I32, places: NDArray[np.uint64]) -> None:
    """Write the row of every context to places (lanes, CONTEXTS).

    Args:
        features: (F, lanes) from `features.describe`.
        centre: (lanes,) in 1/16 of a sample step.
        channel: in coding order.
        span: the lanes.
        classes: of features, from `classes_of`.
        places: receives the rows.
    """
    tail = features.shape[0] - 1 - 4 * channel
    west, north, diagonal, other = ERRORS_AT, ERRORS_AT + 2, ERRORS_AT + 4, ERRORS_AT + 6
    first, second = (tail if channel > 0 else west), (tail + 4 if channel > 1 else west if channel == 1 else north)
    sign, fifth, coarse, fine = classes[0], classes[1], classes[2], classes[3]
    for q in range(span.low, span.high):
        w, n = np.uint64(features[west, q] + LIMIT), np.uint64(features[north, q] + LIMIT)
        d, o = np.uint64(features[diagonal, q] + LIMIT), np.uint64(features[other, q] + LIMIT)
        a, b = np.uint64(features[first, q] + LIMIT), np.uint64(features[second, q] + LIMIT)
        log, y = np.uint64(features[LOG_AT, q] + LIMIT), q - PAD
        x = span.t - LEAD - LAG * y
        cross = min(max((features[tail - 8, q] + 64 >> 7) + 4, 0), 7)
        places[q, 0] = 27 * sign[w] + 9 * sign[n] + 3 * sign[d] + sign[o]
        places[q, 1] = FIRST[1] + min(centre[q] >> 7, 31)
        places[q, 2] = FIRST[2] + 40 * fifth[a] + 8 * fifth[b] + coarse[log]
        places[q, 3] = FIRST[3] + (y & 7) * 8 + (x & 7)
        places[q, 4] = FIRST[4] + 8 * fine[log] + (centre[q] >> 1 & 7)
        places[q, 5] = FIRST[5] + 40 * fifth[d] + 8 * fifth[o] + cross


@kernel(nogil=True)
def _sum_squares(values: F32, begin: int, end: int, parts: F32) -> np.float32:
    """Sum up squares of lanes in the order of `outer`."""
    parts[:] = 0
    for lane in range(begin, end, VECTOR):
        vector = values[lane : lane + VECTOR]
        for j in range(VECTOR):
            parts[j] += vector[j] * vector[j]
    half = VECTOR // 2
    while half > 0:
        for j in range(half):
            parts[j] += parts[j + half]
        half //= 2
    return np.float32(parts[0])


@kernel(nogil=True)
def shift(offsets: Offsets, span: Span, outputs: I32) -> None:
    """Add the offsets of a step's contexts to outputs (OUTPUTS or more, lanes)."""
    rows, places, moves = offsets.rows, offsets.places, offsets.moves
    for q in range(span.low, span.high):
        sum_rows(rows, places, q, moves)
    n, low, high = span.high - span.low, np.int32(-OUTPUT_LIMIT), np.int32(OUTPUT_LIMIT)
    for k in range(OUTPUTS):
        out, move = outputs[k, span.low : span.high], moves[span.low : span.high, k]
        for q in range(n):
            total = np.floor(move[q] * _UNIT + _HALF)
            total = total if total < _FURTHEST else _FURTHEST
            total = total if total > -_FURTHEST else -_FURTHEST
            out[q] = min(max(np.int32(out[q] + np.int32(total)), low), high)


@kernel(nogil=True, error_model="numpy")
def learn(offsets: Offsets, gradients: F32, span: Span, rates: Rates) -> None:
    """Move the rows that were used against gradients (OUTPUTS, lanes), lane by lane."""
    begin, end = whole(span)
    rows, places, power, moves = offsets.rows, offsets.places, offsets.power, offsets.moves
    fresh, count = np.float32(1) - rates.keep, np.float32(span.high - span.low)
    for k in range(OUTPUTS):
        gradient = gradients[k]
        square = _sum_squares(gradient, begin, end, offsets.parts)
        power[k] = rates.keep * power[k] + fresh * square / count
        rate = rates.offset / np.sqrt(power[k] + rates.offset_guard)
        for q in range(span.low, span.high):
            moves[q, k] = rate * gradient[q]
    for q in range(span.low, span.high):
        take_from_rows(rows, places, q, moves)
