"""Strips of TIFF files: rows to bytes, differences where there is a predictor, a coding, bits turned round.

All strips of a page that one setting makes are one piece, if they follow each other in the file.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple, Protocol

import numpy as np
from hybridcodec_container import Packing

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping.laid import Laid
from hybridcodec.keeping.method import Proposal
from hybridcodec.sources.format import Stream

_WRITTEN: Final = struct.Struct("<3BI")  # predictor, order of bits, step of strips, rows of a strip
_ROWS: Final = "rows_each"
_NONE, _DIFFERENCES = 1, 2
_TURNED: Final = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8)), bitorder="little")


class Block(NamedTuple):
    """The bytes of some rows: `content` of `rows` rows, each of `columns` samples of `bits` bits."""

    content: bytes
    rows: int
    columns: int
    bits: int


class Coding(Protocol):
    """A compression that TIFF has."""

    @property
    def name(self) -> str:
        """Of the method."""

    def settings(self, packed: bytes, block: Block) -> Iterator[bytes]:
        """Yield what may make `packed` of the rows of a strip, best first; `packed` is no more than a hint."""

    def pack(self, block: Block, settings: bytes) -> bytes:
        """Return a strip; raises CorruptFileError where the settings are none."""


class Strips:
    """The method of a coding."""

    def __init__(self, coding: Coding) -> None:
        """Take the coding."""
        self._coding = coding

    @property
    def name(self) -> str:
        """See `Method`."""
        return self._coding.name

    def propose(self, data: bytes, stream: Stream, laid: Laid) -> Iterator[Proposal]:
        """See `Method`."""
        predictor, turned = (int(stream.detail.get(name, 1)) for name in ("predictor", "fill_order"))
        rows = int(stream.detail.get(_ROWS, laid.rows))
        step = 1 + any(start + length != following for (start, length), (following, _) in pairwise(stream.spans))
        head = _WRITTEN.pack(predictor, turned, step, rows)
        first = replace(laid, serial=replace(laid.serial, rows=min(rows, laid.rows)))
        start, length = stream.spans[0]
        packed = _turned(data[start : start + length], turned)
        whole = ((start, sum(stream.spans[-1]) - start),)
        for settings in self._coding.settings(packed, _block(first, predictor)):
            yield Proposal(whole, head + settings)

    def make(self, laid: Laid, parameters: bytes) -> Iterator[bytes]:
        """See `Method`."""
        if len(parameters) < _WRITTEN.size:
            raise CorruptFileError(f"strips need more than {len(parameters)} bytes of parameters")
        predictor, turned, step, rows = _WRITTEN.unpack_from(parameters)
        if predictor not in (_NONE, _DIFFERENCES) or turned not in (1, 2) or step not in (1, 2) or not rows:
            raise CorruptFileError(f"no strips have predictor {predictor}, order of bits {turned}, step {step}")
        end = laid.serial.first_row + laid.rows
        for row in range(laid.serial.first_row, end, rows):
            part = replace(laid, serial=replace(laid.serial, first_row=row, rows=min(rows, end - row)))
            strip = self._coding.pack(_block(part, predictor), parameters[_WRITTEN.size :])
            yield _turned(strip, turned)
            if len(strip) % step and row + rows < end:
                yield b"\0"


def joined(streams: Sequence[Stream], data: bytes) -> Stream | None:
    """Return strips of a page as one stream of all its rows; None where they are no such strips."""
    if len(streams) < 2 or len({(s.method, frozenset(s.detail.items())) for s in streams}) > 1:
        return None
    first, rows = streams[0], streams[0].layout.rows
    for before, after in pairwise(streams):
        begins = before.layout.first_row + before.layout.rows
        following = after.layout == replace(before.layout, first_row=begins, rows=after.layout.rows)
        if not following or len(before.spans) != 1 or not _touch(before.spans[0], after.spans[0], data):
            return None
        if before.layout.rows != rows or after.layout.rows > rows:
            return None
    total = sum(stream.layout.rows for stream in streams)
    spans = tuple(stream.spans[0] for stream in streams)
    return Stream(spans, first.method, first.picture, replace(first.layout, rows=total), {**first.detail, _ROWS: rows})


def _touch(before: tuple[int, int], after: tuple[int, int], data: bytes) -> bool:
    """Tell whether a strip follows another, with a zero byte between where that has an odd length."""
    gap = after[0] - sum(before)
    return gap == 0 or (gap == 1 and before[1] % 2 == 1 and data[sum(before)] == 0)


def _block(laid: Laid, predictor: int) -> Block:
    content = laid.content if predictor == _NONE else _differences(laid)
    if len(content) % laid.rows:
        raise CorruptFileError("the rows of a strip have a whole number of bytes")
    return Block(content, laid.rows, laid.header.width * laid.row_channels, laid.sample_bits)


def _differences(laid: Laid) -> bytes:
    """Return rows of which each sample but the first pixel's is what it is more than the one on its left."""
    serial = laid.serial
    if serial.packing is not Packing.BYTES or serial.sample_bytes > 2:
        raise CorruptFileError("differences are taken of samples of one or two bytes")
    kind = f"{'>' if serial.big_endian else '<'}u{serial.sample_bytes}"
    if laid.serial.row_step > 1:
        raise CorruptFileError("differences are taken of rows that are not filled up")
    samples = np.frombuffer(laid.content, kind).reshape(-1, laid.header.width, laid.row_channels)
    found = samples.copy()
    found[:, 1:] -= samples[:, :-1]
    return found.tobytes()


def _turned(data: bytes, order: int) -> bytes:
    return data if order == 1 else _TURNED[np.frombuffer(data, np.uint8)].tobytes()
