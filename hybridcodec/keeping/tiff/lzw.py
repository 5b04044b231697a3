"""LZW as TIFF has it (6.0, section 13): codes of 9 to 12 bits, high bits first, widened one code early.

When a writer clears its table is its choice: libtiff does when the table is full, and when a check every 10,000 bytes
finds that it packs worse than before. Whether the code at the end may be wider differs between its versions.
"""

import struct
from collections.abc import Iterator
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping.tiff.strips import Block
from hybridcodec.machine.kernels import kernel

_WRITTEN: Final = struct.Struct(
    "<HHB"
)  # codes of a full table, bytes between checks or 0, whether the end may be wider
_FULL: Final = (4094, 4095, 4093)
_GAPS: Final = (10_000, 0)
_CLEAR, _END, _FIRST = 256, 257, 258
_LEAST_BITS, _MOST_BITS = 9, 12


class Lzw:
    """The coding of this name."""

    name: Final = "lzw"

    def settings(self, packed: bytes, block: Block) -> Iterator[bytes]:  # noqa: ARG002
        """See `Coding`."""
        yield from (_WRITTEN.pack(full, gap, wider) for gap, full, wider in product(_GAPS, _FULL, (1, 0)))

    def pack(self, block: Block, settings: bytes) -> bytes:
        """See `Coding`."""
        if len(settings) != _WRITTEN.size:
            raise CorruptFileError(f"LZW needs {_WRITTEN.size} bytes of settings, found {len(settings)}")
        full, gap, wider = _WRITTEN.unpack(settings)
        if not _FIRST < full < 1 << _MOST_BITS or wider > 1:
            raise CorruptFileError(f"no LZW clears its table at {full} codes")
        out = np.empty(3 * len(block.content) + 64, np.uint8)  # at most a code of 12 bits and a clearing one a byte
        size = _pack(np.frombuffer(block.content, np.uint8), full, gap, wider, out)
        return out[:size].tobytes()


@kernel(allocates=True, nogil=True)
def _pack(data: NDArray[np.uint8], full: int, gap: int, wider: int, out: NDArray[np.uint8]) -> int:
    """Write LZW and return how many bytes it has."""
    table = np.zeros(1 << 20, np.int64)  # string and next byte -> generation and code
    state = np.zeros(3, np.int64)  # bits that are no whole byte yet, how many, bytes
    known, bits, generation, ratio = _FIRST, _LEAST_BITS, 1, 0
    read, written, check = 1, 0, gap
    _put(_CLEAR, bits, state, out)
    written += bits
    string = int(data[0]) if len(data) else _END
    for place in range(1, len(data)):
        read += 1
        key = string << 8 | int(data[place])
        if table[key] >> 12 == generation:
            string = table[key] & 4095
            continue
        _put(string, bits, state, out)
        written += bits
        string = int(data[place])
        table[key] = generation << 12 | known
        known += 1
        clears = known == full
        if not clears and known > (1 << bits) - 1:
            bits += 1
        elif not clears and gap and read >= check:
            check = read + gap
            now = (read << 8) // written
            clears = now <= ratio
            ratio = now
        if clears:
            _put(_CLEAR, bits, state, out)
            known, bits, ratio, read, written = _FIRST, _LEAST_BITS, 0, 0, bits
            generation += 1
    return _end(string, known, bits, full * wider, state, out)


@kernel(nogil=True)
def _end(string: int, known: int, bits: int, full: int, state: NDArray[np.int64], out: NDArray[np.uint8]) -> int:
    """Write the last string and the end; return how many bytes there are. With `full` it may be wider, or clear."""
    if string != _END:
        _put(string, bits, state, out)
        if full and known + 1 == full:
            _put(_CLEAR, bits, state, out)
            bits = _LEAST_BITS
        elif full and known + 1 > (1 << bits) - 1:
            bits += 1
    _put(_END, bits, state, out)
    if state[1]:
        out[state[2]] = (state[0] << (8 - state[1])) & 255
        state[2] += 1
    return int(state[2])


@kernel(nogil=True)
def _put(code: int, bits: int, state: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
    state[0] = (state[0] << bits) | code
    state[1] += bits
    while state[1] >= 8:
        state[1] -= 8
        out[state[2]] = (state[0] >> state[1]) & 255
        state[2] += 1
    state[0] &= (1 << state[1]) - 1
