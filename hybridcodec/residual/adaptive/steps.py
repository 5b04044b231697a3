"""Steps of the wavefront, compiled: forecast samples, read them or write them down, settle them, and learn from them.

Where `state` says what a tile's coding works on, and `tile` hands it a stream, this walks the wavefront. One traversal
serves both directions: a decoder has a stream, an encoder has the samples, and whoever wants what codes the samples of
a stream gives it notes beside the stream. What it is made of here is put into `advance` before that is compiled: all of
it takes all of a tile, and compiling it once for each costs seconds.
"""

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bounds import Notes
from hybridcodec.entropy.twin import FAULT
from hybridcodec.machine.kernels import kernel
from hybridcodec.residual.adaptive import experts, features, gradients, learning, mixture, offsets, phases, wavefront
from hybridcodec.residual.adaptive.features import FRACTION
from hybridcodec.residual.adaptive.gradients import Foretold
from hybridcodec.residual.adaptive.network import evaluate, last_rows
from hybridcodec.residual.adaptive.reading import Stream, read
from hybridcodec.residual.adaptive.state import BLEND, ChannelState, Shared, Working
from hybridcodec.residual.adaptive.wavefront import LEAD, PAD, Span, whole
from hybridcodec.residual.adaptive.writing import write
from hybridcodec.residual.least_squares import SOLVE_EVERY

I32 = NDArray[np.int32]


@kernel(nogil=True, inline="always")
def _foretell(shared: Shared, state: ChannelState, span: Span) -> None:
    """Let the experts predict, and their blend; note the errors around, and the scale."""
    lanes, c, phase = state.lanes, state.number, (span.t - LEAD) % SOLVE_EVERY
    begin, end = whole(span)
    before = wavefront.active(span.t - LEAD - SOLVE_EVERY, shared.height, shared.width)[0] + PAD
    most, count, together = shared.top * FRACTION, shared.experts, shared.experts + shared.phased
    if phase == 0:
        for e in range(len(state.experts)):
            each = state.experts[e]
            for p in range(len(each.sums)):
                experts.solve(phases.part(each, p), before, span.low, span.high, shared.room)
    for k in range(count + 2 * shared.phased):
        own, of, row, odd = phases.turn(k, count, span.t)
        expert, out = phases.part(state.experts[own], of), lanes.experts[together if odd else row]
        v = expert.history[phase]
        experts.gather(shared.samples, shared.plain, span.t, begin, end, expert.context, v)
        experts.predict(shared.plain[c], v, expert.weights, begin, end, most, shared.value, out)
        if odd:
            phases.pick(out, begin, end, lanes.experts[row])
    blend = phases.part(state.experts[BLEND], 0)
    v = blend.history[phase]
    experts.gather_predictions(lanes.experts[:together], shared.plain[c], begin, end, v)
    experts.predict(shared.plain[c], v, blend.weights, begin, end, most, shared.value, lanes.window[0])
    for e in range(together + 1):
        experts.sum_errors(shared.errors[e, c], wavefront.recent(span.t), begin, end, lanes.around[e])
    near, scale = lanes.around[count], shared.scales[c]
    for q in range(span.low, span.high):
        scale[q] = min((near[q] >> 6) + features.FLOOR, features.MAX_SCALE)


@kernel(nogil=True, inline="always")
def describe(shared: Shared, state: ChannelState, span: Span) -> None:
    """Predict and describe the lanes of `span` of a channel: what a decoder knows before it reads them."""
    _foretell(shared, state, span)
    lanes = state.lanes
    view = features.View(
        shared.samples,
        shared.errors,
        lanes.experts[: shared.experts],
        lanes.window[0],
        shared.scales,
        shared.by_scale[0],
        shared.by_scale[1],
        shared.top,
    )
    features.describe(view, state.number, span, lanes.features)


