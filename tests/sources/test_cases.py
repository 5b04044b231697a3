"""Odd but mostly valid files, as cameras, scanners and editors write them: each is read, or refused by what it is."""

from pathlib import Path

import pytest

from hybridcodec.errors import HybridcodecError
from hybridcodec.sources import read_document

CASES = Path(__file__).parents[3] / "shared" / "data" / "cases"
FILES = sorted(path.name for path in CASES.glob("*.*") if path.suffix != ".md")

REFUSED = {
    "apng.png": (5, "2 frames"),
    "apng1.png": (5, "2 frames"),
    "cmyk.tif": (5, "8-bit CMYK"),
    "gif.gif": (5, "GIF"),
    "jpg_12bit.jpg": (5, "12-bit JPEG"),
    "jpg_cmyk.jpg": (5, "8-bit CMYK"),
    "jpg_cut20.jpg": (1, "truncated"),
    "jpg_cut_half.jpg": (1, "truncated"),
    "jpg_leading_junk.jpg": (1, "not a picture"),
    "jpg_ls.jls": (5, "8-bit JPEG-LS"),
    "jpg_no_eoi.jpg": (1, "truncated"),
    "lab.tif": (5, "8-bit CIELAB"),
    "mpo.mpo": (5, "2 frames"),
    "pnm_crlf.ppm": (5, "header that ends in two characters"),
    "pnm_short.ppm": (1, "truncated"),
    "tif_f32.tif": (5, "32-bit floating-point gray"),
    "tif_lerc.tif": (5, "TIFF compression 34887"),
    "tif_short_strip.tif": (1, "truncated"),
    "tif_sub.tif": (5, "2 more pictures, 28x20 in SubIFD 1, 14x10 in SubIFD 2"),
    "tif_webp.tif": (5, "TIFF compression 50001"),
    "webp_anim.webp": (5, "2 frames"),
    "ycbcr_raw.tif": (5, "8-bit YCbCr"),
}
"""Name -> exit code, and words in the message."""

LEFT_OUT = {
    "big_desc.tif": ("TIFF tag 270 that is repeated or cannot be read (20 bytes)",),
    "bmp_32.bmp": ("resolution (3,780 x 3,780 pixels a metre)",),
    "bmp_gray.bmp": ("resolution (3,780 x 3,780 pixels a metre)",),
    "bmp_plain.bmp": ("resolution (3,780 x 3,780 pixels a metre)",),
    "bmp_topdown.bmp": ("resolution (3,780 x 3,780 pixels a metre)",),
    "jpg_com.jpg": ("comment (11 bytes)",),
    "png_dup_icc.png": (
        "an ICC profile that is damaged or not the last (15 bytes)",
        "the name of the ICC profile, 'y'",
    ),
    "png_gama_chrm.png": ("gamma (1)", "primaries and white point, chunk 'cHRM' (32 bytes)"),
    "png_icc_bad.png": ("an ICC profile that is damaged or not the last (10 bytes)",),
    "png_icc_empty.png": ("an ICC profile that is damaged or not the last (11 bytes)",),
    "png_iptc_rawprofile.png": ("IPTC in text chunk 'Raw profile type iptc' (53 bytes)",),
    "png_phys.png": ("resolution (23,622 x 23,622 pixels a metre)",),
    "png_rawprofile_text.png": ("text chunk 'Raw profile type APP1' (204 bytes)",),
    "png_sbit.png": ("significant bits, chunk 'sBIT' (3 bytes)",),
    "png_srgb.png": ("sRGB rendering intent (0)",),
    "png_text.png": ("text chunk 'Comment' (23 bytes)",),
    "png_text_big.png": ("text chunk 'Comment' (81,555 bytes)",),
    "png_trns.png": ("transparent colour, chunk 'tRNS' (6 bytes)",),
    "png_xmp_rawprofile.png": ("XMP in text chunk 'Raw profile type xmp' (146 bytes)",),
    "png_ztxt_1m6.png": ("text chunk 'workflow' (2,382 bytes)",),
    "pnm_100.pgm": ("that the largest value is 100",),
    "pnm_cm2.pgm": ("comment (2 of them, 3 bytes)",),
    "pnm_gimp.ppm": ("comment (44 bytes)",),
    "pnm_nl.ppm": ("1 byte behind the end of the samples",),
    "pnm_p3c.ppm": ("comment (4 bytes)",),
    "tif_desc_utf8.tif": ("TIFF tag 270 that is repeated or cannot be read (23 bytes)",),
    "tif_resol.tif": ("TIFF tag 270 that is repeated or cannot be read (23 bytes)",),
    "tif_thumb.tif": ("what a page is for (NewSubfileType 1)",),
    "tif_trailing.tif": ("300 bytes behind the end of the TIFF",),
    "tif_xmp.tif": ("IPTC (4 bytes)", "Photoshop resources that cannot be read (4 bytes)"),
    "webp_trailing.webp": ("99 bytes behind the end of the WebP",),
}
"""Name -> what is named of a file that is read; nothing is named of the files that stand in neither table."""


PLAIN = (("8-bit gray",), ("8-bit RGB",))
KINDS = {
    "png_16.png": ("16-bit gray",),
    "png_1bit.png": ("1-bit gray",),
    "png_pal.png": ("4-bit palette",),
    "pnm_100.pgm": ("7-bit gray",),
    "tif_i8.tif": ("8-bit signed gray",),
    "tif_rgb_1extra.tif": ("8-bit samples in 4 channels",),
    "tif_rgba.tif": ("8-bit RGB with alpha",),
    "tif_thumb.tif": ("8-bit RGB", "8-bit RGB"),
    "tif_u16.tif": ("16-bit gray",),
}
"""Name -> what its pictures are, where that is not one of 8-bit gray or RGB."""


def test_the_tables_name_files_that_are_there() -> None:
    if not FILES:
        pytest.skip("the folder of odd files is not here")
    assert len(FILES) == 120
    assert {*REFUSED, *LEFT_OUT, *KINDS} <= set(FILES)


@pytest.mark.skipif(not FILES, reason="the folder of odd files is not here")
@pytest.mark.parametrize("name", FILES)
def test_odd_file_is_read_with_what_it_holds_besides_or_refused_by_what_it_is(name: str) -> None:
    if name not in REFUSED:
        document = read_document(CASES / name)
        assert document.left_out == LEFT_OUT.get(name, ())
        kinds = tuple(str(picture.kind) for picture in document.pictures)
        assert kinds == KINDS.get(name, kinds if kinds in PLAIN else ())
        return
    code, words = REFUSED[name]
    with pytest.raises(HybridcodecError) as refusal:
        list(read_document(CASES / name).pictures)
    assert refusal.value.exit_code == code
    assert words in str(refusal.value)
