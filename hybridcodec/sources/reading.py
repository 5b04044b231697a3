"""From the bytes of a picture file to its samples, exactly as stored, or to an error that names what was found.

A JPEG, and a lossy WebP, are taken as the samples that Pillow decodes from them. Samples come in stored order: an
orientation is kept in the EXIF block and never applied. What is particular to a format stands in `formats`.
"""

import io
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from hybridcodec import image
from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.sources import formats, pillow
from hybridcodec.sources.border import pillow_failures_as_ours
from hybridcodec.sources.format import ACCEPTED, Document, Opened, Picture
from hybridcodec.sources.signatures import why_not_opened
from hybridcodec.storage.files import read_bytes

_TAKEN = "this version takes 8-bit gray and 8-bit RGB"
_TIFF_STARTS = (b"II", b"MM")


def read_document(source: Path | bytes) -> Document:
    """Return a picture file with all of its pictures, their metadata, and the names of what is neither of them.

    Raises:
        InputError: unreadable, not a picture, damaged or cut off.
        UnsupportedError: pictures of a kind, or in a format, that is not read.
        LimitError: more pixels than Pillow opens (178,956,970).
    """
    data = source if isinstance(source, bytes) else read_bytes(source)
    if not data:
        raise InputError("the file is empty (0 bytes), expected a picture")
    for form in formats.FORMATS:
        if not isinstance(form.read, Opened) and form.begins(data):
            return form.read(data)
    opened = [form.read for form in formats.FORMATS if isinstance(form.read, Opened)]
    found = next(filter(None, (way.misread(data) for way in opened)), "")
    if found:
        raise UnsupportedError(f"found a {found}; {_TAKEN} in files of one picture")
    try:
        return _read(data, opened)
    except InputError as error:
        found = next(filter(None, (way.unopened(data) for way in opened)), "")
        if found:
            raise UnsupportedError(f"found a {found}; {_TAKEN}") from error
        raise


def read_picture(source: Path | bytes) -> Picture:
    """Return the one picture of a file, where it is 8-bit gray or 8-bit RGB: its samples (H, W) or (H, W, 3).

    Raises:
        InputError: unreadable, not a picture, damaged or cut off.
        UnsupportedError: several pictures, or one that is neither 8-bit gray nor 8-bit RGB, or another format.
        LimitError: see `read_document`.
    """
    document = read_document(source)
    if len(document.pictures) != 1:
        raise UnsupportedError(f"found a file of {len(document.pictures):,} frames or pages; {_TAKEN}")
    picture = document.pictures[0]
    if not picture.kind.plain:
        raise UnsupportedError(f"found a picture of {picture.kind}; {_TAKEN}")
    samples = picture.samples[..., 0] if picture.kind.channels == 1 else picture.samples
    return Picture(samples, picture.metadata, document.left_out)


def _read(data: bytes, opened: list[Opened]) -> Document:
    prepared = data
    for way in opened:
        prepared = way.prepared(prepared)
    failures = pillow_failures_as_ours("the picture cannot be decoded", tags_matter=data.startswith(_TIFF_STARTS))
    with failures, _opened(prepared) as open_image:
        frames = getattr(open_image, "n_frames", 1)
        if frames != 1:
            found = f"{frames} frames or pages of {pillow.by_mode(open_image)}"
            raise UnsupportedError(f"found a {open_image.format} of {found}; {_TAKEN}")
        way = _way(open_image)
        found = way.stored(open_image, prepared)
        if ACCEPTED.get(found) != open_image.mode:
            raise UnsupportedError(f"found a {open_image.format} of {found}; {_TAKEN}")
        samples, metadata = way.take(open_image, data)
        return Document((image.Picture.of(samples, metadata=metadata),), way.left_out(data, metadata))


def _opened(data: bytes) -> Image.Image:
    names = [form.name for form in formats.FORMATS if isinstance(form.read, Opened)]
    try:
        return Image.open(io.BytesIO(data), formats=names)
    except UnidentifiedImageError as error:
        raise why_not_opened(data) from error


def _way(open_image: Image.Image) -> Opened:
    found = formats.named(str(open_image.format)).read
    assert isinstance(found, Opened), "Pillow opens none of the others"
    return found
