"""Samples out of a stream, inside compiled code: the columns of a step's lanes, then what the columns leave open.

A row of frequencies is never made: this computes only the bounds that it meets on its way to the column that the
stream is at, three of thirty-three for all lanes at once (`columns`), more where these do not do, and `writing` the two
of a column that is known. Both take them from the same mixture.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import PRECISION
from hybridcodec.entropy.escape import read_naturals
from hybridcodec.entropy.twin import BOUND_BITS, FAULT, U32, U64, distance, read_number, take
from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.adaptive.columns import find_bounds
from hybridcodec.residual.adaptive.mixture import (
    BINS,
    BOUNDS,
    COLUMNS,
    COMPONENTS,
    FULL,
    INVERSE_BITS,
    MEAN_UNIT,
    MIX_BITS,
    TABLE_REACH,
    TABLE_UNIT,
    TOTAL_BITS,
)
from hybridcodec.residual.adaptive.wavefront import Span

OUTSIDE: Final = 16
"""Fault of a stream that holds a sample which no picture has."""
MIDDLE: Final = BINS // 2
"""The column in whose middle the mean of a mixture lies, about."""

I32 = NDArray[np.int32]


class Stream(NamedTuple):
    """What is read from: state and words of a `BitReader`; empty where nothing is read."""

    state: U64
    words: U32


@kernel(allocates=True, nogil=True)
def read(stream: Stream, mixed: I32, window: I32, cumulative: I32, span: Span, top: int, samples: I32) -> None:
    """Read the samples of the lanes of `span` into `samples` (lanes,); see `mixture`.

    Where the stream does not give samples from 0 to `top`, it has a fault afterwards.
    """
    state, words = stream.state, stream.words
    for number in range(3):
        find_bounds(mixed, window, cumulative, span, top, MIDDLE - 1 + number, number)
    columns = np.empty(span.high - span.low, np.int64)
    for q in range(span.low, span.high):
        columns[q - span.low] = _read_column(state, words, mixed, window, cumulative, q, top)
    escapes = 0
    for q in range(span.low, span.high):
        column, bits = columns[q - span.low], window[2, q]
        samples[q] = window[1, q] + ((column - 1) << bits)
        if column == 0 or column == BINS + 1:
            escapes += 1
        elif bits > 0:
            samples[q] += read_number(state, words, bits)
    if escapes > 0:
        _read_escapes(state, words, window, columns, escapes, span, top, samples)
    for q in range(span.low, span.high):
        if (samples[q] < 0 or samples[q] > top) and state[FAULT] == 0:
            state[FAULT] = np.uint64(OUTSIDE)


@kernel(nogil=True)
def _read_column(state: U64, words: U32, mixed: I32, window: I32, cumulative: I32, q: int, top: int) -> int:
    """Read the column of lane `q`."""
    away, scale = distance(state)
    low, high, below, above = 0, COLUMNS - 1, np.int64(0), np.int64(1 << BOUND_BITS)
    first, middle, last = (np.int64(mixed[BOUNDS, q]), np.int64(mixed[BOUNDS + 1, q]), np.int64(mixed[BOUNDS + 2, q]))
    if away < scale * np.uint64(middle):
        high, above = MIDDLE, middle
        if away < scale * np.uint64(first):
            high, above = MIDDLE - 1, first
        else:
            low, below = MIDDLE, first
    else:
        low, below = MIDDLE + 1, middle
        if away < scale * np.uint64(last):
            high, above = MIDDLE + 1, last
        else:
            low, below = MIDDLE + 2, last
    j, step = (MIDDLE - 3 if low == 0 else MIDDLE + 3), 4  # from the middle in growing steps, then by halves
    while low < high:
        bound = upper_bound(mixed, window, cumulative, q, top, j)
        if away < scale * np.uint64(bound):
            high, above = j, bound
            j = max(j - step, (low + high) >> 1)
        else:
            low, below = j + 1, bound
            j = min(j + step, (low + high) >> 1)
        step *= 2
    take(state, words, np.uint64(below), np.uint64(above))
    return low


@kernel(nogil=True)
def upper_bound(mixed: I32, window: I32, cumulative: I32, q: int, top: int, column: int) -> np.int64:
    """Return where a column of lane `q` ends, of all but the last, in 2 ** -BOUND_BITS."""
    first, b = np.int64(window[1, q]), np.int64(window[2, q])
    upper = np.int64(0)
    if column >= ((top - first) >> b) + 1:  # what begins above the top
        upper = np.int64(FULL)
    elif column > 0 or first > 0:
        edge = first * MEAN_UNIT - MEAN_UNIT // 2 + ((column * MEAN_UNIT) << b)
        upper = _mass(mixed, cumulative, edge, q) * FULL >> (MIX_BITS + TOTAL_BITS)
    return ((upper + column + 1) * ((1 << BOUND_BITS) - COLUMNS) >> PRECISION) + column + 1


@kernel(nogil=True)
def _mass(mixed: I32, cumulative: I32, edge: np.int64, q: int) -> np.int64:
    """What the mixture of lane `q` has below an edge, in 2 ** -(MIX_BITS + TOTAL_BITS)."""
    reach, total = np.int64(TABLE_REACH * TABLE_UNIT), np.int64(0)
    for k in range(COMPONENTS):
        entry = ((edge - mixed[COMPONENTS + k, q]) * np.int64(mixed[2 * COMPONENTS + k, q])) >> INVERSE_BITS
        entry = min(max(entry, -reach), reach) + reach
        total += np.int64(mixed[k, q]) * cumulative[k, np.uint64(entry)]
    return total


@kernel(allocates=True, nogil=True)
def _read_escapes(
    state: U64, words: U32, window: I32, columns: NDArray[np.int64], count: int, span: Span, top: int, samples: I32
) -> None:
    """Read the distance of samples outside their windows."""
    away, n = np.empty(count, np.int64), 0
    read_naturals(state, words, away)
    for q in range(span.low, span.high):
        column, first = columns[q - span.low], np.int64(window[1, q])
        if column == 0 or column == BINS + 1:
            sample = first - 1 - away[n] if column == 0 else first + (BINS << window[2, q]) + away[n]
            samples[q] = min(max(sample, -1), top + 1)  # what lies outside is refused, whatever it is
            n += 1
