"""What a tile's coding works on: skewed planes, the experts' sums, what follows the tile, the values of a step.

Everything is a numpy array in a named tuple, and all of a tile's in one that kernels take.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.lanes import apart, zeros
from hybridcodec.machine.outer import VECTOR
from hybridcodec.machine.pairs import round_up
from hybridcodec.machine.recursion import Room, room_for
from hybridcodec.residual.adaptive import features, gradients, mixture, offsets, wavefront
from hybridcodec.residual.adaptive.channel_model import CHANNELS
from hybridcodec.residual.adaptive.experts import Expert
from hybridcodec.residual.adaptive.learning import Learning, begin_learning
from hybridcodec.residual.adaptive.model import MAX_EXPERTS, MAX_PHASED, AdaptiveChannel, AdaptiveModel, Rates, Settings
from hybridcodec.residual.adaptive.network import OUTPUTS, Network, scratch
from hybridcodec.residual.adaptive.offsets import Offsets
from hybridcodec.residual.adaptive.phases import PHASES
from hybridcodec.residual.adaptive.wavefront import PAD
from hybridcodec.residual.least_squares import LAG, count_sums, shape_of_sums

I32 = NDArray[np.int32]
F32 = NDArray[np.float32]
_LINE = 16
BLEND: Final = MAX_EXPERTS + MAX_PHASED
"""Where the blend stands among the experts of a channel."""


class Shared(NamedTuple):
    """What all channels of a tile share."""

    samples: I32
    """(6, steps, lanes) skewed."""
    errors: I32
    """(E + 1 + F, 3, rows, lanes) skewed, of the latest steps alone, of the experts, of the blend, and of experts of
    phases."""
    scales: I32
    """(3, lanes)."""
    plain: I32
    """(6, lanes) from `experts.stand_plain`."""
    room: Room
    """For the sums of the largest expert."""
    value: F32
    """(lanes,) working memory."""
    mixed: I32
    """(`mixture.ROOM`, lanes): the mixtures of the current step and channel."""
    edges: I32
    """(COMPONENTS, `gradients.EDGES`, lanes) working memory."""
    by_scale: I32
    exponentials: I32
    widths: I32
    rates: Rates
    classes: I32
    """From `offsets.classes_of`."""
    experts: int
    """E of a channel, without the blend and those of phases."""
    phased: int
    """F of a channel, of four phases."""
    channels: int
    """How many of the three are coded."""
    height: int
    width: int
    top: int


class Lanes(NamedTuple):
    """Values of the current step of one channel, per lane."""

    experts: I32
    """(E + F + 1, lanes) predictions, of those of phases last; the last row is working memory."""
    window: I32
    """(3, lanes): centre, first value of the window, log2 of its bins' width."""
    features: I32
    outputs: I32
    """Room of `network.evaluate`."""
    around: I32
    """(E + 1 + F, lanes) weighted errors around, in the order of `Shared.errors`."""


class ChannelState(NamedTuple):
    """One channel of a tile being coded."""

    number: int
    experts: tuple[Expert, ...]
    """Those that the network knows, those of phases, and at BLEND their blend; as many as there may be, so that kernels
    are compiled once. Their arrays have a first axis for phases, of 1, 4, or 0 where the model has none."""
    network: Network
    cumulative: I32
    curves: I32
    learning: Learning
    offsets: Offsets
    lanes: Lanes


class Working(NamedTuple):
    """All that kernels work on."""

    shared: Shared
    states: tuple[ChannelState, ChannelState, ChannelState]
    """Of all three channels, whether they are coded or not: so that kernels are compiled once."""


