"""A base picture of a smaller scale in the size of its picture: FORMAT.md, "The base picture"."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.tiling import Area, size_of, within

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]

_ROWS: Final = 64
"""Rows that are enlarged at once: bounds memory, never changes a sample."""


def scaled_size(height: int, width: int, scale: int) -> tuple[int, int]:
    """Return the sides of a picture divided by 2^scale and rounded up."""
    return -(-height >> scale), -(-width >> scale)


def enlarged(base: U8, scale: int, height: int, width: int) -> U8:
    """Return a base picture (h, w, C) of this scale as (height, width, C), by exact bilinear interpolation."""
    whole = slice(0, height), slice(0, width)
    return enlarged_part(base, scale, height, width, whole)


def needed_for(area: Area, scale: int, height: int, width: int) -> Area:
    """Return the area of a base picture of this scale that samples of `area` of a picture depend on."""
    if not scale:
        return area
    known = scaled_size(height, width, scale)
    rows, columns = (_reach(side, count, scale) for side, count in zip(area, known, strict=True))
    return rows, columns


def enlarged_part(part: U8, scale: int, height: int, width: int, area: Area) -> U8:
    """Return the samples (h, w, C) of an area of what `enlarged` gives.

    Args:
        part: of the base picture, (h, w, C): the area that `needed_for` returns.
        scale: of the base picture.
        height: of the picture.
        width: of the picture.
        area: of the picture.
    """
    if not scale:
        return part
    (top, left), (h, w) = (side.start for side in needed_for(area, scale, height, width)), size_of(area)
    out = np.empty((h, w, part.shape[2]), np.uint8)
    known = scaled_size(height, width, scale)
    near, far, along = _neighbours(area[1], known[1], scale)
    whole = 2 << scale
    for begin in range(area[0].start, area[0].stop, _ROWS):
        band = slice(begin, min(begin + _ROWS, area[0].stop))
        above, below, down = _neighbours(band, known[0], scale)
        upper, lower = (part[rows - top].astype(np.int64) for rows in (above, below))
        rows = (whole - down)[:, None, None] * upper + down[:, None, None] * lower  # (n, w', C)
        found = (whole - along)[:, None] * rows[:, near - left] + along[:, None] * rows[:, far - left]  # (n, w, C)
        place, _ = within((band, area[1]), area)
        out[place] = (found + whole * whole // 2) >> (2 * scale + 2)
    return out


def _neighbours(side: slice, known: int, scale: int) -> tuple[I64, I64, I64]:
    """Return, for each place, the known places beside it, and the weight of the second of 2^(scale + 1)."""
    place = 2 * np.arange(side.start, side.stop, dtype=np.int64) + 1 - (1 << scale)
    first = place >> (scale + 1)
    weight = place - (first << (scale + 1))
    return first.clip(0, known - 1), (first + 1).clip(0, known - 1), weight


def _reach(side: slice, known: int, scale: int) -> slice:
    """Return the known places beside those of one side."""
    first, last, _ = _neighbours(side, known, scale)
    return slice(int(first[0]), int(last[-1]) + 1)
