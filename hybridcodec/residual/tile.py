"""One tile of the residual, in either direction.

`code_tile` walks the wavefront once: at each step and for each channel it forecasts a frequency row per lane, lets the
coder write or read the symbols, and settles the samples into the state that later forecasts use. Encoder and decoder
differ in the coder alone. Channels go in the order G, R, B, so that the later ones see the earlier ones of their pixel.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy import Coder, code_naturals
from hybridcodec.errors import CorruptFileError
from hybridcodec.residual import features, least_squares, mixture, wavefront
from hybridcodec.residual.least_squares import BLOCK, FRACTION, RING
from hybridcodec.residual.model import ChannelModel, ResidualModel

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]

PLANES: Final = 6
"""Three channels in coding order, then the base picture's."""


class Expert(NamedTuple):
    """A least-squares predictor of one channel with its running sums; see `least_squares`."""

    context: I32
    forget: float
    u: F64
    p: F64
    left: F64
    v: F64
    start: F64


class Shared(NamedTuple):
    """What all channels of a tile share."""

    samples: I32
    errors: I32
    scales: I32
    reciprocals: I32
    logs: I32
    exponentials: I32
    scale_table: I32
    inverses: I32


class Net(NamedTuple):
    """Weights of one channel and room for its intermediate values."""

    w1: I32
    b1: I32
    w2: I32
    b2: I32
    w3: I32
    b3: I32
    linear: I32
    cumulative: I32
    hidden: I32
    second: I32
    outputs: I32
    shortcut: I32


class Lanes(NamedTuple):
    """Values of the current step of one channel, per lane."""

    experts: I32
    centre: I32
    features: I32
    start: I32
    bits: I32


class ChannelState(NamedTuple):
    """One channel of a tile being coded."""

    index: int
    experts: tuple[Expert, ...]
    net: Net
    lanes: Lanes


@numba.njit(cache=True, nogil=True)
def _describe(
    shared: Shared, experts: tuple[Expert, ...], lanes: Lanes, channel: int, t: int, low: int, high: int, top: int
) -> None:
    for e in range(len(experts)):
        expert = experts[e]
        least_squares.gather_regressors(
            shared.samples, t, low, high, expert.context, channel, expert.v, expert.start
        )
        least_squares.predict(
            expert.u, expert.p, expert.left, t, low, high, expert.forget, expert.v, expert.start, top, lanes.experts[e]
        )
    features.centre_and_scale(
        shared.errors, lanes.experts, channel, t, low, high, lanes.centre, shared.scales[channel]
    )
    features.describe(
        shared.samples, shared.errors, lanes.experts, channel, t, low, high, top, lanes.centre, shared.scales,
        shared.reciprocals, shared.logs, lanes.features,
    )


@numba.njit(cache=True, nogil=True)
def _forecast(
    shared: Shared, experts: tuple[Expert, ...], net: Net, lanes: Lanes, channel: int, t: int, low: int, high: int,
    top: int, rows: I32,
) -> None:
    _describe(shared, experts, lanes, channel, t, low, high, top)
    mixture.evaluate(
        lanes.features, low, high, net.w1, net.b1, net.w2, net.b2, net.w3, net.b3, net.linear, net.hidden, net.second,
        net.outputs, net.shortcut,
    )
    mixture.tabulate(
        net.outputs, lanes.centre, shared.scales[channel], low, high, top, shared.exponentials, shared.logs,
        shared.scale_table, shared.inverses, net.cumulative, rows, lanes.start, lanes.bits,
    )


@numba.njit(cache=True, nogil=True)
def _settle(
    shared: Shared, experts: tuple[Expert, ...], lanes: Lanes, channel: int, t: int, low: int, high: int, height: int,
    width: int,
) -> None:
    samples = shared.samples[channel, t]
    wavefront.spread_edges(shared.samples, channel, t, height, width, low, high)
    count = len(experts)
    for e in range(count + 1):
        for q in range(low, high):
            expected = lanes.centre[q] if e == count else lanes.experts[e, q]
            shared.errors[e, channel, t, q] = samples[q] * FRACTION - expected
        wavefront.spread_edges(shared.errors[e], channel, t, height, width, low, high)
    for e in range(count):
        expert = experts[e]
        least_squares.update(
            expert.u, expert.left, t, low, high, expert.forget, expert.v, expert.start, samples
        )
        if low > wavefront.PAD:
            least_squares.retire(expert.u, expert.p, t, low - 1)


