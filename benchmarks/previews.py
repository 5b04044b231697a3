"""Small lossy pictures and how near they come to their originals: the base layer, JPEG and WebP."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from benchmarks.codecs import U8
from hybridcodec.train.metrics import SCALE_WEIGHTS, ms_ssim, psnr

QUALITIES: Final = range(1, 101)
SMALLEST_SIDE: Final = 11 << (len(SCALE_WEIGHTS) - 1)
"""MS-SSIM needs an 11-tap window at its coarsest scale."""
OTHERS: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"optimize": True, "progressive": True, "subsampling": "4:2:0"},
    "WebP": {"method": 6},
}


@dataclass(frozen=True)
class Preview:
    """One lossy picture: bytes of its file, MS-SSIM 0 to 1, PSNR in decibels, mean error of each channel."""

    bytes: int
    ms_ssim: float
    psnr: float
    mean_errors: tuple[float, ...]


def judged(original: U8, decoded: U8, size: int) -> Preview:
    """Compare a lossy picture of `size` bytes with its original, (H, W) or (H, W, 3), sides of `SMALLEST_SIDE` up."""
    H, W = original.shape[:2]
    error = decoded.astype(np.float64).reshape(H, W, -1) - original.reshape(H, W, -1)
    means = tuple(float(mean) for mean in error.mean((0, 1)))
    likeness = float(ms_ssim(_tensor(original), _tensor(decoded)))
    return Preview(size, likeness, psnr(float(np.square(error).mean())), means)


def other_preview(original: U8, name: str, least: int) -> Preview:
    """Return the picture in a format of `OTHERS`, at the lowest quality whose file has at least `least` bytes.

    So the other format never has fewer bytes; where even its best quality has, that one is taken.
    """
    data = _first_of_size(lambda quality: _written(original, name, quality), least)
    with Image.open(io.BytesIO(data)) as picture:
        decoded = np.asarray(picture.convert("L" if original.ndim == 2 else "RGB"))
    return judged(original, decoded, len(data))


def _first_of_size(write: Callable[[int], bytes], least: int) -> bytes:
    """Return what `write` makes of the lowest quality that gives `least` bytes, as sizes grow with quality."""
    low, high = QUALITIES[0], QUALITIES[-1]
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(write(middle)) >= least else (middle + 1, high)
    return write(low)


def _written(samples: U8, name: str, quality: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(samples).save(stream, name, quality=quality, **OTHERS[name])
    return stream.getvalue()


def _tensor(samples: U8) -> torch.Tensor:
    H, W = samples.shape[:2]
    return torch.from_numpy(samples.reshape(H, W, -1).copy()).permute(2, 0, 1)[None].float()  # (1, C, H, W)
