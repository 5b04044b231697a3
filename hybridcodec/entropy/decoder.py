"""The reading half of the range coder, compiled here and bit-identical to the decoder of `constriction`.

Unlike that one it knows where it stands in its stream. So a stream that is asked for more than it holds is refused at
the first symbol beyond its end, whatever its header claims, and one that holds more or other bytes than an encoder
would have written for what was read is refused when it should be used up: a stream and its symbols are one to one.

Source: as for `library`; the end of a stream is that of `seal` in constriction 0.5 (`src/stream/queue.rs`).
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.coder import (
    BAD_ROW,
    PRECISION,
    TOTAL,
    WORD_BYTES,
    EntropyError,
    check_rows,
    refuse,
)
from hybridcodec.entropy.library import SecondOpinion
from hybridcodec.entropy.twin import BOUND_BITS, CUT_SHORT, IMPOSSIBLE
from hybridcodec.machine.kernels import kernel
from hybridcodec.modes import Backend

_WORD: Final = np.uint64(32)
_ONE_WORD: Final = np.uint64(1 << 32)
_QUANTILE: Final = np.uint64(BOUND_BITS)
_QUANTILES: Final = np.uint64(1 << BOUND_BITS)
_LOWER, _RANGE, _POINT, _NEXT = range(4)
_WHOLE: Final = (1 << 64) - 1
"""The range before the first symbol, and never after it."""

I32 = NDArray[np.int32]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]


class RangeDecoder:
    """Reads symbols back from the bytes of `RangeEncoder.finish`.

    A stream does not tell by itself where it ends: damaged bytes decode to wrong symbols without an error until more is
    asked for than there is, or `finish` finds that they were not used up.
    """

    decoding: Final = True

    def __init__(self, data: bytes, backend: Backend = Backend.COMPILED) -> None:
        """Start reading; raises EntropyError where `data` is no whole number of 32-bit words."""
        if len(data) % WORD_BYTES:
            raise EntropyError(f"a coded stream has a multiple of {WORD_BYTES} bytes, found {len(data)}")
        self.words = np.frombuffer(data, "<u4").astype(np.uint32)
        first = int.from_bytes(data[:4], "little") << 32 | int.from_bytes(data[4:8], "little")
        self.state = np.array([0, _WHOLE, first, 2], np.uint64)  # lower, range, point, number of the next word
        self.second = SecondOpinion(data) if backend is Backend.REFERENCE else None

    def code(self, frequencies: I32, symbols: I32 | None = None) -> I32:  # noqa: ARG002 - one interface, two ways
        """Read one symbol per row; see `Coder.code`."""
        check_rows(frequencies)
        read = np.empty(len(frequencies), np.int32)
        fault = _read(self.state, self.words, frequencies, read)
        refuse(fault, frequencies.shape[1])
        if fault == IMPOSSIBLE:
            raise EntropyError("a coded stream holds bytes that no encoder writes")
        if fault == CUT_SHORT:
            raise EntropyError(f"a coded stream of {len(self.words)} words ends before its last symbol")
        return read if self.second is None else self.second.code(frequencies, read)

    def finish(self) -> None:
        """Make sure that the stream is used up, to its last bit.

        Raises:
            EntropyError: the bytes are not those that an encoder writes for the symbols that were read.
        """
        lower, width, point, following = (int(number) for number in self.state)
        if width == _WHOLE:  # nothing was read
            used, expected = 0, point
        else:
            expected = (lower + (1 << 32) - 1 & _WHOLE) >> 32 << 32  # the first whole word from `lower` on
            used = following - 1 + ((lower + width & _WHOLE) >> 32 == expected >> 32)
        if used != len(self.words):
            raise EntropyError(f"a coded stream has {len(self.words)} words, its symbols take {used}")
        if point != expected:
            raise EntropyError("a coded stream ends in bytes that no encoder writes")


def least_bits(frequency: int, columns: int) -> float:
    """Return the fewest bits that a symbol can take under rows of `columns` whose largest frequency is `frequency`."""
    widest = (frequency * ((1 << BOUND_BITS) - columns) >> PRECISION) + 2
    return BOUND_BITS - math.log2(widest)


def least_bytes(bits: float) -> int:
    """Return the fewest bytes of a stream whose symbols take `bits`.

    Each of n words that symbols push out makes up for 32 bits, the range keeps at most 32 more, and one word follows:
    bits <= 32 n + 32. So whatever claims more symbols than its bytes can hold is refused before any of them is read.
    """
    return WORD_BYTES * int(bits * (1 - 1e-9) / 32)


@kernel()  # keeps the GIL: too short to be worth handing it over
def _read(state: U64, words: U32, frequencies: I32, symbols: I32) -> int:
    """Read one symbol per row into `symbols`; returns BAD_ROW, IMPOSSIBLE or CUT_SHORT where it cannot, else 0."""
    lower, width, point, following = state[_LOWER], state[_RANGE], state[_POINT], np.int64(state[_NEXT])
    columns = frequencies.shape[1]
    free = np.int64((1 << BOUND_BITS) - columns)
    for i in range(frequencies.shape[0]):
        scale = width >> _QUANTILE
        quantile = np.int64((point - lower) // scale)
        total, least = np.int64(0), np.int64(1)
        for j in range(columns):
            frequency = np.int64(frequencies[i, j])
            total += frequency
            least = min(least, frequency)
        if total != TOTAL or least < 1:
            return BAD_ROW
        found, below, low, high = -1, np.int64(0), np.int64(0), np.int64(0)
        while high <= quantile and found + 1 < columns:
            found += 1
            below += frequencies[i, found]
            low, high = high, (below * free >> PRECISION) + found + 1
        if quantile >= high:
            return IMPOSSIBLE
        symbols[i] = found
        lower = lower + scale * np.uint64(low)
        width = scale * np.uint64(high - low)
        if width < _ONE_WORD:
            if following > len(words):  # an encoder writes one word more than symbols push out
                return CUT_SHORT
            word = np.uint64(0) if following == len(words) else np.uint64(words[following])
            lower, width, point = lower << _WORD, width << _WORD, point << _WORD | word
            following += 1
    state[_LOWER], state[_RANGE], state[_POINT], state[_NEXT] = lower, width, point, np.uint64(following)
    return 0
