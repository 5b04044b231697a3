"""Segments of a TIFF that are JPEGs, decoded by Pillow's libtiff, which gets each as the one strip of a file made here.

Such a JPEG may lack its tables, which the TIFF has once for all, and says nothing of its colours: YCbCr comes as RGB.
"""

import io
import struct
from collections.abc import Mapping
from typing import Final

import numpy as np
from PIL import Image

from hybridcodec.errors import InputError
from hybridcodec.kinds import Samples
from hybridcodec.sources.border import pillow_failures_as_ours
from hybridcodec.sources.parts.jpeg import size_of

_SHORT, _LONG, _UNDEFINED = 3, 4, 7
_SIZES: Final = {_SHORT: 2, _LONG: 4, _UNDEFINED: 1}
_MODES: Final = {1: "L", 3: "RGB"}


def decoded(
    data: bytes,
    rows: int,
    columns: int,
    channels: int,
    photometric: int,
    options: Mapping[int, bytes | tuple[int, ...]],
) -> Samples:
    """Return the 8-bit samples (rows, columns x channels) of a segment.

    Args:
        data: the JPEG.
        rows: of the segment.
        columns: of the segment.
        channels: 1 or 3.
        photometric: what they show, as TIFF says it.
        options: further tags, with the bytes or the 16-bit numbers of their values.

    Raises:
        InputError: it is damaged, or of another size.
    """
    height, width = size_of(data)
    if height < rows or width < columns:
        raise InputError(f"a JPEG in the TIFF has {width}x{height} pixels, expected {columns}x{rows}")
    file = _file(data, rows, columns, channels, photometric, options)
    with (
        pillow_failures_as_ours("the picture cannot be decoded", pixels=lambda: height * width),
        Image.open(io.BytesIO(file), formats=["TIFF"]) as opened,
    ):
        opened.load()
        if opened.mode != _MODES[channels] or opened.size != (columns, rows):
            raise InputError(f"a JPEG in the TIFF has {opened.size} pixels of {opened.mode}, expected {columns}x{rows}")
        return np.array(opened).reshape(rows, columns * channels)


def _file(
    data: bytes,
    rows: int,
    columns: int,
    channels: int,
    photometric: int,
    options: Mapping[int, bytes | tuple[int, ...]],
) -> bytes:
    file = bytearray(b"II*\0" + bytes(4) + data + bytes(len(data) % 2))
    tags: dict[int, tuple[int, bytes]] = {
        256: _longs(columns), 257: _longs(rows), 258: _shorts(*[8] * channels), 259: _shorts(7),
        262: _shorts(photometric), 273: _longs(8), 277: _shorts(channels), 278: _longs(rows), 279: _longs(len(data)),
    }  # fmt: skip
    for tag, value in options.items():
        tags[tag] = (_UNDEFINED, value) if isinstance(value, bytes) else _shorts(*value)
    entries = b""
    for tag, (kind, raw) in sorted(tags.items()):
        count = len(raw) // _SIZES[kind]
        if len(raw) > 4:
            raw, start = struct.pack("<I", len(file)), raw
            file += start + bytes(len(start) % 2)
        entries += struct.pack("<HHI", tag, kind, count) + raw.ljust(4, b"\0")
    struct.pack_into("<I", file, 4, len(file))
    return bytes(file) + struct.pack("<H", len(tags)) + entries + bytes(4)


def _shorts(*values: int) -> tuple[int, bytes]:
    return _SHORT, struct.pack(f"<{len(values)}H", *values)


def _longs(*values: int) -> tuple[int, bytes]:
    return _LONG, struct.pack(f"<{len(values)}I", *values)
