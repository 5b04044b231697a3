"""Small whole files for the tests of this folder: one picture, and an album with every kind of chunk."""

import hashlib
from dataclasses import replace

import pytest
from container_files import sha
from hybridcodec_container import (
    GRAY,
    INDEXED,
    RGB,
    ContainerMode,
    Header,
    Layer,
    Layers,
    Linear,
    Metadata,
    Palette,
    Picture,
    Piece,
    Recipe,
    Source,
    Tile,
    write_container,
)


@pytest.fixture(scope="session")
def header() -> Header:
    return Header(
        width=130,
        height=70,
        roles=RGB,
        mode=ContainerMode.LOSSLESS,
        layers=Layers.BASE | Layers.RESIDUAL,
        source_hash=b"s" * 32,
    )


@pytest.fixture(scope="session")
def base() -> Layer:
    return Layer(
        tile_width=64,
        tile_height=64,
        models=(b"m" * 32,),
        sample_hash=b"b" * 32,
        common=b"common",
        tiles=tuple(Tile.of(1, b"base%d" % number * number) for number in range(6)),
    )


@pytest.fixture(scope="session")
def residual() -> Layer:
    return Layer(
        tile_width=100,
        tile_height=100,
        models=(b"r" * 32, b"q" * 32),
        sample_hash=b"s" * 32,
        tiles=(Tile.of(2, b"residual 0"), Tile.of(1, b"residual 1")),
    )


@pytest.fixture(scope="session")
def picture(header: Header, base: Layer, residual: Layer) -> Picture:
    metadata = Metadata(icc=b"icc" * 40, xmp=b"<x/>", extra=((b"noTe", b"hello"),))
    return Picture.seal(header, metadata=metadata, base=base, residual=residual)


@pytest.fixture(scope="session")
def data(picture: Picture) -> bytes:
    return write_container([picture])


@pytest.fixture(scope="session")
def pictures(picture: Picture, residual: Layer) -> list[Picture]:
    """A group of two, an indexed picture, one with tone map, display tiles and absent tiles of its own."""
    after = replace(picture.header, group_position=1, reference_hash=residual.sample_hash, source_hash=sha("after"))
    indexed = replace(picture.header, roles=INDEXED, bit_depth=2, layers=Layers.RESIDUAL, source_hash=sha("indexed"))
    deep = Header(
        width=9,
        height=5,
        roles=GRAY,
        bit_depth=12,
        mode=ContainerMode.NEAR_LOSSLESS,
        max_error=3,
        layers=Layers.BASE | Layers.DISPLAY | Layers.RESIDUAL,
        source_hash=sha("deep"),
    )
    guarded = replace(picture.header, mode=ContainerMode.GUARDED, source_hash=sha("guarded"))
    few = replace(picture.base, tile_width=100, tile_height=100, tiles=picture.base.tiles[:2])
    small = Layer(
        tile_width=4,
        tile_height=4,
        scale=1,
        models=(),
        sample_hash=sha("small"),
        tiles=(Tile.of(1, b"a"), Tile.of(1, b"b")),
    )
    one = Layer(tile_width=16, tile_height=16, models=(), sample_hash=sha("near"), tiles=(Tile.of(5, b"one"),))
    absent = replace(residual, sample_hash=sha("partly"), tiles=(Tile(), Tile.of(3, b"text")))
    return [
        picture,
        Picture.seal(after, base=few, residual=replace(residual, sample_hash=sha("after"))),
        Picture.seal(indexed, palette=Palette(3, 8, b"rgbRGB"), residual=replace(residual, sample_hash=sha("indexed"))),
        Picture.seal(deep, tone=Linear(-5, 4000), base=small, display=replace(small, common=b"d"), residual=one),
        Picture.seal(guarded, metadata=Metadata(exif=b"MM"), base=few, residual=absent),
    ]


@pytest.fixture(scope="session")
def source() -> Source:
    recipe = Recipe(10, hashlib.sha256(b"0123456789").digest(), (Piece.literal(4), Piece.literal(6)))
    return Source.of(recipe, b"0123456789")


@pytest.fixture(scope="session")
def album(pictures: list[Picture], source: Source) -> bytes:
    """An album with every kind of chunk."""
    return write_container(pictures, source, ((b"zzz0", b"at the end"),))
