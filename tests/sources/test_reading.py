"""Pictures are read exactly or refused with one of our errors, whatever the bytes are."""

import io
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hybridcodec.errors import HybridcodecError, InputError, LimitError, UnsupportedError
from hybridcodec.image import Metadata
from hybridcodec.sources import read_document, read_picture

DATA = Path(__file__).parents[3] / "shared" / "data"
HOSTILE = sorted(path for path in (DATA / "hostile").glob("*") if path.is_dir())
BROKEN_EXIF = b"MM\0*\0\0\0\x08\0\0"  # its directory is cut off
PICTURE = np.random.default_rng(7).integers(0, 256, (5, 7, 3), np.uint8)


def saved(picture_format: str, samples: np.ndarray = PICTURE, **options: object) -> bytes:
    target = io.BytesIO()
    Image.fromarray(samples).save(target, picture_format, **options)
    return target.getvalue()


@pytest.mark.skipif(not HOSTILE, reason="the folder of hostile files is not here")
@pytest.mark.parametrize("folder", HOSTILE, ids=lambda path: path.name)
def test_every_hostile_file_is_read_or_refused_with_one_of_our_errors(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    messages = []
    for path in sorted(folder.iterdir()):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                for picture in read_document(path).pictures:
                    assert picture.kind.checked(picture.samples).size > 0, path
        except HybridcodecError as error:
            messages.append(str(error))
    assert messages
    assert not [message for message in messages if "\n" in message or len(message) > 300]
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not (DATA / "bench").is_dir(), reason="the folder of documents is not here")
def test_every_document_is_read() -> None:
    kinds = Counter[str]()
    for path in sorted((DATA / "bench" / "documents").rglob("*.*")):
        if path.suffix in (".png", ".tif"):
            kinds.update(str(picture.kind) for picture in read_document(path).pictures)
    assert kinds == {"1-bit gray": 16, "8-bit RGB": 14, "8-bit gray": 1, "8-bit palette": 4}


@pytest.mark.parametrize("picture_format", ["PNG", "TIFF", "BMP", "PPM", "WEBP", "JPEG"])
def test_file_cut_at_any_length_is_never_read_as_another_picture(picture_format: str) -> None:
    options = {"lossless": True} if picture_format == "WEBP" else {}
    data = saved(picture_format, **options)
    whole = read_picture(data).samples
    for length in range(len(data)):
        try:
            samples = read_picture(data[:length]).samples
        except HybridcodecError:
            continue
        assert np.array_equal(samples, whole), length  # only bytes that no sample needs were cut


@pytest.mark.parametrize("picture_format", ["PNG", "TIFF", "BMP", "PPM", "WEBP", "JPEG"])
def test_flipped_byte_gives_a_picture_or_one_of_our_errors_and_in_a_png_always_an_error(picture_format: str) -> None:
    data = saved(picture_format)
    for at in range(len(data)):
        try:
            read_picture(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        except HybridcodecError:
            continue
        assert picture_format != "PNG", at


@pytest.mark.parametrize("data", [b"", b"not a picture", bytes(1000), b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_what_is_no_picture_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError, match=r"empty|not a picture"):
        read_picture(data)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"GIF89a", "GIF"),
        (b"%PDF-1.7", "PDF"),
        (bytes(128) + b"DICM", "DICOM"),
        (b"\x89HYC\r\n\x1a\n", "encoded already"),
        (b"\0\0\0\x1cftypavif", "AVIF"),
    ],
)
def test_known_files_of_other_kinds_are_named(start: bytes, kind: str) -> None:
    with pytest.raises(UnsupportedError, match=kind):
        read_picture(start + bytes(100))


def test_file_that_only_starts_like_a_picture_says_so() -> None:
    with pytest.raises(InputError, match="looks like a TIFF, but is damaged"):
        read_picture(b"II*\0" + bytes(100))


def test_suffix_says_nothing_and_the_content_counts(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(saved("PNG"))
    assert np.array_equal(read_picture(path).samples, PICTURE)


def test_unreadable_paths_are_input_errors(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.png"):
        with pytest.raises(InputError, match="cannot be read"):
            read_picture(path)


def test_animations_and_pages_are_refused() -> None:
    more = [Image.fromarray(255 - PICTURE)]
    for picture_format in ("PNG", "TIFF", "WEBP"):
        with pytest.raises(UnsupportedError, match="2 frames or pages"):
            read_picture(saved(picture_format, save_all=True, append_images=more))


def test_cmyk_jpeg_is_refused() -> None:
    target = io.BytesIO()
    Image.new("CMYK", (4, 4)).save(target, "JPEG")
    with pytest.raises(UnsupportedError, match="8-bit CMYK"):
        read_picture(target.getvalue())


def test_picture_over_the_limit_is_refused_before_its_pixels_are_decoded() -> None:
    with pytest.raises(LimitError, match="exceeds limit of 178956970 pixels"):
        read_picture(b"P5 60000 60000 255\n")


def test_jpeg_is_taken_as_pillow_decodes_it() -> None:
    data = saved("JPEG", quality=80)
    assert np.array_equal(read_picture(data).samples, np.asarray(Image.open(io.BytesIO(data))))


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_metadata_arrives_without_the_name_that_jpeg_gives_its_block(picture_format: str) -> None:
    exif = Image.Exif()
    exif[270], exif[306] = "a picture", "2020:01:02 03:04:05"
    metadata = read_picture(saved(picture_format, exif=exif, icc_profile=b"profile" * 20)).metadata
    assert metadata.icc == b"profile" * 20
    assert metadata.exif[:2] in (b"II", b"MM")
    again = Image.Exif()
    again.load(metadata.exif)
    assert dict(again) == dict(exif)


def test_xmp_arrives_byte_for_byte() -> None:
    assert read_picture(saved("JPEG", xmp=b"<x:xmpmeta/>")).metadata == Metadata(xmp=b"<x:xmpmeta/>")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("picture_format", ["PNG", "TIFF", "WEBP"])
def test_orientation_is_kept_and_never_applied(picture_format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    picture = read_picture(saved(picture_format, exif=exif, **({"lossless": True} if picture_format == "WEBP" else {})))
    assert np.array_equal(picture.samples, PICTURE)
    kept = Image.Exif()
    kept.load(picture.metadata.exif)
    assert kept.get(274, 1) == orientation


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP"])
def test_an_exif_block_that_makes_no_sense_is_kept_byte_for_byte_and_the_picture_read(picture_format: str) -> None:
    metadata = read_picture(saved(picture_format, exif=b"Exif\0\0" + BROKEN_EXIF)).metadata
    assert metadata.exif == BROKEN_EXIF


def test_a_tiff_whose_tags_make_no_sense_is_refused() -> None:
    data = bytearray(saved("TIFF"))
    first = int.from_bytes(data[4:8], "little")
    data[first : first + 2] = (40).to_bytes(2, "little")  # more tags than there are
    with pytest.raises(InputError):
        read_picture(bytes(data))
