"""Strict reading, reading of cut files, headers alone."""

from dataclasses import replace

import pytest
from container_files import END_BYTES, chunks_of, with_end
from hybridcodec_container import (
    CorruptError,
    File,
    Kind,
    Layers,
    Picture,
    TruncatedError,
    read_container,
    read_cut,
    read_header,
)
from hybridcodec_container.chunks import pack_body, pack_chunk, seal_body
from hybridcodec_container.index import AlbumEntry, pack_index, unpack_index
from hybridcodec_container.layout import DONE
from hybridcodec_container.prologue import pack_prologue


def test_every_cut_length_gives_a_prefix_of_the_tiles(data: bytes, picture: Picture) -> None:
    chunks = chunks_of(data)
    first = next(chunk.end for chunk in chunks if chunk.kind == Kind.BASE_LAYER)
    for length in range(len(data)):
        with pytest.raises(TruncatedError):
            read_container(data[:length])
        if length < first:
            with pytest.raises(TruncatedError):
                read_cut(data[:length])
            continue
        found = read_cut(data[:length])
        assert not found.complete
        assert found.pictures[0].header == picture.header
        assert found.pictures[0].metadata == picture.metadata
        for which, kind in ((Layers.BASE, Kind.BASE), (Layers.RESIDUAL, Kind.RESIDUAL)):
            whole, layer = picture.layer(which), found.pictures[0].layer(which)
            arrived = sum(chunk.kind == kind and chunk.end <= length for chunk in chunks)
            if layer is None:
                assert not arrived
                continue
            assert layer.tiles[:arrived] == whole.tiles[:arrived]
            assert [tile.payload for tile in layer.tiles[arrived:]] == [None] * (len(whole.tiles) - arrived)
            assert [tile.coder for tile in layer.tiles] == [tile.coder for tile in whole.tiles]


def test_every_cut_length_of_an_album_gives_the_previews_that_arrived(album: bytes, pictures: list[Picture]) -> None:
    chunks = chunks_of(album)
    first = next(chunk.end for chunk in chunks if chunk.kind == Kind.BASE_LAYER)
    heads = [chunk.end for chunk in chunks if chunk.kind == Kind.HEAD]
    fronts = [*(chunk.offset for chunk in chunks if chunk.kind == Kind.HEAD)][1:]
    fronts.append(next(chunk.offset for chunk in chunks if chunk.kind == Kind.RESIDUAL_LAYER))
    for length in range(len(album)):
        with pytest.raises(TruncatedError):
            read_container(album[:length])
        if length < first:
            with pytest.raises(TruncatedError):
                read_cut(album[:length])
            continue
        found = read_cut(album[:length])
        assert (found.complete, found.expected) == (False, len(pictures))
        assert len(found.pictures) == sum(end <= length for end in heads)
        whole = sum(end <= length for end in fronts)
        for had, picture in zip(found.pictures[:whole], pictures, strict=False):
            assert replace(had, residual=None) == replace(picture, residual=None)


def test_absent_tile_differs_from_one_that_has_not_arrived(album: bytes) -> None:
    last = [chunk for chunk in chunks_of(album) if chunk.kind == Kind.RESIDUAL][-1]
    cut = read_cut(album[: last.offset]).pictures[4].residual
    assert [(tile.coder, tile.payload) for tile in cut.tiles] == [(0, None), (3, None)]
    assert (cut.arrived, read_container(album).pictures[4].residual.arrived) == (0.0, 1.0)


def test_overview_of_a_cut_file_says_so(album: bytes, pictures: list[Picture]) -> None:
    heads = [chunk.end for chunk in chunks_of(album) if chunk.kind == Kind.HEAD]
    for length in range(heads[0], len(album), 7):
        found = read_header(album[:length])
        assert not found.complete
        assert [p.header for p in found.pictures] == [p.header for p in pictures[: sum(end <= length for end in heads)]]
    for length in range(heads[0]):
        with pytest.raises(TruncatedError):
            read_header(album[:length])


def test_overview_needs_no_intact_payloads_of_tiles_and_metadata(data: bytes, picture: Picture) -> None:
    damaged = bytearray(data)
    for chunk in chunks_of(data):
        if chunk.kind in (Kind.RESIDUAL, Kind.ICC) and chunk.length:
            damaged[chunk.payload_offset] ^= 0xFF
    found = read_header(bytes(damaged))
    assert found.pictures[0].header == picture.header
    assert found.metadata_kinds == ("iccp", "xmp_", "noTe")
    layer = found.pictures[0].base
    assert layer.models == picture.base.models
    assert [(tile.coder, tile.length, tile.payload) for tile in layer.tiles] == [
        (tile.coder, tile.length, None) for tile in picture.base.tiles
    ]


