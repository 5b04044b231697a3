"""Skewed planes of a tile, as `least_squares` wants them: row y is lane y + PAD, its column x stands at step x + LAG y.

Neighbours reach further than those of the photographs' coder: PAD rows up, and LAG - 1 columns to the right per row.
Outside the tile stands what a decoder knows by then: above it the start value, left of a row the first sample of the
row above, right of it its own last sample. Planes that are known whole are continued by their nearest sample.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.least_squares import LAG

PAD: Final = 4
"""Lanes above and below the tile, columns left and right of it, that neighbours may reach."""
LEAD: Final = PAD + LAG * PAD
"""Steps before step 0 that neighbours of step 0 reach."""
RING: Final = 16
"""Steps of errors that are kept: neighbours' errors are at most eight old."""

I32 = NDArray[np.int32]


def steps(height: int, width: int) -> int:
    """Wavefront steps of a tile of `height` x `width` samples."""
    return width + LAG * (height - 1)


def skewed(planes: I32, lanes: int) -> I32:
    """(P, H, W) planes as skewed ones (P, steps with lead, lanes), edges replicated into the pads on all sides."""
    count, height, width = planes.shape
    out = np.zeros((count, steps(height, width) + 2 * LEAD, lanes), np.int32)
    padded = np.pad(planes, ((0, 0), (PAD, PAD), (PAD, PAD)), "edge")
    for row in range(height + 2 * PAD):
        first = LAG * row
        out[:, first : first + width + 2 * PAD, row] = padded[:, row]
    return out


def unskewed(plane: I32, height: int, width: int) -> I32:
    """Read a plane (H, W) back from a skewed one (steps, lanes)."""
    return np.stack([plane[LEAD + LAG * y : LEAD + LAG * y + width, y + PAD] for y in range(height)])


@kernel(nogil=True)
def active(t: int, height: int, width: int) -> tuple[int, int]:
    """Lanes [first, last) that have a column at step t, which counts the lead."""
    step = t - LEAD
    return max(0, -((width - 1 - step) // LAG)) + PAD, min(height, step // LAG + 1) + PAD


@kernel(nogil=True)
def spread_edges(plane: I32, t: int, height: int, width: int, low: int, high: int) -> None:
    """After step t of lanes [low, high): copy first and last columns into the pads beside them.

    Lanes are in order of their columns, the last at the left: only the outermost two can be at an edge. `plane` is
    (steps, lanes), or a ring of the latest steps.
    """
    last, ring = high - 1 - PAD, plane.shape[0]
    if t - LEAD - LAG * last == 0 and last + 1 < height:
        for k in range(1, PAD + 1):
            plane[(t + LAG - k) % ring, high] = plane[t % ring, high - 1]
    if t - LEAD - LAG * (low - PAD) == width - 1:
        for k in range(1, PAD + 1):
            plane[(t + k) % ring, low] = plane[t % ring, low]
