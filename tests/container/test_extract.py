"""Dropping the residual."""

from dataclasses import replace

import pytest
from hybridcodec_container import (
    NO_HASH,
    ContainerError,
    ContainerMode,
    HeaderFlag,
    Layers,
    Metadata,
    Picture,
    Source,
    drop_residual,
    read_container,
    scan_container,
    write_container,
)


def test_extract_keeps_previews_metadata_and_sources(pictures: list[Picture], source: Source) -> None:
    extra = ((b"aBCD", b"about the residual"), (b"abCD", b"about the preview"))
    shown = [replace(picture, metadata=Metadata(xmp=b"x", extra=extra)) for picture in pictures if picture.base]
    found = read_container(drop_residual(write_container(shown, source, extra)))
    assert (found.source, found.extra) == (None, extra[1:])
    for whole, left in zip(shown, found.pictures, strict=True):
        assert left.metadata == Metadata(xmp=b"x", extra=extra[1:])
        assert (left.base, left.display, left.tone, left.residual) == (whole.base, whole.display, whole.tone, None)
        assert left.header == replace(
            whole.header,
            mode=ContainerMode.PERCEPTUAL,
            layers=whole.header.layers & ~Layers.RESIDUAL,
            max_error=0,
            flags=whole.header.flags | HeaderFlag.EXTRACTED,
            group_position=0,
            reference_hash=NO_HASH,
            parts_hash=left.header.parts_hash,
        )
        assert left.header.identity != whole.header.identity


def test_extract_is_intact_and_stays_as_it_is(data: bytes) -> None:
    extract = drop_residual(data)
    assert all(report.intact for report in scan_container(extract))
    assert drop_residual(extract) == extract


def test_previews_of_a_file_with_its_source_lose_the_source(picture: Picture, source: Source) -> None:
    header = replace(picture.header, mode=ContainerMode.PERCEPTUAL, layers=Layers.BASE)
    shown = Picture.seal(header, base=picture.base)
    assert drop_residual(write_container([shown], source)) == write_container([shown])


def test_nothing_is_extracted_where_nothing_would_be_left(album: bytes, source: Source) -> None:
    with pytest.raises(ContainerError, match="picture 2 has no base layer"):
        drop_residual(album)
    with pytest.raises(ContainerError, match="holds no picture"):
        drop_residual(write_container([], source))


def test_extract_of_a_damaged_or_cut_file_is_refused(data: bytes) -> None:
    for bad in (data[:-1], data[:-20] + b"\0" + data[-19:], data + b"\0"):
        with pytest.raises(ContainerError):
            drop_residual(bad)
