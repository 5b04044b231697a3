"""Rows of pixels as 32-bit blocks, so that a neighbourhood is a few shifts; each block in a number of 64 bits."""

import numpy as np
from numpy.typing import NDArray

from hybridcodec.residual.page.layout import BLOCK, MARGIN

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]


def across(width: int) -> int:
    """Return the blocks of a row, those at its sides included."""
    return -(-width // BLOCK) + 2


def blank(height: int, width: int) -> I64:
    """Return the blocks of a tile of zeros, row by row; outside of it are zeros, too."""
    return np.zeros((MARGIN + height) * across(width), np.int64)


def packed(pixels: I32) -> I64:
    """Return the blocks of pixels (h, w), 0 or 1; the first pixel of a block is its bit 31."""
    height, width = pixels.shape
    rows = blank(height, width)
    padded = np.zeros((height, BLOCK * (across(width) - 2)), np.uint8)
    padded[:, :width] = pixels
    _inside(rows, width)[:] = np.packbits(padded, axis=1).view(">u4")
    return rows


def unpacked(rows: I64, width: int) -> I32:
    """Return the pixels (h, w) of blocks."""
    octets = _inside(rows, width).astype(">u4").view(np.uint8)
    return np.unpackbits(octets, axis=1, count=width).astype(np.int32)


def _inside(rows: I64, width: int) -> I64:
    return rows.reshape(-1, across(width))[MARGIN:, 1:-1]
