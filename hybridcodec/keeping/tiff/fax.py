"""Fax of T.6 in TIFF files (compression 4, group 4): each row by its changes and those of the row above.

T.6 leaves nothing to the writer but what follows the last row: an end of block, which is two ends of line, and padding.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError
from hybridcodec.keeping.tiff.strips import Block
from hybridcodec.machine.kernels import kernel
from hybridcodec.sources.samples.fax_codes import LONGEST, tables

_MOST_PADDING: Final = 3
_RUNS: Final = 2561
_VERTICAL: Final = np.array([[3, 7], [3, 6], [3, 3], [1, 1], [2, 3], [2, 6], [2, 7]], np.int64)
"""Code and bits where the row above changes 3 before a change of the row, to 3 behind it."""
_AT_ONCE: Final = 64  # rows


class Fax:
    """The coding of this name."""

    name: Final = "g4"

    def settings(self, packed: bytes, block: Block) -> Iterator[bytes]:
        """See `Coding`."""
        plain = _coded(block, 2)
        for ends in (2, 0, 1):
            padding = len(packed) - len(plain if ends == 2 else _coded(block, ends))
            yield bytes([ends, padding if 0 <= padding <= _MOST_PADDING else 0])

    def pack(self, block: Block, settings: bytes) -> bytes:
        """See `Coding`."""
        if len(settings) != 2 or settings[0] > 2 or settings[1] > _MOST_PADDING:
            raise CorruptFileError(f"a fax ends in no way that is called {settings.hex()}")
        return _coded(block, settings[0]) + bytes(settings[1])


def _coded(block: Block, ends: int) -> bytes:
    """Return rows as a fax that ends in so many ends of line."""
    if block.bits != 1:
        raise CorruptFileError(f"a fax has samples of 1 bit, not of {block.bits}")
    cells = np.frombuffer(block.content, np.uint8).reshape(block.rows, -1)
    above, state, parts = np.zeros(block.columns + 1, np.uint8), np.zeros(3, np.int64), []
    out = np.empty(_AT_ONCE * (2 * block.columns + 16) + 16, np.uint8)
    for start in range(0, block.rows, _AT_ONCE):
        bits = np.unpackbits(cells[start : start + _AT_ONCE], axis=1, count=block.columns)  # (rows, columns)
        state[2] = 0
        _code_rows(bits, above, _codes(), state, out)
        if start + _AT_ONCE >= block.rows:
            _close(ends, state, out)
        parts.append(out[: state[2]].tobytes())
    return b"".join(parts)


@cache
def _codes() -> NDArray[np.int64]:
    """Return code and bits of each run that has a word, (2, 2561, 2): white, then black."""
    found = np.zeros((2, _RUNS, 2), np.int64)
    for colour, table in enumerate(tables()):
        for place in range(len(table) - 1, -1, -1):
            run, bits = divmod(int(table[place]), 16)
            if bits:
                found[colour, run] = place >> (LONGEST - bits), bits
    return found


@kernel(allocates=True, nogil=True)
def _code_rows(
    rows: NDArray[np.uint8],
    above: NDArray[np.uint8],
    codes: NDArray[np.int64],
    state: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Write rows (R, W) of 0 and 1 behind the row `above` (W + 1), which is then the last of them."""
    W = rows.shape[1]
    row = np.zeros(W + 1, np.uint8)
    for number in range(len(rows)):
        row[:W] = rows[number]
        _code_row(row, above, codes, state, out)
        above[:W] = row[:W]


@kernel(nogil=True)
def _code_row(
    row: NDArray[np.uint8],
    above: NDArray[np.uint8],
    codes: NDArray[np.int64],
    state: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    W = len(row) - 1
    place, colour = 0, 0
    change, other = _next(row, 0, 0), _next(above, 0, 0)
    while place < W:
        behind = _next(above, other, 1 - colour)
        if behind < change:
            _put(1, 4, state, out)
            place = behind
        elif -3 <= other - change <= 3:
            _put(_VERTICAL[other - change + 3, 0], _VERTICAL[other - change + 3, 1], state, out)
            place, colour = change, 1 - colour
        else:
            second = _next(row, change, 1 - colour)
            _put(1, 3, state, out)
            _put_run(change - place, codes[colour], state, out)
            _put_run(second - change, codes[1 - colour], state, out)
            place = second
        change = _next(row, place, colour)
        other = _next(above, _next(above, place, 1 - colour), colour)


@kernel(nogil=True)
def _next(row: NDArray[np.uint8], start: int, colour: int) -> int:
    """Return where from `start` on another colour than this stands, or the width."""
    place = start
    while place < len(row) - 1 and row[place] == colour:
        place += 1
    return place


@kernel(nogil=True)
def _put_run(length: int, codes: NDArray[np.int64], state: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
    while length >= 2624:
        _put(codes[2560, 0], codes[2560, 1], state, out)
        length -= 2560
    if length >= 64:
        _put(codes[length & ~63, 0], codes[length & ~63, 1], state, out)
        length &= 63
    _put(codes[length, 0], codes[length, 1], state, out)


@kernel(nogil=True)
def _put(value: int, bits: int, state: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
    state[0] = (state[0] << bits) | value
    state[1] += bits
    while state[1] >= 8:
        state[1] -= 8
        out[state[2]] = (state[0] >> state[1]) & 255
        state[2] += 1
    state[0] &= (1 << state[1]) - 1


@kernel(nogil=True)
def _close(ends: int, state: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
    for _ in range(ends):
        _put(1, 12, state, out)
    _put(0, -state[1] % 8, state, out)
