"""One tile of the residual, in either direction.

`code_tile` walks the wavefront once: at each step and for each channel it forecasts a frequency row per lane, lets the
coder write or read the symbols, and settles the samples into the state that later forecasts use. Encoder and decoder
differ in the coder alone. Channels go in the order G, R, B, so that the later ones see the earlier ones of their pixel.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import Coder, code_bits, code_naturals
from hybridcodec.errors import CorruptFileError
from hybridcodec.kernels import kernel
from hybridcodec.residual import features, least_squares, mixture, wavefront
from hybridcodec.residual.least_squares import FRACTION, SLOTS, SOLVE_EVERY, SPANS
from hybridcodec.residual.model import ChannelModel, ResidualModel

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]

NOTHING: Final = -1
"""Step number where no step was taken yet."""
VECTOR: Final = 16
"""Lanes that the network computes at a time; per-lane arrays have room for one vector more."""
PLANES: Final = 6
"""Three channels in coding order, then the base picture's."""


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


class Net(NamedTuple):
    """Weights of one channel."""

    w1: I32
    b1: I32
    w2: I32
    b2: I32
    w3: I32
    b3: I32
    linear: I32
    cumulative: I32
    scratch: I32
    """(2 * hidden + outputs + 1, lanes): room for what flows through the network."""


class Lanes(NamedTuple):
    """Values of the current step of one channel, per lane."""

    experts: I32
    place: I32
    """(3, lanes): centre, first value of the window, log2 of its bins' width."""
    features: I32


class ChannelState(NamedTuple):
    """One channel of a tile being coded."""

    number: int
    experts: tuple[Expert, ...]
    net: Net
    lanes: Lanes


@kernel(nogil=True)
def _describe(
    shared: Shared, experts: tuple[Expert, ...], lanes: Lanes, channel: int, t: int, low: int, high: int, top: int
) -> None:
    for e in range(len(experts)):
        context, history = experts[e].context, experts[e].history
        n = context.shape[0]
        v, weights, start = history[t % SOLVE_EVERY, :n], experts[e].weights[:n], experts[e].weights[n]
        if t % SOLVE_EVERY == 0:
            least_squares.solve(
                experts[e].sums, t, low, high, shared.spans, experts[e].forget, history, weights, shared.room
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
    shared: Shared,
    experts: tuple[Expert, ...],
    net: Net,
    lanes: Lanes,
    channel: int,
    t: int,
    low: int,
    high: int,
    top: int,
    rows: I32,
) -> None:
    _describe(shared, experts, lanes, channel, t, low, high, top)
    hidden, outputs = net.w2.shape[0], net.w3.shape[0]
    end = low + (high - low + VECTOR - 1) // VECTOR * VECTOR  # whole vectors; what lanes past `high` hold is unused
    out = net.scratch[2 * hidden : 2 * hidden + outputs]
    mixture.evaluate(
        lanes.features,
        low,
        end,
        net.w1,
        net.b1,
        net.w2,
        net.b2,
        net.w3,
        net.b3,
        net.linear,
        net.scratch[:hidden],
        net.scratch[hidden : 2 * hidden],
        out,
        net.scratch[2 * hidden + outputs :],
    )
    mixture.tabulate(
        out,
        lanes.place[0],
        shared.scales[channel],
        low,
        high,
        top,
        shared.exponentials,
        shared.by_scale[1],
        shared.widths[0],
        shared.widths[1],
        net.cumulative,
        rows,
        lanes.place[1],
        lanes.place[2],
    )


