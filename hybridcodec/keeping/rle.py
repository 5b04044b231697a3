"""RLE of DICOM (PS3.5 annex G): a segment for each byte of a sample, each row packed by itself, as writers differ.

They agree on runs of three and more, and not on two equal bytes: `PAIRS` has what was met. Where TIFF's PackBits has
rows alone, this has a header of offsets, and segments of an even length.
"""

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping.laid import Laid
from hybridcodec.keeping.method import Proposal
from hybridcodec.machine.kernels import kernel
from hybridcodec.sources.format import Stream

ALWAYS, UNLESS_COPYING, LAST, NEVER = range(4)
PAIRS: Final = (ALWAYS, UNLESS_COPYING, LAST, NEVER)
"""Two equal bytes are a run always (pydicom), unless bytes before them are copied, at a row's end (DCMTK), never."""
MOST_SEGMENTS: Final = 15

_HEADER: Final = struct.Struct("<16I")
_MOST: Final = 128

U8 = NDArray[np.uint8]


class Rle:
    """The method of this name."""

    name: Final = "rle"

    def propose(self, data: bytes, stream: Stream, laid: Laid) -> Iterator[Proposal]:  # noqa: ARG002
        """See `Method`."""
        for pairs in PAIRS:
            yield Proposal(stream.spans, bytes([pairs]))

    def make(self, laid: Laid, parameters: bytes) -> Iterator[bytes]:
        """See `Method`."""
        if len(parameters) != 1 or parameters[0] not in PAIRS:
            raise CorruptFileError(f"RLE takes a byte of 0 to {len(PAIRS) - 1}, found {parameters.hex() or 'none'}")
        size, width, channels = laid.sample_bits // 8, laid.samples.shape[1], laid.samples.shape[2]
        if laid.serial.planar or not size or len(laid.content) != laid.rows * width * channels * size:
            raise CorruptFileError("RLE takes whole bytes, the channels of a pixel side by side, and rows without gaps")
        cells = np.frombuffer(laid.content, np.uint8).reshape(laid.rows, width, channels, size)
        if channels * size > MOST_SEGMENTS:
            raise CorruptFileError(f"RLE has at most {MOST_SEGMENTS} segments, found {channels * size}")
        high_first = cells if laid.serial.big_endian else cells[..., ::-1]
        planes = np.moveaxis(high_first, (2, 3), (0, 1)).reshape(-1, laid.rows, width)  # (segments, H, W)
        segments = [_segment(np.ascontiguousarray(plane), parameters[0]) for plane in planes]
        ends = np.cumsum([_HEADER.size, *map(len, segments)])
        if ends[-1] >= 1 << 32:
            raise CorruptFileError(f"RLE has offsets of 32 bits, and segments of {ends[-1]:,} bytes have none")
        yield _HEADER.pack(len(segments), *ends[:-1], *([0] * (MOST_SEGMENTS - len(segments))))
        yield from segments


def _segment(rows: U8, pairs: int) -> bytes:
    out = np.empty(rows.shape[0] * 2 * rows.shape[1], np.uint8)  # a byte takes two at most
    packed = out[: _pack(rows, pairs, out)].tobytes()
    return packed + bytes(len(packed) % 2)


@kernel(nogil=True)
def _pack(rows: U8, pairs: int, out: U8) -> int:
    """Write rows (H, W) and return how many bytes they take."""
    end = 0
    for y in range(rows.shape[0]):
        end = _pack_row(rows, y, pairs, out, end)
    return end


@kernel(nogil=True)
def _pack_row(rows: U8, y: int, pairs: int, out: U8, end: int) -> int:
    width = rows.shape[1]
    place, copied = 0, 0  # bytes before `place` that wait to be copied
    while place < width:
        count = 1
        while count < _MOST and place + count < width and rows[y, place + count] == rows[y, place]:
            count += 1
        pair = pairs == ALWAYS or (pairs == UNLESS_COPYING and copied == 0) or (pairs == LAST and place + 2 == width)
        if count > 2 or (count == 2 and pair):
            end = _copy(rows, y, place - copied, place, out, end)
            out[end], out[end + 1] = 257 - count, rows[y, place]
            end, copied = end + 2, 0
        else:
            copied += count
        place += count
    return _copy(rows, y, width - copied, width, out, end)


@kernel(nogil=True)
def _copy(rows: U8, y: int, start: int, stop: int, out: U8, end: int) -> int:
    while start < stop:
        count = min(stop - start, _MOST)
        out[end] = count - 1
        for i in range(count):
            out[end + 1 + i] = rows[y, start + i]
        end, start = end + 1 + count, start + count
    return end
