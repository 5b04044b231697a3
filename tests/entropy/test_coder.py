from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hybridcodec.entropy import TOTAL, RangeDecoder, RangeEncoder, least_bits, least_bytes
from hybridcodec.entropy.coder import MAX_ALPHABET, EntropyError
from hybridcodec.entropy.library import LibraryEncoder
from hybridcodec.errors import CorruptFileError

I32 = NDArray[np.int32]


def rows(rng: np.random.Generator, count: int, columns: int) -> I32:
    """Random frequencies, from nearly flat to nearly certain."""
    raw = rng.random((count, columns)) ** rng.integers(1, 40, (count, 1))
    frequencies = 1 + (raw / raw.sum(1, keepdims=True) * (TOTAL - columns)).astype(np.int64)
    frequencies[:, rng.integers(columns)] += TOTAL - frequencies.sum(1)
    return frequencies.astype(np.int32)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(2, 40)), max_size=6), st.integers(0, 2**32 - 1))
def test_symbols_come_back_whatever_the_rows_and_the_calls(calls: list[tuple[int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    encoder, written = RangeEncoder(), []
    for count, columns in calls:
        frequencies = rows(rng, count, columns)
        symbols = rng.integers(0, columns, count).astype(np.int32)
        assert (encoder.code(frequencies, symbols) == symbols).all()
        written.append((frequencies, symbols))
    decoder = RangeDecoder(encoder.finish())
    for frequencies, symbols in written:
        read = decoder.code(frequencies)
        assert read.dtype == np.int32
        assert (read == symbols).all()


def test_the_rarest_and_the_surest_symbol_come_back_and_cost_what_they_should() -> None:
    sure = np.array([[1, TOTAL - 2, 1]], np.int32)
    for symbol, bits in ((0, 16), (1, 0), (2, 16)):
        encoder = RangeEncoder()
        symbols = np.full(1000, symbol, np.int32)
        encoder.code(np.tile(sure, (1000, 1)), symbols)
        data = encoder.finish()
        assert 1000 * bits / 8 <= len(data) <= 1000 * bits / 8 + 12
        assert (RangeDecoder(data).code(np.tile(sure, (1000, 1))) == symbols).all()


def test_the_bytes_of_a_literal_example_never_change() -> None:
    encoder = RangeEncoder()
    encoder.code(np.array([[32768, 32768], [1, 65535], [65535, 1]], np.int32), np.array([1, 0, 1], np.int32))
    encoder.code(np.array([[10000, 20000, 30000, 5536]] * 4, np.int32), np.array([0, 1, 2, 3], np.int32))
    encoder.code(np.full((8, 256), 256, np.int32), np.arange(248, 256, dtype=np.int32))
    assert encoder.finish().hex() == LITERAL


LITERAL = "ff7f00802cbd7686300055f400c5894e"


def test_nothing_written_is_no_bytes_and_no_symbols_are_read_from_them() -> None:
    nothing = np.zeros((0, 5), np.int32)
    encoder = RangeEncoder()
    assert encoder.code(nothing, np.zeros(0, np.int32)).shape == (0,)
    assert encoder.finish() == b""
    read = RangeDecoder(b"").code(nothing)
    assert (read.shape, read.dtype) == ((0,), np.int32)


def test_empty_calls_between_others_leave_no_trace() -> None:
    frequencies, symbols = np.full((3, 4), TOTAL // 4, np.int32), np.array([3, 0, 2], np.int32)
    plain, mixed = RangeEncoder(), RangeEncoder()
    plain.code(frequencies, symbols)
    mixed.code(frequencies[:0], symbols[:0])
    mixed.code(frequencies, symbols)
    mixed.code(frequencies[:0], symbols[:0])
    assert plain.finish() == mixed.finish()


def test_rows_that_lie_apart_in_memory_code_like_rows_side_by_side() -> None:
    wide = rows(np.random.default_rng(4), 9, 6)
    encoder, symbols = RangeEncoder(), np.array([5, 0, 3], np.int32)
    encoder.code(wide[::3], symbols)
    assert (RangeDecoder(encoder.finish()).code(np.ascontiguousarray(wide[::3])) == symbols).all()


FLAT = [TOTAL // 4] * 4
BAD_ROWS: dict[str, Any] = {
    "negative": np.array([FLAT, [-1, TOTAL // 2, TOTAL // 4, TOTAL // 4 + 1]], np.int32),
    "zero": np.array([FLAT, [0, TOTAL // 2, TOTAL // 4, TOTAL // 4]], np.int32),
    "sum too small": np.array([FLAT, [1, 1, 1, 1]], np.int32),
    "sum too large": np.array([FLAT, [TOTAL // 4] * 3 + [TOTAL // 4 + 1]], np.int32),
    "sum that wraps around in 32 bits": np.array([FLAT, [2**31 - 1, 2**31 - 1, TOTAL, 2]], np.int32),
    "int64": np.array([FLAT] * 2, np.int64),
    "uint16": np.array([FLAT] * 2, np.uint16),
    "float64": np.array([FLAT] * 2, np.float64),
    "not a number": np.array([[np.nan] * 4] * 2),
    "one row without rows around it": np.array(FLAT, np.int32),
    "three dimensions": np.array([[FLAT], [FLAT]], np.int32),
    "one column": np.full((2, 1), TOTAL, np.int32),
    "no column": np.zeros((2, 0), np.int32),
    "too many columns": np.full((2, MAX_ALPHABET + 1), 1, np.int32),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_rows_that_are_no_tables_are_refused_in_both_directions(name: str) -> None:
    with pytest.raises(EntropyError):
        RangeEncoder().code(BAD_ROWS[name], np.zeros(2, np.int32))
    with pytest.raises(EntropyError):
        RangeDecoder(bytes(64)).code(BAD_ROWS[name])


BAD_SYMBOLS: dict[str, Any] = {
    "negative": np.array([0, -1], np.int32),
    "beyond the alphabet": np.array([0, 4], np.int32),
    "far beyond": np.array([0, 2**31 - 1], np.int32),
    "too few": np.array([0], np.int32),
    "too many": np.array([0, 0, 0], np.int32),
    "none": None,
    "int64": np.array([0, 0], np.int64),
    "float": np.array([0.0, 1.0]),
    "two dimensions": np.zeros((2, 1), np.int32),
}


@pytest.mark.parametrize("name", BAD_SYMBOLS)
def test_symbols_that_do_not_fit_the_rows_are_refused(name: str) -> None:
    with pytest.raises(EntropyError):
        RangeEncoder().code(np.array([FLAT] * 2, np.int32), BAD_SYMBOLS[name])


def test_a_refused_call_writes_nothing() -> None:
    encoder, good = RangeEncoder(), np.array([FLAT] * 2, np.int32)
    with pytest.raises(EntropyError):
        encoder.code(good, np.array([0, 9], np.int32))
    encoder.code(good, np.array([1, 2], np.int32))
    assert (RangeDecoder(encoder.finish()).code(good) == [1, 2]).all()


@pytest.mark.parametrize("length", [1, 2, 3, 5, 4095])
def test_a_stream_of_parts_of_words_is_refused(length: int) -> None:
    with pytest.raises(EntropyError, match=f"found {length}"):
        RangeDecoder(bytes(length))


def test_an_entropy_error_counts_as_a_corrupt_file() -> None:
    assert issubclass(EntropyError, CorruptFileError)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=64).map(lambda data: data[: len(data) // 4 * 4]), st.integers(2, 40), st.integers(0, 99))
def test_random_bytes_decode_to_symbols_or_to_our_error(data: bytes, columns: int, seed: int) -> None:
    decoder, frequencies = RangeDecoder(data), rows(np.random.default_rng(seed), 50, columns)
    try:
        for _ in range(5):
            symbols = decoder.code(frequencies)
            assert symbols.min() >= 0
            assert symbols.max() < columns
    except EntropyError:
        pass


def test_a_truncated_stream_decodes_to_symbols_or_to_our_error() -> None:
    rng = np.random.default_rng(8)
    encoder, frequencies = RangeEncoder(), rows(rng, 300, 12)
    encoder.code(frequencies, rng.integers(0, 12, 300).astype(np.int32))
    data = encoder.finish()
    for length in range(0, len(data), 4):
        try:
            symbols = RangeDecoder(data[:length]).code(frequencies)
        except EntropyError:
            continue
        assert ((symbols >= 0) & (symbols < 12)).all()


class PanicException(BaseException):
    pass


class Broken:
    """Stands for the coders of the library below; every call fails."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def encode(self, *_: object) -> None:
        raise self._error

    get_compressed = encode


CALLS: list[Callable[[Broken], object]] = [
    lambda broken: with_inside(LibraryEncoder(), "_encoder", broken).write(np.array([FLAT], "i4"), np.zeros(1, "i4")),
    lambda broken: with_inside(LibraryEncoder(), "_encoder", broken).words(),
]


def with_inside(made: Any, name: str, broken: Broken) -> Any:
    setattr(made, name, broken)
    return made


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("error", [PanicException("rounding"), AssertionError("x"), KeyError(1), ValueError("y")])
def test_failures_of_the_library_below_leave_as_our_error(
    call: Callable[[Broken], object], error: BaseException
) -> None:
    with pytest.raises(EntropyError) as caught:
        call(Broken(error))
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, MemoryError])
def test_interrupts_are_not_taken_for_failures(call: Callable[[Broken], object], kind: type[BaseException]) -> None:
    with pytest.raises(kind):
        call(Broken(kind()))


def written(rng: np.random.Generator, count: int, columns: int = 9) -> tuple[I32, I32, bytes]:
    frequencies = rows(rng, count, columns)
    symbols = rng.integers(0, columns, count).astype(np.int32)
    encoder = RangeEncoder()
    encoder.code(frequencies, symbols)
    return frequencies, symbols, encoder.finish()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 80), st.integers(2, 40), st.integers(0, 2**32 - 1), st.booleans())
def test_every_written_stream_is_used_up_exactly(count: int, columns: int, seed: int, likeliest: bool) -> None:
    frequencies, symbols, data = written(np.random.default_rng(seed), count, columns)
    if likeliest:
        symbols, encoder = frequencies.argmax(1).astype(np.int32), RangeEncoder()
        encoder.code(frequencies, symbols)
        data = encoder.finish()
    decoder = RangeDecoder(data)
    assert (decoder.code(frequencies) == symbols).all()
    decoder.finish()


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_a_stream_that_is_used_up_is_the_one_that_an_encoder_writes(count: int, seed: int) -> None:
    """So one more word, or another one, is refused even where every symbol can be read."""
    rng = np.random.default_rng(seed)
    frequencies, _, data = written(rng, count)
    flipped = bytearray(data)
    flipped[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
    for altered in (data + bytes(4), data + rng.bytes(4), data[:-4], bytes(flipped), rng.bytes(len(data))):
        decoder = RangeDecoder(altered)
        try:
            symbols = decoder.code(frequencies)
            decoder.finish()
        except EntropyError:
            continue
        encoder = RangeEncoder()
        encoder.code(frequencies, symbols)
        assert encoder.finish() == altered


def test_a_stream_with_symbols_left_is_not_used_up() -> None:
    frequencies, _, data = written(np.random.default_rng(2), 40)
    decoder = RangeDecoder(data)
    for row in frequencies[:-1]:
        decoder.code(row[None])
        with pytest.raises(EntropyError, match=r"no encoder writes|its symbols take"):
            decoder.finish()
    decoder.code(frequencies[-1:])
    decoder.finish()


def test_no_more_symbols_are_read_than_a_stream_can_hold() -> None:
    sure = np.full((1000, 34), 1, np.int32)
    sure[:, 0] = TOTAL - 33
    decoder, most = RangeDecoder(bytes(8)), int(3 * 32 / least_bits(TOTAL - 33, 34))
    for _ in range(most // 2000):
        decoder.code(sure)
    with pytest.raises(EntropyError, match="2 words ends before"):
        decoder.code(np.tile(sure, (most // 1000 + 1, 1)))


@pytest.mark.parametrize("columns", [2, 5, 34, 512])
@pytest.mark.parametrize("count", [1, 100, 20_000])
def test_the_likeliest_symbols_take_the_least_bytes_that_are_foretold(columns: int, count: int) -> None:
    sure = np.full((count, columns), 1, np.int32)
    sure[:, columns // 2] = TOTAL - columns + 1
    encoder = RangeEncoder()
    encoder.code(sure, np.full(count, columns // 2, np.int32))
    least = least_bytes(count * least_bits(TOTAL - columns + 1, columns))
    assert least <= len(encoder.finish()) <= least + 8
