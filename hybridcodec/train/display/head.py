"""The float texture head: two residual blocks on the generator's last features, then colour and strengths of grain."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.variable.schema import FEATURES
from hybridcodec.generative.texture.schema import BANDS, INNER, KNOT, ROWS

COLOUR_UNIT, GRAIN_UNIT = 64.0, 16.0
"""What the networks' outputs are multiplied by, in sample steps."""


class Head(nn.Module):
    """What the integer head (`hybridcodec.generative.texture`) does, in float."""

    knots: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.ModuleList(_conv(FEATURES, INNER, 1.4) for _ in range(2))
        self.b = nn.ModuleList(_conv(INNER, FEATURES, 0.3) for _ in range(2))
        self.colour, self.grain = _conv(FEATURES, 48, 0.01), _conv(FEATURES, BANDS, 0.01)
        nn.init.constant_(self.grain.bias, 0.05)  # type: ignore[arg-type]
        self.offset = nn.Parameter(torch.zeros(ROWS, FEATURES))
        self.register_buffer("knots", torch.arange(ROWS), persistent=False)

    def forward(self, features: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is added, (N, 3, H, W), and strengths of grain, (N, BANDS, H, W), in sample steps.

        Args:
            features: (N, FEATURES, H / 4, W / 4) of the base layer's generator.
            level: quality of the base layer, 0..QUALITIES - 1, (N,).
        """
        hats = (1 - (level[:, None] / KNOT - self.knots).abs()).clamp_min(0)
        x = features + (hats[:, :, None] * self.offset[None]).sum(1)[:, :, None, None]
        x = x.contiguous(memory_format=torch.channels_last)
        for a, b in zip(self.a, self.b, strict=True):
            x = x + b(F.relu(a(x)))
        strengths = F.relu(self.grain(x)).float() * GRAIN_UNIT
        for _ in range(2):
            strengths = F.interpolate(strengths, scale_factor=2, mode="bilinear", align_corners=False)
        return F.pixel_shuffle(self.colour(x), 4).float() * COLOUR_UNIT, strengths


def _conv(inputs: int, outputs: int, gain: float) -> nn.Conv2d:
    made = nn.Conv2d(inputs, outputs, 3, padding=1)
    nn.init.normal_(made.weight, 0.0, gain / math.sqrt(9 * inputs))
    nn.init.zeros_(made.bias)  # type: ignore[arg-type]
    return made
