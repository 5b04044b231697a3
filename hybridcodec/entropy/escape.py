"""Escapes: natural numbers of any size, for the values that a frequency table leaves open.

Where `coder` codes symbols of a fixed alphabet, this codes numbers of up to 62 bits in the manner of Exp-Golomb
codes: first the length class of value + 1 as one symbol of a fixed table, then the bits below the leading one, each
equally likely. All numbers of a call share two calls to the coder.

Source: J. Teuhola, A compression method for clustered bit-vectors, Information Processing Letters 7 (1978).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bounds import Notes, note, note_number
from hybridcodec.entropy.coder import TOTAL, Coder, EntropyError
from hybridcodec.entropy.twin import bounds_of, read_number, read_symbol
from hybridcodec.machine.kernels import kernel

CLASSES: Final = 62

I64 = NDArray[np.int64]


def _class_table() -> NDArray[np.int32]:
    """Frequencies of the length classes: halved at every second class, never below 1, the rest given to class 0."""
    table: NDArray[np.int32] = np.maximum(TOTAL >> (np.arange(CLASSES) // 2 + 2), 1).astype(np.int32)
    table[0] += TOTAL - int(table.sum())
    return table


_CLASS_TABLE: Final = _class_table()
_CLASS_TABLES: Final = np.tile(_CLASS_TABLE, (256, 1))
_CLASS_BOUNDS: Final = bounds_of(_CLASS_TABLE)
_COINS: Final = np.full((4096, 2), TOTAL // 2, np.int32)


def code_naturals(coder: Coder, values: I64 | None, count: int) -> I64:
    """Code `count` numbers and return them.

    Args:
        coder: an encoder or a decoder.
        values: (count,) numbers in [0, 2 ** 62 - 1) when encoding; ignored when decoding.
        count: how many there are.

    Raises:
        EntropyError: a value is negative or too large.
    """
    if count == 0:
        return np.zeros(0, np.int64)
    known, lengths = None, None
    if not coder.decoding:
        known, lengths = np.empty(count, np.int64), np.empty(count, np.int32)
        if values is None or values.shape != (count,) or not _classify(values, known, lengths):
            raise EntropyError(f"escapes take {count} numbers in [0, 2 ** 62 - 1)")
    classes = coder.code(_CLASS_TABLES[:count] if count <= len(_CLASS_TABLES) else _tables(count), lengths)
    counts = classes.astype(np.int64)
    below = None if known is None else known - (np.int64(1) << counts)
    return (np.int64(1) << counts) + code_bits(coder, below, counts) - 1


@kernel(nogil=True)
def read_naturals(state: NDArray[np.uint64], words: NDArray[np.uint32], values: I64) -> None:
    """Read (n,) numbers as `code_naturals` does, in a kernel; see `twin`."""
    for i in range(len(values)):
        values[i] = read_symbol(state, words, _CLASS_BOUNDS)
    for i in range(len(values)):
        length = values[i]
        values[i] = (np.int64(1) << length) + read_number(state, words, length) - 1


@kernel(nogil=True)
def note_naturals(notes: Notes, values: I64) -> None:
    """Note (n,) numbers from 0 to 2 ** 62 - 2 as `code_naturals` codes them; see `bounds`."""
    for value in values:
        length = _length(value + 1)
        note(notes, _CLASS_BOUNDS[length], _CLASS_BOUNDS[length + 1])
    for value in values:
        note_number(notes, value + 1, _length(value + 1))


def code_bits(coder: Coder, values: NDArray[np.integer] | None, counts: I64) -> I64:
    """Code the low `counts` (n,) bits of each value, all equally likely, in one call, and return those bits (n,).

    Args:
        coder: an encoder or a decoder.
        values: (n,) numbers in [0, 2 ** counts) when encoding; ignored when decoding.
        counts: bits of each value, 0 to 62.
    """
    total = _total(counts)
    bits = None
    if values is not None:
        bits = np.empty(total, np.int32)
        _split(values, counts, bits)
    coins = _COINS[:total] if total <= len(_COINS) else np.full((total, 2), TOTAL // 2, np.int32)
    result = np.zeros(len(counts), np.int64)
    _join(coder.code(coins, bits), counts, result)
    return result


@kernel()
def _total(counts: I64) -> int:
    total = 0
    for count in counts:
        total += count
    return total


@kernel()
def _split(values: NDArray[np.integer], counts: I64, bits: NDArray[np.int32]) -> None:
    at = 0
    for value, count in zip(values, counts):  # noqa: B905 - numba knows no strict
        for below in range(count - 1, -1, -1):
            bits[at] = (value >> below) & 1
            at += 1


@kernel()
def _join(bits: NDArray[np.int32], counts: I64, values: I64) -> None:
    at = 0
    for i in range(len(counts)):
        for _ in range(counts[i]):
            values[i] = 2 * values[i] + bits[at]
            at += 1


def to_signed(naturals: I64) -> I64:
    """Undo `from_signed`: 0, 1, 2, 3, 4 become 0, -1, 1, -2, 2."""
    return np.where(naturals & 1, -(naturals >> 1) - 1, naturals >> 1)


def from_signed(values: I64) -> I64:
    """Fold signed numbers onto the naturals: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4."""
    return np.where(values < 0, -2 * values - 1, 2 * values)


def _tables(count: int) -> NDArray[np.int32]:
    return np.tile(_CLASS_TABLE, (count, 1))


@kernel()
def _classify(values: I64, raised: I64, lengths: NDArray[np.int32]) -> bool:
    """Write value + 1 and the place of its leading bit; False where a value is out of range."""
    for i in range(len(values)):
        if values[i] < 0 or values[i] >= (1 << 62) - 1:
            return False
        raised[i] = values[i] + 1
        lengths[i] = _length(raised[i])
    return True


@kernel(nogil=True)
def _length(number: int) -> int:
    """The place of the leading bit of a number above 0."""
    length = 0
    while number > 1:
        number >>= 1
        length += 1
    return length
