"""Whatever a picture file holds besides its samples is kept as metadata, byte for byte, or named."""

import struct
import zlib

import numpy as np
import pytest

from hybridcodec.errors import HybridcodecError, LimitError
from hybridcodec.image import Metadata, Picture
from hybridcodec.sources import read_picture, write_picture
from hybridcodec.sources.formats import written
from hybridcodec.sources.parts.png import MOST_UNPACKED
from tests.picture_parts import (
    PICTURE,
    jpeg_with,
    picture_tags,
    png_chunk,
    png_with,
    saved,
    tiff_file,
    webp_with,
)

FILM = b"\0\0\0\x18ftypmp42" + bytes(range(200))
GRAY = PICTURE[..., 0].copy()
IPTC = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x05\x1c\x02\x05\0\0\0" + b"8BIM\x03\xed\0\0\0\0\0\x10" + bytes(16)
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"
BMP = saved("BMP")
UNUSED = len(tiff_file(picture_tags(t273=(4, (0,)))))
E = b"Exif\0\0"


def exif(orientation: int = 1) -> bytes:
    return tiff_file({274: (3, (orientation,))})


def bmp_of_version_5(profile: bytes = b"", between: bytes = b"", last: bytes = b"") -> bytes:
    rows = BMP[54:]
    start, space = 14 + 124 + len(between), b"DEBM" if profile else b"BGRs"
    header = struct.pack("<I", 124) + BMP[18:38] + bytes(16) + bytes(16) + space + bytes(48)
    header += struct.pack("<IIII", 4, start - 14 + len(rows) if profile else 0, len(profile), 0)
    size = start + len(rows) + len(profile)
    return b"BM" + struct.pack("<IHHI", size, 0, 0, start) + header + between + rows + profile + last


