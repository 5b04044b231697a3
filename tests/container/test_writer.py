"""Writing: determinism, round trips, bounded memory, what must not be written."""

import hashlib
import io
from dataclasses import replace
from typing import Any

import pytest
from hybridcodec_container import (
    GRAY,
    INDEXED,
    RGB,
    Album,
    AlbumWriter,
    ContainerError,
    ContainerMode,
    File,
    Header,
    HeaderFlag,
    Kind,
    Layer,
    Layers,
    LimitExceededError,
    Linear,
    Metadata,
    Palette,
    Picture,
    Piece,
    Recipe,
    Role,
    SampleFormat,
    Source,
    Tile,
    layout,
    read_container,
    read_cut,
    read_header,
    scan_container,
    write_container,
)
from hybridcodec_container.layer import layer_grid
from hypothesis import given, settings
from hypothesis import strategies as st

HASHES = st.binary(min_size=32, max_size=32).filter(any)
PAYLOADS = st.binary(max_size=20)
EXTRA_KINDS = st.from_regex(rb"[a-z][A-Za-z][A-Za-z0-9_]{2}", fullmatch=True).filter(lambda kind: kind not in set(Kind))
EXTRAS = st.lists(st.tuples(EXTRA_KINDS, PAYLOADS), max_size=3).map(tuple)
ROLES = st.sampled_from([GRAY, RGB, (*GRAY, Role.ALPHA), (*RGB, Role.ALPHA_PREMULTIPLIED), INDEXED, (Role.OTHER,) * 3])


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """Return any header that stands alone."""
    mode, roles = draw(st.sampled_from(ContainerMode)), draw(ROLES)
    signed, depth = draw(st.booleans()), draw(st.integers(1, 16))
    if mode in (ContainerMode.PERCEPTUAL, ContainerMode.GUARDED) and Role.OTHER in roles:
        roles = GRAY
    if roles == INDEXED:
        mode, signed = (ContainerMode.LOSSLESS if mode is not ContainerMode.PERCEPTUAL else mode), False
    if mode is ContainerMode.GUARDED:
        roles, signed, depth = draw(st.sampled_from([GRAY, RGB])), False, 8
    layers = Layers(0) if mode is ContainerMode.PERCEPTUAL else Layers.RESIDUAL
    if mode in (ContainerMode.PERCEPTUAL, ContainerMode.GUARDED) or (Role.OTHER not in roles and draw(st.booleans())):
        layers |= Layers.BASE | (Layers.DISPLAY if draw(st.booleans()) else Layers(0))
    return Header(
        width=draw(st.integers(1, 400)),
        height=draw(st.integers(1, 400)),
        roles=roles,
        bit_depth=depth,
        sample_format=SampleFormat(signed),
        mode=mode,
        layers=layers,
        max_error=draw(st.integers(1, (1 << depth) - 1)) if mode is ContainerMode.NEAR_LOSSLESS else 0,
        flags=HeaderFlag(draw(st.integers(0, 63)) << 10),
        source_hash=draw(HASHES),
    )


@st.composite
def layers_of(draw: st.DrawFn, header: Header, which: Layers) -> Layer:
    """Return any layer of a picture, with few tiles."""
    scale = 0 if which is Layers.RESIDUAL else draw(st.integers(0, 3))
    size = (draw(st.integers(100, 4096)), draw(st.integers(100, 4096)))
    if which is Layers.DISPLAY and draw(st.booleans()):
        size = (0, 0)
    count = layer_grid(header, scale, *size).count
    tiles = [Tile.of(draw(st.integers(1, 255)), draw(PAYLOADS)) for _ in range(count)]
    if which is Layers.RESIDUAL and header.mode is ContainerMode.GUARDED:
        tiles[draw(st.integers(0, count - 1))] = Tile()
    exact = which is Layers.RESIDUAL and header.mode is ContainerMode.LOSSLESS
    return Layer(
        tile_width=size[0],
        tile_height=size[1],
        scale=scale,
        models=tuple(draw(st.lists(HASHES, max_size=3))),
        sample_hash=header.source_hash if exact else draw(HASHES),
        common=draw(PAYLOADS),
        tiles=tuple(tiles),
    )


