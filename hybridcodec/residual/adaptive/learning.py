"""The end of the network, following the tile: last layer, its bias, and the linear path take a step of Adam each step.

What adapts is how far a weight has gone from where the model file has it: float32, at most `Rates.drift` either way, so
that the proof of the accumulators holds at every moment. Rounded to the units of weights it is added to them.
Source: D. Kingma and J. Ba, Adam: a method for stochastic optimization (2015).
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanes import apart, zeros
from hybridcodec.machine.outer import VECTOR, add_products
from hybridcodec.machine.pairs import ROWS, round_up
from hybridcodec.residual.adaptive.channel_model import ChannelModel
from hybridcodec.residual.adaptive.mixture import COMPONENTS
from hybridcodec.residual.adaptive.model import BIAS_BITS, Rates
from hybridcodec.residual.adaptive.network import OUTPUTS, WEIGHT_BITS, Network

_UNIT: Final = np.float32(1 / 128)
"""One in hidden units and features."""
_WEIGHTS: Final = np.float32(1 << WEIGHT_BITS)
_BIASES: Final = np.float32(1 << BIAS_BITS)
_ONE, _HALF = np.float32(1), np.float32(0.5)

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]


class Learning(NamedTuple):
    """What follows the tile in one channel.

    Of (OUTPUTS + 1, columns) arrays, row k < OUTPUTS holds what belongs to the weights of output k and then to its
    bias, the last row what belongs to the linear path; columns beyond stay zero.

    Attributes:
        start: (OUTPUTS + 1, columns) integers of the model file.
        gradients: sums since the last step.
        first: means of gradients.
        second: means of their squares.
        drift: what is added to the start.
        state: (3,) powers of both decays, and how many samples the sums hold.
        hidden: units of a layer.
        inputs: features.
        slopes: (OUTPUTS + 1, lanes) gradients of outputs, and those of the means together.
        ones: (1, lanes).
    """

    start: I32
    gradients: F32
    first: F32
    second: F32
    drift: F32
    state: F32
    hidden: int
    inputs: int
    slopes: F32
    ones: I32


def begin_learning(model: ChannelModel, lanes: int) -> Learning:
    """Return what follows a tile with so many lanes, at its start."""
    hidden, inputs = model.w3.shape[1], model.linear.shape[1]
    columns = round_up(max(hidden + 1, inputs), VECTOR)
    start = np.zeros((OUTPUTS + 1, columns), np.int32)
    start[:OUTPUTS, :hidden], start[:OUTPUTS, hidden], start[OUTPUTS, :inputs] = model.w3, model.b3, model.linear[0]
    gradients, first, second, drift = (zeros((OUTPUTS + 1, columns), 0, np.float32) for _ in range(4))
    state = apart(np.array([1, 1, 0], np.float32))
    slopes = apart(np.zeros((OUTPUTS + 1, lanes), np.float32))
    return Learning(
        start, gradients, first, second, drift, state, hidden, inputs, slopes, np.full((1, lanes), 128, np.int32)
    )


@kernel(nogil=True, error_model="numpy")
def learn(
    learning: Learning, features: I32, last: I32, begin: int, end: int, count: int, rates: Rates, network: Network
) -> None:
    """Take what a step's samples teach into the network.

    Args:
        learning: its `slopes` hold the gradients of the outputs, zero in lanes that have no sample.
        features: (F, lanes).
        last: (hidden, lanes) what the last layer was given.
        begin: first lane of whole vectors.
        end: lane after their last.
        count: samples of the step.
        rates: of the model.
        network: receives the changed weights.
    """
    slopes, gradients, hidden, inputs = learning.slopes, learning.gradients, learning.hidden, learning.inputs
    means, own = slopes[OUTPUTS], slopes[COMPONENTS : 2 * COMPONENTS]
    for q in range(begin, end):
        means[q] = own[0, q] + own[1, q] + own[2, q]
    add_products(slopes[:OUTPUTS], last, begin, end, _UNIT, gradients[:OUTPUTS])
    add_products(slopes[:OUTPUTS], learning.ones, begin, end, _UNIT, gradients[:OUTPUTS, hidden:])
    add_products(slopes[OUTPUTS:], features, begin, end, _UNIT, gradients[OUTPUTS:])
    state = learning.state
    state[2] += np.float32(count)
    if state[2] < rates.samples:
        return
    state[0] *= rates.first
    state[1] *= rates.second
    step = Step(_ONE / state[2], _ONE / (_ONE - state[0]), _ONE / (_ONE - state[1]))
    state[2] = 0
    for k in range(OUTPUTS + 1):
        n = hidden + 1 if k < OUTPUTS else inputs
        rate = rates.layer if k < OUTPUTS else rates.linear
        moments = gradients[k, :n], learning.first[k, :n], learning.second[k, :n], learning.drift[k, :n]
        _move(moments, step, rate, rates)
    _write(learning, network)


class Step(NamedTuple):
    """Factors of a step: one part of its samples, and what makes up for means that began with nothing."""

    part: np.float32
    first: np.float32
    second: np.float32


@kernel(nogil=True, error_model="numpy")
def _move(moments: tuple[F32, F32, F32, F32], step: Step, rate: np.float32, rates: Rates) -> None:
    """Adam's step of some weights."""
    gradients, first, second, drift = moments
    fresh, fresher, limit = _ONE - rates.first, _ONE - rates.second, rates.drift
    for i in range(len(drift)):
        gradient = gradients[i] * step.part
        gradients[i] = 0
        mean = rates.first * first[i] + fresh * gradient
        square = rates.second * second[i] + fresher * gradient * gradient
        first[i], second[i] = mean, square
        moved = drift[i] - rate * (mean * step.first) / (np.sqrt(square * step.second) + rates.guard)
        moved = moved if moved < limit else limit
        drift[i] = moved if moved > -limit else -limit


@kernel(nogil=True)
def _write(learning: Learning, network: Network) -> None:
    """Put the changed weights, of 16 bits in pairs, and biases to where `network.evaluate` reads them."""
    hidden, inputs, last = learning.hidden, learning.inputs, network.pairs.shape[0] - ROWS
    for k in range(OUTPUTS + 1):
        n, row = (hidden, 2 * hidden + k) if k < OUTPUTS else (inputs, last)
        start, drift, pairs = learning.start[k], learning.drift[k], network.pairs[row]
        for p in range((n + 1) // 2):
            low = start[2 * p] + np.int32(np.floor(drift[2 * p] * _WEIGHTS + _HALF))
            high = np.int32(0)
            if 2 * p + 1 < n:
                high = start[2 * p + 1] + np.int32(np.floor(drift[2 * p + 1] * _WEIGHTS + _HALF))
            pairs[p] = (low & 0xFFFF) | (high << 16)
        if k < OUTPUTS:
            network.bias[row] = start[hidden] + np.int32(np.floor(drift[hidden] * _BIASES + _HALF))
