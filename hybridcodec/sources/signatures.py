"""What a file is by its first bytes, for a message that helps when it cannot be opened as a picture that we read.

The marks of what is read stand in `formats`, those of everything else here.
"""

from hybridcodec.errors import HybridcodecError, InputError, UnsupportedError

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
    (0, b"Pf\n", "floating-point PFM"),
    (0, b"PF\n", "floating-point PFM"),
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
    """Return the error for `data`, a file in which Pillow found none of the formats that are read."""
    from hybridcodec.sources.formats import readable

    kind = _readable(data)
    if kind:
        return InputError(f"looks like a {kind}, but is damaged or of a variety that cannot be opened")
    kind, taken = _other(data), ", ".join(readable())
    if kind:
        return UnsupportedError(f"found a {kind}; expected one of {taken}")
    return InputError(f"not a picture that this version knows; expected one of {taken}")


def kind_of(data: bytes) -> str:
    """Return what `data` is by its first bytes, "" where nothing known begins so."""
    return _readable(data) or _other(data)


def looks_readable(head: bytes) -> bool:
    """Tell whether a file that begins with `head` says that it is of one of the formats that are read."""
    from hybridcodec.sources.formats import FORMATS

    return any(form.begins(head) for form in FORMATS)


def _readable(data: bytes) -> str:
    from hybridcodec.sources.formats import FORMATS  # which need `kind_of` themselves, to name what they leave out

    return next((form.called or form.name for form in FORMATS if form.is_marked(data)), "")


def _other(data: bytes) -> str:
    return next((name for at, mark, name in _OF_OTHERS if data.startswith(mark, at)), "")
