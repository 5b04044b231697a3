"""PNG (W3C, third edition, 5.2 and 11.2.1)."""

from typing import Final

import numpy as np
from PIL import Image, PngImagePlugin

from hybridcodec.errors import InputError
from hybridcodec.image import Metadata, Samples
from hybridcodec.sources import pillow
from hybridcodec.sources.format import Format, Opened, Writer
from hybridcodec.sources.parts import png

_COLOURS: Final = {0: "gray", 2: "RGB", 3: "palette", 4: "gray with alpha", 6: "RGB with alpha"}
_APPLES_CHUNK: Final = b"CgBI"
_XMP_CHUNK: Final = b"XML:com.adobe.xmp\0\0\0\0\0"


def _stored(image: Image.Image, data: bytes) -> str:  # noqa: ARG001
    kinds = [chunk.kind for chunk in png.chunks(data)]
    if not kinds or kinds[0] != b"IHDR":
        raise InputError("the PNG does not begin with its header chunk")
    if b"fdAT" in kinds:
        return "an animation"
    depth, colour = data[24], data[25]
    transparent = " with a transparent colour" if b"tRNS" in kinds else ""
    return f"{depth}-bit {_COLOURS.get(colour, f'colour type {colour}')}{transparent}"


def _take(image: Image.Image, data: bytes) -> tuple[Samples, Metadata]:
    image.load()
    return np.array(image), png.metadata(data)


def _prepared(data: bytes) -> bytes:
    return png.without_ancillary(data) if data.startswith(png.SIGNATURE) else data


def _misread(data: bytes) -> str:
    apples = data.startswith(png.SIGNATURE) and data[12:16] == _APPLES_CHUNK
    return "PNG in Apple's own variety (CgBI)" if apples else ""


def _write(image: Image.Image, metadata: Metadata) -> bytes:
    options = pillow.with_exif(metadata)
    if metadata.xmp:
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add(b"iTXt", _XMP_CHUNK + metadata.xmp)
    return pillow.saved(image, "PNG", **options)


PNG: Final = Format(
    name="PNG",
    suffixes=(".png",),
    read=Opened(_stored, _take, png.left_out, prepared=_prepared, misread=_misread),
    marks=((0, b"\x89PNG"),),
    writer=Writer((".png",), _write),
)
