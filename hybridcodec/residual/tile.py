"""Tiles of the residual, in either direction.

Both walk the wavefront once: at each step and for each channel they forecast a frequency row per lane, have the coder
write or read the symbols, and settle the samples into the state that later forecasts use. The encoder, which knows the
samples, takes many steps at a time and then writes; the decoder reads step by step, of several tiles side by side.
Channels go in the order G, R, B, so that the later ones see the earlier ones of their pixel.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import Coder, code_bits, code_naturals
from hybridcodec.errors import CorruptFileError
from hybridcodec.kernels import kernel
from hybridcodec.residual import features, least_squares, mixture, wavefront
from hybridcodec.residual.least_squares import FRACTION, SLOTS, SOLVE_EVERY, SPANS
from hybridcodec.residual.model import ChannelModel, ResidualModel
from hybridcodec.residual.network import Network, evaluate, scratch
from hybridcodec.residual.pairs import VECTOR
from hybridcodec.residual.wavefront import PAD

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]

NOTHING: Final = -1
"""Step number where no step was taken yet."""
BATCH: Final = 2048
"""Rows that an encoder computes before it writes them, about."""


class Expert(NamedTuple):
    """A least-squares predictor of one channel; few arrays, since each costs time at every call of a kernel."""

    context: I32
    forget: float
    sums: F64
    """(m, SLOTS, lanes): see `least_squares.solve`."""
    history: F64
    """(SOLVE_EVERY, n + 1, lanes): see `least_squares.solve`."""
    weights: F64
    """(n + 1, lanes): weights of the regressors, and the prediction that they refine."""


class Shared(NamedTuple):
    """What all channels of a tile share: skewed planes, local scales (3, lanes), the model's tables, working memory."""

    samples: I32
    errors: I32
    scales: I32
    spans: I32
    """(SPANS, 2): see `least_squares.solve`."""
    room: F64
    """(sums of the largest expert, lanes): working memory of `least_squares.solve`."""
    by_scale: I32
    exponentials: I32
    widths: I32


class Lanes(NamedTuple):
    """Values of the current step of one channel, per lane."""

    experts: I32
    place: I32
    """(3, lanes): centre, first value of the window, log2 of its bins' width."""
    features: I32
    outputs: I32
    """Room of `network.evaluate`."""


class ChannelState(NamedTuple):
    """One channel of a tile being coded."""

    number: int
    experts: tuple[Expert, ...]
    network: Network
    cumulative: I32
    lanes: Lanes


@kernel(nogil=True)
def _describe(shared: Shared, state: ChannelState, t: int, low: int, high: int, origin: int, top: int) -> None:
    experts, lanes, channel = state.experts, state.lanes, state.number
    for e in range(len(experts)):
        context, history = experts[e].context, experts[e].history
        n = context.shape[0]
        v, weights, start = history[t % SOLVE_EVERY, :n], experts[e].weights[:n], experts[e].weights[n]
        if t % SOLVE_EVERY == 0:
            least_squares.solve(
                experts[e].sums, t, low, high, origin, shared.spans, experts[e].forget, history, weights, shared.room
            )
        least_squares.gather_regressors(shared.samples, t, low, high, context, channel, v, start)
        least_squares.predict(low, high, v, start, weights, top, lanes.experts[e])
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
        top,
        lanes.place[0],
        shared.scales,
        shared.by_scale[0],
        shared.by_scale[1],
        lanes.features,
    )


