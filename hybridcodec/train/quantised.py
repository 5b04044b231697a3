"""The float network on the integer grid: fake quantisation whose result equals the integer twin's, bit for bit.

All scales are powers of two, so real values on the grid are integers times an exact factor and float32 arithmetic on
them is the integer arithmetic of `hybridcodec.integer`. The gradients pass straight through the rounding (Jacob et al.
2018). Scales are fixed once, by calibration; only weights and biases are tuned afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.chains import Layer
from hybridcodec.errors import ModelError
from hybridcodec.integer import FLOAT32_LIMIT, Block
from hybridcodec.train.network import Chain

WEIGHT_LIMIT = 127
ACTIVATION_LIMIT = 511
"""Nine bits and a sign: float32's 24 bits leave room for that with 8-bit weights, and it costs nothing."""
WIDE_INPUT = 1000
"""Layers with larger inputs run in float64 rather than with fewer bits a weight."""
QUANTILE = 0.9999
MAX_WEIGHT_SHIFT = 20


@dataclass(frozen=True)
class Grid:
    """Scales of one layer, as exponents of two: real value = integer * 2^-exponent."""

    inputs: int
    weights: Tensor
    """(out, 1, 1, 1)"""
    outputs: Tensor
    """(out,)"""
    low: int
    high: int

    @property
    def accumulators(self) -> Tensor:
        """Exponents of the accumulators, (out,)."""
        return self.weights.flatten() + self.inputs

    def packed(self) -> Tensor:
        """Return all numbers as one tensor, for a checkpoint."""
        head = torch.tensor([self.inputs, self.low, self.high], dtype=torch.float32)
        return torch.cat((head, self.weights.flatten().cpu(), self.outputs.cpu()))

    @classmethod
    def unpacked(cls, numbers: Tensor) -> Grid:
        """Undo `packed`."""
        inputs, low, high = (int(v) for v in numbers[:3])
        weights, outputs = numbers[3:].cpu().chunk(2)
        return cls(inputs, weights.reshape(-1, 1, 1, 1), outputs, low, high)


