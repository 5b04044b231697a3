"""Framing: bytes, proofs, names, limits."""

import hashlib
from zlib import crc32

import pytest
from hybridcodec_container import ContainerError, CorruptError, LimitExceededError, TruncatedError, layout
from hybridcodec_container.chunks import (
    Chunk,
    is_ancillary,
    is_kind,
    pack_chunk,
    payload_of,
    prove,
    read_chunk,
    survives_extraction,
)
from hybridcodec_container.identity import digest_of, hash_parts, identity_of, inner_hash
from hybridcodec_container.layout import Kind
from hybridcodec_container.medium import Medium

IDENTITY = bytes(range(16))
RESIDUAL = bytes.fromhex("52455349 03000000 02000000 2ef01e08 6162 d918459bef2e7c36")


def test_chunk_is_these_bytes() -> None:
    assert pack_chunk(Kind.RESIDUAL, b"ab", 3, IDENTITY) == RESIDUAL
    inner = hashlib.sha256(RESIDUAL[:18]).digest()
    assert RESIDUAL[18:] == hashlib.sha256(IDENTITY + inner).digest()[:8]
    medium = Medium(b"??" + RESIDUAL)
    chunk = read_chunk(medium, 2)
    assert chunk == Chunk(b"RESI", 3, 2, 2)
    assert (chunk.name, chunk.end, chunk.size) == ("residual tile 3", 2 + len(RESIDUAL), len(RESIDUAL))
    assert payload_of(prove(medium, chunk, IDENTITY)) == b"ab"


def test_identity_and_parts_hash_are_these_bytes() -> None:
    assert identity_of(b"head") == hashlib.sha256(b"head").digest()[:16]
    assert hash_parts([b"one", b"two"]) == hashlib.sha256(b"onetwo").digest()[:8]
    assert digest_of(inner_hash(b"body"), IDENTITY) == digest_of(hashlib.sha256(b"body").digest(), IDENTITY)


def test_chunk_of_another_picture_is_noticed() -> None:
    medium = Medium(RESIDUAL)
    for identity in (bytes(16), IDENTITY[::-1]):
        with pytest.raises(CorruptError, match="not of this picture"):
            prove(medium, read_chunk(medium, 0), identity)


def test_chunk_that_is_not_the_one_that_a_table_foretold_is_noticed() -> None:
    with pytest.raises(CorruptError, match="residual tile 2 should be at byte 0"):
        prove(Medium(RESIDUAL), Chunk(b"RESI", 2, 0, 2), IDENTITY)


@pytest.mark.parametrize("place", range(len(RESIDUAL)))
def test_every_damaged_byte_of_a_chunk_is_noticed_and_the_tile_named(place: int) -> None:
    damaged = bytearray(RESIDUAL)
    damaged[place] ^= 0x10
    medium = Medium(bytes(damaged))
    with pytest.raises(CorruptError, match="byte 0 is damaged" if place < 16 else "residual tile 3") as caught:
        prove(medium, read_chunk(medium, 0), IDENTITY)
    assert not isinstance(caught.value, TruncatedError)


@pytest.mark.parametrize("length", range(len(RESIDUAL)))
def test_cut_chunk_is_truncated(length: int) -> None:
    with pytest.raises(TruncatedError):
        read_chunk(Medium(RESIDUAL[:length]), 0)


def test_letter_case_of_a_kind_says_what_a_reader_may_do() -> None:
    assert [is_ancillary(kind) for kind in (b"ABCD", b"aBCD", b"AbCD")] == [False, True, False]
    assert [survives_extraction(kind) for kind in (b"aBCD", b"abCD")] == [False, True]
    assert [is_kind(kind) for kind in (b"XMP_", b"ab12", b"a1bc", b"1abc", b"ab d", b"ab\xe4d")] == [True] * 2 + [
        False
    ] * 4


def test_what_depends_on_the_residual_says_so_in_its_name() -> None:
    dropped = [kind for kind in Kind if is_ancillary(kind) and not survives_extraction(kind)]
    assert dropped == [Kind.RECIPE, Kind.LITERALS]


def test_kind_that_is_no_name_is_corrupt() -> None:
    with pytest.raises(CorruptError, match="no name"):
        read_chunk(Medium(pack_chunk(b"A\0CD", b"")), 0)


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        (b"ALBM", 4 + 32 * layout.MAX_PICTURES),
        (b"HEAD", 94),
        (b"PLTE", 6 + layout.MAX_PALETTE_BYTES),
        (b"TONE", 2 + 4 * 255),
        (b"BLYR", layout.MAX_LAYER_BYTES),
        (b"dlyr", layout.MAX_LAYER_BYTES),
        (b"RLYR", layout.MAX_LAYER_BYTES),
        (b"BASE", layout.MAX_CHUNK_BYTES),
        (b"dtil", layout.MAX_CHUNK_BYTES),
        (b"sRCP", layout.MAX_ANCILLARY_BYTES),
        (b"sLIT", layout.MAX_LITERALS_BYTES + 5),
        (b"abcd", layout.MAX_ANCILLARY_BYTES),
        (b"DONE", 32),
    ],
)
def test_length_over_its_limit_is_refused_before_anything_is_read(kind: bytes, limit: int) -> None:
    checked = layout.CHUNK_HEADER.pack(kind, 0, limit + 1, 0)[:12]
    with pytest.raises(LimitExceededError, match=str(limit)):
        read_chunk(Medium(checked + crc32(checked).to_bytes(4, "little")), 0)
    fits = layout.CHUNK_HEADER.pack(kind, 0, limit, 0)[:12]
    with pytest.raises(TruncatedError):
        read_chunk(Medium(fits + crc32(fits).to_bytes(4, "little")), 0)


def test_foreign_lengths_never_reach_the_writer() -> None:
    with pytest.raises(ContainerError):
        pack_chunk(Kind.BASE_LAYER, bytes(layout.MAX_LAYER_BYTES + 1))
