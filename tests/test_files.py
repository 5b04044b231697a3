"""Jobs on files end in a proven file or in one error, and never in anything between."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from PIL import Image

from hybridcodec import codec
from hybridcodec.errors import (
    CorruptFileError,
    HybridcodecError,
    InputError,
    LimitError,
    MismatchError,
    TruncatedFileError,
    UnsupportedError,
)
from hybridcodec.files import DecodeSettings, EncodeSettings, decode_file, encode_file, extract_file, verify_file
from hybridcodec.image import Layer, Metadata, Mode, Picture
from hybridcodec.keeping import source_of
from hybridcodec.modes import Keep
from hybridcodec.proof.port import CODEC
from hybridcodec.provenance import Mark
from hybridcodec.region import Region
from hybridcodec.sources import read_picture, write_picture
from hybridcodec.sources.parts.xmp import marked
from hybridcodec.sources.reading import read_document

LOSSLESS, NEAR = EncodeSettings(), EncodeSettings(Mode.NEAR_LOSSLESS, 3)
PREVIEW = EncodeSettings(Mode.PERCEPTUAL)
METADATA = Metadata(icc=b"profile", exif=b"MM\0*\0\0\0\x08\0\0\0\0\0\0", xmp=b"<x:xmpmeta/>")


def photo(height: int = 18, width: int = 23, channels: int = 3) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    smooth = (rows * 5 + columns * 3)[..., None] + np.arange(channels) * 40
    noise = np.random.default_rng(11).integers(0, 9, smooth.shape)
    samples = (smooth + noise).astype(np.uint8)
    return samples[..., 0] if channels == 1 else samples


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(write_picture(Picture.of(photo(), metadata=METADATA)).data)
    return path


@pytest.fixture(scope="session")
def encoded_bytes() -> dict[Mode, bytes]:
    samples = photo()
    return {
        settings.mode: codec.encode(samples, mode=settings.mode, max_error=settings.max_error, metadata=METADATA)
        for settings in (LOSSLESS, NEAR, PREVIEW)
    }


@pytest.fixture
def encoded(tmp_path: Path, encoded_bytes: dict[Mode, bytes]) -> Callable[[Mode], Path]:
    def write(mode: Mode) -> Path:
        path = tmp_path / f"{mode}.hyc"
        path.write_bytes(encoded_bytes[mode])
        return path

    return write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("channels", [1, 3])
def test_lossless_file_gives_back_samples_and_metadata(tmp_path: Path, channels: int) -> None:
    source, target, back = tmp_path / "photo.png", tmp_path / "photo.hyc", tmp_path / "back.png"
    source.write_bytes(write_picture(Picture.of(photo(channels=channels), metadata=METADATA)).data)
    result = encode_file(source, target, LOSSLESS)
    assert (result.shape, result.verified, result.worst_error) == ((18, 23, channels), True, 0)
    assert result.written_bytes == target.stat().st_size
    decoded = decode_file(target, back)
    assert (decoded.complete, decoded.arrived, decoded.left_out) == (True, 1.0, ())
    picture = read_picture(back)
    assert np.array_equal(picture.samples, photo(channels=channels))
    assert picture.metadata == METADATA
    assert names(tmp_path) == ["back.png", "photo.hyc", "photo.png"]


def test_near_lossless_reports_its_worst_error_and_stays_within_its_bound(tmp_path: Path, picture: Path) -> None:
    result = encode_file(picture, tmp_path / "near.hyc", NEAR)
    decode_file(tmp_path / "near.hyc", tmp_path / "near.png")
    samples = read_picture(tmp_path / "near.png").samples
    worst = int(np.abs(samples.astype(int) - photo()).max())
    assert 0 < worst <= 3
    assert result.worst_error == worst


def test_preview_is_written_verified_and_never_taken_for_the_picture(tmp_path: Path, picture: Path) -> None:
    target = tmp_path / "preview.hyc"
    result = encode_file(picture, target, PREVIEW)
    assert (result.verified, result.worst_error) == (True, None)
    with pytest.raises(UnsupportedError, match="perceptual"):
        decode_file(target, tmp_path / "exact.png")
    decode_file(target, tmp_path / "seen.png", DecodeSettings(layer=Layer.PERCEPTUAL))
    assert names(tmp_path) == ["photo.png", "preview.hyc", "seen.png"]


def wrong_sample(samples: np.ndarray) -> np.ndarray:
    changed = samples.copy()
    changed.reshape(-1)[-1] ^= 64
    return changed


@pytest.mark.parametrize("settings", [LOSSLESS, NEAR], ids=lambda settings: str(settings.mode))
def test_an_encoder_that_writes_another_picture_is_found_out(
    tmp_path: Path, picture: Path, settings: EncodeSettings
) -> None:
    def encode(pictures: Sequence[Picture], **options: Any) -> bytes:
        others = [replace(other, samples=wrong_sample(other.samples)) for other in pictures]
        return codec.encode_album(others, **options)

    port = replace(CODEC, encode=encode)
    with pytest.raises(MismatchError, match=r"photo\.png: what was written is not what it should be"):
        encode_file(picture, tmp_path / "out.hyc", settings, port=port)
    assert names(tmp_path) == ["photo.png"]


def test_an_encoder_that_loses_metadata_or_mistakes_the_mode_is_found_out(tmp_path: Path, picture: Path) -> None:
    def without_icc(pictures: Sequence[Picture], **options: Any) -> bytes:
        return codec.encode_album([replace(one, metadata=replace(METADATA, icc=b"")) for one in pictures], **options)

    def preview_alone(pictures: Sequence[Picture], **options: Any) -> bytes:
        return codec.encode_album(pictures, **options | {"mode": Mode.PERCEPTUAL, "source": None})

    for encode, found in (
        (without_icc, "metadata differs: icc$"),
        (preview_alone, "expected lossless, 0, False, found perceptual, 0, False"),
    ):
        with pytest.raises(MismatchError, match=found):
            encode_file(picture, tmp_path / "out.hyc", LOSSLESS, port=replace(CODEC, encode=encode))
    assert names(tmp_path) == ["photo.png"]


def test_a_disk_that_gives_back_other_bytes_is_found_out(
    tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes

    def damaged(path: Path) -> bytes:
        data = read(path)
        return data[:-30] + bytes([data[-30] ^ 1]) + data[-29:] if path.suffix == ".tmp" else data

    monkeypatch.setattr(Path, "read_bytes", damaged)
    with pytest.raises((CorruptFileError, MismatchError), match="nothing was kept"):
        encode_file(picture, tmp_path / "out.hyc", LOSSLESS)
    assert names(tmp_path) == ["photo.png"]


def test_decoded_picture_that_the_disk_changes_is_found_out(
    tmp_path: Path, encoded: Callable[[Mode], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, read = encoded(Mode.LOSSLESS), Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b"x" * (path.suffix == ".tmp"))
    with pytest.raises(MismatchError, match="other bytes than were written"):
        decode_file(source, tmp_path / "out.png")
    assert names(tmp_path) == ["lossless.hyc"]


def must_not_be_called(*_: object, **__: object) -> NoReturn:
    raise AssertionError


def test_without_verification_nothing_is_decoded(tmp_path: Path, picture: Path) -> None:
    result = encode_file(
        picture, tmp_path / "out.hyc", EncodeSettings(verify=False), port=replace(CODEC, decode_each=must_not_be_called)
    )
    assert (result.verified, result.worst_error) == (False, None)


def test_existing_output_is_kept_unless_forced(tmp_path: Path, picture: Path) -> None:
    target = tmp_path / "out.hyc"
    target.write_bytes(b"old")
    with pytest.raises(InputError, match="exists already"):
        encode_file(picture, target, PREVIEW)
    assert target.read_bytes() == b"old"
    encode_file(picture, target, PREVIEW, force=True)
    assert verify_file(target).mode is Mode.PERCEPTUAL


def test_source_is_never_overwritten(picture: Path) -> None:
    before = picture.read_bytes()
    with pytest.raises(InputError, match="is the input itself"):
        encode_file(picture, picture, LOSSLESS, force=True)
    assert picture.read_bytes() == before


def test_bad_pictures_leave_nothing_behind(tmp_path: Path, picture: Path) -> None:
    for name, data in (("empty", b""), ("text", b"hello"), ("cut", picture.read_bytes()[:-40])):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=name):
            encode_file(tmp_path / name, tmp_path / "out.hyc", LOSSLESS)
    assert names(tmp_path) == ["cut", "empty", "photo.png", "text"]


def test_an_animation_is_refused_as_unsupported(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (3, 3), (n, 0, 0)) for n in range(2)]
    frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:])
    with pytest.raises(UnsupportedError, match=r"moving\.png: found .*animation"):
        encode_file(tmp_path / "moving.png", tmp_path / "out.hyc", LOSSLESS)


@pytest.mark.parametrize("name", ["out.jpg", "out.xyz", "out"])
def test_output_that_is_no_lossless_picture_is_refused_before_decoding(
    tmp_path: Path, encoded: Callable[[Mode], Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delattr(codec, "decode")
    with pytest.raises(UnsupportedError, match=r"\.png"):
        decode_file(encoded(Mode.LOSSLESS), tmp_path / name)


def test_format_can_be_given_instead_of_a_suffix(tmp_path: Path, encoded: Callable[[Mode], Path]) -> None:
    result = decode_file(encoded(Mode.LOSSLESS), tmp_path / "out", DecodeSettings(picture_format="BMP"))
    assert result.left_out == ("icc", "exif", "xmp")
    assert (tmp_path / "out").read_bytes().startswith(b"BM")


def test_damaged_file_is_corrupt_whatever_is_asked_of_it(tmp_path: Path, encoded: Callable[[Mode], Path]) -> None:
    source = encoded(Mode.LOSSLESS)
    data = source.read_bytes()
    middle = len(data) // 2
    source.write_bytes(data[:middle] + bytes([data[middle] ^ 16]) + data[middle + 1 :])
    jobs = (
        lambda: decode_file(source, tmp_path / "out.png"),
        lambda: extract_file(source, tmp_path / "out.hyc"),
        lambda: verify_file(source),
    )
    for job in jobs:
        with pytest.raises(CorruptFileError, match=r"lossless\.hyc: "):
            job()
    assert names(tmp_path) == ["lossless.hyc"]


def test_cut_file_is_truncated_and_still_gives_the_preview_of_what_arrived(
    tmp_path: Path, encoded: Callable[[Mode], Path]
) -> None:
    source, target = encoded(Mode.LOSSLESS), tmp_path / "out.png"
    source.write_bytes(source.read_bytes()[:-25])
    for layer in Layer:
        with pytest.raises(TruncatedFileError):
            decode_file(source, target, DecodeSettings(layer=layer))
    with pytest.raises(InputError, match="only the preview"):
        decode_file(source, target, DecodeSettings(partial=True))
    assert not target.exists()
    result = decode_file(source, target, DecodeSettings(layer=Layer.PERCEPTUAL, partial=True))
    assert not result.complete
    assert 0 < result.arrived <= 1
    assert read_picture(target).metadata == replace(METADATA, xmp=marked(METADATA.xmp, Mark.LEARNED))


def test_extracted_preview_is_the_preview_of_the_file(tmp_path: Path, encoded: Callable[[Mode], Path]) -> None:
    source, preview = encoded(Mode.LOSSLESS), tmp_path / "preview.hyc"
    written = extract_file(source, preview).written_bytes
    assert written == preview.stat().st_size < source.stat().st_size
    assert verify_file(preview).mode is Mode.PERCEPTUAL
    for path in (source, preview):
        decode_file(path, path.with_suffix(".bmp"), DecodeSettings(layer=Layer.PERCEPTUAL))
    assert source.with_suffix(".bmp").read_bytes() == preview.with_suffix(".bmp").read_bytes()
    assert codec.read_metadata(preview.read_bytes()) == METADATA


@pytest.mark.parametrize("mode", [Mode.LOSSLESS, Mode.PERCEPTUAL])
def test_a_preview_says_in_its_metadata_what_it_is_and_an_exact_picture_never(tmp_path: Path, mode: Mode) -> None:
    source = tmp_path / "a.hyc"
    source.write_bytes(codec.encode(photo(), mode=mode, metadata=Metadata(xmp=METADATA.xmp)))
    shown = Mark.LEARNED if mode is Mode.LOSSLESS else Mark.GENERATED
    for target in (tmp_path / f"out{suffix}" for suffix in (".png", ".tif", ".webp")):
        for layer, mark in ((Layer.PERCEPTUAL, shown), (Layer.BASE, Mark.LEARNED)):
            decode_file(source, target, DecodeSettings(layer=layer), force=True)
            xmp = read_document(target).pictures[0].metadata.xmp
            assert xmp == marked(METADATA.xmp, mark)
            assert mark.source_type.encode() in xmp
            assert mark.value.encode() in xmp
        if mode is Mode.LOSSLESS:
            decode_file(source, target, force=True)
            assert read_document(target).pictures[0].metadata.xmp == METADATA.xmp


def test_a_format_that_cannot_say_what_a_preview_is_is_said_to_be_one(tmp_path: Path) -> None:
    source = tmp_path / "a.hyc"
    source.write_bytes(codec.encode(photo(), mode=Mode.PERCEPTUAL))
    assert decode_file(source, tmp_path / "out.ppm", DecodeSettings(layer=Layer.PERCEPTUAL)).left_out == ("xmp",)


def test_verify_compares_with_the_original(tmp_path: Path, picture: Path, encoded: Callable[[Mode], Path]) -> None:
    for mode in (Mode.LOSSLESS, Mode.NEAR_LOSSLESS):
        assert verify_file(encoded(mode), against=picture).mode is mode
    other = tmp_path / "other.png"
    for samples, metadata, found in (
        (wrong_sample(photo()), METADATA, "1 of 1242 samples differ by up to 64"),
        (photo()[:-1], METADATA, "expected 23x17 with 3 channels, found 23x18"),
        (photo(), Metadata(), "metadata differs: icc, exif, xmp"),
    ):
        other.write_bytes(write_picture(Picture.of(samples, metadata=metadata)).data)
        with pytest.raises(MismatchError, match=rf"lossless\.hyc: compared with .*other\.png: .*{found}"):
            verify_file(encoded(Mode.LOSSLESS), against=other)
    with pytest.raises(MismatchError, match="only a preview"):
        verify_file(encoded(Mode.PERCEPTUAL), against=picture)


def test_progress_runs_from_nothing_to_all_and_never_back(tmp_path: Path, picture: Path) -> None:
    seen: list[float] = []
    encode_file(picture, tmp_path / "out.hyc", LOSSLESS, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert all(0 <= fraction <= 1 for fraction in seen)


@pytest.mark.parametrize(
    ("mode", "max_error"),
    [(Mode.LOSSLESS, 1), (Mode.PERCEPTUAL, 5), (Mode.NEAR_LOSSLESS, 0), (Mode.NEAR_LOSSLESS, 65536)],
)
def test_maximum_error_that_contradicts_the_mode_is_refused(mode: Mode, max_error: int) -> None:
    with pytest.raises(HybridcodecError, match=f"found {max_error}"):
        EncodeSettings(mode, max_error)


def test_all_pages_are_decoded_into_a_format_that_holds_several_and_one_by_its_number(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.roll(photo(), n, 0)) for n in range(3)]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    assert encode_file(tmp_path / "pages.tif", tmp_path / "a.hyc", LOSSLESS).pictures == 3
    decode_file(tmp_path / "a.hyc", tmp_path / "b.tif")
    found = read_document(tmp_path / "b.tif").pictures
    assert [np.array_equal(one.samples, np.asarray(page)) for one, page in zip(found, pages, strict=True)] == [True] * 3
    decode_file(tmp_path / "a.hyc", tmp_path / "c.png", DecodeSettings(picture=2))
    assert np.array_equal(read_picture(tmp_path / "c.png").samples, np.asarray(pages[2]))
    with pytest.raises(UnsupportedError, match="PNG holds one picture, found 3"):
        decode_file(tmp_path / "a.hyc", tmp_path / "d.png")
    with pytest.raises(InputError, match="no picture 3"):
        decode_file(tmp_path / "a.hyc", tmp_path / "d.png", DecodeSettings(picture=3))
    assert names(tmp_path) == ["a.hyc", "b.tif", "c.png", "pages.tif"]


def test_the_pixels_of_a_jpeg_that_is_kept_are_those_of_its_decoder(tmp_path: Path) -> None:
    Image.fromarray(photo()).save(tmp_path / "a.jpg", quality=90)
    result = encode_file(tmp_path / "a.jpg", tmp_path / "a.hyc", LOSSLESS)
    assert (result.restores, result.worst_error) == (True, None)
    decode_file(tmp_path / "a.hyc", tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), np.asarray(Image.open(tmp_path / "a.jpg")))
    assert verify_file(tmp_path / "a.hyc", against=tmp_path / "a.jpg").restores


def test_a_region_of_a_jpeg_that_is_kept_is_cut_from_what_its_decoder_gives(tmp_path: Path) -> None:
    Image.fromarray(photo()).save(tmp_path / "a.jpg", quality=90)
    encode_file(tmp_path / "a.jpg", tmp_path / "a.hyc", LOSSLESS)
    corner = DecodeSettings(region=Region(3, 2, 9, 8))
    result = decode_file(tmp_path / "a.hyc", tmp_path / "a.png", corner)
    assert (result.shape, result.tiles, result.size) == ((8, 9, 3), (0, 0), photo().shape[:2])
    found = np.asarray(Image.open(tmp_path / "a.png"))
    assert np.array_equal(found, np.asarray(Image.open(tmp_path / "a.jpg"))[2:10, 3:12])
    with pytest.raises(InputError, match=r"a\.hyc: the region 3,2,900,8 reaches beyond the picture"):
        decode_file(tmp_path / "a.hyc", tmp_path / "b.png", DecodeSettings(region=Region(3, 2, 900, 8)))
    with pytest.raises(UnsupportedError, match="restore its source file"):
        codec.decode(tmp_path / "a.hyc", region=(3, 2, 9, 8))


def test_a_limit_of_pixels_holds_for_kept_files(tmp_path: Path) -> None:
    Image.fromarray(photo()).save(tmp_path / "a.jpg", quality=90)
    encode_file(tmp_path / "a.jpg", tmp_path / "a.hyc", LOSSLESS)
    (tmp_path / "b.hyc").write_bytes(
        codec.encode_album([], source=lambda: source_of((tmp_path / "a.jpg").read_bytes()))
    )
    small = DecodeSettings(max_pixels=photo()[..., 0].size - 1)
    for settings in (small, replace(small, picture=0), replace(small, region=Region(0, 0, 2, 2))):
        for name in ("a.hyc", "b.hyc"):
            with pytest.raises(LimitError, match=r"23x18 = 414 pixels, the limit is 413"):
                decode_file(tmp_path / name, tmp_path / "b.png", settings)


def test_a_kept_file_of_more_pages_than_there_are_previews_is_refused(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.roll(photo(), n, 0)) for n in range(2)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    kept = source_of((tmp_path / "a.tif").read_bytes())
    first = Picture.of(photo())
    (tmp_path / "a.hyc").write_bytes(codec.encode_album([first], mode=Mode.PERCEPTUAL, source=lambda: kept))
    for settings in (DecodeSettings(), DecodeSettings(picture=1)):
        with pytest.raises(HybridcodecError, match=r"2 pictures, and there are 1 previews|no picture 1"):
            decode_file(tmp_path / "a.hyc", tmp_path / "b.tif", settings)


def test_what_is_wrong_with_a_kept_file_is_not_said_of_the_file_that_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    encode_file(tmp_path / "empty.png", tmp_path / "a.hyc", replace(LOSSLESS, keep=Keep.FILE))
    for settings in (DecodeSettings(), DecodeSettings(region=Region(0, 0, 1, 1))):
        with pytest.raises(InputError, match=r"a\.hyc: the file that is kept in it: the file is empty"):
            decode_file(tmp_path / "a.hyc", tmp_path / "b.png", settings)


def test_a_region_of_a_kept_file_of_several_pages_needs_the_number_of_one(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.roll(photo(), n, 0)) for n in range(2)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:], compression="jpeg")
    encode_file(tmp_path / "a.tif", tmp_path / "a.hyc", replace(LOSSLESS, keep=Keep.FILE))
    decode_file(tmp_path / "a.hyc", tmp_path / "all.tif")
    second = DecodeSettings(region=Region(3, 2, 9, 8), picture=1)
    decode_file(tmp_path / "a.hyc", tmp_path / "a.png", second)
    whole = read_document(tmp_path / "all.tif").pictures[1]
    assert np.array_equal(read_picture(tmp_path / "a.png").samples, whole.samples[2:10, 3:12])
    with pytest.raises(InputError, match="2 pictures: say which"):
        decode_file(tmp_path / "a.hyc", tmp_path / "b.png", replace(second, picture=None))
