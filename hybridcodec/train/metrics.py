"""Distortion measures on tensors: MSE, PSNR and multi-scale SSIM (Wang, Simoncelli, Bovik 2003).

`ms_ssim` is the published measure, with an 11-tap Gaussian window, for reports. `ms_ssim_loss` is a cheap stand-in for
gradients: box windows at a stride, which small crops can afford at all five scales.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2


def psnr(mean_square_error: float) -> float:
    """Return decibels for a mean square error in squared 8-bit steps."""
    return 10 * math.log10(255**2 / max(mean_square_error, 1e-10))


def _gaussian_blur(x: Tensor, taps: int = 11, sigma: float = 1.5) -> Tensor:
    at = torch.arange(taps, dtype=x.dtype, device=x.device) - taps // 2
    window = torch.exp(-(at**2) / (2 * sigma**2))
    window = (window / window.sum()).expand(x.shape[1], 1, 1, taps)
    x = F.conv2d(x, window, groups=x.shape[1])
    return F.conv2d(x, window.transpose(2, 3), groups=x.shape[1])


def _ssim_terms(moments: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """Return (luminance, contrast-structure) maps from local means of x, y, xx, yy, xy stacked along channels."""
    x, y, xx, yy, xy = torch.split(moments, channels, dim=1)
    contrast = (2 * (xy - x * y) + _C2) / (xx - x * x + yy - y * y + _C2)
    return (2 * x * y + _C1) / (x * x + y * y + _C1), contrast


def ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    """Return MS-SSIM per picture, (N,), of float (N, C, H, W) on the scale 0..255; sides of at least 176."""
    logarithm = torch.zeros(x.shape[0], dtype=x.dtype, device=x.device)
    for scale, weight in enumerate(SCALE_WEIGHTS):
        moments = _gaussian_blur(torch.cat((x, y, x * x, y * y, x * y), 1))
        luminance, contrast = _ssim_terms(moments, x.shape[1])
        last = scale == len(SCALE_WEIGHTS) - 1
        value = (luminance * contrast if last else contrast).mean((1, 2, 3))
        logarithm = logarithm + weight * value.clamp_min(1e-6).log()
        x, y = (F.avg_pool2d(v, 2, ceil_mode=False) for v in (x, y))
    return logarithm.exp()


def ms_ssim_loss(x: Tensor, y: Tensor) -> Tensor:
    """Return the mean of 1 - MS-SSIM over a batch, with 8x8 box windows, for float (N, C, H, W) on the scale 0..255."""
    logarithm = torch.zeros((), dtype=x.dtype, device=x.device)
    for scale, weight in enumerate(SCALE_WEIGHTS):
        stride = 4 if scale == 0 else 2 if scale == 1 else 1
        moments = F.avg_pool2d(torch.cat((x, y, x * x, y * y, x * y), 1), 8, stride)
        luminance, contrast = _ssim_terms(moments, x.shape[1])
        last = scale == len(SCALE_WEIGHTS) - 1
        value = (luminance * contrast if last else contrast).mean((1, 2, 3))
        logarithm = logarithm + weight * value.clamp_min(1e-3).log()
        x, y = (F.avg_pool2d(v, 2) for v in (x, y))
    return 1 - logarithm.exp().mean()


def grid_error(x: Tensor, y: Tensor, period: int = 8, block: int = 32) -> Tensor:
    """Return the mean square, in steps, of what is periodic in x - y, weighted towards blocks where `y` is flat.

    Pixel shuffling leaves a fine grid that squared error and SSIM hardly see in flat areas, but the eye does. Errors
    are averaged over each block at equal position within the period, so that texture cancels and a grid stays.
    """
    unshuffled = F.pixel_unshuffle(x - y, period)  # (N, C * phases, h, w)
    phases = unshuffled.reshape(len(x), x.shape[1], period**2, *unshuffled.shape[2:])  # (N, C, phases, h, w)
    grid = F.avg_pool2d((phases - phases.mean(2, keepdim=True)).flatten(1, 2), block // period)
    variance = F.avg_pool2d(y * y, block) - F.avg_pool2d(y, block).square()  # (N, C, H / block, W / block)
    flatness = 100 / (100 + variance.mean(1, keepdim=True).clamp_min(0))
    return (grid.square() * flatness).mean()