@st.composite
def whole_pictures(draw: st.DrawFn) -> Picture:
    """Return any picture that stands alone."""
    header = draw(headers())
    parts: dict[str, Any] = {
        str(which.name).lower(): draw(layers_of(header, which)) for which in Layers if header.layers & which
    }
    if header.indexed:
        parts["palette"] = Palette(4, 16, draw(st.binary(min_size=16, max_size=16)))
    elif header.needs_tone:
        parts["tone"] = Linear(draw(st.integers(-9, 9)), draw(st.integers(10, 99)), draw(st.booleans()))
    metadata = Metadata(icc=draw(PAYLOADS), exif=draw(PAYLOADS), xmp=draw(PAYLOADS), extra=draw(EXTRAS))
    return Picture.seal(header, metadata=metadata, **parts)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[Picture], Source | None, tuple[tuple[bytes, bytes], ...]]:
    """Return arguments of `write_container`."""
    pictures = draw(st.lists(whole_pictures(), max_size=3))
    literals = draw(st.none() | PAYLOADS) if pictures else draw(PAYLOADS)
    if literals is None:
        return pictures, None, draw(EXTRAS)
    pieces = (Piece.literal(len(literals)),) if literals else ()
    return pictures, Source.of(Recipe(len(literals), draw(HASHES), pieces), literals), draw(EXTRAS)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(files())
def test_what_was_written_is_read(parts: tuple[list[Picture], Source | None, tuple[tuple[bytes, bytes], ...]]) -> None:
    pictures, source, extra = parts
    data = write_container(pictures, source, extra)
    found = read_container(data)
    assert found == File(tuple(pictures), source, extra, len(pictures), True, (2, 0))
    assert data == write_container(*parts)
    assert read_cut(data) == found if any(picture.header.layers for picture in pictures) else True
    overview = read_header(data)
    assert [picture.header for picture in overview.pictures] == [picture.header for picture in pictures]
    sizes = [
        getattr(overview, f"{part}_bytes") for part in ("base", "display", "residual", "source", "metadata", "frame")
    ]
    assert sum(sizes) == overview.file_bytes == len(data)
    assert overview.complete
    assert all(report.intact for report in scan_container(data))
    album = Album.open(io.BytesIO(data))
    album.prove()
    assert len(album) == len(pictures)
    assert [album.picture(number) for number in range(len(album))] == pictures
    assert (album.recipe(), b"".join(album.literals())) == (
        (source.recipe, b"".join(source.literals())) if source else (None, b"")
    )


def test_header_knows_the_hash_of_its_parts(picture: Picture) -> None:
    assert picture.header.parts_hash == picture.parts_hash() != bytes(8)
    identities = {picture.header.identity}
    for changes in (
        {"base": replace(picture.base, common=b"other")},
        {"base": replace(picture.base, models=(b"o" * 32,))},
        {"residual": replace(picture.residual, tiles=(Tile.of(3, b"residual 0"), picture.residual.tiles[1]))},
        {"tone": Linear(0, 255)},
    ):
        parts = {"metadata": picture.metadata, "base": picture.base, "residual": picture.residual}
        identities.add(Picture.seal(picture.header, **parts | changes).header.identity)
    assert len(identities) == 5
    other = Picture.seal(picture.header, metadata=Metadata(), base=picture.base, residual=picture.residual)
    assert other.header.identity == picture.header.identity