@kernel(nogil=True)
def _settle(
    shared: Shared,
    experts: tuple[Expert, ...],
    lanes: Lanes,
    channel: int,
    t: int,
    low: int,
    high: int,
    height: int,
    width: int,
) -> None:
    samples = shared.samples[channel, t]
    wavefront.spread_edges(shared.samples[channel], t, height, width, low, high)
    count = len(experts)
    for e in range(count + 1):
        expected = lanes.place[0] if e == count else lanes.experts[e]
        error = shared.errors[e, channel, t]
        for q in range(low, high):
            error[q] = samples[q] * FRACTION - expected[q]
        wavefront.spread_edges(shared.errors[e, channel], t, height, width, low, high)
    for e in range(count):
        history, start = experts[e].history, experts[e].weights[experts[e].context.shape[0]]
        target = history[t % SOLVE_EVERY, history.shape[1] - 1]
        for q in range(low, high):
            target[q] = samples[q] - start[q]
    shared.spans[t % SPANS, 0], shared.spans[t % SPANS, 1] = low, high


@kernel(nogil=True)
def _advance(
    shared: Shared,
    last_experts: tuple[Expert, ...],
    last_lanes: Lanes,
    last_channel: int,
    last_t: int,
    last_low: int,
    last_high: int,
    height: int,
    width: int,
    experts: tuple[Expert, ...],
    net: Net,
    lanes: Lanes,
    channel: int,
    t: int,
    low: int,
    high: int,
    top: int,
    rows: I32,
) -> None:
    """Settle what was coded last, then forecast the next channel: one call, since each hands over the GIL."""
    if last_t != NOTHING:
        _settle(shared, last_experts, last_lanes, last_channel, last_t, last_low, last_high, height, width)
    _forecast(shared, experts, net, lanes, channel, t, low, high, top, rows)


class Tile:
    """State of one tile while it is coded; `planes` hold what is known of its samples."""

    def __init__(self, model: ResidualModel, base: I32, samples: I32 | None, channels: int, top: int) -> None:
        """Prepare to code a tile.

        Args:
            model: the context model.
            base: (3, H, W) base picture in coding order.
            samples: the same of the picture, when encoding.
            channels: how many of the three are coded, 1 or 3; the others keep the values of `base`.
            top: largest sample value.
        """
        self.height, self.width = base.shape[1:]
        self.channels, self.top = channels, top
        self.known = None if samples is None else wavefront.empty_planes(3, self.height, self.width)
        if self.known is not None and samples is not None:
            wavefront.skew(samples, self.known)
        planes = wavefront.empty_planes(PLANES, self.height, self.width)
        wavefront.skew(np.concatenate([base, base]), planes)
        count, lanes = model.experts, planes.shape[2]
        errors = np.zeros((count + 1, 3, *planes.shape[1:]), np.int32)
        scales = np.full((3, lanes + VECTOR), features.FLOOR, np.int32)
        spans = np.zeros((SPANS, 2), np.int32)
        entries = [_entries(context) for c in range(channels) for context in model.channels[c].contexts]
        room = np.zeros((max(entries), lanes + VECTOR))
        tables = (model.by_scale, model.exponentials, model.widths)
        self.shared = Shared(planes, errors, scales, spans, room, *tables)
        pool = _Pool(sum(entries), lanes)
        self.states = [_channel_state(c, model.channels[c], lanes, pool) for c in range(channels)]

    def samples(self) -> I32:
        """(3, H, W) samples in coding order, complete once all steps were taken."""
        out = np.empty((3, self.height, self.width), np.int32)
        wavefront.unskew(self.shared.samples[:3], out)
        return out

    def steps(self) -> range:
        """Wavefront steps, with the lead that skewed planes have."""
        return range(wavefront.LEAD, wavefront.LEAD + wavefront.steps(self.height, self.width))

    def lanes(self, t: int) -> tuple[int, int]:
        """Lanes [low, high) that have a sample at step t."""
        first, last = wavefront.active(t - wavefront.LEAD, self.height, self.width)
        return first + wavefront.PAD, last + wavefront.PAD


def _entries(context: I32) -> int:
    """Sums that a least-squares expert keeps: products of its regressors with each other and with the target."""
    n = len(context)
    return n * (n + 1) // 2 + n


