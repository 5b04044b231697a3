"""BMP (BITMAPINFOHEADER and later headers)."""

from typing import Final

import numpy as np
from PIL import Image

from hybridcodec.image import Metadata, Samples
from hybridcodec.sources import pillow
from hybridcodec.sources.format import Format, Opened, Writer
from hybridcodec.sources.parts import bmp


def _stored(image: Image.Image, data: bytes) -> str:
    at = 24 if int.from_bytes(data[14:18], "little") == 12 else 28
    bits = int.from_bytes(data[at : at + 2], "little")
    if bits == 24:
        return "8-bit RGB"
    return "8-bit gray" if bits == 8 and image.mode == "L" else f"{bits}-bit {'palette' if bits <= 8 else 'pixel'}"


def _take(image: Image.Image, data: bytes) -> tuple[Samples, Metadata]:
    image.load()
    return np.array(image), Metadata(icc=bmp.profile(data))


def _write(image: Image.Image, metadata: Metadata) -> bytes:  # noqa: ARG001 - it holds none
    return pillow.saved(image, "BMP")


BMP: Final = Format(
    name="BMP",
    suffixes=(".bmp", ".dib"),
    read=Opened(_stored, _take, bmp.left_out, unopened=bmp.unusual),
    marks=((0, b"BM"),),
    writer=Writer((".bmp",), _write),
)
