"""Tables of offsets that follow the tile: what is added to the outputs of the network, by contexts of a sub-pixel.

Six contexts look at a place, each finds a row of its own, and the rows' sum moves the outputs. Once samples are known,
the rows that were used go against the gradients, each output in units of the size that its gradients have had lately.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanewise import floor, lanewise, within
from hybridcodec.machine.lanewise import whole as whole_of
from hybridcodec.machine.outer import sum_squares
from hybridcodec.machine.tables import VECTOR, sum_rows, take_from_rows, transpose
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
        moves: (VECTOR, lanes) working memory; rows beyond OUTPUTS stay zero.
        block: (VECTOR, VECTOR) working memory.
        squares: (OUTPUTS,) working memory.
    """

    rows: F32
    places: NDArray[np.uint64]
    power: F32
    moves: F32
    block: F32
    squares: F32


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
def shift(offsets: Offsets, span: Span, outputs: I32) -> None:
    """Add the offsets of a step's contexts to outputs (OUTPUTS or more, lanes), in whole vectors of lanes."""
    begin, end = whole(span)
    moves, block = offsets.moves, offsets.block
    for lane in range(begin, end, VECTOR):
        sum_rows(offsets.rows, offsets.places, lane, block)
        transpose(block, moves[:, lane : lane + VECTOR])
    for k in range(OUTPUTS):
        _add(begin, end, (outputs[k], moves[k]), (outputs[k],))
    moves[OUTPUTS:, begin:end] = 0


@lanewise
def _add(output: Any, move: Any) -> Any:
    total = within(floor(move * _UNIT + _HALF), -_FURTHEST, _FURTHEST)
    return (within(output + whole_of(total), -OUTPUT_LIMIT, OUTPUT_LIMIT),)


@kernel(nogil=True, error_model="numpy")
def learn(offsets: Offsets, gradients: F32, span: Span, rates: Rates) -> None:
    """Move the rows that were used against gradients (OUTPUTS, lanes), lane by lane.

    Gradients of lanes beside the span, in whole vectors, are zero: whatever rows stand there, they stay as they are.
    """
    begin, end = whole(span)
    power, moves, block, squares = offsets.power, offsets.moves, offsets.block, offsets.squares
    fresh, count = np.float32(1) - rates.keep, np.float32(span.high - span.low)
    sum_squares(gradients[:OUTPUTS], begin, end, squares)
    for k in range(OUTPUTS):
        power[k] = rates.keep * power[k] + fresh * squares[k] / count
        rate = rates.offset / np.sqrt(power[k] + rates.offset_guard)
        _times(begin, end, (gradients[k], rate), (moves[k],))
    for lane in range(begin, end, VECTOR):
        transpose(moves[:, lane : lane + VECTOR], block)
        take_from_rows(offsets.rows, offsets.places, lane, block)


@lanewise
def _times(value: Any, by: Any) -> Any:
    return (value * by,)
