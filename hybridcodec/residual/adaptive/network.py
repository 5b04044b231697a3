"""The small integer network of a channel: from features to the outputs that `mixture` makes a frequency row of.

Two hidden layers, the second added to the first, and a linear path to the means:

    h = active(w1 x + b1);  g = active(w2 h + b2);  out = w3 (h + g) + b3, and linear x added to the means

Weights are 16-bit integers in units of 2 ** -WEIGHT_BITS; sums of products stay below 2^31, proven when a model loads.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine import pairs
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanes import zeros
from hybridcodec.machine.pairs import ROWS, Layer, Weights, round_up
from hybridcodec.residual.adaptive.mixture import COMPONENTS, OUTPUT_LIMIT
from hybridcodec.residual.adaptive.wavefront import PAD

WEIGHT_BITS: Final = 10
WEIGHT_LIMIT: Final = (1 << 15) - 1
"""Largest magnitude of a weight."""
HIDDEN_LIMIT: Final = 4095
SLOPE_BITS: Final = 3
"""Negative activations are divided by 2 ** SLOPE_BITS."""
OUTPUTS: Final = 3 * COMPONENTS
UNBENT: Final = 1 << 30
"""A limit that no sum reaches."""
_OUTPUTS: Final = round_up(OUTPUTS, ROWS)
"""Rows that the outputs take, and ROWS more for the linear path."""

I32 = NDArray[np.int32]


Network = Weights
"""Weights of all layers below each other; each begins at a multiple of ROWS: w1, w2, w3, linear."""


def pack_network(w1: I32, b1: I32, w2: I32, b2: I32, w3: I32, b3: I32, linear: I32) -> Network:
    """Return the weights of one channel as `evaluate` takes them.

    Args:
        w1: (hidden, inputs).
        b1: (hidden,).
        w2: (hidden, hidden).
        b2: (hidden,).
        w3: (OUTPUTS, hidden).
        b3: (OUTPUTS,).
        linear: (1, inputs).
    """
    hidden, inputs = w1.shape
    widest = round_up(max(inputs, round_up(hidden, ROWS)), 2)
    layers = [(w1, b1), (w2, b2), (w3, b3), (linear, np.zeros(1, np.int32))]
    rows = [round_up(len(bias), ROWS) for _, bias in layers]
    weights = [pairs.pack_weights(layer, widest, n) for (layer, _), n in zip(layers, rows, strict=True)]
    biases = [np.pad(bias, (0, n - len(bias))) for (_, bias), n in zip(layers, rows, strict=True)]
    return Network(np.concatenate(weights), np.concatenate(biases).astype(np.int32))


def scratch(network: Network, lanes: int) -> I32:
    """Return room for what flows through `network`, (rows, lanes); its first OUTPUTS rows receive the outputs."""
    rows, pairs_of_inputs = network.pairs.shape
    hidden = (rows - _OUTPUTS - ROWS) // 2
    sides = hidden // 2 + max(pairs_of_inputs, hidden // 2)
    return zeros((_OUTPUTS + ROWS + 2 * hidden + sides, lanes), PAD, np.int32)


@kernel(nogil=True)
def last_rows(network: Network) -> tuple[int, int]:
    """Return which rows of the room hold h + g, what the last layer was given, after `evaluate`: first, and after."""
    hidden = (network.pairs.shape[0] - _OUTPUTS - ROWS) // 2
    return _OUTPUTS + ROWS + hidden, _OUTPUTS + ROWS + 2 * hidden


@kernel(nogil=True)
def evaluate(x: I32, low: int, high: int, network: Network, room: I32) -> None:
    """Network of one channel: features x (F, lanes) to room[:OUTPUTS], in 1 / OUTPUT_UNIT, within +-OUTPUT_LIMIT.

    Args:
        x: the features.
        low: first lane.
        high: lane after the last, a multiple of `pairs.VECTOR` beyond `low`.
        network: from `pack_network`.
        room: from `scratch`.
    """
    hidden, inputs = (network.pairs.shape[0] - _OUTPUTS - ROWS) // 2, (x.shape[0] + 1) // 2
    out, more = room[:_OUTPUTS], room[_OUTPUTS : _OUTPUTS + ROWS]
    h, g = room[_OUTPUTS + ROWS :][:hidden], room[_OUTPUTS + ROWS + hidden :][:hidden]
    packed = room[_OUTPUTS + ROWS + 2 * hidden :]
    sides, nothing = (packed[hidden // 2 :], packed[: hidden // 2]), room[:0]
    pairs.pack(x, low, high, sides[0])
    straight = Layer(network, 2 * hidden + _OUTPUTS, inputs, WEIGHT_BITS - 1, 0, UNBENT)
    pairs.multiply(straight, sides[0], low, high, nothing, more, nothing)
    first = Layer(network, 0, inputs, WEIGHT_BITS, SLOPE_BITS, HIDDEN_LIMIT)
    pairs.multiply(first, sides[0], low, high, nothing, h, sides[1])
    second = Layer(network, hidden, hidden // 2, WEIGHT_BITS, SLOPE_BITS, HIDDEN_LIMIT)
    pairs.multiply(second, sides[1], low, high, h, g, sides[0])
    last = Layer(network, 2 * hidden, hidden // 2, WEIGHT_BITS - 1, 0, UNBENT)
    pairs.multiply(last, sides[0], low, high, nothing, out, nothing)
    for k in range(OUTPUTS):
        value, shortcut = out[k, low:high], more[0, low:high]
        mean = k // COMPONENTS == 1
        for q in range(high - low):
            value[q] = min(max(value[q] + (shortcut[q] if mean else 0), -OUTPUT_LIMIT), OUTPUT_LIMIT)
