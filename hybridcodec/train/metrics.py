"""Distortion measures on tensors: MSE, PSNR and multi-scale SSIM (Wang, Simoncelli, Bovik 2003).

`ms_ssim` is the published measure, with an 11-tap Gaussian window, for reports; `hybridcodec.base.similarity` has a
cheap stand-in for gradients.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from hybridcodec.base.similarity import SCALE_WEIGHTS, ssim_terms


def psnr(mean_square_error: float) -> float:
    """Return decibels for a mean square error in squared 8-bit steps."""
    return 10 * math.log10(255**2 / max(mean_square_error, 1e-10))


def _gaussian_blur(x: Tensor, taps: int = 11, sigma: float = 1.5) -> Tensor:
    at = torch.arange(taps, dtype=x.dtype, device=x.device) - taps // 2
    window = torch.exp(-(at**2) / (2 * sigma**2))
    window = (window / window.sum()).expand(x.shape[1], 1, 1, taps)
    x = F.conv2d(x, window, groups=x.shape[1])
    return F.conv2d(x, window.transpose(2, 3), groups=x.shape[1])


def ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    """Return MS-SSIM per picture, (N,), of float (N, C, H, W) on the scale 0..255; sides of at least 176."""
    logarithm = torch.zeros(x.shape[0], dtype=x.dtype, device=x.device)
    for scale, weight in enumerate(SCALE_WEIGHTS):
        moments = _gaussian_blur(torch.cat((x, y, x * x, y * y, x * y), 1))
        luminance, contrast = ssim_terms(moments, x.shape[1])
        last = scale == len(SCALE_WEIGHTS) - 1
        value = (luminance * contrast if last else contrast).mean((1, 2, 3))
        logarithm = logarithm + weight * value.clamp_min(1e-6).log()
        x, y = (F.avg_pool2d(v, 2, ceil_mode=False) for v in (x, y))
    return logarithm.exp()


def grid_errors(x: Tensor, y: Tensor, period: int = 8, block: int = 32) -> Tensor:
    """Return the mean square, in steps, of what is periodic in x - y, per picture (N,), more where `y` is flat.

    Pixel shuffling leaves a fine grid that squared error and SSIM hardly see in flat areas, but the eye does. Errors
    are averaged over each block at equal position within the period, so that texture cancels and a grid stays.
    """
    unshuffled = F.pixel_unshuffle(x - y, period)  # (N, C * phases, h, w)
    phases = unshuffled.reshape(len(x), x.shape[1], period**2, *unshuffled.shape[2:])  # (N, C, phases, h, w)
    grid = F.avg_pool2d((phases - phases.mean(2, keepdim=True)).flatten(1, 2), block // period)
    variance = F.avg_pool2d(y * y, block) - F.avg_pool2d(y, block).square()  # (N, C, H / block, W / block)
    flatness = 100 / (100 + variance.mean(1, keepdim=True).clamp_min(0))
    return (grid.square() * flatness).mean((1, 2, 3))
