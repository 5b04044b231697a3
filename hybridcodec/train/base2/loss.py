"""What base 2 minimises: bits, squared error, MS-SSIM, a lattice in flat blocks, ringing; weighted by quality."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.similarity import similarity
from hybridcodec.train.base2.network import GAINS, Base2
from hybridcodec.train.metrics import grid_errors

SQUARED_ERROR = 0.0012
"""Weight, against bits per pixel, of a squared 8-bit step at gain 1."""
SIMILARITY = 1200.0
"""Weight of 1 - MS-SSIM in units of the former."""
GRID = 16.0
"""Weight of periodic error in flat blocks in the same units."""
RINGING = 6.0
"""Weight of high-pass error on flat ground near edges in the same units."""
LEVEL = 0.35
"""Power of the distortion weight that costs are divided by: costs of low and high rates differ tenfold."""
PARTS = "cost", "bpp", "mse", "distance", "grid", "ringing"


def objective(network: Base2, x: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of samples (N, 3, H, W) at qualities (N,), and what it is made of, PARTS, (6, N)."""
    with torch.autocast(x.device.type, torch.bfloat16):
        out, bits = network(x, t)
    out, x = out.contiguous(), x.contiguous()
    bpp = bits / (x.shape[2] * x.shape[3])
    error, distance = (out - x).square().mean((1, 2, 3)), 1 - similarity(out, x)
    grid, ring = grid_errors(out, x), ringing(out, x)
    weight = distortion_weight(t)
    cost = bpp + weight * (error + SIMILARITY * distance + GRID * grid + RINGING * ring)
    # divided by a typical value, every rate teaches as much
    loss = (cost / weight.pow(LEVEL)).mean()
    return loss, torch.stack((cost, bpp, error, distance, grid, ring)).detach()


def distortion_weight(t: Tensor) -> Tensor:
    """Return the weight of a squared step at quality t: with the square of the nominal gain."""
    low, high = (math.log(g) for g in GAINS)
    return SQUARED_ERROR * torch.exp(2 * (low + (high - low) * t))


def ringing(x: Tensor, y: Tensor, *, luma: bool = False) -> Tensor:
    """Return the mean square of the high-pass error of x on flat ground of y near its edges, per picture (N,)."""
    if luma:
        x, y = x.mean(1, keepdim=True), y.mean(1, keepdim=True)
    with torch.no_grad():
        of = y.mean(1, keepdim=True)
        across, down = of[..., 1:, 1:] - of[..., 1:, :-1], of[..., 1:, 1:] - of[..., :-1, 1:]
        activity = F.avg_pool2d(F.pad(across.square() + down.square(), (1, 0, 1, 0)), 4)
        near = F.max_pool2d(activity, 9, 1, 4)
        mask = 1 / (1 + activity / 9) * near / (near + 400)
    error = x - y
    error = error - F.avg_pool2d(error, 9, 1, 4, count_include_pad=False)
    return (mask * F.avg_pool2d(error.square(), 4)).mean((1, 2, 3))
