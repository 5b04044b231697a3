"""Where columns of frequency rows end, of all lanes of a step at once: no row is made, and no lane waits for another.

`reading` takes from here the bounds that most lanes meet on their way to their column, and `writing` those of columns
that are known. A bound that a lane needs beyond these is computed for it alone (`reading.upper_bound`), by the same
integers.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import PRECISION
from hybridcodec.entropy.twin import BOUND_BITS
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanewise import lanewise, narrow, where, wide, within
from hybridcodec.residual.adaptive.mixture import (
    BINS,
    BOUNDS,
    COLUMNS,
    COMPONENTS,
    FULL,
    INVERSE_BITS,
    LOGS,
    MEAN_UNIT,
    MIX_BITS,
    TABLE_REACH,
    TABLE_UNIT,
    TOTAL_BITS,
)
from hybridcodec.residual.adaptive.wavefront import Span, whole

_REACH: Final = TABLE_REACH * TABLE_UNIT
_FREE: Final = (1 << BOUND_BITS) - COLUMNS

I32 = NDArray[np.int32]


@kernel(nogil=True)
def find_bounds(mixed: I32, window: I32, cumulative: I32, span: Span, top: int, column: int, number: int) -> None:
    """Write where one column ends, of all but the first and the last, in 2 ** -BOUND_BITS, to mixed[BOUNDS + number].

    Args:
        mixed: from `mixture.mix`, to which bounds are added.
        window: from there.
        cumulative: (COMPONENTS, TABLE_SIZE).
        span: the lanes.
        top: largest sample value.
        column: of all lanes, 1 to BINS.
        number: of the row of bounds, 0 to 2.
    """
    begin, end = whole(span)
    where_from = window[1], window[2], column
    one, two, three = mixed[LOGS + 1], mixed[LOGS + 2], mixed[LOGS + 3]
    _find_entries(begin, end, (*where_from, *_shapes(mixed)), (one, two, three))
    _look_up(mixed, cumulative, span)
    shares = mixed[0], mixed[1], mixed[2]
    _end(begin, end, (*where_from, top, *shares, one, two, three), (mixed[BOUNDS + number],))


@kernel(nogil=True)
def find_own_bounds(mixed: I32, window: I32, cumulative: I32, span: Span, top: int, samples: I32) -> None:
    """Write the columns of samples (lanes,) to mixed[BOUNDS], and where they begin and end to the rows after it.

    What column 0 begins with and the last one ends with is not meant. For the rest, see `find_bounds`.
    """
    begin, end = whole(span)
    columns, before = mixed[BOUNDS], mixed[BOUNDS + 1]
    _find_columns(begin, end, (samples, window[1], window[2]), (columns, before))
    one, two, three = mixed[LOGS + 1], mixed[LOGS + 2], mixed[LOGS + 3]
    shares = mixed[0], mixed[1], mixed[2]
    for own, out in ((columns, mixed[BOUNDS + 2]), (before, before)):
        where_from = window[1], window[2], own
        _find_entries(begin, end, (*where_from, *_shapes(mixed)), (one, two, three))
        _look_up(mixed, cumulative, span)
        _end(begin, end, (*where_from, top, *shares, one, two, three), (out,))


@kernel(nogil=True)
def _shapes(mixed: I32) -> tuple[I32, I32, I32, I32, I32, I32]:
    """Return means and inverse widths."""
    return mixed[3], mixed[4], mixed[5], mixed[6], mixed[7], mixed[8]


@kernel(nogil=True)
def _look_up(mixed: I32, cumulative: I32, span: Span) -> None:
    """Put what tables hold in the place of where they hold it."""
    for k in range(COMPONENTS):
        table, entries = cumulative[k], mixed[LOGS + 1 + k]
        for q in range(span.low, span.high):
            entries[q] = table[np.uint64(entries[q])]


@lanewise
def _find_columns(sample: Any, first: Any, bits: Any) -> Any:
    """Columns of samples, and the ones before: see `writing.column_of`."""
    away = sample - first
    column = where(away < (BINS << bits), (away >> bits) + 1, BINS + 1)
    column = where(away < 0, 0, column)
    return column, column - 1


@lanewise
def _find_entries(first: Any, bits: Any, column: Any, *shapes: Any) -> Any:
    """Where the tables of components have the upper edge of a column."""
    edge = first * MEAN_UNIT - MEAN_UNIT // 2 + (column * MEAN_UNIT << bits)
    pairs = zip(shapes[:COMPONENTS], shapes[COMPONENTS:], strict=True)
    entries = (wide(edge - mean) * wide(inverse) >> INVERSE_BITS for mean, inverse in pairs)
    return tuple(narrow(within(entry, -_REACH, _REACH)) + _REACH for entry in entries)


@lanewise
def _end(first: Any, bits: Any, column: Any, top: Any, *mixture: Any) -> Any:
    """The upper bound of a column, of shares of components and of what these have below its edge."""
    masses = [share * mass for share, mass in zip(mixture[:COMPONENTS], mixture[COMPONENTS:], strict=True)]
    upper = narrow(wide(masses[0] + masses[1] + masses[2]) * FULL >> (MIX_BITS + TOTAL_BITS))  # a mass is at most 2^28
    upper = where(column > 0, upper, where(first > 0, upper, 0))
    upper = where(column >= (top - first >> bits) + 1, FULL, upper)  # what begins above the top
    return (narrow(wide(upper + column + 1) * _FREE >> PRECISION) + column + 1,)
