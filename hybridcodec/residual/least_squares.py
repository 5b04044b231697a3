"""Local weighted least squares: each sub-pixel is predicted from its causal neighbours by weights fitted on the spot.

The weights minimise the squared error over everything coded so far in the tile, where a position counts `forget` per
step of (city block) distance. Where `features` describes a place to the network, this gives it the predictions.

Samples live in *skewed* planes S[plane, t, lane]: lane y is a row of the tile and t = x + LAG * y the wavefront step,
so that all lanes of a step are coded together and every neighbour (dy, dx) is the contiguous vector
S[plane, t + dx + LAG * dy, lane + dy]. Sums over the past are kept up, not recomputed. With z(y, x) the products of a
position (regressors x regressors and regressors x target, m of them) and f = `forget`:

    U(y, x) = z(y, x) + f * U(y-1, x)                          column x, rows up to y
    Q(y, x) = U(y, x) + f * Q(y, x-1)                          columns up to x
    P(y, x) = f * (f * U(y-1, x+1) + f^2 * (U + P)(y-1, x+2))  columns right of x that the wavefront has passed
    sums at (y, x) = f * Q(y, x-1) + f * U(y-1, x) + P(y, x)

The sums are needed only where weights are solved for, every SOLVE_EVERY steps, and are far larger than a cache: they
are brought up to date there, all steps since then at once, from the regressors that each step left in a history.

Everything is float64 with + - x / only, element by element over lanes, in the order written here, and the prediction
is rounded at once to 1/16: all machines agree. `fastmath` and BLAS must never touch this module.

Source: B. Meyer and P. Tischer, GLICBAWLS: grey level image compression by adaptive weighted least squares (2001).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.kernels import kernel

LAG: Final = 3
"""Columns that a row runs behind the row above it: neighbours reach two columns to the right."""
PAD: Final = 2
"""Lanes above the tile, columns left and right of it, and lanes below it, that neighbours may reach."""
SOLVE_EVERY: Final = 4
"""Steps that a solution serves: one in four costs 0.2 % more bits than one a step, and saves a third of the time."""
SPANS: Final = 2 * SOLVE_EVERY
"""Steps whose lanes are remembered."""
RING: Final = 4
"""Steps of history that the sums keep; the kernels below count on RING == SOLVE_EVERY == LAG + 1."""
LEFT: Final = RING + 2
SLOTS: Final = RING + 3
"""Slots of each sum: RING steps of U, two of P, one of Q."""
BLOCK: Final = 48
"""Lanes that are solved together: few enough for the cache, enough to hide the loops around them."""
VECTOR: Final = 8
RIDGE: Final = 10.0
PIVOT: Final = 1e-6
FRACTION: Final = 16
"""Predictions are integers in units of 1 / FRACTION of a sample step."""

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


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
def solve(
    sums: F64,
    t: int,
    low: int,
    high: int,
    origin: int,
    spans: I32,
    forget: float,
    history: F64,
    weights: F64,
    room: F64,
) -> None:
    """Solve for the weights of lanes [low, high) at step t, a multiple of SOLVE_EVERY.

    Args:
        sums: (m, SLOTS, lanes): column sums U of the last RING steps, sums to the right P of two, to the left Q.
        t: the wavefront step.
        low: first lane.
        high: lane after the last.
        origin: lane at which the tile begins, with its pads.
        spans: (SPANS, 2) first lane, and lane after the last, of the steps before, from the origin, at the step modulo
            SPANS.
        forget: weight per step of distance.
        history: (SOLVE_EVERY, n + 1, lanes) regressors and targets of the steps before, at the step modulo SOLVE_EVERY;
            zero where a lane had not begun.
        weights: (n, lanes) kept from solution to solution, zero at first.
        room: (m or more, lanes of a tile) working memory.
    """
    n = weights.shape[0]
    k = 0
    for i in range(n + 1):
        for j in range(min(i + 1, n)):
            _accumulate(sums[k], t, low, high, origin, spans, forget, history, i, j, room[k])
            k += 1
    inverse = np.empty((n, BLOCK))
    tri = n * (n + 1) // 2
    for lane in range(low, high, BLOCK):
        size = min(BLOCK, (high - lane + VECTOR - 1) // VECTOR * VECTOR)  # whole vectors; lanes past `high` are unused
        b = lane - origin
        _factorise(room, b, inverse, n, size)
        for i in range(n - 1, -1, -1):
            right, inv, weight = room[tri + i, b : b + size], inverse[i, :size], weights[i, lane : lane + size]
            for q in range(size):
                weight[q] = right[q] * inv[q]
            for k in range(i + 1, n):
                x, y = room[k * (k + 1) // 2 + i, b : b + size], weights[k, lane : lane + size]
                for q in range(size):
                    weight[q] -= x[q] * y[q]
        for i in range(n):
            weights[i, high : lane + size] = 0.0  # lanes that have not begun start from nothing


@kernel(nogil=True, error_model="numpy", inline="always")
def _accumulate(
    entry: F64,
    t: int,
    low: int,
    high: int,
    origin: int,
    spans: I32,
    forget: float,
    history: F64,
    i: int,
    j: int,
    out: F64,
) -> None:
    """Bring one entry of the sums (SLOTS, lanes) up to step t; its sums over the past go to out (lanes of a tile,)."""
    f2, f3 = forget * forget, forget * forget * forget
    for s in range(t - SOLVE_EVERY, t):
        first, last = origin + spans[s % SPANS, 0], origin + spans[s % SPANS, 1]
        above, column = entry[(s + 1) % RING, first - 1 : last - 1], entry[s % RING, first:last]
        x, y = history[s % SOLVE_EVERY, i, first:last], history[s % SOLVE_EVERY, j, first:last]
        for q in range(last - first):
            column[q] = x[q] * y[q] + forget * above[q]
        if first > origin + PAD:  # the lane before lies past its last column: nothing is right of it
            entry[s % RING, first - 1] = 0.0
            entry[RING + s % 2, first - 1] = 0.0
        if s + 1 < t:
            first, last = origin + spans[(s + 1) % SPANS, 0], origin + spans[(s + 1) % SPANS, 1]
        else:
            first, last = low, high
        u1, u2 = entry[s % RING, first - 1 : last - 1], entry[(s + 3) % RING, first - 1 : last - 1]
        further, right = entry[RING + s % 2, first - 1 : last - 1], entry[RING + (s + 1) % 2, first:last]
        for q in range(last - first):
            right[q] = f2 * u2[q] + f3 * (u1[q] + further[q])
    u4, u3, u2, u1 = entry[0, low:high], entry[1, low:high], entry[2, low:high], entry[3, low:high]  # t % RING == 0
    above, right, left = entry[1, low - 1 : high - 1], entry[RING + t % 2, low:high], entry[LEFT, low:high]
    total = out[low - origin : high - origin]
    for q in range(high - low):
        before = u1[q] + forget * (u2[q] + forget * (u3[q] + forget * (u4[q] + forget * left[q])))
        left[q] = before
        total[q] = forget * before + forget * above[q] + right[q]


@kernel(nogil=True, error_model="numpy")
def _factorise(a: F64, b: int, inverse: F64, n: int, size: int) -> None:  # noqa: C901 - one loop nest
    """LDL^T of lanes [b, b + size) of the sums in place, row by row; the last n rows, the right side, follow."""
    tri = n * (n + 1) // 2
    for i in range(n):
        oi = i * (i + 1) // 2
        for j in range(i):
            oj = j * (j + 1) // 2
            entry = a[oi + j, b : b + size]
            k = 0
            while k + 3 < j:  # four products at a time, subtracted one after the other
                x0, x1 = a[oi + k, b : b + size], a[oi + k + 1, b : b + size]
                x2, x3 = a[oi + k + 2, b : b + size], a[oi + k + 3, b : b + size]
                y0, y1 = a[oj + k, b : b + size], a[oj + k + 1, b : b + size]
                y2, y3 = a[oj + k + 2, b : b + size], a[oj + k + 3, b : b + size]
                for q in range(size):
                    entry[q] = (((entry[q] - x0[q] * y0[q]) - x1[q] * y1[q]) - x2[q] * y2[q]) - x3[q] * y3[q]
                k += 4
            while k < j:
                x0, y0 = a[oi + k, b : b + size], a[oj + k, b : b + size]
                for q in range(size):
                    entry[q] -= x0[q] * y0[q]
                k += 1
        pivot, right, inv = a[oi + i, b : b + size], a[tri + i, b : b + size], inverse[i, :size]
        for q in range(size):
            pivot[q] += RIDGE
        for j in range(i):
            entry, inv_j, right_j = a[oi + j, b : b + size], inverse[j, :size], a[tri + j, b : b + size]
            for q in range(size):
                z = entry[q]
                w = z * inv_j[q]
                pivot[q] -= z * w
                right[q] -= w * right_j[q]
                entry[q] = w
        for q in range(size):
            inv[q] = 1.0 / max(pivot[q], PIVOT)
