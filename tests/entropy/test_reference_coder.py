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
    for words in (1, 2, 3, 40):
        rows, data = frequencies(rng, 60 * words, 34), rng.integers(0, 128, 4 * words, dtype=np.uint8).tobytes()
        decoder, described = RangeDecoder(data), reference_coder.ReferenceDecoder(data)
        for row in rows:
            expected = described.symbol(row.tolist())
            if described.read > words + 1:
                with pytest.raises(EntropyError, match=f"{words} words ends before"):
                    decoder.code(row[None])
                break
            assert decoder.code(row[None]) == expected
        else:
            pytest.fail("no stream came to its end")


@pytest.mark.parametrize("change", ["none", "bit", "word less", "zero more", "word more"])
def test_the_described_decoder_calls_the_same_streams_used_up(change: str) -> None:
    rng = np.random.default_rng(5)
    for count in (*range(12), 300):
        rows = frequencies(rng, count, 34)
        encoder = RangeEncoder()
        encoder.code(rows, rows.argmax(1).astype(np.int32))
        data = bytearray(encoder.finish())
        if change == "bit" and data:
            data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        elif change == "word less":
            del data[-4:]
        elif change != "none":
            data += bytes(4) if change == "zero more" else b"\0\0\0\1"
        described, decoder = reference_coder.ReferenceDecoder(bytes(data)), RangeDecoder(bytes(data))
        for row in rows:
            described.symbol(row.tolist())
        try:
            decoder.code(rows)
            decoder.finish()
        except EntropyError:
            assert not described.used_up()
        else:
            assert described.used_up()
            assert change in ("none", "bit") or not count
