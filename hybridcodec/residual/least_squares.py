"""Local weighted least squares: each sub-pixel is predicted from its causal neighbours by weights fitted on the spot.

The weights minimise the squared error over everything coded so far in the tile, where a position counts `forget` per
step of (city block) distance. Where `features` describes a place to the network, this gives it the predictions.

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

Everything is float64 with + - x / only, element by element over lanes, in the order written here, and the prediction
is rounded at once to 1/16: all machines agree. `fastmath` and BLAS must never touch this module.

Source: B. Meyer and P. Tischer, GLICBAWLS: grey level image compression by adaptive weighted least squares (2001).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine import elimination
from hybridcodec.machine.elimination import VECTOR
from hybridcodec.machine.kernels import kernel

LAG: Final = 3
"""Columns that a row runs behind the row above it: neighbours reach two columns to the right."""
PAD: Final = 2
"""Lanes above the tile, columns left and right of it, and lanes below it, that neighbours may reach."""
SOLVE_EVERY: Final = LAG
"""Steps that a solution serves, and columns of a chunk."""
REACH: Final = 3
"""Chunks to the right, each in a row of its own, that a row's sums hear of."""
SLOTS: Final = 2
"""What is kept of each sum: R of the chunk before, and the sum itself."""
FRACTION: Final = 16
"""Predictions are integers in units of 1 / FRACTION of a sample step."""

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


class Expert(NamedTuple):
    """A least-squares predictor of one channel; n regressors, m sums.

    Attributes:
        context: (n, 3): plane, dy, dx of each regressor.
        forget: weight per step of distance.
        sums: (m, SLOTS, lanes), zero at first: products of regressors with each other and with the target.
        history: (SOLVE_EVERY, n + 1, lanes) regressors and targets of the chunk that was coded, zero where there were
            none.
        weights: (n + 1, lanes): weights of the regressors, and the prediction that they refine.
    """

    context: I32
    forget: float
    sums: F64
    history: F64
    weights: F64


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
def predict(low: int, high: int, v: F64, start: F64, weights: F64, top: int, out: I32) -> None:
    """Write the predictions of lanes [low, high), in 1/16, to out (lanes,).

    Args:
        low: first lane.
        high: lane after the last.
        v: (n, lanes) from `gather_regressors`.
        start: (lanes,) from `gather_regressors`.
        weights: (n, lanes) from `solve`.
        top: largest sample value.
        out: receives round(16 * prediction), within [0, 16 * top].
    """
    value = np.empty(high - low)
    for q in range(high - low):
        value[q] = start[low + q]
    for i in range(v.shape[0]):
        weight, x = weights[i, low:high], v[i, low:high]
        for q in range(high - low):
            value[q] += weight[q] * x[q]
    for q in range(high - low):
        rounded = np.floor(value[q] * FRACTION + 0.5)
        out[low + q] = np.int32(min(max(rounded, 0.0), float(top * FRACTION)))


@kernel(nogil=True, error_model="numpy")
def solve(expert: Expert, first: int, low: int, high: int, room: F64) -> None:
    """Take a chunk that was coded into the sums, and solve for the weights of the one that lanes [low, high) begin.

    Args:
        expert: its sums and weights are brought up to date, its history is zero afterwards.
        first: the first lane of the chunk that was coded.
        low: the first lane of the chunk that begins.
        high: the lane after its last.
        room: (m or more, lanes) working memory.
    """
    n, history, sums = expert.context.shape[0], expert.history, expert.sums
    weights = expert.weights[:n]
    seen = np.zeros(high - first + REACH)
    k = 0
    for i in range(n + 1):
        for j in range(min(i + 1, n)):
            x, y = history[:, i, first - 1 : high], history[:, j, first - 1 : high]
            _accumulate(sums[k], first, high, expert.forget, x, y, seen, room[k, first:])
            k += 1
    history[:, :, first:high] = 0.0
    for lane in range(low, high, VECTOR):
        elimination.solve(room, lane, n, weights, lane)


@kernel(nogil=True, error_model="numpy", inline="always")
def _accumulate(entry: F64, first: int, high: int, forget: float, x: F64, y: F64, seen: F64, out: F64) -> None:
    """Bring one entry of the sums (SLOTS, lanes) of lanes [first, high) to the chunk that begins; also to out[0:].

    `x` and `y` are the two sides of the products, (SOLVE_EVERY, lanes from first - 1 to high).
    """
    f, f3 = forget, forget * forget * forget
    f5 = f3 * forget * forget
    f9 = f5 * f3 * forget
    x0, x1, x2, y0, y1, y2 = x[0], x[1], x[2], y[0], y[1], y[2]
    row, before, now = entry[0, first - 1 : high], entry[1, first - 1 : high], seen[REACH - 1 :]
    for q in range(high - first + 1):  # from the lane above
        z0, z1, z2 = x0[q] * y0[q], x1[q] * y1[q], x2[q] * y2[q]
        now[q] = z0 + f * (z1 + f * z2)
        row[q] = z2 + f * (z1 + f * z0) + f3 * row[q]
    for q in range(high - first):
        out[q] = f * (row[q + 1] + before[q] + seen[q + 2]) + f5 * seen[q + 1] + f9 * seen[q]
    for q in range(high - first):
        before[q + 1] = out[q]
