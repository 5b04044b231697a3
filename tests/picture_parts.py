"""Builders of picture files with parts that Pillow does not write, for the tests of what is left out."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 13: 4, 16: 8, 18: 8}
PICTURE = np.random.default_rng(15).integers(0, 256, (5, 7, 3), np.uint8)
Tags = dict[int, tuple[int, Any]]
"""Tag -> (type, values or bytes); a value may be a list of further directories, which become offsets."""


def saved(picture_format: str, samples: np.ndarray = PICTURE, **options: object) -> bytes:
    target = io.BytesIO()
    Image.fromarray(samples).save(target, picture_format, **options)
    return target.getvalue()


def png_with(*extra: tuple[bytes, bytes], last: bytes = b"", samples: np.ndarray = PICTURE) -> bytes:
    """A PNG with further chunks before its samples, and `last` behind the end."""
    data = saved("PNG", samples)
    return data[:33] + b"".join(png_chunk(*part) for part in extra) + data[33:] + last


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg_with(*extra: tuple[int, bytes], last: bytes = b"") -> bytes:
    """A JPEG with further segments (marker, content) behind its JFIF segment, and `last` behind the end."""
    data = saved("JPEG")
    parts = b"".join(struct.pack(">BBH", 0xFF, marker, 2 + len(body)) + body for marker, body in extra)
    return data[:20] + parts + data[20:] + last


def webp_with(*extra: tuple[bytes, bytes], last: bytes = b"") -> bytes:
    data = saved("WEBP", lossless=True, exact=True)
    body = data[8:] + b"".join(
        kind + struct.pack("<I", len(part)) + part + b"\0" * (len(part) % 2) for kind, part in extra
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body + last


def picture_tags(samples: np.ndarray = PICTURE, **more: tuple[int, Any]) -> Tags:
    """The tags of an uncompressed picture; `t270=(2, b"text")` adds or replaces one."""
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    tags: Tags = {
        256: (3, (samples.shape[1],)), 257: (3, (samples.shape[0],)), 258: (3, (8,) * channels), 259: (3, (1,)),
        262: (3, (1 if channels == 1 else 2,)), 273: (4, samples.tobytes()), 277: (3, (channels,)),
        278: (3, (samples.shape[0],)), 279: (4, (samples.size,)),
    }  # fmt: skip
    return tags | {int(name[1:]): value for name, value in more.items()}


def tiff_file(*pages: Tags, order: str = "<", big: bool = False, last: bytes = b"") -> bytes:
    """A classic TIFF or BigTIFF of these directories, in a chain."""
    data = bytearray(b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if big else 42)
    data += struct.pack(f"{order}HHQ", 8, 0, 0) if big else bytes(4)
    link, code = (8, "Q") if big else (4, "I")
    for page in pages:
        start, following = _directory(data, page, order, big)
        struct.pack_into(f"{order}{code}", data, link, start)
        link = following
    return bytes(data + last)


def _directory(data: bytearray, tags: Tags, order: str, big: bool) -> tuple[int, int]:
    offset, room = ("Q", 8) if big else ("I", 4)
    entries = b""
    for tag, (kind, values) in sorted(tags.items()):
        if tag == 273 and isinstance(values, bytes):
            values, start = (len(data),), data.extend(values + b"\0" * (len(values) % 2))
        if isinstance(values, list):
            values = tuple(_directory(data, child, order, big)[0] for child in values)
        codes = {3: "H", 4: "I", 5: "I", 13: "I", 16: "Q", 18: "Q"}
        raw = values if isinstance(values, bytes) else struct.pack(f"{order}{len(values)}{codes[kind]}", *values)
        count = len(raw) // SIZES[kind]
        if len(raw) > room:
            start = len(data)
            data.extend(raw + b"\0" * (len(raw) % 2))
            raw = struct.pack(f"{order}{offset}", start)
        entries += struct.pack(f"{order}HH{offset}", tag, kind, count) + raw.ljust(room, b"\0")
    start = len(data)
    data += struct.pack(f"{order}{'Q' if big else 'H'}", len(tags)) + entries + bytes(room)
    return start, len(data) - room