class QuantisedChain(nn.Module):
    """A `Chain` whose weights, biases and activations lie on `grids`."""

    def __init__(self, chain: Chain, grids: Sequence[Grid], input_limit: int, weight_limit: int = WEIGHT_LIMIT) -> None:
        super().__init__()
        self.weight_limit = weight_limit
        self.chain = chain
        self.layers = chain.layers
        self.input_limit = input_limit
        for layer, grid in zip(self.layers, grids, strict=True):
            self.register_buffer(f"grid_{layer.name}", grid.packed())

    @property
    def grids(self) -> tuple[Grid, ...]:
        """The scales of every layer."""
        return tuple(Grid.unpacked(self.get_buffer(f"grid_{layer.name}")) for layer in self.layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map real values on the input grid to real values on the output grid; always in float32."""
        with torch.autocast(x.device.type, enabled=False):
            limit = self.input_limit * 2.0 ** -self.grids[0].inputs
            x = entered = x.float().clamp(-limit, limit)
            for layer, grid in zip(self.layers, self.grids, strict=True):
                if layer.block is Block.ENTER:
                    entered = x
                x = F.pixel_shuffle(self._convolve(layer, grid, x), layer.upscale)
                if layer.block is Block.LEAVE:
                    x = x + entered
                unit = _output_unit(layer, grid).to(x.device)
                x = torch.minimum(torch.maximum(x, grid.low * unit), grid.high * unit)
            return x

    def _convolve(self, layer: Layer, grid: Grid, x: Tensor) -> Tensor:
        weight, bias = self.integers(layer, grid)
        unit = torch.exp2(-grid.accumulators.to(x.device))
        weight = weight * torch.exp2(-grid.weights.to(x.device))
        x = F.conv2d(x, weight, bias * unit, padding=layer.kernel // 2)
        step = torch.exp2(grid.outputs.to(x.device)).reshape(-1, 1, 1)
        return _straight(torch.floor, x * step + 0.5) / step

    def integers(self, layer: Layer, grid: Grid) -> tuple[Tensor, Tensor]:
        """Return integer weights and biases in float tensors, with straight-through gradients."""
        weight, bias = self.chain.layer_parameters(layer.name)
        scaled = (weight * torch.exp2(grid.weights.to(weight.device))).clamp(-self.weight_limit, self.weight_limit)
        rounded = _straight(torch.round, scaled)
        return rounded, _straight(torch.round, bias * torch.exp2(grid.accumulators.to(weight.device)))

    @torch.no_grad()
    def arrays(self, network: str) -> dict[str, NDArray[Any]]:
        """Return the model file's arrays of this network."""
        found: dict[str, NDArray[Any]] = {}
        for layer, grid in zip(self.layers, self.grids, strict=True):
            weight, bias = self.integers(layer, grid)
            name = f"{network}.{layer.name}"
            kind = np.int8 if self.weight_limit == WEIGHT_LIMIT else np.int16
            found[name + ".weight"] = weight.cpu().contiguous().numpy().astype(kind)
            found[name + ".bias"] = bias.cpu().numpy().astype(np.int32)
            found[name + ".shift"] = (grid.accumulators - grid.outputs).numpy().astype(np.int8)
            found[name + ".limits"] = np.array([grid.low, grid.high], np.int32)
        return found


def _straight(rounding: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    rounded: Tensor = x + (rounding(x) - x).detach()
    return rounded


def _output_unit(layer: Layer, grid: Grid) -> Tensor:
    """Return the unit of each channel after the pixel shuffle, (outputs, 1, 1)."""
    return torch.exp2(-grid.outputs[:: layer.upscale**2]).reshape(-1, 1, 1)


@dataclass(frozen=True)
class Ends:
    """The given ends of a network's grid."""

    input_exponent: int
    input_limit: int
    output_exponents: Tensor
    """(channels after the last pixel shuffle,)"""
    output_limit: int


@dataclass(frozen=True)
class Limits:
    """Largest magnitudes inside a network: of activations, and of weights, 127 or 32767."""

    activations: int = ACTIVATION_LIMIT
    weights: int = WEIGHT_LIMIT


USUAL = Limits()


@torch.no_grad()
def calibrate(chain: Chain, inputs: Sequence[Tensor], ends: Ends, limits: Limits = USUAL) -> QuantisedChain:
    """Choose the scales of `chain` from what real values do in it.

    Args:
        chain: the trained float network.
        inputs: batches (N, in, h, w) of values on the input grid.
        ends: scales of input and output.
        limits: of what is inside.

    Raises:
        ModelError: weights so large that an output would need a left shift.
    """
    exponents = _activation_exponents(chain, inputs, ends.input_exponent, limits.activations)
    grids: list[Grid] = []
    arriving, limit = ends.input_exponent, ends.input_limit
    for number, layer in enumerate(chain.layers):
        last = number == len(chain.layers) - 1
        leaving = ends.output_exponents if last else torch.full((layer.outputs,), float(exponents[number]))
        outputs = leaving.repeat_interleave(layer.upscale**2)
        high = ends.output_limit if last else limits.activations
        weights = _weight_exponents(chain, layer, arriving, limit, outputs, limits.weights)
        grids.append(Grid(arriving, weights.reshape(-1, 1, 1, 1), outputs, 0 if layer.relu else -high, high))
        arriving, limit = exponents[number], high
    return QuantisedChain(chain, grids, ends.input_limit, limits.weights)


def _activation_exponents(chain: Chain, inputs: Sequence[Tensor], arriving: int, limit: int) -> list[int]:
    """Return one exponent per layer output, equal along each residual path; a path from the input keeps `arriving`."""
    largest = [0.0] * len(chain.layers)
    for x in inputs:
        for number, value in enumerate(chain.outputs(x)):
            largest[number] = max(largest[number], quantile(value))
    found = [exponent_for(value, limit) for value in largest]
    paths = list(range(len(found)))
    for number, layer in enumerate(chain.layers):
        if layer.block is Block.LEAVE:
            paths[number] = paths[number - 2] if number > 1 else -1
    return [arriving if path < 0 else min(v for v, p in zip(found, paths, strict=True) if p == path) for path in paths]


def exponent_for(largest: float, limit: int = ACTIVATION_LIMIT) -> int:
    """Return the finest exponent under which a value of this magnitude stays within `limit`."""
    return math.floor(math.log2(limit / max(largest, 1e-3)))


def quantile(x: Tensor) -> float:
    """Return the magnitude that all but a few values of x stay below."""
    flat = x.abs().flatten()
    return float(flat.kthvalue(max(1, int(QUANTILE * flat.numel()))).values)


def _weight_exponents(
    chain: Chain, layer: Layer, arriving: int, limit: int, outputs: Tensor, weight_limit: int
) -> Tensor:
    """Return the finest exponent per output channel that 8 bits, the shift and, unless wide, float32 allow."""
    weight, bias = (p.detach().abs().flatten(1 if p.ndim > 1 else 0).cpu() for p in chain.layer_parameters(layer.name))
    exponents = torch.floor(torch.log2(weight_limit / weight.amax(1).clamp_min(1e-6)))
    exponents = torch.minimum(exponents, outputs - arriving + MAX_WEIGHT_SHIFT)
    if limit <= WIDE_INPUT:
        reach = weight.sum(1) * limit + bias * 2.0**arriving + 2.0 ** (arriving - outputs)
        exponents = torch.minimum(exponents, torch.floor(torch.log2(0.9 * FLOAT32_LIMIT / reach)))
    if bool((exponents + arriving < outputs).any()):
        raise ModelError(f"{layer.name}: weights are too large for the scale of its output")
    return exponents
