"""WebP; a lossy one is taken as the samples that Pillow decodes from it."""

from collections.abc import Sequence
from typing import Final

from PIL import Image

from hybridcodec.errors import UnsupportedError
from hybridcodec.image import Picture, SampleKind
from hybridcodec.kinds import RGB, Role
from hybridcodec.sources import pillow
from hybridcodec.sources.border import pillow_failures_as_ours
from hybridcodec.sources.format import Document, Format, Writer
from hybridcodec.sources.parts import webp

_KINDS: Final = (SampleKind(RGB), SampleKind((*RGB, Role.ALPHA)))


def _read(data: bytes) -> Document:
    return pillow.document(data, "WEBP", webp.left_out, ("RGB", "RGBA"), webp.size_of)


def _write(pictures: Sequence[Picture]) -> bytes:
    picture, metadata = pictures[0], pictures[0].metadata
    if picture.kind not in _KINDS:
        raise UnsupportedError(f"WebP has no {picture.kind}; write PNG, TIFF, BMP or PPM")
    xmp = {"xmp": metadata.xmp} if metadata.xmp else {}
    with pillow_failures_as_ours("the picture cannot be written as WEBP"):
        opened = Image.fromarray(picture.samples)
        return pillow.saved(opened, "WEBP", lossless=True, exact=True, **pillow.with_exif(metadata), **xmp)


WEBP: Final = Format(
    name="WEBP",
    suffixes=(".webp",),
    read=_read,
    marks=((8, b"WEBP"),),
    called="WebP",
    writer=Writer((".webp",), _write),
)
