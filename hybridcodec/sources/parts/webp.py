"""The chunks of a WebP (RFC 9649, section 2)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from hybridcodec.image import Metadata
from hybridcodec.sources.parts.words import LeftOut, label

_HEADER: Final = 12
_PICTURES: Final = (b"VP8 ", b"VP8L")
_NAMES: Final = {
    b"ICCP": "an ICC profile that was not kept",
    b"EXIF": "a further EXIF block",
    b"XMP ": "a further XMP packet",
    b"ANIM": "background and loops of an animation",
    b"ANMF": "time of an animation's frame",
}


class Chunk(NamedTuple):
    """One chunk of a RIFF file; `end` is where the next one begins."""

    kind: bytes
    body: bytes
    end: int


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks within the size that the header says, as far as they are there."""
    at, last = _HEADER, _end(data)
    while at + 8 <= last:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        start = at + 8
        if start + size > last:
            return
        at = start + size + size % 2
        yield Chunk(data[start - 8 : start - 4], data[start : start + size], min(at, last))


def size_of(data: bytes) -> tuple[int, int]:
    """Return rows and columns as the first chunk of a picture says, zeros where there is none."""
    for kind, body, _ in chunks(data):
        if kind == b"VP8X":
            return _number(body[7:10]) + 1, _number(body[4:7]) + 1
        if kind == b"VP8L":
            packed = _number(body[1:5])
            return (packed >> 14 & 0x3FFF) + 1, (packed & 0x3FFF) + 1
        if kind == b"VP8 ":
            return _number(body[8:10]) & 0x3FFF, _number(body[6:8]) & 0x3FFF
    return 0, 0


def left_out(data: bytes, kept: Metadata) -> tuple[str, ...]:
    """Name the chunks that neither the samples nor `kept` hold, and what stands outside of chunks."""
    found, end, seen = LeftOut(), _HEADER, set[bytes]()
    metadata = {b"ICCP": kept.icc, b"EXIF": kept.exif, b"XMP ": kept.xmp}
    for chunk in chunks(data):
        end = chunk.end
        once = chunk.kind not in seen
        seen |= {chunk.kind}
        body = chunk.body.removeprefix(b"Exif\0\0") if chunk.kind == b"EXIF" else chunk.body
        if chunk.kind in metadata and body == metadata[chunk.kind] and once:
            continue
        if chunk.kind == b"VP8X" or (chunk.kind in _PICTURES and not seen & {*_PICTURES} - {chunk.kind} and once):
            continue
        found.add(_NAMES.get(chunk.kind, f"chunk {label(chunk.kind)}"), len(chunk.body))
    if end < _end(data):
        found.add("bytes behind the last chunk of the WebP", _end(data) - end)
    found.add_behind(data[_end(data) :], "WebP")
    return found.names()


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _end(data: bytes) -> int:
    size = int.from_bytes(data[4:8], "little")
    return min(8 + size + size % 2, len(data))