class Sink(io.RawIOBase):
    """A stream that can only be written."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data
        return len(data)


def test_album_written_picture_by_picture_is_the_same(
    pictures: list[Picture], source: Source, album: bytes, tmp_path: Any
) -> None:
    sink = Sink()
    with AlbumWriter(sink, folder=str(tmp_path)) as writer:
        for picture in pictures:
            writer.add(picture)
        writer.finish(source, ((b"zzz0", b"at the end"),))
    assert bytes(sink.data) == album
    assert list(tmp_path.iterdir()) == []


def test_picture_that_is_refused_leaves_no_trace(pictures: list[Picture], source: Source, album: bytes) -> None:
    many = replace(pictures[0], metadata=Metadata(extra=((b"noTe", b""),) * 257))
    sink = Sink()
    with AlbumWriter(sink) as writer:
        for picture in pictures:
            for bad in (many, replace(picture, base=None, residual=None)):
                with pytest.raises(ContainerError):
                    writer.add(bad)
            writer.add(picture)
        assert sink.data == b""
        absent = Source(Recipe(1, b"h" * 32, (Piece.named(5, 1, "a"),)))
        for kept, extra in ((absent, ()), (replace(source, packed=()), ()), (None, ((b"HEAD", b""),))):
            with pytest.raises(ContainerError):
                writer.finish(kept, extra)
        assert sink.data == b""
        writer.finish(source, ((b"zzz0", b"at the end"),))
    assert sink.data == album


def test_literals_are_written_as_they_were_packed() -> None:
    text = b"so often said " * 99
    stored = layout.METADATA.pack(layout.Method.STORED, len(text)) + text  # which the writer itself would compress
    source = Source(Recipe(len(text), hashlib.sha256(text).digest(), (Piece.literal(len(text)),)), (stored,))
    assert stored in write_container([], source)


def test_picture_that_is_not_sealed_or_not_whole_is_not_written(picture: Picture, pictures: list[Picture]) -> None:
    unsealed = replace(picture, header=replace(picture.header, parts_hash=bytes(8)))
    missing = replace(picture.base, tiles=(Tile(1, 0), *picture.base.tiles[1:]))
    for bad, message in (
        (unsealed, "commits to other parts"),
        (replace(picture, base=None), "base layer is missing"),
        (replace(picture, base=missing), "tiles of the base layer are missing"),
        (replace(pictures[2], palette=None), "palette is missing"),
        (replace(pictures[3], tone=None), "need a tone map"),
    ):
        with pytest.raises(ContainerError, match=message):
            write_container([bad])


def test_parts_that_do_not_fit_the_header_are_refused(picture: Picture, pictures: list[Picture]) -> None:
    _, _, indexed, deep, guarded = pictures
    for bad, changes, message in (
        (picture, {"palette": Palette(3, 8, b"rgb")}, "palette of 1 colours"),
        (indexed, {"palette": Palette(3, 8, bytes(15))}, "palette of 5 colours"),
        (indexed, {"tone": Linear(0, 1)}, "tone map"),
        (guarded, {"tone": Linear(0, 1)}, "tone map"),
        (picture, {"display": picture.base}, "knows no display layer"),
        (deep, {"base": picture.base}, "base tiles needed"),
    ):
        with pytest.raises(ContainerError, match=message):
            replace(bad, **changes)


def test_picture_of_a_group_must_follow_its_reference(pictures: list[Picture]) -> None:
    first, second, *_ = pictures
    other = replace(first.header, source_hash=b"o" * 32)
    stranger = Picture.seal(other, base=first.base, residual=replace(first.residual, sample_hash=b"o" * 32))
    for wrong, message in (
        ([second], "not its reference"),
        ([first, second, second], "not its reference"),
        ([stranger, second], "other samples"),
    ):
        with pytest.raises(ContainerError, match=message):
            write_container(wrong)


@pytest.mark.parametrize("kind", [b"exif", b"HEAD", b"Abcd", b"abc", b"abcde", b"a\0cd", b"", b"sLIT", b"dtil"])
def test_extra_chunks_must_be_ancillary_and_not_ours(picture: Picture, kind: bytes) -> None:
    extra = ((kind, b""),)
    with pytest.raises(ContainerError, match="no kind for an extra chunk"):
        write_container([replace(picture, metadata=Metadata(extra=extra))])
    with pytest.raises(ContainerError, match="no kind for an extra chunk"):
        write_container([picture], extra=extra)


def test_what_a_reader_would_refuse_is_not_written(picture: Picture) -> None:
    with pytest.raises(LimitExceededError):
        Picture.seal(
            picture.header,
            base=replace(picture.base, common=bytes(layout.MAX_LAYER_BYTES)),
            residual=picture.residual,
        )
    many = ((b"noTe", b""),) * 257
    with pytest.raises(LimitExceededError, match="256"):
        write_container([replace(picture, metadata=Metadata(extra=many))])
    with pytest.raises(LimitExceededError, match="256"):
        write_container([picture], extra=many)
    with pytest.raises(ContainerError, match="needs a picture"):
        write_container([])
    piece = Piece.named(1, 1, "a")
    with pytest.raises(ContainerError, match="has 1"):
        write_container([picture], Source(Recipe(1, b"h" * 32, (piece,))))


def test_one_picture_costs_no_more_than_in_version_1(picture: Picture) -> None:
    base = replace(picture.base, tile_width=130, tile_height=70, tiles=(Tile.of(1, bytes(200)),))
    residual = replace(
        picture.residual, models=(b"r" * 32,), tiles=(Tile.of(1, bytes(20000)), Tile.of(1, bytes(20000)))
    )
    data = write_container([Picture.seal(picture.header, base=base, residual=residual)])
    prologue, head, common, index, tiles, done = 16, 24 + 192, 24 + 6, 24 + 16 + 4 * 3, 3 * 24, 24 + 36
    assert len(data) <= prologue + head + common + index + tiles + done + 200 + 2 * 20000
