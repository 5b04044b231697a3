"""Strict reading, reading of cut files, the header alone, one tile."""

import hashlib

import pytest
from hybridcodec_container import (
    Container,
    CorruptError,
    Header,
    Kind,
    TruncatedError,
    read_container,
    read_cut,
    read_header,
    read_index,
    read_tile,
    scan_container,
)
from hybridcodec_container.chunks import pack_chunk, walk
from hybridcodec_container.layout import DONE, TILE_INDEX


def with_end(body: bytes, chunks: int) -> bytes:
    """Return a file whose end chunk fits what stands before it."""
    return body + pack_chunk(Kind.DONE, DONE.pack(chunks, hashlib.sha256(body).digest()))


def rebuilt(data: bytes, kind: Kind, payload: bytes) -> bytes:
    """Return `data` with another payload in the chunks of a kind, and an end chunk that fits."""
    body, chunks = data[:16], list(walk(data))
    for chunk in chunks[:-1]:
        body += pack_chunk(chunk.kind, payload if chunk.kind == kind else chunk.payload(data), chunk.index)
    return with_end(body, len(chunks) - 1)


def test_every_cut_length_gives_a_prefix_of_the_tiles(data: bytes) -> None:
    whole = read_container(data)
    ends = [chunk.end for chunk in walk(data)]
    first = next(chunk.offset for chunk in walk(data) if chunk.kind == Kind.BASE)
    for length in range(len(data)):
        with pytest.raises(TruncatedError):
            read_container(data[:length])
        if length < first:
            with pytest.raises(TruncatedError):
                read_cut(data[:length])
            continue
        found = read_cut(data[:length])
        arrived = sum(end <= length for end in ends) - ends.index(first) - 1
        tiles, all_tiles = found.base + found.residual, whole.base + whole.residual
        assert not found.complete
        assert tiles == all_tiles[:arrived] + (None,) * (len(all_tiles) - arrived)
        assert (found.header, found.metadata, found.base_common) == (whole.header, whole.metadata, whole.base_common)


def test_arrived_fractions_count_tiles(data: bytes) -> None:
    whole = read_container(data)
    third = next(chunk for chunk in walk(data) if (chunk.kind, chunk.index) == (b"BASE", 2)).end
    cut = read_cut(data[:third])
    assert (cut.base_arrived, cut.residual_arrived) == (0.5, 0.0)
    assert (whole.base_arrived, whole.residual_arrived) == (1.0, 1.0)


def test_header_of_a_cut_file_says_so(data: bytes, header: Header) -> None:
    for length in range(16 + 216, len(data)):
        found, summary = read_header(data[:length])
        assert found == header
        assert not summary.complete
    for length in range(16 + 216):
        with pytest.raises(TruncatedError):
            read_header(data[:length])


def test_header_needs_no_intact_payloads(data: bytes, header: Header) -> None:
    tile = next(chunk for chunk in walk(data) if chunk.kind == Kind.RESIDUAL)
    damaged = data[: tile.payload_offset] + b"\xff" + data[tile.payload_offset + 1 :]
    found, summary = read_header(damaged)
    assert found == header
    assert summary.metadata_kinds == ("iccp", "xmp_", "noTe")


@pytest.mark.parametrize("tail", [b"\0", b"\n", b"\x89HYC"])
def test_nothing_may_follow_the_end(data: bytes, tail: bytes) -> None:
    for read in (read_container, read_cut, read_header):
        with pytest.raises(CorruptError, match=f"{len(tail)} bytes follow the end chunk"):
            read(data + tail)


def test_two_files_in_a_row_are_not_one_file(data: bytes) -> None:
    with pytest.raises(CorruptError, match="follow the end chunk"):
        read_container(data + data)


def test_damaged_tile_is_named_and_the_others_can_be_read(data: bytes) -> None:
    whole = read_container(data)
    tile = next(chunk for chunk in walk(data) if (chunk.kind, chunk.index) == (b"RESI", 1))
    damaged = bytearray(data)
    damaged[tile.payload_offset + 3] ^= 4
    with pytest.raises(CorruptError, match="residual tile 1 at byte"):
        read_container(bytes(damaged))
    with pytest.raises(CorruptError, match="residual tile 1 at byte"):
        read_cut(bytes(damaged))
    with pytest.raises(CorruptError, match="residual tile 1 at byte"):
        read_tile(bytes(damaged), Kind.RESIDUAL, 1)
    assert read_tile(bytes(damaged), Kind.RESIDUAL, 0) == whole.residual[0]
    bad = [report for report in scan_container(bytes(damaged)) if not report.intact]
    assert [(report.kind, report.index) for report in bad] == [("RESI", 1)]


def test_tile_is_read_through_the_index_from_a_cut_file(data: bytes) -> None:
    header, index = read_index(data)
    end = index.locate(Kind.BASE, 3).end
    assert read_tile(data[:end], Kind.BASE, 3) == read_container(data).base[3]
    with pytest.raises(TruncatedError):
        read_tile(data[: end - 1], Kind.BASE, 3)
    assert len(index.residual) == header.residual_tiles.count


def test_index_that_disagrees_with_the_tiles_is_corrupt(data: bytes) -> None:
    tidx = next(chunk for chunk in walk(data) if chunk.kind == Kind.TILE_INDEX)
    payload = tidx.payload(data)
    base, residual = TILE_INDEX.unpack(payload)
    assert read_container(rebuilt(data, Kind.TILE_INDEX, payload)) == read_container(data)
    for layer, lie in (
        (Kind.BASE, TILE_INDEX.pack(base + 1, residual) + payload[16:]),
        (Kind.RESIDUAL, TILE_INDEX.pack(base, residual + 24) + payload[16:]),
        (Kind.RESIDUAL, TILE_INDEX.pack(base, 2**64 - 1) + payload[16:]),
        (Kind.BASE, payload[:16] + b"\1" + payload[17:]),
    ):
        forged = rebuilt(data, Kind.TILE_INDEX, lie)
        with pytest.raises(CorruptError, match="tile index"):
            read_container(forged)
        with pytest.raises(CorruptError):
            read_tile(forged, layer, 1)


def test_end_chunk_that_disagrees_with_the_file_is_corrupt(data: bytes) -> None:
    chunks = list(walk(data))
    body = data[: chunks[-1].offset]
    assert with_end(body, len(chunks) - 1) == data
    with pytest.raises(CorruptError, match=f"counts {len(chunks)} chunks"):
        read_container(with_end(body, len(chunks)))
    with pytest.raises(CorruptError, match="hash of the file"):
        read_container(body + pack_chunk(Kind.DONE, DONE.pack(len(chunks) - 1, bytes(32))))
    with pytest.raises(CorruptError, match="DONE must have 36 bytes"):
        read_container(body + pack_chunk(Kind.DONE, b""))


def test_tile_of_another_file_is_noticed_though_its_own_digest_holds(data: bytes) -> None:
    tile = next(chunk for chunk in walk(data) if chunk.kind == Kind.RESIDUAL)
    other = pack_chunk(Kind.RESIDUAL, b"R" * tile.length, tile.index)
    with pytest.raises(CorruptError, match="hash of the file"):
        read_container(data[: tile.offset] + other + data[tile.end :])


def test_container_is_a_value(data: bytes) -> None:
    found = read_container(data)
    assert isinstance(found, Container)
    assert hash(found) == hash(read_container(data))