class _Pool:
    """All sums of a tile in one piece of memory: large pages, which are worth a tenth of the time."""

    def __init__(self, entries: int, lanes: int) -> None:
        self._memory, self._used = np.zeros((entries, SLOTS, lanes + VECTOR)), 0

    def take(self, entries: int) -> F64:
        """The next `entries` sums, (entries, SLOTS, lanes with room)."""
        self._used += entries
        return self._memory[self._used - entries : self._used]


def _channel_state(number: int, model: ChannelModel, lanes: int, pool: _Pool) -> ChannelState:
    lanes += VECTOR
    experts = []
    for context, forget in zip(model.contexts, model.forgets, strict=True):
        history = np.zeros((SOLVE_EVERY, len(context) + 1, lanes))
        experts.append(
            Expert(context, forget, pool.take(_entries(context)), history, np.zeros((len(context) + 1, lanes)))
        )
    hidden, inputs, outputs = *model.w1.shape, model.w3.shape[0]
    scratch = np.zeros((2 * hidden + outputs + 1, lanes), np.int32)
    net = Net(model.w1, model.b1, model.w2, model.b2, model.w3, model.b3, model.linear, model.cumulative, scratch)
    values = (np.zeros((rows, lanes), np.int32) for rows in (len(experts), 3, inputs))
    return ChannelState(number, tuple(experts), net, Lanes(*values))


def walk(tile: Tile) -> Iterator[tuple[int, ChannelState, int, int]]:
    """Step through a tile whose samples are known, up to the features: (step, channel, low, high) before each settles.

    For training: `state.lanes` and `tile.shared` hold what a decoder would know, and the samples.
    """
    assert tile.known is not None
    for t in tile.steps():
        low, high = tile.lanes(t)
        for state in tile.states:
            _describe(tile.shared, state.experts, state.lanes, state.number, t, low, high, tile.top)
            tile.shared.samples[state.number, t, low:high] = tile.known[state.number, t, low:high]
            yield t, state, low, high
            _settle(tile.shared, state.experts, state.lanes, state.number, t, low, high, tile.height, tile.width)


def code_tile(tile: Tile, coder: Coder, progress: Callable[[], None] | None = None) -> None:
    """Write or read all samples of `tile`.

    Raises:
        CorruptFileError: the stream decodes to impossible samples.
    """
    last, last_t, last_low, last_high = tile.states[-1], NOTHING, 0, 0
    for t in tile.steps():
        low, high = tile.lanes(t)
        rows = np.empty((high - low, mixture.COLUMNS), np.int32)
        for state in tile.states:
            _advance(
                tile.shared,
                last.experts,
                last.lanes,
                last.number,
                last_t,
                last_low,
                last_high,
                tile.height,
                tile.width,
                state.experts,
                state.net,
                state.lanes,
                state.number,
                t,
                low,
                high,
                tile.top,
                rows,
            )
            known = None if tile.known is None else tile.known[state.number, t, low:high]
            first, bits = state.lanes.place[1, low:high], state.lanes.place[2, low:high]
            _code_samples(coder, rows, known, first, bits, tile.top, tile.shared.samples[state.number, t, low:high])
            last, last_t, last_low, last_high = state, t, low, high
        if progress is not None:
            progress()
    _require_range(tile)


def _require_range(tile: Tile) -> None:
    samples = tile.samples()[: tile.channels]
    if int(samples.min()) < 0 or int(samples.max()) > tile.top:
        raise CorruptFileError(f"a residual sample lies outside [0, {tile.top}]")


def _code_samples(coder: Coder, rows: I32, known: I32 | None, first: I32, bits: I32, top: int, values: I32) -> None:
    """One sample per lane, into `values`: its column, then what the column leaves open."""
    columns = None
    if known is not None:
        columns = np.empty(len(rows), np.int32)
        mixture.to_columns(known, first, bits, columns)
    columns = coder.code(rows, columns)
    open_ = mixture.from_columns(columns, first, bits, values)
    if open_ & mixture.REFINED:
        _refine(coder, known, columns, bits, values)
    if open_ & mixture.ESCAPED:
        _escape(coder, known, columns, first, bits, values, top)


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
