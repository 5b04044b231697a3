"""Framing: bytes, proofs, names, limits."""

from zlib import crc32

import pytest
from hybridcodec_container import ContainerError, CorruptError, LimitExceededError, TruncatedError, layout
from hybridcodec_container.chunks import (
    Chunk,
    is_ancillary,
    is_kind,
    pack_chunk,
    prove,
    read_chunk,
    survives_extraction,
)
from hybridcodec_container.layout import Kind

RESIDUAL = bytes.fromhex("52455349 03000000 02000000 2ef01e08 6162 29e73169a218a3ed")


def test_chunk_is_these_bytes() -> None:
    assert pack_chunk(Kind.RESIDUAL, b"ab", 3) == RESIDUAL
    chunk = read_chunk(b"??" + RESIDUAL, 2)
    assert chunk == Chunk(b"RESI", 3, 2, 2)
    assert (chunk.name, chunk.payload(b"??" + RESIDUAL), chunk.end) == ("residual tile 3", b"ab", 2 + len(RESIDUAL))
    prove(b"??" + RESIDUAL, chunk)


@pytest.mark.parametrize("place", range(len(RESIDUAL)))
def test_every_damaged_byte_of_a_chunk_is_noticed_and_the_tile_named(place: int) -> None:
    damaged = bytearray(RESIDUAL)
    damaged[place] ^= 0x10
    with pytest.raises(CorruptError, match="byte 0 is damaged" if place < 16 else "residual tile 3") as caught:
        prove(bytes(damaged), read_chunk(bytes(damaged), 0))
    assert not isinstance(caught.value, TruncatedError)


@pytest.mark.parametrize("length", range(len(RESIDUAL)))
def test_cut_chunk_is_truncated(length: int) -> None:
    with pytest.raises(TruncatedError):
        read_chunk(RESIDUAL[:length], 0)


def test_letter_case_of_a_kind_says_what_a_reader_may_do() -> None:
    assert [is_ancillary(kind) for kind in (b"ABCD", b"aBCD", b"AbCD")] == [False, True, False]
    assert [survives_extraction(kind) for kind in (b"aBCD", b"abCD")] == [False, True]
    assert [is_kind(kind) for kind in (b"XMP_", b"ab12", b"a1bc", b"1abc", b"ab d", b"ab\xe4d")] == [True] * 2 + [
        False
    ] * 4


def test_kind_that_is_no_name_is_corrupt() -> None:
    with pytest.raises(CorruptError, match="no name"):
        read_chunk(pack_chunk(b"A\0CD", b""), 0)


@pytest.mark.parametrize(
    ("kind", "limit"),
    [(b"BCOM", layout.MAX_BASE_COMMON_BYTES), (b"abcd", layout.MAX_ANCILLARY_BYTES), (b"BASE", layout.MAX_CHUNK_BYTES)],
)
def test_length_over_its_limit_is_refused_before_anything_is_read(kind: bytes, limit: int) -> None:
    checked = layout.CHUNK_HEADER.pack(kind, 0, limit + 1, 0)[:12]
    header = pack_chunk(kind, b"")[:8] + checked[8:]
    forged = header + crc32(header).to_bytes(4, "little")
    with pytest.raises(LimitExceededError, match=str(limit)):
        read_chunk(forged, 0)


def test_foreign_lengths_never_reach_the_writer() -> None:
    with pytest.raises(ContainerError):
        pack_chunk(Kind.BASE_COMMON, bytes(layout.MAX_BASE_COMMON_BYTES + 1))
