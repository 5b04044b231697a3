"""What a tile starts with, by channel: contexts of experts, weights of the network, tables; checked once.

`model` adds how experts weigh samples and how fast what adapts does so. Source: `hybridcodec.train.adaptive`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import ModelError
from hybridcodec.integer.proof import INT32_LIMIT, check_accumulators
from hybridcodec.residual.adaptive import features, gradients, mixture
from hybridcodec.residual.adaptive.network import HIDDEN_LIMIT, WEIGHT_BITS, WEIGHT_LIMIT, Network, pack_network
from hybridcodec.residual.least_squares import LAG

I32 = NDArray[np.int32]

CHANNELS: Final = 3
FORGET_UNIT: Final = 256
"""`forget` is stored in 1/256, so that it is an exact float64."""


@dataclass(frozen=True)
class ChannelModel:
    """Model of one channel, in coding order, as a tile starts with it.

    Contexts are (n, 3) int32 of plane, dy, dx; w1 (hidden, inputs), w2 (hidden, hidden), w3 (outputs, hidden) and
    linear (1, inputs) are 16-bit integers in 2 ** -WEIGHT_BITS; cumulative is (COMPONENTS, TABLE_SIZE).
    """

    contexts: tuple[I32, ...]
    forgets: tuple[float, ...]
    w1: I32
    b1: I32
    w2: I32
    b2: I32
    w3: I32
    b3: I32
    linear: I32
    cumulative: I32

    @cached_property
    def network(self) -> Network:
        """The weights as `network.evaluate` takes them."""
        return pack_network(self.w1, self.b1, self.w2, self.b2, self.w3, self.b3, self.linear)

    @cached_property
    def curves(self) -> I32:
        """The distributions with their slopes, of `gradients.curves_of`."""
        return gradients.curves_of(self.cumulative)


def int32(array: NDArray[np.generic]) -> I32:
    """Return an array of a model file; raises ModelError where it holds no numbers of 32 bits."""
    if array.dtype.kind not in "iu" or array.size == 0:
        raise ModelError(f"residual model arrays are integers, found {array.dtype} {array.shape}")
    wide = array.astype(np.int64)
    if int(np.abs(wide).max()) >= INT32_LIMIT:
        raise ModelError("residual model holds numbers beyond 32 bits")
    return np.ascontiguousarray(wide.astype(np.int32))


def check_context(context: I32, c: int, away: int, most: int) -> None:
    """Refuse regressors that a decoder does not know yet: samples must be causal, the base picture need not be."""
    if context.ndim != 2 or context.shape[1] != 3 or len(context) > most:
        raise ModelError(f"channel {c}: a context is up to {most} rows of plane, dy, dx")
    for plane, dy, dx in context.tolist():
        reach = abs(dx) <= away and abs(dy) <= away
        known = dx + LAG * dy < 0 and dy <= 0
        here = dy == 0 and dx == 0 and plane < c
        allowed = 0 <= plane < 2 * CHANNELS and (known or here or plane >= CHANNELS)
        if not (reach and allowed):
            raise ModelError(f"channel {c}: the regressor (plane {plane}, {dy}, {dx}) is not known when it is needed")


def network_shapes(channel: int, experts: int, hidden: int) -> dict[str, tuple[int, ...]]:
    """Shapes of a channel's weights and tables, by name."""
    inputs, outputs = features.count_features(channel, experts), 3 * mixture.COMPONENTS
    return {
        "w1": (hidden, inputs),
        "b1": (hidden,),
        "w2": (hidden, hidden),
        "b2": (hidden,),
        "w3": (outputs, hidden),
        "b3": (outputs,),
        "linear": (1, inputs),
        "cumulative": (mixture.COMPONENTS, mixture.TABLE_SIZE),
    }


def check_network(model: ChannelModel, c: int) -> None:
    """Refuse weights and tables of other shapes, and sums that could leave 32 bits, by ModelError."""
    for name, shape in network_shapes(c, len(model.contexts), model.b2.size).items():
        if getattr(model, name).shape != shape:
            raise ModelError(f"channel {c}: {name} has the shape {getattr(model, name).shape}, expected {shape}")
    prove(model.w1, model.b1, features.LIMIT, f"channel {c}: w1")
    prove(model.w2, model.b2, HIDDEN_LIMIT, f"channel {c}: w2")
    prove(model.w3, model.b3, 2 * HIDDEN_LIMIT, f"channel {c}: w3")
    prove(model.linear, model.b3[:1] * 0, features.LIMIT, f"channel {c}: linear")
    steps = np.diff(model.cumulative.astype(np.int64), axis=1)
    if int(model.cumulative.min()) < 0 or int(model.cumulative.max()) > 1 << mixture.TOTAL_BITS or steps.min() < 0:
        raise ModelError(f"channel {c}: cumulative tables rise from 0 to at most {1 << mixture.TOTAL_BITS}")


def prove(weights: I32, bias: I32, largest: int, name: str) -> None:
    """The accumulator proof (rule R2), with the half that is added before the sum is shifted; weights are 16-bit."""
    if int(np.abs(weights.astype(np.int64)).max()) > WEIGHT_LIMIT:
        raise ModelError(f"{name}: weights are within +-{WEIGHT_LIMIT}")
    half = np.int64(1) << (WEIGHT_BITS - 1)
    check_accumulators(weights, np.abs(bias.astype(np.int64)) + half, largest, INT32_LIMIT, name)


def check_tables(tables: Mapping[str, I32]) -> None:
    """Refuse tables that kernels could not look up in, by ModelError."""
    entries = mixture.LOG_SCALE_HIGH - mixture.LOG_SCALE_LOW + 1
    if tables["logs"].shape != (features.MAX_SCALE + 1,) or np.abs(tables["logs"]).max() > features.LIMIT:
        raise ModelError(f"logs has {features.MAX_SCALE + 1} entries within +-{features.LIMIT}")
    for name in ("scales", "inverses"):
        if tables[name].shape != (entries,) or tables[name].min() < 1:
            raise ModelError(f"{name} has {entries} positive entries")
    exponentials = tables["exponentials"]
    if exponentials.ndim != 1 or exponentials.min() < 0 or exponentials[0] < 1 or exponentials.max() > 1 << 20:
        raise ModelError("exponentials fall from a positive number to zero")
