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

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.adaptive.wavefront import Span

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
