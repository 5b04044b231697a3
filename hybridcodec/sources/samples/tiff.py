"""The samples of a page of a TIFF (6.0, sections 3 to 15), as they are stored: nothing is inverted, scaled or turned.

A page is cut into segments, strips or tiles, of all channels or of one; `Layout` says where they lie and how they are
packed, `decoded` puts them together. What the channels show is not known here; see `kinds_of_tiff`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from hybridcodec.errors import InputError, LimitError, UnsupportedError
from hybridcodec.kinds import Samples
from hybridcodec.sources.parts.directories import Directory, Tiff
from hybridcodec.sources.samples import bits, jpeg, unpacking
from hybridcodec.sources.samples.sizes import require_bytes, require_size

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, CHANNELS, PLANAR = 256, 257, 258, 259, 262, 266, 277, 284
STRIPS, ROWS_PER_STRIP, STRIP_BYTES, TILE_WIDTH, TILE_HEIGHT, TILES, TILE_BYTES = 273, 278, 279, 322, 323, 324, 325
PREDICTOR, SAMPLE_FORMAT = 317, 339
CODINGS: Final = {2: "fax", 3: "g3", 4: "g4", 7: "jpeg"} | {
    number: name for number, (name, _) in unpacking.BYTES.items()
}
"""TIFF's number of a compression -> our name of it."""
FAX: Final = (2, 3, 4)
JPEG: Final = 7
_JPEG_TABLES, _T4_OPTIONS, _OF_FAX, _OF_JPEG = 347, 292, (292, 293), (530,)
_YCBCR: Final = 6
_PREDICTED: Final = (5, 8, 32946, 34925, 50000)
"""Compressions that know a predictor; with others the tag means nothing."""
_SIGNED: Final = 2
_LARGEST_TILE: Final = 1 << 22
"""Pixels of a tile that may be larger than its picture."""


@dataclass(frozen=True)
class Layout:
    """Where the samples of a page lie, and how.

    Attributes:
        width, height, channels, bits: of the page; bits of a sample.
        signed: whether samples are in two's complement.
        photometric: what the channels show, as TIFF says it.
        compression: 1 for none.
        predictor: 1 for none, 2 for differences of neighbours in a row.
        big_endian: order of the bytes of 16-bit samples.
        reversed_bits: whether bits of the stored bytes are in the other order.
        planar: whether every channel has segments of its own.
        tiled: whether segments are tiles.
        piece: rows and columns of a segment.
        spans: offset and length of the segments, row by row, and channel by channel where they are planar.
        options: further tags that the compression needs.
    """

    width: int
    height: int
    channels: int
    bits: int
    signed: bool
    photometric: int
    compression: int
    predictor: int
    big_endian: bool
    reversed_bits: bool
    planar: bool
    tiled: bool
    piece: tuple[int, int]
    spans: tuple[tuple[int, int], ...]
    options: Mapping[int, bytes | tuple[int, ...]]

    @property
    def segment_channels(self) -> int:
        """Channels in a segment."""
        return 1 if self.planar else self.channels

    @property
    def row_bytes(self) -> int:
        """Bytes of a row of a segment, once unpacked."""
        return bits.row_bytes(self.piece[1] * self.segment_channels, self.bits)


class Segment(NamedTuple):
    """A strip or tile: its number, its first channel, where it begins in the page, and its rows."""

    number: int
    channel: int
    row: int
    column: int
    rows: int


def read_layout(tiff: Tiff, page: Directory) -> Layout:
    """Return where the samples of a page lie.

    Raises:
        InputError: tags contradict each other, or bytes are missing.
        UnsupportedError: channels of several depths.
        LimitError: too many pixels.
    """
    width, height, channels = (tiff.number(page, tag, 1) for tag in (WIDTH, HEIGHT, CHANNELS))
    require_size(width if WIDTH in page.entries else 0, height if HEIGHT in page.entries else 0, "TIFF")
    depths = set(tiff.numbers(page, BITS) or (1,))
    formats = set(tiff.numbers(page, SAMPLE_FORMAT) or (1,))
    if len(depths) != 1 or len(formats) != 1:
        raise UnsupportedError(f"found a TIFF of samples of mixed kinds ({sorted(depths)} bits)")
    tiled = TILES in page.entries
    if tiled:
        piece = (tiff.number(page, TILE_HEIGHT), tiff.number(page, TILE_WIDTH))
    else:
        piece = (min(tiff.number(page, ROWS_PER_STRIP, height) or height, height), width)
    require_size(piece[1], piece[0], "segment of the TIFF")
    if piece[0] * piece[1] > max(_LARGEST_TILE, 4 * width * height):
        raise LimitError(f"the TIFF has tiles of {piece[1]}x{piece[0]} pixels for a picture of {width}x{height}")
    compression = tiff.number(page, COMPRESSION, 1)
    layout = Layout(
        width=width,
        height=height,
        channels=channels,
        bits=depths.pop(),
        signed=formats.pop() == _SIGNED,
        photometric=tiff.number(page, PHOTOMETRIC, _usual_photometric(channels, compression)),
        compression=compression,
        predictor=tiff.number(page, PREDICTOR, 1) if compression in _PREDICTED else 1,
        big_endian=tiff.order == ">",
        reversed_bits=tiff.number(page, FILL_ORDER, 1) == 2 and compression != JPEG,
        planar=tiff.number(page, PLANAR, 1) == 2 and channels > 1,
        tiled=tiled,
        piece=piece,
        spans=(),
        options=_options(tiff, page, compression),
    )
    return _with_spans(layout, tiff, page)


