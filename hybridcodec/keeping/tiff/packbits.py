"""PackBits (TIFF 6.0, section 9), each row by itself, as libtiff writes it.

Two equal bytes between bytes that differ may be a run or part of what is copied: libtiff copies them where that joins
what stands before and behind.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping.tiff.strips import Block
from hybridcodec.machine.kernels import kernel

_START, _COPIED, _RUN, _COPIED_THEN_RUN = 0, 1, 2, 3


class PackBits:
    """The coding of this name."""

    name: Final = "packbits"

    def settings(self, packed: bytes, block: Block) -> Iterator[bytes]:  # noqa: ARG002
        """See `Coding`."""
        yield b""

    def pack(self, block: Block, settings: bytes) -> bytes:
        """See `Coding`."""
        if settings:
            raise CorruptFileError(f"PackBits has no settings, found {len(settings)} bytes")
        rows = np.frombuffer(block.content, np.uint8).reshape(block.rows, -1)
        out = np.empty(block.rows * (2 * rows.shape[1] + 2), np.uint8)
        return out[: _pack(rows, out)].tobytes()


@kernel(nogil=True)
def _pack(rows: NDArray[np.uint8], out: NDArray[np.uint8]) -> int:
    """Write rows (R, N) and return how many bytes they take."""
    end = 0
    for row in range(len(rows)):
        end = _pack_row(rows[row], out, end)
    return end


@kernel(nogil=True)
def _pack_row(row: NDArray[np.uint8], out: NDArray[np.uint8], end: int) -> int:
    state, copied, place = _START, 0, 0
    while place < len(row):
        byte, count = row[place], 1
        while place + count < len(row) and row[place + count] == byte:
            count += 1
        place += count
        while count:
            if state == _COPIED_THEN_RUN:
                state = _RUN
                if count == 1 and out[end - 2] == 255 and out[copied] < 126:  # a run of two is copied after all
                    out[copied] += 2
                    out[end - 2] = out[end - 1]
                    state = _START if out[copied] == 127 else _COPIED
            elif count > 1:
                run = min(count, 128)
                out[end], out[end + 1] = 257 - run, byte
                state = _COPIED_THEN_RUN if state == _COPIED else _RUN
                end, count = end + 2, count - run
            elif state == _COPIED:
                out[copied] += 1
                out[end] = byte
                state = _START if out[copied] == 127 else _COPIED
                end, count = end + 1, 0
            else:
                copied, state = end, _COPIED
                out[end], out[end + 1] = 0, byte
                end, count = end + 2, 0
    return end
