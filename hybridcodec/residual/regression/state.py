"""What a tile's coding works on: skewed planes, the experts' sums, the values of the current step.

Everything is a numpy array in a named tuple, and all of a tile's in one box that kernels take as one argument: what
Python hands over at each call would else take as long as the work.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numba.core import config, types
from numba.experimental import structref
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.pairs import VECTOR
from hybridcodec.residual.least_squares import SLOTS, SOLVE_EVERY, Expert
from hybridcodec.residual.regression import features, wavefront
from hybridcodec.residual.regression.model import ChannelModel, ResidualModel
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
    """(sums of the largest expert, lanes): working memory of `least_squares.solve`."""
    by_scale: I32
    exponentials: I32
    widths: I32
    tiles: int
    """Tiles side by side."""
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


@structref.register
class _WorkingType(types.StructRef):
    """numba's view of `Working`."""


class _Boxed(structref.StructRefProxy):
    """Python's view of the same."""


structref.define_proxy(_Boxed, _WorkingType, ["shared", "states"])


@kernel()
def _box(shared: Shared, states: tuple[ChannelState, ...]) -> Any:
    """Make a box; compiled code that is kept, where the class itself would compile anew in every process."""
    return _Boxed(shared, states)  # type: ignore[no-untyped-call]


class Working(NamedTuple):
    """All that kernels work on; `box` makes it one argument of theirs."""

    shared: Shared
    states: tuple[ChannelState, ...]

    def box(self) -> "Working":
        """The same for compiled kernels, by reference; itself where kernels run as plain Python."""
        plain: bool = config.DISABLE_JIT  # type: ignore[attr-defined]  # numba sets it at run time
        boxed: Working = self if plain else _box(self.shared, self.states)
        return boxed


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
        entries = [_entries(context) for c in range(channels) for context in model.channels[c].contexts]
        room = np.zeros((max(entries), self._pitch))
        tables = (model.by_scale, model.exponentials, model.widths)
        self.shared = Shared(planes, errors, scales, room, *tables, self.count, self.height, self.width, top)
        pool = _Pool(sum(entries), lanes)
        self.states = tuple(_channel_state(c, model.channels[c], lanes, pool) for c in range(channels))
        self.working = Working(self.shared, self.states).box()

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
    predictions, window, described = (np.zeros((n, lanes), np.int32) for n in (len(experts), 3, model.w1.shape[1]))
    values = Lanes(predictions, window, described, scratch(model.network, lanes))
    return ChannelState(number, tuple(experts), model.network, model.cumulative, values)
