"""Rows of pixels as 32-bit blocks, so that a neighbourhood is a few shifts; each block in a number of 64 bits."""

import numpy as np
from numpy.typing import NDArray

from hybridcodec.residual.page.layout import ABOVE, BLOCK

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]


def blank(height: int, width: int) -> I64:
    """Return the blocks (ABOVE + height, blocks of a row + 2) of a tile of zeros; outside of it are zeros, too."""
    return np.zeros((ABOVE + height, -(-width // BLOCK) + 2), np.int64)


def packed(pixels: I32) -> I64:
    """Return the blocks of pixels (h, w), 0 or 1; the first pixel of a block is its bit 31."""
    height, width = pixels.shape
    rows = blank(height, width)
    padded = np.zeros((height, BLOCK * (rows.shape[1] - 2)), np.uint8)
    padded[:, :width] = pixels
    rows[ABOVE:, 1:-1] = np.packbits(padded, axis=1).view(">u4")
    return rows


def unpacked(rows: I64, width: int) -> I32:
    """Return the pixels (h, w) of blocks."""
    octets = rows[ABOVE:, 1:-1].astype(">u4").view(np.uint8)
    return np.unpackbits(octets, axis=1, count=width).astype(np.int32)
