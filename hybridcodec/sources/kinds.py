"""What a file is as a whole, found in its structure: what Pillow would misread, and what it cannot open.

`signatures` goes by the first bytes alone. Both serve messages; `stored_samples` decides about what Pillow opened.
"""

from hybridcodec.sources.parts import bmp, jpeg, png, tiff
from hybridcodec.sources.parts.bigtiff import as_classic
from hybridcodec.sources.parts.directories import Tiff
from hybridcodec.sources.stored_samples import ACCEPTED, tiff_samples

_DICOM, _FILE_META = b"DICM", b"\x02\0"
_TIFF_STARTS = (b"II", b"MM")
_JPEG_START = b"\xff\xd8"
_APPLES_CHUNK = b"CgBI"


def misread_kind(data: bytes) -> str:
    """Return what a file is that Pillow would take for less than it holds or for something else, "" for others."""
    if data[128:132] == _DICOM and (data.startswith(_TIFF_STARTS) or data[132:134] == _FILE_META):
        return "DICOM file"
    if data.startswith(png.SIGNATURE) and data[12:16] == _APPLES_CHUNK:
        return "PNG in Apple's own variety (CgBI)"
    return tiff.other_content(data)


def unopened_kind(data: bytes) -> str:
    """Return what a file is that Pillow failed on although nothing says that it is damaged, "" for others."""
    if data.startswith(_JPEG_START):
        return jpeg.unusual_coding(data)
    pages = Tiff(data).pages()
    found = tiff_samples(Tiff(data)) if not any(page.broken for page in pages) else ""
    return bmp.unusual(data) or (f"TIFF of {found}" if found and found not in ACCEPTED else "")


def prepared_for_pillow(data: bytes) -> bytes:
    """Return a file of the same samples that Pillow reads as it should.

    Raises:
        InputError: a PNG is cut off or has a wrong checksum.
        UnsupportedError: a BigTIFF needs offsets of more than four bytes.
    """
    return png.without_ancillary(data) if data.startswith(png.SIGNATURE) else as_classic(data)
