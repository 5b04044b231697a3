"""What base 2 reaches in float: estimated rates, PSNR, MS-SSIM and ringing of pictures as they would be shown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from hybridcodec.train.base2.loss import ringing
from hybridcodec.train.base2.network import Base2
from hybridcodec.train.data import Samples
from hybridcodec.train.metrics import ms_ssim, psnr

QUALITIES = -0.35, -0.15, 0.0, 0.25, 0.5, 0.75, 1.0
RATES = 0.1, 0.15, 0.3, 0.45, 0.8
EDGE = 384
"""Of the centres of pictures that are looked at while training goes on."""
LOWEST, HIGHEST, HALVINGS = -0.8, 1.5, 11
"""Where a quality for a rate is searched."""

Row = tuple[float, float, float, float]
"""Bits per pixel, PSNR, MS-SSIM, ringing."""


def likeness(out: Tensor, x: Tensor) -> tuple[float, float, float]:
    """Return PSNR, MS-SSIM and ringing of a picture (1, 3, H, W) as shown."""
    out = out.round().clamp(0, 255)
    error = float((out - x).square().mean())
    return psnr(error), float(ms_ssim(out, x)), float(ringing(out, x, luma=True))


@torch.inference_mode()
def validate(network: Base2, pictures: Sequence[Samples], device: torch.device) -> dict[float, Row]:
    """Return means over the centres of pictures at each of QUALITIES, in bfloat16 as training has it."""
    found = {t: np.zeros(4) for t in QUALITIES}
    for picture in pictures:
        h, w = (min(EDGE, n // 64 * 64) for n in picture.shape[:2])
        top, left = (picture.shape[0] - h) // 2, (picture.shape[1] - w) // 2
        x = as_tensor(picture[top : top + h, left : left + w]).to(device)
        with torch.autocast(device.type, torch.bfloat16):
            y = network.analyse(x)
        for t in QUALITIES:
            with torch.autocast(device.type, torch.bfloat16):
                out, bits = network.code(y, torch.full((1,), t, device=device), True)
            found[t] += np.array([float(bits) / (h * w), *likeness(out, x)])
    return {t: tuple((v / len(pictures)).tolist()) for t, v in found.items()}


def at_rate(found: Mapping[float, Row], bpp: float) -> tuple[float, float, float]:
    """Return PSNR, MS-SSIM (interpolated in decibels) and ringing at a rate, between qualities."""
    rates = np.log([v[0] for v in found.values()])
    decibels = [-10 * math.log10(1 - v[2]) for v in found.values()]
    rows = [v[1] for v in found.values()], decibels, [v[3] for v in found.values()]
    peak, similar, ring = (float(np.interp(math.log(bpp), rates, v)) for v in rows)
    return peak, 1 - 10 ** (-similar / 10), ring


@torch.inference_mode()
def pictures_at(network: Base2, picture: Samples, rates: Sequence[float]) -> Iterator[tuple[Tensor, float, float]]:
    """Yield the whole picture (1, 3, H, W) in float32, its quality and its bits per pixel at each rate."""
    h, w = picture.shape[:2]
    padded = np.pad(picture, ((0, -h % 64), (0, -w % 64), (0, 0)), mode="edge")
    y = network.analyse(as_tensor(padded))
    for rate in rates:
        low, high = LOWEST, HIGHEST
        for _ in range(HALVINGS):
            t = (low + high) / 2
            bits = float(network.code(y, torch.full((1,), t), True, show=False)[1])
            low, high = (t, high) if bits < rate * h * w else (low, t)
        out, spent = network.code(y, torch.full((1,), low), True)
        yield out[:, :, :h, :w], low, float(spent) / (h * w)


def measured(network: Base2, pictures: Sequence[Samples], rates: Sequence[float]) -> Iterator[str]:
    """Yield a line for each rate: means over whole pictures, a quality searched for each."""
    rows = []
    for picture in pictures:
        x = as_tensor(picture)
        for out, t, bpp in pictures_at(network, picture, rates):
            shift = (out.round().clamp(0, 255) - x).mean((0, 2, 3)).abs().max()
            rows.append([bpp, *likeness(out, x), float(shift), t])
    table = np.array(rows).reshape(len(pictures), len(rates), 6)
    for rate, values in zip(rates, table.transpose(1, 0, 2), strict=True):
        bpp, peak, similar, ring = values[:, :4].mean(0)
        ends = f"largest shift {values[:, 4].max():.2f}, t {values[:, 5].min():.2f} to {values[:, 5].max():.2f}"
        yield f"{rate:.2f}: {bpp:.4f} bpp, PSNR {peak:.3f}, MS-SSIM {similar:.4f}, ringing {ring:.3f}, {ends}"


def as_tensor(picture: Samples) -> Tensor:
    """Return a picture, uint8 (H, W, 3), as float (1, 3, H, W)."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()
