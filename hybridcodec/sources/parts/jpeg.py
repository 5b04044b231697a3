"""The segments of a JPEG (ITU-T T.81 annex B; application segments as ExifTool and the makers of them describe).

What kind of coding a JPEG uses is found here too (`unusual_coding`), for the message about one that cannot be decoded.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from hybridcodec.image import Metadata
from hybridcodec.sources.parts import exif, photoshop
from hybridcodec.sources.parts.words import LeftOut, label

_MARKER: Final = re.compile(rb"\xff+([^\x00\xff])")
_IN_SCAN: Final = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_SOI, _EOI, _SOS, _COM, _APP0, _JPEG_LS = 0xD8, 0xD9, 0xDA, 0xFE, 0xE0, 0xF7
_ALONE: Final = frozenset({0x01, _SOI, _EOI, *range(0xD0, 0xD8)})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_EXTENDED_XMP, _ICC = b"http://ns.adobe.com/xmp/extension/\0", b"ICC_PROFILE\0"
_ADOBE: Final = b"Adobe"
_ADOBE_BYTES: Final = 12
_OTHERS: Final = (
    (0xE0, b"JFXX\0", "JFIF extension (thumbnail)"),
    (0xE1, _EXTENDED_XMP, "extended XMP"),
    (0xE2, b"MPF\0", "index of further pictures (MPF)"),
    (0xE2, b"FPXR\0", "FlashPix data"),
    (0xEB, b"JP", "JUMBF boxes (content credentials and the like)"),
)  # marker, how the segment begins, what it is


class Segment(NamedTuple):
    """One segment: its marker's second byte, what follows its length field, and where the next one may begin."""

    marker: int
    body: bytes
    end: int
    skipped: int


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments up to the end of the image, which is one of them where it is there; scans are passed over.

    `skipped` counts bytes before the segment that belong to none.
    """
    at, in_scan = 2, False
    while found := (_IN_SCAN if in_scan else _MARKER).search(data, at):
        marker, start = found[1][0], found.end()
        skipped = 0 if in_scan else found.start() - at
        length = 2 if marker in _ALONE else int.from_bytes(data[start : start + 2], "big")
        body = b"" if marker in _ALONE else data[start + 2 : start + length]
        at = start if marker in _ALONE else min(start + max(length, 2), len(data))
        in_scan = marker == _SOS or (in_scan and marker in _ALONE)
        yield Segment(marker, body, at, skipped)
        if marker == _EOI:
            return


def unusual_coding(data: bytes) -> str:
    """Return what a JPEG is that no common decoder takes, such as "12-bit JPEG"; nothing for the common kinds."""
    frame = next((part for part in segments(data) if part.marker in _FRAMES or part.marker == _JPEG_LS), None)
    if frame is None or not frame.body:
        return ""
    bits = f"{frame.body[0]}-bit "
    if frame.marker == _JPEG_LS:
        return f"{bits}JPEG-LS"
    kinds = ["arithmetic-coded "] * (frame.marker >= 0xC9) + ["hierarchical "] * (frame.marker % 8 >= 5)
    kinds += ["lossless "] * (frame.marker % 4 == 3)
    return f"{bits if frame.body[0] != 8 else ''}{''.join(kinds)}JPEG" if kinds or frame.body[0] != 8 else ""


def size_of(data: bytes) -> tuple[int, int]:
    """Return rows and columns as the frame of a JPEG says, zeros where there is none."""
    frame = next((part.body for part in segments(data) if part.marker in _FRAMES), b"")
    return int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")


def left_out(data: bytes, kept: Metadata) -> tuple[str, ...]:
    """Name the segments that neither the samples nor `kept` hold, and what stands outside of segments."""
    found, icc, end = LeftOut(), list[bytes](), 2
    for segment in segments(data):
        end = segment.end
        if segment.skipped:
            found.add("bytes between the segments of the JPEG", segment.skipped)
        if segment.marker == 0xE2 and segment.body.startswith(_ICC):
            icc.append(segment.body[len(_ICC) :])
        elif not _is_kept(segment, kept):
            _add(found, segment, kept)
    if icc and (not kept.icc or b"".join(part[2:] for part in sorted(icc)) != kept.icc):
        found.add("an ICC profile in parts that do not fit together", sum(map(len, icc)))
    found.add_behind(data[end:], "JPEG")
    return found.names()


def _is_kept(segment: Segment, kept: Metadata) -> bool:
    """Tell whether a segment is part of the coding, or its content is in `kept`."""
    marker, body = segment.marker, segment.body
    if marker == 0xE1 and body.startswith(_EXIF):
        return bool(kept.exif) and body[len(_EXIF) :] in kept.exif  # several blocks are kept one after the other
    if marker == 0xE1 and body.startswith(_XMP):
        return body[len(_XMP) :] == kept.xmp
    if marker == 0xEE and body.startswith(_ADOBE):
        return len(body) == _ADOBE_BYTES  # only says how colours are coded
    return not (_APP0 <= marker <= _APP0 + 15 or marker == _COM or (marker >= 0xF0 and marker != _JPEG_LS))


def _add(found: LeftOut, segment: Segment, kept: Metadata) -> None:
    marker, body = segment.marker, segment.body
    known = next((what for at, start, what in _OTHERS if at == marker and body.startswith(start)), "")
    if marker == _APP0 and body.startswith(b"JFIF\0"):
        _add_jfif(found, body, kept)
    elif known:
        found.add(known, len(body))
    elif marker == 0xED and body.startswith(photoshop.SIGNATURE):
        photoshop.add(found, body[len(photoshop.SIGNATURE) :])
    elif marker == _COM:
        found.add("comment", len(body))
    elif marker == 0xE1 and body.startswith((_EXIF, _XMP)):
        found.add("a further EXIF block" if body.startswith(_EXIF) else "a further XMP packet", len(body))
    else:
        name = f"APP{marker - _APP0}" if marker <= _APP0 + 15 else f"0x{marker:02X}"
        found.add(f"segment {name} {label(body.partition(bytes(1))[0][:20])}", len(body))


def _add_jfif(found: LeftOut, body: bytes, kept: Metadata) -> None:
    """JFIF: version (2 bytes), unit (1), density (2 and 2), size of the thumbnail (1 and 1), the thumbnail in RGB."""
    if len(body) < 14:
        found.add("a cut JFIF segment", len(body))
        return
    unit, x, y = body[7], int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
    said = exif.resolution(kept.exif)
    if unit in (1, 2) and (x or y) and said != (Fraction(x), Fraction(y), unit + 1):
        found.add(f"resolution ({x} x {y} dots per {'inch' if unit == 1 else 'centimetre'})")
    elif unit not in (1, 2) and x != y:
        found.add(f"pixel aspect ({x}:{y})")
    if len(body) > 14:
        found.add(f"JFIF thumbnail ({body[12]}x{body[13]})", len(body) - 14)
