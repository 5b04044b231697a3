"""A BigTIFF as the classic TIFF that holds the same, for Pillow.

Pillow misreads those that begin with MM, and writes the EXIF of the others as BigTIFF, which no reader of EXIF knows.
Samples and values stay where they are; directories are written anew behind the end, with offsets of four bytes.
"""

import struct
from typing import Final

from hybridcodec.errors import UnsupportedError
from hybridcodec.sources.parts.directories import Directory, Entry, Tiff
from hybridcodec.sources.parts.exif import SUB_DIRECTORIES

_NARROWED: Final = {16: (4, "I"), 17: (9, "i"), 18: (4, "I")}
"""Type of eight bytes -> the one of four bytes, and its code."""
_LONG: Final = 4
_DEEPEST: Final = 3


def as_classic(data: bytes) -> bytes:
    """Return `data`, or the classic TIFF of the same samples and tags where it is a BigTIFF that can be read.

    Raises:
        UnsupportedError: it needs offsets of more than four bytes.
    """
    tiff = Tiff(data)
    pages = list(tiff.pages())
    if not (tiff.valid and tiff.big and pages) or any(page.broken for page in pages):
        return data
    written = bytearray(data)
    try:
        written[:8] = struct.pack(f"{tiff.order}2sHI", data[:2], 42, 0)
        link = 4
        for page in pages:
            start, following = _append(written, tiff, page)
            struct.pack_into(f"{tiff.order}I", written, link, start)
            link = following
    except struct.error as error:
        raise UnsupportedError("found a BigTIFF with offsets of more than 32 bits") from error
    return bytes(written)


def _append(written: bytearray, tiff: Tiff, directory: Directory, depth: int = 0) -> tuple[int, int]:
    """Write a directory, and those below it, at the end; return where it begins and where its link to the next is."""
    entries = b"".join(_entry(written, tiff, directory, entry, depth) for _, entry in sorted(directory.entries.items()))
    start = len(written)
    written += struct.pack(f"{tiff.order}H", len(directory.entries)) + entries + bytes(4)
    return start, len(written) - 4


def _entry(written: bytearray, tiff: Tiff, directory: Directory, entry: Entry, depth: int) -> bytes:
    kind, count, (start, end) = entry.kind, entry.count, entry.span
    children = tiff.children(directory, entry.tag)[:1] if entry.tag in SUB_DIRECTORIES and depth < _DEEPEST else []
    if children:
        child, _ = _append(written, tiff, children[0], depth + 1)
        raw, kind, count = struct.pack(f"{tiff.order}I", child), _LONG, 1
    elif kind in _NARROWED:
        kind, code = _NARROWED[kind]
        raw = struct.pack(f"{tiff.order}{count}{code}", *tiff.values(entry, count))
    else:
        raw = bytes(tiff.data[start:end])
    if len(raw) > 4:
        place = start if entry.kind == kind else len(written)
        written += b"" if entry.kind == kind else raw
        raw = struct.pack(f"{tiff.order}I", place)
    return struct.pack(f"{tiff.order}HHI", entry.tag, kind, count) + raw.ljust(4, b"\0")
