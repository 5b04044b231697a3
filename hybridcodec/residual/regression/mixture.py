"""From features to frequency tables: a small integer network and the mixture that its outputs describe.

The network gives weights, means and log scales of `COMPONENTS` components, relative to the centre and the local scale
of `features`; each component is a learned cumulative table, and their weighted sum, cut into columns, is the row that
the range coder needs. Where `features` describes a place, this says how likely each sample is there; `reading` finds
a column without its row.

All of it is integer arithmetic: sums of products stay below 2^31 (proven when a model loads), exponentials, reciprocals
and cumulative functions are tables of the model.

Columns of a row: 0 is "below the window", 1 to BINS are bins of 2^b values each, BINS + 1 is "above"; the b low bits
of a value inside a bin follow as equally likely bits, values outside as escapes.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.regression.wavefront import Span

COMPONENTS: Final = 3
BINS: Final = 32
COLUMNS: Final = BINS + 2
REFINED: Final = 1
ESCAPED: Final = 2
"""What a step's columns may leave open."""
OUTPUT_UNIT: Final = 256
"""One in the network's outputs."""
OUTPUT_LIMIT: Final = 1 << 13
MEAN_UNIT: Final = 64
"""Means are in 1 / MEAN_UNIT of a sample step."""
MIX_BITS: Final = 12
"""Mixture weights sum to 2 ** MIX_BITS."""
TABLE_REACH: Final = 12
TABLE_UNIT: Final = 128
TABLE_SIZE: Final = 2 * TABLE_REACH * TABLE_UNIT + 1
"""Cumulative tables cover [-12, 12] scales in steps of 1/128, with values in [0, 65536]."""
SCALE_STEPS: Final = 32
"""Steps of the scale table per unit of the natural logarithm."""
LOG_SCALE_LOW: Final = -104
LOG_SCALE_HIGH: Final = 168
"""Log scales in the table, in 1/32: scales of 0.039 to 190 sample steps."""
INVERSE_BITS: Final = 14
WINDOW_QUARTERS: Final = 17
"""Half a window is at least as long as 17/4 mean widths of the components, unless it holds all values."""
TOTAL_BITS: Final = 16
FULL: Final = (1 << TOTAL_BITS) - COLUMNS
"""What is divided among columns in proportion to their masses; each has one more."""
MIXED: Final = 3 * COMPONENTS
"""Numbers of a mixture: shares in 2 ** -MIX_BITS, means in 1 / MEAN_UNIT, inverse widths."""

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


class Tables(NamedTuple):
    """What mixtures are made with.

    Attributes:
        exponentials: over the distance to the largest logit.
        logs: over the local scale.
        scales: component widths over the log scale, in 1 / MEAN_UNIT.
        inverses: of them.
        cumulative: (COMPONENTS, TABLE_SIZE).
    """

    exponentials: I32
    logs: I32
    scales: I32
    inverses: I32
    cumulative: I32


