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

from hybridcodec.entropy.coder import BAD_ROW, BAD_SYMBOL, EntropyError, check_rows, refuse
from hybridcodec.errors import MismatchError, UnsupportedError
from hybridcodec.machine.kernels import kernel

_DISAGREE: Final = "two decoders disagree on a coded stream"

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
            rows = _probabilities(frequencies, symbols)
            try:
                found = _guarded(self._decoder.decode, self._family, rows)
            except EntropyError as error:
                raise MismatchError(f"{_DISAGREE}: {error}") from error
            if not np.array_equal(found, symbols):
                where = int(np.flatnonzero(found != symbols)[0])
                raise MismatchError(f"{_DISAGREE}: {symbols[where]} is {found[where]} to constriction")
        return symbols


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
