"""The float twin of the residual layer's integer network.

Units are real numbers here (features / 128, samples as they are) where `residual.mixture` has fixed point; the
parameter names and shapes are the same.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from hybridcodec.residual.adaptive.mixture import COMPONENTS
from hybridcodec.residual.adaptive.network import SLOPE_BITS


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
