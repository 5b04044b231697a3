"""SSIMULACRA 2 (Sneyers 2022) with gradients: what compression adds and takes away, over six scales of colours.

The published sum has 108 weights; those above 0.2 stand here, rounded, for a loss needs no more. Benchmarks measure
with the published package.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


class Weight(NamedTuple):
    """Of one map, at one scale, in one channel (X, Y, B - Y): what its mean and its fourth norm count."""

    channel: int
    scale: int
    mean: float
    norm: float


SCALES: Final = 6
SMALLEST: Final = 8
"""Edge of the smallest picture that is compared."""
UNLIKE: Final = (
    Weight(0, 1, 0.0, 1.1), Weight(0, 2, 0.0, 1.84), Weight(0, 3, 0.0, 1.88),
    Weight(1, 0, 0.0, 7.47), Weight(1, 1, 0.0, 6.68), Weight(1, 2, 225.2, 19.2), Weight(1, 3, 176.4, 24.4),
    Weight(1, 4, 0.0, 34.8), Weight(2, 3, 0.0, 8.83), Weight(2, 4, 95.1, 0.0),
)  # fmt: skip
"""Weights of 1 - SSIM."""
ADDED: Final = (
    Weight(0, 2, 0.0, 11.4), Weight(0, 3, 0.0, 10.9), Weight(0, 4, 0.97, 1.0), Weight(1, 3, 0.0, 0.29),
    Weight(1, 4, 0.0, 44.8), Weight(2, 3, 0.0, 23.2), Weight(2, 4, 0.99, 171.3),
)  # fmt: skip
"""Weights of edges that were not there: ringing, blocks."""
LOST: Final = Weight(1, 0, 0.0, 17.4), Weight(1, 1, 0.0, 1.03), Weight(2, 4, 0.98, 0.98)
"""Weights of edges that are weaker."""
UNIT: Final = 0.95624
RADIUS, SIGMA, STABLE = 5, 1.5, 0.0009
"""Of the window's Gaussian; the constant of SSIM's structure term."""
OPSIN: Final = ((0.30, 0.622, 0.078), (0.23, 0.692, 0.078), (0.243423, 0.204767, 0.55181))
"""Responses of long, middle and short cones to linear red, green and blue."""
BIAS: Final = 0.00379307
TINY: Final = 1e-12
"""Added below the fourth root, whose slope at 0 is infinite."""


def artefacts(samples: Tensor, shown: Tensor) -> Tensor:
    """Return the weighted sum before it becomes a score, (N,), of (N, 3, H, W) on 0..255; TINY alone makes 0.4."""
    a, b = linear_light(samples), linear_light(shown)
    total = torch.zeros(len(a), device=a.device)
    for scale in range(SCALES):
        if min(a.shape[2:]) < SMALLEST:
            break
        for weights, compared in zip((UNLIKE, ADDED, LOST), _maps(opponent(a), opponent(b)), strict=True):
            total = total + _summed(compared, [weight for weight in weights if weight.scale == scale])
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return total * UNIT


def score(total: Tensor) -> Tensor:
    """Return SSIMULACRA 2, 100 at best, of what `artefacts` returned."""
    curved = 2.32677 * total - 0.0208845 * total**2 + 6.2485e-05 * total**3
    return 100 - 10 * curved.clamp_min(0) ** 0.627634


def linear_light(x: Tensor) -> Tensor:
    """Return linear light 0..1 of sRGB samples on 0..255."""
    x = x.clamp(0, 255) / 255
    return torch.where(x <= 0.04045, x / 12.92, ((x.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4)


def opponent(light: Tensor) -> Tensor:
    """Return X, Y and B - Y, scaled to be positive, (N, 3, H, W)."""
    cones = torch.einsum("oc,nchw->nohw", torch.tensor(OPSIN, device=light.device), light) + BIAS
    long, middle, short = (cones.clamp_min(BIAS / 2) ** (1 / 3) - BIAS ** (1 / 3)).unbind(1)
    y = (long + middle) / 2
    return torch.stack(((long - middle) * 7 + 0.42, y + 0.01, short - y + 0.55), 1)


def _maps(p: Tensor, q: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return 1 - SSIM, edges that came and edges that went, (N, 3, H, W) each."""
    means_p, means_q, pp, qq, pq = _blurred(torch.cat((p, q, p * p, q * q, p * q), 1)).chunk(5, 1)
    structure = 2 * (pq - means_p * means_q) + STABLE
    spread = pp - means_p * means_p + qq - means_q * means_q + STABLE
    unlike = (1 - (1 - (means_p - means_q).square()) * structure / spread).clamp_min(0)
    edges = (1 + (q - means_q).abs()) / (1 + (p - means_p).abs()) - 1
    return unlike, edges.clamp_min(0), (-edges).clamp_min(0)


def _blurred(x: Tensor) -> Tensor:
    window = torch.tensor([math.exp(-(k**2) / (2 * SIGMA**2)) for k in range(-RADIUS, RADIUS + 1)], device=x.device)
    kernel = (window / window.sum()).expand(x.shape[1], 1, 1, -1)
    x = F.pad(x, (RADIUS,) * 4, mode="reflect")
    return F.conv2d(F.conv2d(x, kernel, groups=x.shape[1]), kernel.transpose(2, 3), groups=x.shape[1])


def _summed(compared: Tensor, weights: list[Weight]) -> Tensor:
    """Return the weighted sum of means and fourth norms of one map, (N,)."""
    total = torch.zeros(len(compared), device=compared.device)
    for weight in weights:
        plane = compared[:, weight.channel]
        norm = (plane.pow(4).mean((1, 2)) + TINY) ** 0.25
        total = total + weight.mean * plane.mean((1, 2)) + weight.norm * norm
    return total
