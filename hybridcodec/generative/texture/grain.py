"""Grain: noise that is a hash of the place, in bands of an octave, with strengths that a network gives.

No state and no seed: any part of a picture has its grain without the rest, and has it again.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.geometry import Slices
from hybridcodec.generative.texture.schema import BANDS

PRIMES: Final = (0x9E3779B1, 0x85EBCA77, 0x68BC21EB)
MIXERS: Final = (0x7FEB352D, 0x846CA68B)
"""The hash of C. Wellons' survey of such functions ("lowbias32"), of a sum of multiples of row, column and band."""
TO_UNIT: Final = ((111, 7), (11, 7), (53, 13))
"""Factor and shift that give each band a standard deviation of 64."""

I32 = NDArray[np.int32]


def grain(area: Slices, strengths: I32) -> I32:
    """Return what grain adds to every channel of the pixels of `area`, (h, w), in 1 / SAMPLE_STEPS.

    Args:
        area: rows and columns, multiples of 4 at their beginnings.
        strengths: (h, w, BANDS) of each pixel, in 1 / GRAIN_STEPS.
    """
    total = np.zeros(strengths.shape[:2], np.int32)
    for number in range(BANDS):
        factor, shift = TO_UNIT[number]
        unit = (band(area, number) * factor + (1 << (shift - 1))) >> shift
        total += strengths[..., number] * unit
    return (total + 128) >> 8


def enlarged(strengths: I32) -> I32:
    """Return strengths (h, w, BANDS) for each pixel, (4 h, 4 w, BANDS), in the same units."""
    for _ in range(2):
        strengths = _doubled(np.pad(strengths, ((1, 1), (1, 1), (0, 0)), mode="edge"))
    return (strengths + 128) >> 8


def band(area: Slices, number: int) -> I32:
    """Return noise (h, w) of squares of 2^number pixels, interpolated, times 16^number."""
    rows, columns = (slice((s.start >> number) - 2, -(-s.stop >> number) + 2) for s in area)
    noise = _hashed(rows, columns, number)[..., None]
    for _ in range(number):
        noise = _doubled(noise)  # begins two pixels before the area, however often
    h, w = (s.stop - s.start for s in area)
    return noise[2 : 2 + h, 2 : 2 + w, 0]


def _doubled(x: I32) -> I32:
    """Return (2 h - 4, 2 w - 4, C) of (h, w, C): 3 and 1 quarters of the nearest two along each axis, times 16."""
    for axis in (0, 1):
        x = np.moveaxis(x, axis, 0)
        middle = 3 * x[1:-1]
        both = np.stack((middle + x[:-2], middle + x[2:]), axis=1)
        x = np.moveaxis(both.reshape(-1, *x.shape[1:]), 0, axis)
    return x


def _hashed(rows: slice, columns: slice, number: int) -> I32:
    """Odd numbers, -127 to 127, (h, w), of places and a band."""
    y, x = (np.arange(s.start, s.stop, dtype=np.int64).astype(np.uint32) for s in (rows, columns))
    first, second = (np.uint32(p) for p in PRIMES[:2])
    third = np.uint32(PRIMES[2] * (number + 1) & 0xFFFFFFFF)
    mixed = (y * first)[:, None] ^ (x * second + third)[None]
    for shift, mixer in zip((16, 15), MIXERS, strict=True):
        mixed ^= mixed >> np.uint32(shift)
        mixed *= np.uint32(mixer)
    mixed ^= mixed >> np.uint32(16)
    return 2 * ((mixed >> np.uint32(20)) & np.uint32(127)).astype(np.int32) - 127
