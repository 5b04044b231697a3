"""The base layer against JPEG and lossy WebP of the same size, picture by picture.

Unlike `export.measure`, which serves the choice of a model, this is for reports, on pictures that no choice may see.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
import torch
from PIL import Image as PillowImage

from hybridcodec.base import Analysis, BaseModel, decode_base, encode_base
from hybridcodec.train.data import Samples
from hybridcodec.train.metrics import ms_ssim, psnr

FORMATS: dict[str, dict[str, int]] = {"JPEG": {"subsampling": 2, "optimize": 1}, "WEBP": {"method": 6}}


@dataclass(frozen=True)
class Comparison:
    """One picture: bits per pixel, MS-SSIM and PSNR of the base layer and of others at least as large, and more."""

    bpp: float
    jpeg_bpp: float
    webp_bpp: float
    ms_ssim: float
    jpeg_ms_ssim: float
    webp_ms_ssim: float
    psnr: float
    jpeg_psnr: float
    webp_psnr: float
    mean_error: float
    """Largest of the channels' mean errors, sample steps."""
    encode_seconds: float
    decode_seconds: float


def compare(samples: Samples, model: BaseModel, analysis: Analysis) -> Comparison:
    """Encode RGB (H, W, 3), sides of at least 176, and find the lowest JPEG and WebP qualities that are no smaller."""
    begun = time.perf_counter()
    payload, _ = encode_base(samples, model, analysis)
    encoded = time.perf_counter()
    H, W, C = samples.shape
    decoded = decode_base(payload.common, payload.tiles, H, W, C, model)
    seconds = encoded - begun, time.perf_counter() - encoded
    others = [_at_least(samples, name, payload.size) for name in FORMATS]
    pictures = [decoded, *(picture for _, picture in others)]
    x, *rest = (torch.from_numpy(p.copy()).permute(2, 0, 1)[None].float() for p in (samples, *pictures))
    bits = [8 * size / (H * W) for size in (payload.size, *(size for size, _ in others))]
    likeness = [float(ms_ssim(x, y)) for y in rest]
    decibels = [psnr(float((x - y).square().mean())) for y in rest]
    shift = np.abs(samples.mean((0, 1)) - decoded.mean((0, 1))).max()
    values = [*bits, *likeness, *decibels, float(shift), *seconds]
    return Comparison(**dict(zip((f.name for f in fields(Comparison)), values, strict=True)))


def _at_least(samples: Samples, name: str, size: int) -> tuple[int, Samples]:
    """Return size and samples of the smallest file in format `name` that has `size` bytes, or of its best quality."""
    low, high = 1, 95
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(_written(samples, name, middle)) >= size else (middle + 1, high)
    data = _written(samples, name, low)
    with PillowImage.open(io.BytesIO(data)) as picture:
        return len(data), np.array(picture.convert("RGB"))


def _written(samples: Samples, name: str, quality: int) -> bytes:
    stream = io.BytesIO()
    PillowImage.fromarray(samples).save(stream, name, quality=quality, **FORMATS[name])
    return stream.getvalue()


def table(found: Mapping[str, Comparison]) -> Iterator[str]:
    """Yield the lines of a Markdown table, the mean last."""
    names = [f.name.replace("_", " ") for f in fields(Comparison)]
    yield "| picture | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for name, row in found.items():
        yield _line(name, astuple(row))
    yield _line("mean", np.mean([astuple(row) for row in found.values()], axis=0).tolist())


def _line(name: str, values: Sequence[float]) -> str:
    return f"| {name} | " + " | ".join(f"{value:.3f}" for value in values) + " |"
