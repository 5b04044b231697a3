"""Multi-scale SSIM (Wang, Simoncelli, Bovik 2003) with gradients: what training minimises, and the encoder's search."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2


def ssim_terms(moments: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """Return (luminance, contrast-structure) maps from local means of x, y, xx, yy, xy stacked along channels."""
    x, y, xx, yy, xy = torch.split(moments, channels, dim=1)
    contrast = (2 * (xy - x * y) + _C2) / (xx - x * x + yy - y * y + _C2)
    return (2 * x * y + _C1) / (x * x + y * y + _C1), contrast


def similarity(x: Tensor, y: Tensor) -> Tensor:
    """Return MS-SSIM per picture, (N,), with 8x8 box windows, for float (N, C, H, W) on the scale 0..255.

    A cheap stand-in for the published measure: box windows at a stride, which small crops can afford at all scales.
    """
    logarithm = torch.zeros(x.shape[0], dtype=x.dtype, device=x.device)
    for scale, weight in enumerate(SCALE_WEIGHTS):
        stride = 4 if scale == 0 else 2 if scale == 1 else 1
        moments = F.avg_pool2d(torch.cat((x, y, x * x, y * y, x * y), 1), 8, stride)
        luminance, contrast = ssim_terms(moments, x.shape[1])
        last = scale == len(SCALE_WEIGHTS) - 1
        value = (luminance * contrast if last else contrast).mean((1, 2, 3))
        logarithm = logarithm + weight * value.clamp_min(1e-3).log()
        x, y = (F.avg_pool2d(v, 2) for v in (x, y))
    return logarithm.exp()


def ms_ssim_loss(x: Tensor, y: Tensor) -> Tensor:
    """Return the mean of 1 - MS-SSIM over a batch, as `similarity` has it."""
    return 1 - similarity(x, y).mean()
