"""JPEG-LS without loss (ITU-T T.87), as DICOM files hold it: coded again with the parameters of the stream itself.

Thresholds and interleaving stand in its segments, which are kept; nothing else in it is the writer's choice. Components
that each have a scan of their own, and near-lossless streams, are not made.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping.jpeg import ls_scan
from hybridcodec.keeping.jpeg.kept import pack_ends, scans, unpack_ends
from hybridcodec.keeping.jpeg.ls_scan import Scan
from hybridcodec.keeping.jpeg.segments import LSE, SOF55, Frame, scan_of, segments
from hybridcodec.keeping.laid import Laid
from hybridcodec.keeping.method import Proposal
from hybridcodec.sources.format import Stream

_PRESET: Final = 1
_BY_PIXELS: Final = 2
_RESET: Final = 64


class JpegLs:
    """The method of this name."""

    name: Final = "jpeg-ls"

    def propose(self, data: bytes, stream: Stream, laid: Laid) -> Iterator[Proposal]:  # noqa: ARG002
        """See `Method`."""
        yield Proposal(stream.spans, pack_ends(*scan_of(stream.bytes_of(data))))

    def make(self, laid: Laid, parameters: bytes) -> Iterator[bytes]:
        """See `Method`."""
        head, tail = unpack_ends(parameters)
        found = {segment.marker: segment.body for segment in segments(head)}
        frame = Frame.of(found, SOF55)
        samples = laid.samples[laid.serial.first_row :][: laid.rows]
        frame.require(samples.shape, range(2, 17))
        near, interleaving, shift = frame.scan[-3:]
        together = interleaving in (1, 2) if len(frame.components) > 1 else not interleaving
        if near or not together or shift or any(frame.scan[2 : 2 * len(frame.components) + 1 : 2]):
            raise CorruptFileError(f"no JPEG-LS of error {near} and interleaving {interleaving} is made")
        scan = _begin(_plan(frame.precision, found.get(LSE, b"")), samples.shape[2])
        words = samples.astype(np.int32) & ((1 << frame.precision) - 1)

        def code(rows: NDArray[np.int32], out: NDArray[np.uint8]) -> int:
            coded = ls_scan.code_pixels if interleaving == _BY_PIXELS else ls_scan.code_rows
            return coded(rows, scan._replace(out=out))

        yield head
        yield from scans(words, ls_scan.MOST_BYTES, code)
        yield scan.out[: ls_scan.close(scan)].tobytes()
        yield tail


def _plan(precision: int, preset: bytes) -> NDArray[np.int64]:
    """Return the parameters of a scan: those of the segment LSE, where there is one, else the usual ones."""
    given = [0] * 5
    if preset[:1] == bytes([_PRESET]) and len(preset) == 11:
        given = [int.from_bytes(preset[1 + 2 * place : 3 + 2 * place], "big") for place in range(5)]
    elif preset:
        raise CorruptFileError("a JPEG-LS with tables or a larger size is not made")
    most = given[0] or (1 << precision) - 1
    usual = (*_thresholds(most), _RESET)
    depth = most.bit_length()
    limit = 2 * (max(2, depth) + max(8, depth))
    plan = np.array([most, *(a or b for a, b in zip(given[1:], usual, strict=True)), limit, depth])
    if not (most < 1 << precision and 1 <= plan[1] <= plan[2] <= plan[3] <= most and 3 <= plan[4] <= max(255, most)):
        raise CorruptFileError(f"a JPEG-LS of {precision} bits has the parameters {plan.tolist()}")
    return plan.astype(np.int64)


def _thresholds(most: int) -> tuple[int, int, int]:
    """Return the usual thresholds of gradients (T.87, C.2.4.1.1)."""

    def within(value: int, low: int) -> int:
        return value if low <= value <= most else low

    if most >= 128:
        factor = (min(most, 4095) + 128) // 256
        first, second, third = factor + 2, 4 * factor + 3, 17 * factor + 4
    else:
        factor = 256 // (most + 1)
        first, second, third = max(2, 3 // factor), max(3, 7 // factor), max(4, 21 // factor)
    first = within(first, 1)
    second = within(second, first)
    return first, second, within(third, second)


def _begin(plan: NDArray[np.int64], channels: int) -> Scan:
    contexts = np.zeros((4, ls_scan.CONTEXTS), np.int64)
    contexts[ls_scan.A], contexts[ls_scan.N] = max(2, (int(plan[ls_scan.MAXVAL]) + 33) >> 6), 1
    state = np.zeros(4, np.int64)
    state[ls_scan.ROOM] = 8
    runs, corners = np.zeros(channels, np.int64), np.zeros(channels, np.int64)
    return Scan(plan, contexts, runs, corners, state, np.zeros(4, np.uint8))
