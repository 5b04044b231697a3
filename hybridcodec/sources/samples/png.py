"""The samples of a PNG of any type and depth (W3C, third edition, 8 and 9), unfiltered and deinterlaced by Pillow.

Pillow cuts 16-bit colour to 8 bits. But filters and interlacing only see bytes: 16-bit gray lies as 8-bit gray with
alpha would, 16-bit gray with alpha as 8-bit RGBA, so the header is rewritten to say that. 16-bit RGB has no such twin:
it is read twice, as big-endian and as little-endian samples, of which Pillow leaves the high byte each.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from hybridcodec_container import Packing, Serial
from PIL import Image

from hybridcodec.errors import InputError
from hybridcodec.kinds import GRAY, INDEXED, RGB, Role, Samples
from hybridcodec.sources.parts.png import SIGNATURE, chunks
from hybridcodec.sources.samples.bits import row_bytes
from hybridcodec.sources.samples.sizes import require_size

PALETTE: Final = 3
ROLES: Final = {0: GRAY, 2: RGB, PALETTE: INDEXED, 4: (*GRAY, Role.ALPHA), 6: (*RGB, Role.ALPHA)}
"""Colour type -> the roles of its channels."""
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), PALETTE: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_TWINS: Final = {0: 4, 4: 6}
"""Colour type of 16 bits -> the one of 8 bits whose pixels have as many bytes."""
_BOTH_BYTES: Final = {2: ("RGB;16B", "RGB;16L"), 6: ("RGBA;16B", "RGBA;16L")}
_SCALES: Final = {1: 1, 2: 85, 4: 17}
"""Bits of gray -> what Pillow multiplies samples with."""
_HEADER: Final = struct.Struct(">IIBBBBB")
_PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of Adam7: first column, first row, step of columns, step of rows."""


@dataclass(frozen=True)
class Header:
    """What the header chunk says; `depth` is in bits."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    @property
    def channels(self) -> int:
        """Samples of a pixel."""
        return len(ROLES[self.colour])

    @property
    def serial(self) -> Serial:
        """How the samples lie where they are not interlaced, before they are filtered."""
        packing = Packing.BYTES if self.depth >= 8 else Packing.HIGH_BITS_FIRST
        order = tuple(range(self.channels))
        size = self.depth // 8
        return Serial(packing=packing, sample_bytes=size, big_endian=size > 1, order=order, rows=self.height)

    def unpacked_bytes(self) -> int:
        """Return how many bytes the samples have with the filter byte that every row begins with."""
        sizes = [(self.width, self.height)]
        if self.interlaced:
            sizes = [(-((x - self.width) // dx), -((y - self.height) // dy)) for x, y, dx, dy in _PASSES]
        return sum(
            rows * (1 + row_bytes(columns * self.channels, self.depth)) for columns, rows in sizes if columns > 0
        )


def read_header(data: bytes) -> Header:
    """Return what the header chunk says.

    Raises:
        InputError: it is not there, or says what no PNG may be.
        LimitError: too many pixels.
    """
    first = next(chunks(data), None)
    if first is None or first.kind != b"IHDR":
        raise InputError("the PNG does not begin with its header chunk")
    if len(first.body) != _HEADER.size:
        raise InputError(f"the header chunk of the PNG has {len(first.body)} bytes, expected {_HEADER.size}")
    width, height, depth, colour, packing, filtering, interlacing = _HEADER.unpack(first.body)
    if depth not in _DEPTHS.get(colour, ()):
        raise InputError(f"no PNG has {depth} bits of colour type {colour}")
    if packing or filtering or interlacing > 1:
        raise InputError(f"the PNG has unknown methods {packing}, {filtering}, {interlacing}, expected 0, 0, 0 or 1")
    require_size(width, height, "PNG")
    return Header(width, height, depth, colour, bool(interlacing))


def decoded(data: bytes, header: Header) -> Samples:
    """Return the stored samples (H, W, C) of a PNG, uint8 or uint16; what Pillow raises is translated by the caller."""
    twice = header.depth == 16 and header.colour in _BOTH_BYTES
    colour, depth = header.colour, header.depth
    if depth == 16 and not twice:
        colour, depth = _TWINS[colour], 8
    stripped = _stripped(data, header, depth, colour)
    if twice:
        high, low = (_pixels(stripped, raw) for raw in _BOTH_BYTES[header.colour])
        return high.astype(np.uint16) << 8 | low
    pixels = _pixels(stripped)
    if header.depth == 16:
        return pixels.view(">u2").astype(np.uint16).reshape(header.height, header.width, -1)
    scale = _SCALES.get(header.depth, 1) if header.colour != PALETTE else 1
    pixels = pixels.astype(np.uint8, copy=False).reshape(header.height, header.width, -1)
    return pixels // scale if scale > 1 else pixels


def _pixels(data: bytes, raw: str = "") -> Samples:
    with Image.open(io.BytesIO(data), formats=["PNG"]) as opened:
        if raw:
            opened.tile = [piece._replace(args=raw) for piece in opened.tile]
        opened.load()
        return np.array(opened)


def _stripped(data: bytes, header: Header, depth: int, colour: int) -> bytes:
    """Return the PNG with its samples alone, behind a header of this depth and colour type.

    What follows a last chunk that is not IEND stays, so that a cut file stays one.
    """
    said = _HEADER.pack(header.width, header.height, depth, colour, 0, 0, header.interlaced)
    palette = chunk(b"PLTE", bytes(768)) if colour == PALETTE else b""
    parts, end, last = [SIGNATURE, chunk(b"IHDR", said), palette], 0, b""
    for found in chunks(data):
        end, last = found.at + 12 + len(found.body), found.kind
        if last in (b"IDAT", b"IEND"):
            parts.append(data[found.at : end])
    return b"".join(parts) + (b"" if last == b"IEND" else data[end:])


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
