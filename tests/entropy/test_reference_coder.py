"""The coder does what `container/BITSTREAM.md` says: a decoder written from that document reads the same symbols."""

import numpy as np
import pytest
import reference_coder

from hybridcodec.entropy import TOTAL, RangeDecoder, RangeEncoder, code_naturals
from hybridcodec.entropy.coder import EntropyError


def frequencies(rng: np.random.Generator, count: int, columns: int) -> np.ndarray:
    raw = rng.random((count, columns)) ** rng.integers(1, 60, (count, 1))
    rows = 1 + (raw / raw.sum(1, keepdims=True) * (TOTAL - columns)).astype(np.int64)
    rows[:, 0] += TOTAL - rows.sum(1)
    return rows.astype(np.int32)


def test_the_described_decoder_reads_what_was_written() -> None:
    rng = np.random.default_rng(3)
    rows, symbols = frequencies(rng, 2000, 34), rng.integers(0, 34, 2000).astype(np.int32)
    encoder = RangeEncoder()
    encoder.code(rows, symbols)
    values = np.array([0, 5, 2**62 - 2, 77, 0, 123456], np.int64)
    code_naturals(encoder, values, len(values))
    decoder = reference_coder.ReferenceDecoder(encoder.finish())
    assert [decoder.symbol(row.tolist()) for row in rows] == symbols.tolist()
    assert reference_coder.naturals(decoder, len(values)) == values.tolist()


def test_the_described_decoder_reads_the_same_from_bytes_that_no_encoder_wrote() -> None:
    rng = np.random.default_rng(4)
    for words in (0, 1, 2, 3, 40):
        rows, data = frequencies(rng, 200, 34), rng.integers(0, 128, 4 * words, dtype=np.uint8).tobytes()
        decoder = reference_coder.ReferenceDecoder(data)
        assert [decoder.symbol(row.tolist()) for row in rows] == RangeDecoder(data).code(rows).tolist()


def test_the_class_table_is_the_described_one() -> None:
    decoder = reference_coder.ReferenceDecoder(bytes.fromhex("46875f16d8f9736d1f76f6bbffffffff80ffffff"))
    assert reference_coder.naturals(decoder, 8) == [0, 1, 2, 3, 100, 65535, 65536, 2**62 - 2]


def test_both_decoders_refuse_a_point_that_no_symbol_has() -> None:
    data, rows = b"\xff" * 8, np.full((1, 4), TOTAL // 4, np.int32)
    with pytest.raises(EntropyError):
        RangeDecoder(data).code(rows)
    with pytest.raises(ValueError, match="corrupt"):
        reference_coder.ReferenceDecoder(data).symbol(rows[0].tolist())


def test_words_after_the_last_that_is_needed_are_ignored() -> None:
    rows, symbols = np.full((9, 4), TOTAL // 4, np.int32), np.arange(9, dtype=np.int32) % 4
    encoder = RangeEncoder()
    encoder.code(rows, symbols)
    assert (RangeDecoder(encoder.finish() + b"\1\2\3\4" * 9).code(rows) == symbols).all()
