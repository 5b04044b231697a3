"""What the formats that Pillow opens and writes share: samples and metadata as it gives them, and its modes in words.

Pillow's `mode` does not tell what a file stores: 16-bit RGB PNG and PPM, signed and 4-channel TIFF, 15-bit BMP all
arrive as 8-bit "RGB" or "L", silently rescaled, reinterpreted or cut. So each format looks at the file's own header.
"""

import io
from typing import Any, Final

import numpy as np
from PIL import Image

from hybridcodec.image import Metadata, Samples

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


def by_mode(image: Image.Image, data: bytes = b"") -> str:  # noqa: ARG001 - as `Opened.stored` is called
    """Return what an image stores, where its mode tells."""
    return _MODES.get(image.mode, f"Pillow mode {image.mode}")


def take(image: Image.Image, data: bytes = b"") -> tuple[Samples, Metadata]:  # noqa: ARG001 - as `Opened.take` is called
    """Return the samples and the metadata that Pillow finds."""
    image.load()
    return np.array(image), metadata(image, image.info.get("exif", b""))


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


def with_profile(metadata: Metadata) -> dict[str, Any]:
    """Return Pillow's option for the colour profile."""
    return {"icc_profile": metadata.icc} if metadata.icc else {}


def with_exif(metadata: Metadata) -> dict[str, Any]:
    """Return Pillow's options for the colour profile and the EXIF block."""
    return with_profile(metadata) | ({"exif": EXIF_PREFIX + metadata.exif} if metadata.exif else {})
