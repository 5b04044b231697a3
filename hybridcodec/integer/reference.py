"""The same arithmetic as `layers` and `network` in plain NumPy int64: slow, obvious, and the definition.

No floating point, no library kernel: sums of int64 products and arithmetic shifts, which round towards minus infinity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hybridcodec.integer.layers import Activation, Convolution, Linear, Requantisation
from hybridcodec.integer.network import Block, Network

I64 = NDArray[np.int64]


def requantise(accumulators: I64, requantisation: Requantisation) -> I64:
    """Shift integers (N, out, ...) right per output channel, rounding half up."""
    channel = (-1, *[1] * (accumulators.ndim - 2))
    rounding, shift = requantisation.rounding.reshape(channel), requantisation.shift.reshape(channel)
    shifted: I64 = np.right_shift(accumulators + rounding, shift)
    return shifted


def clip(x: I64, activation: Activation) -> I64:
    """Clip to the activation's limits."""
    return np.minimum(np.maximum(x, activation.low), activation.high)


def linear(x: I64, layer: Linear) -> I64:
    """Map (n, in) to (n, out)."""
    products = x[:, None, :] * layer.weight.astype(np.int64)[None]  # (n, out, in)
    return requantise(products.sum(axis=2) + layer.bias.astype(np.int64), layer.requantisation)


def convolve(x: I64, layer: Convolution) -> I64:
    """Map (N, in, h, w) to (N, out, h, w)."""
    N, _, h, w = x.shape
    out, _, kernel, _ = layer.weight.shape
    padded = np.pad(x, ((0, 0), (0, 0), (kernel // 2,) * 2, (kernel // 2,) * 2))
    weight = layer.weight.astype(np.int64)
    total = np.zeros((N, out, h, w), np.int64) + layer.bias.astype(np.int64).reshape(1, -1, 1, 1)
    for row in range(kernel):
        for column in range(kernel):
            tap = padded[:, :, row : row + h, column : column + w]
            total += np.einsum("oi,nihw->nohw", weight[:, :, row, column], tap)
    return requantise(total, layer.requantisation)


def pixel_shuffle(x: I64, upscale: int) -> I64:
    """Rearrange (N, C * r * r, h, w) to (N, C, h * r, w * r)."""
    N, channels, h, w = x.shape
    split = x.reshape(N, channels // upscale**2, upscale, upscale, h, w)
    return split.transpose(0, 1, 4, 2, 5, 3).reshape(N, -1, h * upscale, w * upscale)


def run(network: Network, x: I64) -> I64:
    """Run a whole network on integers (N, in, h, w)."""
    x = entered = clip(x, network.inputs)
    for stage in network.stages:
        if stage.block is Block.ENTER:
            entered = x
        x = pixel_shuffle(convolve(x, stage.convolution), stage.shuffle.upscale)
        if stage.block is Block.LEAVE:
            x = x + entered
        x = clip(x, stage.activation)
    return x
