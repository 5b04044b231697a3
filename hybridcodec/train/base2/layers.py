"""Convolutions of base 2, their weights in free float or, by a switch, on the grid of 8 bits that the decoder has."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


class Conv(nn.Conv2d):
    """A convolution whose weights go, by the share `grid` (0 or 1), to 8 bits with one power of two per output."""

    grid: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        weight: Tensor = self.weight
        if self.grid is not None:
            with torch.autocast(x.device.type, enabled=False), torch.no_grad():
                unit = power_unit(weight)
                change = (torch.round(weight / unit) * unit - weight) * self.grid
            weight = weight + change
        found: Tensor = self._conv_forward(x, weight, self.bias)
        return found


def power_unit(weight: Tensor) -> Tensor:
    """Return the power of two per output, (out, 1, 1, 1), in which a kernel's weights are integers of 8 bits."""
    largest = weight.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-6)
    return torch.exp2(torch.ceil(torch.log2(largest / 127)))


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, gain: float = 1.0) -> Conv:
    """Return a convolution that keeps the size, its weights of such a size that variance stays at gain 1."""
    made = Conv(inputs, outputs, kernel, stride=stride, padding=kernel // 2)
    nn.init.normal_(made.weight, 0.0, gain / math.sqrt(inputs * kernel**2))
    nn.init.zeros_(made.bias)  # type: ignore[arg-type]
    return made


class Res(nn.Module):
    """x + b(relu(a(x)))."""

    def __init__(self, width: int, inner: int = 0, gain: float = 0.3) -> None:
        super().__init__()
        inner = inner or width
        self.a, self.b = conv(width, inner, gain=math.sqrt(2.0)), conv(inner, width, gain=gain)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the block makes of x."""
        added: Tensor = self.b(F.relu(self.a(x)))
        return x + added


class Up(nn.Module):
    """Convolution and pixel shuffle."""

    def __init__(self, inputs: int, outputs: int, factor: int, kernel: int = 3) -> None:
        super().__init__()
        self.c, self.factor = conv(inputs, outputs * factor**2, kernel), factor

    def forward(self, x: Tensor) -> Tensor:
        """Enlarge x by the factor."""
        return F.pixel_shuffle(self.c(x), self.factor)
