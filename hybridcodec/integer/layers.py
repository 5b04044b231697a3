"""Integer layers on torch: small frozen objects that carry integers in floating-point tensors.

Products and sums go through float32 (or float64) kernels because those are fast everywhere; `proof` shows at
construction that every intermediate value is exactly representable, so the result is the one `reference` computes in
int64. Powers of two are exact factors too: a layer's requantisation is folded into its weights, and what remains of
it at run time is one `floor`.

Convolutions are direct (oneDNN, asked by torch for `convolution_direct`) on a CPU and matrix products elsewhere; never
Winograd or FFT, whose intermediate values leave the integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.errors import ModelError
from hybridcodec.integer.proof import FLOAT32_LIMIT, FLOAT64_LIMIT, Integers, check_accumulators

I64 = NDArray[np.int64]
MAX_SHIFT = 30


@dataclass(frozen=True)
class Requantisation:
    """Division by 2^shift per output channel, rounding half up: floor((acc + 2^(shift - 1)) * 2^-shift)."""

    shift: I64
    """(out,) values 0..MAX_SHIFT; 0 leaves the accumulator as it is."""

    def __post_init__(self) -> None:
        if self.shift.ndim != 1 or self.shift.size == 0 or self.shift.min() < 0 or self.shift.max() > MAX_SHIFT:
            raise ModelError(f"shifts must be a list of numbers 0..{MAX_SHIFT}")

    @property
    def rounding(self) -> I64:
        """The constant that joins the bias, (out,)."""
        return np.where(self.shift > 0, np.int64(1) << np.maximum(self.shift - 1, 0), np.int64(0))

    @property
    def factor(self) -> NDArray[np.float64]:
        """The exact factors 2^-shift, (out,)."""
        return np.ldexp(np.ones(len(self.shift)), -self.shift)


@dataclass(frozen=True)
class Activation:
    """Clipping to [low, high]; with low = 0 a clipped ReLU."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not -FLOAT32_LIMIT < self.low <= self.high < FLOAT32_LIMIT:
            raise ModelError(f"activation limits must be ordered and below 2^24, found {self.low}, {self.high}")

    @property
    def magnitude(self) -> int:
        """Largest magnitude that leaves the layer."""
        return max(abs(self.low), abs(self.high))

    def __call__(self, x: Tensor) -> Tensor:
        """Clip in place."""
        return x.clamp_(self.low, self.high)


@dataclass(frozen=True)
class PixelShuffle:
    """Rearranges (N, C * r * r, h, w) to (N, C, h * r, w * r), as torch does."""

    upscale: int

    def __call__(self, x: Tensor) -> Tensor:
        """Upsample; the identity where `upscale` is 1."""
        return x if self.upscale == 1 else F.pixel_shuffle(x, self.upscale)


@dataclass(frozen=True)
class Convolution:
    """Stride 1, zero-padded, odd kernel, requantised: floor((w * x + b + rounding) * 2^-shift) per output channel."""

    name: str
    weight: Integers
    """(out, in, k, k)"""
    bias: Integers
    """(out,)"""
    requantisation: Requantisation
    max_input: int
    """Largest magnitude of any input; the caller guarantees it."""
    bound: int = field(init=False)
    """Proven bound of the accumulators, rounding constant included."""
    _folded: tuple[Tensor, Tensor] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.weight.ndim != 4 or self.weight.shape[2] != self.weight.shape[3] or self.weight.shape[2] % 2 != 1:
            raise ModelError(f"{self.name}: expected weights (out, in, k, k) with odd k, found {self.weight.shape}")
        folded = _fold(self.name, self.weight, self.bias, self.requantisation, self.max_input)
        object.__setattr__(self, "bound", folded[0])
        layout = torch.channels_last
        object.__setattr__(self, "_folded", (folded[1].contiguous(memory_format=layout), folded[2]))

    @property
    def dtype(self) -> torch.dtype:
        """float32 where the bound allows it, else float64."""
        return self._folded[0].dtype

    def __call__(self, x: Tensor) -> Tensor:
        """Map integers (N, in, h, w) in any float type to integers (N, out, h, w) in `dtype`."""
        weight, bias = (t.to(x.device) for t in self._folded)
        x = x.to(weight.dtype)
        return (_direct if x.device.type == "cpu" else _product)(x, weight, bias).floor_()


@dataclass(frozen=True)
class Linear:
    """A matrix product with bias, requantised like `Convolution`."""

    name: str
    weight: Integers
    """(out, in)"""
    bias: Integers
    """(out,)"""
    requantisation: Requantisation
    max_input: int
    bound: int = field(init=False)
    _folded: tuple[Tensor, Tensor] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.weight.ndim != 2:
            raise ModelError(f"{self.name}: expected weights (out, in), found {self.weight.shape}")
        folded = _fold(self.name, self.weight, self.bias, self.requantisation, self.max_input)
        object.__setattr__(self, "bound", folded[0])
        object.__setattr__(self, "_folded", folded[1:])

    def __call__(self, x: Tensor) -> Tensor:
        """Map integers (n, in) to integers (n, out)."""
        weight, bias = (t.to(x.device) for t in self._folded)
        return F.linear(x.to(weight.dtype), weight, bias).floor_()


def _fold(
    name: str, weight: Integers, bias: Integers, requantisation: Requantisation, max_input: int
) -> tuple[int, Tensor, Tensor]:
    """Return (bound, weights * 2^-shift, (bias + rounding) * 2^-shift), in the narrowest type that is proven exact."""
    if len(requantisation.shift) != len(weight):
        raise ModelError(f"{name}: expected {len(weight)} shifts, found {len(requantisation.shift)}")
    rounded = bias.astype(np.int64) + requantisation.rounding
    bound = check_accumulators(weight, rounded, max_input, FLOAT64_LIMIT, name)
    dtype = torch.float32 if bound < FLOAT32_LIMIT else torch.float64
    factor = requantisation.factor
    scaled = weight * factor.reshape(-1, *[1] * (weight.ndim - 1))
    return bound, torch.from_numpy(scaled).to(dtype), torch.from_numpy(rounded * factor).to(dtype)


def _direct(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    x = x.contiguous(memory_format=torch.channels_last)
    return F.conv2d(x, weight, bias, padding=weight.shape[2] // 2)


def _product(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    n, _, h, w = x.shape
    columns = F.unfold(x, weight.shape[2], padding=weight.shape[2] // 2)  # (n, in * k * k, h * w)
    flat = weight.reshape(len(weight), -1)  # (out, in * k * k)
    return (flat @ columns + bias[:, None]).reshape(n, -1, h, w)
