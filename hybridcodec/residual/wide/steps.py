"""Steps of the wavefront: foretell all lanes of a step, code them one by one, let them into what later ones see."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bits import FAULT, Stream
from hybridcodec.machine.kernels import kernel
from hybridcodec.residual import least_squares
from hybridcodec.residual.least_squares import LAG, SOLVE_EVERY
from hybridcodec.residual.wide.decision import logarithm
from hybridcodec.residual.wide.model import (
    CALM,
    CALM_AT,
    CENTRE,
    FRACTION,
    INVERSE,
    SHARE,
    SPREADS,
    Channel,
    Desk,
)
from hybridcodec.residual.wide.planes import LEAD, PAD, RING, active, spread_edges
from hybridcodec.residual.wide.value import code_value

NEAR: Final = np.array(
    [
        (0, -1, 10),
        (-1, 0, 10),
        (-1, -1, 6),
        (-1, 1, 6),
        (0, -2, 4),
        (-2, 0, 4),
        (-1, 2, 3),
        (-1, -2, 3),
        (-2, 1, 3),
        (-2, -1, 3),
    ],
    np.int64,
)
"""dy, dx and weight of the neighbours whose errors tell the local scale."""

GAIN: Final = 8.0
"""Weight of a place in the least squares is GAIN over its scale and LEVEL."""
LEVEL: Final = 3.0
"""Keeps calm places from outweighing all others."""
TO_SCALE: Final = 1.0 / (52 * FRACTION * 1.386)
"""From a sum of errors to the scale of a logistic distribution, whose mean magnitude is 1.386 scales."""
FLOOR: Final = 0.1
"""Least scale."""

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]


@kernel(allocates=True, nogil=True, error_model="numpy")
def _predict(low: int, high: int, v: F64, start: F64, weights: F64, top: int, out: I32) -> None:
    """Predictions of lanes [low, high) in 1 / FRACTION, within the range of values."""
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
def _foretell(channel: Channel, t: int, low: int, high: int) -> None:
    """Let every expert predict."""
    experts, samples, lanes, phase = channel.experts, channel.samples, channel.lanes, (t - LEAD) % SOLVE_EVERY
    top = len(channel.desk.occurring) - 2
    before = active(t - SOLVE_EVERY, channel.height, channel.width)[0]
    for e in range(len(experts)):
        context, n = experts[e].context, experts[e].context.shape[0]
        v, weights, start = experts[e].history[phase, :n], experts[e].weights[:n], experts[e].weights[n]
        if phase == 0:
            least_squares.solve(experts[e], before, low, high, channel.sums)
        least_squares.gather_regressors(samples, t, low, high, context, 0, v, start)
        _predict(low, high, v, start, weights, top, lanes.predictions[e])
    west, north, corner = samples[0, t - 1], samples[0, t - LAG], samples[0, t - LAG - 1]
    out = lanes.predictions[len(experts)]
    for q in range(low, high):
        w, n, c = west[q], north[q - 1], corner[q - 1]
        least, most = min(w, n), max(w, n)
        out[q] = FRACTION * (least if c >= most else most if c <= least else w + n - c)


@kernel(nogil=True, error_model="numpy")
def _measure(errors: I32, t: int, low: int, high: int, near: NDArray[np.int64], out: I32) -> None:
    """Weighted sums (lanes,) of the magnitudes of neighbours' errors."""
    total = out[low:high]
    for q in range(high - low):
        total[q] = 0
    for k in range(near.shape[0]):
        dy, weight = near[k, 0], np.int32(near[k, 2])
        error = errors[(t + near[k, 1] + LAG * dy) % RING, low + dy : high + dy]
        for q in range(high - low):
            total[q] += weight * abs(error[q])


@kernel(nogil=True, error_model="numpy")
def _blend(channel: Channel, t: int, low: int, high: int, near: NDArray[np.int64]) -> None:
    """Scales and shares of the experts; centre and scale of their blend."""
    lanes, count = channel.lanes, channel.lanes.predictions.shape[0] - 1
    centres, inverses, shares, sums, scale = lanes.centres, lanes.inverses, lanes.shares, lanes.sums, lanes.scales
    for k in range(count + 1):
        _measure(channel.errors[k], t, low, high, near, sums)
        for q in range(low, high):
            scale[q] = float(sums[q]) * TO_SCALE + FLOOR
            inverses[k, q] = 1.0 / scale[q]
    for q in range(low, high):
        shares[count, q] = 0.0
        centres[count, q] = 0.0
    for k in range(count):
        prediction = lanes.predictions[k]
        for q in range(low, high):
            trust = inverses[k, q] * inverses[k, q] * inverses[k, q]
            centres[k, q] = float(prediction[q]) * (1.0 / FRACTION)
            shares[k, q] = trust
            shares[count, q] += trust
            centres[count, q] += trust * centres[k, q]
    for q in range(low, high):
        one = 1.0 / shares[count, q]
        centre = np.floor(centres[count, q] * one * FRACTION + 0.5)
        lanes.predictions[count, q] = np.int32(centre)
        centres[count, q] = centre * (1.0 / FRACTION)
        for k in range(count):
            shares[k, q] *= one


@kernel(nogil=True, error_model="numpy")
def _bounded(value: float, most: int) -> int:
    """An integer in [0, most]."""
    return int(min(max(value, 0.0), float(most)))


