"""Whatever happens to a file, only this package's errors come out, and never a wrong answer."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hybridcodec_container import (
    ContainerError,
    ContainerMode,
    Header,
    Kind,
    TruncatedError,
    drop_residual,
    read_container,
    read_cut,
    read_header,
    read_index,
    read_tile,
    scan_container,
)
from hybridcodec_container.chunks import pack_chunk
from hybridcodec_container.header import pack_header
from hybridcodec_container.index import pack_index
from hybridcodec_container.layout import DONE
from hybridcodec_container.prologue import pack_prologue
from hypothesis import given, settings
from hypothesis import strategies as st

READERS: tuple[Callable[[bytes], Any], ...] = (
    read_container,
    read_cut,
    read_header,
    read_index,
    drop_residual,
    lambda data: read_tile(data, Kind.BASE, 0),
    lambda data: read_tile(data, Kind.RESIDUAL, 1),
)


def try_all(data: bytes) -> None:
    """Let every reader read: an answer or one of our errors."""
    for read in READERS:
        with suppress(ContainerError):
            read(data)
    scan_container(data)


@pytest.mark.parametrize("bit", range(8))
def test_every_flipped_bit_is_noticed_and_never_taken_for_a_cut(data: bytes, bit: int) -> None:
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 1 << bit
        for read in (read_container, read_cut, drop_residual):
            with pytest.raises(ContainerError) as caught:
                read(bytes(damaged))
            assert not isinstance(caught.value, TruncatedError)


@pytest.mark.parametrize("value", [0x00, 0x0A, 0x20, 0xFF])
def test_every_replaced_byte_gives_only_our_errors(data: bytes, value: int) -> None:
    for place in range(len(data)):
        try_all(data[:place] + bytes([value]) + data[place + 1 :])


def test_every_lost_or_doubled_byte_is_noticed(data: bytes) -> None:
    for place in range(len(data)):
        for damaged in (data[:place] + data[place + 1 :], data[:place] + data[place : place + 1] + data[place:]):
            with pytest.raises(ContainerError):
                read_container(damaged)


def test_every_cut_length_gives_only_our_errors(data: bytes) -> None:
    for length in range(len(data)):
        try_all(data[:length])


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.binary(max_size=400), st.booleans())
def test_random_bytes_give_only_our_errors(junk: bytes, signed: bool) -> None:
    try_all(pack_prologue() + junk if signed else junk)


HEADER = Header(
    width=100,
    height=1,
    channels=1,
    mode=ContainerMode.LOSSLESS,
    base_tile_width=64,
    base_tile_height=64,
    residual_tile_width=64,
    residual_tile_height=64,
    base_model=b"m" * 32,
    residual_model=b"r" * 32,
    base_hash=b"b" * 32,
    sample_hash=b"s" * 32,
    source_hash=b"s" * 32,
)
HEAD = pack_header(HEADER)
INDEX_END = 16 + (24 + len(HEAD)) + (24 + 7) + 24 + (24 + 32)
SEQUENCE = [
    (Kind.HEAD.value, HEAD, 0),
    (Kind.XMP.value, b"\0\2\0\0\0ab", 0),
    (Kind.BASE_COMMON.value, b"", 0),
    (Kind.TILE_INDEX.value, pack_index(INDEX_END, [1, 2], [3, 4]), 0),
    (Kind.BASE.value, b"a", 0),
    (Kind.BASE.value, b"bb", 1),
    (Kind.RESIDUAL.value, b"ccc", 0),
    (Kind.RESIDUAL.value, b"dddd", 1),
]


def framed(chunks: list[tuple[bytes, bytes, int]]) -> bytes:
    """Return chunks with checksums that hold, and an end chunk that fits."""
    body = pack_prologue() + b"".join(pack_chunk(*chunk) for chunk in chunks)
    return body + pack_chunk(Kind.DONE, DONE.pack(len(chunks), hashlib.sha256(body).digest()))


def test_sequence_that_the_fuzzer_starts_from_is_a_file() -> None:
    assert read_container(framed(SEQUENCE)).metadata.xmp == b"ab"


@st.composite
def edits(draw: st.DrawFn) -> bytes:
    """Return a file with true checksums whose chunks were changed, moved, doubled or dropped."""
    chunks = list(SEQUENCE)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(chunks) - 1)) if chunks else 0
        kind, payload, index = chunks[place] if chunks else SEQUENCE[0]
        what = draw(st.integers(0, 5))
        if what == 0:
            at, new = draw(st.integers(0, len(payload))), draw(st.binary(max_size=9))
            chunks[place : place + 1] = [(kind, payload[:at] + new + payload[at + len(new) :], index)]
        elif what == 1:
            chunks[place : place + 1] = [(kind, draw(st.binary(max_size=40)), index)]
        elif what == 2:
            chunks[place : place + 1] = []
        elif what == 3:
            chunks.insert(draw(st.integers(0, len(chunks))), (kind, payload, index))
        elif what == 4:
            chunks[place : place + 1] = [(draw(st.sampled_from([*Kind, b"noTe", b"Note"])), payload, index)]
        else:
            chunks[place : place + 1] = [(kind, payload, draw(st.integers(0, 2**32 - 1)))]
    return framed(chunks)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(edits())
def test_forged_files_with_true_checksums_give_only_our_errors(data: bytes) -> None:
    try_all(data)
