"""The decoder in floating point with gradients: what an encoder that searches for better latents looks through.

It is made of the integer model itself without its roundings, so that it stays close to it everywhere. Encoders alone
run it, and nothing is believed that integers do not confirm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.units import LARGEST_SCALE, MID_GRAY, SAMPLE_STEPS, SCALES, SMALLEST_SCALE
from hybridcodec.base.variable.model import Context, VariableModel
from hybridcodec.base.variable.places import passes
from hybridcodec.base.variable.schema import CONTEXT_STEPS, LATENTS, PASSES, SEEN_STEPS, STEPS
from hybridcodec.integer import Block, Network, Stage

SCALE_STEP: Final = math.log(LARGEST_SCALE / SMALLEST_SCALE) / (SCALES - 1)
SMALLEST_MASS: Final = 1e-9


class Soft:
    """An integer network without its roundings, on (1, C, h, w)."""

    def __init__(self, network: Network) -> None:
        self._inputs = network.inputs
        self._stages = [(stage, *_parameters(stage)) for stage in network.stages]

    @property
    def first_weights(self) -> Tensor:
        """Of the first stage, (out, in, k, k)."""
        return self._stages[0][1]

    def __call__(self, x: Tensor) -> Tensor:
        """Map real values, in units of the integers, to such."""
        x = entered = x.clamp(self._inputs.low, self._inputs.high).contiguous(memory_format=torch.channels_last)
        for stage, weight, bias in self._stages:
            if stage.block is Block.ENTER:
                entered = x
            x = F.conv2d(x, weight, bias, padding=weight.shape[2] // 2)
            x = x if stage.shuffle.upscale == 1 else F.pixel_shuffle(x, stage.shuffle.upscale)
            x = x + entered if stage.block is Block.LEAVE else x
            x = x.clamp(stage.activation.low, stage.activation.high)
        return x


@dataclass(frozen=True)
class Coded:
    """What a tile's latents (1, LATENTS, h, w) are coded as, in quantisation steps.

    Attributes:
        symbols: whole numbers that the entropy coder gets.
        scales: of the distributions that they are coded by.
        y_hat: what the decoder has of them.
        bits: of all, with a gradient.
    """

    symbols: Tensor
    scales: Tensor
    y_hat: Tensor
    bits: Tensor


class Twin:
    """The entropy model and the generator of a model, with gradients."""

    def __init__(self, model: VariableModel) -> None:
        self._contexts = [_SoftContext(context) for context in model.contexts]
        drawing = model.straight, model.trunk, model.see, model.tail, model.out
        self._straight, self._trunk, self._see, self._tail, self._out = map(Soft, drawing)

    def code(self, y: Tensor, first: Tensor, moved: Tensor) -> Coded:
        """Round and price latents pass by pass.

        Args:
            y: (1, LATENTS, h, w), in quantisation steps.
            first: what hyper-latents say of them (1, 2 * LATENTS, h, w), in 1 / STEPS.
            moved: zeros like `y`, which get the gradients: of what changes where a decoded latent would move.
        """
        symbols, scales, y_hat = (torch.zeros_like(y) for _ in range(3))
        parameters, bits = first, torch.zeros(())
        for number, place in enumerate(places(*y.shape[2:])):
            if number:
                before = first if number < PASSES - 1 else parameters
                parameters = before + self._contexts[number - 1](y_hat * STEPS, first)
            mean = parameters[:, :LATENTS] / STEPS
            index = (parameters[:, LATENTS:] / STEPS).clamp(0, SCALES - 1)
            scale = torch.exp(math.log(SMALLEST_SCALE) + SCALE_STEP * index)
            rounded = torch.round(y - mean.detach())
            bits = bits + gaussian_bits(rounded + mean.detach() - mean, scale)[place].sum()
            y_hat = torch.where(place, rounded + mean.detach() + moved, y_hat)
            symbols, scales = torch.where(place, rounded, symbols), torch.where(place, scale.detach(), scales)
        return Coded(symbols, scales, y_hat, bits)

    def draw(self, latents: Tensor) -> Tensor:
        """Return samples (1, 3, 16 h, 16 w) on 0..255, not clipped, of latents at gain 1 in 1 / LATENT_STEPS."""
        drawn = self._straight(latents)
        seen = F.pixel_unshuffle(drawn / (SAMPLE_STEPS // SEEN_STEPS), 4)
        features = self._tail(self._trunk(latents) + self._see(seen))
        return (drawn + self._out(features)) / SAMPLE_STEPS + MID_GRAY

    def energy(self) -> Tensor:
        """Return the squared samples that a unit of each latent draws by the linear path, (LATENTS,)."""
        return self._straight.first_weights.square().sum((0, 2, 3)) / SAMPLE_STEPS**2


class _SoftContext:
    def __init__(self, context: Context) -> None:
        self._known, self._hyper, self._out = Soft(context.known), Soft(context.hyper), Soft(context.out)

    def __call__(self, known: Tensor, first: Tensor) -> Tensor:
        unit = STEPS // CONTEXT_STEPS
        return self._out(self._known(known / unit) + self._hyper(first / unit))


def places(height: int, width: int) -> list[Tensor]:
    """Return where the latents of each pass lie, bool (1, LATENTS, height, width)."""
    return [torch.from_numpy(place.transpose(2, 0, 1).copy())[None] for place in passes(height, width)]


def gaussian_bits(centred: Tensor, scale: Tensor) -> Tensor:
    """Return the bits of intervals of width 1 under a Gaussian of mean 0."""
    root = 1 / (scale * math.sqrt(2.0))
    magnitude = centred.abs()
    mass = 0.5 * (torch.erfc((magnitude - 0.5) * root) - torch.erfc((magnitude + 0.5) * root))
    return -torch.log2(mass.clamp_min(SMALLEST_MASS))


def _parameters(stage: Stage) -> tuple[Tensor, Tensor]:
    convolution = stage.convolution
    factor = convolution.requantisation.factor
    weight = torch.from_numpy((convolution.weight * factor[:, None, None, None]).astype("float32"))
    bias = torch.from_numpy((convolution.bias * factor).astype("float32"))
    return weight.contiguous(memory_format=torch.channels_last), bias
