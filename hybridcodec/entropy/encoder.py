"""The writing half of the range coder: through `constriction` where it can be imported, else by a twin of it.

The twin writes word for word the same (tests hold the two together), so that files can also be made where the library
does not exist, such as on Linux on AArch64. Where `library` is the border to the one, this has the other.

Source: as for `library`; carries go into the words that were written, which gives what the library holds back.
"""

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bounds import WHOLE, check_bounds
from hybridcodec.entropy.coder import BAD_ROW, BAD_SYMBOL, TOTAL, WORD_BYTES, EntropyError, check_rows, refuse
from hybridcodec.entropy.library import LibraryEncoder
from hybridcodec.entropy.twin import BOUND_BITS
from hybridcodec.machine.kernels import kernel

_WORD: Final = np.uint64(32)
_ONE_WORD: Final = np.uint64(1 << 32)
_QUANTILE: Final = np.uint64(BOUND_BITS)
_LOWER, _RANGE, _WRITTEN = range(3)
_WHOLE: Final = (1 << 64) - 1

I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]


class _Writer(Protocol):
    def write(self, frequencies: I32, symbols: I32) -> None: ...

    def write_bounds(self, bounds: I32) -> None: ...

    def words(self) -> U32: ...


class RangeEncoder:
    """Writes symbols; `finish` gives the bytes."""

    decoding: Final = False

    def __init__(self) -> None:
        self._writer: _Writer = _new_writer()

    def code(self, frequencies: I32, symbols: I32 | None) -> I32:
        """Append `symbols`; see `Coder.code`."""
        if symbols is None or symbols.dtype != np.int32 or symbols.shape != frequencies.shape[:1]:
            raise EntropyError("encoding takes one int32 symbol per row")
        if len(symbols):
            self._writer.write(frequencies, symbols)
        return symbols

    def code_bounds(self, bounds: I32) -> None:
        """Append symbols by their bounds (n, 2); see `BoundsCoder.code_bounds`."""
        if len(bounds):
            self._writer.write_bounds(bounds)

    def finish(self) -> bytes:
        """All that was written, as little-endian 32-bit words."""
        data = self._writer.words().astype("<u4").tobytes()
        assert len(data) % WORD_BYTES == 0
        return data


def _new_writer() -> _Writer:
    try:
        return LibraryEncoder()
    except ImportError:
        return TwinEncoder()


class TwinEncoder:
    """Writes symbols without the library."""

    def __init__(self) -> None:
        self._state = np.array([0, _WHOLE, 0], np.uint64)  # lower, range, words written
        self._words = np.zeros(1024, np.uint32)

    def write(self, frequencies: I32, symbols: I32) -> None:
        """Append (n,) symbols under (n, A) rows; raises EntropyError where they are none."""
        check_rows(frequencies)
        refuse(_check(frequencies, symbols), frequencies.shape[1])
        bounds = np.empty((len(symbols), 2), np.int32)
        _find_bounds(frequencies, symbols, bounds)
        self.write_bounds(bounds)

    def write_bounds(self, bounds: I32) -> None:
        """Append symbols by their bounds (n, 2); raises EntropyError where they are none."""
        check_bounds(bounds)
        needed = int(self._state[_WRITTEN]) + len(bounds)  # no symbol pushes out more than one word
        if needed > len(self._words):
            self._words = np.concatenate([self._words, np.zeros(needed, np.uint32)])
        _write(self._state, self._words, bounds)

    def words(self) -> U32:
        """All that was written: the words pushed out, and as many as tell where in the range one is."""
        lower, width, written = (int(number) for number in self._state)
        words = self._words[:written].copy()
        if width == _WHOLE:  # nothing was written
            return words
        point = lower + (1 << 32) - 1
        if point > _WHOLE:
            _carry(words, written)
        last = (point & _WHOLE) >> 32
        more = [last, 0] if (lower + width & _WHOLE) >> 32 == last else [last]
        return np.concatenate([words, np.array(more, np.uint32)])


@kernel()
def _check(frequencies: I32, symbols: I32) -> int:
    """Return BAD_ROW or BAD_SYMBOL where rows or symbols break a rule, else 0."""
    for i in range(frequencies.shape[0]):
        total, least = np.int64(0), np.int64(1)
        for j in range(frequencies.shape[1]):
            total += np.int64(frequencies[i, j])
            least = min(least, np.int64(frequencies[i, j]))
        if total != TOTAL or least < 1:
            return BAD_ROW
    for symbol in symbols:
        if symbol < 0 or symbol >= frequencies.shape[1]:
            return BAD_SYMBOL
    return 0


@kernel()
def _find_bounds(frequencies: I32, symbols: I32, bounds: I32) -> None:
    """Write the bounds (n, 2) of symbols."""
    columns = frequencies.shape[1]
    free = np.int64(WHOLE - columns)
    for i in range(frequencies.shape[0]):
        symbol, below = symbols[i], np.int64(0)
        for j in range(symbol):
            below += frequencies[i, j]
        bounds[i, 0] = (below * free >> 16) + symbol
        bounds[i, 1] = ((below + frequencies[i, symbol]) * free >> 16) + symbol + 1
        if symbol == columns - 1:
            bounds[i, 1] = WHOLE


@kernel()
def _write(state: U64, words: U32, bounds: I32) -> None:
    """Append symbols to the words, which have room for as many more."""
    lower, width, written = state[_LOWER], state[_RANGE], np.int64(state[_WRITTEN])
    for i in range(len(bounds)):
        low, high = np.int64(bounds[i, 0]), np.int64(bounds[i, 1])
        scale = width >> _QUANTILE
        before, lower, width = lower, lower + scale * np.uint64(low), scale * np.uint64(high - low)
        if lower < before:
            _carry(words, int(written))
        if width < _ONE_WORD:
            words[written] = np.uint32(lower >> _WORD)
            written += 1
            lower, width = lower << _WORD, width << _WORD
    state[_LOWER], state[_RANGE], state[_WRITTEN] = lower, width, np.uint64(written)


@kernel()
def _carry(words: U32, written: int) -> None:
    """Add one to the last word that was written; there is always one that takes it."""
    last = written - 1
    while last > 0 and words[last] == 0xFFFFFFFF:
        words[last] = 0
        last -= 1
    words[last] += np.uint32(1)
