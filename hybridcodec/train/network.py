"""The float network of the base layer, built from the schema that its integer twin shares.

Values in the networks are about one in size: samples enter as (sample - 128) / 64.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.chains import Layer
from hybridcodec.base.floats import chain_outputs
from hybridcodec.base.hyperprior.schema import G_A, G_S, H_A, H_S, HYPER_LATENTS, LATENTS
from hybridcodec.base.units import LARGEST_SCALE, SCALES, SMALLEST_SCALE
from hybridcodec.integer import Block

SCALE_STEP = math.log(LARGEST_SCALE / SMALLEST_SCALE) / (SCALES - 1)


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


@dataclass(frozen=True)
class Forward:
    """What one pass gives: samples (N, 3, H, W) on 0..255, and bits of y and z over the batch."""

    samples: Tensor
    y_bits: Tensor
    z_bits: Tensor


class BaseNetwork(nn.Module):
    """Mean-scale hyperprior autoencoder (Minnen et al. 2018, without the context model)."""

    def __init__(self) -> None:
        super().__init__()
        self.g_a, self.h_a = Chain(G_A), Chain(H_A)
        self.g_s: nn.Module = Chain(G_S)
        self.h_s: nn.Module = Chain(H_S)
        self.z_mean = nn.Parameter(torch.zeros(1, HYPER_LATENTS, 1, 1))
        self.z_log_scale = nn.Parameter(torch.zeros(1, HYPER_LATENTS, 1, 1))
        with torch.no_grad():
            self.g_a.convolutions["out"].weight.mul_(4.0)  # type: ignore[operator]
            self.g_s.convolutions["stem"].weight.mul_(0.25)  # type: ignore[operator]
            self.h_a.convolutions["down64"].weight.mul_(2.0)  # type: ignore[operator]
            self.h_s.convolutions["out"].bias[LATENTS:].fill_(12.0)  # type: ignore[index]

    def forward(self, samples: Tensor) -> Forward:
        """Code float samples (N, 3, H, W) on 0..255, sides multiples of 64; noisy rate, rounded reconstruction."""
        y = self.analyse(samples).float()
        z = self.h_a(y).float()
        z_bits = self.bits_of_z(z + torch.rand_like(z) - 0.5)
        mean, scale = self.parameters_of_y(straight_round(z))
        y_bits = gaussian_bits(y - mean + torch.rand_like(y) - 0.5, scale)
        y_hat = straight_round(y - mean) + mean
        return Forward(self.synthesise(y_hat), y_bits.sum(), z_bits.sum())

    def evaluate(self, samples: Tensor) -> Forward:
        """As `forward`, but with the rate of the rounded latents, as deployed."""
        y = self.analyse(samples).float()
        z_hat = torch.round(self.h_a(y).float())
        mean, scale = self.parameters_of_y(z_hat)
        rounded = torch.round(y - mean)
        bits = gaussian_bits(rounded, scale).sum(), self.bits_of_z(z_hat).sum()
        return Forward(self.synthesise(rounded + mean), *bits)

    def analyse(self, samples: Tensor) -> Tensor:
        """Return y (N, LATENTS, H / 16, W / 16)."""
        x: Tensor = self.g_a(F.pixel_unshuffle((samples - 128) / 64, 4))
        return x

    def synthesise(self, y_hat: Tensor) -> Tensor:
        """Return samples on 0..255, not clamped."""
        x: Tensor = self.g_s(y_hat)
        return x.float() * 64 + 128

    def parameters_of_y(self, z_hat: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and scale of y, in quantisation steps."""
        mean, index = self.h_s(z_hat).float().chunk(2, 1)
        return mean, torch.exp(math.log(SMALLEST_SCALE) + SCALE_STEP * bounded(index, 0.0, SCALES - 1.0))

    def bits_of_z(self, z: Tensor) -> Tensor:
        """Return bits per element under one logistic distribution per channel."""
        centred = (z - self.z_mean).abs()
        scale = torch.exp(-self.z_log_scale)
        mass = torch.sigmoid((0.5 - centred) * scale) - torch.sigmoid((-0.5 - centred) * scale)
        return -torch.log2(mass.clamp_min(1e-9))


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


def gaussian_bits(centred: Tensor, scale: Tensor) -> Tensor:
    """Return bits per element of a zero-mean Gaussian convolved with the unit step."""
    magnitude = centred.abs()
    root = scale * math.sqrt(2.0)
    mass = 0.5 * (torch.erfc((magnitude - 0.5) / root) - torch.erfc((magnitude + 0.5) / root))
    return -torch.log2(mass.clamp_min(1e-9))
