"""PNG (W3C, third edition), of every colour type and depth."""

from typing import Final

import numpy as np
from PIL import Image, PngImagePlugin

from hybridcodec import image
from hybridcodec.errors import InputError
from hybridcodec.image import Metadata, SampleKind
from hybridcodec.kinds import Palette
from hybridcodec.sources import pillow
from hybridcodec.sources.border import pillow_failures_as_ours
from hybridcodec.sources.format import Document, Format, Stream, Writer, refusal
from hybridcodec.sources.palettes import covering
from hybridcodec.sources.parts import png
from hybridcodec.sources.samples.png import PALETTE, ROLES, Header, decoded, read_header
from hybridcodec.sources.samples.sizes import require_bytes

_APPLES_CHUNK: Final = b"CgBI"
_XMP_CHUNK: Final = b"XML:com.adobe.xmp\0\0\0\0\0"
_OPAQUE: Final = 255
_LARGEST_RATIO: Final = 1040
"""Deflate cannot unpack a byte to more."""


def _read(data: bytes) -> Document:
    if not data.startswith(png.SIGNATURE):
        raise InputError("looks like a PNG, but is damaged or of a variety that cannot be opened")
    if data[12:16] == _APPLES_CHUNK:
        raise refusal("PNG in Apple's own variety (CgBI)")
    header, found = read_header(data), list(png.chunks(data))
    if any(chunk.kind == b"fdAT" for chunk in found):
        raise refusal(f"PNG of {_frames(found)} frames or pages, an animation")
    packed = sum(len(chunk.body) for chunk in found if chunk.kind == b"IDAT")
    require_bytes(packed * _LARGEST_RATIO, header.unpacked_bytes(), "PNG")
    with pillow_failures_as_ours("the picture cannot be decoded"):
        samples = decoded(data, header)
    metadata, notes = png.metadata(data), list[str]()
    palette = _palette(found, header) if header.colour == PALETTE else None
    if palette is not None:
        palette = covering(palette, samples, notes)
    picture = image.Picture.of(samples, SampleKind(ROLES[header.colour], header.depth, palette=palette), metadata)
    left_out = png.left_out(data, metadata, header.unpacked_bytes(), indexed=palette is not None)
    return Document((picture,), (*left_out, *notes), _streams(found, header))


def _frames(found: list[png.Chunk]) -> int:
    """Return how many pictures an animation has; the one that is shown where nothing moves need not be part of it."""
    kinds = [chunk.kind for chunk in found]
    said = next((int.from_bytes(chunk.body[:4], "big") for chunk in found if chunk.kind == b"acTL"), 1)
    return said + (b"fcTL" not in kinds[: kinds.index(b"IDAT")] if b"IDAT" in kinds else 0)


def _streams(found: list[png.Chunk], header: Header) -> tuple[Stream, ...]:
    spans = tuple((chunk.at + 8, len(chunk.body)) for chunk in found if chunk.kind == b"IDAT")
    return (Stream(spans, "png", 0, header.serial, {"interlaced": int(header.interlaced)}),)


def _palette(found: list[png.Chunk], header: Header) -> Palette:
    colours = next((bytes(chunk.body) for chunk in found if chunk.kind == b"PLTE"), b"")
    opacity = next((bytes(chunk.body) for chunk in found if chunk.kind == b"tRNS"), b"")
    count = len(colours) // 3
    if len(colours) % 3 or not 1 <= count <= 1 << header.depth or len(opacity) > count:
        raise InputError(
            f"a PNG of {header.depth}-bit indices has a palette of {len(colours)} bytes and {len(opacity)} of opacity"
        )
    if not opacity:
        return Palette(3, 8, colours)
    entries = np.full((count, 4), _OPAQUE, np.uint8)
    entries[:, :3] = np.frombuffer(colours, np.uint8).reshape(count, 3)
    entries[: len(opacity), 3] = np.frombuffer(opacity, np.uint8)
    return Palette(4, 8, entries.tobytes())


def _write(image: Image.Image, metadata: Metadata) -> bytes:
    options = pillow.with_exif(metadata)
    if metadata.xmp:
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add(b"iTXt", _XMP_CHUNK + metadata.xmp)
    return pillow.saved(image, "PNG", **options)


PNG: Final = Format(
    name="PNG",
    suffixes=(".png",),
    read=_read,
    marks=((0, b"\x89PNG"),),
    writer=Writer((".png",), _write),
)
