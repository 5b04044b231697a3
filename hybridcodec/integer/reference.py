"""The same arithmetic as `layers` and `network` in plain NumPy int64: slow, obvious, and the definition.

No floating point, no library kernel: sums of int64 products and arithmetic shifts, which round towards minus infinity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hybridcodec.integer.layers import Activation, Convolution, Requantisation
from hybridcodec.integer.network import Block, Network

I64 = NDArray[np.int64]


def requantise(accumulators: I64, requantisation: Requantisation) -> I64:
    """Shift integers (..., out) right per output channel, rounding half up."""
    shifted: I64 = np.right_shift(accumulators + requantisation.rounding, requantisation.shift)
    return shifted


def clip(x: I64, activation: Activation) -> I64:
    """Clip to the activation's limits."""
    return np.minimum(np.maximum(x, activation.low), activation.high)


def convolve(x: I64, layer: Convolution) -> I64:
    """Map (h, w, in) to (h, w, out)."""
    h, w, _ = x.shape
    out, _, kernel, _ = layer.weight.shape
    padded = np.pad(x, ((kernel // 2,) * 2, (kernel // 2,) * 2, (0, 0)))
    weight = layer.weight.astype(np.int64)
    total = np.zeros((h, w, out), np.int64) + layer.bias.astype(np.int64)
    for row in range(kernel):
        for column in range(kernel):
            tap = padded[row : row + h, column : column + w]
            total += np.einsum("oi,hwi->hwo", weight[:, :, row, column], tap)
    return requantise(total, layer.requantisation)


def pixel_shuffle(x: I64, upscale: int) -> I64:
    """Rearrange (h, w, C * r * r) to (h * r, w * r, C)."""
    h, w, channels = x.shape
    split = x.reshape(h, w, channels // upscale**2, upscale, upscale)
    return split.transpose(0, 3, 1, 4, 2).reshape(h * upscale, w * upscale, -1)


def run(network: Network, x: I64) -> I64:
    """Run a whole network on integers (h, w, in)."""
    x = entered = clip(x, network.inputs)
    for stage in network.stages:
        if stage.block is Block.ENTER:
            entered = x
        x = pixel_shuffle(convolve(x, stage.convolution), stage.shuffle.upscale)
        if stage.block is Block.LEAVE:
            x = x + entered
        x = clip(x, stage.activation)
    return x
