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
RING: Final = 4
"""Steps of history that the sums keep."""
SOLVE_EVERY: Final = 4
"""Steps that a solution serves: one in four costs 0.2 % more bits than one a step, and saves a third of the time."""
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
def predict(
    sums: F64, t: int, low: int, high: int, forget: float, v: F64, start: F64, weights: F64, top: int, out: I32
) -> None:
    """Write the predictions of lanes [low, high), in 1/16, to out (lanes,).

    The weights are solved for at every SOLVE_EVERY-th step and serve the steps between as well.

    Args:
        sums: (m, SLOTS, lanes): column sums U of the last RING steps, sums to the right P of two, to the left Q.
        t: the wavefront step.
        low: first lane.
        high: lane after the last.
        forget: weight per step of distance.
        v: (n, lanes) from `gather_regressors`.
        start: (lanes,) from `gather_regressors`.
        weights: (n, lanes) kept from step to step, zero at first.
        top: largest sample value.
        out: receives round(16 * prediction), within [0, 16 * top].
    """
    n = v.shape[0]
    if t % SOLVE_EVERY == 0:
        _solve(sums, t, low, high, forget, weights)
    else:
        _carry(sums, t, low, high, forget)
    value = np.empty(high - low)
    for q in range(high - low):
        value[q] = start[low + q]
    for i in range(n):
        weight, x = weights[i, low:high], v[i, low:high]
        for q in range(high - low):
            value[q] += weight[q] * x[q]
    for q in range(high - low):
        rounded = np.floor(value[q] * FRACTION + 0.5)
        out[low + q] = np.int32(min(max(rounded, 0.0), float(top * FRACTION)))


