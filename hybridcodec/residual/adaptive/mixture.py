"""From features to frequency tables: a small integer network and the mixture that its outputs describe.

The network gives weights, means and log scales of `COMPONENTS` components, relative to the centre and the local scale
of `features`; each component is a learned cumulative table, and their weighted sum, cut into columns, is the row that
the range coder needs. Where `features` describes a place, this says how likely each sample is there; `reading` and
`writing` find bounds in a row without making it.

All of it is integer arithmetic: sums of products stay below 2^31 (proven when a model loads), exponentials, reciprocals
and cumulative functions are tables of the model.

Columns of a row: 0 is "below the window", 1 to BINS are bins of 2^b values each, BINS + 1 is "above"; the b low bits
of a value inside a bin follow as equally likely bits, values outside as escapes.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanewise import double, lanewise, narrow, truth, where, whole, wide, within
from hybridcodec.residual.adaptive.wavefront import Span
from hybridcodec.residual.adaptive.wavefront import whole as whole_vectors

COMPONENTS: Final = 3
BINS: Final = 32
COLUMNS: Final = BINS + 2
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
LOGS: Final = MIXED
"""Row of mixtures that holds twice the logarithm of the local scale."""
BOUNDS: Final = LOGS + 1 + COMPONENTS
"""The first of three rows of `columns`; before it, there are some to work in."""
ROOM: Final = BOUNDS + 3
"""Rows of mixtures, with all of these."""
NEVER: Final = np.int32(1 << 30)
"""More than any width."""

I32 = NDArray[np.int32]


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

    What is computed is so of whole vectors of lanes; what is looked up in tables, of the lanes of `span` alone.

    Args:
        out: from `network.evaluate`.
        window: (3, lanes) centres in 1/16 of a sample step; receives first values of windows, log2 of bins' widths.
        scale: (lanes,) in 1/16 of a sample step.
        span: the lanes.
        top: largest sample value.
        tables: of the model and the channel.
        mixed: (ROOM, lanes) receives shares, means and inverse widths of the components, and `LOGS`.
    """
    begin, end = whole_vectors(span)
    twice, last = mixed[LOGS], tables.scales.shape[0] - 1
    _order(begin, end, (out[0], out[1], out[2], tables.exponentials.shape[0] - 1), (mixed[0], mixed[1], mixed[2]))
    for q in range(span.low, span.high):
        twice[q] = 2 * tables.logs[np.uint64(scale[q])]
        for k in range(COMPONENTS):
            mixed[k, q] = tables.exponentials[np.uint64(mixed[k, q])]
    shares = mixed[0], mixed[1], mixed[2]
    _share_out(begin, end, shares, shares)
    for k in range(COMPONENTS):
        mean, inverse, width = mixed[COMPONENTS + k], mixed[2 * COMPONENTS + k], mixed[LOGS + 1 + k]
        _place(begin, end, (window[0], out[COMPONENTS + k], scale), (mean,))
        _find_width(begin, end, (out[2 * COMPONENTS + k], twice, last), (width,))
        for q in range(span.low, span.high):
            found = np.uint64(width[q])
            inverse[q], width[q] = tables.inverses[found], tables.scales[found]
    means, widths = (mixed[3], mixed[4], mixed[5]), (mixed[LOGS + 1], mixed[LOGS + 2], mixed[LOGS + 3])
    limits = _longest(0, top), _longest(1, top), _longest(2, top)  # samples of 8 bits never need bins of 8 values
    _choose_window(begin, end, (*shares, *means, *widths, *limits, top), (window[1], window[2]))


@lanewise
def _order(first: Any, second: Any, third: Any, furthest: Any) -> Any:
    """How far each logit is from the largest, no further than a table reaches."""
    best = where(first > second, first, second)
    best = where(best > third, best, third)
    away = (best - value for value in (first, second, third))
    return tuple(where(value < furthest, value, furthest) for value in away)


@lanewise
def _share_out(first: Any, second: Any, third: Any) -> Any:
    """Divide 2^MIX_BITS among the components; the floor of a quotient of so small integers is exact."""
    total = double(first + second + third)
    two, three = (whole(double(value) * float(1 << MIX_BITS) / total) for value in (second, third))
    return (1 << MIX_BITS) - (two + three), two, three


@lanewise
def _place(centre: Any, away: Any, scale: Any) -> Any:
    """The mean of a component."""
    return (4 * centre + (away * scale >> 6),)


@lanewise
def _find_width(spread: Any, logs: Any, last: Any) -> Any:
    """Where tables of widths hold that of a component; `logs` are twice the logarithms of scales."""
    return (within((spread + logs >> 3) - LOG_SCALE_LOW, 0, last),)


@lanewise
def _choose_window(*given: Any) -> Any:
    """First values of windows and log2 of bins' widths, of three shares, means, widths and limits, and the top."""
    shares, limits, top = given[:COMPONENTS], given[9:12], given[12]
    middle, width = (_weighted(shares, given[k : k + COMPONENTS]) for k in (3, 6))
    one, two, four = (truth(width * WINDOW_QUARTERS > limit) for limit in limits)
    bits = one + two + four
    first = (middle + MEAN_UNIT // 2 >> 6) - (BINS // 2 << bits)
    highest = top - (BINS << bits) + 1
    first = where(first < highest, first, highest)
    return where(first > 0, first, 0), bits


def _weighted(shares: Any, values: Any) -> Any:
    """The mean of values by their shares."""
    products = [wide(share) * wide(value) for share, value in zip(shares, values, strict=True)]
    return narrow(products[0] + products[1] + products[2] >> MIX_BITS)


@kernel(nogil=True)
def _longest(bits: int, top: int) -> np.int32:
    """Return beyond which reach bins of 2^bits values are too narrow; NEVER where their window holds all values."""
    return np.int32((BINS // 2 * MEAN_UNIT * 4) << bits) if BINS << bits <= top else NEVER
