"""Steps of the wavefront, compiled: forecast samples, read them or write them down, and settle them.

Where `state` says what a tile's coding works on, and `tile` hands it a stream, this walks the wavefront. One traversal
serves both directions: a decoder has a stream, an encoder has the samples, and whoever wants both rows and symbols of
what a stream holds gives it a record beside the stream.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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

I32 = NDArray[np.int32]


class Record(NamedTuple):
    """What is written down of some steps, channel by channel, for n samples in all; empty where nothing is.

    Attributes:
        rows: (n, COLUMNS) frequencies.
        symbols: (5, n) columns, first values of windows, widths of bins, samples, and what columns stand for.
        calls: (2, steps x channels) the row after the last, and what is left open, of each channel of a step.
    """

    rows: I32
    symbols: I32
    calls: I32


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


@kernel(allocates=True, nogil=True)  # what is copied by slices may overlap, as far as numba knows
def advance(working: Working, known: I32, stream: Stream, record: Record, begin: int, end: int) -> None:
    """Take steps [begin, end) of a tile; from a fault of the stream on, none.

    Args:
        working: of the tile.
        known: its samples, (3, steps, lanes); empty where they are read from `stream`.
        stream: what they are read from.
        record: receives rows and symbols, unless it is empty.
        begin: first step.
        end: step after the last.
    """
    n, call = 0, 0
    shared, states = working.shared, working.states
    recording, reading = len(record.rows) > 0, len(known) == 0
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
                samples[span.low : span.high] = known[c, t, span.low : span.high]
            if recording:
                mixture.tabulate(shared.mixed, window, state.cumulative, span, shared.top, record.rows[n:])
                record.calls[1, call] = write_down(samples, window, span, record.symbols[:, n:])
                n += high - low
                record.calls[0, call] = n
                call += 1
            settle(shared, state, span)


@kernel(nogil=True)
def write_down(samples: I32, window: I32, span: Span, symbols: I32) -> int:
    """Write the symbols of a span as `Record` has them; returns what columns leave open."""
    n = span.high - span.low
    columns, first, bits, sample, least = symbols[0, :n], symbols[1, :n], symbols[2, :n], symbols[3, :n], symbols[4, :n]
    for i in range(n):
        first[i], bits[i], sample[i] = window[1, span.low + i], window[2, span.low + i], samples[span.low + i]
    mixture.to_columns(sample, first, bits, columns)
    return mixture.from_columns(columns, first, bits, least)
