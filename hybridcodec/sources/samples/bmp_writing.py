"""A BMP of indices, of 8-bit gray as indices of a ramp, of 8-bit RGB, or of that with alpha: the opposite of `bmp`."""

import struct
from typing import Final

import numpy as np

from hybridcodec.errors import LimitError, UnsupportedError
from hybridcodec.image import Picture
from hybridcodec.kinds import GRAY, INDEXED, RGB, Palette, Role, SampleKind
from hybridcodec.sources.samples import bits

_FILE_HEADER, _HEADER, _HEADER_OF_MASKS = 14, 40, 108
_FIELDS: Final = 3
_MASKS: Final = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
_SRGB: Final = b"BGRs"
_DEPTHS: Final = (1, 2, 4, 8)
_MOST_BYTES: Final = (1 << 32) - 1


def written(picture: Picture) -> bytes:
    """Return the file, the last row first, as most readers expect it.

    Raises:
        UnsupportedError: samples of a kind that there is not.
        LimitError: more than 4 GB.
    """
    kind, samples = picture.kind, picture.samples
    H, W, C = samples.shape
    alpha = kind == SampleKind((*RGB, Role.ALPHA))
    palette = _palette(kind)
    if not (alpha or palette or kind == SampleKind(RGB)):
        raise UnsupportedError(f"BMP has no {kind}; write PNG or TIFF")
    depth = kind.bit_depth if palette else 8 * C
    pixels = samples if palette else samples[..., [2, 1, 0, 3][:C]]
    data = bits.packed(pixels[::-1].reshape(H, W * C), kind.bit_depth if palette else 8)
    cells = np.frombuffer(data, np.uint8).reshape(H, -1)
    rows = np.pad(cells, ((0, 0), (0, -cells.shape[1] % 4))).tobytes()
    header = _HEADER_OF_MASKS if alpha else _HEADER
    start = _FILE_HEADER + header + len(palette)
    if start + len(rows) > _MOST_BYTES:
        raise LimitError("a BMP has at most 4 GB; write PNG or TIFF")
    fields = struct.pack("<IiiHHIIiiII", header, W, H, 1, depth, _FIELDS * alpha, len(rows), 0, 0, len(palette) // 4, 0)
    masks = struct.pack("<IIII", *_MASKS) + _SRGB + bytes(48) if alpha else b""
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + fields + masks + palette + rows


def _palette(kind: SampleKind) -> bytes:
    """Return the colours of indices, or the ramp of gray samples; nothing where the kind has neither."""
    if kind.signed or kind.bit_depth not in _DEPTHS:
        return b""
    if kind.roles == GRAY:
        ramp = (np.arange(1 << kind.bit_depth) * 255 // ((1 << kind.bit_depth) - 1)).astype(np.uint8)
        colours = np.repeat(ramp[:, np.newaxis], 3, axis=1)
    elif kind.roles == INDEXED and kind.palette is not None and kind.palette.bits == 8:
        colours = _colours(kind.palette)[: 1 << kind.bit_depth]
    else:
        return b""
    return np.pad(colours[:, ::-1], ((0, 0), (0, 1))).tobytes()


def _colours(palette: Palette) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(palette.entries, np.uint8).reshape(palette.count, palette.channels)[:, :3]
