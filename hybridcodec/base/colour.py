"""From what a generator draws to samples, and the correction of a picture's colour that its file holds."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.units import SAMPLE_STEPS, STRIDE
from hybridcodec.errors import CorruptFileError
from hybridcodec.machine.kernels import kernel

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
Fine = NDArray[np.integer[Any]]
"""Signed, of 16 or 32 bits."""
CORRECTION_ROUNDS: Final = 3
"""Clipping to 0..255 takes part of a correction away again, so it is measured anew."""
LOWEST: Final = -256
HIGHEST: Final = 256 * SAMPLE_STEPS + 256
"""Values beyond these are black and white, whatever the correction: it is one signed byte."""


def gray_of(fine: Fine) -> I32:
    """Return (h, w, 1) of (h, w, 3)."""
    red, green, blue = (fine[..., c].astype(np.int32) for c in range(3))
    return ((red + 2 * green + blue + 2) >> 2)[..., None]


def to_samples(fine: Fine, correction: I32) -> U8:
    """Return samples: `fine` plus correction, both in 1 / SAMPLE_STEPS, rounded half up and clipped to 0..255."""
    return ((fine + (correction + SAMPLE_STEPS // 2)) // SAMPLE_STEPS).clip(0, 255).astype(np.uint8)


def in_samples(fine: Fine, correction: I32) -> U8:
    """As `to_samples` of pixels (h, w, C), in one pass."""
    out = np.empty(fine.shape, np.uint8)
    _shade(fine, correction, out)
    return out


@kernel(nogil=True)
def _shade(fine: Fine, correction: I32, out: U8) -> None:
    for y in range(fine.shape[0]):
        for x in range(fine.shape[1]):
            for c in range(fine.shape[2]):
                value = (np.int32(fine[y, x, c]) + correction[c] + np.int32(SAMPLE_STEPS // 2)) // np.int32(
                    SAMPLE_STEPS
                )
                out[y, x, c] = min(max(value, np.int32(0)), np.int32(255))


def read_correction(data: bytes, channels: int) -> I32:
    """Return the correction of each channel, (channels,), in 1 / SAMPLE_STEPS, from one signed byte of each."""
    if len(data) != channels:
        raise CorruptFileError(f"expected {channels} bytes of colour correction, found {len(data)}")
    return np.frombuffer(data, np.int8).astype(np.int32)


def padded_rgb(samples: U8) -> U8:
    """Return RGB with both sides padded to multiples of 16 by repeating the edge; gray becomes three equal channels."""
    H, W, C = samples.shape
    sides = ((0, -H % STRIDE), (0, -W % STRIDE), (0, 0))
    padded = np.pad(samples, sides, mode="edge") if H % STRIDE or W % STRIDE else samples
    return padded if C == 3 else np.repeat(padded, 3, axis=2)


class Tones:
    """How often each channel has each value: all that tells which correction brings its mean error nearest to zero."""

    def __init__(self, channels: int) -> None:
        """Begin with nothing."""
        self._counts = np.zeros((channels, HIGHEST - LOWEST + 1), np.int64)

    def add(self, fine: Fine) -> None:
        """Count values (h, w, channels) in 1 / SAMPLE_STEPS."""
        _count(fine, self._counts)

    def corrections(self, samples: U8) -> I32:
        """Return the correction of each channel; `samples` (H, W, C) are what every C of them should be."""
        wanted = [float(samples[..., c].mean(dtype=np.float64)) for c in range(samples.shape[2])]
        found = [_correction(counts, wanted[k % len(wanted)]) for k, counts in enumerate(self._counts)]
        return np.array(found, np.int32)


@kernel(nogil=True)
def _count(fine: Fine, counts: NDArray[np.int64]) -> None:
    for y in range(fine.shape[0]):
        for x in range(fine.shape[1]):
            for c in range(fine.shape[2]):
                counts[c, min(max(fine[y, x, c], LOWEST), HIGHEST) - LOWEST] += 1


def _correction(counts: NDArray[np.int64], target: float) -> int:
    values, total = np.arange(LOWEST, HIGHEST + 1, dtype=np.int32), int(counts.sum())
    tried: dict[int, float] = {}
    value = 0
    for _ in range(1 + CORRECTION_ROUNDS):
        error = target - int((to_samples(values, np.array(value, np.int32)) * counts).sum()) / total
        tried[value] = abs(error)
        value = int(np.clip(value + round(error * SAMPLE_STEPS), -128, 127))
        if value in tried:
            break
    return min(tried, key=lambda key: (tried[key], abs(key)))
