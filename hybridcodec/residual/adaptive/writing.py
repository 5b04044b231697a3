"""Samples into notes of what codes them, inside compiled code: what `reading` reads, in its order.

The bounds of each column, then the low bits and the escapes that the columns of a step leave open.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bounds import WHOLE, Notes, note, note_number
from hybridcodec.entropy.escape import note_naturals
from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.adaptive.columns import find_own_bounds
from hybridcodec.residual.adaptive.mixture import BINS, BOUNDS
from hybridcodec.residual.adaptive.wavefront import Span

MOST: Final = 11
"""Symbols of a sample at most: its column; as an escape up to a distance of 511, a length and eight bits."""

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


@kernel(allocates=True, nogil=True)
def write(notes: Notes, mixed: I32, window: I32, cumulative: I32, span: Span, top: int, samples: I32) -> None:
    """Note the samples of the lanes of `span`, of (lanes,) from 0 to `top`; see `reading.read`."""
    refined, escapes = False, 0
    find_own_bounds(mixed, window, cumulative, span, top, samples)
    columns, starts, ends = mixed[BOUNDS], mixed[BOUNDS + 1], mixed[BOUNDS + 2]
    for q in range(span.low, span.high):
        column = columns[q]
        note(notes, starts[q] if column > 0 else 0, ends[q] if column <= BINS else WHOLE)
        if column == 0 or column == BINS + 1:
            escapes += 1
        elif window[2, q] > 0:
            refined = True
    if refined:
        for q in range(span.low, span.high):
            away, bits = samples[q] - window[1, q], window[2, q]
            if 0 <= away < BINS << bits:
                note_number(notes, away & ((1 << bits) - 1), bits)
    if escapes > 0:
        _write_escapes(notes, window, escapes, span, samples)


@kernel(nogil=True)
def column_of(sample: int, first: int, bits: int) -> int:
    """Return the column of a sample: see `mixture`."""
    away = sample - first
    if away < 0:
        return 0
    return (away >> bits) + 1 if away < BINS << bits else BINS + 1


@kernel(allocates=True, nogil=True)
def _write_escapes(notes: Notes, window: I32, count: int, span: Span, samples: I32) -> None:
    """Note the distance of samples outside their windows."""
    away, n = np.empty(count, np.int64), 0
    for q in range(span.low, span.high):
        first, bits = window[1, q], window[2, q]
        column = column_of(samples[q], first, bits)
        if column == 0 or column == BINS + 1:
            away[n] = first - 1 - samples[q] if column == 0 else samples[q] - first - (BINS << bits)
            n += 1
    note_naturals(notes, away)
