"""WebP; a lossy one is taken as the samples that Pillow decodes from it."""

from typing import Final

from PIL import Image

from hybridcodec.image import Metadata
from hybridcodec.sources import pillow
from hybridcodec.sources.format import Document, Format, Writer
from hybridcodec.sources.parts import webp


def _read(data: bytes) -> Document:
    return pillow.document(data, "WEBP", webp.left_out, ("RGB", "RGBA"))


def _write(image: Image.Image, metadata: Metadata) -> bytes:
    xmp = {"xmp": metadata.xmp} if metadata.xmp else {}
    return pillow.saved(image, "WEBP", lossless=True, exact=True, **pillow.with_exif(metadata), **xmp)


WEBP: Final = Format(
    name="WEBP",
    suffixes=(".webp",),
    read=_read,
    marks=((8, b"WEBP"),),
    called="WebP",
    writer=Writer(
        (".webp",), _write, no_gray="WebP has no gray pictures; write a gray picture as PNG, TIFF, BMP or PGM"
    ),
)
