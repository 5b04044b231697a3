"""Small lossy pictures and how near they come to their originals: the base layer, JPEG and WebP."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from benchmarks.codecs import LOSSY, U8
from benchmarks.equal_bytes import not_smaller
from hybridcodec.base.similarity import SCALE_WEIGHTS
from hybridcodec.codec import decode
from hybridcodec.modes import Layer
from hybridcodec.sources import read_picture
from hybridcodec.train.metrics import ms_ssim, psnr

BASE: Final = "base"
DISPLAY: Final = "display"
"""What a file of ours shows: its base picture and, where it has one, the picture for the eye."""
SMALLEST_SIDE: Final = 11 << (len(SCALE_WEIGHTS) - 1)
"""MS-SSIM needs an 11-tap window at its coarsest scale."""


@dataclass(frozen=True)
class Preview:
    """One lossy picture: bytes of its file, MS-SSIM 0 to 1, PSNR in decibels, mean error of each channel."""

    bytes: int
    ms_ssim: float
    psnr: float
    mean_errors: tuple[float, ...]


def large_enough(path: Path) -> bool:
    """Whether MS-SSIM can judge the picture in a file."""
    return bool(min(read_picture(path).samples.shape[:2]) >= SMALLEST_SIDE)


def views(data: bytes) -> dict[str, U8]:
    """Return the pictures that a file of ours shows, by BASE and, where it has one, DISPLAY."""
    shown, base = decode(data, layer=Layer.PERCEPTUAL), decode(data, layer=Layer.BASE)
    return {BASE: base} if np.array_equal(base, shown) else {BASE: base, DISPLAY: shown}


def judged(original: U8, decoded: U8, size: int) -> Preview:
    """Compare a lossy picture of `size` bytes with its original, (H, W) or (H, W, 3), sides of `SMALLEST_SIDE` up."""
    H, W = original.shape[:2]
    error = decoded.astype(np.float64).reshape(H, W, -1) - original.reshape(H, W, -1)
    means = tuple(float(mean) for mean in error.mean((0, 1)))
    likeness = float(ms_ssim(_tensor(original), _tensor(decoded)))
    return Preview(size, likeness, psnr(float(np.square(error).mean())), means)


def other_preview(original: U8, name: str, least: int) -> Preview:
    """Return the picture by a codec of `LOSSY`, in the smallest file that has at least `least` bytes.

    So the other codec never has fewer bytes; where even its best quality has, that one is taken.
    """
    codec = LOSSY[name]
    data = not_smaller(codec, original, least).data
    return judged(original, codec.decoded(data, original), len(data))


def _tensor(samples: U8) -> torch.Tensor:
    H, W = samples.shape[:2]
    return torch.from_numpy(samples.reshape(H, W, -1).copy()).permute(2, 0, 1)[None].float()  # (1, C, H, W)
