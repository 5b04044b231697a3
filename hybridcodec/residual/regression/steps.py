"""Steps of the wavefront, compiled: forecast samples, read them or write them down, and settle them.

Where `state` says what a tile's coding works on, and `tile` hands it a stream, this walks the wavefront. One traversal
serves both directions: a decoder has a stream, an encoder has the samples, and whoever wants both rows and symbols of
what a stream holds gives it a record beside the stream.
"""

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bounds import Notes
from hybridcodec.entropy.twin import FAULT
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.pairs import VECTOR
from hybridcodec.residual import least_squares
from hybridcodec.residual.least_squares import FRACTION, SOLVE_EVERY
from hybridcodec.residual.regression import features, mixture, wavefront
from hybridcodec.residual.regression.network import evaluate
from hybridcodec.residual.regression.reading import Stream, read
from hybridcodec.residual.regression.state import ChannelState, Shared, Working
from hybridcodec.residual.regression.wavefront import LEAD, PAD, Span
from hybridcodec.residual.regression.writing import write

I32 = NDArray[np.int32]


@kernel(nogil=True)
def describe(shared: Shared, state: ChannelState, span: Span) -> None:
    """Predict and describe the lanes of `span` of a channel: what a decoder knows before it reads them."""
    experts, lanes, channel, phase = state.experts, state.lanes, state.number, (span.t - LEAD) % SOLVE_EVERY
    low, high = span.low, span.high
    before = wavefront.active(span.t - LEAD - SOLVE_EVERY, shared.height, shared.width)[0] + PAD
    for e in range(len(experts)):
        context, n = experts[e].context, experts[e].context.shape[0]
        v, weights, start = experts[e].history[phase, :n], experts[e].weights[:n], experts[e].weights[n]
        if phase == 0:
            least_squares.solve(experts[e], before, low, high, shared.room)
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
def _forecast(shared: Shared, state: ChannelState, span: Span) -> None:
    describe(shared, state, span)
    lanes, low, high = state.lanes, span.low, span.high
    end = low + (high - low + VECTOR - 1) // VECTOR * VECTOR  # whole vectors; what lanes past `high` hold is unused
    evaluate(lanes.features, low, end, state.network, lanes.outputs)
    tables = mixture.Tables(
        shared.exponentials, shared.by_scale[1], shared.widths[0], shared.widths[1], state.cumulative
    )
    scale, mixed = shared.scales[state.number], shared.mixed
    mixture.mix(lanes.outputs, lanes.window, scale, span, shared.top, tables, mixed)


@kernel(nogil=True)
def settle(shared: Shared, state: ChannelState, span: Span) -> None:
    """Let the samples of the lanes of `span`, known by now, into all that later steps are predicted from."""
    t, low, high = span.t, span.low, span.high
    experts, lanes, channel, height, width = state.experts, state.lanes, state.number, shared.height, shared.width
    samples = shared.samples[channel, t]
    wavefront.spread_edges(shared.samples[channel], t, height, width, low, high)
    count = len(experts)
    for e in range(count + 1):
        expected = lanes.window[0] if e == count else lanes.experts[e]
        error = shared.errors[e, channel, t]
        for q in range(low, high):
            error[q] = samples[q] * FRACTION - expected[q]
        wavefront.spread_edges(shared.errors[e, channel], t, height, width, low, high)
    for e in range(count):
        history, start = experts[e].history, experts[e].weights[experts[e].context.shape[0]]
        target = history[(t - LEAD) % SOLVE_EVERY, history.shape[1] - 1]
        for q in range(low, high):
            target[q] = samples[q] - start[q]


@kernel(nogil=True)
def advance(working: Working, known: I32, stream: Stream, notes: Notes, begin: int, end: int) -> None:
    """Take steps [begin, end) of a tile; from a fault of the stream on, none.

    Args:
        working: of the tile.
        known: its samples, (3, steps, lanes); empty where they are read from `stream`.
        stream: what they are read from.
        notes: receive what codes the samples, unless there is room for nothing.
        begin: first step.
        end: step after the last.
    """
    shared, states = working.shared, working.states
    noting, reading = len(notes.bounds) > 0, len(known) == 0
    for t in range(begin, end):
        low, high = wavefront.active(t - LEAD, shared.height, shared.width)
        span = Span(t, low + PAD, high + PAD)
        for c in range(shared.channels):
            state = states[c]
            _forecast(shared, state, span)
            window, samples = state.lanes.window, shared.samples[c, t]
            if reading:
                read(stream, shared.mixed, window, state.cumulative, span, shared.top, samples)
                if stream.state[FAULT] != 0:
                    return
            else:
                given = known[c, t]
                for q in range(span.low, span.high):  # numba compiles messages on shapes for a slice that is assigned
                    samples[q] = given[q]
            if noting:
                write(notes, shared.mixed, window, state.cumulative, span, shared.top, samples)
            settle(shared, state, span)