@kernel(nogil=True, inline="always")
def _forecast(shared: Shared, state: ChannelState, span: Span) -> None:
    describe(shared, state, span)
    lanes = state.lanes
    begin, end = whole(span)
    evaluate(lanes.features, begin, end, state.network, lanes.outputs)
    offsets.find(lanes.features, lanes.window[0], state.number, span, shared.classes, state.offsets.places)
    offsets.shift(state.offsets, span, lanes.outputs)
    tables = mixture.Tables(
        shared.exponentials, shared.by_scale[1], shared.widths[0], shared.widths[1], state.cumulative
    )
    mixture.mix(lanes.outputs, lanes.window, shared.scales[state.number], span, shared.top, tables, shared.mixed)


@kernel(nogil=True, inline="always")
def settle(shared: Shared, state: ChannelState, span: Span) -> None:
    """Let the samples of the lanes of `span`, known by now, into all that later steps are predicted from."""
    t, c, lanes, row = span.t, state.number, state.lanes, wavefront.recent(span.t)
    begin, end = whole(span)
    samples, phase, count = shared.samples[c, t], (t - LEAD) % SOLVE_EVERY, shared.experts
    for e in range(count + 1 + shared.phased):
        expected = lanes.window[0] if e == count else lanes.experts[e if e < count else e - 1]
        error = shared.errors[e, c, row]
        for q in range(span.low, span.high):
            error[q] = samples[q] * FRACTION - expected[q]
    last = count + 2 * shared.phased
    for k in range(last + 1):
        own, of, e, odd = phases.turn(k, count, t)
        if k == last:
            own, of, e = BLEND, 0, count
        elif k >= count:
            e += 1
        expert = phases.part(state.experts[own], of)
        experts.judge(expert, lanes.around[e], shared.errors[e, c, row], span, shared.value)
        if e > count:
            phases.leave(shared.value, begin, end, odd)
        experts.admit(expert.history[phase], shared.plain[c], samples, shared.value, begin, end)
    wavefront.spread_edges(shared.samples[c], t, t, shared.height, shared.width, span.low, span.high)
    for e in range(count + 1 + shared.phased):
        wavefront.spread_edges(shared.errors[e, c], row, t, shared.height, shared.width, span.low, span.high)


@kernel(nogil=True, inline="always")
def _learn(shared: Shared, state: ChannelState, span: Span) -> None:
    """Let what follows the tile follow the lanes of `span`, whose samples are known."""
    lanes, slopes = state.lanes, state.learning.slopes
    begin, end = whole(span)
    told = Foretold(
        lanes.outputs,
        shared.mixed,
        state.curves,
        shared.scales[state.number],
        shared.widths.shape[1],
        shared.top,
        shared.rates.clip,
        shared.edges,
    )
    gradients.follow(told, shared.samples[state.number, span.t], span, slopes)
    offsets.learn(state.offsets, slopes, span, shared.rates)
    first, after = last_rows(state.network)
    last, count = lanes.outputs[first:after], span.high - span.low
    learning.learn(state.learning, lanes.features, last, begin, end, count, shared.rates, state.network)


@kernel(nogil=True)
def advance(working: Working, known: I32, stream: Stream, notes: Notes, begin: int, end: int) -> None:
    """Take steps [begin, end) of a tile; from a fault of the stream on, none.

    Args:
        working: of the tile.
        known: its samples, (3, steps, lanes); empty where they are read from `stream`.
        stream: what they are read from.
        notes: receives what codes them, unless it has no room.
        begin: the first step.
        end: the step after the last.
    """
    shared, states = working.shared, working.states
    noting, reading = len(notes.bounds) > 0, len(known) == 0
    for t in range(begin, end):
        low, high = wavefront.active(t - LEAD, shared.height, shared.width)
        span = Span(t, low + PAD, high + PAD)
        first, last = whole(span)
        experts.stand_plain(shared.samples, t, first, last, shared.plain)
        wavefront.move_on(shared.errors, t)
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
            if high > low:  # steps of narrow tiles may be empty
                _learn(shared, state, span)
            settle(shared, state, span)
