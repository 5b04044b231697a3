"""Which values occur in a channel of a tile: the others cost nothing, and where few occur they may be counted anew.

Sent before the samples, in the same stream: how samples are counted, least and largest value, which of those between
them occur.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bits import BitReader, BitWriter, code_bit, code_number
from hybridcodec.errors import CorruptFileError
from hybridcodec.machine.kernels import kernel

VALUE_BITS: Final = 16
"""Bits of the least and of the largest value."""
HISTORY: Final = 8
"""Values below each one whose occurrence foretells its own."""
KIND_BITS: Final = 2

_WINDOW: Final = 33
_LEAST: Final = 4.0
_MOST: Final = 65532.0

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]


class Kind(IntEnum):
    """How samples are counted."""

    WHOLE = 0
    """From the least value on; all up to the largest may occur."""
    GAPS = 1
    """From the least value on; some between do not occur."""
    RANKS = 2
    """By their place among the values that occur."""


@dataclass(frozen=True)
class Alphabet:
    """The values of a channel of a tile, and the codes that stand for them.

    Attributes:
        kind: see there.
        values: those that may occur, rising.
    """

    kind: Kind
    values: I32

    @classmethod
    def of(cls, plane: I32, kind: Kind) -> Self:
        """The values of a plane."""
        used = np.unique(plane).astype(np.int32)
        return cls(kind, np.arange(used[0], used[-1] + 1, dtype=np.int32) if kind is Kind.WHOLE else used)

    @cached_property
    def codes(self) -> I32:
        """What stands for each of the values, rising from 0."""
        return np.arange(len(self.values), dtype=np.int32) if self.kind is Kind.RANKS else self.values - self.values[0]

    @property
    def occurring(self) -> I32:
        """(largest code + 2,): how many codes below each one there are."""
        flags = np.zeros(int(self.codes[-1]) + 1, np.int32)
        flags[self.codes] = 1
        return np.concatenate([np.zeros(1, np.int32), np.cumsum(flags, dtype=np.int32)])

    def coded(self, plane: I32) -> I32:
        """Codes of values."""
        return self.codes[np.searchsorted(self.values, plane)]

    def decoded(self, codes: I32) -> I32:
        """Values of codes."""
        return self.values[codes] if self.kind is Kind.RANKS else codes + self.values[0]

    def write(self, writer: BitWriter) -> None:
        """Write it."""
        least, largest = int(self.values[0]), int(self.values[-1])
        _numbers(writer, [int(self.kind), least, largest])
        if self.kind is not Kind.WHOLE:
            flags = np.zeros(largest - least + 1, np.uint8)
            flags[self.values - least] = 1
            code_flags(writer.state, writer.words, writer.record, flags)
        writer.flush()

    @classmethod
    def read(cls, reader: BitReader, top: int) -> Self:
        """Read it; raises CorruptFileError where its values do not lie within 0 to `top`."""
        kind, least, largest = _numbers(reader, [0, 0, 0])
        reader.flush()
        if kind > max(Kind) or not least <= largest <= top:
            raise CorruptFileError(f"it has values from {least} to {largest} of kind {kind}, expected at most {top}")
        flags = np.ones(largest - least + 1, np.uint8)
        if kind != Kind.WHOLE:
            code_flags(reader.state, reader.words, reader.record, flags)
            reader.flush()
        return cls(Kind(kind), (np.flatnonzero(flags) + least).astype(np.int32))


def _numbers(stream: BitWriter | BitReader, numbers: list[int]) -> list[int]:
    widths = (KIND_BITS, VALUE_BITS, VALUE_BITS)
    return [
        int(code_number(stream.state, stream.words, stream.record, number, bits))
        for number, bits in zip(numbers, widths, strict=True)
    ]


@kernel(allocates=True, nogil=True, error_model="numpy")
def code_flags(state: U64, words: U32, record: U32, flags: U8) -> None:
    """Write or read which values occur; the first and the last do."""
    chances, seen = np.full(1 << HISTORY, 0.5), np.full(1 << HISTORY, 1.5)
    context = 1
    flags[0], flags[len(flags) - 1] = 1, 1
    for k in range(1, len(flags) - 1):
        odds = int(min(max(chances[context] * 65536.0, _LEAST), _MOST))
        bit = code_bit(state, words, record, odds, int(flags[k]))
        flags[k] = bit
        chances[context] += (float(bit) - chances[context]) / seen[context]
        seen[context] = min(seen[context] + 1.0, 255.0)
        context = (2 * context + bit) & ((1 << HISTORY) - 1)


def saved_by_telling(plane: I32) -> float:
    """Bits a sample that leaving out what does not occur saves, less what it costs to tell, by estimate."""
    histogram = np.bincount(plane.ravel() - plane.min())
    used, window = histogram > 0, np.ones(_WINDOW)
    if used.all():
        return 0.0
    around = np.convolve(used, window)[_WINDOW // 2 :][: len(used)]
    share = np.clip(around / np.convolve(np.ones(len(used)), window)[_WINDOW // 2 :][: len(used)], 1e-3, 1 - 1e-3)
    gain = -(histogram * np.log2(share)).sum()
    cost = -np.where(used, np.log2(share), np.log2(1 - share)).sum()
    return float(gain - cost) / plane.size
