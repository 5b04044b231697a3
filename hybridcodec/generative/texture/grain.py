"""Grain: noise that is a hash of the place, in bands of an octave, with strengths that a network gives.

No state and no seed: any part of a picture has its grain without the rest, and has it again.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.base.geometry import Slices
from hybridcodec.generative.texture.schema import BANDS
from hybridcodec.integer import Integers
from hybridcodec.machine.kernels import kernel

PRIMES: Final = (0x9E3779B1, 0x85EBCA77, 0x68BC21EB)
MIXERS: Final = (0x7FEB352D, 0x846CA68B)
"""The hash of C. Wellons' survey of such functions ("lowbias32"), of a sum of multiples of row, column and band."""
TO_UNIT: Final = ((111, 7), (11, 7), (53, 13))
"""Factor and shift that give each band a standard deviation of 64."""

I16 = NDArray[np.int16]
I32 = NDArray[np.int32]


def add_grain(area: Slices, strengths: Integers, fine: Integers) -> None:
    """Add grain to every channel of the pixels of `area`, (h, w, C), in 1 / SAMPLE_STEPS.

    Args:
        area: rows and columns, multiples of 4 at their beginnings.
        strengths: (h, w, BANDS) of each pixel, in 1 / GRAIN_STEPS.
        fine: what it is added to.
    """
    total = np.zeros(strengths.shape[:2], np.int32)
    for number in range(BANDS):
        _weigh(strengths[..., number], band(area, number), TO_UNIT[number], total)
    _add(total, fine)


@kernel(nogil=True)
def _weigh(strengths: Integers, noise: I32, unit: tuple[int, int], total: I32) -> None:
    factor, shift = np.int32(unit[0]), np.int32(unit[1])
    for y in range(total.shape[0]):
        for x in range(total.shape[1]):
            scaled = (noise[y, x] * factor + (np.int32(1) << (shift - np.int32(1)))) >> shift
            total[y, x] += np.int32(strengths[y, x]) * scaled


@kernel(nogil=True)
def _add(total: I32, fine: Integers) -> None:
    for y in range(total.shape[0]):
        for x in range(total.shape[1]):
            value = (total[y, x] + np.int32(128)) >> np.int32(8)
            for c in range(fine.shape[2]):
                fine[y, x, c] += value


def enlarged(strengths: Integers) -> I16:
    """Return strengths (h, w, BANDS) for each pixel, (4 h, 4 w, BANDS), in the same units."""
    twice = _doubled(strengths.astype(np.int32))
    h, w, bands = twice.shape
    out = np.empty((2 * h, 2 * w, bands), np.int16)
    _double(twice, 8, out)
    return out


def band(area: Slices, number: int) -> I32:
    """Return noise (h, w) of squares of 2^number pixels, interpolated, times 16^number."""
    rows, columns = (slice((s.start >> number) - 2, -(-s.stop >> number) + 2) for s in area)
    noise = _hashed(rows, columns, number)[..., None]
    for _ in range(number):
        noise = _doubled(noise)[2:-2, 2:-2]  # begins two pixels before the area, however often
    h, w = (s.stop - s.start for s in area)
    return noise[2 : 2 + h, 2 : 2 + w, 0]


def _doubled(x: I32) -> I32:
    """Return (2 h, 2 w, C) of (h, w, C): 3 and 1 quarters of the nearest two along each axis, times 16."""
    h, w, channels = x.shape
    out = np.empty((2 * h, 2 * w, channels), np.int32)
    _double(np.ascontiguousarray(x), 0, out)
    return out


@kernel(nogil=True)
def _double(x: I32, shift: int, out: Integers) -> None:
    """As `_doubled`, shifted right and rounded; beyond its sides the edge is repeated."""
    (h, w, channels), by = x.shape, np.int32(shift)
    half = (np.int32(1) << by) >> np.int32(1)
    for y in range(2 * h):
        near, far = x[y // 2], x[min(max(y // 2 - 1 + y % 2 * 2, 0), h - 1)]
        for column in range(2 * w):
            i, j = column // 2, min(max(column // 2 - 1 + column % 2 * 2, 0), w - 1)
            for c in range(channels):
                found = 3 * (3 * near[i, c] + far[i, c]) + 3 * near[j, c] + far[j, c]
                out[y, column, c] = (found + half) >> by


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
