"""The samples of a BMP: indices of 1, 2, 4 or 8 bits, or blue, green and red in bytes, a row filled up to four bytes.

Rows that are packed by runs (RLE) are unpacked by Pillow; see `formats.bmp`.
"""

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from hybridcodec_container import Packing, Serial

from hybridcodec.errors import InputError
from hybridcodec.kinds import Palette, Samples
from hybridcodec.sources.samples import bits
from hybridcodec.sources.samples.sizes import require_bytes, require_size

FILE_HEADER: Final = 14
CORE_HEADER: Final = 12
PLAIN, RLE8, RLE4, FIELDS, ALPHA_FIELDS = 0, 1, 2, 3, 6
_ROW_STEP: Final = 4
_HEADERS: Final = (CORE_HEADER, 16, 40, 52, 56, 64, 108, 124)


@dataclass(frozen=True)
class Header:
    """What the headers say.

    Attributes:
        width, height: of the picture, both positive.
        bottom_up: whether the last row comes first, as it does in most.
        bits: of a pixel.
        compression: `PLAIN` or one of the others.
        start: where the rows begin.
        palette_at: where the palette begins.
        colours: how many colours it has; 0 where pixels are no indices.
        entry_bytes: of a colour, 3 or 4.
        masks: of red, green, blue and alpha in a pixel of 16 or 32 bits; 0 for none.
    """

    width: int
    height: int
    bottom_up: bool
    bits: int
    compression: int
    start: int
    palette_at: int
    colours: int
    entry_bytes: int
    masks: tuple[int, int, int, int]

    @property
    def row_bytes(self) -> int:
        """Bytes of a row with what fills it up."""
        return -(-bits.row_bytes(self.width, self.bits) // _ROW_STEP) * _ROW_STEP

    def serial(self, *, invert: bool) -> Serial:
        """How the samples lie where they are not packed by runs; 32-bit pixels need a fourth channel."""
        order = {24: (2, 1, 0), 32: (2, 1, 0, 3)}.get(self.bits, (0,))
        return Serial(
            packing=Packing.BYTES if self.bits >= 8 else Packing.HIGH_BITS_FIRST,
            sample_bytes=1 if self.bits >= 8 else 0,
            bottom_up=self.bottom_up,
            invert=invert,
            row_step=_ROW_STEP,
            order=order,
            rows=self.height,
        )


def read_header(data: bytes) -> Header:
    """Return what the headers say.

    Raises:
        InputError: they are cut off or say what no BMP may be.
        LimitError: too many pixels.
    """
    size = _number(data, FILE_HEADER, 4)
    if size not in _HEADERS or len(data) < FILE_HEADER + size:
        raise InputError(f"looks like a BMP, but is damaged: a header of {size:,} bytes")
    if size == CORE_HEADER:
        width, height, planes, depth = struct.unpack_from("<HHHH", data, 18)
    else:
        width, height, planes, depth = struct.unpack_from("<iiHH", data, 18)
    compression = _number(data, 30, 4) if size >= 40 else 0
    require_size(width, abs(height), "BMP")
    if planes != 1:
        raise InputError(f"the BMP has {planes} planes, expected 1")
    behind = FILE_HEADER + size
    masks = (0, 0, 0, 0)
    if compression in (FIELDS, ALPHA_FIELDS):
        behind += {FIELDS: 12, ALPHA_FIELDS: 16}[compression] if size == 40 else 0
        masks = _masks(data, 4 if size >= 56 or compression == ALPHA_FIELDS else 3)
    used = _number(data, 46, 4) if size >= 40 else 0
    return Header(
        width=width,
        height=abs(height),
        bottom_up=height > 0,
        bits=depth,
        compression=compression,
        start=_number(data, 10, 4),
        palette_at=behind,
        colours=min(used or 1 << depth, 1 << depth) if depth <= 8 else 0,
        entry_bytes=3 if size == CORE_HEADER else 4,
        masks=masks,
    )


def palette(data: bytes, header: Header) -> Palette:
    """Return the colours, as many as there is room for before the rows.

    Raises:
        InputError: there are none.
    """
    room = (min(header.start, len(data)) - header.palette_at) // header.entry_bytes
    count = min(header.colours, room)
    if count < 1:
        raise InputError("the BMP has no room for its palette")
    entries = np.frombuffer(data, np.uint8, count * header.entry_bytes, header.palette_at)
    return Palette(3, 8, entries.reshape(count, -1)[:, 2::-1].tobytes())


def decoded(data: bytes, header: Header) -> Samples:
    """Return the stored samples (H, W, C), the first row first: an index, or red, green, blue and the fourth byte.

    Raises:
        InputError: rows are missing.
    """
    H, W = header.height, header.width
    require_bytes(max(0, len(data) - header.start), header.row_bytes * H, "BMP")
    if header.bits > 8:
        cells = np.frombuffer(data, np.uint8, header.row_bytes * H, header.start).reshape(H, header.row_bytes)
        pixels = cells[:, : W * header.bits // 8].reshape(H, W, -1)
        rows: Samples = pixels[..., [2, 1, 0, 3][: header.bits // 8]]
    else:
        step = header.row_bytes * 8 // header.bits
        whole = memoryview(data)[header.start :]
        rows = bits.unpacked(whole, H, step, header.bits)[:, :W, np.newaxis]
    return np.ascontiguousarray(rows[::-1] if header.bottom_up else rows)


def _masks(data: bytes, count: int) -> tuple[int, int, int, int]:
    red, green, blue, alpha = (_number(data, 54 + 4 * place, 4) if place < count else 0 for place in range(4))
    return red, green, blue, alpha


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