@kernel(nogil=True)
def mix(out: I32, window: I32, scale: I32, span: Span, top: int, tables: Tables, mixed: I32) -> None:
    """Turn network outputs of the lanes of `span` into mixtures, and choose their windows.

    Args:
        out: from `network.evaluate`.
        window: (3, lanes) centres in 1/16 of a sample step; receives first values of windows, log2 of bins' widths.
        scale: (lanes,) in 1/16 of a sample step.
        span: the lanes.
        top: largest sample value.
        tables: of the model and the channel.
        mixed: (MIXED, lanes) receives shares, means and inverse widths of the components.
    """
    centre, start, bits = window[0], window[1], window[2]
    exponentials, logs, scales, inverses = tables.exponentials, tables.logs, tables.scales, tables.inverses
    for q in range(span.low, span.high):
        _share_out(out, q, exponentials, mixed)
        middle, width = np.int64(0), np.int64(0)
        for k in range(COMPONENTS):
            mean = 4 * np.int64(centre[q]) + ((np.int64(out[COMPONENTS + k, q]) * scale[q]) >> 6)
            index = ((out[2 * COMPONENTS + k, q] + 2 * logs[scale[q]]) >> 3) - LOG_SCALE_LOW
            index = min(max(index, 0), scales.shape[0] - 1)
            mixed[COMPONENTS + k, q], mixed[2 * COMPONENTS + k, q] = mean, inverses[index]
            middle += mixed[k, q] * mean
            width += np.int64(mixed[k, q]) * scales[index]
        middle, width = (middle >> MIX_BITS) + MEAN_UNIT // 2, width >> MIX_BITS
        b = 0
        while (np.int64(BINS // 2 * MEAN_UNIT) << b) * 4 < WINDOW_QUARTERS * width and (BINS << b) <= top:
            b += 1
        first = (middle >> 6) - (BINS // 2 << b)
        start[q], bits[q] = max(np.int64(0), min(first, np.int64(top + 1 - (BINS << b)))), b


@kernel(nogil=True)
def _share_out(out: I32, q: int, exponentials: I32, mixed: I32) -> None:
    """Divide 2^MIX_BITS among the components of lane `q`."""
    best = max(out[0, q], out[1, q], out[2, q])
    total, rest = np.int64(0), np.int64(1) << MIX_BITS
    for k in range(COMPONENTS):
        mixed[k, q] = exponentials[min(best - out[k, q], exponentials.shape[0] - 1)]
        total += mixed[k, q]
    for k in range(1, COMPONENTS):
        share = (np.int64(mixed[k, q]) << MIX_BITS) // total
        mixed[k, q] = share
        rest -= share
    mixed[0, q] = rest


@kernel(allocates=True, nogil=True)
def tabulate(mixed: I32, window: I32, cumulative: I32, span: Span, top: int, rows: I32) -> None:
    """Turn the mixtures of the lanes of `span` into frequency rows, (n, COLUMNS), of lane low + i."""
    start, bits, full = window[1], window[2], np.int64(FULL)
    entries, upper = np.empty((COMPONENTS, COLUMNS), np.uint64), np.empty(COLUMNS, np.int64)
    table0, table1, table2 = cumulative[0], cumulative[1], cumulative[2]
    z0, z1, z2 = entries[0], entries[1], entries[2]
    for q in range(span.low, span.high):
        first, b = np.int64(start[q]), np.int64(bits[q])
        edge = first * MEAN_UNIT - MEAN_UNIT // 2
        for k in range(COMPONENTS):
            mean, inverse = np.int64(mixed[COMPONENTS + k, q]), np.int64(mixed[2 * COMPONENTS + k, q])
            _look_up(edge - mean, np.int64(MEAN_UNIT) << b, inverse, entries[k])
        share0, share1, share2 = np.int64(mixed[0, q]), np.int64(mixed[1, q]), np.int64(mixed[2, q])
        for j in range(COLUMNS - 1):
            upper[j] = share0 * table0[z0[j]] + share1 * table1[z1[j]] + share2 * table2[z2[j]]
        for j in range(COLUMNS - 1):
            upper[j] = (upper[j] * full) >> (MIX_BITS + TOTAL_BITS)
        if first <= 0:
            upper[0] = 0
        for j in range(_beyond(first, b, top), COLUMNS - 1):  # bins that begin above the top
            upper[j] = full
        _write_row(upper, full, rows[q - span.low])


@kernel(nogil=True)
def _beyond(first: np.int64, b: np.int64, top: int) -> int:
    """The first edge of a window that lies above the top."""
    return max(0, int((np.int64(top) - first) >> b) + 1)


@kernel(nogil=True)
def _write_row(upper: I64, full: np.int64, row: I32) -> None:
    """Turn cumulated masses into frequencies, none of them nothing."""
    row[0] = upper[0] + 1
    for j in range(1, COLUMNS - 1):
        row[j] = upper[j] - upper[j - 1] + 1
    row[COLUMNS - 1] = full - upper[COLUMNS - 2] + 1


@kernel(nogil=True)
def _look_up(begin: np.int64, step: np.int64, steep: np.int64, entries: NDArray[np.uint64]) -> None:
    """Entries of a cumulative table for the lower edges of the columns; unsigned, so that indices need no check."""
    reach = np.int64(TABLE_REACH * TABLE_UNIT)
    base, slope = begin * steep, step * steep
    for j in range(COLUMNS):
        entry = (base + j * slope) >> INVERSE_BITS
        entries[j] = np.uint64(np.minimum(np.maximum(entry, -reach), reach) + reach)


@kernel()  # keeps the GIL: too short to be worth handing it over
def to_columns(values: I32, first: I32, bits: I32, columns: I32) -> None:
    """Column of each value, for the encoder; all are (n,)."""
    for q in range(len(values)):
        away = values[q] - first[q]
        if away < 0:
            columns[q] = 0
        elif away >= (BINS << bits[q]):
            columns[q] = BINS + 1
        else:
            columns[q] = (away >> bits[q]) + 1


@kernel()  # keeps the GIL: too short to be worth handing it over
def from_columns(columns: I32, first: I32, bits: I32, values: I32) -> int:
    """Least value of each column, (n,); returns REFINED and ESCAPED where columns leave more to be coded."""
    left = 0
    for q in range(len(columns)):
        values[q] = first[q] + ((columns[q] - 1) << bits[q])
        if columns[q] == 0 or columns[q] == BINS + 1:
            left |= ESCAPED
        elif bits[q] > 0:
            left |= REFINED
    return left


@kernel()  # keeps the GIL, like its neighbours
def count_low_bits(columns: I32, bits: I32, counts: NDArray[np.int64]) -> None:
    """Bits that each column leaves open, (n,): those of its bin's width, none for escapes."""
    for q in range(len(columns)):
        counts[q] = bits[q] if 0 < columns[q] <= BINS else 0


@kernel()
def distances(columns: I32, first: I32, bits: I32, values: I32, away: NDArray[np.int64]) -> int:
    """Count the escapes, and write to `away` how far outside the window the values of these columns lie."""
    count = 0
    for q in range(len(columns)):
        if columns[q] == 0:
            away[count] = first[q] - 1 - values[q]
            count += 1
        elif columns[q] == BINS + 1:
            away[count] = values[q] - first[q] - (BINS << bits[q])
            count += 1
    return count
