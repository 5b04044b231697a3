"""The float twin of the residual layer's integer network, and the bits that its mixture costs.

Units are real numbers here (features / 128, samples as they are) where `residual.mixture` has fixed point; the
parameter names and shapes are the same.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from hybridcodec.residual.regression.mixture import COMPONENTS, LOG_SCALE_HIGH, LOG_SCALE_LOW, SCALE_STEPS
from hybridcodec.residual.regression.network import SLOPE_BITS

FLOOR = 2.0**-16 * 1.5
"""Probability that no symbol falls below: what one count of a frequency table is worth."""


class ChannelNetwork(nn.Module):
    """Features (N, inputs) to mixture weights, means and log scales, (N, COMPONENTS) each, relative to the place."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(inputs, hidden), nn.Linear(hidden, hidden)
        self.out, self.linear = nn.Linear(hidden, 3 * COMPONENTS), nn.Linear(inputs, 1, bias=False)
        self.shape_mix = nn.Parameter(torch.zeros(COMPONENTS))
        self.shape_ratio = nn.Parameter(torch.full((COMPONENTS,), 0.5))
        nn.init.zeros_(self.linear.weight)
        nn.init.normal_(self.out.weight, std=0.02)
        nn.init.zeros_(self.out.bias)
        with torch.no_grad():
            self.out.bias[2 * COMPONENTS :] = torch.linspace(-1.5, 0.3, COMPONENTS)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits of the weights, means in local scales, natural logarithms of the widths in local scales."""
        slope = 2.0**-SLOPE_BITS
        h = F.leaky_relu(self.first(x), slope)  # (N, hidden)
        h = h + F.leaky_relu(self.second(h), slope)
        weights, means, widths = self.out(h).chunk(3, 1)  # (N, COMPONENTS)
        return weights, means + self.linear(x), widths

    def cumulative(self, z: Tensor) -> Tensor:
        """Learned cumulative function of each component at z (..., COMPONENTS): two logistics of one centre."""
        mix = torch.sigmoid(self.shape_mix)
        return mix * torch.sigmoid(z * torch.exp(self.shape_ratio)) + (1 - mix) * torch.sigmoid(
            z * torch.exp(-self.shape_ratio)
        )

    def bits(self, x: Tensor, places: Tensor) -> Tensor:
        """Bits of the samples in `places` (N, 4: sample, centre / 16, scale / 16, top), as coded: (N,)."""
        logits, means, widths = self(x)
        sample, centre, scale, top = places[:, :1], places[:, 1:2] / 16, places[:, 2:3] / 16, places[:, 3:]
        mean = centre + means * scale
        log_width = (widths + scale.log()).clamp(LOG_SCALE_LOW / SCALE_STEPS, LOG_SCALE_HIGH / SCALE_STEPS)
        inverse = torch.exp(-log_width)
        upper = torch.where(sample > top - 0.5, 1.0, self.cumulative((sample + 0.5 - mean) * inverse))
        lower = torch.where(sample < 0.5, 0.0, self.cumulative((sample - 0.5 - mean) * inverse))
        mass = (logits.softmax(1) * (upper - lower)).sum(1)
        return -torch.log2(mass.clamp(min=0) * (1 - 34 * FLOOR) + FLOOR)
