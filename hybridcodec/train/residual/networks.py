"""The networks of the three channels side by side, as one learns them: same function as three of `context_network`.

A step multiplies all three at once, with inputs that end in zeros where a channel has fewer than the last.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from hybridcodec.residual.adaptive.contexts import Design
from hybridcodec.residual.adaptive.features import FRACTION, UNIT, count_features
from hybridcodec.residual.adaptive.mixture import (
    COLUMNS,
    LOG_SCALE_HIGH,
    LOG_SCALE_LOW,
    SCALE_STEPS,
    TOTAL_BITS,
)
from hybridcodec.residual.adaptive.network import SLOPE_BITS
from hybridcodec.train.context_network import ChannelNetwork
from hybridcodec.train.residual.rows import CHANNELS, count_columns

FLOOR: Final = 1.5 * 2.0**-TOTAL_BITS
"""What every column of a row has beside its share."""
_GIVEN: Final = 1 - COLUMNS * 2.0**-TOTAL_BITS
_LOW, _HIGH = LOG_SCALE_LOW / SCALE_STEPS, LOG_SCALE_HIGH / SCALE_STEPS
_SLOPE: Final = 2.0**-SLOPE_BITS
NAMES: Final = {
    "w1": "first.weight",
    "b1": "first.bias",
    "w2": "second.weight",
    "b2": "second.bias",
    "w3": "out.weight",
    "b3": "out.bias",
    "linear": "linear.weight",
    "mix": "shape_mix",
    "ratio": "shape_ratio",
}
"""What parameters are called there."""


class Networks(nn.Module):
    """Parameters of the three channels, (3, ...) each."""

    w1: nn.Parameter
    b1: nn.Parameter
    w2: nn.Parameter
    b2: nn.Parameter
    w3: nn.Parameter
    b3: nn.Parameter
    linear: nn.Parameter
    mix: nn.Parameter
    ratio: nn.Parameter

    def __init__(self, channels: Sequence[ChannelNetwork], design: Design) -> None:
        """Begin with the weights of three networks of a design."""
        super().__init__()
        self.design, width = design, count_columns(len(design.experts))
        for name, there in NAMES.items():
            parts = [channel.state_dict()[there].detach() for channel in channels]
            if name in ("w1", "linear"):
                parts = [F.pad(part, (0, width - part.shape[1])) for part in parts]
            setattr(self, name, nn.Parameter(torch.stack(parts).float()))

    def channels(self) -> list[ChannelNetwork]:
        """Return the three networks with copies of the weights, on the CPU."""
        found = []
        for c in range(CHANNELS):
            inputs = count_features(c, len(self.design.experts))
            network = ChannelNetwork(inputs, self.design.hidden)
            state = {there: getattr(self, name).detach()[c].cpu() for name, there in NAMES.items()}
            for name in ("first.weight", "linear.weight"):
                state[name] = state[name][:, :inputs]
            network.load_state_dict(state)
            found.append(network.eval())
        return found

    def named(self, prefix: str) -> dict[str, Tensor]:
        """Return the weights of all channels as `adaptive.load_networks` finds them in a file."""
        states = (channel.state_dict() for channel in self.channels())
        return {f"{prefix}.{c}.{name}": value for c, state in enumerate(states) for name, value in state.items()}

    def inner(self, x: Tensor) -> Tensor:
        """Return what the last layer is given, (3, B, hidden), of features as they are stored divided by UNIT."""
        h = F.leaky_relu(torch.baddbmm(self.b1[:, None], x, self.w1.transpose(1, 2)), _SLOPE)
        return h + F.leaky_relu(torch.baddbmm(self.b2[:, None], h, self.w2.transpose(1, 2)), _SLOPE)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits, means and log widths (3, B, 9) of features (3, B, columns)."""
        out = torch.baddbmm(self.b3[:, None], self.inner(x), self.w3.transpose(1, 2))
        return with_line(out, x @ self.linear.transpose(1, 2))

    def bits(self, out: Tensor, places: Tensor) -> Tensor:
        """Return what samples cost, (3, B), where the networks gave (3, B, 9); places (3, B, PLACE) as stored."""
        logits, means, widths = out.chunk(3, -1)
        sample, top = places[..., :1].float(), places[..., 3:].float()
        centre, scale = places[..., 1:2] / FRACTION, places[..., 2:3] / FRACTION
        inverse = torch.exp(-(widths + scale.log()).clamp(_LOW, _HIGH))
        away = sample - centre - means * scale
        upper, lower = (self._cumulative((away + half) * inverse) for half in (0.5, -0.5))
        mass = torch.where(sample >= top, 1.0, upper) - torch.where(sample <= 0, 0.0, lower)
        mixed = (logits.softmax(-1) * mass).sum(-1)
        return -(mixed.clamp_min(0) * _GIVEN + FLOOR).log() / math.log(2)

    def _cumulative(self, z: Tensor) -> Tensor:
        mix, ratio = torch.sigmoid(self.mix)[:, None], self.ratio[:, None].exp()
        return mix * torch.sigmoid(z * ratio) + (1 - mix) * torch.sigmoid(z / ratio)


def with_line(out: Tensor, line: Tensor) -> Tensor:
    """Return outputs (..., 9) whose means have the linear path's (..., 1) added."""
    logits, means, widths = out.chunk(3, -1)
    return torch.cat([logits, means + line, widths], -1)


def scaled(features: Tensor) -> Tensor:
    """Return stored features as networks take them."""
    return features.float() / UNIT
