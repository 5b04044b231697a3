"""The model as data: experts and their weighting, network and tables, and how fast what adapts does so; checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import ModelError
from hybridcodec.residual.adaptive import features
from hybridcodec.residual.adaptive.channel_model import (
    CHANNELS,
    FORGET_UNIT,
    ChannelModel,
    check_context,
    check_network,
    check_tables,
    int32,
    prove,
)
from hybridcodec.residual.adaptive.network import HIDDEN_LIMIT, WEIGHT_BITS, WEIGHT_LIMIT

I32 = NDArray[np.int32]

MAX_EXPERTS: Final = 4
MAX_PHASED: Final = 2
"""Most experts of four phases."""
MAX_REGRESSORS: Final = 64
MAX_HIDDEN: Final = 128
REACH: Final = 3
"""Rows and columns that a regressor is away at most."""
SETTINGS: Final = 4
RIDGE_BITS: Final = 10
"""Ridges are stored in 2 ** -RIDGE_BITS."""
SETTINGS_LIMIT: Final = 1 << 15
"""Largest ridge and number of the weighting, as stored: sums of errors stay below 2^31."""
BIAS_BITS: Final = 17
"""Biases of the last layer are in 2 ** -BIAS_BITS: a weight's unit times a feature's."""
RATE_BITS: Final = 30
"""Rates, decays and guards are stored in 2 ** -RATE_BITS."""


class Rates(NamedTuple):
    """How a tile's model follows its samples; float32, rates per step.

    Attributes:
        layer: of the last layer and its bias.
        linear: of the linear path.
        first: share of the mean of gradients that stays at a step.
        second: the same of the mean of their squares.
        guard: added to the root of that mean.
        offset: of the tables of offsets.
        keep: share of the mean square of each output's gradients that stays.
        offset_guard: added to that mean.
        start: that mean before the first step.
        clip: largest magnitude of the gradient of a mean or a log scale.
        samples: how many a step of the weights takes together at least.
        drift: how far weights and biases go from where they start, at most.
    """

    layer: np.float32
    linear: np.float32
    first: np.float32
    second: np.float32
    guard: np.float32
    offset: np.float32
    keep: np.float32
    offset_guard: np.float32
    start: np.float32
    clip: np.float32
    samples: int
    drift: np.float32


class Thresholds(NamedTuple):
    """Where the contexts of offsets divide features."""

    sign: int
    small: int
    large: int
    coarse: int
    fine: int


class Settings(NamedTuple):
    """How an expert forgets and weighs, see `contexts.Recipe`; the last two as stored."""

    forget: np.float32
    ridge: np.float32
    floor: int
    own: int


class Phased(NamedTuple):
    """An expert of four phases: its regressors (n, 3), as those of others, and its settings."""

    context: I32
    settings: Settings


@dataclass(frozen=True)
class AdaptiveChannel:
    """Model of one channel, in coding order; the last settings are those of the blend."""

    start: ChannelModel
    settings: tuple[Settings, ...]
    phased: tuple[Phased, ...] = ()


@dataclass(frozen=True)
class AdaptiveModel:
    """A model that passed its checks; build it with `from_tensors`."""

    channels: tuple[AdaptiveChannel, ...]
    by_scale: I32
    """(2, MAX_SCALE + 1): reciprocals and logarithms of the local scale."""
    exponentials: I32
    widths: I32
    """(2, steps): widths of components and their inverses, by log scale."""
    rates: Rates
    thresholds: Thresholds

    @property
    def experts(self) -> int:
        """Experts of a channel, without the blend."""
        return len(self.channels[0].start.contexts)

    @property
    def phased(self) -> int:
        """Experts of four phases of a channel."""
        return len(self.channels[0].phased)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[np.generic]]) -> "AdaptiveModel":
        """Build the model from named integer arrays.

        Raises:
            ModelError: an array is missing, has the wrong type or shape, or breaks the accumulator bound.
        """
        try:
            rates, thresholds = _rates(int32(tensors["rates"])), _thresholds(int32(tensors["thresholds"]))
            channels = tuple(_channel(tensors, c, rates) for c in range(CHANNELS))
            tables = {name: int32(tensors[name]) for name in ("logs", "exponentials", "scales", "inverses")}
        except KeyError as error:
            raise ModelError(f"residual model lacks the array {error}") from error
        if len({(len(channel.settings), len(channel.phased)) for channel in channels}) > 1:
            raise ModelError("all channels of a residual model have the same number of experts")
        check_tables(tables)
        by_scale = np.stack([features.reciprocal_table(), tables["logs"]])
        widths = np.stack([tables["scales"], tables["inverses"]])
        return cls(channels, by_scale, tables["exponentials"], widths, rates, thresholds)


def _rates(stored: I32) -> Rates:
    if stored.shape != (len(Rates._fields),):
        raise ModelError(f"rates has the shape {stored.shape}, expected {len(Rates._fields)} numbers")
    *numbers, clip, samples, drift = stored.tolist()
    if min(stored.tolist()) < 0 or max(numbers) >= 1 << RATE_BITS or samples < 1 or min(numbers[4], numbers[7]) < 1:
        raise ModelError("rates are positive, decays below 1")
    scaled = [np.float32(number) * np.float32(2.0**-RATE_BITS) for number in numbers]
    return Rates._make([*scaled, np.float32(clip), samples, np.float32(drift) * np.float32(2.0**-WEIGHT_BITS)])


def _thresholds(stored: I32) -> Thresholds:
    if stored.shape != (len(Thresholds._fields),) or stored.min() < 1 or stored.max() > features.LIMIT:
        raise ModelError(f"thresholds are {len(Thresholds._fields)} numbers from 1 to {features.LIMIT}")
    return Thresholds(*stored.tolist())


def _channel(tensors: Mapping[str, NDArray[np.generic]], c: int, rates: Rates) -> AdaptiveChannel:
    settings = _settings(int32(tensors[f"{c}.experts"]), f"channel {c}: experts", 2, MAX_EXPERTS + 1)
    contexts = tuple(_context(tensors, f"{c}.context.{e}", c) for e in range(len(settings) - 1))
    names = ("w1", "b1", "w2", "b2", "w3", "b3", "linear", "cumulative")
    forgets = tuple(float(expert.forget) for expert in settings)
    start = ChannelModel(contexts, forgets, **{name: int32(tensors[f"{c}.{name}"]) for name in names})
    check_network(start, c)
    _check_adapted(start, c, rates)
    return AdaptiveChannel(start, settings, _phased(tensors, c))


def _phased(tensors: Mapping[str, NDArray[np.generic]], c: int) -> tuple[Phased, ...]:
    """The experts of four phases, if there are any."""
    if f"{c}.phased" not in tensors:
        return ()
    settings = _settings(int32(tensors[f"{c}.phased"]), f"channel {c}: experts of phases", 1, MAX_PHASED)
    return tuple(Phased(_context(tensors, f"{c}.phased.{e}", c), own) for e, own in enumerate(settings))


def _context(tensors: Mapping[str, NDArray[np.generic]], name: str, c: int) -> I32:
    context = int32(tensors[name])
    check_context(context, c, REACH, MAX_REGRESSORS)
    return context


def _settings(stored: I32, name: str, least: int, most: int) -> tuple[Settings, ...]:
    if stored.ndim != 2 or stored.shape[1] != SETTINGS or not least <= len(stored) <= most:
        raise ModelError(f"{name} has the shape {stored.shape}, expected ({least} to {most}, {SETTINGS})")
    forget, ridge, floor, own = stored.T
    if min(forget.min(), ridge.min(), floor.min()) < 1 or forget.max() >= FORGET_UNIT or own.min() < 0:
        raise ModelError(f"{name}: forgetting factors lie in (0, 1), ridges and floors above 0")
    if max(ridge.max(), floor.max(), own.max()) > SETTINGS_LIMIT:
        raise ModelError(f"{name}: ridges and weighting reach up to {SETTINGS_LIMIT}")
    return tuple(
        Settings(np.float32(f) / np.float32(FORGET_UNIT), np.float32(r) / np.float32(1 << RIDGE_BITS), w, o)
        for f, r, w, o in stored.tolist()
    )


def _check_adapted(start: ChannelModel, c: int, rates: Rates) -> None:
    """Prove the accumulators of what adapts wherever it can go (rule R2)."""
    hidden = len(start.b2)
    if hidden % 4 or hidden > MAX_HIDDEN:
        raise ModelError(f"channel {c}: {hidden} hidden units, expected a multiple of 4 up to {MAX_HIDDEN}")
    drift = round(float(rates.drift) * (1 << WEIGHT_BITS))
    if drift > WEIGHT_LIMIT:
        raise ModelError(f"weights drift by up to {WEIGHT_LIMIT}, found {drift}")
    w3, linear = (np.abs(weights) + drift for weights in (start.w3, start.linear))
    bias = np.abs(start.b3.astype(np.int64)) + (drift << (BIAS_BITS - WEIGHT_BITS))
    if int(bias.max()) >= 1 << 31:
        raise ModelError(f"channel {c}: biases of the last layer could leave 32 bits")
    prove(w3, bias.astype(np.int32), 2 * HIDDEN_LIMIT, f"channel {c}: w3 while it adapts")
    prove(linear, start.b3[:1] * 0, features.LIMIT, f"channel {c}: linear while it adapts")
