"""Values that occur in a picture, channel by channel, so that those which never do cost nothing: histogram packing.

A photograph whose contrast was stretched, or a scan of sixteen shades in eight bits, has gaps in its histogram that a
coder of differences cannot see. Where they are worth it, coders are given ranks among the values that occur.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError, UnsupportedError

MOST: Final = 255
"""Largest `top` of a grid whose values are told: beyond, the list of them would cost what it saves."""
WORTH: Final = 0.01
"""Share of samples that would fill the gaps of a channel, from which ranks are worth a trial."""

I32 = NDArray[np.int32]
Counts = NDArray[np.int64]
"""(C, top + 1): how often each value occurs in each channel."""


@dataclass(frozen=True)
class Occurring:
    """Which values of a grid occur.

    Attributes:
        bits: for each channel, bit v (high bits first) of whole bytes tells whether value v occurs; one does at least.
        top: largest value of the grid, up to MOST.
    """

    bits: tuple[bytes, ...]
    top: int

    @staticmethod
    def counted(counts: Counts) -> "Occurring":
        """What occurs in a picture whose channels have these histograms (C, top + 1), none of nothing alone."""
        return Occurring(tuple(np.packbits(of > 0).tobytes() for of in counts), counts.shape[1] - 1)

    @staticmethod
    def unpack(packed: bytes, channels: int, top: int) -> "Occurring":
        """Return what `pack` was made of.

        Raises:
            UnsupportedError: it is no list of the values of so many channels.
            CorruptFileError: it tells of values beyond the grid, of none in a channel, or of all in all.
        """
        size = -(-(top + 1) // 8)
        if top > MOST or len(packed) != channels * size:
            raise UnsupportedError(f"a residual layer with {len(packed)} common bytes needs a later version")
        found = Occurring(tuple(packed[c * size : (c + 1) * size] for c in range(channels)), top)
        told = np.unpackbits(np.frombuffer(packed, np.uint8).reshape(channels, size), axis=1)
        if told[:, top + 1 :].any() or not told.any(axis=1).all() or found.all_do:
            raise CorruptFileError("the list of values that occur has none, all, or some that cannot be")
        return found

    def pack(self) -> bytes:
        """Return the bytes that stand for it in a file."""
        return b"".join(self.bits)

    @property
    def all_do(self) -> bool:
        """Whether no value is missing in any channel."""
        return all(len(values) == self.top + 1 for values in self._values)

    @cached_property
    def highest(self) -> int:
        """Largest rank of any channel."""
        return max(len(values) for values in self._values) - 1

    def ranks(self, values: I32) -> I32:
        """How many lesser values occur than each of values (..., C), one less than all at most."""
        return self._ranks[np.arange(len(self.bits)), values]

    def values(self, ranks: I32) -> I32:
        """The values of ranks (..., C).

        Raises:
            CorruptFileError: a rank that no value of its channel has.
        """
        found = self._by_rank[np.arange(len(self.bits)), ranks]
        if ranks.size and int(found.min()) < 0:
            raise CorruptFileError("a tile has more values than occur in its picture")
        return found

    @cached_property
    def _values(self) -> list[I32]:
        rows = [np.unpackbits(np.frombuffer(bits, np.uint8))[: self.top + 1] for bits in self.bits]
        return [np.flatnonzero(row).astype(np.int32) for row in rows]

    @cached_property
    def _ranks(self) -> I32:
        grid = np.arange(self.top + 1)
        rows = [np.minimum(np.searchsorted(values, grid), len(values) - 1) for values in self._values]
        return np.stack(rows).astype(np.int32)

    @cached_property
    def _by_rank(self) -> I32:
        table = np.full((len(self.bits), self.highest + 1), -1, np.int32)
        for row, values in zip(table, self._values, strict=True):
            row[: len(values)] = values
        return table


def missing(counts: Counts) -> float:
    """Return the largest share, of a channel with one of these histograms, of samples that would fill its gaps.

    A gap is thought to hold as many as the lower of its two ends, however wide it is: those of thin tails count little.
    """
    return max(map(_missing_of, counts))


def _missing_of(counts: NDArray[np.int64]) -> float:
    there = np.flatnonzero(counts)
    ends = np.minimum(counts[there[:-1]], counts[there[1:]])
    filling = int(ends[np.diff(there) > 1].sum())
    return filling / (int(counts.sum()) + filling)
