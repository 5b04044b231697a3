"""Steps of the wavefront, compiled: forecast rows of frequencies, and settle the samples that were coded.

Where `state` says what a tile's coding works on, and `tile` walks the wavefront with a coder, this is the work between.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine import turns
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.pairs import VECTOR
from hybridcodec.machine.turns import Turn
from hybridcodec.residual import least_squares
from hybridcodec.residual.least_squares import FRACTION, SOLVE_EVERY
from hybridcodec.residual.regression import features, mixture, wavefront
from hybridcodec.residual.regression.network import evaluate
from hybridcodec.residual.regression.state import ChannelState, Shared, Working
from hybridcodec.residual.regression.wavefront import LEAD, PAD, Span

NOTHING: Final = -1
"""Step number where no step was taken yet."""

I32 = NDArray[np.int32]


class Call(NamedTuple):
    """One channel at one step: index of the channel, and its lanes in the first tile."""

    c: int
    t: int
    low: int
    high: int


@kernel(nogil=True)
def describe(shared: Shared, state: ChannelState, span: Span) -> None:
    """Predict and describe the lanes of `span` of a channel: what a decoder knows before it reads them."""
    experts, lanes, channel, phase = state.experts, state.lanes, state.number, (span.t - LEAD) % SOLVE_EVERY
    low, high, origin = span.low, span.high, span.origin
    before = wavefront.active(span.t - LEAD - SOLVE_EVERY, shared.height, shared.width)[0] + PAD + origin
    for e in range(len(experts)):
        context, n = experts[e].context, experts[e].context.shape[0]
        v, weights, start = experts[e].history[phase, :n], experts[e].weights[:n], experts[e].weights[n]
        if phase == 0:
            least_squares.solve(experts[e], before, low, high, origin, shared.room)
        least_squares.gather_regressors(shared.samples, span.t, low, high, context, channel, v, start)
        least_squares.predict(low, high, v, start, weights, shared.top, lanes.experts[e])
    view = features.View(
        shared.samples,
        shared.errors,
        lanes.experts,
        lanes.window[0],
        shared.scales,
        shared.by_scale[0],
        shared.by_scale[1],
        shared.top,
    )
    features.centre_and_scale(view, channel, span)
    features.describe(view, channel, span, lanes.features)


@kernel(nogil=True)
def _forecast(shared: Shared, state: ChannelState, span: Span, rows: I32) -> None:
    describe(shared, state, span)
    lanes, low, high = state.lanes, span.low, span.high
    end = low + (high - low + VECTOR - 1) // VECTOR * VECTOR  # whole vectors; what lanes past `high` hold is unused
    evaluate(lanes.features, low, end, state.network, lanes.outputs)
    tables = mixture.Tables(
        shared.exponentials, shared.by_scale[1], shared.widths[0], shared.widths[1], state.cumulative
    )
    mixture.tabulate(lanes.outputs, lanes.window, shared.scales[state.number], span, shared.top, tables, rows)


@kernel(nogil=True)
def settle(shared: Shared, state: ChannelState, span: Span) -> None:
    """Let the samples of the lanes of `span`, known by now, into all that later steps are predicted from."""
    t, low, high, origin = span.t, span.low, span.high, span.origin
    experts, lanes, channel, height, width = state.experts, state.lanes, state.number, shared.height, shared.width
    samples = shared.samples[channel, t]
    last, first_lane, last_lane = origin + height + 2 * PAD, low - origin, high - origin
    wavefront.spread_edges(shared.samples[channel, :, origin:last], t, height, width, first_lane, last_lane)
    count = len(experts)
    for e in range(count + 1):
        expected = lanes.window[0] if e == count else lanes.experts[e]
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
def advance(working: Working, turn: Turn, last: Call, coming: Call, rows: I32) -> None:
    """Settle what was decoded last, then forecast the next channel: one call, since each hands over the GIL.

    Args:
        working: of a stack of tiles.
        turn: see `turns`.
        last: what was decoded; its step is NOTHING where nothing was.
        coming: what comes.
        rows: (tiles x lanes of `coming`, COLUMNS) receives the frequencies.
    """
    turns.leave(turn)
    shared, state = working.shared, working.states[coming.c]
    pitch = state.lanes.features.shape[1] // shared.tiles
    for k in range(shared.tiles):
        origin, size = k * pitch, coming.high - coming.low
        if last.t != NOTHING:
            before = Span(last.t, last.low + origin, last.high + origin, origin)
            settle(shared, working.states[last.c], before)
        span = Span(coming.t, coming.low + origin, coming.high + origin, origin)
        _forecast(shared, state, span, rows[k * size : (k + 1) * size])
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
            span = Span(t, low, high, 0)
            _forecast(shared, state, span, rows[n : n + size])
            columns, first, bits = symbols[0, n : n + size], symbols[1, n : n + size], symbols[2, n : n + size]
            sample, least, out = symbols[3, n : n + size], symbols[4, n : n + size], shared.samples[number, t]
            for i in range(size):
                first[i], bits[i] = lanes.window[1, low + i], lanes.window[2, low + i]
                sample[i] = known[number, t, low + i]
                out[low + i] = sample[i]
            mixture.to_columns(sample, first, bits, columns)
            n += size
            calls[0, call], calls[1, call] = n, mixture.from_columns(columns, first, bits, least)
            call += 1
            settle(shared, state, span)
