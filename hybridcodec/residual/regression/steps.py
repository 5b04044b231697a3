"""Steps of the wavefront, compiled: forecast rows of frequencies, and settle the samples that were coded.

Where `state` says what a tile's coding works on, and `tile` walks the wavefront with a coder, this is the work between.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine import turns
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.pairs import VECTOR
from hybridcodec.machine.turns import Turn
from hybridcodec.residual.regression import features, least_squares, mixture, wavefront
from hybridcodec.residual.regression.least_squares import FRACTION, SOLVE_EVERY
from hybridcodec.residual.regression.network import evaluate
from hybridcodec.residual.regression.state import ChannelState, Shared, Working
from hybridcodec.residual.regression.wavefront import LEAD, PAD

NOTHING: Final = -1
"""Step number where no step was taken yet."""

I32 = NDArray[np.int32]


@kernel(nogil=True)
def describe(shared: Shared, state: ChannelState, t: int, low: int, high: int, origin: int) -> None:
    """Predict and describe lanes [low, high) of a channel at step t: what a decoder knows before it reads them."""
    experts, lanes, channel, phase = state.experts, state.lanes, state.number, (t - LEAD) % SOLVE_EVERY
    before = wavefront.active(t - LEAD - SOLVE_EVERY, shared.height, shared.width)[0] + PAD + origin
    for e in range(len(experts)):
        context, history = experts[e].context, experts[e].history
        n = context.shape[0]
        v, weights, start = history[phase, :n], experts[e].weights[:n], experts[e].weights[n]
        if phase == 0:
            least_squares.solve(
                experts[e].sums, before, low, high, origin, experts[e].forget, history, weights, shared.room
            )
        least_squares.gather_regressors(shared.samples, t, low, high, context, channel, v, start)
        least_squares.predict(low, high, v, start, weights, shared.top, lanes.experts[e])
    features.centre_and_scale(
        shared.errors, lanes.experts, channel, t, low, high, lanes.place[0], shared.scales[channel]
    )
    features.describe(
        shared.samples,
        shared.errors,
        lanes.experts,
        channel,
        t,
        low,
        high,
        shared.top,
        lanes.place[0],
        shared.scales,
        shared.by_scale[0],
        shared.by_scale[1],
        lanes.features,
    )


@kernel(nogil=True)
def _forecast(shared: Shared, state: ChannelState, t: int, low: int, high: int, origin: int, rows: I32) -> None:
    describe(shared, state, t, low, high, origin)
    lanes = state.lanes
    end = low + (high - low + VECTOR - 1) // VECTOR * VECTOR  # whole vectors; what lanes past `high` hold is unused
    evaluate(lanes.features, low, end, state.network, lanes.outputs)
    mixture.tabulate(
        lanes.outputs,
        lanes.place[0],
        shared.scales[state.number],
        low,
        high,
        shared.top,
        shared.exponentials,
        shared.by_scale[1],
        shared.widths[0],
        shared.widths[1],
        state.cumulative,
        rows,
        lanes.place[1],
        lanes.place[2],
    )


@kernel(nogil=True)
def settle(shared: Shared, state: ChannelState, t: int, low: int, high: int, origin: int) -> None:
    """Let the samples of lanes [low, high), known by now, into all that later steps are predicted from."""
    experts, lanes, channel, height, width = state.experts, state.lanes, state.number, shared.height, shared.width
    samples = shared.samples[channel, t]
    last, first_lane, last_lane = origin + height + 2 * PAD, low - origin, high - origin
    wavefront.spread_edges(shared.samples[channel, :, origin:last], t, height, width, first_lane, last_lane)
    count = len(experts)
    for e in range(count + 1):
        expected = lanes.place[0] if e == count else lanes.experts[e]
        error = shared.errors[e, channel, t]
        for q in range(low, high):
            error[q] = samples[q] * FRACTION - expected[q]
        wavefront.spread_edges(shared.errors[e, channel, :, origin:last], t, height, width, first_lane, last_lane)
    for e in range(count):
        history, start = experts[e].history, experts[e].weights[experts[e].context.shape[0]]
        target = history[(t - LEAD) % SOLVE_EVERY, history.shape[1] - 1]
        for q in range(low, high):
            target[q] = samples[q] - start[q]


@kernel(nogil=True)
def advance(
    working: Working,
    turn: Turn,
    last: int,
    last_t: int,
    last_low: int,
    last_high: int,
    c: int,
    t: int,
    low: int,
    high: int,
    rows: I32,
) -> None:
    """Settle what was decoded last, then forecast the next channel: one call, since each hands over the GIL.

    Args:
        working: of a stack of tiles.
        turn: see `turns`.
        last: index of the channel that was decoded.
        last_t: its step; NOTHING where there was none.
        last_low: first lane of that, in the first tile.
        last_high: the lane after its last.
        c: index of the channel that comes.
        t: its step.
        low: its first lane, in the first tile.
        high: the lane after its last.
        rows: (tiles x (high - low), COLUMNS) receives the frequencies.
    """
    turns.leave(turn)
    shared, state = working.shared, working.states[c]
    pitch = state.lanes.features.shape[1] // shared.tiles
    for k in range(shared.tiles):
        origin, first = k * pitch, k * (high - low)
        if last_t != NOTHING:
            settle(shared, working.states[last], last_t, last_low + origin, last_high + origin, origin)
        _forecast(shared, state, t, low + origin, high + origin, origin, rows[first : first + high - low])
    turns.take(turn)


@kernel(nogil=True)
def advance_known(working: Working, known: I32, begin: int, end: int, rows: I32, symbols: I32, calls: I32) -> None:
    """Take steps [begin, end) of a tile whose samples (3, steps, lanes) are known; nothing hands over the GIL.

    Args:
        working: of the tile.
        known: its samples.
        begin: first step.
        end: step after the last.
        rows: (n, COLUMNS) receives the frequencies of all samples, step by step, channel by channel.
        symbols: (5, n) receives columns, first values of windows, widths of bins, samples, and what columns stand for.
        calls: (2, steps x channels) receives the row after the last, and what is left open, of each channel of a step.
    """
    n, call = 0, 0
    shared, states = working.shared, working.states
    for t in range(begin, end):
        low, high = wavefront.active(t - LEAD, shared.height, shared.width)
        low, high = low + PAD, high + PAD
        size = high - low
        for c in range(len(states)):
            state = states[c]
            lanes, number = state.lanes, state.number
            _forecast(shared, state, t, low, high, 0, rows[n : n + size])
            columns, first, bits = symbols[0, n : n + size], symbols[1, n : n + size], symbols[2, n : n + size]
            sample, least, out = symbols[3, n : n + size], symbols[4, n : n + size], shared.samples[number, t]
            for i in range(size):
                first[i], bits[i] = lanes.place[1, low + i], lanes.place[2, low + i]
                sample[i] = known[number, t, low + i]
                out[low + i] = sample[i]
            mixture.to_columns(sample, first, bits, columns)
            n += size
            calls[0, call], calls[1, call] = n, mixture.from_columns(columns, first, bits, least)
            call += 1
            settle(shared, state, t, low, high, 0)
