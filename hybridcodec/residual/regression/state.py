"""What a tile's coding works on: skewed planes, the experts' sums, the values of the current step.

Everything is a numpy array in a named tuple, and all of a tile's in one that kernels take.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.lanes import LINE, zeros
from hybridcodec.machine.pairs import VECTOR, round_up
from hybridcodec.machine.recursion import ROOM
from hybridcodec.residual.least_squares import SOLVE_EVERY, Expert, count_sums, shape_of_sums
from hybridcodec.residual.regression import features, mixture, wavefront
from hybridcodec.residual.regression.model import CHANNELS, ChannelModel, ResidualModel
from hybridcodec.residual.regression.network import Network, scratch
from hybridcodec.residual.regression.wavefront import PAD

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]


class Shared(NamedTuple):
    """What all channels of a tile share: skewed planes, local scales (3, lanes), the model's tables, working memory."""

    samples: I32
    errors: I32
    scales: I32
    room: F64
    """(sums of the largest expert, ROOM): working memory of `least_squares.solve`."""
    mixed: I32
    """(`mixture.MIXED`, lanes): the mixtures of the current step and channel."""
    by_scale: I32
    exponentials: I32
    widths: I32
    channels: int
    """How many of the three are coded."""
    height: int
    width: int
    top: int
    """Largest sample value."""


class Lanes(NamedTuple):
    """Values of the current step of one channel, per lane."""

    experts: I32
    window: I32
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


class Working(NamedTuple):
    """All that kernels work on."""

    shared: Shared
    states: tuple[ChannelState, ChannelState, ChannelState]
    """Of all three channels, whether they are coded or not: so that kernels are compiled once."""


class Tile:
    """State of one tile while it is coded."""

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
        lanes = round_up(self.height + 2 * PAD + VECTOR, 2 * LINE)  # whole vectors from any lane on
        self.known = np.zeros((0, 0, lanes), np.int32) if samples is None else self._skewed(samples, lanes)
        planes = self._skewed(np.concatenate([base, base]), lanes)
        errors = np.zeros((model.experts + 1, CHANNELS, *planes.shape[1:]), np.int32)
        scales = np.full((CHANNELS, lanes), features.FLOOR, np.int32)
        contexts = [context for channel in model.channels[:channels] for context in channel.contexts]
        room, mixed = zeros((max(map(count_sums, contexts)), ROOM)), np.zeros((mixture.MIXED, lanes), np.int32)
        tables = (model.by_scale, model.exponentials, model.widths)
        size = (channels, self.height, self.width, top)
        self.shared = Shared(planes, errors, scales, room, mixed, *tables, *size)
        pool = _Pool(sum(math.prod(shape_of_sums(context, lanes)) for context in contexts))
        first, second, third = (
            _channel_state(c, model.channels[c], lanes if c < channels else 0, pool) for c in range(CHANNELS)
        )
        self.states = (first, second, third)
        self.working = Working(self.shared, self.states)

    def _skewed(self, picture: I32, lanes: int) -> I32:
        planes = wavefront.empty_planes(len(picture), self.height, self.width, lanes)
        wavefront.skew(picture, planes)
        return planes

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
        return first + PAD, last + PAD


class _Pool:
    """All sums of a tile in one piece of memory: large pages, which are worth a tenth of the time."""

    def __init__(self, size: int) -> None:
        self._memory, self._used = zeros((round_up(size, LINE),)), 0

    def take(self, shape: tuple[int, ...]) -> F64:
        """The next sums, in this shape."""
        begin, self._used = self._used, self._used + math.prod(shape)
        return self._memory[begin : self._used].reshape(shape)


def _channel_state(number: int, model: ChannelModel, lanes: int, pool: _Pool) -> ChannelState:
    experts = []
    for context, forget in zip(model.contexts, model.forgets, strict=True):
        history, weights = (zeros((*more, len(context) + 1, lanes), PAD) for more in ((SOLVE_EVERY,), ()))
        experts.append(Expert(context, forget, pool.take(shape_of_sums(context, lanes)), history, weights))
    predictions, window, described = (np.zeros((n, lanes), np.int32) for n in (len(experts), 3, model.w1.shape[1]))
    values = Lanes(predictions, window, described, scratch(model.network, lanes))
    return ChannelState(number, tuple(experts), model.network, model.cumulative, values)
