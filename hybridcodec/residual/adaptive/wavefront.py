"""Skewed planes: the geometry that lets all rows of a tile be coded side by side.

Row y of a tile is lane y + PAD, and step t holds column x = t - LAG * y of each lane; see `least_squares` for why.
Outside the tile stands what a decoder knows by then: above it the base picture, left of a row the first sample of the
row above, right of it its own last sample.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanes import LINE, zeros
from hybridcodec.machine.pairs import VECTOR
from hybridcodec.residual.least_squares import LAG
from hybridcodec.residual.least_squares import PAD as PAD  # the rest of the layer knows it from here

LEAD: Final = PAD + LAG * PAD
"""Steps before step 0 that neighbours of step 0 reach."""
RECENT: Final = 64
"""Steps after which planes of the latest steps alone move on."""
_KEPT: Final = LEAD + PAD
"""Of those what stays: what neighbours reach, and pads of steps to come."""

_LINE: Final = 2 * LINE

I32 = NDArray[np.int32]


class Span(NamedTuple):
    """Lanes [low, high) of a tile at one step; `t` counts the lead."""

    t: int
    low: int
    high: int


def steps(height: int, width: int) -> int:
    """Wavefront steps of a tile of `height` x `width` samples."""
    return width + LAG * (height - 1)


@kernel(nogil=True)
def active(t: int, height: int, width: int) -> tuple[int, int]:
    """Rows [first, last) that have a column at step t."""
    return max(0, -((width - 1 - t) // LAG)), min(height, t // LAG + 1)


def empty_planes(count: int, height: int, width: int, lanes: int = 0) -> I32:
    """Zeros of shape (count, steps with lead, lanes), of so many lanes or those of the tile with its pads."""
    lanes = lanes or -(-(height + 2 * PAD) // _LINE) * _LINE
    return zeros((count, steps(height, width) + LEAD + LAG * PAD + PAD, lanes), PAD, np.int32)


def recent_planes(groups: int, count: int, lanes: int) -> I32:
    """Zeros of shape (groups, count, rows, lanes), for the latest steps alone."""
    return zeros((groups, count, RECENT + _KEPT, lanes), PAD, np.int32)


@kernel(nogil=True)
def recent(t: int) -> int:
    """Return the row of step t (with LEAD) in planes of the latest steps; steps beside it have the rows beside."""
    return LEAD + t % RECENT


@kernel(nogil=True)
def move_on(planes: I32, t: int) -> None:
    """Before step t (with LEAD): where planes of the latest steps (groups, count, rows, lanes) are full, begin anew."""
    if t % RECENT != 0:
        return
    for group in range(planes.shape[0]):
        for c in range(planes.shape[1]):
            plane = planes[group, c]
            for row in range(plane.shape[0]):
                for q in range(plane.shape[1]):
                    plane[row, q] = plane[row + RECENT, q] if row < _KEPT else 0


@kernel(nogil=True)
def skew(planes: I32, out: I32) -> None:
    """Write (P, H, W) planes into skewed ones, edges replicated into the pads on all sides."""
    count, height, width = planes.shape
    for c in range(count):
        for t in range(out.shape[1]):  # step by step: what is written lies together, what is read stays in the cache
            first, last = -((width + PAD - 1 - (t - LEAD)) // LAG), (t - LEAD + PAD) // LAG
            for y in range(max(first, -PAD), min(last + 1, height + PAD)):
                yy, xx = min(max(y, 0), height - 1), min(max(t - LEAD - LAG * y, 0), width - 1)
                out[c, t, y + PAD] = planes[c, yy, xx]


@kernel(nogil=True)
def unskew(skewed: I32, out: I32) -> None:
    """Read (P, H, W) planes back from skewed ones."""
    count, height, width = out.shape
    for c in range(count):
        for y in range(height):
            for x in range(width):
                out[c, y, x] = skewed[c, x + LAG * y + LEAD, y + PAD]


@kernel(nogil=True)
def spread_edges(skewed: I32, row: int, t: int, height: int, width: int, low: int, high: int) -> None:
    """After step t (with LEAD) of lanes [low, high): copy first and last columns into the pads beside them.

    Lanes are in order of their columns, the last at the left: only the outermost two can be at an edge. `row` is where
    the step stands in the plane: t, or `recent`.
    """
    last = high - 1 - PAD
    if t - LEAD - LAG * last == 0 and last + 1 < height:
        for k in range(1, PAD + 1):
            skewed[row + LAG - k, high] = skewed[row, high - 1]
    if t - LEAD - LAG * (low - PAD) == width - 1:
        for k in range(1, PAD + 1):
            skewed[row + k, low] = skewed[row, low]


@kernel(nogil=True)
def whole(span: Span) -> tuple[int, int]:
    """Return the lanes of the whole vectors that hold those of `span`, counted from lane PAD on."""
    begin = PAD + (span.low - PAD) // VECTOR * VECTOR
    return begin, begin + (span.high - begin + VECTOR - 1) // VECTOR * VECTOR