LEFT_OUT = {
    "png film": (png_with(last=FILM), ["212 bytes behind the end of the PNG (looks like an MP4 film)"]),
    "png zeros": (png_with(last=bytes(9)), ["9 bytes behind the end of the PNG (all zero)"]),
    "png text": (png_with((b"tEXt", b"Comment\0hello")), ["text chunk 'Comment' (13 bytes)"]),
    "png packed text": (
        png_with((b"zTXt", b"Author\0\0" + zlib.compress(b"me"))), ["text chunk 'Author' (18 bytes)"]
    ),
    "png two texts": (
        png_with((b"tEXt", b"a\0b"), (b"iTXt", b"a\0\0\0\0\0b")), ["text chunk 'a' (2 of them, 10 bytes)"]
    ),
    "png terminal sequence": (png_with((b"tEXt", b"a\x1b[2J\n\0b")), ["text chunk 'a?[2J?' (8 bytes)"]),
    "png iptc": (
        png_with((b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(b"\niptc\n  2\n1c02\n"))),
        ["IPTC in text chunk 'Raw profile type iptc'"],
    ),
    "png gamma": (png_with((b"gAMA", struct.pack(">I", 45455))), ["gamma (0.45455)"]),
    "png resolution": (
        png_with((b"pHYs", struct.pack(">IIB", 2835, 2835, 1))), ["resolution (2,835 x 2,835 pixels a metre)"]
    ),
    "png primaries": (png_with((b"cHRM", bytes(32))), ["primaries and white point, chunk 'cHRM' (32 bytes)"]),
    "png bits": (png_with((b"sBIT", b"\5\5\5")), ["significant bits, chunk 'sBIT' (3 bytes)"]),
    "png srgb": (png_with((b"sRGB", b"\0")), ["sRGB rendering intent (0)"]),
    "png palette": (png_with((b"PLTE", bytes(6))), ["suggested palette, chunk 'PLTE' (6 bytes)"]),
    "png own chunk": (png_with((b"prVt", b"secret")), ["chunk 'prVt' (6 bytes)"]),
    "png two exif": (png_with((b"eXIf", exif(3)), (b"eXIf", exif(6))), ["a further EXIF block (26 bytes)"]),
    "png damaged icc": (png_with((b"iCCP", b"icc\0\0damaged")), ["an ICC profile that is damaged or not the last"]),
    "png named icc": (
        png_with((b"iCCP", b"Scanner 7\0\0" + zlib.compress(b"p" * 9))), ["the name of the ICC profile, 'Scanner 7'"]
    ),
    "png more samples": (
        png_with()[:33]
        + png_chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in PICTURE)) + b"hidden")
        + png_chunk(b"IEND", b""),
        ["6 bytes behind the end of the compressed samples"],
    ),
    "png rows behind the last": (
        png_with()[:33]
        + png_chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in PICTURE) + b"hidden"))
        + png_chunk(b"IEND", b""),
        ["more compressed samples than the picture has"],
    ),
    "png apng of one frame": (
        png_with((b"acTL", struct.pack(">II", 1, 0)), (b"fcTL", struct.pack(">5IHHBB", 0, 7, 5, 0, 0, 1, 1, 0, 0))),
        ["chunk 'acTL' (8 bytes)", "chunk 'fcTL' (26 bytes)"],
    ),
    "jpeg film": (jpeg_with(last=FILM), ["212 bytes behind the end of the JPEG (looks like an MP4 film)"]),
    "jpeg film behind a maker's mark": (
        jpeg_with(last=b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data" + FILM), ["(looks like an MP4 film)"]
    ),
    "jpeg picture": (jpeg_with(last=saved("JPEG")), ["behind the end of the JPEG (looks like a JPEG)"]),
    "jpeg extended xmp": (
        jpeg_with((0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(50))), ["extended XMP (85 bytes)"]
    ),
    "jpeg iptc": (jpeg_with((0xED, IPTC)), ["IPTC (5 bytes)", "resolution in Photoshop's resources (16 bytes)"]),
    "jpeg comment": (jpeg_with((0xFE, b"hello")), ["comment (5 bytes)"]),
    "jpeg two xmp": (jpeg_with((0xE1, XMP), (0xE1, XMP + b" ")), ["a further XMP packet (41 bytes)"]),
    "jpeg jumbf": (jpeg_with((0xEB, b"JP\0\1\0\0\0\1" + bytes(20))), ["JUMBF boxes"]),
    "jpeg flashpix": (jpeg_with((0xE2, b"FPXR\0" + bytes(9))), ["FlashPix data (14 bytes)"]),
    "jpeg index of pictures": (jpeg_with((0xE2, b"MPF\0" + bytes(9))), ["index of further pictures (MPF) (13 bytes)"]),
    "jpeg own segment": (jpeg_with((0xE7, b"Maker\0secret")), ["segment APP7 'Maker' (12 bytes)"]),
    "jpeg thumbnail": (jpeg_with((0xE0, b"JFXX\0\x10" + bytes(9))), ["JFIF extension (thumbnail) (15 bytes)"]),
    "jpeg resolution": (saved("JPEG", dpi=(300, 300)), ["resolution (300 x 300 dots per inch)"]),
    "jpeg icc in wrong parts": (
        jpeg_with((0xE2, b"ICC_PROFILE\0\1\2half")), ["an ICC profile in parts that do not fit together (6 bytes)"]
    ),
    "webp film": (webp_with(last=FILM), ["212 bytes behind the end of the WebP (looks like an MP4 film)"]),
    "webp chunk": (webp_with((b"note", b"hello")), ["chunk 'note' (5 bytes)"]),
    "tiff film": (
        tiff_file(picture_tags(), last=FILM), ["212 bytes behind the end of the TIFF (looks like an MP4 film)"]
    ),
    "tiff iptc": (tiff_file(picture_tags(t33723=(7, b"\x1c\2\5\0\0"))), ["IPTC (5 bytes)"]),
    "tiff photoshop": (tiff_file(picture_tags(t34377=(7, IPTC[14:]))), ["IPTC (5 bytes)"]),
    "tiff map": (tiff_file(picture_tags(t33550=(7, b"123456789"))), ["TIFF tag 33550", "(9 bytes)"]),
    "tiff layers": (tiff_file(picture_tags(t37724=(7, bytes(80)))), ["TIFF tag 37724", "(80 bytes)"]),
    "tiff own tag": (tiff_file(picture_tags(t65000=(2, b"secret\0"))), ["TIFF tag 65000 (7 bytes)"]),
    "tiff page": (tiff_file(picture_tags(t254=(4, (2,)))), ["that it is a page of several (NewSubfileType)"]),
    "big tiff own tag": (
        tiff_file(picture_tags(t65000=(2, b"secret\0")), big=True, order=">"), ["TIFF tag 65000 (7 bytes)"]
    ),
    "tiff gap": (
        tiff_file(picture_tags(t273=(4, (UNUSED + 6,))), last=b"hidden" + PICTURE.tobytes()),
        ["6 bytes that no tag of the TIFF refers to"],
    ),
    "tiff preview": (
        tiff_file(picture_tags(t513=(4, (UNUSED,)), t514=(4, (90,)), t273=(4, (UNUSED + 90,))),
                  last=bytes(90) + PICTURE.tobytes()),
        ["JPEG preview ("],
    ),
    "tiff tag of an unknown type": (
        tiff_file(picture_tags(t65000=(3, (7,)))).replace(b"\xe8\xfd\3\0", b"\xe8\xfd\x63\0"),
        ["TIFF tag 65000 that is repeated or cannot be read"],
    ),
    "tiff tag twice": (
        tiff_file(picture_tags(t65000=(3, (7,)), t65001=(3, (7,)))).replace(b"\xe9\xfd", b"\xe8\xfd"),
        ["TIFF tag 65000 (2 bytes)", "TIFF tag 65000 that is repeated"],
    ),
    "tiff rows behind the last": (
        tiff_file(picture_tags(t273=(4, PICTURE.tobytes() + b"hidden"), t279=(4, (PICTURE.size + 6,)))),
        ["bytes in the strips of the TIFF behind its last row (6 bytes)"],
    ),
    "tiff strip behind the last": (
        tiff_file(picture_tags(t273=(4, (UNUSED + 8, UNUSED + 14)), t279=(4, (PICTURE.size, 6))),
                  last=bytes(8) + PICTURE.tobytes() + b"hidden"),
        ["bytes in the strips of the TIFF behind its last row (6 bytes)"],
    ),
    "bmp film": (BMP + FILM, ["212 bytes behind the end of the BMP (looks like an MP4 film)"]),
    "bmp resolution": (saved("BMP", dpi=(300, 300)), ["resolution (11,811 x 11,811 pixels a metre)"]),
    "bmp gap": (bmp_of_version_5(between=b"gap!"), ["bytes between the headers and the rows of the BMP (4 bytes)"]),
    "bmp fill bytes": (
        BMP[:54] + BMP[54:].replace(b"\0" * 3, b"\1" * 3), ["fill bytes in the rows of the BMP that are not zero"]
    ),
    "bmp behind its profile": (
        bmp_of_version_5(profile=b"profile" * 9, last=b"hidden"), ["6 bytes behind the end of the BMP"]
    ),
    "ppm film": (saved("PPM") + FILM, ["212 bytes behind the end of the samples (looks like an MP4 film)"]),
    "pgm comment": (b"P5\n# by hand\n1 1\n255\nx", ["comment (8 bytes)"]),
    "pgm in letters": (b"P2 1 1 255 7 8 9", ["2 words behind the last sample"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_not_kept_is_named(name: str) -> None:
    data, expected = LEFT_OUT[name]
    found = read_picture(data).left_out
    for words in expected:
        assert any(words in entry for entry in found), found


WHOLE = {
    "png": saved("PNG", exif=exif(6), icc_profile=b"profile" * 20),
    "png xmp": png_with((b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>")),
    "png packed xmp": png_with((b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<x/>"))),
    "jpeg": saved("JPEG", exif=E + exif(6), icc_profile=b"profile" * 20000, xmp=b"<x:xmpmeta/>"),
    "jpeg of several scans": saved("JPEG", progressive=True),
    "jpeg with resolution in both": saved("JPEG", dpi=(300, 300), exif=E + tiff_file(
        {282: (5, (300, 1)), 283: (5, (300, 1)), 296: (3, (2,))})),
    "webp": saved("WEBP", lossless=True, exif=exif(6), icc_profile=b"profile" * 20, xmp=b"<x:xmpmeta/>"),
    "tiff": saved("TIFF", icc_profile=b"profile" * 20, compression="tiff_lzw"),
    "tiff in tiles of one order": tiff_file(picture_tags(), order=">"),
    "tiff with descriptions": tiff_file(picture_tags(t270=(2, b"a picture\0"), t282=(5, (72, 1)), t274=(3, (6,)))),
    "tiff with foreign text": tiff_file(picture_tags(t270=(2, "Straße".encode() + b"\0"))),
    "tiff with exif": tiff_file(picture_tags(t34665=(4, [{33434: (5, (1, 60)), 36867: (2, b"2020:01:02 03:04:05\0")}]),
                                             t34853=(4, [{1: (2, b"N\0"), 2: (5, (50, 1, 30, 1, 0, 1))}]))),
    "bmp": bmp_of_version_5(),
    "bmp with profile": bmp_of_version_5(profile=b"profile" * 9),
    "ppm": saved("PPM"),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_nothing_is_named_of_a_file_that_is_kept_whole(name: str) -> None:
    picture = read_picture(WHOLE[name])
    assert picture.left_out == ()


def test_profile_of_a_bmp_is_kept() -> None:
    assert read_picture(bmp_of_version_5(profile=b"profile" * 9)).metadata == Metadata(icc=b"profile" * 9)


@pytest.mark.parametrize("picture_format", sorted(set(written().values())))
def test_nothing_is_left_out_of_what_is_written_here(picture_format: str) -> None:
    found = read_picture(
        write_picture(Picture.of(PICTURE, metadata=Metadata(exif=exif(6))), picture_format).data
    ).left_out
    assert [name for name in found if not name.startswith("resolution")] == []  # which a BMP always has


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP", b"tEXt"])
def test_png_with_more_text_or_profile_than_pillow_takes_is_read(kind: bytes) -> None:
    large = np.random.default_rng(1).integers(32, 127, 1_300_000, np.uint8).tobytes()
    body = {
        b"tEXt": b"workflow\0" + large,
        b"zTXt": b"workflow\0\0" + zlib.compress(large),
        b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(large),
        b"iCCP": b"icc\0\0" + zlib.compress(large),
    }[kind]
    picture = read_picture(png_with((kind, body)))
    assert np.array_equal(picture.samples, PICTURE)
    kept = {b"iTXt": picture.metadata.xmp, b"iCCP": picture.metadata.icc}
    if kind in kept:
        assert (kept[kind], picture.left_out) == (large, ())
    else:
        assert picture.left_out == (f"text chunk 'workflow' ({len(body):,} bytes)",)


@pytest.mark.parametrize("kind", [b"iTXt", b"iCCP"])
def test_profile_that_unpacks_without_end_is_over_a_limit(kind: bytes) -> None:
    packed = zlib.compress(bytes(MOST_UNPACKED + 1))
    body = (b"XML:com.adobe.xmp\0\1\0\0\0" if kind == b"iTXt" else b"icc\0\0") + packed
    with pytest.raises(LimitError, match="unpacks to more than 16,777,216 bytes"):
        read_picture(png_with((kind, body)))


def test_list_stays_short_whatever_a_file_holds() -> None:
    data = png_with(*((b"tEXt", b"key %d\0" % number) for number in range(3000)))
    found = read_picture(data).left_out
    assert len(found) == 41
    assert found[-1] == "2,960 parts more"


def test_samples_that_unpack_without_end_are_not_unpacked() -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in PICTURE)
    packer = zlib.compressobj()
    packed = packer.compress(rows) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    data = png_with()[:33] + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")
    assert read_picture(data).left_out == ("more compressed samples than the picture has",)


def test_exif_directories_that_point_to_each_other_come_to_an_end() -> None:
    block = bytearray(tiff_file({34665: (4, [{40965: (4, [{34665: (4, (8,))}])}])}))
    at = block.rindex((34665).to_bytes(2, "little"), 0, block.rindex((34665).to_bytes(2, "little"))) + 8
    block[at : at + 4] = block[4:8]  # the innermost one points to the first
    assert read_picture(saved("JPEG", dpi=(72, 72), exif=E + bytes(block))).left_out == (
        "resolution (72 x 72 dots per inch)",
    )


def test_directories_that_all_claim_the_most_entries_cost_little() -> None:
    entries = b"".join(struct.pack("<HHII", tag % 65536, 3, 1, 1) for tag in range(65535))
    bomb = struct.pack("<H", 65535) + entries + bytes(4)
    start = UNUSED + 12
    data = tiff_file(picture_tags(t330=(4, tuple([start] * 3000))), last=bytes(9) + bomb)
    with pytest.raises(HybridcodecError):
        read_picture(data[:start] + bomb)


@pytest.mark.parametrize("name", LEFT_OUT)
def test_cut_and_flipped_files_give_a_picture_or_one_of_our_errors(name: str) -> None:
    data = LEFT_OUT[name][0]
    rng = np.random.default_rng(16)
    for at in rng.integers(0, len(data), 60).tolist():
        for broken in (data[:at], data[:at] + bytes([data[at] ^ int(rng.integers(1, 256))]) + data[at + 1 :]):
            try:
                assert read_picture(broken).samples.size
            except HybridcodecError:
                continue
