"""Experts of four phases: a place is foretold by what places of its own phase, row and column even or odd, have taught.

Where colours were stored at half of the rows and columns, as JPEG and film scanners do, or a camera filled in what a
pixel did not see, samples of even and odd places follow different rules, and one least squares for all knows neither.
An expert here is four of `experts`, one for each phase, which take turns: the even and the odd rows of a step are of
two different phases. Only the blend listens to what comes of it; the network does not see it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.adaptive.wavefront import LEAD, PAD

PHASES: Final = 4
"""Row even or odd, column even or odd: phase 2 (y mod 2) + x mod 2."""

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


@kernel(nogil=True)
def serving(t: int) -> tuple[int, int]:
    """Return the phases of the even rows and of the odd rows of step t, which counts the lead."""
    even = (t - LEAD) & 1
    return even, PHASES - 1 - even


@kernel(nogil=True)
def pick(odd: I32, begin: int, end: int, out: I32) -> None:
    """Take the odd rows' predictions (lanes,) from `odd` into `out`, which has those of the even rows."""
    for q in range(begin, end):
        if (q - PAD) & 1:
            out[q] = odd[q]


@kernel(nogil=True)
def divide(factor: F32, begin: int, end: int, odd: F32) -> None:
    """Leave factors (lanes,) to even rows, and move those of odd rows to `odd`; each is 0 where the other counts."""
    for q in range(begin, end):
        own = (q - PAD) & 1
        odd[q] = factor[q] if own else np.float32(0)
        factor[q] = np.float32(0) if own else factor[q]


@kernel(nogil=True)
def repeat(rows: F32, begin: int, end: int, out: F32) -> None:
    """Copy the regressors in rows (n + 1, lanes) of a history to another's."""
    for i in range(rows.shape[0] - 1):
        source, target = rows[i, begin:end], out[i, begin:end]
        for q in range(end - begin):
            target[q] = source[q]
