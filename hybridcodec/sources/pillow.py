"""What the formats share that Pillow reads as they are, JPEG and WebP, and those that it writes.

Its `mode` does not tell what other files store: 16-bit RGB PNG and PPM, signed and 4-channel TIFF, 15-bit BMP all
arrive as 8-bit "RGB" or "L", silently rescaled, reinterpreted or cut. Those have readers of their own (`samples`).
"""

import io
import math
from collections.abc import Callable, Collection
from typing import Any, Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from hybridcodec.image import Metadata, Picture
from hybridcodec.sources.border import pillow_failures_as_ours
from hybridcodec.sources.format import Document, refusal
from hybridcodec.sources.samples.sizes import require_size
from hybridcodec.sources.signatures import why_not_opened

EXIF_PREFIX: Final = b"Exif\x00\x00"  # JPEG's name for the block; Pillow sometimes leaves it on
_MODES: Final = {
    "1": "1-bit",
    "L": "8-bit gray",
    "P": "palette",
    "RGB": "8-bit RGB",
    "RGBA": "8-bit RGB with alpha",
    "RGBX": "8-bit RGB with alpha",
    "CMYK": "8-bit CMYK",
    "YCbCr": "8-bit YCbCr",
}


def document(
    data: bytes,
    name: str,
    left_out: Callable[[bytes, Metadata], tuple[str, ...]],
    modes: Collection[str],
    size_of: Callable[[bytes], tuple[int, int]],
) -> Document:
    """Return the file of one picture in a format of 8-bit samples, as Pillow decodes it.

    Args:
        data: the file.
        name: Pillow's name of the format.
        left_out: from the file and the metadata that is kept: the names of its other parts.
        modes: of Pillow, that are taken.
        size_of: rows and columns as the file says them, zeros where it does not.

    Raises:
        InputError: damaged or cut off.
        UnsupportedError: several pictures, or another mode.
        LimitError: too many pixels, or not enough memory.
    """
    what = "the picture cannot be decoded"
    failures = pillow_failures_as_ours(what, tags_matter=False, pixels=lambda: math.prod(size_of(data)))
    with failures, opened(data, name) as found:
        frames = getattr(found, "n_frames", 1)
        several = f"{frames} frames or pages of " if frames != 1 else ""
        if several or found.mode not in modes:
            raise refusal(f"{found.format} of {several}{_MODES.get(found.mode, f'Pillow mode {found.mode}')}")
        require_size(*found.size, name)
        found.load()
        kept = metadata(found, found.info.get("exif", b""))
        picture = Picture.of(np.array(found), metadata=kept)
    return Document((picture,), left_out(data, kept))


def opened(data: bytes, name: str) -> Image.Image:
    """Return what Pillow opens; raises InputError where it finds no such file."""
    try:
        return Image.open(io.BytesIO(data), formats=[name])
    except UnidentifiedImageError as error:
        raise why_not_opened(data) from error


def metadata(image: Image.Image, exif: bytes) -> Metadata:
    """Return the metadata that Pillow finds, with this EXIF block."""
    xmp = image.info.get("xmp", b"")
    return Metadata(
        icc=image.info.get("icc_profile") or b"",
        exif=exif.removeprefix(EXIF_PREFIX),
        xmp=xmp.encode() if isinstance(xmp, str) else xmp if isinstance(xmp, bytes) else b"",
    )


def saved(image: Image.Image, name: str, **options: Any) -> bytes:
    """Return the file that Pillow writes in the format of this name."""
    target = io.BytesIO()
    image.save(target, name, **options)
    return target.getvalue()


def with_exif(metadata: Metadata) -> dict[str, Any]:
    """Return Pillow's options for the colour profile and the EXIF block."""
    profile = {"icc_profile": metadata.icc} if metadata.icc else {}
    return profile | ({"exif": EXIF_PREFIX + metadata.exif} if metadata.exif else {})
