"""The border to `constriction`, which writes our streams and is the second opinion on what they hold.

The library accepts negative probabilities without a word, panics on some float32 rows, and rounds differently for
float32 and float64. So rows arrive here as integers that sum to `TOTAL`, are checked, and become exact dyadic float64
numbers; every failure of the library, its panic included, leaves as one of our errors.

It is imported by the first encoder, or the first second opinion: decoding does not need it, and not every processor has
it.

Source: R. Bamler, Understanding Entropy Coding With Asymmetric Numeral Systems (2022), and the documentation of
constriction 0.5 (`stream.queue`: range coding after Martin, 1979).
"""

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hybridcodec.entropy.bounds import WHOLE, check_bounds
from hybridcodec.entropy.coder import BAD_ROW, BAD_SYMBOL, EntropyError, check_rows, refuse
from hybridcodec.errors import MismatchError, UnsupportedError
from hybridcodec.machine.kernels import kernel

_DISAGREE: Final = "two decoders disagree on a coded stream"
_FREE: Final = WHOLE - 3
_STEP_BITS: Final = 28
"""_FREE times a probability of so many bits is exact in float64, and less than one off where a bound begins."""
_STEP: Final = 2.0**-_STEP_BITS

I32 = NDArray[np.int32]
F64 = NDArray[np.float64]
U32 = NDArray[np.uint32]


class LibraryEncoder:
    """Writes symbols with `constriction`."""

    def __init__(self) -> None:
        """Start a stream; raises ImportError where the library is not installed."""
        streams, self._family = _library()
        self._encoder = streams.RangeEncoder()

    def write(self, frequencies: I32, symbols: I32) -> None:
        """Append (n,) symbols under (n, A) rows; raises EntropyError where they are none."""
        _guarded(self._encoder.encode, symbols, self._family, _probabilities(frequencies, symbols))

    def write_bounds(self, bounds: I32) -> None:
        """Append symbols by their bounds (n, 2); raises EntropyError where they are none."""
        symbols, rows = _around(bounds)
        _guarded(self._encoder.encode, symbols, self._family, rows)

    def words(self) -> U32:
        """All that was written."""
        words: U32 = _guarded(self._encoder.get_compressed)
        return words


class SecondOpinion:
    """Reads a stream with `constriction` and compares with what another decoder read, as a `Coder` that is given both.

    Rows depend on nothing but symbols before them. So where every symbol agrees, under the rows that the other decoder
    came to, two decoders have read the same from the first word to the last symbol.
    """

    decoding: Final = False

    def __init__(self, data: bytes) -> None:
        """Start reading; raises UnsupportedError where the library is not installed."""
        try:
            streams, self._family = _library()
        except ImportError as error:
            lacks = "the reference backend needs the package constriction, which cannot be imported"
            raise UnsupportedError(f"{lacks}: {error}") from error
        self._decoder = _guarded(streams.RangeDecoder, np.frombuffer(data, "<u4").astype(np.uint32))

    def code(self, frequencies: I32, symbols: I32 | None) -> I32:
        """Compare (n,) symbols with those in the stream; raises MismatchError where they differ."""
        assert symbols is not None
        if len(symbols):
            self._compare(symbols, _probabilities(frequencies, symbols))
        return symbols

    def code_bounds(self, bounds: I32) -> None:
        """Compare symbols by their bounds (n, 2) with those in the stream; raises MismatchError where they differ."""
        if len(bounds):
            self._compare(*_around(bounds))

    def _compare(self, symbols: I32, rows: F64) -> None:
        try:
            found = _guarded(self._decoder.decode, self._family, rows)
        except EntropyError as error:
            raise MismatchError(f"{_DISAGREE}: {error}") from error
        if not np.array_equal(found, symbols):
            where = int(np.flatnonzero(found != symbols)[0])
            raise MismatchError(f"{_DISAGREE}: {symbols[where]} is {found[where]} to constriction")


@cache
def _library() -> tuple[Any, Any]:
    """Return the library's streams and the family of its models; raises ImportError where it is not installed."""
    import constriction

    return constriction.stream.queue, constriction.stream.model.Categorical(perfect=False)


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


def _probabilities(frequencies: I32, symbols: I32) -> F64:
    check_rows(frequencies)
    rows = np.empty(frequencies.shape, np.float64)
    refuse(_to_probabilities(frequencies, symbols, rows), frequencies.shape[1])
    return rows


@kernel()  # keeps the GIL, like its neighbour
def _surround(bounds: I32, symbols: I32, out: F64) -> None:
    """Write rows of three symbols: what is below the bounds, the one that they are of, and what is above.

    The library's bounds of such a row are floor(p * _FREE), and the number of the symbol; so p is the least multiple of
    2 ** -_STEP_BITS from which these bounds come out: all that it computes is exact.
    """
    for i in range(len(bounds)):
        below, above = np.int64(bounds[i, 0]), np.int64(bounds[i, 1])
        symbol = 0 if below == 0 else 2 if above == WHOLE else 1
        first, last = below - symbol, np.int64(_FREE) if symbol == 2 else above - symbol - 1  # what is left to floors
        low, high = (first << _STEP_BITS) + _FREE - 1, (last << _STEP_BITS) + _FREE - 1
        before, after = low // _FREE * _STEP, high // _FREE * _STEP
        symbols[i] = symbol
        if symbol == 0:
            out[i, 0], out[i, 1], out[i, 2] = after, 0.0, 1.0 - after
        elif symbol == 1:
            out[i, 0], out[i, 1], out[i, 2] = before, after - before, 1.0 - after
        else:
            out[i, 0], out[i, 1], out[i, 2] = 0.0, before, 1.0 - before


def _around(bounds: I32) -> tuple[I32, F64]:
    """Return symbols (n,) and rows (n, 3) that the library codes as what these bounds are of."""
    check_bounds(bounds)
    symbols, rows = np.empty(len(bounds), np.int32), np.empty((len(bounds), 3), np.float64)
    _surround(bounds, symbols, rows)
    return symbols, rows
