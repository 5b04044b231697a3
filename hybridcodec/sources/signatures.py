"""What a file is by its first bytes, for a message that helps when Pillow cannot open it as a picture that we read."""

import re

from hybridcodec.errors import HybridcodecError, InputError, UnsupportedError

READABLE = ("PNG", "JPEG", "TIFF", "BMP", "PPM", "WEBP")  # Pillow's names

_OF_READABLE = (
    (0, b"\x89PNG", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"BM", "BMP"),
    (8, b"WEBP", "WebP"),
)
_OF_OTHERS = (
    (0, b"\x89HYC", ".hyc file, which is encoded already"),
    (0, b"GIF8", "GIF"),
    (0, b"8BPS", "Photoshop file"),
    (0, b"%PDF", "PDF"),
    (0, b"II\xbc", "JPEG XR"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
    (4, b"jP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"P7\n", "PAM"),
    (0, b"\0\0\1\0", "Windows icon"),
    (0, b"IIRO", "camera raw (Olympus ORF)"),
    (0, b"IIRS", "camera raw (Olympus ORF)"),
    (0, b"MMOR", "camera raw (Olympus ORF)"),
    (0, b"IIU\0", "camera raw (Panasonic RW2)"),
    (0, b"FUJIFILMCCD-RAW", "camera raw (Fujifilm RAF)"),
    (0, b"FOVb", "camera raw (Sigma X3F)"),
    (0, b"\0MRM", "camera raw (Minolta MRW)"),
    (6, b"HEAPCCDR", "camera raw (Canon CRW)"),
    (4, b"ftypcrx ", "camera raw (Canon CR3)"),
    (4, b"ftyp", "AVIF, HEIC or video file"),
    (128, b"DICM", "DICOM file"),
    (0, b"qoif", "QOI"),
    (0, b"\x76\x2f\x31\x01", "OpenEXR file"),
)  # offset, bytes, what they mean


def why_not_opened(data: bytes) -> HybridcodecError:
    """Return the error for `data`, a file in which Pillow found none of the formats in `READABLE`."""
    kind = _first(_OF_READABLE, data)
    if kind:
        return InputError(f"looks like a {kind}, but is damaged or of a variety that cannot be opened")
    kind, taken = _first(_OF_OTHERS, data), ", ".join(READABLE)
    if kind:
        return UnsupportedError(f"found a {kind}; expected one of {taken}")
    return InputError(f"not a picture that this version knows; expected one of {taken}")


def kind_of(data: bytes) -> str:
    """Return what `data` is by its first bytes, "" where nothing known begins so."""
    return _first(_OF_READABLE, data) or _first(_OF_OTHERS, data)


def looks_readable(head: bytes) -> bool:
    """Tell whether a file that begins with `head` says that it is of one of the formats in `READABLE`."""
    dicom = head.startswith(b"DICM", 128)  # whose first 128 bytes may be anything, a TIFF's header too
    return not dicom and (bool(_first(_OF_READABLE, head)) or bool(re.match(rb"P[1-6]\s", head)))


def _first(table: tuple[tuple[int, bytes, str], ...], data: bytes) -> str:
    return next((name for at, mark, name in table if data.startswith(mark, at)), "")
