"""From what a generator draws to samples, and the correction of a picture's colour that its file holds."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.geometry import LatentGrid
from hybridcodec.base.units import SAMPLE_STEPS, STRIDE
from hybridcodec.errors import CorruptFileError

U8 = NDArray[np.uint8]
I16 = NDArray[np.int16]
I32 = NDArray[np.int32]
CORRECTION_ROUNDS: Final = 3
"""Clipping to 0..255 takes part of a correction away again, so it is measured anew."""


def gray_of(fine: I32) -> I32:
    """Return (h, w, 1) of (h, w, 3)."""
    red, green, blue = (fine[..., c] for c in range(3))
    return ((red + 2 * green + blue + 2) >> 2)[..., None]


def to_samples(fine: I16 | I32, correction: I32) -> U8:
    """Return samples: `fine` plus correction, both in 1 / SAMPLE_STEPS, rounded half up and clipped to 0..255."""
    return ((fine + (correction + SAMPLE_STEPS // 2)) // SAMPLE_STEPS).clip(0, 255).astype(np.uint8)


def read_correction(data: bytes, channels: int) -> I32:
    """Return the correction of each channel, (channels,), in 1 / SAMPLE_STEPS, from one signed byte of each."""
    if len(data) != channels:
        raise CorruptFileError(f"expected {channels} bytes of colour correction, found {len(data)}")
    return np.frombuffer(data, np.int8).astype(np.int32)


def padded_rgb(samples: U8, grid: LatentGrid) -> U8:
    """Return RGB with both sides padded to multiples of 16 by repeating the edge; gray becomes three equal channels."""
    H, W, C = samples.shape
    sides = ((0, grid.rows * STRIDE - H), (0, grid.columns * STRIDE - W), (0, 0))
    padded = np.pad(samples, sides, mode="edge")
    return padded if C == 3 else np.repeat(padded, 3, axis=2)


def corrected(samples: U8, fine: I16) -> tuple[I32, U8]:
    """Return the correction per channel that brings the mean error nearest to zero, and the picture with it."""
    channels = samples.shape[2]
    found = [_correct_channel(samples[..., c], fine[..., c]) for c in range(channels)]
    correction = np.array([value for value, _ in found], np.int32)
    return correction, np.stack([picture for _, picture in found], axis=2)


def _correct_channel(samples: U8, fine: I16) -> tuple[int, U8]:
    target = float(samples.mean(dtype=np.float64))
    tried: dict[int, tuple[float, U8]] = {}
    value = 0
    for _ in range(1 + CORRECTION_ROUNDS):
        picture = to_samples(fine, np.array(value, np.int32))
        error = target - float(picture.mean(dtype=np.float64))
        tried[value] = (abs(error), picture)
        value = int(np.clip(value + round(error * SAMPLE_STEPS), -128, 127))
        if value in tried:
            break
    best = min(tried, key=lambda key: (tried[key][0], abs(key)))
    return best, tried[best][1]
