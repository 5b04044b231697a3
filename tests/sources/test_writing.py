"""What is written holds exactly the samples, and says which metadata it could not take."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybridcodec.errors import InputError, MismatchError, UnsupportedError
from hybridcodec.image import Metadata
from hybridcodec.sources import format_for, read_picture, write_picture, writing
from hybridcodec.sources.formats import written

RNG = np.random.default_rng(3)
SHAPES = [(1, 1), (1, 1, 3), (7, 5), (5, 7, 3), (3, 1, 3), (1, 11)]


def exif_block(**tags: object) -> bytes:
    exif = Image.Exif()
    for name, value in tags.items():
        exif[int(name[1:])] = value
    return exif.tobytes().removeprefix(b"Exif\0\0")


EVERYTHING = Metadata(icc=b"profile" * 30, exif=exif_block(t270="a picture", t274=6), xmp=b"<x:xmpmeta/>\xff")


@pytest.mark.parametrize("picture_format", sorted(set(written().values())))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_samples_come_back_exactly(picture_format: str, shape: tuple[int, ...]) -> None:
    samples = RNG.integers(0, 256, shape, np.uint8)
    if picture_format == "WEBP" and len(shape) == 2:
        with pytest.raises(UnsupportedError, match="no gray"):
            write_picture(samples, Metadata(), picture_format)
        return
    written = write_picture(samples, Metadata(), picture_format)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(written.data))), samples)
    assert written.left_out == ()


def test_gray_samples_with_a_channel_dimension_are_gray() -> None:
    samples = RNG.integers(0, 256, (4, 3, 1), np.uint8)
    assert np.array_equal(read_picture(write_picture(samples, Metadata()).data).samples, samples[..., 0])


@pytest.mark.parametrize("picture_format", ["PNG", "WEBP"])
def test_png_and_webp_keep_all_metadata_byte_for_byte(picture_format: str) -> None:
    samples = RNG.integers(0, 256, (4, 3, 3), np.uint8)
    written = write_picture(samples, EVERYTHING, picture_format)
    assert written.left_out == ()
    assert read_picture(written.data).metadata == EVERYTHING


def test_tiff_keeps_what_describes_the_picture_and_leaves_its_samples_in_place() -> None:
    samples = RNG.integers(0, 256, (4, 3, 3), np.uint8)
    hostile = exif_block(t270="a picture", t274=6, t256=9999, t258=1, t259=6, t273=3, t277=7)
    written = write_picture(samples, Metadata(icc=b"profile", exif=hostile, xmp=b"<x:xmpmeta/>"), "TIFF")
    read_back = read_picture(written.data)
    assert written.left_out == ()
    assert np.array_equal(read_back.samples, samples)
    assert (read_back.metadata.icc, read_back.metadata.xmp) == (b"profile", b"<x:xmpmeta/>")
    kept = Image.Exif()
    kept.load(read_back.metadata.exif)
    assert dict(kept) == {270: "a picture", 274: 6}


@pytest.mark.parametrize("picture_format", ["BMP", "PPM"])
def test_metadata_that_a_format_cannot_take_is_named(picture_format: str) -> None:
    written = write_picture(np.zeros((2, 2), np.uint8), EVERYTHING, picture_format)
    assert written.left_out == ("icc", "exif", "xmp")


def test_damaged_exif_is_kept_where_bytes_are_kept_and_refused_where_it_must_be_understood() -> None:
    samples = np.zeros((2, 2), np.uint8)
    damaged = Metadata(exif=b"MM\0*\0\0\0\x08\0\x05\x01")
    assert read_picture(write_picture(samples, damaged).data).metadata == damaged
    with pytest.raises(InputError, match="cannot be written as TIFF"):
        write_picture(samples, damaged, "TIFF")


def test_a_writer_that_changes_a_sample_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = read_picture

    def off_by_one(source: bytes) -> object:
        picture = real(source)
        return replace(picture, samples=picture.samples ^ 1)

    monkeypatch.setattr(writing, "read_picture", off_by_one)
    with pytest.raises(MismatchError):
        write_picture(np.zeros((2, 2), np.uint8), Metadata())


def test_webp_larger_than_its_format_allows_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be written as WEBP"):
        write_picture(np.zeros((1, 16384, 3), np.uint8), Metadata(), "WEBP")


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.avif", "a.gif", "a.jxl"])
def test_lossy_suffixes_are_refused_with_what_to_choose(name: str) -> None:
    with pytest.raises(UnsupportedError, match=r"would change the samples; choose \.png"):
        format_for(Path(name))


def test_suffix_chooses_the_format_and_an_unknown_one_is_refused() -> None:
    assert [format_for(Path(f"a{suffix.upper()}")) for suffix in written()] == list(written().values())
    for name in ("a", "a.xyz", "a.hyc"):
        with pytest.raises(UnsupportedError, match="unknown suffix"):
            format_for(Path(name))


def test_unknown_format_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="JPEG is not written"):
        write_picture(np.zeros((2, 2), np.uint8), Metadata(), "JPEG")
