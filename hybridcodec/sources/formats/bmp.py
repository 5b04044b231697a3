"""BMP (BITMAPINFOHEADER and later headers, and that of OS/2)."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from hybridcodec import image
from hybridcodec.errors import InputError
from hybridcodec.image import Metadata, SampleKind
from hybridcodec.kinds import GRAY, INDEXED, RGB, Role, Samples
from hybridcodec.sources import pillow
from hybridcodec.sources.border import pillow_failures_as_ours
from hybridcodec.sources.format import Document, Format, Stream, Writer, refusal
from hybridcodec.sources.palettes import backwards, covering, is_ramp
from hybridcodec.sources.parts import bmp as parts
from hybridcodec.sources.samples import bmp
from hybridcodec.sources.samples.bmp_writing import written
from hybridcodec.sources.samples.sizes import require_bytes

_BYTES_OF_A_PIXEL: Final = (0xFF0000, 0xFF00, 0xFF)
_ALPHA: Final = 0xFF000000
_PIXELS_OF_A_BYTE: Final = 128
"""At most, where runs are packed; Pillow would fill up what is missing, pixel by pixel."""
_RLE: Final = {8: bmp.RLE8, 4: bmp.RLE4}


def _read(data: bytes) -> Document:
    header = bmp.read_header(data)
    _require_known(header)
    packed = header.compression in _RLE.values()
    samples = _unpacked(data, header) if packed else bmp.decoded(data, header)
    metadata, notes = Metadata(icc=parts.profile(data)), list[str]()
    if header.bits <= 8:
        samples, kind, invert = _indexed(data, header, samples, notes)
    else:
        samples, kind, invert = *_coloured(header, samples, notes), False
    picture = image.Picture.of(samples, kind, metadata)
    streams: tuple[Stream, ...] = ()
    if not packed and (header.bits != 32 or kind.channels == 4):
        span = (header.start, header.row_bytes * header.height)
        streams = (Stream((span,), "raw", 0, header.serial(invert=invert)),)
    return Document((picture,), (*parts.left_out(data, metadata), *notes), streams)


def _require_known(header: bmp.Header) -> None:
    """Raise UnsupportedError for BMPs of other pixels than indices of 1 to 8 bits and of other colours than bytes."""
    compression = header.compression
    if wrapped := {4: "a wrapped JPEG", 5: "a wrapped PNG"}.get(compression):
        raise refusal(f"BMP of {wrapped}")
    if header.bits in (1, 2, 4, 8) and compression in (bmp.PLAIN, _RLE.get(header.bits)):
        return
    if header.bits in (24, 32) and compression == bmp.PLAIN:
        return
    fields = compression in (bmp.FIELDS, bmp.ALPHA_FIELDS)
    if header.bits == 32 and fields and header.masks[:3] == _BYTES_OF_A_PIXEL and header.masks[3] in (0, _ALPHA):
        return
    if header.bits in (16, 32) and (fields or compression == bmp.PLAIN):
        raise refusal(f"BMP of {header.bits}-bit pixel{' with unusual bit fields' if fields else ''}")
    raise InputError(f"no BMP that is known has {header.bits}-bit pixels of compression {compression}")


def _indexed(data: bytes, header: bmp.Header, samples: Samples, notes: list[str]) -> tuple[Samples, SampleKind, bool]:
    """Return samples, what they are, and whether they are inverted: a ramp of gray, in either direction, is gray."""
    palette = bmp.palette(data, header)
    if is_ramp(palette, header.bits):
        return samples, SampleKind(GRAY, header.bits), False
    if is_ramp(backwards(palette), header.bits):
        return (1 << header.bits) - 1 - samples, SampleKind(GRAY, header.bits), True
    return samples, SampleKind(INDEXED, header.bits, palette=covering(palette, samples, notes)), False


def _coloured(header: bmp.Header, samples: Samples, notes: list[str]) -> tuple[Samples, SampleKind]:
    """Return samples, and what they are; the fourth byte is opacity where it is not zero throughout."""
    if header.bits == 24:
        return samples, SampleKind(RGB, 8)
    if not header.masks[3]:
        if not samples[..., 3].any():
            return np.ascontiguousarray(samples[..., :3]), SampleKind(RGB, 8)
        notes.append("that the fourth byte of a pixel has no meaning (taken as opacity)")
    return samples, SampleKind((*RGB, Role.ALPHA), 8)


def _unpacked(data: bytes, header: bmp.Header) -> Samples:
    """Return the indices (H, W, 1) of a BMP that is packed by runs, in the order of its rows."""
    require_bytes((len(data) - header.start) * _PIXELS_OF_A_BYTE, header.width * header.height, "BMP")
    with pillow_failures_as_ours("the picture cannot be decoded"), pillow.opened(data, "BMP") as opened:
        opened.load()
        if opened.mode not in ("P", "L") or opened.size != (header.width, header.height):
            raise InputError(f"the BMP unpacks to {opened.size} of {opened.mode}")
        return np.array(opened).astype(np.uint8)[..., np.newaxis]


def _write(pictures: Sequence[image.Picture]) -> bytes:
    return written(pictures[0])


BMP: Final = Format(
    name="BMP",
    suffixes=(".bmp", ".dib"),
    read=_read,
    marks=((0, b"BM"),),
    writer=Writer((".bmp",), _write),
)
