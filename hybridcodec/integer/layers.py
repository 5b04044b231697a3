"""Integer layers in NumPy: small frozen objects that carry integers in floating-point arrays.

Products and sums go through the float32 (or float64) matrix product of NumPy because that is fast everywhere; `proof`
shows at construction that every intermediate value is exactly representable, so the result is the one `reference`
computes in int64. Powers of two are exact factors too: a layer's requantisation is folded into its weights, and what
remains of it at run time is one `floor`.

Convolutions are matrix products over the neighbourhoods of pixels; never Winograd or FFT, whose intermediate values
leave the integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from hybridcodec.errors import ModelError
from hybridcodec.integer.proof import FLOAT32_LIMIT, FLOAT64_LIMIT, Integers, check_accumulators

I64 = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]
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


@dataclass(frozen=True)
class PixelShuffle:
    """Rearranges (h, w, C * r * r) to (h * r, w * r, C): of every r * r channels each gives one pixel, row by row."""

    upscale: int

    def order(self, channels: int) -> I64:
        """Return the channels in the order in which a pixel's C come together, for each of the r * r pixels."""
        return np.arange(channels).reshape(-1, self.upscale**2).T.ravel()


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

    def __post_init__(self) -> None:
        if self.weight.ndim != 4 or self.weight.shape[2] != self.weight.shape[3] or self.weight.shape[2] % 2 != 1:
            raise ModelError(f"{self.name}: expected weights (out, in, k, k) with odd k, found {self.weight.shape}")
        bound = _bound(self.name, self.weight, self.bias, self.requantisation, self.max_input)
        object.__setattr__(self, "bound", bound)

    @property
    def dtype(self) -> np.dtype[np.floating[Any]]:
        """float32 where the bound allows it, else float64."""
        return np.dtype(np.float32 if self.bound < FLOAT32_LIMIT else np.float64)

    @cached_property
    def folded_weight(self) -> Floats:
        """(k * k * in, out), divided by 2^shift."""
        by_pixel = self.weight.transpose(2, 3, 1, 0).reshape(-1, len(self.weight))  # (k * k * in, out)
        return np.ascontiguousarray(by_pixel * self.requantisation.factor, self.dtype)

    @cached_property
    def folded_bias(self) -> Floats:
        """(out,), with the rounding constant, divided by 2^shift."""
        rounded = self.bias.astype(np.int64) + self.requantisation.rounding
        return (rounded * self.requantisation.factor).astype(self.dtype)

    @property
    def reach(self) -> int:
        """Largest magnitude of any output: the bound, requantised."""
        return (self.bound >> int(self.requantisation.shift.min())) + 1

    @property
    def border(self) -> int:
        """Pixels around an input on which its outermost outputs depend."""
        return int(self.weight.shape[2]) // 2

    def neighbourhoods(self, x: Floats) -> Floats:
        """Return a view (h, w, k, k * in) of an input with its border of zeros, (h + 2 border, w + 2 border, in)."""
        kernel, channels = self.weight.shape[2], self.weight.shape[1]
        shape = (x.shape[0] - 2 * self.border, x.shape[1] - 2 * self.border, kernel, kernel * channels)
        row, column, channel = x.strides
        assert column == channels * channel, "a row's pixels must follow each other"
        return as_strided(x, shape, (row, column, row, channel), writeable=False)

    def __call__(self, x: Floats) -> Floats:
        """Map integers (h, w, in) in any float type to integers (h, w, out) in `dtype`."""
        h, w, _ = x.shape
        padded = np.pad(x, ((self.border,) * 2, (self.border,) * 2, (0, 0)))
        columns = self.neighbourhoods(padded).astype(self.dtype).reshape(h * w, -1)  # (h * w, k * k * in)
        return np.floor(columns @ self.folded_weight + self.folded_bias).reshape(h, w, -1)


def _bound(name: str, weight: Integers, bias: Integers, requantisation: Requantisation, max_input: int) -> int:
    """Return the proven bound of the accumulators of weights (out, ...)."""
    if len(requantisation.shift) != len(weight):
        raise ModelError(f"{name}: expected {len(weight)} shifts, found {len(requantisation.shift)}")
    rounded = bias.astype(np.int64) + requantisation.rounding
    return check_accumulators(weight, rounded, max_input, FLOAT64_LIMIT, name)
