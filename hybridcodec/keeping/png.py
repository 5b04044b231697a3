"""The pixels of a PNG file: samples to rows, rows to filtered rows, deflated, cut into IDAT chunks with checksums.

Source: Portable Network Graphics specification, third edition, sections 5 (chunks), 7 to 10 (rows, filters, deflate).
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping import deflate, png_filters
from hybridcodec.keeping.laid import Laid
from hybridcodec.keeping.method import Proposal
from hybridcodec.keeping.png_filters import Bytes
from hybridcodec.sources.format import Stream

_TYPE: Final = b"IDAT"
_HEAD: Final = struct.Struct(">I4s")
_TAIL: Final = 4
_WRITTEN: Final = struct.Struct("<BI")  # whether interlaced; bytes of a chunk, 0 where others make the chunks
_PASSES: Final = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row, first column, and steps of rows and columns of the seven passes of an interlaced picture."""


class Png:
    """The method of this name."""

    name: Final = "png"

    def propose(self, data: bytes, stream: Stream, laid: Laid) -> Iterator[Proposal]:
        """See `Method`."""
        size, packed = _chunk_size(data, stream.spans), stream.bytes_of(data)
        interlaced = bool(stream.detail.get("interlaced", 0))
        passes, unit = _passes(laid, interlaced), _unit(laid)
        rows = deflate.inflate(packed, sum(part.size + len(part) for part in passes))
        if rows is None:
            return
        filters = _filters_of(rows, passes)
        if filters is None or b"".join(_filtered(passes, unit, filters)) != rows:
            return
        packed_filters = [png_filters.pack_filters(*pair, unit) for pair in zip(filters, passes, strict=True)]
        spans = stream.spans if not size else _whole_chunks(stream.spans)
        for found in deflate.candidates(packed, rows):
            kept = b"".join(len(part).to_bytes(3, "little") + part for part in packed_filters)
            yield Proposal(spans, _WRITTEN.pack(interlaced, size) + found.pack() + kept)

    def make(self, laid: Laid, parameters: bytes) -> Iterator[bytes]:
        """See `Method`."""
        if len(parameters) < _WRITTEN.size:
            raise CorruptFileError(f"PNG pixels need more than {len(parameters)} bytes of parameters")
        interlaced, size = _WRITTEN.unpack_from(parameters)
        if interlaced > 1:
            raise CorruptFileError(f"PNG pixels are not interlaced in way {interlaced}")
        written, rest = deflate.Zlib.unpack(parameters[_WRITTEN.size :])
        passes, unit, filters = _passes(laid, bool(interlaced)), _unit(laid), []
        for part in passes:
            length = int.from_bytes(rest[:3], "little")
            filters.append(png_filters.unpack_filters(rest[3 : 3 + length] or b"\xff", part, unit))
            rest = rest[3 + length :]
        deflated = written.write(b"".join(_filtered(passes, unit, filters)))
        yield from _chunks(deflated, size) if size else (deflated,)


def _whole_chunks(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return where chunks that follow each other lie, with all that is around their payloads."""
    start = spans[0][0] - _HEAD.size
    return ((start, sum(spans[-1]) + _TAIL - start),)


def _chunk_size(data: bytes, spans: Sequence[tuple[int, int]]) -> int:
    """Return the size of all chunks but the last; 0 where they differ, are not chunks, or their checksums fail."""
    size = spans[0][1] if spans else 0
    for number, (start, length) in enumerate(spans):
        follows = not number or start == sum(spans[number - 1]) + _TAIL + _HEAD.size
        fits = length == size or (number == len(spans) - 1 and length < size)
        checksum = zlib.crc32(data[start - 4 : start + length]).to_bytes(_TAIL, "big")
        whole = data[start - 8 : start] == _HEAD.pack(length, _TYPE) and data[start + length :][:_TAIL] == checksum
        if not (follows and fits and whole and start >= _HEAD.size):
            return 0
    return size


def _chunks(stream: bytes, size: int) -> Iterator[bytes]:
    """Yield a stream cut into chunks."""
    yield from (_chunk(stream[place : place + size]) for place in range(0, len(stream), size))


def _chunk(payload: bytes) -> bytes:
    body = _TYPE + payload
    return len(payload).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(_TAIL, "big")


def _unit(laid: Laid) -> int:
    return max(1, laid.row_channels * laid.sample_bits // 8)


def _passes(laid: Laid, interlaced: bool) -> list[Bytes]:
    """Return the rows (R, N) of the picture, or of all its passes that have pixels."""
    if not interlaced:
        return [_rows(laid)]
    parts = []
    for row, column, row_step, column_step in _PASSES:
        samples = laid.samples[row::row_step, column::column_step]
        if samples.size:
            H, W = samples.shape[:2]
            header = replace(laid.header, width=W, height=H)
            parts.append(_rows(Laid(samples, header, replace(laid.serial, first_row=0, rows=H))))
    return parts


def _rows(laid: Laid) -> Bytes:
    if len(laid.content) % laid.rows:
        raise CorruptFileError("the rows of a PNG have a whole number of bytes")
    return np.frombuffer(laid.content, np.uint8).reshape(laid.rows, -1)


def _filters_of(rows: bytes, passes: Sequence[Bytes]) -> list[Bytes] | None:
    """Return the filters in filtered rows, None where there are others than PNG has."""
    found, place = [], 0
    for part in passes:
        R, N = part.shape
        lines = np.frombuffer(rows, np.uint8, R * (N + 1), place).reshape(R, N + 1)
        found.append(np.ascontiguousarray(lines[:, 0]))
        place += lines.size
    return found if all(part.max() < png_filters.FILTERS for part in found) else None


def _filtered(passes: Sequence[Bytes], unit: int, filters: Sequence[Bytes]) -> Iterator[bytes]:
    for rows, chosen in zip(passes, filters, strict=True):
        yield from png_filters.filtered(rows, unit, chosen)