@kernel(nogil=True, error_model="numpy")
def _surroundings(s: I32, e: I32, desk: Desk, t: int, q: int, scale: float, slow: float) -> tuple[int, int]:
    """Choose the counters of a sample; return the classes of its scale and of how many neighbours are the same."""
    room, rows, tables, count = desk.room, desk.rows, desk.tables, desk.logistics - 1
    centre, inverse = room[CENTRE, count], room[INVERSE, count]
    w, n, nw = s[t - 1, q], s[t - LAG, q - 1], s[t - LAG - 1, q - 1]
    ne, ww, nn = s[t - LAG + 1, q - 1], s[t - 2, q], s[t - 2 * LAG, q - 2]
    flat = int(w == n) + int(w == nw) + int(w == ne) + int(w == ww) + int(w == nn)
    if flat == 5:
        flat += int(s[t - LAG + 2, q - 1] == w) + int(s[t - 2 * LAG + 1, q - 2] == w)
    shape = int(w > centre) + 2 * int(n > centre) + 4 * int(nw > centre) + 8 * int(ne > centre)
    shape += 16 * int(2 * n - nn > centre) + 32 * int(2 * w - ww > centre)
    unit = inverse * (1.0 / FRACTION)
    east, north = float(e[(t - 1) % RING, q]) * unit, float(e[(t - LAG) % RING, q - 1]) * unit
    right = float(e[(t - LAG + 1) % RING, q - 1]) * unit
    apart = 0.0
    for k in range(count):
        apart += abs(room[CENTRE, k] - centre)
    apart = apart * inverse / count
    spread = _bounded(logarithm(scale + 0.02, tables) * 2.885 + 14.0, SPREADS - 1)
    trend = _bounded(logarithm(slow * inverse + 0.001, tables) * 2.164 + 4.0, 8)
    fraction = _bounded((centre - np.floor(centre)) * 8.0, 7)
    rows[0] = spread
    rows[1] = 24 + shape * 4 + min(spread // 6, 3)
    rows[2] = 280 + (_bounded(east + 3.5, 6) * 7 + _bounded(north + 3.5, 6)) * 5 + _bounded(right * 0.7 + 2.5, 4)
    rows[3] = 525 + spread * 8 + _bounded(apart * 6.0, 7)
    rows[CALM_AT] = CALM + flat * 9 + trend
    rows[5] = 789 + spread * 8 + fraction
    return spread, flat


@kernel(nogil=True, error_model="numpy")
def _settle(channel: Channel, t: int, low: int, high: int) -> None:
    """Let the samples of a step, known by now, into all that later steps are foretold from."""
    samples, errors, experts, lanes = channel.samples[0], channel.errors, channel.experts, channel.lanes
    count = lanes.predictions.shape[0] - 1
    spread_edges(samples, t, channel.height, channel.width, low, high)
    for k in range(count + 1):
        error, prediction = errors[k, t % RING], lanes.predictions[k]
        for q in range(low, high):
            error[q] = samples[t, q] * FRACTION - prediction[q]
        spread_edges(errors[k], t, channel.height, channel.width, low, high)
    for q in range(low, high):
        x = t - LEAD - LAG * (q - PAD)
        channel.slow[x] = 0.9 * channel.slow[x] + (0.1 / FRACTION) * abs(float(errors[count, t % RING, q]))
    for e in range(len(experts)):
        n, phase, inverse = experts[e].context.shape[0], (t - LEAD) % SOLVE_EVERY, lanes.inverses[e]
        history, start = experts[e].history[phase], experts[e].weights[n]
        factor = lanes.factors
        for q in range(low, high):
            history[n, q] = samples[t, q] - start[q]
            factor[q] = GAIN * inverse[q] / (1.0 + LEVEL * inverse[q])
        for i in range(n + 1):
            row = history[i]
            for q in range(low, high):
                row[q] *= factor[q]


@kernel(nogil=True, error_model="numpy")
def take(stream: Stream, channel: Channel, known: I32, begin: int, end: int) -> None:
    """Take steps [begin, end) of a channel; `known` (steps, lanes) holds its samples where they are written."""
    lanes, samples, slow, desk, values = channel.lanes, channel.samples[0], channel.slow, channel.desk, channel.values
    centres, inverses, shares, scales = lanes.centres, lanes.inverses, lanes.shares, lanes.scales
    near, room = NEAR, desk.room
    blend = desk.logistics - 1
    errors = channel.errors[blend]
    for t in range(begin, end):
        low, high = active(t, channel.height, channel.width)
        _foretell(channel, t, low, high)
        _blend(channel, t, low, high, near)
        for q in range(low, high):
            for k in range(blend + 1):
                room[CENTRE, k], room[INVERSE, k] = centres[k, q], inverses[k, q]
                room[SHARE, k] = shares[k, q]
            scale, trend = scales[q], slow[t - LEAD - LAG * (q - PAD)]
            spread, flat = _surroundings(samples, errors, desk, t, q, scale, trend)
            samples[t, q] = values[desk.occurring[code_value(stream, desk, scale, spread, flat, known[t, q])]]
        _settle(channel, t, low, high)
        if stream.state[FAULT] != 0:
            return
