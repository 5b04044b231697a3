"""A BMP: file header, BITMAPINFOHEADER or a later one, palette, rows, and a colour profile behind them (version 5)."""

import struct
from typing import Final

import numpy as np

from hybridcodec.image import Metadata
from hybridcodec.sources.parts.words import LeftOut

_FILE_HEADER: Final = 14
_OLD_HEADER: Final = 12
_PROFILE: Final = b"DEBM"  # "MBED" as a little-endian number: the profile is in the file
_PLAIN_SPACES: Final = (b"BGRs", b" niW")  # sRGB, and whatever the system has
_MASKS: Final = {3: 12, 6: 16}
"""Compression -> bytes of the masks behind the shortest header."""


def profile(data: bytes) -> bytes:
    """Return the ICC profile in a BMP of version 5, nothing where there is none."""
    start, end = _profile_span(data)
    return data[start:end]


def left_out(data: bytes, kept: Metadata) -> tuple[str, ...]:
    """Name what stands in the headers besides the size, between the parts, and behind them."""
    found, header = LeftOut(), _number(data, 14, 4)
    start, colours = _number(data, 10, 4), 0
    if any(data[6:10]):
        found.add("reserved fields of the BMP", 4)
    if header >= 40:
        x, y = struct.unpack_from("<ii", data, 38)
        if x or y:
            found.add(f"resolution ({x:,} x {y:,} pixels a metre)")
        colours = _number(data, 46, 4)
    _add_colours(found, data, header, kept)
    end_of_palette = _FILE_HEADER + header + _palette_bytes(data, header, colours, start)
    if start > end_of_palette:
        found.add("bytes between the headers and the rows of the BMP", start - end_of_palette)
    _add_behind(found, data, start, header)
    return found.names()


def _add_colours(found: LeftOut, data: bytes, header: int, kept: Metadata) -> None:
    if header < 108 or len(data) < _FILE_HEADER + 108:
        return
    space = data[70:74]
    if space == _PROFILE and kept.icc and profile(data) == kept.icc:
        return
    if space not in _PLAIN_SPACES or any(data[74:122]):
        found.add("colour space of the BMP", 52)


def _palette_bytes(data: bytes, header: int, colours: int, start: int) -> int:
    """Return the size of the palette; in a picture of true colours it is only a suggestion, and no part of this."""
    if header == _OLD_HEADER:
        return 3 << min(_number(data, 24, 2), 8) if _number(data, 24, 2) <= 8 else 0
    bits, compression = _number(data, 28, 2), _number(data, 30, 4)
    masks = _MASKS.get(compression, 0) if header == 40 else 0
    used = min(colours or 1 << bits, 1 << bits) if bits <= 8 else 0
    return min(masks + 4 * used, max(0, start - _FILE_HEADER - header))


def _add_behind(found: LeftOut, data: bytes, start: int, header: int) -> None:
    """What follows the rows, apart from the profile; fill bytes at the ends of rows are to be zero."""
    if header == _OLD_HEADER:
        width, height, bits, packed = *struct.unpack_from("<HH", data, 18), _number(data, 24, 2), 0
    else:
        width, height = (abs(side) for side in struct.unpack_from("<ii", data, 18))
        bits, packed = _number(data, 28, 2), _number(data, 34, 4) * (_number(data, 30, 4) in (1, 2))
    row = -(-width * bits // 8)
    padded = (row + 3) // 4 * 4
    whole = len(data) >= start + padded * height
    if (
        not packed
        and whole
        and np.frombuffer(data, np.uint8, padded * height, start).reshape(height, padded)[:, row:].any()
    ):
        found.add("fill bytes in the rows of the BMP that are not zero")
    end, (first, last) = start + (packed or padded * height), _profile_span(data)
    if end <= first <= last:
        if any(data[end:first]):
            found.add("bytes between the rows and the profile of the BMP", first - end)
        end = last
    found.add_behind(data[end:], "BMP")


def _profile_span(data: bytes) -> tuple[int, int]:
    if _number(data, 14, 4) < 124 or data[70:74] != _PROFILE or len(data) < _FILE_HEADER + 124:
        return 0, 0
    start, size = _FILE_HEADER + _number(data, 126, 4), _number(data, 130, 4)
    return (start, start + size) if size and start + size <= len(data) else (0, 0)


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
