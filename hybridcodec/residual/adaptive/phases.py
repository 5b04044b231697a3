"""Experts of four phases: a place is foretold by what places of its own phase, row and column even or odd, have taught.

Where colours were stored at half of the rows and columns, as JPEG and film scanners do, or a camera filled in what a
pixel did not see, samples of even and odd places follow different rules, and one least squares for all knows neither.
An expert here is four of `experts`, one for each phase, which take turns: even and odd rows of a step are of two
different phases. Only the blend listens to what comes of it; the network does not see it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.adaptive.experts import Expert
from hybridcodec.residual.adaptive.model import MAX_EXPERTS
from hybridcodec.residual.adaptive.wavefront import LEAD, PAD

PHASES: Final = 4
"""Row even or odd, column even or odd: phase 2 (y mod 2) + x mod 2."""

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@kernel(nogil=True)
def serving(t: int, odd: int) -> int:
    """Return the phase of the even rows, or of the odd ones, of step t, which counts the lead."""
    even = (t - LEAD) & 1
    return PHASES - 1 - even if odd else even


@kernel(nogil=True)
def turn(k: int, count: int, t: int) -> tuple[int, int, int, int]:
    """Return who is the k-th to foretell at step t: first the `count` experts, then twice each one of phases.

    Returns: where it stands among all of a channel, which of its phases it is, the row of its predictions, and whether
    these are of odd rows.
    """
    if k < count:
        return k, 0, k, 0
    e, odd = (k - count) // 2, (k - count) & 1
    return MAX_EXPERTS + e, serving(t, odd), count + e, odd


@kernel(nogil=True)
def part(expert: Expert, phase: int) -> Expert:
    """Return what an expert has for one phase: arrays without their first axis."""
    return Expert(
        expert.context,
        expert.forget,
        expert.ridge,
        expert.floor,
        expert.own,
        expert.sums[phase],
        expert.history[phase],
        expert.weights[phase],
    )


@kernel(nogil=True)
def pick(odd: I32, begin: int, end: int, out: I32) -> None:
    """Take the odd rows' predictions (lanes,) from `odd` into `out`, which has those of the even rows."""
    for q in range(begin, end):
        if (q - PAD) & 1:
            out[q] = odd[q]


@kernel(nogil=True)
def leave(factor: F32, begin: int, end: int, odd: int) -> None:
    """Make factors (lanes,) zero but for those of odd rows, or of even ones: the others are of another phase."""
    for q in range(begin, end):
        factor[q] = factor[q] if (q - PAD) & 1 == odd else np.float32(0)
