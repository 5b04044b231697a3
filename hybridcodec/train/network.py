"""Float networks, built from the schema that their integer twins share, and roundings that learn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn

from hybridcodec.base.chains import Layer
from hybridcodec.base.floats import chain_outputs
from hybridcodec.integer import Block


class Chain(nn.Module):
    """A float network: the convolutions of a tuple of schema layers."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        super().__init__()
        self.layers = layers
        self.convolutions = nn.ModuleDict({layer.name: _convolution(layer) for layer in layers})

    def forward(self, x: Tensor) -> Tensor:
        """Map float (N, inputs, h, w) to (N, outputs, h', w')."""
        *_, out = self.outputs(x)
        return out

    def outputs(self, x: Tensor) -> Iterator[Tensor]:
        """Yield the output of every layer."""
        return chain_outputs(self.layers, self.layer_parameters, x)

    def layer_parameters(self, name: str) -> tuple[Tensor, Tensor]:
        """Return weight and bias of a layer."""
        convolution = self.convolutions[name]
        return cast(Tensor, convolution.weight), cast(Tensor, convolution.bias)


def _convolution(layer: Layer) -> nn.Conv2d:
    outputs = layer.outputs * layer.upscale**2
    made = nn.Conv2d(layer.inputs, outputs, layer.kernel, stride=layer.stride, padding=layer.kernel // 2)
    gain = 0.3 if layer.block is Block.LEAVE else math.sqrt(2.0) if layer.relu else 1.0
    nn.init.normal_(made.weight, 0.0, gain / math.sqrt(layer.inputs * layer.kernel**2))
    nn.init.zeros_(made.bias)  # type: ignore[arg-type]
    return made


def straight_round(x: Tensor) -> Tensor:
    """Round with the gradient of the identity."""
    return x + (torch.round(x) - x).detach()


def bounded(x: Tensor, low: float, high: float) -> Tensor:
    """Clamp with a gradient that still leads back inside."""
    out: Tensor = _Bounded.apply(x, low, high)  # type: ignore[no-untyped-call]
    return out


class _Bounded(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.limits = low, high
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (x,), (gradient,) = ctx.saved_tensors, gradients
        low, high = ctx.limits
        passes = ((x >= low) | (gradient < 0)) & ((x <= high) | (gradient > 0))
        return gradient * passes, None, None
