"""Random access: what is read, and that it is proven."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from container_files import chunks_of, sha
from hybridcodec_container import (
    Album,
    AlbumWriter,
    ContainerError,
    CorruptError,
    Kind,
    Layers,
    Picture,
    Source,
    Tile,
    TruncatedError,
)


class Counted(io.BytesIO):
    """A stream that knows how many bytes were read, and how often."""

    count = reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count, self.reads = self.count + len(data), self.reads + 1
        return data


@pytest.fixture(scope="module")
def large(picture: Picture) -> bytes:
    """An album of 2,000 pictures."""
    stream = io.BytesIO()
    with AlbumWriter(stream) as writer:
        for number in range(2000):
            header = replace(picture.header, source_hash=sha(f"{number}"))
            residual = replace(picture.residual, sample_hash=header.source_hash)
            writer.add(Picture.seal(header, base=picture.base, residual=residual))
        writer.finish()
    return stream.getvalue()


def test_last_of_2000_pictures_opens_as_the_first_does(large: bytes) -> None:
    costs = []
    for number in (0, 1999):
        stream = Counted(large)
        found = Album.open(stream).picture(number)
        assert found.header.source_hash == sha(f"{number}")
        costs.append((stream.count, stream.reads))
    index, picture = 16 + 24 + 4 + 32 * 2000, (len(large) - 64000) / 2000
    assert costs[0] == costs[1]
    assert costs[0][0] < index + 2 * picture
    assert costs[0][1] < 60


def test_header_tile_and_preview_cost_less_than_the_picture(large: bytes) -> None:
    album = Album.open(stream := Counted(large))
    opened = stream.count
    assert album.header(1234).source_hash == sha("1234")
    assert stream.count - opened <= 16 + 24 + 62
    before = stream.count
    assert album.tile(1234, Layers.RESIDUAL, 1).payload == b"residual 1"
    whole = stream.count - before
    before = stream.count
    assert album.picture(1234, residual=False).residual is None
    assert stream.count - before < 600
    assert whole < 1000


def test_album_gives_what_was_written(album: bytes, pictures: list[Picture], source: Source) -> None:
    for stream in (album, io.BytesIO(album)):
        found = Album.open(stream)
        assert (len(found), found.complete, found.version) == (5, True, (2, 0))
        for number in (4, 0, 2, 3, 1):
            whole = pictures[number]
            assert found.header(number) == whole.header
            assert found.picture(number) == whole
            assert found.picture(number, residual=False) == replace(whole, residual=None)
            for which in Layers:
                layer = whole.layer(which)
                for place, tile in enumerate(layer.tiles if layer else ()):
                    assert found.tile(number, which, place) == tile
        assert found.recipe() == source.recipe
        assert b"".join(found.literals()) == b"0123456789"
        found.prove()


def test_file_of_one_picture_is_an_album_of_one(data: bytes, picture: Picture) -> None:
    found = Album.open(data)
    assert (len(found), found.complete, found.recipe(), list(found.literals())) == (1, True, None, [])
    assert found.header(0) == picture.header
    assert found.picture(0) == picture
    assert found.picture(0, residual=False) == replace(picture, residual=None)
    assert found.tile(0, Layers.BASE, 5) == picture.base.tiles[5]
    assert found.layer(0, Layers.RESIDUAL).tiles[1] == Tile(1, 10)


def test_what_is_not_there_is_said(album: bytes) -> None:
    found = Album.open(album)
    for ask, message in (
        (lambda: found.header(5), "no picture 5: the file has 5"),
        (lambda: found.picture(-1), "no picture -1"),
        (lambda: found.layer(2, Layers.BASE), "picture 2 has no base layer"),
        (lambda: found.tile(0, Layers.DISPLAY, 0), "no display layer"),
        (lambda: found.tile(0, Layers.BASE, 6), "no base tile 6: the layer has 6"),
        (lambda: found.tile(0, Layers.RESIDUAL, -1), "no residual tile -1"),
    ):
        with pytest.raises(ContainerError, match=message):
            ask()


def test_damage_elsewhere_does_not_keep_from_reading(album: bytes, pictures: list[Picture]) -> None:
    for chunk in chunks_of(album)[1:]:
        damaged = bytearray(album)
        damaged[chunk.end - 1] ^= 1
        found, bad = Album.open(bytes(damaged)), []
        for number, picture in enumerate(pictures):
            try:
                assert found.picture(number) == picture
            except CorruptError:
                bad.append(number)
        assert len(bad) == (0 if chunk.kind in (b"sRCP", b"sLIT", b"zzz0", b"DONE") else 1)
        with pytest.raises(CorruptError):
            found.prove()


def test_every_cut_length_gives_the_pictures_that_arrived(album: bytes, pictures: list[Picture]) -> None:
    chunks = chunks_of(album)
    heads = [number for number, chunk in enumerate(chunks) if chunk.kind == Kind.HEAD]
    backs = [number for number, chunk in enumerate(chunks) if chunk.kind == Kind.RESIDUAL_LAYER]
    fronts = [chunks[end - 1].end for end in (*heads[1:], backs[0])]
    ends = [chunks[end - 1].end for end in (*backs[1:], next(n for n, c in enumerate(chunks) if c.kind == Kind.RECIPE))]
    for length in range(chunks[0].end, len(album), 11):
        found = Album.open(album[:length])
        assert (len(found), found.complete) == (5, False)
        for number, picture in enumerate(pictures):
            if length >= ends[number]:
                assert found.picture(number) == picture
            else:
                with pytest.raises(TruncatedError):
                    found.picture(number)
            if length >= fronts[number] and picture.base:
                assert found.picture(number, residual=False) == replace(picture, residual=None)
            if length < fronts[number]:
                with pytest.raises(TruncatedError):
                    found.picture(number, residual=False)
        with pytest.raises(TruncatedError):
            found.prove()


def test_tile_of_a_cut_file_is_had_if_it_arrived(data: bytes, picture: Picture) -> None:
    tile = next(chunk for chunk in chunks_of(data) if (chunk.kind, chunk.index) == (b"BASE", 3))
    found = Album.open(data[: tile.end])
    assert found.tile(0, Layers.BASE, 3) == picture.base.tiles[3]
    for which, number in ((Layers.BASE, 4), (Layers.RESIDUAL, 0)):
        with pytest.raises(TruncatedError):
            found.tile(0, which, number)


def test_threads_may_share_an_album(album: bytes, pictures: list[Picture]) -> None:
    found = Album.open(io.BytesIO(album))

    def read(number: int) -> Any:
        return found.picture(number % 5), found.tile(number % 5, Layers.RESIDUAL, 0)

    with ThreadPoolExecutor(8) as pool:
        for number, (picture, tile) in enumerate(pool.map(read, range(100))):
            assert picture == pictures[number % 5]
            assert tile == picture.residual.tiles[0]
