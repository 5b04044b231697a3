"""A TIFF of pictures of any kind: strips, packed by Deflate, of differences where samples are whole bytes.

Values stand where they have room, at even places; every page's directory follows its values.
"""

import struct
import zlib
from typing import Final

import numpy as np

from hybridcodec.errors import InputError, LimitError
from hybridcodec.image import Metadata, Picture
from hybridcodec.kinds import GRAY, INDEXED, RGB, Role, SampleKind, Samples
from hybridcodec.sources.parts.directories import Directory, Tiff
from hybridcodec.sources.samples import bits
from hybridcodec.sources.tiff_exif import described

_SHORT, _LONG, _BYTE, _UNDEFINED = 3, 4, 1, 7
_CODES: Final = {_SHORT: "H", _LONG: "I"}
_STRIP: Final = 1 << 18
"""Bytes of a strip, about."""
_LEVEL: Final = 6
_DEFLATE, _DIFFERENCES = 8, 2
_PHOTOMETRIC: Final = {GRAY: 1, RGB: 2, INDEXED: 3}
_EXTRA: Final = {Role.ALPHA_PREMULTIPLIED: 1, Role.ALPHA: 2}
_MOST_BYTES: Final = 1 << 32
_PAGE: Final = 2
Entries = dict[int, bytes]


class TiffWriter:
    """The bytes of a classic little-endian TIFF, written page by page."""

    def __init__(self, *, several: bool) -> None:
        """Begin a file of one page, or of `several`."""
        self._data, self._link, self._several = bytearray(b"II*\0" + bytes(4)), 4, several

    def add(self, picture: Picture) -> None:
        """Append a picture.

        Raises:
            InputError: its EXIF block is damaged.
            LimitError: the file gets more than 4 GB, which a classic TIFF cannot have.
        """
        kind, (H, W, C) = picture.kind, picture.samples.shape
        rows = min(H, max(1, _STRIP // bits.row_bytes(W * C, kind.bit_depth)))
        starts, sizes, predictor = list[int](), list[int](), _predictor(kind)
        for first in range(0, H, rows):
            strip = zlib.compress(_plain(picture.samples[first : first + rows], kind, predictor), _LEVEL)
            starts.append(self._append(strip))
            sizes.append(len(strip))
        colours = tuple(role for role in kind.roles if role not in _EXTRA)
        entries = self._described(picture.metadata) | {
            256: self._entry(256, _LONG, W),
            257: self._entry(257, _LONG, H),
            258: self._entry(258, _SHORT, *[kind.bit_depth] * C),
            259: self._entry(259, _SHORT, _DEFLATE),
            262: self._entry(262, _SHORT, _PHOTOMETRIC.get(colours, 1)),
            273: self._entry(273, _LONG, *starts),
            277: self._entry(277, _SHORT, C),
            278: self._entry(278, _LONG, rows),
            279: self._entry(279, _LONG, *sizes),
            317: self._entry(317, _SHORT, predictor),
            339: self._entry(339, _SHORT, *[1 + kind.signed] * C),
        }
        entries |= self._of_kind(kind, colours) | self._blocks(picture.metadata)
        if self._several:
            entries[254] = self._entry(254, _LONG, _PAGE)
        self._directory(entries)

    def finish(self) -> bytes:
        """Return the file."""
        return bytes(self._data)

    def _of_kind(self, kind: SampleKind, colours: tuple[Role, ...]) -> Entries:
        """Return the palette, and what the channels are that are no colours."""
        found: Entries = {}
        extra = [_EXTRA.get(role, 0) for role in kind.roles[1 if colours not in _PHOTOMETRIC else len(colours) :]]
        if extra:
            found[338] = self._entry(338, _SHORT, *extra)
        if kind.palette is not None:
            stored = np.frombuffer(kind.palette.entries, "<u2" if kind.palette.bits == 16 else np.uint8)
            values = np.zeros((3, 1 << kind.bit_depth), np.int64)
            values[:, : kind.palette.count] = stored.reshape(kind.palette.count, -1)[:, :3].T
            values *= 257 if kind.palette.bits == 8 else 1
            found[320] = self._entry(320, _SHORT, *values.ravel().tolist())
        return found

    def _blocks(self, metadata: Metadata) -> Entries:
        """Return colour profile and XMP packet."""
        blocks = ((700, _BYTE, metadata.xmp), (34675, _UNDEFINED, metadata.icc))
        return {tag: self._raw(tag, kind, len(block), block) for tag, kind, block in blocks if block}

    def _described(self, metadata: Metadata) -> Entries:
        """Return the descriptive tags of an EXIF block."""
        if not metadata.exif:
            return {}
        exif = Tiff(metadata.exif)
        first: Directory | None = next(exif.pages(), None)
        if first is None or first.broken:
            raise InputError("the picture cannot be written as TIFF: its EXIF block is damaged")
        return described(self._data, "<", exif, first)

    def _entry(self, tag: int, kind: int, *values: int) -> bytes:
        return self._raw(tag, kind, len(values), struct.pack(f"<{len(values)}{_CODES[kind]}", *values))

    def _raw(self, tag: int, kind: int, count: int, raw: bytes) -> bytes:
        if len(raw) > 4:
            raw = struct.pack("<I", self._append(raw))
        return struct.pack("<HHI", tag, kind, count) + raw.ljust(4, b"\0")

    def _append(self, raw: bytes) -> int:
        self._data += bytes(len(self._data) % 2)
        start = len(self._data)
        if start + len(raw) >= _MOST_BYTES:
            raise LimitError("a TIFF has at most 4 GB; write fewer pages, or another format")
        self._data += raw
        return start

    def _directory(self, entries: Entries) -> None:
        body = struct.pack("<H", len(entries)) + b"".join(entry for _, entry in sorted(entries.items())) + bytes(4)
        start = self._append(body)
        struct.pack_into("<I", self._data, self._link, start)
        self._link = len(self._data) - 4


def _predictor(kind: SampleKind) -> int:
    return _DIFFERENCES if kind.bit_depth in (8, 16) and kind.palette is None else 1


def _plain(samples: Samples, kind: SampleKind, predictor: int) -> bytes:
    """Return rows of samples (rows, W, C) as they are packed."""
    dtype = np.uint8 if samples.dtype.itemsize == 1 else np.uint16
    unsigned: Samples = np.ascontiguousarray(samples).view(dtype)
    if kind.signed:
        unsigned = unsigned & dtype((1 << kind.bit_depth) - 1)
    if predictor == _DIFFERENCES:
        unsigned = np.concatenate([unsigned[:, :1], np.diff(unsigned, axis=1)], axis=1)
    return bits.packed(unsigned.reshape(len(unsigned), -1), kind.bit_depth, big_endian=kind.bit_depth != 16)
