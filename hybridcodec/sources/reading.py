"""From the bytes of a picture file to its samples, exactly as stored, or to an error that names what was found.

A JPEG, and a lossy WebP, are taken as the samples that Pillow decodes from them. Samples come in stored order: an
orientation is kept in the EXIF block and never applied.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.image import Metadata, Samples
from hybridcodec.sources.border import pillow_failures_as_ours
from hybridcodec.sources.kinds import misread_kind, prepared_for_pillow, unopened_kind
from hybridcodec.sources.parts import WALKS, bmp, png
from hybridcodec.sources.parts.tiff import DESCRIPTIVE
from hybridcodec.sources.signatures import READABLE, why_not_opened
from hybridcodec.sources.stored_samples import ACCEPTED, stored_samples
from hybridcodec.storage.files import read_bytes

EXIF_PREFIX = b"Exif\x00\x00"  # JPEG's name for the block; Pillow sometimes leaves it on
ORIENTATION = 274
_UPRIGHT = 1
_TAKEN = "this version takes 8-bit gray and 8-bit RGB"
_TIFF_STARTS = (b"II", b"MM")


@dataclass(frozen=True)
class Picture:
    """A picture file as it was read.

    Attributes:
        samples: as stored, uint8 of shape (H, W) or (H, W, 3).
        metadata: ICC profile, EXIF and XMP.
        left_out: what the file holds besides, in words; empty where samples and metadata are all of it.
    """

    samples: Samples
    metadata: Metadata
    left_out: tuple[str, ...] = ()


def read_picture(source: Path | bytes) -> Picture:
    """Return the stored samples of a picture file, its metadata, and the names of what neither of them holds.

    Raises:
        InputError: unreadable, not a picture, damaged or cut off.
        UnsupportedError: a picture, but neither 8-bit gray nor 8-bit RGB, or in a format that is not read.
        LimitError: more pixels than Pillow opens (178,956,970).
    """
    data = source if isinstance(source, bytes) else read_bytes(source)
    if not data:
        raise InputError("the file is empty (0 bytes), expected a picture")
    found = misread_kind(data)
    if found:
        raise UnsupportedError(f"found a {found}; {_TAKEN} in files of one picture")
    try:
        return _read(data)
    except InputError as error:
        found = unopened_kind(data)
        if found:
            raise UnsupportedError(f"found a {found}; {_TAKEN}") from error
        raise


def _read(data: bytes) -> Picture:
    prepared = prepared_for_pillow(data)
    failures = pillow_failures_as_ours("the picture cannot be decoded", tags_matter=data.startswith(_TIFF_STARTS))
    with failures, _opened(prepared) as image:
        found = stored_samples(image, prepared)
        if ACCEPTED.get(found) != image.mode:
            raise UnsupportedError(f"found a {image.format} of {found}; {_TAKEN}")
        tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
        orientation = int(tags.get(ORIENTATION, _UPRIGHT))
        image.load()
        metadata = _metadata(image, orientation, data)
        return Picture(_unturned(np.array(image), orientation), metadata, WALKS[str(image.format)](data, metadata))


def _opened(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=READABLE)
    except UnidentifiedImageError as error:
        raise why_not_opened(data) from error


def _unturned(samples: Samples, orientation: int) -> Samples:
    """Undo the turn that Pillow gives a TIFF (and no other format) on loading."""
    turned = {
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: np.rot90(a, -1),
    }
    return np.ascontiguousarray(turned[orientation](samples)) if orientation in turned else samples


def _metadata(image: Image.Image, orientation: int, data: bytes) -> Metadata:
    if image.format == "PNG":
        return png.metadata(data)
    if image.format == "BMP":
        return Metadata(icc=bmp.profile(data))
    tiff = isinstance(image, TiffImagePlugin.TiffImageFile)
    exif = _tiff_exif(image, orientation) if tiff else image.info.get("exif", b"")
    return Metadata(
        icc=image.info.get("icc_profile") or b"",
        exif=exif.removeprefix(EXIF_PREFIX),
        xmp=_bytes(image.info.get("xmp", b"")),
    )


def _tiff_exif(image: Image.Image, orientation: int) -> bytes:
    """Gather the descriptive tags of a TIFF as an EXIF block of their own; empty when there are none."""
    exif = image.getexif()
    for tag in set(exif) - set(DESCRIPTIVE):
        del exif[tag]
    if orientation != _UPRIGHT:
        exif[ORIENTATION] = orientation
    return exif.tobytes() if len(exif) else b""


def _bytes(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else b""
