"""JPEG, taken as the samples that Pillow decodes from it; libjpeg refuses other depths than 8."""

from dataclasses import replace
from typing import Final

from hybridcodec.errors import InputError
from hybridcodec.sources import pillow
from hybridcodec.sources.format import Document, Format, refusal
from hybridcodec.sources.parts import jpeg


def _read(data: bytes) -> Document:
    try:
        return replace(pillow.document(data, "JPEG", jpeg.left_out, ("L", "RGB"), jpeg.size_of), lossy=True)
    except InputError as error:
        if found := jpeg.unusual_coding(data):
            raise refusal(found) from error
        raise


JPEG: Final = Format(
    name="JPEG",
    suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
    read=_read,
    marks=((0, b"\xff\xd8\xff"),),
)
