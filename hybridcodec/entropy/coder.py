"""The border to `constriction`: a range encoder for symbols under rows of integer frequencies.

Encoder and decoder (`decoder`) share one interface, `Coder.code`, so that a layer's traversal is written once and
serves both directions. Unlike the layers above, which think in pixels, this knows symbols, rows and bytes only.

The library below accepts negative probabilities without a word, panics on some float32 rows, and rounds differently
for float32 and float64. So rows arrive here as integers that sum to `TOTAL`, are checked, and become exact dyadic
float64 numbers; every failure of the library, its panic included, leaves as one of our errors.

It is imported by the first encoder: decoding does not need it, and not every processor has it.

Source: R. Bamler, Understanding Entropy Coding With Asymmetric Numeral Systems (2022), and the documentation of
constriction 0.5 (`stream.queue`: range coding after Martin, 1979).
"""

from functools import cache
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hybridcodec.errors import CorruptFileError, UnsupportedError
from hybridcodec.machine.kernels import kernel

PRECISION: Final = 16
"""Bits of a frequency table: frequencies of a row sum to 2 ** PRECISION."""
TOTAL: Final = 1 << PRECISION
MAX_ALPHABET: Final = 4096
WORD_BYTES: Final = 4
BAD_ROW: Final = 1
BAD_SYMBOL: Final = 2

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]


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


@kernel()  # keeps the GIL: too short to be worth handing it over
def _to_probabilities(frequencies: I32, symbols: I32, out: F64) -> int:
    """Write the dyadic probabilities of all rows; returns BAD_ROW or BAD_SYMBOL where a rule is broken, else 0."""
    for i in range(frequencies.shape[0]):
        total, least = np.int64(0), np.int64(1)
        for j in range(frequencies.shape[1]):
            f = np.int64(frequencies[i, j])
            total += f
            least = min(least, f)
            out[i, j] = f * (1.0 / 65536.0)
        if total != 65536 or least < 1:
            return BAD_ROW
    for symbol in symbols:
        if symbol < 0 or symbol >= frequencies.shape[1]:
            return BAD_SYMBOL
    return 0


def check_rows(frequencies: I32) -> None:
    """Raise EntropyError where rows have another type or shape than rows of frequencies."""
    if frequencies.ndim != 2 or not 2 <= frequencies.shape[1] <= MAX_ALPHABET or frequencies.dtype != np.int32:
        raise EntropyError(
            f"frequency rows must be int32 (n, 2..{MAX_ALPHABET}), found {frequencies.dtype} {frequencies.shape}"
        )


def _probabilities(frequencies: I32, symbols: I32) -> F64:
    check_rows(frequencies)
    rows = np.empty(frequencies.shape, np.float64)
    fault = _to_probabilities(frequencies, symbols, rows)
    if fault == BAD_ROW:
        raise EntropyError(f"frequencies must be at least 1 and sum to {TOTAL} in every row")
    if fault == BAD_SYMBOL:
        raise EntropyError(f"symbols must lie in [0, {frequencies.shape[1]})")
    return rows


def _guarded(call: Any, *args: Any) -> Any:
    """Run one call of the library; its panic derives from BaseException, so that is what must be caught."""
    try:
        return call(*args)
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise EntropyError(f"the range coder failed: {error}") from error
        raise


@cache
def _library() -> tuple[Any, Any]:
    """Return the library's streams and the family of its models; raises UnsupportedError where it is not installed."""
    try:
        import constriction
    except ImportError as error:
        raise UnsupportedError(f"encoding needs the package constriction, which cannot be imported: {error}") from error
    return constriction.stream.queue, constriction.stream.model.Categorical(perfect=False)


class RangeEncoder:
    """Writes symbols; `finish` gives the bytes."""

    decoding: Final = False

    def __init__(self) -> None:
        streams, self._family = _library()
        self._encoder = streams.RangeEncoder()

    def code(self, frequencies: I32, symbols: I32 | None) -> I32:
        """Append `symbols`; see `Coder.code`."""
        if symbols is None or symbols.dtype != np.int32 or symbols.shape != frequencies.shape[:1]:
            raise EntropyError("encoding takes one int32 symbol per row")
        if len(symbols) == 0:
            return symbols
        _guarded(self._encoder.encode, symbols, self._family, _probabilities(frequencies, symbols))
        return symbols

    def finish(self) -> bytes:
        """All that was written, as little-endian 32-bit words."""
        words: NDArray[np.uint32] = _guarded(self._encoder.get_compressed)
        return words.astype("<u4").tobytes()
