"""PNG (W3C, third edition), of every colour type and depth."""

import struct
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from hybridcodec import image
from hybridcodec.errors import InputError, UnsupportedError
from hybridcodec.image import SampleKind
from hybridcodec.kinds import Palette
from hybridcodec.sources.border import pillow_failures_as_ours
from hybridcodec.sources.format import Document, Format, Stream, Writer, refusal
from hybridcodec.sources.palettes import covering
from hybridcodec.sources.parts import png
from hybridcodec.sources.samples.png import PALETTE, ROLES, Header, chunk, decoded, read_header
from hybridcodec.sources.samples.png_writing import packed, type_of
from hybridcodec.sources.samples.sizes import require_bytes

_APPLES_CHUNK: Final = b"CgBI"
_XMP_CHUNK: Final = b"XML:com.adobe.xmp\0\0\0\0\0"
_OPAQUE: Final = 255
_CHUNK: Final = 1 << 20
"""Bytes of samples in a chunk."""
_LARGEST_RATIO: Final = 1040
"""Deflate cannot unpack a byte to more."""


def _read(data: bytes) -> Document:
    if not data.startswith(png.SIGNATURE):
        raise InputError("looks like a PNG, but is damaged or of a variety that cannot be opened")
    if data[12:16] == _APPLES_CHUNK:
        raise refusal("PNG in Apple's own variety (CgBI)")
    header, found = read_header(data), list(png.chunks(data))
    if any(part.kind == b"fdAT" for part in found):
        raise refusal(f"PNG of {_frames(found)} frames or pages, an animation")
    stored = sum(len(part.body) for part in found if part.kind == b"IDAT")
    require_bytes(stored * _LARGEST_RATIO, header.unpacked_bytes(), "PNG")
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
    kinds = [part.kind for part in found]
    said = next((int.from_bytes(part.body[:4], "big") for part in found if part.kind == b"acTL"), 1)
    return said + (b"fcTL" not in kinds[: kinds.index(b"IDAT")] if b"IDAT" in kinds else 0)


def _streams(found: list[png.Chunk], header: Header) -> tuple[Stream, ...]:
    spans = tuple((part.at + 8, len(part.body)) for part in found if part.kind == b"IDAT")
    return (Stream(spans, "png", 0, header.serial, {"interlaced": int(header.interlaced)}),)


def _palette(found: list[png.Chunk], header: Header) -> Palette:
    colours = next((bytes(part.body) for part in found if part.kind == b"PLTE"), b"")
    opacity = next((bytes(part.body) for part in found if part.kind == b"tRNS"), b"")
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


def _write(pictures: Sequence[image.Picture]) -> bytes:
    picture, metadata = pictures[0], pictures[0].metadata
    found = type_of(picture.kind)
    if found is None:
        raise UnsupportedError(f"PNG has no {picture.kind}; write TIFF")
    depth, colour = found
    H, W, _ = picture.samples.shape
    parts = [png.SIGNATURE, chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, depth, colour, 0, 0, 0))]
    if metadata.icc:
        parts.append(chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(metadata.icc)))
    if picture.kind.palette is not None:
        parts += _palette_chunks(picture.kind.palette, depth)
    if metadata.xmp:
        parts.append(chunk(b"iTXt", _XMP_CHUNK + metadata.xmp))
    if metadata.exif:
        parts.append(chunk(b"eXIf", metadata.exif))
    rows = packed(picture.samples, depth, indexed=colour == PALETTE)
    parts += [chunk(b"IDAT", rows[start : start + _CHUNK]) for start in range(0, len(rows), _CHUNK)]
    return b"".join((*parts, chunk(b"IEND", b"")))


def _palette_chunks(palette: Palette, depth: int) -> list[bytes]:
    if palette.bits != 8 or palette.count > 1 << depth:
        raise UnsupportedError(f"PNG has no palette of {palette.count} colours of {palette.bits} bits; write TIFF")
    entries = np.frombuffer(palette.entries, np.uint8).reshape(palette.count, -1)
    opacity = [chunk(b"tRNS", entries[:, 3].tobytes())] if palette.channels == 4 else []
    return [chunk(b"PLTE", entries[:, :3].tobytes()), *opacity]


PNG: Final = Format(
    name="PNG",
    suffixes=(".png",),
    read=_read,
    marks=((0, b"\x89PNG"),),
    writer=Writer((".png",), _write),
)