@kernel(nogil=True, error_model="numpy")
def _solve(sums: F64, t: int, low: int, high: int, forget: float, weights: F64) -> None:
    """Weights of lanes [low, high) from their sums over the past, block by block."""
    n = weights.shape[0]
    tri = n * (n + 1) // 2
    a = np.empty((sums.shape[0], BLOCK))
    inverse = np.empty((n, BLOCK))
    for b in range(low, high, BLOCK):
        size = min(BLOCK, (high - b + VECTOR - 1) // VECTOR * VECTOR)  # whole vectors; lanes past `high` are unused
        _collect(sums, t, b, size, forget, a)
        _factorise(a, inverse, n, size)
        for i in range(n - 1, -1, -1):
            right, inv, weight = a[tri + i, :size], inverse[i, :size], weights[i, b : b + size]
            for q in range(size):
                weight[q] = right[q] * inv[q]
            for k in range(i + 1, n):
                x, y = a[k * (k + 1) // 2 + i, :size], weights[k, b : b + size]
                for q in range(size):
                    weight[q] -= x[q] * y[q]
        for i in range(n):
            weights[i, high : b + size] = 0.0  # lanes that have not begun start from nothing


@kernel(nogil=True, error_model="numpy")
def _collect(sums: F64, t: int, low: int, size: int, forget: float, a: F64) -> None:
    """Sums over the past of lanes [low, low + size) into a (m, BLOCK), and what is right of them into their slot."""
    f2, f3 = forget * forget, forget * forget * forget
    now, before = RING + t % 2, RING + (t + 1) % 2
    above1, above2, above3 = (t + RING - 1) % RING, (t + RING - 2) % RING, (t + RING - 3) % RING
    high = low + size
    for k in range(sums.shape[0]):
        u1, u2 = sums[k, above1, low - 1 : high - 1], sums[k, above2, low - 1 : high - 1]
        u3, further = sums[k, above3, low - 1 : high - 1], sums[k, before, low - 1 : high - 1]
        right, left, out = sums[k, now, low:high], sums[k, LEFT, low:high], a[k]
        for q in range(size):
            beyond = f2 * u2[q] + f3 * (u1[q] + further[q])
            right[q] = beyond
            out[q] = forget * left[q] + forget * u3[q] + beyond


@kernel(nogil=True, error_model="numpy")
def _carry(sums: F64, t: int, low: int, high: int, forget: float) -> None:
    """The part of `_collect` that later steps need: what is right of lanes [low, high)."""
    f2, f3 = forget * forget, forget * forget * forget
    now, before = RING + t % 2, RING + (t + 1) % 2
    above1, above2 = (t + RING - 1) % RING, (t + RING - 2) % RING
    for k in range(sums.shape[0]):
        u1, u2 = sums[k, above1, low - 1 : high - 1], sums[k, above2, low - 1 : high - 1]
        further, right = sums[k, before, low - 1 : high - 1], sums[k, now, low:high]
        for q in range(high - low):
            right[q] = f2 * u2[q] + f3 * (u1[q] + further[q])


@kernel(nogil=True, error_model="numpy")
def _factorise(a: F64, inverse: F64, n: int, size: int) -> None:  # noqa: C901 - one loop nest
    """LDL^T of the sums in place, row by row; the last n rows of `a`, the right side, are reduced along."""
    tri = n * (n + 1) // 2
    for i in range(n):
        oi = i * (i + 1) // 2
        for j in range(i):
            oj = j * (j + 1) // 2
            entry = a[oi + j, :size]
            k = 0
            while k + 3 < j:  # four products at a time, subtracted one after the other
                x0, x1, x2, x3 = a[oi + k], a[oi + k + 1], a[oi + k + 2], a[oi + k + 3]
                y0, y1, y2, y3 = a[oj + k], a[oj + k + 1], a[oj + k + 2], a[oj + k + 3]
                for q in range(size):
                    entry[q] = (((entry[q] - x0[q] * y0[q]) - x1[q] * y1[q]) - x2[q] * y2[q]) - x3[q] * y3[q]
                k += 4
            while k < j:
                x0, y0 = a[oi + k], a[oj + k]
                for q in range(size):
                    entry[q] -= x0[q] * y0[q]
                k += 1
        pivot, right, inv = a[oi + i, :size], a[tri + i, :size], inverse[i, :size]
        for q in range(size):
            pivot[q] += RIDGE
        for j in range(i):
            entry, inv_j, right_j = a[oi + j, :size], inverse[j, :size], a[tri + j, :size]
            for q in range(size):
                z = entry[q]
                w = z * inv_j[q]
                pivot[q] -= z * w
                right[q] -= w * right_j[q]
                entry[q] = w
        for q in range(size):
            inv[q] = 1.0 / max(pivot[q], PIVOT)


@kernel(nogil=True, error_model="numpy")
def update(sums: F64, t: int, low: int, high: int, forget: float, v: F64, start: F64, samples: I32) -> None:
    """Add the position just coded, with its `samples` (lanes,), to the sums of lanes [low, high)."""
    n = v.shape[0]
    target = np.empty(high - low)
    for q in range(high - low):
        target[q] = samples[low + q] - start[low + q]
    k = 0
    for i in range(n):
        for j in range(i + 1):
            _add(sums[k], t, low, high, forget, v[i, low:high], v[j, low:high])
            k += 1
    for i in range(n):
        _add(sums[k], t, low, high, forget, v[i, low:high], target)
        k += 1


@kernel(nogil=True, error_model="numpy", inline="always")
def _add(entry: F64, t: int, low: int, high: int, forget: float, x: F64, y: F64) -> None:
    """One entry of the sums (SLOTS, lanes): the column's and the left's, with the new product of x and y."""
    above, column = entry[(t + RING - 3) % RING, low - 1 : high - 1], entry[t % RING, low:high]
    left = entry[LEFT, low:high]
    for q in range(high - low):
        total = x[q] * y[q] + forget * above[q]
        column[q] = total
        left[q] = total + forget * left[q]


@kernel(nogil=True)
def retire(sums: F64, t: int, lane: int) -> None:
    """Empty the sums of a lane that lies past its last column: nothing is right of it."""
    for k in range(sums.shape[0]):
        sums[k, t % RING, lane] = 0.0
        sums[k, RING + t % 2, lane] = 0.0