@kernel(nogil=True)
def _forecast(
    shared: Shared, state: ChannelState, t: int, low: int, high: int, origin: int, top: int, rows: I32
) -> None:
    _describe(shared, state, t, low, high, origin, top)
    lanes = state.lanes
    end = low + (high - low + VECTOR - 1) // VECTOR * VECTOR  # whole vectors; what lanes past `high` hold is unused
    evaluate(lanes.features, low, end, state.network, lanes.outputs)
    mixture.tabulate(
        lanes.outputs,
        lanes.place[0],
        shared.scales[state.number],
        low,
        high,
        top,
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
def _settle(
    shared: Shared, state: ChannelState, t: int, low: int, high: int, origin: int, height: int, width: int
) -> None:
    experts, lanes, channel = state.experts, state.lanes, state.number
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
        target = history[t % SOLVE_EVERY, history.shape[1] - 1]
        for q in range(low, high):
            target[q] = samples[q] - start[q]
    shared.spans[t % SPANS, 0], shared.spans[t % SPANS, 1] = first_lane, last_lane


@kernel(nogil=True)
def _advance(
    shared: Shared,
    last: ChannelState,
    last_t: int,
    last_low: int,
    last_high: int,
    count: int,
    height: int,
    width: int,
    state: ChannelState,
    t: int,
    low: int,
    high: int,
    top: int,
    rows: I32,
) -> None:
    """Settle what was decoded last, then forecast the next channel: one call, since each hands over the GIL."""
    pitch = state.lanes.features.shape[1] // count
    for k in range(count):
        origin, first = k * pitch, k * (high - low)
        if last_t != NOTHING:
            _settle(shared, last, last_t, last_low + origin, last_high + origin, origin, height, width)
        out = rows[first : first + high - low]
        _forecast(shared, state, t, low + origin, high + origin, origin, top, out)


@kernel(nogil=True)
def _advance_known(
    shared: Shared,
    states: tuple[ChannelState, ...],
    known: I32,
    begin: int,
    end: int,
    height: int,
    width: int,
    top: int,
    rows: I32,
    symbols: I32,
    calls: I32,
) -> None:
    """Take steps [begin, end) of a tile whose samples (3, steps, lanes) are known; nothing hands over the GIL.

    Args:
        shared: of the tile.
        states: of its channels.
        known: its samples.
        begin: first step.
        end: step after the last.
        height: of the tile.
        width: of the tile.
        top: largest sample value.
        rows: (n, COLUMNS) receives the frequencies of all samples, step by step, channel by channel.
        symbols: (5, n) receives columns, first values of windows, widths of bins, samples, and what columns stand for.
        calls: (2, steps x channels) receives the row after the last, and what is left open, of each channel of a step.
    """
    n, call = 0, 0
    for t in range(begin, end):
        low, high = wavefront.active(t - wavefront.LEAD, height, width)
        low, high = low + PAD, high + PAD
        size = high - low
        for c in range(len(states)):
            state = states[c]
            lanes, number = state.lanes, state.number
            _forecast(shared, state, t, low, high, 0, top, rows[n : n + size])
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
            _settle(shared, state, t, low, high, 0, height, width)


class Stack:
    """State of tiles of one shape while they are coded side by side: fewer calls of kernels for the same work."""

    def __init__(
        self, model: ResidualModel, bases: Sequence[I32], samples: Sequence[I32] | None, channels: int, top: int
    ) -> None:
        """Prepare to code tiles.

        Args:
            model: the context model.
            bases: (3, H, W) base pictures in coding order, all of one shape.
            samples: the same of the pictures, when encoding.
            channels: how many of the three are coded, 1 or 3; the others keep the values of `bases`.
            top: largest sample value.
        """
        self.count, (self.height, self.width) = len(bases), bases[0].shape[1:]
        self.channels, self.top = channels, top
        self._pitch: int = self.height + 2 * PAD + VECTOR  # whole vectors
        self.known = None if samples is None else self._skewed(samples)
        planes = self._skewed([np.concatenate([base, base]) for base in bases])
        lanes = planes.shape[2]
        errors = np.zeros((model.experts + 1, 3, *planes.shape[1:]), np.int32)
        scales = np.full((3, lanes), features.FLOOR, np.int32)
        spans = np.zeros((SPANS, 2), np.int32)
        entries = [_entries(context) for c in range(channels) for context in model.channels[c].contexts]
        room = np.zeros((max(entries), self._pitch))
        tables = (model.by_scale, model.exponentials, model.widths)
        self.shared = Shared(planes, errors, scales, spans, room, *tables)
        pool = _Pool(sum(entries), lanes)
        self.states = tuple(_channel_state(c, model.channels[c], lanes, pool) for c in range(channels))

    def _skewed(self, pictures: Sequence[I32]) -> I32:
        """Skewed planes of all tiles, (P, steps, lanes), the lanes of one tile after those of another."""
        planes = wavefront.empty_planes(len(pictures[0]), self.height, self.width, self.count * self._pitch)
        for k, picture in enumerate(pictures):
            wavefront.skew(picture, planes[:, :, self._lanes(k)])
        return planes

    def _lanes(self, k: int) -> slice:
        return slice(k * self._pitch, k * self._pitch + self.height + 2 * PAD)

    def samples(self, k: int = 0) -> I32:
        """(3, H, W) samples of tile k in coding order, complete once all steps were taken."""
        out = np.empty((3, self.height, self.width), np.int32)
        wavefront.unskew(self.shared.samples[:3, :, self._lanes(k)], out)
        return out

    def steps(self) -> range:
        """Wavefront steps, with the lead that skewed planes have."""
        return range(wavefront.LEAD, wavefront.LEAD + wavefront.steps(self.height, self.width))

    def lanes(self, t: int) -> tuple[int, int]:
        """Lanes [low, high) of the first tile that have a sample at step t."""
        first, last = wavefront.active(t - wavefront.LEAD, self.height, self.width)
        return first + PAD, last + PAD

    @property
    def pitch(self) -> int:
        """Lanes from one tile to the next."""
        return self._pitch


class Tile(Stack):
    """State of one tile while it is coded."""

    def __init__(self, model: ResidualModel, base: I32, samples: I32 | None, channels: int, top: int) -> None:
        """Prepare to code a tile; arguments as of `Stack`, for one picture."""
        super().__init__(model, [base], None if samples is None else [samples], channels, top)


def _entries(context: I32) -> int:
    """Sums that a least-squares expert keeps: products of its regressors with each other and with the target."""
    n = len(context)
    return n * (n + 1) // 2 + n


class _Pool:
    """All sums of a tile in one piece of memory: large pages, which are worth a tenth of the time."""

    def __init__(self, entries: int, lanes: int) -> None:
        self._memory, self._used = np.zeros((entries, SLOTS, lanes)), 0

    def take(self, entries: int) -> F64:
        """The next `entries` sums, (entries, SLOTS, lanes)."""
        self._used += entries
        return self._memory[self._used - entries : self._used]


def _channel_state(number: int, model: ChannelModel, lanes: int, pool: _Pool) -> ChannelState:
    experts = []
    for context, forget in zip(model.contexts, model.forgets, strict=True):
        history = np.zeros((SOLVE_EVERY, len(context) + 1, lanes))
        experts.append(
            Expert(context, forget, pool.take(_entries(context)), history, np.zeros((len(context) + 1, lanes)))
        )
    predictions, place, described = (np.zeros((n, lanes), np.int32) for n in (len(experts), 3, model.w1.shape[1]))
    values = Lanes(predictions, place, described, scratch(model.network, lanes))
    return ChannelState(number, tuple(experts), model.network, model.cumulative, values)


def walk(tile: Tile) -> Iterator[tuple[int, ChannelState, int, int]]:
    """Step through a tile whose samples are known, up to the features: (step, channel, low, high) before each settles.

    For training: `state.lanes` and `tile.shared` hold what a decoder would know, and the samples.
    """
    assert tile.known is not None
    for t in tile.steps():
        low, high = tile.lanes(t)
        for state in tile.states:
            _describe(tile.shared, state, t, low, high, 0, tile.top)
            tile.shared.samples[state.number, t, low:high] = tile.known[state.number, t, low:high]
            yield t, state, low, high
            _settle(tile.shared, state, t, low, high, 0, tile.height, tile.width)


def encode_tile(tile: Tile, coder: Coder, progress: Callable[[], None] | None = None) -> None:
    """Write all samples of `tile`; `progress` is called once a step."""
    assert tile.known is not None
    steps, calls_a_step = tile.steps(), len(tile.states)
    batch = max(1, BATCH // (calls_a_step * tile.height))
    size = batch * calls_a_step * tile.height
    rows, symbols = np.empty((size, mixture.COLUMNS), np.int32), np.empty((5, size), np.int32)
    for begin in range(steps.start, steps.stop, batch):
        end = min(begin + batch, steps.stop)
        calls = np.empty((2, (end - begin) * calls_a_step), np.int32)
        shape = (tile.height, tile.width)
        _advance_known(tile.shared, tile.states, tile.known, begin, end, *shape, tile.top, rows, symbols, calls)
        _write_samples(coder, rows, symbols, calls, tile.top)
        if progress is not None:
            for _ in range(begin, end):
                progress()


def decode_tiles(stack: Stack, coders: Sequence[Coder], progress: Callable[[], None] | None = None) -> None:
    """Read all samples of the tiles of `stack`, each from its own stream; `progress` is called once a step.

    Raises:
        CorruptFileError: a stream decodes to impossible samples.
    """
    last, last_t, last_low, last_high = stack.states[-1], NOTHING, 0, 0
    shape = (stack.count, stack.height, stack.width)
    for t in stack.steps():
        low, high = stack.lanes(t)
        rows = np.empty((stack.count * (high - low), mixture.COLUMNS), np.int32)
        for state in stack.states:
            _advance(stack.shared, last, last_t, last_low, last_high, *shape, state, t, low, high, stack.top, rows)
            place, values = state.lanes.place, stack.shared.samples[state.number, t]
            for k, coder in enumerate(coders):
                lanes = slice(k * stack.pitch + low, k * stack.pitch + high)
                own = rows[k * (high - low) : (k + 1) * (high - low)]
                _read_samples(coder, own, place[1, lanes], place[2, lanes], stack.top, values[lanes])
            last, last_t, last_low, last_high = state, t, low, high
        if progress is not None:
            progress()
    for k in range(stack.count):
        samples = stack.samples(k)[: stack.channels]
        if int(samples.min()) < 0 or int(samples.max()) > stack.top:
            raise CorruptFileError(f"a residual sample lies outside [0, {stack.top}]")


def _read_samples(coder: Coder, rows: I32, first: I32, bits: I32, top: int, values: I32) -> None:
    """One sample per row, into `values`: its column, then what the column leaves open."""
    columns = coder.code(rows, None)
    left = mixture.from_columns(columns, first, bits, values)
    if left & mixture.REFINED:
        _refine(coder, None, columns, bits, values)
    if left & mixture.ESCAPED:
        _escape(coder, None, columns, first, bits, values, top)


def _write_samples(coder: Coder, rows: I32, symbols: I32, calls: I32, top: int) -> None:
    """What `_advance_known` found, in the order in which `_read_samples` reads it."""
    written = 0
    for call in [*np.flatnonzero(calls[1]).tolist(), calls.shape[1] - 1]:
        end, left = int(calls[0, call]), int(calls[1, call])
        coder.code(rows[written:end], symbols[0, written:end])
        columns, first, bits, known, values = symbols[:, int(calls[0, call - 1]) if call else 0 : end]
        if left & mixture.REFINED and end > written:
            _refine(coder, known, columns, bits, values)
        if left & mixture.ESCAPED and end > written:
            _escape(coder, known, columns, first, bits, values, top)
        written = end


def _refine(coder: Coder, known: I32 | None, columns: I32, bits: I32, values: I32) -> None:
    """Code the low bits of the values that fell into bins of more than one."""
    counts = np.empty(len(columns), np.int64)
    mixture.count_low_bits(columns, bits, counts)
    values += code_bits(coder, None if known is None else known - values, counts)


def _escape(coder: Coder, known: I32 | None, columns: I32, first: I32, bits: I32, values: I32, top: int) -> None:
    """Code the distance of values outside the window."""
    away = np.empty(len(columns), np.int64)
    count = mixture.distances(columns, first, bits, values if known is None else known, away)
    found = code_naturals(coder, None if known is None else away[:count], count)
    if not mixture.place_escapes(columns, first, bits, found, top, values):
        raise CorruptFileError(f"a residual sample lies outside [0, {top}]")
