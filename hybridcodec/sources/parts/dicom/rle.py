"""RLE of DICOM (PS3.5 annex G): each byte of a sample in a segment of its own, packed like PackBits."""

import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import InputError
from hybridcodec.sources.parts.dicom.geometry import Geometry

_HEADER: Final = struct.Struct("<16I")
_NOTHING: Final = 128


def decode_rle(data: bytes, geometry: Geometry) -> NDArray[Any]:
    """Return the samples of a frame as unsigned words (H, W, C).

    Raises:
        InputError: there are other segments than the samples need, or one has too few bytes.
    """
    if len(data) < _HEADER.size:
        raise InputError("a frame in RLE is cut off in its header")
    count, *offsets = _HEADER.unpack_from(data)
    size = geometry.allocated // 8
    if count != geometry.samples * size or geometry.allocated not in (8, 16, 32):
        raise InputError(f"a frame in RLE should have {geometry.samples * size} segments, found {count}")
    ends = [*offsets[1:count], len(data)]
    pixels = geometry.rows * geometry.columns
    segments = [_unpacked(data[start:end], pixels) for start, end in zip(offsets, ends, strict=False)]
    cells = np.stack([np.frombuffer(segment, np.uint8) for segment in segments])
    words = np.ascontiguousarray(cells.reshape(geometry.samples, size, pixels).transpose(2, 0, 1))  # (pixels, C, bytes)
    return words.view(f">u{size}").reshape(geometry.rows, geometry.columns, geometry.samples)


def _unpacked(packed: bytes, size: int) -> bytes:
    """Return the bytes of a segment, of which a writer may have padded the end."""
    out, at = bytearray(), 0
    while len(out) < size:
        if at >= len(packed):
            raise InputError(f"a segment in RLE should give {size:,} bytes, found {len(out):,}")
        code = packed[at]
        if code < _NOTHING:
            out += packed[at + 1 : at + 2 + code]
            at += 2 + code
        else:
            if code > _NOTHING:
                out += packed[at + 1 : at + 2] * (257 - code)
            at += 2 if code > _NOTHING else 1
    return bytes(out[:size])
