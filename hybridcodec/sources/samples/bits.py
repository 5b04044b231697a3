"""Rows of samples in whole bytes, high bits first: 1 to 16 bits a sample, every row filled up to a whole byte.

PNG, TIFF, PBM and BMP pack them so. Samples of 8 and 16 bits are bytes and pairs of bytes; no others know an order.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.kinds import Samples

_BLOCK: Final = 1 << 20
"""Samples that are taken apart into bits at a time."""
REVERSED: Final = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8)).reshape(256, 8), axis=1, bitorder="little")
"""Byte -> the byte of its bits in the other order, (256, 1)."""


def row_bytes(samples: int, bits: int) -> int:
    """Return how many bytes a row of so many samples has."""
    return -(-samples * bits // 8)


def unpacked(data: bytes | memoryview, rows: int, samples: int, bits: int, *, big_endian: bool = True) -> Samples:
    """Return the samples (rows, samples), uint8 or uint16, of `rows` rows; `data` has all of their bytes."""
    step = row_bytes(samples, bits)
    cells = np.frombuffer(data, np.uint8, rows * step).reshape(rows, step)
    if bits == 8:
        return cells
    if bits == 16:
        return cells.view(">u2" if big_endian else "<u2").astype(np.uint16)
    if bits == 1:
        return np.unpackbits(cells, axis=1, count=samples)
    found = np.empty((rows, samples), np.uint8 if bits < 8 else np.uint16)
    block = max(1, _BLOCK // samples)
    for start in range(0, rows, block):
        apart = np.unpackbits(cells[start : start + block], axis=1, count=samples * bits)
        found[start : start + block] = _joined(apart.reshape(len(apart), samples, bits), found.dtype)
    return found


def packed(samples: Samples, bits: int, *, big_endian: bool = True) -> bytes:
    """Return the bytes of unsigned samples (rows, samples): the inverse of `unpacked`."""
    if bits == 8:
        return np.ascontiguousarray(samples, np.uint8).tobytes()
    if bits == 16:
        return samples.astype(">u2" if big_endian else "<u2").tobytes()
    parts = []
    block = max(1, _BLOCK // samples.shape[1])
    for start in range(0, len(samples), block):
        piece = samples[start : start + block, :, np.newaxis] >> np.arange(bits)[::-1] & 1  # (rows, samples, bits)
        parts.append(np.packbits(piece.astype(np.uint8).reshape(len(piece), -1), axis=1).tobytes())
    return b"".join(parts)


def reversed_bits(data: bytes | memoryview) -> bytes:
    """Return bytes with the bits of each in the other order."""
    return bytes(REVERSED[np.frombuffer(data, np.uint8), 0])


def _joined(apart: NDArray[np.uint8], dtype: np.dtype[np.uint8] | np.dtype[np.uint16]) -> Samples:
    joined = np.zeros(apart.shape[:2], dtype)
    for place in range(apart.shape[2]):
        joined <<= 1
        joined |= apart[..., place]
    return joined
