"""What the two halves of the range coder share: their interface, rows of frequencies, and the error.

Encoder (`encoder`) and decoder (`decoder`) share one interface, `Coder.code`, so that a layer's traversal is written
once and serves both directions. Unlike the layers above, which think in pixels, this knows symbols, rows and bytes
only.
"""

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError

PRECISION: Final = 16
"""Bits of a frequency table: frequencies of a row sum to 2 ** PRECISION."""
TOTAL: Final = 1 << PRECISION
MAX_ALPHABET: Final = 4096
WORD_BYTES: Final = 4
BAD_ROW: Final = 1
BAD_SYMBOL: Final = 2

I32 = NDArray[np.int32]


class EntropyError(CorruptFileError):
    """The coder refused what it was given: a damaged stream, or tables that are no tables."""


class Coder(Protocol):
    """One direction of a range coder: writes the symbols that it is given, or reads those that were written."""

    @property
    def decoding(self) -> bool:
        """Whether symbols come out of a stream rather than go into one."""

    def code(self, frequencies: I32, symbols: I32 | None) -> I32:
        """Code one symbol per row and return the symbols.

        Args:
            frequencies: (n, A) integers >= 1, every row with the sum `TOTAL`; 2 <= A <= `MAX_ALPHABET`.
            symbols: (n,) values in [0, A) when encoding; ignored when decoding.

        Raises:
            EntropyError: rows or symbols break these rules, or the stream cannot be read.
        """


class BoundsCoder(Protocol):
    """A coder of symbols that are known, each by its bounds in whatever row it is of: see `bounds`."""

    def code_bounds(self, bounds: I32) -> None:
        """Write (n, 2) bounds of symbols, or make sure that these are what a stream holds next.

        Raises:
            EntropyError: they are no bounds.
            MismatchError: the stream holds others.
        """


def check_rows(frequencies: I32) -> None:
    """Raise EntropyError where rows have another type or shape than rows of frequencies."""
    if frequencies.ndim != 2 or not 2 <= frequencies.shape[1] <= MAX_ALPHABET or frequencies.dtype != np.int32:
        raise EntropyError(
            f"frequency rows must be int32 (n, 2..{MAX_ALPHABET}), found {frequencies.dtype} {frequencies.shape}"
        )


def refuse(fault: int, columns: int) -> None:
    """Raise EntropyError for what a kernel found wrong with rows of so many columns, or with their symbols."""
    if fault == BAD_ROW:
        raise EntropyError(f"frequencies must be at least 1 and sum to {TOTAL} in every row")
    if fault == BAD_SYMBOL:
        raise EntropyError(f"symbols must lie in [0, {columns})")
