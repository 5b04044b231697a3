"""The descriptive tags of a TIFF as an EXIF block, and those of an EXIF block as entries of a TIFF.

The directories for EXIF and GPS that nearly every camera's picture has, which these point to, come along.
"""

import struct
from typing import Final

import numpy as np

from hybridcodec.sources.parts.directories import Directory, Entry, Tiff
from hybridcodec.sources.parts.exif import SUB_DIRECTORIES
from hybridcodec.sources.parts.tiff import DESCRIPTIVE

_UNITS: Final = {3: 2, 4: 4, 5: 4, 8: 2, 9: 4, 10: 4, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Type of a value -> how many bytes change places where the byte order does; 1 for others."""
_NARROWED: Final = {16: 4, 17: 9, 18: 4}
_LONG, _DEEPEST = 4, 3
_ORIENTATION, _UPRIGHT = 274, 1


def block(tiff: Tiff, page: Directory) -> bytes:
    """Return the descriptive tags of a page as an EXIF block in the byte order of the file; nothing without any."""
    written = bytearray(struct.pack(f"{tiff.order}2sHI", tiff.data[:2], 42, 0))
    entries = described(written, tiff.order, tiff, page)
    if tiff.numbers(page, _ORIENTATION, 2) == (_UPRIGHT,):
        del entries[_ORIENTATION]
    if not entries:
        return b""
    struct.pack_into(f"{tiff.order}I", written, 4, _append(written, tiff.order, entries))
    return bytes(written)


def described(written: bytearray, order: str, exif: Tiff, first: Directory) -> dict[int, bytes]:
    """Return the descriptive tags of a directory as entries in this byte order; what they point to is appended."""
    tags = (tag for tag in DESCRIPTIVE if tag in first.entries)
    return {
        tag: _entry(written, order, exif, first, first.entries[tag], 0)
        for tag in tags
        if tag not in SUB_DIRECTORIES or exif.children(first, tag)
    }


def _append(written: bytearray, order: str, entries: dict[int, bytes]) -> int:
    """Write a directory at the end and return where it begins."""
    written += bytes(len(written) % 2)
    start = len(written)
    written += (
        struct.pack(f"{order}H", len(entries)) + b"".join(entry for _, entry in sorted(entries.items())) + bytes(4)
    )
    return start


def _entry(written: bytearray, order: str, exif: Tiff, directory: Directory, entry: Entry, depth: int) -> bytes:
    """Return an entry in another byte order; its value, or the directory that it points to, is written at the end."""
    children = exif.children(directory, entry.tag)[:1] if entry.tag in SUB_DIRECTORIES and depth < _DEEPEST else []
    kind, count, raw = entry.kind, entry.count, exif.data[entry.span[0] : entry.span[1]]
    if children:
        below = {
            tag: _entry(written, order, exif, children[0], child, depth + 1)
            for tag, child in sorted(children[0].entries.items())
        }
        raw, kind, count = struct.pack(f"{order}I", _append(written, order, below)), _LONG, 1
    else:
        units = np.frombuffer(raw, f"{exif.order}u{_UNITS.get(kind, 1)}")
        kind = _NARROWED.get(kind, kind)
        raw = units.astype(f"{order}u{_UNITS.get(kind, 1)}").tobytes()
    if len(raw) > 4:
        written += bytes(len(written) % 2)
        place = len(written)
        written += raw
        raw = struct.pack(f"{order}I", place)
    return struct.pack(f"{order}HHI", entry.tag, kind, count) + raw.ljust(4, b"\0")
