"""A base picture of a smaller scale in the size of its picture: FORMAT.md, "The base picture"."""

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]


def scaled_size(height: int, width: int, scale: int) -> tuple[int, int]:
    """Return the sides of a picture divided by 2^scale and rounded up."""
    return -(-height >> scale), -(-width >> scale)


def enlarged(base: U8, scale: int, height: int, width: int) -> U8:
    """Return a base picture (h, w, C) of this scale as (height, width, C), by exact bilinear interpolation."""
    if not scale:
        return base
    top, bottom, down = _neighbours(height, base.shape[0], scale)
    left, right, along = _neighbours(width, base.shape[1], scale)
    whole = 2 << scale
    rows = (whole - down)[:, None, None] * base[top].astype(np.int64) + down[:, None, None] * base[bottom]  # (H, w, C)
    found = (whole - along)[:, None] * rows[:, left] + along[:, None] * rows[:, right]  # (H, W, C)
    return ((found + whole * whole // 2) >> (2 * scale + 2)).astype(np.uint8)


def _neighbours(count: int, known: int, scale: int) -> tuple[I64, I64, I64]:
    """Return, for each of `count` places, the known places beside it, and the weight of the second of 2^(scale + 1)."""
    place = 2 * np.arange(count, dtype=np.int64) + 1 - (1 << scale)
    first = place >> (scale + 1)
    weight = place - (first << (scale + 1))
    return first.clip(0, known - 1), (first + 1).clip(0, known - 1), weight
