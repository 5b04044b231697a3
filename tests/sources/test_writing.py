"""What is written holds exactly the samples, and says which metadata it could not take."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybridcodec.errors import InputError, MismatchError, UnsupportedError
from hybridcodec.image import Metadata, Picture
from hybridcodec.kinds import GRAY, INDEXED, RGB, Palette, Role, SampleKind
from hybridcodec.sources import format_for, read_document, read_picture, write_document, write_picture, writing
from hybridcodec.sources.formats import written
from tests.plain_png import decoded

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
        with pytest.raises(UnsupportedError, match="no 8-bit gray"):
            write_picture(Picture.of(samples), picture_format)
        return
    written = write_picture(Picture.of(samples), picture_format)
    stored = io.BytesIO(written.data)
    assert np.array_equal(np.load(stored) if picture_format == "NPY" else np.asarray(Image.open(stored)), samples)
    assert written.left_out == ()


KINDS = [
    *(SampleKind(roles, depth) for roles in (GRAY, RGB) for depth in range(1, 17)),
    *(SampleKind(GRAY, depth, signed=True) for depth in (2, 8, 12, 16)),
    *(SampleKind((*roles, Role.ALPHA), depth) for roles in (GRAY, RGB) for depth in (1, 8, 12, 16)),
    SampleKind((*RGB, Role.ALPHA_PREMULTIPLIED), 8),
    *(SampleKind(INDEXED, depth, palette=Palette(3, 8, bytes(range(3 << depth)))) for depth in (1, 2, 4)),
    SampleKind(INDEXED, 4, palette=Palette(4, 8, bytes(range(40)))),
    SampleKind(INDEXED, 8, palette=Palette(3, 16, bytes(range(1, 181)))),
    *(SampleKind((Role.OTHER,) * count, depth, depth > 8) for count in (1, 2, 4) for depth in (8, 16)),
]
COLOURS = (SampleKind(RGB), SampleKind((*RGB, Role.ALPHA)))


def is_refused(kind: SampleKind, picture_format: str) -> bool:
    """Whether a format has no samples of this kind."""
    bits_of_palette = kind.palette.bits if kind.palette else 0
    unusual = kind.signed or {Role.OTHER, Role.ALPHA_PREMULTIPLIED} & {*kind.roles}
    gray = kind in [SampleKind(GRAY, depth) for depth in (1, 2, 4, 8)]
    return {
        "PNG": bool(unusual) or bits_of_palette == 16,
        "TIFF": False,
        "PPM": kind.signed or bits_of_palette > 0,
        "NPY": bits_of_palette > 0,
        "BMP": not (kind in COLOURS or gray or bits_of_palette == 8),
        "WEBP": kind not in COLOURS,
    }[picture_format]


def is_said(kind: SampleKind, picture_format: str) -> bool:
    """Whether a format that takes the samples says all of what they are."""
    opaque = kind.palette is None or kind.palette.channels == 3
    depths = {"PNG": (1, 2, 4, 8, 16) if kind.channels == 1 else (8, 16), "NPY": (1, 8, 16)}.get(picture_format)
    unsaid = {
        "TIFF": {(Role.OTHER,)},
        "PPM": {(*RGB, Role.ALPHA_PREMULTIPLIED)},
        "NPY": {(*RGB, Role.ALPHA_PREMULTIPLIED), *((Role.OTHER,) * count for count in (1, 2, 4))},
    }.get(picture_format, set())
    return (opaque or picture_format == "PNG") and kind.bit_depth in (depths or range(17)) and kind.roles not in unsaid


def of_kind(kind: SampleKind, shape: tuple[int, int] = (5, 13), seed: int = 1) -> Picture:
    """A picture of noise, in which the least and the largest sample are."""
    high = kind.high if kind.palette is None else kind.palette.count - 1
    samples = np.random.default_rng(seed).integers(kind.low, high + 1, (*shape, kind.channels))
    samples[0, 0], samples[-1, -1] = kind.low, high
    return Picture.of(kind.checked(samples), kind)


@pytest.mark.parametrize("picture_format", ["PNG", "TIFF", "PPM", "NPY", "BMP", "WEBP"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_samples_of_every_kind_come_back_or_are_refused_by_what_they_are(kind: SampleKind, picture_format: str) -> None:
    picture = of_kind(kind)
    if is_refused(kind, picture_format):
        with pytest.raises(UnsupportedError, match=r"has no|have no"):
            write_picture(picture, picture_format)
        return
    written = write_picture(picture, picture_format)
    (found,) = read_document(written.data).pictures
    assert np.array_equal(found.samples, picture.samples)
    assert (written.left_out == ()) == is_said(kind, picture_format), written.left_out
    if written.left_out == ():
        assert (found.kind.roles, found.kind.bit_depth, found.kind.signed) == (kind.roles, kind.bit_depth, kind.signed)


def test_other_readers_find_the_same_samples() -> None:
    tifffile = pytest.importorskip("tifffile")
    for kind in (SampleKind(GRAY, 16, signed=True), SampleKind(GRAY, 16), SampleKind(RGB, 16), SampleKind(GRAY, 8)):
        picture = of_kind(kind, (70, 200))
        pytest.importorskip("imagecodecs")
        with tifffile.TiffFile(io.BytesIO(write_picture(picture, "TIFF").data)) as file:
            assert np.array_equal(file.pages[0].asarray().reshape(picture.samples.shape), picture.samples)
    for kind in (SampleKind(RGB, 16), SampleKind(GRAY, 2), SampleKind((*GRAY, Role.ALPHA), 16)):
        picture = of_kind(kind)
        assert np.array_equal(decoded(write_picture(picture, "PNG").data), picture.samples)


@pytest.mark.parametrize("picture_format", ["TIFF", "PPM"])
def test_pages_of_several_kinds_come_back_in_their_order(picture_format: str) -> None:
    kinds = (SampleKind(GRAY, 1), SampleKind(RGB, 8), SampleKind(GRAY, 12), SampleKind((*RGB, Role.ALPHA), 16))
    pages = [of_kind(kind, (4 + number, 9), number) for number, kind in enumerate(kinds)]
    document = read_document(write_document(pages, picture_format).data)
    assert [page.kind for page in document.pictures] == list(kinds)
    for wanted, found in zip(pages, document.pictures, strict=True):
        assert np.array_equal(wanted.samples, found.samples)
    assert document.left_out == ()


def test_pages_keep_their_own_metadata_in_a_tiff() -> None:
    pages = [
        Picture.of(np.zeros((2, 2), np.uint8), metadata=Metadata(exif=exif_block(t270=f"page {n}"), icc=bytes([n] * 9)))
        for n in range(3)
    ]
    written = write_document(pages, "TIFF")
    assert written.left_out == ()
    for number, page in enumerate(read_document(written.data).pictures):
        assert f"page {number}".encode() in page.metadata.exif
        assert page.metadata.icc == bytes([number] * 9)


@pytest.mark.parametrize("picture_format", ["PNG", "BMP", "WEBP", "NPY"])
def test_several_pages_are_refused_where_a_file_holds_one_picture(picture_format: str) -> None:
    with pytest.raises(UnsupportedError, match=f"{picture_format} holds one picture, found 2; write TIFF"):
        write_document([of_kind(SampleKind(RGB))] * 2, picture_format)


def test_gray_samples_with_a_channel_dimension_are_gray() -> None:
    samples = RNG.integers(0, 256, (4, 3, 1), np.uint8)
    assert np.array_equal(read_picture(write_picture(Picture.of(samples)).data).samples, samples[..., 0])


@pytest.mark.parametrize("picture_format", ["PNG", "WEBP"])
def test_png_and_webp_keep_all_metadata_byte_for_byte(picture_format: str) -> None:
    samples = RNG.integers(0, 256, (4, 3, 3), np.uint8)
    written = write_picture(Picture.of(samples, metadata=EVERYTHING), picture_format)
    assert written.left_out == ()
    assert read_picture(written.data).metadata == EVERYTHING


def test_tiff_keeps_what_describes_the_picture_and_leaves_its_samples_in_place() -> None:
    samples = RNG.integers(0, 256, (4, 3, 3), np.uint8)
    hostile = exif_block(t270="a picture", t274=6, t256=9999, t258=1, t259=6, t273=3, t277=7)
    written = write_picture(
        Picture.of(samples, metadata=Metadata(icc=b"profile", exif=hostile, xmp=b"<x:xmpmeta/>")), "TIFF"
    )
    read_back = read_picture(written.data)
    assert written.left_out == ()
    assert np.array_equal(read_back.samples, samples)
    assert (read_back.metadata.icc, read_back.metadata.xmp) == (b"profile", b"<x:xmpmeta/>")
    kept = Image.Exif()
    kept.load(read_back.metadata.exif)
    assert dict(kept) == {270: "a picture", 274: 6}


@pytest.mark.parametrize("picture_format", ["BMP", "PPM", "NPY"])
def test_metadata_that_a_format_cannot_take_is_named(picture_format: str) -> None:
    written = write_picture(Picture.of(np.zeros((2, 2), np.uint8), metadata=EVERYTHING), picture_format)
    assert written.left_out == ("icc", "exif", "xmp")


def test_damaged_exif_is_kept_where_bytes_are_kept_and_refused_where_it_must_be_understood() -> None:
    samples = np.zeros((2, 2), np.uint8)
    damaged = Metadata(exif=b"MM\0*\0\0\0\x08\0\x05\x01")
    assert read_picture(write_picture(Picture.of(samples, metadata=damaged)).data).metadata == damaged
    with pytest.raises(InputError, match="cannot be written as TIFF"):
        write_picture(Picture.of(samples, metadata=damaged), "TIFF")


def test_a_writer_that_changes_a_sample_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def off_by_one(source: bytes) -> object:
        document = read_document(source)
        (picture,) = document.pictures
        return replace(document, pictures=(replace(picture, samples=picture.samples ^ 1),))

    monkeypatch.setattr(writing, "read_document", off_by_one)
    with pytest.raises(MismatchError):
        write_picture(Picture.of(np.zeros((2, 2), np.uint8)))


def test_webp_larger_than_its_format_allows_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be written as WEBP"):
        write_picture(Picture.of(np.zeros((1, 16384, 3), np.uint8)), "WEBP")


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
        write_picture(Picture.of(np.zeros((2, 2), np.uint8)), "JPEG")