@pytest.mark.parametrize("tail", [b"\0", b"\n", b"\x89HYC"])
def test_nothing_may_follow_the_end(data: bytes, tail: bytes) -> None:
    for read in (read_container, read_cut, read_header):
        with pytest.raises(CorruptError, match=f"{len(tail)} bytes follow the end chunk"):
            read(data + tail)


def test_two_files_in_a_row_are_not_one_file(data: bytes, album: bytes) -> None:
    for second in (data, album):
        with pytest.raises(CorruptError, match="follow the end chunk"):
            read_container(data + second)


def test_damaged_tile_is_named(album: bytes) -> None:
    tile = next(chunk for chunk in chunks_of(album) if (chunk.kind, chunk.index) == (b"RESI", 1))
    damaged = bytearray(album)
    damaged[tile.payload_offset + 3] ^= 4
    for read in (read_container, read_cut):
        with pytest.raises(CorruptError, match=f"residual tile 1 at byte {tile.offset}"):
            read(bytes(damaged))


def swapped(album: bytes, kind: bytes, first: int, second: int) -> bytes:
    """Return the album with two chunks of a kind exchanged, and an end chunk that fits."""
    places = [chunk for chunk in chunks_of(album) if chunk.kind == kind]
    a, b = places[first], places[second]
    parts = (
        album[: a.offset],
        album[b.offset : b.end],
        album[a.end : b.offset],
        album[a.offset : a.end],
        album[b.end :],
    )
    body = b"".join(parts)
    return with_end(body[:-END_BYTES])


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [(b"RESI", 0, 2), (b"RESI", 1, 3), (b"BASE", 1, 7), (b"BLYR", 0, 1), (b"RLYR", 0, 1), (b"HEAD", 0, 2)],
)
def test_chunks_of_two_pictures_are_never_mixed(album: bytes, kind: bytes, first: int, second: int) -> None:
    forged = swapped(album, kind, first, second)
    assert len(forged) == len(album) or kind == Kind.HEAD
    with pytest.raises(CorruptError, match=r"not of this picture|album index|header"):
        read_container(forged)


def test_index_that_disagrees_with_the_pictures_is_corrupt(album: bytes) -> None:
    chunk = chunks_of(album)[0]
    entries = unpack_index(album[chunk.payload_offset : chunk.end - 8], 0).entries
    rest = album[chunk.end : -END_BYTES]
    lies = [
        (AlbumEntry(entries[0].front_bytes + 1, *entries[0][1:]), *entries[1:]),
        (*entries[:4], AlbumEntry(entries[4].front_bytes, entries[4].back_bytes - 1, entries[4].identity)),
        (*entries[:2], AlbumEntry(2**64 - 1, 2**64 - 1, entries[2].identity), *entries[3:]),
        (entries[1], entries[0], *entries[2:]),
        entries[:4],
        (*entries, AlbumEntry(100, 0, bytes(16))),
    ]
    assert with_end(album[:16] + pack_chunk(Kind.ALBUM, pack_index(entries)) + rest) == album
    for lie in lies:
        forged = with_end(album[:16] + pack_chunk(Kind.ALBUM, pack_index(tuple(lie))) + rest)
        with pytest.raises(CorruptError):
            read_container(forged)


def test_header_that_commits_to_other_parts_is_corrupt(picture: Picture) -> None:
    header = replace(picture.header, parts_hash=b"otherone")
    lie = replace(picture, header=header)
    body = pack_prologue()
    for kind, payload, index in (*lie.front(), *lie.back()):
        body += seal_body(pack_body(kind, payload, index), bytes(16) if kind == Kind.HEAD else header.identity)
    with pytest.raises(CorruptError, match="commits to other parts"):
        read_container(with_end(body))


def test_end_chunk_that_disagrees_with_the_file_is_corrupt(data: bytes) -> None:
    body = data[: chunks_of(data)[-1].offset]
    assert with_end(body) == data
    with pytest.raises(CorruptError, match="hash of the file"):
        read_container(body + pack_chunk(Kind.DONE, DONE.pack(bytes(32))))
    with pytest.raises(CorruptError, match="DONE must have 32 bytes"):
        read_container(body + pack_chunk(Kind.DONE, b""))


def test_file_is_a_value(data: bytes, album: bytes) -> None:
    for whole in (data, album):
        found = read_container(whole)
        assert isinstance(found, File)
        assert hash(found) == hash(read_container(whole))
