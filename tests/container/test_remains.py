"""What is left of damaged files."""

from dataclasses import replace

import pytest
from container_files import chunks_of, with_end
from hybridcodec_container import (
    CorruptError,
    Kind,
    Layers,
    Metadata,
    Picture,
    Source,
    UnsupportedContainerError,
    read_remains,
    scan_container,
)
from hybridcodec_container.chunks import pack_chunk
from hybridcodec_container.header import pack_header
from hybridcodec_container.layout import LAYER_KINDS
from hybridcodec_container.prologue import pack_prologue


def test_whole_file_is_left_whole(album: bytes, pictures: list[Picture], source: Source) -> None:
    found = read_remains(album)
    assert (found.pictures, found.source, found.reasons, found.fault) == (dict(enumerate(pictures)), source, {}, "")
    assert list(found.reports) == scan_container(album)


def without(picture: Picture, kind: bytes, index: int) -> Picture | None:
    """Return a picture that lost one chunk; None if nothing is left."""
    for which, (layer_kind, tile_kind) in LAYER_KINDS.items():
        name, layer = str(which.name).lower(), picture.layer(which)
        if kind == layer_kind:
            return replace(picture, **{name: None})
        if kind == tile_kind:
            tiles = [tile._replace(payload=None) if n == index else tile for n, tile in enumerate(layer.tiles)]
            return replace(picture, **{name: replace(layer, tiles=tuple(tiles))})
    metadata = {Kind.ICC: {"icc": b""}, Kind.EXIF: {"exif": b""}, Kind.XMP: {"xmp": b""}}.get(kind, {"extra": ()})
    parts = {Kind.PALETTE: {"palette": None}, Kind.TONE: {"tone": None}}
    lost = parts.get(kind, {"metadata": replace(picture.metadata, **metadata)})
    return None if kind == Kind.HEAD else replace(picture, **lost)


def test_a_damaged_chunk_costs_what_it_held_and_nothing_else(
    album: bytes, pictures: list[Picture], source: Source
) -> None:
    owners = [report.picture for report in scan_container(album)][1:]
    for chunk, owner in zip(chunks_of(album), owners, strict=True):
        damaged = bytearray(album)
        damaged[chunk.end - 1] ^= 1
        found = read_remains(bytes(damaged))
        assert "damaged" in found.fault or "hash of the file" in found.fault
        expected = dict(enumerate(pictures))
        if owner >= 0:
            expected[owner] = without(pictures[owner], chunk.kind, chunk.index)
        assert found.pictures == {number: picture for number, picture in expected.items() if picture is not None}
        assert found.source == (None if chunk.kind in (Kind.RECIPE, Kind.LITERALS) else source)
        critical = chunk.kind[:1].isupper() or chunk.kind in (Kind.DISPLAY_LAYER, Kind.DISPLAY, Kind.LITERALS)
        lost = critical and chunk.kind not in (Kind.ALBUM, Kind.DONE, Kind.HEAD)
        assert set(found.reasons) == ({(owner, chunk.kind, chunk.index)} if lost else set())


def test_album_without_its_index_keeps_its_pictures(album: bytes, pictures: list[Picture]) -> None:
    assert read_remains(album[200:]).pictures == dict(enumerate(pictures))


def test_tile_that_is_there_twice_with_different_content_is_lost(data: bytes, picture: Picture) -> None:
    second = pack_chunk(Kind.RESIDUAL, b"RESIDUAL 1", 1, picture.header.identity)
    found = read_remains(data[:-56] + second + data[-56:])
    assert found.reasons == {(0, b"RESI", 1): "found more than once, with different content"}
    same = pack_chunk(Kind.RESIDUAL, b"residual 1", 1, picture.header.identity)
    assert read_remains(data[:-56] + same + data[-56:]).pictures == {0: picture}


def test_tile_of_another_length_than_the_table_says_is_lost(data: bytes, picture: Picture) -> None:
    tile = next(chunk for chunk in chunks_of(data) if (chunk.kind, chunk.index) == (b"RESI", 1))
    other = pack_chunk(Kind.RESIDUAL, b"longer than the table says", 1, picture.header.identity)
    found = read_remains(data[: tile.offset] + other + data[tile.end :])
    assert list(found.reasons) == [(0, b"RESI", 1)]
    assert found.pictures[0].residual.arrived == 0.5


def test_metadata_that_cannot_be_read_is_lost_alone(data: bytes, picture: Picture) -> None:
    xmp = next(chunk for chunk in chunks_of(data) if chunk.kind == Kind.XMP)
    bad = pack_chunk(Kind.XMP, b"\1\2\0\0\0??", identity=picture.header.identity)
    found = read_remains(data[: xmp.offset] + bad + data[xmp.end :])
    assert found.pictures[0] == replace(picture, metadata=replace(picture.metadata, xmp=b""))
    assert list(found.reasons) == [(0, b"xmp_", 0)]


def test_nothing_is_left_without_a_header(data: bytes) -> None:
    for bad in (b"", data[:60], b"?" * 100, data[:40] + b"\xff" + data[41:]):
        with pytest.raises(CorruptError, match="without a whole header"):
            read_remains(bad)


def test_header_of_a_later_version_is_unsupported(picture: Picture) -> None:
    head = bytearray(pack_header(picture.header))
    head[14] = 9
    with pytest.raises(UnsupportedContainerError, match="mode 9"):
        read_remains(bytes(16) + pack_chunk(Kind.HEAD, bytes(head)))


def test_what_may_hide_something_that_must_be_known_is_unsupported(data: bytes, picture: Picture) -> None:
    critical = pack_chunk(b"Zzzz", b"", identity=picture.header.identity)
    with pytest.raises(UnsupportedContainerError, match="Zzzz chunk"):
        read_remains(data[:-56] + critical + data[-56:])
    later = pack_prologue(minor=1) + data[16:]
    with pytest.raises(UnsupportedContainerError, match=r"damaged file of version 2\.1"):
        read_remains(later)
    assert read_remains(with_end(later[:-56])).version == (2, 1)
    lost = read_remains(b"?" + data[1:])
    assert (lost.version, lost.pictures) == (None, {0: picture})
    with pytest.raises(UnsupportedContainerError, match=r"version 3\.0"):
        read_remains(pack_prologue(3) + data[16:])


def test_cut_file_leaves_what_a_reader_of_cut_files_gives(album: bytes, pictures: list[Picture]) -> None:
    tile = [chunk for chunk in chunks_of(album) if chunk.kind == Kind.RESIDUAL][3]
    found = read_remains(album[: tile.offset])
    assert found.pictures[0] == pictures[0]
    assert found.reasons[1, b"RESI", 1] == "missing: no chunk of it was found"
    assert found.pictures[3].layer(Layers.RESIDUAL) is None
    assert found.pictures[3].metadata == Metadata()
