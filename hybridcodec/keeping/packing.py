"""Parts of a file that pack smaller by themselves, found and tried: JPEG streams, wherever they lie.

They are the whole of a JPEG file, and parts of DICOM, TIFF, PDF and camera files. What a JPEG shows does not matter.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from hybridcodec.errors import HybridcodecError
from hybridcodec.keeping.method import Packer

_START: Final = b"\xff\xd8\xff"
_END, _SCAN = 0xD9, 0xDA
_MOST_STRAY: Final = 256  # bytes between two segments, which decoders skip
_FIRST: Final = 0xC0  # lowest marker with a segment
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a segment: TEM and RST
_LEAST: Final = 128  # bytes that packing must spare: it parts one literal piece into two
_MOST: Final = 4096  # streams that are tried in one file
_LARGEST: Final = 1 << 28  # bytes of a stream: packers hold its coefficients, four times its size and more


class Packed(NamedTuple):
    """Where a part of a file begins and ends, and what a packer made of it."""

    start: int
    end: int
    name: str
    data: bytes


def packed_parts(data: bytes, start: int, end: int, packers: Sequence[Packer]) -> Iterator[Packed]:
    """Yield the parts of what lies between `start` and `end` that pack smaller, in order, none over another."""
    tried = 0
    while tried < _MOST and (at := data.find(_START, start, end)) >= 0:
        tried, until = tried + 1, jpeg_end(data, at, end)
        found = packed(data[at:until], packers)
        start = until if found else at + len(_START)
        if found:
            yield Packed(at, until, *found)


def packed(stream: bytes, packers: Sequence[Packer]) -> tuple[str, bytes] | None:
    """Return name and result of the first packer that packs a stream smaller, unpacked again and compared."""
    if not _LEAST < len(stream) <= _LARGEST:
        return None
    for packer in packers:
        result = packer.pack(stream)
        if result is not None and len(result) + _LEAST < len(stream) and _comes_back(packer, result, stream):
            return packer.name, result
    return None


def jpeg_end(data: bytes, start: int, end: int) -> int:
    """Return where the JPEG stream at `start` ends: behind its end marker, else at `end`; `start` if it is none."""
    place, scanned = start + 2, False
    while place + 4 <= end:
        marker = data[place + 1]
        if data[place] != 0xFF or (marker < _FIRST and marker not in _ALONE):
            place = _next_marker(data, place, end)
            if place < 0:
                return end if scanned else start
        elif marker == _END:
            return place + 2
        elif marker == 0xFF or marker in _ALONE:
            place += 1 if marker == 0xFF else 2
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
            if marker == _SCAN:
                place, scanned = _scan_end(data, place, end), True
    return min(end, place + 2) if data[place : place + 2] == bytes([0xFF, _END]) else end


def _next_marker(data: bytes, place: int, end: int) -> int:
    """Return where behind a few stray bytes the next segment begins, -1 where none does."""
    end = min(end, place + _MOST_STRAY)
    while (place := data.find(b"\xff", place + 1, end - 1)) >= 0:
        if data[place + 1] >= _FIRST and data[place + 1] != 0xFF:
            break
    return place


def _scan_end(data: bytes, place: int, end: int) -> int:
    """Return where the marker behind the coded samples at `place` stands, or `end`."""
    while (place := data.find(b"\xff", place, end - 1)) >= 0:
        if data[place + 1] not in _ALONE and data[place + 1] not in (0x00, 0xFF):
            return place
        place += 1 if data[place + 1] == 0xFF else 2
    return end


def _comes_back(packer: Packer, result: bytes, stream: bytes) -> bool:
    try:
        return packer.unpack(result, len(stream)) == stream
    except HybridcodecError:
        return False
