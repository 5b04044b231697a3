"""The chunks of a PNG (W3C, third edition, sections 5, 11 and 13).

The metadata that is kept is found here too: Pillow, which gets nothing but the samples (`samples.png`), unpacks every
text chunk while it opens a file, and refuses files with more than a megabyte in one.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from hybridcodec.errors import InputError, LimitError
from hybridcodec.image import Metadata
from hybridcodec.sources.parts.words import LeftOut, counted, label

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST_UNPACKED: Final = 1 << 24
"""Bytes that a profile or an XMP packet may have once unpacked; a .hyc file takes no larger ones."""
_STRUCTURE: Final = frozenset({b"IHDR", b"IDAT", b"IEND"})
_OF_PALETTE: Final = frozenset({b"PLTE", b"tRNS"})
_TEXTS: Final = (b"tEXt", b"zTXt", b"iTXt")
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp"
_RAW_PROFILE: Final = b"Raw profile type "
_USUAL_PROFILE_NAMES: Final = frozenset({b"", b"icc", b"icm", b"icc profile", b"photoshop icc profile"})
_NAMES: Final = {
    b"cHRM": "primaries and white point",
    b"sBIT": "significant bits",
    b"bKGD": "background colour",
    b"hIST": "histogram",
    b"sPLT": "suggested palette",
    b"PLTE": "suggested palette",
    b"tRNS": "transparent colour",
    b"tIME": "time of the last change",
    b"cICP": "coding-independent code points",
    b"mDCV": "mastering display",
    b"cLLI": "content light level",
}
_PIECE: Final = 1 << 16


class Chunk(NamedTuple):
    """One chunk; `at` is where its length field stands."""

    at: int
    kind: bytes
    body: memoryview


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks up to IEND, or to the end of a file that lacks it; every checksum is checked.

    Raises:
        InputError: a chunk is cut off or has a wrong checksum.
    """
    at, kind, whole = len(SIGNATURE), b"", memoryview(data)
    while at + 12 <= len(data) and kind != b"IEND":
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 8 + length
        if end + 4 > len(data):
            raise InputError(f"the PNG is cut off inside its {kind.decode('latin-1')!r} chunk")
        if zlib.crc32(whole[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise InputError(f"the checksum of the PNG's {kind.decode('latin-1')!r} chunk at byte {at} is wrong")
        yield Chunk(at, kind, whole[at + 8 : end])
        at = end + 4


def metadata(data: bytes) -> Metadata:
    """Return the last ICC profile, EXIF block and XMP packet that can be read.

    Raises:
        LimitError: one of them unpacks to more than `MOST_UNPACKED` bytes.
    """
    found = {"icc": b"", "exif": b"", "xmp": b""}
    for chunk in chunks(data):
        body = bytes(chunk.body) if chunk.kind in (b"iCCP", b"eXIf", b"iTXt") else b""
        if chunk.kind == b"iCCP":
            found["icc"] = _profile(body) or found["icc"]
        elif chunk.kind == b"eXIf":
            found["exif"] = body
        elif chunk.kind == b"iTXt" and body.startswith(_XMP_KEYWORD + b"\0"):
            found["xmp"] = _packet(body) or found["xmp"]
    return Metadata(**found)


def left_out(data: bytes, kept: Metadata, unpacked_bytes: int, *, indexed: bool) -> tuple[str, ...]:
    """Name the chunks that neither the samples, their palette nor `kept` hold, and what stands outside of chunks.

    `unpacked_bytes` is how many bytes the samples have, filter bytes included; `indexed`, whether they have a palette.
    """
    found, taken, end = LeftOut(), set[bytes](), len(SIGNATURE)
    stream = _Stream(unpacked_bytes)
    for chunk in chunks(data):
        end = chunk.at + 12 + len(chunk.body)
        body = bytes(chunk.body) if chunk.kind != b"IDAT" else b""
        what = _kept_as(chunk.kind, body, kept)
        if chunk.kind == b"IDAT":
            stream.take(chunk.body)
        elif chunk.kind in _OF_PALETTE and indexed and chunk.kind not in taken:
            taken.add(chunk.kind)
        elif what and what not in taken:
            taken.add(what)
            name = _profile_name(body) if chunk.kind == b"iCCP" else b""
            if name.lower() not in _USUAL_PROFILE_NAMES:
                found.add(f"the name of the ICC profile, {label(name)}")
        elif chunk.kind not in _STRUCTURE:
            _add(found, chunk.kind, body)
    if stream.more:
        found.add("more compressed samples than the picture has")
    found.add_behind(bytes(stream.unused), "compressed samples")
    found.add_behind(data[end:], "PNG")
    return found.names()


def _kept_as(kind: bytes, body: bytes, kept: Metadata) -> bytes:
    """Return as which kind of metadata a chunk was kept, nothing where it was not."""
    if kind == b"eXIf":
        return b"exif" * (body == kept.exif)
    if kind == b"iCCP":
        return b"icc" * (bool(kept.icc) and _profile(body) == kept.icc)
    if kind == b"iTXt" and body.startswith(_XMP_KEYWORD + b"\0"):
        return b"xmp" * (bool(kept.xmp) and _packet(body) == kept.xmp)
    return b""


def _add(found: LeftOut, kind: bytes, body: bytes) -> None:
    if kind in _TEXTS:
        keyword = body.partition(b"\0")[0]
        profile = keyword.removeprefix(_RAW_PROFILE) if keyword.startswith(_RAW_PROFILE) else b""
        holds = f"{profile.decode('latin-1').upper()} in " if profile in (b"iptc", b"exif", b"xmp", b"icc") else ""
        found.add(f"{holds}text chunk {label(keyword)}", len(body))
    elif kind == b"gAMA" and len(body) == 4:
        found.add(f"gamma ({int.from_bytes(body, 'big') / 100000:g})")
    elif kind == b"pHYs" and len(body) == 9:
        x, y, unit = struct.unpack(">IIB", body)
        found.add(f"resolution ({x:,} x {y:,} pixels a metre)" if unit else f"pixel aspect ({x:,}:{y:,})")
    elif kind == b"sRGB" and len(body) == 1:
        found.add(f"sRGB rendering intent ({body[0]})")
    elif kind in (b"eXIf", b"iCCP"):
        found.add(
            "a further EXIF block" if kind == b"eXIf" else "an ICC profile that is damaged or not the last", len(body)
        )
    elif kind in _NAMES:
        found.add(f"{_NAMES[kind]}, chunk {label(kind)}", len(body))
    else:
        found.add(f"chunk {label(kind)}", len(body))


def _profile_name(body: bytes) -> bytes:
    return body.partition(b"\0")[0]


def _profile(body: bytes) -> bytes:
    """Return the unpacked profile of an iCCP chunk, nothing where it cannot be unpacked."""
    _, _, packed = body.partition(b"\0")
    return _unpacked(packed[1:], "ICC profile") if packed[:1] == b"\0" else b""


def _packet(body: bytes) -> bytes:
    """Return the text of an iTXt chunk, nothing where it cannot be unpacked."""
    rest = body.partition(b"\0")[2]
    parts = rest[2:].split(b"\0", 2)  # language, translated keyword, text
    if len(parts) < 3:
        return b""
    packed, method = rest[0], rest[1]
    if not packed:
        return parts[2]
    return _unpacked(parts[2], "XMP packet") if method == 0 else b""


def _unpacked(packed: bytes, what: str) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, MOST_UNPACKED + 1)
    except zlib.error:
        return b""
    if len(plain) > MOST_UNPACKED:
        raise LimitError(f"the {what} of the PNG unpacks to more than {counted(MOST_UNPACKED)}")
    return plain


class _Stream:
    """The compressed samples, unpacked piece by piece only to find what stands behind the last one of them.

    `limit` is how many bytes the samples have unpacked, filter bytes included; nothing beyond is unpacked.
    """

    def __init__(self, limit: int) -> None:
        self._unpacker, self._left, self._broken = zlib.decompressobj(), limit, False
        self.more, self.unused = False, bytearray()

    def take(self, packed: memoryview) -> None:
        for start in range(0, len(packed), _PIECE):
            self._take(bytes(packed[start : start + _PIECE]))

    def _take(self, packed: bytes) -> None:
        if self._unpacker.eof:
            self.unused += packed
            return
        while packed and not (self._broken or self.more or self._unpacker.eof):
            try:
                self._left -= len(self._unpacker.decompress(packed, _PIECE))
            except zlib.error:
                self._broken = True  # Pillow took as many samples as it needs all the same
            self.more = self._left < 0
            packed = self._unpacker.unconsumed_tail
        self.unused += self._unpacker.unused_data
