"""Local weighted least squares: each sample is predicted from its causal neighbours by weights fitted on the spot.

The weights minimise the squared error over everything coded so far in the tile, where a position counts `forget` per
step of (city block) distance. The coder of wide samples predicts by it; that of photographs has its geometry.

Samples live in *skewed* planes S[plane, t, lane]: lane y is a row of the tile and t = x + LAG * y the wavefront step,
so that all lanes of a step are coded together and every neighbour (dy, dx) is the contiguous vector
S[plane, t + dx + LAG * dy, lane + dy]. The row above is LAG columns ahead, so columns are taken in chunks of LAG: when
a row begins chunk c, the row above has just finished its own chunk c, the next one above chunk c + 1, and so on.
Weights are solved for where a row begins a chunk, and serve it. Sums over the past are kept up, not recomputed. With
z(y, x) the products of a position (regressors x regressors and regressors x target, m of them), f = `forget`, and x0 to
x2 the columns of chunk c:

    Z(y, c) = z(y, x0) + f * (z(y, x1) + f * z(y, x2))                                seen from its left end
    R(y, c) = z(y, x2) + f * (z(y, x1) + f * z(y, x0)) + f^3 * R(y, c-1)              the row up to its right end
    sums(y, c) = f * (R(y, c-1) + sums(y-1, c) + Z(y-1, c)) + f^5 * Z(y-2, c+1) + f^9 * Z(y-3, c+2)

This is the sum over all positions with the weights said above, but for those above, and further than REACH chunks to
the right, of which one in four or fewer would count.

Everything is float64 with + - x / only, element by element over lanes, in the order written here, and predictions are
rounded at once: all machines agree. `fastmath` and BLAS must never touch this module.

Source: B. Meyer and P. Tischer, GLICBAWLS: grey level image compression by adaptive weighted least squares (2001).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine import elimination, recursion
from hybridcodec.machine.elimination import PIVOT, RIDGE, VECTOR
from hybridcodec.machine.kernels import kernel

LAG: Final = 3
"""Columns that a row runs behind the row above it: neighbours reach two columns to the right."""
PAD: Final = 3
"""Lanes above the tile, columns left and right of it, and lanes below it, that neighbours may reach."""
SOLVE_EVERY: Final = LAG
"""Steps that a solution serves, and columns of a chunk."""
REACH: Final = recursion.REACH
"""Chunks to the right, each in a row of its own, that a row's sums hear of."""
SLOTS: Final = 2
"""What is kept of each sum: R of the chunk before, and the sum itself."""

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


class Expert(NamedTuple):
    """A least-squares predictor of one channel; n regressors, m sums.

    There are VECTOR lanes more than are ever coded, since whole vectors are.

    Attributes:
        context: (n, 3): plane, dy, dx of each regressor.
        forget: weight per step of distance.
        sums: of `shape_of_sums`, zero at first: products of regressors with each other and with the target.
        history: (SOLVE_EVERY, n + 1, lanes) regressors and targets of the chunk that was coded, zero where there were
            none.
        weights: (n + 1, lanes): weights of the regressors, and the prediction that they refine.
    """

    context: I32
    forget: float
    sums: F64
    history: F64
    weights: F64


def count_sums(context: I32) -> int:
    """Sums that an expert keeps: products of its regressors with each other and with the target."""
    n = len(context)
    return n * (n + 1) // 2 + n


def shape_of_sums(context: I32, lanes: int) -> tuple[int, int, int, int]:
    """Vectors of lanes from lane PAD on, sums, SLOTS, VECTOR: what is worked on together lies together."""
    return lanes // VECTOR, count_sums(context), SLOTS, VECTOR


@kernel(nogil=True, error_model="numpy")
def gather_regressors(s: I32, t: int, low: int, high: int, context: I32, target: int, v: F64, start: F64) -> None:
    """Fill v (n, lanes) with the regressors and start (lanes,) with the plain prediction they refine.

    Each regressor is centred on the mean of west and north in its own plane; `context` is (n, 3): plane, dy, dx.
    """
    west, north, first = s[target, t - 1, low:high], s[target, t - LAG, low - 1 : high - 1], start[low:high]
    for q in range(high - low):
        first[q] = 0.5 * (west[q] + north[q])
    for i in range(context.shape[0]):
        plane, dy, dx = context[i, 0], context[i, 1], context[i, 2]
        here = s[plane, t + dx + LAG * dy, low + dy : high + dy]
        west, north, out = s[plane, t - 1, low:high], s[plane, t - LAG, low - 1 : high - 1], v[i, low:high]
        for q in range(high - low):
            out[q] = here[q] - 0.5 * (west[q] + north[q])


@kernel(nogil=True, error_model="numpy")
def solve(expert: Expert, first: int, low: int, high: int, room: recursion.Room) -> None:
    """Take a chunk that was coded into the sums, and solve for the weights of the one that lanes [low, high) begin.

    Whole vectors of lanes are taken, from lane PAD on. Lanes that have ended have no history any more, those that have
    not begun have none yet, and what such lanes hold beside it is written anew before it counts.

    Args:
        expert: its sums and weights are brought up to date, its history is zero afterwards.
        first: the first lane of the chunk that was coded.
        low: the first lane of the chunk that begins.
        high: the lane after its last.
        room: working memory.
    """
    n, history, sums, weights = expert.context.shape[0], expert.history, expert.sums, expert.weights
    begin = PAD + (first - PAD) // VECTOR * VECTOR
    end = begin + (high - begin + VECTOR - 1) // VECTOR * VECTOR
    room.seam[:] = 0.0
    for lane in range(begin, end, VECTOR):
        recursion.accumulate(history, sums[(lane - PAD) // VECTOR], room, n, lane, expert.forget)
        if lane + VECTOR > low:
            elimination.solve(room.sums, 0, n, weights, lane, (RIDGE, PIVOT, 0.0))
    history[:, :, begin:end] = 0.0
