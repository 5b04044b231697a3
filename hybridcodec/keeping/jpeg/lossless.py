"""JPEG lossless (ITU-T T.81, process 14), as DICOM files hold it: coded again with the tables of the stream itself.

Predictor, tables and restarts stand in its segments, which are kept; the writer chooses no more than the bit that fills
the last byte, which the standard says is 1.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping.jpeg import lossless_scan
from hybridcodec.keeping.jpeg.kept import pack_ends, scans, unpack_ends
from hybridcodec.keeping.jpeg.segments import DHT, DRI, SOF3, Frame, scan_of, segments
from hybridcodec.keeping.laid import Laid
from hybridcodec.keeping.method import Proposal
from hybridcodec.sources.format import Stream

Table = NDArray[np.int64]
_CATEGORIES: Final = 17


class JpegLossless:
    """The method of this name."""

    name: Final = "jpeg-lossless"

    def propose(self, data: bytes, stream: Stream, laid: Laid) -> Iterator[Proposal]:  # noqa: ARG002
        """See `Method`."""
        ends = pack_ends(*scan_of(stream.bytes_of(data)))
        yield from (Proposal(stream.spans, bytes([fill]) + ends) for fill in (1, 0))

    def make(self, laid: Laid, parameters: bytes) -> Iterator[bytes]:
        """See `Method`."""
        head, tail = unpack_ends(parameters[1:])
        found = {segment.marker: segment.body for segment in segments(head) if segment.marker != DHT}
        frame = Frame.of(found, SOF3)
        samples = laid.samples[laid.serial.first_row :][: laid.rows]
        frame.require(samples.shape, range(2, 17))
        predictor, shift = frame.scan[1 + 2 * len(frame.components)], frame.scan[-1] & 15
        interval = int.from_bytes(found.get(DRI, b""), "big")
        if not 1 <= predictor <= 7 or shift >= frame.precision or interval % frame.columns:
            raise CorruptFileError(f"JPEG lossless has no predictor {predictor} with shift {shift}")
        codes, lengths = _tables(head, frame)
        start, fill = 1 << (frame.precision - shift - 1), parameters[0] & 1
        plan = np.array([predictor, start, interval // frame.columns, fill], np.int64)
        words = (samples.astype(np.int32) & ((1 << frame.precision) - 1)) >> shift
        state = np.zeros(4, np.int64)

        def code(rows: NDArray[np.int32], out: NDArray[np.uint8]) -> int:
            return int(lossless_scan.code_rows(rows, plan, codes, lengths, state, out))

        yield head
        yield from scans(words, lossless_scan.MOST_BYTES, code)
        rest = np.zeros(4, np.uint8)
        yield rest[: lossless_scan.close(fill, state, rest, 0)].tobytes()
        yield tail


def _tables(head: bytes, frame: Frame) -> tuple[Table, Table]:
    """Return code and length of each category for each component, (C, 17); length 0 where there is none."""
    tables = dict[int, tuple[Table, Table]]()
    for segment in segments(head):
        body = segment.body if segment.marker == DHT else b""
        while body:
            counts = body[1:17]
            if len(counts) < 16 or len(body) < 17 + sum(counts):
                raise CorruptFileError("a Huffman table of a JPEG is cut off")
            tables[body[0]] = _table(counts, body[17 : 17 + sum(counts)])
            body = body[17 + sum(counts) :]
    chosen = [frame.scan[2 + 2 * number] >> 4 for number in range(len(frame.components))]
    if not set(chosen) <= set(tables):
        raise CorruptFileError(f"a JPEG has the Huffman tables {sorted(tables)}, its scan needs {sorted(set(chosen))}")
    codes, lengths = zip(*(tables[number] for number in chosen), strict=True)
    return np.stack(codes), np.stack(lengths)


def _table(counts: bytes, values: bytes) -> tuple[Table, Table]:
    """Return code and length of each category (T.81, annex C)."""
    codes, lengths, code, place = np.zeros(_CATEGORIES, np.int64), np.zeros(_CATEGORIES, np.int64), 0, 0
    for length, count in enumerate(counts, 1):
        for value in values[place : place + count]:
            if value < _CATEGORIES:
                codes[value], lengths[value] = code & 0xFFFF, length
            code += 1
        place, code = place + count, code << 1
    return codes, lengths
