"""From the bytes of a picture file to its pictures, exactly as stored, or to an error that names what was found.

A JPEG, and a lossy WebP, are taken as the samples that Pillow decodes from them. Samples come in stored order: an
orientation is kept in the EXIF block and never applied. What is particular to a format stands in `formats`.
"""

from pathlib import Path

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.sources import formats
from hybridcodec.sources.format import Document, Picture
from hybridcodec.sources.signatures import why_not_opened
from hybridcodec.storage.files import read_bytes


def read_document(source: Path | bytes) -> Document:
    """Return a picture file with all of its pictures, their metadata, and the names of what is neither of them.

    Raises:
        InputError: unreadable, not a picture, damaged or cut off.
        UnsupportedError: pictures of a kind, or in a format, that is not read.
        LimitError: more pixels than are read (178,956,970).
    """
    data = source if isinstance(source, bytes) else read_bytes(source)
    if not data:
        raise InputError("the file is empty (0 bytes), expected a picture")
    form = next((form for form in formats.FORMATS if form.begins(data)), None)
    if form is None:
        raise why_not_opened(data)
    return form.read(data)


def read_picture(source: Path | bytes) -> Picture:
    """Return the one picture of a file, where it is 8-bit gray or 8-bit RGB: its samples (H, W) or (H, W, 3).

    Raises:
        InputError: unreadable, not a picture, damaged or cut off.
        UnsupportedError: several pictures, or one that is neither 8-bit gray nor 8-bit RGB, or another format.
        LimitError: see `read_document`.
    """
    document, taken = read_document(source), "expected one picture of 8-bit gray or 8-bit RGB"
    if len(document.pictures) != 1:
        raise UnsupportedError(f"found a file of {len(document.pictures):,} frames or pages; {taken}")
    picture = document.pictures[0]
    if not picture.kind.plain:
        raise UnsupportedError(f"found a picture of {picture.kind}; {taken}")
    samples = picture.samples[..., 0] if picture.kind.channels == 1 else picture.samples
    return Picture(samples, picture.metadata, document.left_out)