def _usual_photometric(channels: int, compression: int) -> int:
    """Return what the channels show where no tag says so, as libtiff takes it: RGB, white as 0 in a fax, black as 0."""
    return 2 if channels >= 3 else int(compression not in FAX)


def _options(tiff: Tiff, page: Directory, compression: int) -> dict[int, bytes | tuple[int, ...]]:
    wanted = _OF_FAX if compression in FAX else _OF_JPEG if compression == JPEG else ()
    found: dict[int, bytes | tuple[int, ...]] = {
        tag: tuple(value & 0xFFFF for value in tiff.numbers(page, tag, 2)) for tag in wanted if tag in page.entries
    }
    tables = page.entries.get(_JPEG_TABLES)
    if tables is not None and compression == JPEG:
        found[_JPEG_TABLES] = bytes(tiff.data[tables.span[0] : tables.span[1]])
    return found


def _with_spans(layout: Layout, tiff: Tiff, page: Directory) -> Layout:
    """Return the layout with the places of its segments, which must be there."""
    starts = tiff.numbers(page, TILES if layout.tiled else STRIPS)
    sizes = tiff.numbers(page, TILE_BYTES if layout.tiled else STRIP_BYTES)
    parts = list(segments(layout))
    if len(starts) < len(parts):
        raise InputError(f"the TIFF is truncated: {len(parts):,} strips or tiles expected, found {len(starts):,}")
    spans = []
    for part in parts:
        start, expected = starts[part.number], part.rows * layout.row_bytes
        size = sizes[part.number] if part.number < len(sizes) else 0
        if layout.compression == 1:
            size = expected if not size or len(parts) == 1 else size
            require_bytes(min(size, len(tiff.data) - start), expected, "TIFF")
            size = expected
        else:
            size = min(size or len(tiff.data), len(tiff.data) - start)
        if size <= 0 or start <= 0:
            raise InputError(f"strip or tile {part.number} of the TIFF is not there")
        spans.append((start, size))
    return Layout(**{**vars(layout), "spans": tuple(spans)})


def segments(layout: Layout) -> Iterator[Segment]:
    """Yield the segments of a page in the order of the file."""
    rows, columns = layout.piece
    number = 0
    for channel in range(layout.channels if layout.planar else 1):
        for row in range(0, layout.height, rows):
            for column in range(0, layout.width, columns):
                yield Segment(number, channel, row, column, rows if layout.tiled else min(rows, layout.height - row))
                number += 1


def decoded(data: bytes, layout: Layout) -> Samples:
    """Return the stored samples (H, W, C) of a page, of 8 or 16 bits and with its sign.

    Raises:
        InputError: a segment is damaged or ends early.
        UnsupportedError: the predictor is not known.
    """
    found = np.empty((layout.height, layout.width, layout.channels), np.uint8 if layout.bits <= 8 else np.uint16)
    for part in segments(layout):
        start, size = layout.spans[part.number]
        lines = _lines(data[start : start + size], layout, part.rows)  # (rows, samples of a row)
        block = lines.reshape(part.rows, layout.piece[1], -1)
        _place(found, block if layout.predictor == 1 else _summed(block, layout), part)
    return _with_sign(found, layout) if layout.signed else found


def _lines(data: bytes, layout: Layout, rows: int) -> Samples:
    """Return the samples (rows, samples of a row) of a segment."""
    columns, compression = layout.piece[1], layout.compression
    if compression == JPEG:
        options = layout.options
        return jpeg.decoded(data, rows, columns, layout.segment_channels, _photometric(layout), options)
    if layout.reversed_bits:
        data = bits.reversed_bits(data)
    if compression in FAX:
        from hybridcodec.sources.samples import fax  # kernels, which not every reader needs

        two_dimensions = bool(layout.options.get(_T4_OPTIONS, (0,))[0] & 1)
        return fax.decoded(data, rows, columns, compression, two_dimensions=two_dimensions)
    if compression != 1:
        data = unpacking.unpacked(compression, data, rows * layout.row_bytes)
    big_endian = layout.big_endian or layout.bits != 16
    return bits.unpacked(data, rows, columns * layout.segment_channels, layout.bits, big_endian=big_endian)


def _photometric(layout: Layout) -> int:
    """Return what the channels of a JPEG show, for its decoder."""
    if layout.segment_channels == 1:
        return 1
    return layout.photometric if layout.photometric == _YCBCR else 2


def _summed(block: Samples, layout: Layout) -> Samples:
    """Undo the predictor: every sample is stored as the difference from its left neighbour."""
    if layout.predictor != 2 or layout.bits not in (8, 16):
        raise UnsupportedError(f"found a TIFF with predictor {layout.predictor} of {layout.bits}-bit samples")
    return np.cumsum(block, axis=1, dtype=block.dtype)


def _place(found: Samples, block: Samples, part: Segment) -> None:
    rows, columns = min(part.rows, len(found) - part.row), min(block.shape[1], found.shape[1] - part.column)
    last = part.channel + block.shape[2]
    found[part.row : part.row + rows, part.column : part.column + columns, part.channel : last] = block[:rows, :columns]


def _with_sign(samples: Samples, layout: Layout) -> Samples:
    spare = 8 * samples.itemsize - layout.bits
    signed: np.ndarray[Any, Any] = samples.view(f"i{samples.itemsize}")
    return signed << spare >> spare if spare else signed