class Tile:
    """State of one tile while it is coded; `planes` hold what is known of its samples."""

    def __init__(self, model: ResidualModel, base: I32, samples: I32 | None, channels: int, top: int) -> None:
        """Prepare to code a tile.

        Args:
            model: the context model.
            base: (3, H, W) base picture in coding order. samples: the same of the picture, when encoding.
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
        scales = np.full((3, lanes), features.FLOOR, np.int32)
        self.shared = Shared(
            planes, errors, scales, model.reciprocals, model.logs, model.exponentials, model.scales, model.inverses
        )
        self.states = [_channel_state(c, model.channels[c], lanes) for c in range(channels)]

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


def _channel_state(index: int, model: ChannelModel, lanes: int) -> ChannelState:
    width = lanes + BLOCK
    experts = []
    for context, forget in zip(model.contexts, model.forgets, strict=True):
        n = len(context)
        m = n * (n + 1) // 2 + n
        experts.append(
            Expert(
                context, forget, np.zeros((RING, m, lanes)), np.zeros((2, m, lanes)), np.zeros((m, lanes)),
                np.zeros((n, width)), np.zeros(width),
            )
        )
    hidden, inputs, outputs = model.w1.shape[0], model.w1.shape[1], model.w3.shape[0]
    net = Net(
        model.w1, model.b1, model.w2, model.b2, model.w3, model.b3, model.linear, model.cumulative,
        np.zeros((hidden, lanes), np.int32), np.zeros((hidden, lanes), np.int32), np.zeros((outputs, lanes), np.int32),
        np.zeros((1, lanes), np.int32),
    )
    state = Lanes(
        np.zeros((len(experts), lanes), np.int32), np.zeros(lanes, np.int32), np.zeros((inputs, lanes), np.int32),
        np.zeros(lanes, np.int32), np.zeros(lanes, np.int32),
    )
    return ChannelState(index, tuple(experts), net, state)


def walk(tile: Tile) -> Iterator[tuple[int, ChannelState, int, int]]:
    """Step through a tile whose samples are known, up to the features: (step, channel, low, high) before each settles.

    For training: `state.lanes` and `tile.shared` hold what a decoder would know, and the samples.
    """
    assert tile.known is not None
    for t in tile.steps():
        low, high = tile.lanes(t)
        for state in tile.states:
            _describe(tile.shared, state.experts, state.lanes, state.index, t, low, high, tile.top)
            tile.shared.samples[state.index, t, low:high] = tile.known[state.index, t, low:high]
            yield t, state, low, high
            _settle(tile.shared, state.experts, state.lanes, state.index, t, low, high, tile.height, tile.width)


def code_tile(tile: Tile, coder: Coder, progress: Callable[[], None] | None = None) -> None:
    """Write or read all samples of `tile`.

    Raises:
        CorruptFileError: the stream decodes to impossible samples.
    """
    for t in tile.steps():
        low, high = tile.lanes(t)
        rows = np.empty((high - low, mixture.COLUMNS), np.int32)
        for state in tile.states:
            _forecast(tile.shared, state.experts, state.net, state.lanes, state.index, t, low, high, tile.top, rows)
            known = None if tile.known is None else tile.known[state.index, t, low:high]
            found = tile.shared.samples[state.index, t, low:high]
            found[:] = _code_samples(
                coder, rows, known, state.lanes.start[low:high], state.lanes.bits[low:high], tile.top
            )
            _settle(tile.shared, state.experts, state.lanes, state.index, t, low, high, tile.height, tile.width)
        if progress is not None:
            progress()


def _code_samples(coder: Coder, rows: I32, known: I32 | None, start: I32, bits: I32, top: int) -> I32:
    """One sample per lane: its column, then what the column leaves open."""
    columns = None
    if known is not None:
        columns = np.empty(len(rows), np.int32)
        mixture.to_columns(known, start, bits, 0, len(rows), columns)
    columns = coder.code(rows, columns)
    values = start + ((columns - 1) << bits)
    if bits.any():
        _refine(coder, known, columns, bits, values)
    if ((columns == 0) | (columns == mixture.COLUMNS - 1)).any():
        _escape(coder, known, columns, start, bits, values, top)
    return values


def _refine(coder: Coder, known: I32 | None, columns: I32, bits: I32, values: I32) -> None:
    """Code the low bits of the values that fell into bins of more than one."""
    inside = (columns > 0) & (columns <= mixture.BINS)
    for bit in range(int(bits.max()) - 1, -1, -1):
        at = np.flatnonzero(inside & (bits > bit))
        coins = np.full((len(at), 2), 1 << (mixture.TOTAL_BITS - 1), np.int32)
        given = None if known is None else ((known[at] - values[at]) >> bit) & 1
        values[at] += coder.code(coins, given) << bit


def _escape(
    coder: Coder, known: I32 | None, columns: I32, start: I32, bits: I32, values: I32, top: int
) -> None:
    """Code the distance of values outside the window."""
    at = np.flatnonzero((columns == 0) | (columns == mixture.COLUMNS - 1))
    below = columns[at] == 0
    edge = np.where(below, start[at] - 1, start[at] + (mixture.BINS << bits[at])).astype(np.int64)
    away = None if known is None else np.abs(known[at] - edge)
    away = code_naturals(coder, away, len(at))
    found = np.where(below, edge - away, edge + away)
    if int(found.min()) < 0 or int(found.max()) > top:
        raise CorruptFileError(f"a residual sample lies outside [0, {top}]")
    values[at] = found
