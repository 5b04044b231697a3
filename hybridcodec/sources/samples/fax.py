"""Fax of bilevel pages: TIFF's compressions 2 (T.4 in one dimension, rows in whole bytes), 3 (T.4) and 4 (T.6).

libtiff decodes damaged rows to something and only prints that it did; here a row that is not as ITU-T T.4 and T.6 say
is an error. A row is held as the places where its colour changes, the first one to black, in rising order.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import InputError
from hybridcodec.kinds import Samples
from hybridcodec.machine.kernels import kernel
from hybridcodec.sources.samples.fax_codes import LONGEST, tables

RLE, T4, T6 = 2, 3, 4
_LEAST_EOL: Final = 11
"""Zero bits at least that an end of line has before its one."""
_MODES: Final = np.zeros(128, np.int32)
"""The next 7 bits -> 16 x mode + bits of its word: -3 to 3 vertical (from 3 on), then `_PASS` and `_ACROSS`."""
_PASS, _ACROSS = 7, 8
for _word, _mode in {
    "1": 3, "011": 4, "000011": 5, "0000011": 6, "010": 2, "000010": 1, "0000010": 0, "0001": _PASS, "001": _ACROSS,
}.items():  # fmt: skip
    _first = int(_word, 2) << (7 - len(_word))
    _MODES[_first : _first + (1 << (7 - len(_word)))] = 16 * _mode + len(_word)


def decoded(data: bytes, rows: int, columns: int, compression: int, *, two_dimensions: bool) -> Samples:
    """Return the bits (rows, columns), uint8, of a strip or tile: 0 is white as a fax means it.

    Args:
        data: of the segment, high bits first.
        rows: of the segment.
        columns: of the segment.
        compression: `RLE`, `T4` or `T6`.
        two_dimensions: whether rows of `T4` may refer to the one above.

    Raises:
        InputError: a row is damaged or missing.
    """
    found = np.zeros((rows, columns), np.uint8)
    white, black = tables()
    done = _decode(np.frombuffer(data, np.uint8), compression, two_dimensions, white, black, _MODES, found)
    if done < rows:
        raise InputError(f"the fax in the TIFF is damaged or truncated in row {done} of {rows} rows of a strip")
    return found


@kernel(allocates=True, nogil=True)
def _decode(
    data: NDArray[np.uint8],
    compression: int,
    two_dimensions: bool,
    white: NDArray[np.int32],
    black: NDArray[np.int32],
    modes: NDArray[np.int32],
    found: NDArray[np.uint8],
) -> int:
    """Fill `found` and return how many rows of it there were."""
    rows, columns = int(found.shape[0]), int(found.shape[1])
    above, changes = np.full(columns + 4, columns, np.int64), np.full(columns + 4, columns, np.int64)
    at = 0
    for row in range(rows):
        flat = compression != T6
        if compression == RLE:
            at = (at + 7) // 8 * 8
        elif compression == T4:
            start, at = at, _behind_end_of_line(data, at)
            if two_dimensions:
                if at == start:
                    return row
                flat = _peek(data, at, 1) == 1
                at += 1
        at = (
            _flat_row(data, at, columns, white, black, changes)
            if flat
            else _row(data, at, columns, white, black, modes, above, changes)
        )
        if at < 0 or at > 8 * len(data):
            return row
        place = 0
        while changes[place] < columns:
            found[row, changes[place] : changes[place + 1]] = 1
            place += 2
        above, changes = changes, above
    return rows


@kernel(nogil=True)
def _peek(data: NDArray[np.uint8], at: int, count: int) -> int:
    """Return up to 13 bits from bit `at` on; behind the end there are zeros."""
    byte, value = at >> 3, 0
    for place in range(byte, byte + 3):
        value = value << 8 | (int(data[place]) if place < len(data) else 0)
    return (value >> (24 - (at & 7) - count)) & ((1 << count) - 1)


@kernel(nogil=True)
def _behind_end_of_line(data: NDArray[np.uint8], at: int) -> int:
    """Return the bit behind an end of line and the zeros before it, `at` where there is none."""
    end, place = 8 * len(data), at
    while place < end and _peek(data, place, 1) == 0:
        place += 1
    return place + 1 if place < end and place - at >= _LEAST_EOL else at


@kernel(nogil=True)
def _run(data: NDArray[np.uint8], at: int, most: int, table: NDArray[np.int32]) -> tuple[int, int]:
    """Return the bit behind a run, and its length: at most `most`, else the bit is -1.

    Some writers leave out the word of 0 behind a word of 64 and more with which a row ends.
    """
    run, part = 0, 64
    while part >= 64:
        word = table[_peek(data, at, LONGEST)]
        if part >= 64 and run == most and most > 0 and (word == 0 or word >> 4 > 0):
            return at, run
        part = word >> 4
        run += part
        if word == 0 or run > most:
            return -1, 0
        at += word & 15
    return at, run


@kernel(nogil=True)
def _turned(changes: NDArray[np.int64], count: int, place: int) -> int:
    """Note that the colour changes at `place`, or back there after a run of nothing; return how many there are."""
    if count and changes[count - 1] == place:
        return count - 1
    changes[count] = place
    return count + 1


@kernel(nogil=True)
def _flat_row(
    data: NDArray[np.uint8],
    at: int,
    columns: int,
    white: NDArray[np.int32],
    black: NDArray[np.int32],
    changes: NDArray[np.int64],
) -> int:
    """Read a row of runs into `changes`; return the bit behind it, -1 where it is damaged.

    A row that an end of line cuts short, as received faxes have them, is white from there on.
    """
    place, count, colour = 0, 0, 0
    while place < columns:
        before = at
        at, run = _run(data, at, columns - place, black if colour else white)
        if at < 0 and _behind_end_of_line(data, before) > before:
            count = _turned(changes, count, place) if colour else count
            at, run = before, columns - place
        if at < 0:
            return -1
        place += run
        count, colour = _turned(changes, count, place), 1 - colour
    changes[count : count + 3] = columns
    return at


@kernel(nogil=True)
def _row(
    data: NDArray[np.uint8],
    at: int,
    columns: int,
    white: NDArray[np.int32],
    black: NDArray[np.int32],
    modes: NDArray[np.int32],
    above: NDArray[np.int64],
    changes: NDArray[np.int64],
) -> int:
    """Read a row that refers to the one above into `changes`; return the bit behind it, -1 where it is damaged."""
    place, count, colour, b = -1, 0, 0, 0
    while place < columns:
        while b > 0 and above[b - 1] > place:
            b -= 1
        while above[b] <= place and above[b] < columns:
            b += 1
        b += (b & 1) != colour
        word = modes[_peek(data, at, 7)]
        mode = word >> 4
        at += word & 15
        if word == 0 or at > 8 * len(data):
            return -1
        if mode == _PASS:
            place = above[b + 1]
        elif mode == _ACROSS:
            start = max(place, 0)
            at, first = _run(data, at, columns - start, black if colour else white)
            if at < 0:
                return -1
            at, second = _run(data, at, columns - start - first, white if colour else black)
            if at < 0:
                return -1
            place = start + first + second
            count = _turned(changes, _turned(changes, count, start + first), place)
        else:
            start, place = place, above[b] + mode - 3
            if place < max(start, 0) or place > columns:
                return -1
            count, colour = _turned(changes, count, place), 1 - colour
    changes[count : count + 3] = columns
    return at
