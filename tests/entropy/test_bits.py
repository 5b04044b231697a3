"""Bits coded one by one in kernels are the stream of the rows coder, and come back."""

import numpy as np
import pytest

from hybridcodec.entropy import BitReader, BitWriter, RangeDecoder, RangeEncoder
from hybridcodec.entropy.bits import FAULT, code_bit, code_number
from hybridcodec.entropy.coder import TOTAL, EntropyError
from hybridcodec.machine.kernels import kernel


@kernel()
def walk(state, words, record, odds, bits):  # type: ignore[no-untyped-def]
    for i in range(len(bits)):
        bits[i] = code_bit(state, words, record, odds[i], bits[i])


@kernel()
def walk_numbers(state, words, record, numbers, widths):  # type: ignore[no-untyped-def]
    for i in range(len(numbers)):
        numbers[i] = code_number(state, words, record, numbers[i], widths[i])


def drawn(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    odds = rng.choice([1, 2, 300, 32768, 65000, 65535, *rng.integers(1, TOTAL, 40)], count).astype(np.int64)
    bits = (rng.random(count) * TOTAL < odds).astype(np.int64)
    flips = rng.random(count) < 0.01
    return odds, np.where(flips, 1 - bits, bits)


def written(odds: np.ndarray, bits: np.ndarray, room: int = 1 << 20) -> bytes:
    writer = BitWriter(room)
    for begin in range(0, len(bits), room):
        part = slice(begin, begin + room)
        walk(writer.state, writer.words, writer.record, odds[part], bits[part].copy())
        writer.flush()
    return writer.finish()


def read(data: bytes, odds: np.ndarray) -> np.ndarray:
    reader, found = BitReader(data), np.zeros(len(odds), np.int64)
    walk(reader.state, reader.words, reader.record, odds, found)
    reader.finish()
    return found


@pytest.mark.parametrize("seed", range(20))
def test_bits_come_back_and_are_those_of_the_rows_coder(seed: int) -> None:
    odds, bits = drawn(seed, 1 + seed * 517)
    data = written(odds, bits, room=1 + seed * 100)
    rows = np.stack([TOTAL - odds, odds], 1).astype(np.int32)
    encoder = RangeEncoder()
    encoder.code(rows, bits.astype(np.int32))
    assert data == encoder.finish()
    assert (read(data, odds) == bits).all()
    decoder = RangeDecoder(data)
    assert (decoder.code(rows) == bits).all()
    decoder.finish()


def test_no_bits_are_no_bytes() -> None:
    assert written(*drawn(0, 0)) == b""
    assert len(read(b"", np.zeros(0, np.int64))) == 0


def test_numbers_come_back() -> None:
    rng = np.random.default_rng(3)
    widths = rng.integers(0, 63, 500)
    numbers = np.array([int(rng.integers(0, 1 << int(w))) for w in widths], np.int64)
    writer = BitWriter()
    walk_numbers(writer.state, writer.words, writer.record, numbers.copy(), widths)
    reader, found = BitReader(writer.finish()), np.zeros(500, np.int64)
    walk_numbers(reader.state, reader.words, reader.record, found, widths)
    reader.finish()
    assert (found == numbers).all()


@pytest.mark.parametrize("change", ["cut", "longer", "flipped", "empty"])
def test_other_bytes_than_were_written_are_refused(change: str) -> None:
    odds, bits = drawn(7, 4000)
    odds[:] = 20000
    data = written(odds, bits)
    other = {"cut": data[:-4], "longer": data + b"\1\0\0\0", "flipped": data[:-1] + bytes([data[-1] ^ 1]), "empty": b""}
    with pytest.raises(EntropyError):
        read(other[change], odds)


def test_random_bytes_end_in_an_error_or_in_bits() -> None:
    rng = np.random.default_rng(11)
    odds, _ = drawn(5, 3000)
    for _ in range(300):
        with pytest.raises(EntropyError):
            read(rng.bytes(4 * int(rng.integers(0, 40))), odds)


def test_a_writer_that_is_full_says_so_and_writes_nothing_outside() -> None:
    writer, (odds, bits) = BitWriter(10), drawn(1, 11)
    walk(writer.state, writer.words, writer.record, odds, bits)
    assert writer.state[FAULT]
    with pytest.raises(EntropyError, match="more than 10 bits"):
        writer.flush()