class Tile:
    """State of one tile while it is coded."""

    def __init__(self, model: AdaptiveModel, base: I32, samples: I32 | None, channels: int, top: int) -> None:
        """Prepare to code a tile.

        Args:
            model: what it starts with.
            base: (3, H, W) base picture in coding order.
            samples: the same of the picture, when encoding.
            channels: how many of the three are coded, 1 or 3; the others keep the values of `base`.
            top: largest sample value.
        """
        self.height, self.width = base.shape[1:]
        self.channels, self.top = channels, top
        lanes = round_up(self.height + 2 * PAD + VECTOR, _LINE)  # whole vectors, and what their neighbours reach
        self.known = np.zeros((0, 0, lanes), np.int32) if samples is None else self._skewed(samples, lanes)
        planes = self._skewed(np.concatenate([base, base]), lanes)
        most = max(count_sums(context) for channel in model.channels for context in _contexts(channel))
        self.shared = Shared(
            samples=planes,
            errors=wavefront.recent_planes(model.experts + 1 + model.phased, CHANNELS, lanes),
            scales=_numbers(CHANNELS, lanes),
            plain=_numbers(2 * CHANNELS, lanes),
            room=room_for(max(most, 16), np.float32),
            value=zeros((lanes,), PAD, np.float32),
            mixed=_numbers(mixture.ROOM, lanes),
            edges=_numbers(mixture.COMPONENTS, gradients.EDGES, lanes),
            by_scale=model.by_scale,
            exponentials=model.exponentials,
            widths=model.widths,
            rates=model.rates,
            classes=offsets.classes_of(model.thresholds),
            experts=model.experts,
            phased=model.phased,
            channels=channels,
            height=self.height,
            width=self.width,
            top=top,
        )
        first, second, third = (
            _channel_state(c, model.channels[c], model.rates, lanes if c < channels else 0) for c in range(CHANNELS)
        )
        self.shared.scales[:] = features.FLOOR
        self.working = Working(self.shared, (first, second, third))

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


def _channel_state(number: int, model: AdaptiveChannel, rates: Rates, lanes: int) -> ChannelState:
    start = model.start
    count, together = len(start.contexts), len(_contexts(model))
    contexts = (*start.contexts, np.zeros((together, 3), np.int32))
    *experts, blend = (_expert(*pair, lanes) for pair in zip(contexts, model.settings, strict=True))
    nothing = _expert(np.zeros((0, 3), np.int32), model.settings[-1], 0, 0)
    phased = [_expert(*own, lanes, PHASES) for own in model.phased]
    absent = [nothing] * (MAX_EXPERTS - count), [nothing] * (MAX_PHASED - len(phased))
    everyone = (*experts, *absent[0], *phased, *absent[1], blend)
    network = Network(apart(start.network.pairs), apart(start.network.bias))
    tables = Offsets(
        zeros((offsets.ROWS, VECTOR), 0, np.float32),
        apart(np.zeros((lanes, offsets.CONTEXTS), np.uint64)),
        apart(np.full(OUTPUTS, rates.start, np.float32)),
        zeros((VECTOR, lanes), PAD, np.float32),
        zeros((VECTOR, VECTOR), 0, np.float32),
        apart(np.zeros(OUTPUTS, np.float32)),
    )
    sizes = together + 1, 3, start.w1.shape[1], together + 1
    predictions, window, described, around = (_numbers(n, lanes) for n in sizes)
    values = Lanes(predictions, window, described, scratch(network, lanes), around)
    return ChannelState(
        number, everyone, network, start.cumulative, start.curves, begin_learning(start, lanes), tables, values
    )


def _contexts(model: AdaptiveChannel) -> list[I32]:
    """Regressors of all experts."""
    return [*model.start.contexts, *(own.context for own in model.phased)]


def _numbers(*shape: int) -> I32:
    """Zeros, lanes last."""
    return zeros(shape, PAD, np.int32)


def _expert(context: I32, settings: Settings, lanes: int, phases: int = 1) -> Expert:
    n = len(context)
    sums = zeros((phases, *shape_of_sums(context, lanes)), 0, np.float32)
    history = zeros((phases, LAG, n + 1, lanes), PAD, np.float32)
    weights = zeros((phases, n, lanes), PAD, np.float32)
    return Expert(context, settings.forget, settings.ridge, settings.floor, settings.own, sums, history, weights)
