"""Binary decisions, coded one by one inside compiled kernels: for coders that adapt after every symbol.

Where `coder` takes rows of many symbols at once, a kernel here asks for one bit at a time, under odds that depend on
all bits before it. One traversal serves both directions: `code_bit` writes the bit that it is given, or reads it.

What is written is recorded and handed to the range coder row by row, so that the stream is that of `coder` for rows of
two columns. What is read is read by `twin`.

A kernel gets `state`, `words` and `record` of a writer or reader, and looks at `state[FAULT]` at least once a row of
the picture: from the first fault on, every bit is 0, so loops that a bit should end need a bound of their own.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.coder import TOTAL, EntropyError
from hybridcodec.entropy.decoder import RangeDecoder
from hybridcodec.entropy.encoder import RangeEncoder
from hybridcodec.entropy.twin import EVEN as EVEN  # kernels know them from here
from hybridcodec.entropy.twin import FAULT as FAULT
from hybridcodec.entropy.twin import IMPOSSIBLE, read_bit
from hybridcodec.machine.kernels import kernel
from hybridcodec.machine.lanes import apart
from hybridcodec.modes import Backend

ROOM: Final = 1 << 20
"""Bits that a writer records before they must be flushed, unless it is told otherwise."""

_RECORDED: Final = 5
_READ, _READ_AND_NOTE = 1, 2
_FULL: Final = 5
_ONE: Final = np.uint64(1)

U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]


class Stream(NamedTuple):
    """What `code_bit` works on, of a `BitWriter` or `BitReader`.

    One for all coders: numba finds what was compiled for a named tuple by the names of the tuple and its fields. Where
    two have the same, it looks closer at every call, which takes a millisecond.
    """

    state: U64
    words: U32
    record: U32


@kernel(inline="always")
def code_bit(state: U64, words: U32, record: U32, odds: int, bit: int) -> int:
    """Write `bit`, or read one, and return it; `odds` of 65536 say how likely a 1 is, from 1 to 65535."""
    if state[6] == 0:
        at = state[5]
        if at >= np.uint64(len(record)):
            state[4] = np.uint64(5)
            return 0
        record[at] = np.uint32(odds) << np.uint32(1) | np.uint32(bit)
        state[5] = at + _ONE
        return bit
    found = read_bit(state, words, odds)
    if state[6] == 2:
        _note(state, record, odds, found)
    return found


@kernel()
def _note(state: U64, record: U32, odds: int, bit: int) -> None:
    """Record a bit that was read, for a second opinion."""
    at = state[5]
    if at < np.uint64(len(record)):
        record[at] = np.uint32(odds) << np.uint32(1) | np.uint32(bit)
        state[5] = at + _ONE
    elif state[4] == 0:
        state[4] = np.uint64(5)


@kernel()
def code_number(state: U64, words: U32, record: U32, number: int, bits: int) -> int:
    """Write or read a number of `bits` bits, 0 to 62, all equally likely; from the high bit on."""
    found = 0
    for place in range(bits - 1, -1, -1):
        found = 2 * found + code_bit(state, words, record, EVEN, (number >> place) & 1)
    return found


class BitWriter:
    """Takes the bits that a kernel writes; `flush` after every call of it, `finish` gives the bytes.

    Attributes:
        state, words, record: what kernels work on.
    """

    def __init__(self, room: int = ROOM) -> None:
        """Start a stream; a kernel may write `room` bits between two calls of `flush`."""
        self._encoder = RangeEncoder()
        self.state: U64 = apart(np.zeros(7, np.uint64))
        self.words: U32 = np.zeros(0, np.uint32)
        self.record: U32 = np.zeros(room, np.uint32)

    def flush(self) -> None:
        """Hand on what was recorded; raises EntropyError where a kernel wrote more than there is room for."""
        if self.state[FAULT]:
            raise EntropyError(f"a kernel wrote more than {len(self.record)} bits at once")
        recorded = self.record[: int(self.state[_RECORDED])]
        self._encoder.code(*_rows(recorded))
        self.state[_RECORDED] = 0

    def finish(self) -> bytes:
        """All that was written, as little-endian 32-bit words."""
        self.flush()
        return self._encoder.finish()


class BitReader:
    """Gives a kernel the bits of a stream; `flush` after every call of it, and `finish` at the end.

    Attributes:
        state, words, record: what kernels work on.
    """

    def __init__(self, data: bytes, backend: Backend = Backend.COMPILED, room: int = ROOM) -> None:
        """Start reading.

        Args:
            data: of `BitWriter.finish`.
            backend: whether a second decoder reads the same.
            room: bits that a kernel may read between two calls of `flush`; only a second decoder needs them.

        Raises:
            EntropyError: `data` is no whole number of 32-bit words.
        """
        self._decoder = RangeDecoder(data, backend)
        self.second = self._decoder.second
        self.words: U32 = self._decoder.words
        mode = _READ if self.second is None else _READ_AND_NOTE
        self.state: U64 = apart(np.concatenate([self._decoder.state, np.array([0, 0, mode], np.uint64)]))
        self.record: U32 = np.zeros(0 if self.second is None else room, np.uint32)

    def flush(self) -> None:
        """Make sure that all bits so far were there; raises EntropyError, and MismatchError where decoders disagree."""
        assert self.state[FAULT] != _FULL, f"a kernel read more than {len(self.record)} bits at once"
        if self.state[FAULT] == IMPOSSIBLE:
            raise EntropyError("a coded stream holds bytes that no encoder writes")
        if self.state[FAULT]:
            raise EntropyError(f"a coded stream of {len(self.words)} words ends before its last symbol")
        if self.second is not None:
            self.second.code(*_rows(self.record[: int(self.state[_RECORDED])]))
            self.state[_RECORDED] = 0

    def finish(self) -> None:
        """Make sure that the stream is used up, to its last bit; raises EntropyError."""
        self.flush()
        self._decoder.state[:] = self.state[:4]
        self._decoder.finish()


def _rows(recorded: U32) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the frequency rows (n, 2) and the symbols (n,) of recorded bits."""
    rows = np.empty((len(recorded), 2), np.int32)
    rows[:, 1] = recorded >> 1
    rows[:, 0] = TOTAL - rows[:, 1]
    return rows, (recorded & 1).astype(np.int32)
