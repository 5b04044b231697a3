"""A file whose first picture is not its whole content is refused with what else is in it; BigTIFF is read like TIFF."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hybridcodec.cli import commands, run
from hybridcodec.errors import UnsupportedError
from hybridcodec.image import Metadata, Picture
from hybridcodec.sources import read_picture, write_picture
from tests.picture_parts import PICTURE, Tags, jpeg_with, picture_tags, saved, tiff_file

ORDERS = [("<", False), (">", False), ("<", True), (">", True)]
LARGE = np.zeros((30, 40, 3), np.uint8)
SENSOR: Tags = {256: (3, (4000,)), 257: (3, (3000,)), 262: (3, (32803,))}

OTHER_CONTENT: dict[str, tuple[list[Tags], str]] = {
    "dng": (
        [picture_tags(t254=(4, (1,)), t330=(4, [SENSOR]), t50706=(1, b"\1\4\0\0"))],
        r"camera raw \(DNG 1\.4\): 1 more picture, 4000x3000 in SubIFD 1",
    ),
    "dng of one directory": ([picture_tags(t50706=(1, b"\1\1\0\0"))], r"camera raw \(DNG 1\.1\)"),
    "camera raw": (
        [picture_tags(t271=(2, b"NIKON\0"), t330=(4, [picture_tags(), SENSOR]))],
        r"camera raw \(of the make 'NIKON'\): 2 more pictures, 7x5 in SubIFD 1, 4000x3000 in SubIFD 2",
    ),
    "camera raw in pages": ([picture_tags(), SENSOR], r"camera raw .*: 1 more picture, 4000x3000 in page 2"),
    "pyramid": ([picture_tags(LARGE, t330=(13, [picture_tags(t254=(4, (1,)))]))], "1 more picture, 7x5 in SubIFD 1"),
    "nested": (
        [picture_tags(t330=(4, [picture_tags(t330=(4, [picture_tags(LARGE)]))]))],
        "2 more pictures, 7x5 in SubIFD 1, 40x30 in SubIFD 2",
    ),
    "thumbnail": ([picture_tags(t254=(4, (1,)))], "TIFF of a reduced copy without its picture"),
    "thumbnail, old": ([picture_tags(t255=(3, (2,)))], "TIFF of a reduced copy without its picture"),
    "mask": ([picture_tags(t254=(4, (4,)))], "TIFF of a mask"),
    "pages": ([picture_tags(), picture_tags(LARGE)], "2 frames or pages"),
}


@pytest.mark.parametrize(("order", "big"), ORDERS)
@pytest.mark.parametrize("name", OTHER_CONTENT)
def test_tiff_of_more_than_its_first_picture_is_refused_with_what_else_it_holds(
    name: str, order: str, big: bool
) -> None:
    pages, message = OTHER_CONTENT[name]
    with pytest.raises(UnsupportedError, match=message):
        read_picture(tiff_file(*pages, order=order, big=big))


def test_canons_raw_is_known_by_its_mark() -> None:
    data = tiff_file(picture_tags())
    with pytest.raises(UnsupportedError, match="Canon CR2"):
        read_picture(shifted(data, b"CR\2\0"))


def shifted(data: bytes, mark: bytes) -> bytes:
    """The TIFF with `mark` at byte 8, in the place of samples, and its samples at the end."""
    first = int.from_bytes(data[4:8], "little")
    moved = bytearray(data[:8] + mark + data[8 + len(mark) :])
    at = moved.index((273).to_bytes(2, "little"), first) + 8
    moved[at : at + 4] = len(data).to_bytes(4, "little")
    return bytes(moved) + PICTURE.tobytes()


@pytest.mark.parametrize("kind", [b"IIRO", b"IIU\0", b"FUJIFILMCCD-RAW ", b"\0\0\0\x18ftypcrx "])
def test_camera_raws_of_other_structure_are_named(kind: bytes) -> None:
    with pytest.raises(UnsupportedError, match="camera raw"):
        read_picture(kind + bytes(100))


@pytest.mark.parametrize("order", ["<", ">"])
def test_chain_of_directories_without_end_comes_to_one(order: str) -> None:
    data = bytearray(tiff_file(picture_tags(), order=order))
    (first,) = struct.unpack_from(f"{order}I", data, 4)
    link = first + 2 + 12 * len(picture_tags())
    data[link : link + 4] = data[4:8]  # the first directory is its own successor
    assert np.array_equal(read_picture(bytes(data)).samples, PICTURE)


def test_tiff_that_claims_many_directories_below_is_refused_at_once() -> None:
    child = picture_tags()
    with pytest.raises(UnsupportedError, match=r"63 more pictures, 7x5 in SubIFD 1, .* \.\.\.;"):
        read_picture(tiff_file(picture_tags(t330=(4, [child] * 3000))))


@pytest.mark.parametrize("how", ["file", "folder", "pattern"])
def test_pipeline_refuses_them_in_files_folders_and_patterns_alike(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    source = folder / "raw.tif"
    source.write_bytes(tiff_file(*OTHER_CONTENT["dng"][0]))
    named = {"file": str(source), "folder": str(folder), "pattern": str(folder / "*.tif")}[how]
    arguments = ["pipeline", named, str(tmp_path / "out"), "--profile", "photo", "--jobs", "1", "--delete-source"]
    assert run(arguments) == 1
    assert source.exists()
    assert not (tmp_path / "out" / "raw.hyc").exists()


def test_encode_and_verify_refuse_them_with_exit_code_5(tmp_path: Path) -> None:
    source, whole = tmp_path / "raw.tif", tmp_path / "whole.png"
    source.write_bytes(tiff_file(*OTHER_CONTENT["dng"][0]))
    whole.write_bytes(saved("PNG"))
    assert run(["encode", str(source), str(tmp_path / "raw.hyc")]) == 5
    assert not (tmp_path / "raw.hyc").exists()
    assert run(["encode", "-q", str(whole), str(tmp_path / "whole.hyc")]) == 0
    assert run(["verify", str(tmp_path / "whole.hyc"), "--against", str(source)]) == 5


DESCRIBED = picture_tags(
    t270=(2, b"a picture\0"), t274=(3, (6,)), t282=(5, (300, 1)), t283=(5, (300, 1)),
    t34665=(4, [{33434: (5, (1, 60)), 36867: (2, b"2020:01:02 03:04:05\0"), 37500: (7, b"maker's note")}]),
    t34853=(4, [{1: (2, b"N\0"), 2: (5, (50, 1, 30, 1, 0, 1))}]),
)  # fmt: skip


@pytest.mark.parametrize(("order", "big"), ORDERS)
def test_every_kind_of_tiff_is_read_with_its_exif(order: str, big: bool) -> None:
    picture = read_picture(tiff_file(DESCRIBED, order=order, big=big))
    assert np.array_equal(picture.samples, PICTURE)
    assert picture.left_out == ()
    exif = Image.Exif()
    exif.load(picture.metadata.exif)
    assert (exif[270], exif[274], exif[282]) == ("a picture", 6, 300)
    assert exif.get_ifd(34665)[36867] == "2020:01:02 03:04:05"
    assert exif.get_ifd(34853)[2] == (50, 30, 0)


@pytest.mark.parametrize(
    ("compression", "order", "big"),
    [*(("raw", *order) for order in ORDERS), ("tiff_lzw", "<", True), ("tiff_adobe_deflate", "<", True)],
)
def test_every_kind_of_tiff_goes_into_a_file_and_back_to_a_tiff(
    tmp_path: Path, compression: str, order: str, big: bool
) -> None:
    source = tmp_path / "a.tif"
    if compression == "raw":
        source.write_bytes(tiff_file(DESCRIBED, order=order, big=big))
    else:
        exif = Image.Exif()
        exif[270], exif[274] = "a picture", 6
        source.write_bytes(saved("TIFF", compression=compression, big_tiff=big, exif=exif))
    assert run(["encode", "-q", str(source), str(tmp_path / "a.hyc")]) == 0
    assert run(["decode", "-q", str(tmp_path / "a.hyc"), str(tmp_path / "b.tif")]) == 0
    back = read_picture(tmp_path / "b.tif")
    exif = Image.Exif()
    exif.load(back.metadata.exif)
    assert np.array_equal(back.samples, PICTURE)
    assert (exif[270], exif[274]) == ("a picture", 6)
    assert back.left_out == ()
    if compression == "raw":
        assert exif.get_ifd(34665)[37500] == b"maker's note"
        assert exif.get_ifd(34853)[2] == (50, 30, 0)


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_that_an_older_version_kept_as_big_tiff_goes_into_a_tiff(order: str) -> None:
    block = tiff_file({tag: DESCRIBED[tag] for tag in (270, 274, 282, 34665, 34853)}, order=order, big=True)
    back = read_picture(write_picture(Picture.of(PICTURE, metadata=Metadata(exif=block)), "TIFF").data)
    exif = Image.Exif()
    exif.load(back.metadata.exif)
    assert (exif[270], exif[274], exif[282]) == ("a picture", 6, 300)
    assert exif.get_ifd(34853)[2] == (50, 30, 0)
    assert back.left_out == ()


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_of_a_camera_goes_from_a_jpeg_into_a_tiff_with_its_directories(order: str) -> None:
    block = tiff_file({tag: DESCRIBED[tag] for tag in (270, 274, 282, 34665, 34853)}, order=order)
    metadata = read_picture(saved("JPEG", exif=b"Exif\0\0" + block)).metadata
    exif = Image.Exif()
    exif.load(read_picture(write_picture(Picture.of(PICTURE, metadata=metadata), "TIFF").data).metadata.exif)
    assert exif.get_ifd(34665)[36867] == "2020:01:02 03:04:05"
    assert exif.get_ifd(34853)[2] == (50, 30, 0)


FRAME = jpeg_with().index(b"\xff\xc0")


@pytest.mark.parametrize(
    ("marker", "bits", "name"),
    [(0xC1, 12, "a 12-bit JPEG"), (0xC3, 16, "a 16-bit lossless JPEG"), (0xF7, 8, "a 8-bit JPEG-LS"),
     (0xF7, 12, "a 12-bit JPEG-LS"), (0xCB, 8, "a arithmetic-coded lossless JPEG"),
     (0xC5, 8, "a hierarchical JPEG")],
)  # fmt: skip
def test_jpeg_of_another_coding_is_named(marker: int, bits: int, name: str) -> None:
    data = bytearray(jpeg_with())
    data[FRAME + 1], data[FRAME + 4] = marker, bits
    with pytest.raises(UnsupportedError, match=f"found {name};"):
        read_picture(bytes(data))


@pytest.mark.parametrize("start", [tiff_file(picture_tags()), b"II*\0" + bytes(200), b"BM" + bytes(200), bytes(200)])
def test_dicom_file_with_the_preamble_of_another_format_is_recognised(start: bytes) -> None:
    with pytest.raises(UnsupportedError, match="DICOM"):
        read_picture(start[:128].ljust(128, b"\0") + b"DICM\2\0\0\0UL\4\0" + bytes(300))


def test_jpeg_of_a_second_picture_is_refused() -> None:
    target = io.BytesIO()
    Image.fromarray(PICTURE).save(target, "MPO", save_all=True, append_images=[Image.fromarray(255 - PICTURE)])
    with pytest.raises(UnsupportedError, match="2 frames or pages"):
        read_picture(target.getvalue())


def test_encode_says_what_it_leaves_out(tmp_path: Path) -> None:
    source = tmp_path / "a.jpg"
    source.write_bytes(jpeg_with((0xFE, b"hello"), last=b"\0\0\0\x18ftypmp42" + bytes(9)))
    done = CliRunner().invoke(commands, ["encode", "-q", "--keep", "content", str(source), str(tmp_path / "a.hyc")])
    assert "comment (5 bytes); 21 bytes behind the end of the JPEG (looks like an MP4 film)" in done.stderr
